// SPDX-License-Identifier: GPL-2.0
/*
 * efs dump: what lies on an ext2 device, as it lies there, in text or JSON.
 *
 * Nothing is mounted, so damaged volumes can be looked at, too, as far as the superblock lets
 * one find anything. If it does not, its copies are searched for, to be named with -o sb=.
 */
#include <getopt.h>

#include "dump.h"

/* ---- the superblock ---- */

static const char *verdict_name(enum efs_ext2_verdict v)
{
	static const char *const names[] = { "sound", "read-only", "refused", "unreadable" };

	return names[v];
}

static const char *os_name(uint32_t os)
{
	static const char *const names[] = { "Linux", "Hurd", "Masix", "FreeBSD", "Lites" };

	return os < ARRAY_SIZE(names) ? names[os] : "unknown";
}

static const char *errors_name(uint16_t errors)
{
	static const char *const names[] = { "continue", "remount-ro", "panic" };

	return errors && errors <= ARRAY_SIZE(names) ? names[errors - 1] : "unknown";
}

static void show_features(struct out *o, const char *list, char word, uint32_t bits)
{
	char unknown[32];
	unsigned int bit;
	const char *name;

	out_list(o, list);
	for (bit = 0; bit < 32; bit++) {
		if (!(bits & 1u << bit))
			continue;
		name = efs_ext2_feature(word, bit);
		snprintf(unknown, sizeof(unknown), "0x%x", 1u << bit);
		out_word(o, NULL, name ? name : unknown);
	}
	out_list_end(o);
}

static void show_error(struct out *o, const char *name, const struct efs_ext2_error *e)
{
	char text[200];

	if (!o->json) {
		snprintf(text, sizeof(text), "%s:%u, inode %u, block %llu, @%lld",
			 cmd_escape(e->function, strlen(e->function)), e->line, e->inode,
			 (unsigned long long)e->block, (long long)e->time);
		out_word(o, name, text);
		return;
	}
	out_open(o, name);
	out_time(o, "time", e->time, OUT_SECONDS);
	out_bytes(o, "function", e->function, strlen(e->function));
	out_number(o, "line", e->line);
	out_number(o, "inode", e->inode);
	out_number(o, "block", e->block);
	out_close(o);
}

static void show_geometry(struct out *o, const struct efs_ext2_super *s)
{
	out_number(o, "inodes", s->inodes);
	out_number(o, "blocks", s->blocks);
	out_number(o, "reserved_blocks", s->reserved_blocks);
	out_number(o, "free_blocks", s->free_blocks);
	out_number(o, "free_inodes", s->free_inodes);
	out_number(o, "first_data_block", s->first_data_block);
	out_number(o, "block_size", s->block_size);
	out_number(o, "fragment_size", s->fragment_size);
	out_number(o, "blocks_per_group", s->blocks_per_group);
	out_number(o, "fragments_per_group", s->fragments_per_group);
	out_number(o, "inodes_per_group", s->inodes_per_group);
	out_number(o, "inode_size", s->inode_size);
	out_number(o, "first_inode", s->first_inode);
	out_number(o, "min_extra_isize", s->min_extra_isize);
	out_number(o, "want_extra_isize", s->want_extra_isize);
	out_number(o, "reserved_gdt_blocks", s->reserved_gdt_blocks);
	out_number(o, "first_meta_group", s->first_meta_group);
	out_number(o, "raid_stride", s->raid_stride);
	out_number(o, "raid_stripe_width", s->raid_stripe_width);
	if (!s->groups)
		return;
	out_number(o, "groups", s->groups);
	out_number(o, "inode_table_blocks", s->itable_blocks);
	out_number(o, "descriptor_blocks", s->gdt_blocks);
	out_number(o, "descriptor_size", s->desc_size);
	out_number(o, "overhead_blocks", s->overhead);
	out_number(o, "max_file_size", s->max_file_size);
}

static void show_history(struct out *o, const struct efs_ext2_super *s)
{
	out_list(o, "state");
	out_word(o, NULL, s->state & 1 ? "clean" : "not clean");
	if (s->state & 2)
		out_word(o, NULL, "with errors");
	out_list_end(o);
	out_word(o, "errors", errors_name(s->errors));
	out_number(o, "mount_count", s->mount_count);
	out_signed(o, "max_mount_count", s->max_mount_count);
	out_time(o, "made", s->mkfs_time, OUT_SECONDS);
	out_time(o, "mounted", s->mount_time, OUT_SECONDS);
	out_time(o, "written", s->write_time, OUT_SECONDS);
	out_time(o, "checked", s->check_time, OUT_SECONDS);
	out_number(o, "check_interval", s->check_interval);
	out_number(o, "last_orphan", s->last_orphan);
	out_number(o, "kbytes_written", s->kbytes_written);
	out_number(o, "error_count", s->error_count);
	if (!s->error_count)
		return;
	show_error(o, "first_error", &s->first_error);
	show_error(o, "last_error", &s->last_error);
}

