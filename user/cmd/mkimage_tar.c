// SPDX-License-Identifier: GPL-2.0
/*
 * A tar archive as the tree of an image; libarchive reads it, compressed or not.
 *
 * A stream passes only once, and comes before the image it goes into can be made: contents wait
 * in a temporary file, holes included, which nobody else can open. Names are those that tar
 * would make below the current directory: leading slashes do not count, a later entry
 * takes the place of an earlier one, directories that no entry names are made.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include "mkimage.h"

#define SPOOL_ALIGN 65536u /* holes in the temporary file are whole blocks of it */

/**
 * struct tar - what is being read
 * @name: of the archive, for messages
 */
struct tar {
	struct tree *tree;
	struct archive *archive;
	const char *name;
};

static int archive_failed(const struct tar *r)
{
	const char *reason = archive_error_string(r->archive);

	cmd_complain(r->name, "%s", reason ? reason : "It cannot be read");
	return -1;
}

static int entry_wrong(const struct tar *r, const char *path, const char *why)
{
	cmd_complain(r->name, "%s: %s", cmd_escape(path, strlen(path)), why);
	return -1;
}

/* ---- names ---- */

/* one component of a path: 0 if there is none left, -1 for what cannot be one */
static int component(const char **path, size_t *len)
{
	for (;;) {
		*path += strspn(*path, "/");
		*len = strcspn(*path, "/");
		if (!*len)
			return 0;
		if (*len == 2 && !memcmp(*path, "..", 2))
			return -1;
		if (*len > 255)
			return -1;
		if (*len != 1 || **path != '.')
			return 1;
		(*path)++;
	}
}

/*
 * The item at @path; with @make it is made if need be, and what leads there becomes a directory.
 * NULL: there is none, or what was wrong has been said (@make).
 */
static struct item *item_at(struct tar *r, const char *path, bool make)
{
	struct tree *t = r->tree;
	struct item *i = t->root, *next;
	const char *p = path;
	size_t len;
	int more;

	while ((more = component(&p, &len)) > 0) {
		if (make && (i->inode->mode & EFS_IFMT) != EFS_IFDIR) {
			entry_wrong(r, path, "It is below something that is no directory");
			return NULL;
		}
		next = tree_find(t, i, p, len);
		if (!next && !make)
			return NULL;
		if (!next) {
			next = tree_add(t, i, p, len);
			tree_inode(t, next, EFS_IFDIR | 0755)->mtime = i->inode->mtime;
		}
		i = next;
		p += len;
	}
	if (more && make)
		entry_wrong(r, path, "Names like this cannot be in an image");
	return more ? NULL : i;
}

/* ---- contents ---- */

static int make_spool(struct tree *t)
{
	const char *dir = getenv("TMPDIR");
	char *path = cmd_join(dir && *dir ? dir : "/var/tmp", "efs-mkimage.XXXXXX");
	int ret = 0;

	t->spool = mkstemp(path);
	if (t->spool < 0) {
		cmd_error(-errno, path);
		ret = -1;
	} else {
		unlink(path);
	}
	free(path);
	return ret;
}

static int spool(struct tar *r, struct inode *inode, const char *path)
{
	struct tree *t = r->tree;
	const void *buf;
	la_int64_t off;
	size_t size;
	ssize_t n;
	int ret;

	if (t->spool < 0 && make_spool(t))
		return -1;
	inode->base = t->spooled;
	while ((ret = archive_read_data_block(r->archive, &buf, &size, &off)) == ARCHIVE_OK) {
		if (cmd_signal)
			return -1;
		for (; size; size -= (size_t)n) {
			n = pwrite(t->spool, buf, size, (off_t)inode->base + off);
			if (n < 0) {
				cmd_complain(path, "temporary file: %s", cmd_reason(-errno));
				return -1;
			}
			buf = (const char *)buf + n;
			off += n;
		}
	}
	if (ret != ARCHIVE_EOF)
		return archive_failed(r);
	t->spooled += (inode->size + SPOOL_ALIGN - 1) & ~(uint64_t)(SPOOL_ALIGN - 1);
	if (ftruncate(t->spool, (off_t)t->spooled)) {
		cmd_complain(path, "temporary file: %s", cmd_reason(-errno));
		return -1;
	}
	tree_pieces(inode, t->spool, inode->base);
	return 0;
}

/* ---- access control lists: entries of 8 bytes (linux/posix_acl_xattr.h) ---- */

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

/* what kernels insist on: by tag, then by number */
static int by_tag(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static uint16_t disk_tag(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return 0x01;
	case ARCHIVE_ENTRY_ACL_USER:
		return 0x02;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return 0x04;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return 0x08;
	case ARCHIVE_ENTRY_ACL_MASK:
		return 0x10;
	default:
		return 0x20;
	}
}

static void put_le(uint8_t *p, uint32_t value, int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		*p++ = (uint8_t)value;
}

/* the number of an entry about somebody; archives may know only the name */
static bool acl_id(int tag, int id, const char *who, uint32_t *out)
{
	*out = UINT32_MAX;
	if (tag != ARCHIVE_ENTRY_ACL_USER && tag != ARCHIVE_ENTRY_ACL_GROUP)
		return true;
	*out = (uint32_t)id;
	if (id != -1)
		return true;
	return who && (tag == ARCHIVE_ENTRY_ACL_USER ? cmd_user_id(who, out) :
						       cmd_group_id(who, out));
}

static bool has_attribute(const struct inode *inode, const char *name)
{
	const struct attribute *a = inode->attributes;

	while (a && strcmp(a->name, name))
		a = a->next;
	return a;
}