static void dump_super(struct dump *d)
{
	const struct efs_ext2_super *s = &d->super;
	struct out *o = &d->out;
	unsigned int k;

	out_open(o, "super");
	out_word(o, "verdict", verdict_name(s->verdict));
	if (o->json)
		out_list(o, "problems");
	for (k = 0; k < s->problems; k++)
		out_problem(o, o->json ? NULL : "problem", &s->problem[k]);
	if (o->json)
		out_list_end(o);
	out_number(o, "offset", s->where);
	out_hex(o, "magic", s->magic, 4);
	out_number(o, "revision", s->revision);
	out_number(o, "minor_revision", s->minor_revision);
	out_word(o, "os", os_name(s->os));
	out_bytes(o, "label", s->label, strlen(s->label));
	out_uuid(o, "uuid", s->uuid);
	out_bytes(o, "last_mounted", s->last_mounted, strlen(s->last_mounted));
	show_features(o, "compat", 'c', s->compat);
	show_features(o, "incompat", 'i', s->incompat);
	show_features(o, "ro_compat", 'r', s->ro_compat);
	out_number(o, "group_number", s->group);
	show_geometry(o, s);
	out_number(o, "reserved_uid", s->reserved_uid);
	out_number(o, "reserved_gid", s->reserved_gid);
	out_hex(o, "default_mount_options", s->default_mount_options, 4);
	out_hex(o, "flags", s->flags, 4);
	out_uuid(o, "hash_seed", s->hash_seed);
	out_number(o, "hash_version", s->hash_version);
	show_history(o, s);
	out_close(o);
}

/* is there a copy of a superblock at @sb, in units of 1024 bytes? */
static bool copy_at(struct efs_device *dev, uint32_t sb)
{
	struct efs_options options = { .superblock = sb };
	struct efs_ext2_super s;
	struct efs_ext2 *x;
	unsigned int k;
	bool found;

	if (efs_ext2_open(dev, &options, &x))
		return false;
	efs_ext2_get_super(x, &s);
	efs_ext2_close(x);
	found = s.verdict != EFS_EXT2_UNREADABLE && s.magic == 0xEF53;
	/* where that superblock says that a group begins */
	k = s.block_size / 1024;
	return found && sb % k == 0 && sb / k >= s.first_data_block &&
	       (sb / k - s.first_data_block) % s.blocks_per_group == 0;
}

/* where mke2fs usually puts copies */
static void find_copies(struct dump *d, struct efs_device *dev)
{
	static const uint32_t groups[] = { 1, 3, 5, 7, 9 };
	unsigned int bits;
	bool found = false;
	size_t k;

	for (bits = 0; bits <= 6; bits++) {
		for (k = 0; k < ARRAY_SIZE(groups); k++) {
			/* 8 blocks per byte of a block's size, at most 2^16; in KiB */
			uint64_t per = 8ull * 1024 << bits > 65536 ? 65536 : 8ull * 1024 << bits;
			uint64_t at = (groups[k] * per << bits) + !bits;

			if (at > UINT32_MAX || !copy_at(dev, (uint32_t)at))
				continue;
			if (!found)
				fprintf(stderr, "efs dump: %s: copies of a superblock:",
					cmd_escape(d->name, strlen(d->name)));
			found = true;
			fprintf(stderr, " -o sb=%llu", (unsigned long long)at);
		}
	}
	if (found)
		fputc('\n', stderr);
}

/* ---- inodes by name ---- */

struct search {
	const char *name;
	size_t len;
	uint64_t ino;
};

static int match(void *ctx, const struct efs_ext2_record *r)
{
	struct search *s = ctx;

	if (!r->ino || r->problem.code || r->name_length != s->len ||
	    memcmp(r->name, s->name, s->len))
		return 0;
	s->ino = r->ino;
	return 1;
}

/* a number, or a path from the root; symbolic links are not followed */
static int find_inode(struct dump *d, const char *arg, struct efs_ext2_inode *inode)
{
	struct search s;
	uint64_t ino;
	int err;

	if (*arg != '/') {
		if (!cmd_parse_number(arg, UINT64_MAX, &ino))
			return cmd_usage("%s is neither a number nor a path", arg);
		err = efs_ext2_get_inode(d->x, ino, inode);
		if (err == -ERANGE)
			return cmd_complain(d->name, "It has no inode %s", arg);
		return err ? cmd_error(err, d->name) : CMD_OK;
	}
	err = efs_ext2_get_inode(d->x, EFS_EXT2_ROOT, inode);
	for (s.name = arg; !err; s.name += s.len) {
		s.name += strspn(s.name, "/");
		s.len = strcspn(s.name, "/");
		if (!s.len)
			return CMD_OK;
		err = efs_ext2_records(d->x, inode, 0, match, &s);
		if (!err)
			err = -ENOENT;
		if (err == 1)
			err = efs_ext2_get_inode(d->x, s.ino, inode);
	}
	return cmd_complain(d->name, "%s: %s", cmd_escape(arg, strlen(arg)), cmd_reason(err));
}

/* ---- the command ---- */

enum subject { SUPER,
	       GROUP,
	       INODE,
	       BLOCKS,
	       DIR,
	       BLOCK,
	       ALL,
	       NONE };

static enum subject what_of(const char *s)
{
	static const char *const names[] = { "super", "group", "inode", "blocks",
					     "dir", "block", "all" };
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(names); k++)
		if (!strcmp(s, names[k]))
			return k;
	return NONE;
}

static int of_inode(struct dump *d, enum subject what, const char *arg)
{
	struct efs_ext2_inode inode;
	int status = find_inode(d, arg, &inode);

	if (status)
		return status;
	out_open(&d->out, NULL);
	if (what == INODE)
		status = dump_inode(d, &inode);
	else if (what == BLOCKS)
		status = dump_map(d, &inode);
	else
		status = dump_dir(d, &inode);
	out_close(&d->out);
	return status;
}

static int of_number(struct dump *d, enum subject what, const char *arg)
{
	uint64_t n;
	int status;

	if (!cmd_parse_number(arg, UINT64_MAX, &n))
		return cmd_usage("%s is no number", arg);
	if (what == GROUP && n >= d->super.groups)
		return cmd_complain(d->name, "It has no group %s", arg);
	out_open(&d->out, NULL);
	status = what == GROUP ? dump_group(d, (uint32_t)n) : dump_block(d, n);
	out_close(&d->out);
	return status;
}

static int dump(struct dump *d, enum subject what, const char *arg)
{
	int status = CMD_OK;

	if (what == SUPER || what == ALL || (what == GROUP && !arg)) {
		out_open(&d->out, NULL);
		if (what != GROUP)
			dump_super(d);
		if (what == ALL)
			out_gap(&d->out);
		if (what != SUPER)
			status = what == ALL ? dump_all(d) : dump_groups(d);
		out_close(&d->out);
		return status;
	}
	return what == GROUP || what == BLOCK ? of_number(d, what, arg) : of_inode(d, what, arg);
}

/* the word that says what to dump, and its argument, fit together */
static bool sensible(enum subject what, const char *arg)
{
	if (what == NONE)
		return false;
	if (what == SUPER || what == ALL)
		return !arg;
	return what == GROUP || arg;
}

int cmd_dump(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct dump d = { 0 };
	struct efs_device *dev;
	enum subject what;
	int c, err, status, first;

	while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
		if (c != 'j')
			return cmd_usage(NULL);
		d.out.json = true;
	}
	first = cmd_globals.image ? optind : optind + 1;
	if (argc <= first || argc > first + 2)
		return cmd_usage("an image, and what to dump");
	d.name = cmd_globals.image ? cmd_globals.image : argv[optind];
	what = what_of(argv[first]);
	if (!sensible(what, argv[first + 1]))
		return cmd_usage("what to dump");
	if (cmd_open_device(argv[optind], false, &dev))
		return CMD_FAILED;
	err = efs_ext2_open(dev, &cmd_globals.options, &d.x);
	if (err) {
		status = err == -EINVAL ? cmd_complain(d.name, "It ends before the superblock") :
					  cmd_error(err, d.name);
		goto out;
	}
	efs_ext2_get_super(d.x, &d.super);
	if (d.super.verdict == EFS_EXT2_UNREADABLE && what != SUPER && what != BLOCK)
		status = cmd_complain(d.name, "%s: nothing can be found",
				      d.super.problem[0].text);
	else
		status = dump(&d, what, argv[first + 1]);
	if (d.super.verdict == EFS_EXT2_UNREADABLE)
		find_copies(&d, dev);
	efs_ext2_close(d.x);
out:
	efs_device_close(dev);
	return status;
}