/*
 * Tar tells ACLs apart from attributes, in a text; in the image they are one again. Where the
 * attribute is there as well, it is what the file had. Return: false: about whom is unknown.
 */
static bool read_acl(struct inode *inode, struct archive_entry *e, int type, const char *name)
{
	int room = archive_entry_acl_reset(e, type), n = 0, k, tag, perm, id;
	struct acl_entry *entries;
	bool known = true;
	const char *who;
	uint8_t *value;

	if (!room || has_attribute(inode, name))
		return true;
	entries = cmd_alloc((size_t)room * sizeof(*entries));
	while (n < room && known &&
	       archive_entry_acl_next(e, type, &type, &perm, &tag, &id, &who) == ARCHIVE_OK) {
		entries[n].tag = disk_tag(tag);
		entries[n].perm = perm & 7;
		known = acl_id(tag, id, who, &entries[n].id);
		n++;
	}
	qsort(entries, (size_t)n, sizeof(*entries), by_tag);
	value = cmd_alloc(4 + 8 * (size_t)n);
	put_le(value, 2, 4);
	for (k = 0; k < n; k++) {
		put_le(value + 4 + 8 * k, entries[k].tag, 2);
		put_le(value + 6 + 8 * k, entries[k].perm, 2);
		put_le(value + 8 + 8 * k, entries[k].id, 4);
	}
	/* the three entries of the mode alone are no ACL of a file's */
	if (known && (n > 3 || (n && type == ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)))
		tree_attribute(inode, name, value, 4 + 8 * (size_t)n);
	free(entries);
	free(value);
	return known;
}

/* ---- entries ---- */

static bool read_attributes(struct inode *inode, struct archive_entry *e)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK)
		tree_attribute(inode, name, value, size);
	return read_acl(inode, e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access") &&
	       read_acl(inode, e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default");
}

static int read_inode(struct tar *r, struct item *i, struct archive_entry *e, const char *path)
{
	uint32_t mode = archive_entry_mode(e) & 0xffff;
	const char *target = archive_entry_symlink(e);
	struct inode *inode;

	if (i->child && (mode & EFS_IFMT) != EFS_IFDIR)
		return entry_wrong(r, path, "It was a directory before, with something in it");
	if (!i->parent && (mode & EFS_IFMT) != EFS_IFDIR)
		return entry_wrong(r, path, "The root can only be a directory");
	inode = tree_inode(r->tree, i, mode);
	inode->uid = (uint32_t)archive_entry_uid(e);
	inode->gid = (uint32_t)archive_entry_gid(e);
	inode->mtime.sec = archive_entry_mtime(e);
	inode->mtime.nsec = (uint32_t)archive_entry_mtime_nsec(e);
	if (!read_attributes(inode, e))
		return entry_wrong(r, path, "Its ACL names somebody who is unknown here");
	switch (mode & EFS_IFMT) {
	case EFS_IFCHR:
	case EFS_IFBLK:
		inode->major = (uint32_t)archive_entry_rdevmajor(e);
		inode->minor = (uint32_t)archive_entry_rdevminor(e);
		return 0;
	case EFS_IFLNK:
		if (!target)
			target = archive_entry_symlink_utf8(e);
		if (!target)
			return entry_wrong(r, path, "A symbolic link without a target");
		inode->target = cmd_strdup(target);
		return 0;
	case EFS_IFREG:
		inode->size = (uint64_t)archive_entry_size(e);
		return inode->size ? spool(r, inode, path) : 0;
	case EFS_IFDIR:
	case EFS_IFIFO:
	case EFS_IFSOCK:
		return 0;
	default:
		return entry_wrong(r, path, "Files of this type cannot be in an image");
	}
}

static int read_entry(struct tar *r, struct archive_entry *e)
{
	const char *path = archive_entry_pathname(e), *first = archive_entry_hardlink(e);
	struct item *i, *other;

	/* names that are no text of the locale's come as they are */
	if (!path)
		path = archive_entry_pathname_utf8(e);
	if (!first)
		first = archive_entry_hardlink_utf8(e);
	if (!path)
		return entry_wrong(r, "?", "An entry without a name");
	other = first ? item_at(r, first, false) : NULL;
	if (first && (!other || (other->inode->mode & EFS_IFMT) == EFS_IFDIR))
		return entry_wrong(r, path, "A link to what is not there");
	i = item_at(r, path, true);
	if (!i)
		return -1;
	if (!first)
		return read_inode(r, i, e, path);
	if (i->child)
		return entry_wrong(r, path, "It was a directory before, with something in it");
	if (i != other)
		tree_link(r->tree, i, other->inode);
	return 0;
}

int read_tar(struct tree *t, const char *path)
{
	bool standard = !strcmp(path, "-");
	struct tar r = { .tree = t, .name = standard ? "standard input" : path };
	struct archive_entry *e;
	int ret;

	r.archive = archive_read_new();
	if (!r.archive) {
		cmd_error(-ENOMEM, r.name);
		return -1;
	}
	archive_read_support_filter_all(r.archive);
	archive_read_support_format_tar(r.archive);
	ret = archive_read_open_filename(r.archive, standard ? NULL : path, 1 << 16);
	if (ret != ARCHIVE_OK)
		ret = archive_failed(&r);
	while (!ret) {
		ret = archive_read_next_header(r.archive, &e);
		if (ret == ARCHIVE_EOF) {
			ret = 0;
			break;
		}
		if (ret != ARCHIVE_OK && ret != ARCHIVE_WARN)
			ret = archive_failed(&r);
		else
			ret = read_entry(&r, e);
		if (cmd_signal)
			ret = -1;
	}
	archive_read_free(r.archive);
	return ret;
}
