// SPDX-License-Identifier: GPL-2.0
/*
 * efs_ext2.h against dumpe2fs and debugfs, and against damage.
 *
 *	inspect_test IMAGE SCRATCH
 *
 * A copy of the image is filled through the library with what is worth looking at. Then each
 * number that the inspection interface tells is compared with what e2fsprogs tell. At last the
 * metadata is overwritten at random: nothing may go astray, whatever is there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "efs.h"
#include "efs_ext2.h"
#include "ktap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define FILES 300 /* in the directory, of which each third is deleted again */

static const char *image, *scratch;
static char *bytes;
static size_t size;
static struct efs_device *dev;
static struct efs_ext2 *x;
static struct efs_ext2_super super;

/* ---- the volume ---- */

static int load(void)
{
	FILE *f = fopen(image, "rb");
	struct stat st;
	int err;

	if (!f || fstat(fileno(f), &st))
		return -1;
	size = (size_t)st.st_size;
	bytes = malloc(size);
	err = !bytes || fread(bytes, 1, size, f) != size;
	fclose(f);
	return err;
}

static int save(void)
{
	FILE *f = fopen(scratch, "wb");
	int err = !f || fwrite(bytes, 1, size, f) != size;

	return (f && fclose(f)) || err;
}

static int create(struct efs_volume *vol, const char *path, const struct efs_create *what,
		  struct efs_file **out)
{
	struct efs_at at = { .volume = vol };

	return efs_create_at(&at, path, what, out);
}

/* a file with blocks behind each level of the map that the volume can have */
static int make_big(struct efs_volume *vol)
{
	static const struct efs_create reg = { .mode = EFS_IFREG | 04751, .uid = 70000, .gid = 7 };
	uint64_t bs = super.block_size, p = bs / 4;
	uint64_t at[] = { 0, 3, 11, 12, 13, 12 + p, 12 + p + 5, 12 + p + p, 12 + p + p * p + 3 };
	struct efs_file *f;
	size_t k, done, n = ARRAY_SIZE(at);
	int err = create(vol, "/big", &reg, &f);

	if (err)
		return err;
	/* three levels of large blocks are more than a file may have */
	if (bs > 4096)
		n--;
	for (k = 0; k < n && !err; k++)
		err = efs_file_write(f, at[k] * bs, "contents", 8, &done);
	for (k = 0; k < 40 && !err; k++)
		err = efs_file_write(f, (20 + k) * bs, "run", 3, &done);
	efs_file_close(f);
	return err;
}

static int make_dir(struct efs_volume *vol)
{
	static const struct efs_create dir = { .mode = EFS_IFDIR | 01777 };
	static const struct efs_create reg = { .mode = EFS_IFREG | 0600 };
	struct efs_at at = { .volume = vol };
	char path[64];
	int k, err = create(vol, "/dir", &dir, NULL);

	for (k = 0; k < FILES && !err; k++) {
		snprintf(path, sizeof(path), "/dir/file-%03d", k);
		err = create(vol, path, &reg, NULL);
	}
	for (k = 0; k < FILES && !err; k += 3) {
		snprintf(path, sizeof(path), "/dir/file-%03d", k);
		err = efs_unlink_at(&at, path);
	}
	return err;
}

static int make_others(struct efs_volume *vol)
{
	static char slow[101];
	static const struct {
		const char *path;
		struct efs_create what;
	} others[] = {
		{ "/fast", { .mode = EFS_IFLNK | 0777, .target = "short target" } },
		{ "/slow", { .mode = EFS_IFLNK | 0777, .target = slow } },
		{ "/fifo", { .mode = EFS_IFIFO | 0620 } },
		{ "/old", { .mode = EFS_IFCHR | 0666, .major = 8, .minor = 1 } },
		{ "/new", { .mode = EFS_IFBLK | 0660, .major = 300, .minor = 70000 } },
	};
	size_t k;
	int err = 0;

	memset(slow, 's', sizeof(slow) - 1);
	for (k = 0; k < ARRAY_SIZE(others) && !err; k++)
		err = create(vol, others[k].path, &others[k].what, NULL);
	return err;
}

static int look(void)
{
	int err = efs_device_memory(bytes, size, &dev);

	if (!err)
		err = efs_ext2_open(dev, NULL, &x);
	if (!err)
		efs_ext2_get_super(x, &super);
	return err;
}

static void look_away(void)
{
	efs_ext2_close(x);
	efs_device_close(dev);
}

static int fill(void)
{
	struct efs_options o = { .seed = 1 };
	struct efs_volume *vol;
	int err = look();

	if (!err)
		err = efs_volume_open(dev, &o, &vol, NULL);
	if (err)
		return err;
	err = make_big(vol);
	if (!err)
		err = make_dir(vol);
	if (!err)
		err = make_others(vol);
	if (efs_volume_close(vol))
		err = -EIO;
	look_away();
	return err;
}

/* ---- the others' words ---- */

static FILE *ask(const char *program, const char *fmt, ...)
{
	char cmd[4096], line[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	snprintf(cmd, sizeof(cmd), "%s %s '%s' 2>/dev/null", program, line, scratch);
	return popen(cmd, "r");
}

/* the number behind @name in the output of a program, which is @text */
static long long number_of(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	if (!p)
		return -1;
	p += strlen(name);
	return strtoll(p, NULL, strncmp(p + strspn(p, " "), "0x", 2) ? 10 : 16);
}

static char *all_of(FILE *f)
{
	char *text = calloc(1, 1 << 20);
	size_t n = f ? fread(text, 1, (1 << 20) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		pclose(f);
	return text;
}

static void superblock(void)
{
	char *text = all_of(ask("dumpe2fs", "-h")), *uuid = strstr(text, "UUID:"), hex[3];
	int k;

	CHECK_EQ(super.verdict, EFS_EXT2_SOUND);
	CHECK_EQ(super.problems, 0);
	CHECK_EQ(super.inodes, number_of(text, "Inode count:"));
	CHECK_EQ(super.blocks, number_of(text, "\nBlock count:"));
	CHECK_EQ(super.reserved_blocks, number_of(text, "Reserved block count:"));
	CHECK_EQ(super.free_blocks, number_of(text, "Free blocks:"));
	CHECK_EQ(super.free_inodes, number_of(text, "Free inodes:"));
	CHECK_EQ(super.first_data_block, number_of(text, "First block:"));
	CHECK_EQ(super.block_size, number_of(text, "Block size:"));
	CHECK_EQ(super.blocks_per_group, number_of(text, "Blocks per group:"));
	CHECK_EQ(super.inodes_per_group, number_of(text, "Inodes per group:"));
	CHECK_EQ(super.itable_blocks, number_of(text, "Inode blocks per group:"));
	if (super.revision)
		CHECK_EQ(super.inode_size, number_of(text, "Inode size:\t"));
	CHECK_EQ(super.mount_count, number_of(text, "Mount count:"));
	CHECK_EQ(super.max_mount_count, number_of(text, "Maximum mount count:"));
	CHECK_EQ(super.state, 1);
	CHECK(strstr(text, "Filesystem state:         clean"));
	CHECK(uuid);
	uuid += strspn(uuid, "UID: ");
	for (k = 0; k < 16; k++) {
		uuid += *uuid == '-';
		snprintf(hex, sizeof(hex), "%02x", super.uuid[k]);
		CHECK(!strncmp(uuid, hex, 2));
		uuid += 2;
	}
	for (k = 0; k < 32; k++) {
		if (super.compat & 1u << k)
			CHECK(strstr(text, efs_ext2_feature('c', (unsigned int)k)));
		if (super.ro_compat & 1u << k)
			CHECK(strstr(text, efs_ext2_feature('r', (unsigned int)k)));
	}
	free(text);
}

static void groups(void)
{
	unsigned int n, bb, ib, it, bfree, ifree, dirs, used, seen = 0;
	static const char head[] =
		" Group %u: block bitmap at %u, inode bitmap at %u, inode table at %u";
	static const char counts[] = " %u free block%*[s,] %u free inode%*[s,] %u used";
	struct efs_ext2_group g;
	FILE *f = ask("debugfs", "-R stats");
	char line[512], next[512];
	int got;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		got = sscanf(line, head, &n, &bb, &ib, &it);
		if (got != 4)
			continue;
		CHECK(fgets(next, sizeof(next), f));
		got = sscanf(next, counts, &bfree, &ifree, &dirs);
		CHECK_EQ(got, 3);
		used = dirs;
		CHECK_EQ(efs_ext2_get_group(x, n, &g), 0);
		CHECK(!g.problem.code);
		CHECK_EQ(g.number, n);
		CHECK_EQ(g.block_bitmap, bb);
		CHECK_EQ(g.inode_bitmap, ib);
		CHECK_EQ(g.inode_table, it);
		CHECK_EQ(g.free_blocks, bfree);
		CHECK_EQ(g.free_inodes, ifree);
		CHECK_EQ(g.used_dirs, used);
		seen++;
	}
	pclose(f);
	CHECK_EQ(seen, super.groups);
	CHECK_EQ(efs_ext2_get_group(x, super.groups, &g), -ERANGE);
}

/* ---- inodes ---- */

static uint64_t ino_of(const char *name);

static void same_inode(uint64_t ino)
{
	char *text = all_of(ask("debugfs", "-R 'stat <%llu>'", (unsigned long long)ino));
	struct efs_ext2_inode i;

	CHECK_EQ(efs_ext2_get_inode(x, ino, &i), 0);
	CHECK_EQ(i.ino, ino);
	CHECK_EQ(i.mode & 07777, strtol(strstr(text, "Mode:") + 5, NULL, 8));
	CHECK_EQ(i.flags, number_of(text, "Flags:"));
	CHECK_EQ(i.generation, number_of(text, "Generation:"));
	CHECK_EQ(i.uid, number_of(text, "User:"));
	CHECK_EQ(i.gid, number_of(text, "Group:"));
	CHECK_EQ(i.size, number_of(text, "Size:"));
	CHECK_EQ(i.nlink, number_of(text, "Links:"));
	CHECK_EQ(i.sectors, number_of(text, "Blockcount:"));
	CHECK_EQ(i.file_acl, number_of(text, "File ACL:"));
	CHECK_EQ((uint32_t)i.ctime.sec, number_of(text, "ctime:"));
	CHECK_EQ((uint32_t)i.mtime.sec, number_of(text, "mtime:"));
	CHECK_EQ((uint32_t)i.atime.sec, number_of(text, "atime:"));
	if (super.inode_size > 128) {
		CHECK_EQ(i.extra_size, number_of(text, "Size of extra inode fields:"));
		CHECK_EQ((uint32_t)i.btime.sec, number_of(text, "crtime:"));
	}
	if (i.fast_link) {
		CHECK(strstr(text, "Fast link dest: \"short target\""));
		CHECK(!strcmp((const char *)i.word_bytes, "short target"));
	}
	if ((i.mode & EFS_IFMT) == EFS_IFBLK) {
		CHECK_EQ(i.major, 300);
		CHECK_EQ(i.minor, 70000);
	}
	free(text);
}

static void inodes(void)
{
	static const char *const names[] = { "big", "dir", "fast", "slow", "fifo", "old", "new" };
	struct efs_ext2_inode i;
	size_t k;

	same_inode(EFS_EXT2_ROOT);
	same_inode(11);
	for (k = 0; k < ARRAY_SIZE(names); k++)
		same_inode(ino_of(names[k]));
	CHECK_EQ(efs_ext2_get_inode(x, 0, &i), -ERANGE);
	CHECK_EQ(efs_ext2_get_inode(x, super.inodes + 1ull, &i), -ERANGE);
	CHECK_EQ(efs_ext2_get_inode(x, 0x100000002ull, &i), -ERANGE);
}

/* ---- bitmaps ---- */

static void block_bitmap(void)
{
	unsigned long long n, seen = 0;
	uint64_t at, runs = 0, from;
	bool used, turn = true;
	char line[256];
	int got;
	/* it knows no block 0 */
	FILE *f = ask("debugfs", "-R 'testb 1 %u'", super.blocks - 1);

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		got = sscanf(line, "Block %llu", &n);
		CHECK_EQ(got, 1);
		CHECK_EQ(efs_ext2_block_used(x, n, &used), 0);
		CHECK_EQ(used, !strstr(line, "not in use"));
		seen++;
	}
	pclose(f);
	CHECK_EQ(seen, super.blocks - 1);
	/* the runs hold as many free blocks as the superblock says */
	for (from = super.first_data_block; from < super.blocks; from = at, turn = !turn) {
		CHECK_EQ(efs_ext2_next_block(x, from, turn, &at), 0);
		CHECK(at >= from && at <= super.blocks);
		runs += turn ? at - from : 0;
	}
	CHECK_EQ(runs, super.free_blocks);
	CHECK_EQ(efs_ext2_block_used(x, super.blocks, &used), -ERANGE);
}

static void inode_bitmap(void)
{
	uint64_t ino, at, free_inodes = 0;
	bool used;

	for (ino = 1; ino <= super.inodes; ino++) {
		CHECK_EQ(efs_ext2_inode_used(x, ino, &used), 0);
		free_inodes += !used;
	}
	CHECK_EQ(free_inodes, super.free_inodes);
	CHECK_EQ(efs_ext2_next_inode(x, 1, false, &at), 0);
	CHECK_EQ(efs_ext2_inode_used(x, at, &used), 0);
	CHECK(!used);
	CHECK_EQ(efs_ext2_inode_used(x, at - 1, &used), 0);
	CHECK(used);
	CHECK_EQ(efs_ext2_inode_used(x, 0, &used), -ERANGE);
}

/* ---- maps ---- */

struct blocks {
	uint64_t block[4096];
	size_t n;
	const struct efs_ext2_inode *inode;
	int bad;
};

static int on_extent(void *ctx, const struct efs_ext2_extent *e)
{
	struct blocks *b = ctx;
	uint64_t k, at;

	b->bad += e->bad;
	for (k = 0; k < e->length && b->n < 4096; k++) {
		b->block[b->n++] = e->physical + k;
		if (!e->level && (efs_ext2_map_block(x, b->inode, e->logical + k, &at) ||
				  at != e->physical + k))
			b->bad++;
	}
	return 0;
}

static void same_map(const char *name)
{
	static struct blocks b;
	struct efs_ext2_inode i;
	unsigned long long n;
	size_t k = 0;
	FILE *f;

	CHECK_EQ(efs_ext2_get_inode(x, ino_of(name), &i), 0);
	memset(&b, 0, sizeof(b));
	b.inode = &i;
	CHECK_EQ(efs_ext2_map(x, &i, on_extent, &b), 0);
	CHECK_EQ(b.bad, 0);
	f = ask("debugfs", "-R 'blocks <%llu>'", (unsigned long long)i.ino);
	CHECK(f);
	while (fscanf(f, "%llu", &n) == 1) {
		CHECK(k < b.n);
		CHECK_EQ(b.block[k], n);
		k++;
	}
	pclose(f);
	CHECK_EQ(k, b.n);
}

static int stop_at_once(void *ctx, const struct efs_ext2_extent *e)
{
	(void)e;
	++*(int *)ctx;
	return 5;
}

static void maps(void)
{
	struct efs_ext2_inode i;
	uint64_t at = 1;
	int calls = 0;

	same_map("big");
	same_map("dir");
	same_map("slow");
	CHECK_EQ(efs_ext2_get_inode(x, ino_of("big"), &i), 0);
	CHECK_EQ(efs_ext2_map_block(x, &i, 5, &at), 0);
	CHECK_EQ(at, 0);
	CHECK_EQ(efs_ext2_map_block(x, &i, 1ull << 40, &at), -EFBIG);
	CHECK_EQ(efs_ext2_map(x, &i, stop_at_once, &calls), 5);
	CHECK_EQ(calls, 1);
	CHECK_EQ(efs_ext2_get_inode(x, ino_of("new"), &i), 0);
	CHECK_EQ(efs_ext2_map(x, &i, stop_at_once, &calls), 0);
	CHECK_EQ(calls, 1);
}

/* ---- directories ---- */

struct found {
	const char *name;
	uint64_t ino;
	int used, deleted, problems, wrong;
	uint64_t end;
};

static int on_record(void *ctx, const struct efs_ext2_record *r)
{
	struct found *f = ctx;
	int k;

	if (f->name && r->ino && !strcmp(r->name, f->name))
		f->ino = r->ino;
	f->problems += r->problem.code ? 1 : 0;
	if (!r->deleted) {
		/* records follow each other without a gap */
		f->wrong += r->offset != f->end;
		f->end = r->offset + r->length;
	}
	if (sscanf(r->name, "file-%d", &k) != 1)
		return 0;
	if (r->deleted || !r->ino) {
		f->deleted++;
		f->wrong += k % 3 != 0;
	} else {
		f->used++;
		f->wrong += k % 3 == 0 || r->name_length != 8;
	}
	return 0;
}

static uint64_t ino_of(const char *name)
{
	struct found f = { .name = name };
	struct efs_ext2_inode root;

	if (efs_ext2_get_inode(x, EFS_EXT2_ROOT, &root))
		return 0;
	efs_ext2_records(x, &root, 0, on_record, &f);
	return f.ino;
}

static void records(void)
{
	struct found f = { 0 }, all = { 0 };
	struct efs_ext2_inode dir;
	char line[512], want[64];
	unsigned int ino, mode;
	FILE *out;

	CHECK_EQ(efs_ext2_get_inode(x, ino_of("dir"), &dir), 0);
	CHECK_EQ(efs_ext2_records(x, &dir, 0, on_record, &f), 0);
	CHECK_EQ(f.used, FILES - FILES / 3);
	CHECK_EQ(f.wrong + f.problems, 0);
	CHECK_EQ(f.end, dir.size);
	CHECK_EQ(efs_ext2_records(x, &dir, EFS_EXT2_DELETED, on_record, &all), 0);
	CHECK_EQ(all.used, f.used);
	CHECK_EQ(all.wrong + all.problems, 0);
	/* no name has taken the place of one that was deleted */
	CHECK_EQ(all.deleted, FILES / 3);

	out = ask("debugfs", "-R 'ls -p /dir'");
	CHECK(out);
	while (fgets(line, sizeof(line), out)) {
		if (sscanf(line, "/%u/%o/%*u/%*u/%63[^/]/", &ino, &mode, want) != 3)
			continue;
		f = (struct found){ .name = want };
		CHECK_EQ(efs_ext2_records(x, &dir, 0, on_record, &f), 0);
		CHECK_EQ(f.ino, ino);
	}
	pclose(out);
	CHECK_EQ(efs_ext2_get_inode(x, ino_of("big"), &dir), 0);
	CHECK_EQ(efs_ext2_records(x, &dir, 0, on_record, &f), -ENOTDIR);
}

/* ---- a volume in use ---- */

static void open_ino(void)
{
	struct efs_options o = { .flags = EFS_RDONLY };
	struct efs_volume *vol;
	struct efs_file *file, *other;
	uint64_t unused;

	CHECK_EQ(efs_volume_open(dev, &o, &vol, NULL), 0);
	CHECK_EQ(efs_open(vol, "/big", 0, &file), 0);
	CHECK_EQ(efs_file_ino(file), ino_of("big"));
	CHECK_EQ(efs_ext2_open_ino(vol, ino_of("big"), &other), 0);
	CHECK(other == file);
	efs_file_close(other);
	efs_file_close(file);
	CHECK_EQ(efs_ext2_next_inode(x, 12, false, &unused), 0);
	CHECK_EQ(efs_ext2_open_ino(vol, unused, &file), -EUCLEAN);
	CHECK_EQ(efs_ext2_open_ino(vol, 0, &file), -EUCLEAN);
	CHECK_EQ(efs_ext2_open_ino(vol, 1ull << 33, &file), -EUCLEAN);
	CHECK_EQ(efs_volume_close(vol), 0);
}

/* ---- damage ---- */

static void bad_super(void)
{
	struct efs_ext2_super s;
	struct efs_ext2_inode i;
	struct efs_options o = { 0 };
	struct efs_ext2 *y;
	char copy[1024], block[16];

	memcpy(copy, bytes + 1024, sizeof(copy));
	bytes[1024 + 56] ^= 1;
	CHECK_EQ(efs_ext2_open(dev, NULL, &y), 0);
	efs_ext2_get_super(y, &s);
	CHECK_EQ(s.verdict, EFS_EXT2_REFUSED);
	CHECK_EQ(s.problems, 1);
	CHECK(!strcmp(s.problem[0].code, "SB_MAGIC"));
	CHECK_EQ(s.groups, super.groups);
	CHECK_EQ(efs_ext2_get_inode(y, EFS_EXT2_ROOT, &i), 0);
	CHECK_EQ(i.mode & EFS_IFMT, EFS_IFDIR);
	efs_ext2_close(y);

	memset(bytes + 1024, 0, sizeof(copy));
	CHECK_EQ(efs_ext2_open(dev, NULL, &y), 0);
	efs_ext2_get_super(y, &s);
	CHECK_EQ(s.verdict, EFS_EXT2_UNREADABLE);
	CHECK_EQ(efs_ext2_get_inode(y, EFS_EXT2_ROOT, &i), -EUCLEAN);
	CHECK_EQ(efs_ext2_get_block(y, 1, block, sizeof(block)), 0);
	CHECK_EQ(efs_ext2_get_block(y, size / 1024, block, sizeof(block)), -ERANGE);
	efs_ext2_close(y);

	/* the copy in group 1, and descriptors beside it */
	if (super.groups > 1) {
		o.superblock = (super.first_data_block + super.blocks_per_group) *
			       (super.block_size / 1024);
		CHECK_EQ(efs_ext2_open(dev, &o, &y), 0);
		efs_ext2_get_super(y, &s);
		CHECK_EQ(s.verdict, EFS_EXT2_SOUND);
		CHECK_EQ(s.where, o.superblock * 1024ull);
		CHECK_EQ(efs_ext2_get_inode(y, EFS_EXT2_ROOT, &i), 0);
		CHECK_EQ(i.mode & EFS_IFMT, EFS_IFDIR);
		efs_ext2_close(y);
	}
	memcpy(bytes + 1024, copy, sizeof(copy));
	o.superblock = (uint32_t)(size / 1024);
	CHECK_EQ(efs_ext2_open(dev, &o, &y), -EINVAL);
}

/* a double indirect block that leads to itself */
static void map_loop(void)
{
	struct efs_ext2_inode i;
	struct blocks b = { 0 };
	uint32_t k, ptrs = super.block_size / 4;
	char *table, *copy;

	CHECK_EQ(efs_ext2_get_inode(x, ino_of("big"), &i), 0);
	CHECK(i.word[13]);
	table = bytes + (uint64_t)i.word[13] * super.block_size;
	copy = malloc(super.block_size);
	memcpy(copy, table, super.block_size);
	for (k = 0; k < ptrs; k++) {
		table[4 * k] = (char)i.word[13];
		table[4 * k + 1] = (char)(i.word[13] >> 8);
		table[4 * k + 2] = (char)(i.word[13] >> 16);
		table[4 * k + 3] = 0;
	}
	b.inode = &i;
	CHECK_EQ(efs_ext2_map(x, &i, on_extent, &b), -EUCLEAN);
	/* and one to where no block is */
	memset(table, 0, super.block_size);
	memset(table, 0xff, 4);
	b.n = 0;
	b.bad = 0;
	CHECK_EQ(efs_ext2_map(x, &i, on_extent, &b), 0);
	CHECK_EQ(b.bad, 1);
	memcpy(table, copy, super.block_size);
	free(copy);
}

static int count_extent(void *ctx, const struct efs_ext2_extent *e)
{
	(void)e;
	return ++*(int *)ctx > 100000;
}

static int count_record(void *ctx, const struct efs_ext2_record *r)
{
	return ++*(int *)ctx > 100000 || strlen(r->name) > r->name_length;
}

/* look at everything; whatever comes of it, it ends */
static void look_everywhere(void)
{
	struct efs_ext2_super s;
	struct efs_ext2_group g;
	struct efs_ext2_inode i;
	struct efs_ext2 *y;
	uint64_t ino, at;
	uint32_t n;
	int count = 0;

	if (efs_ext2_open(dev, NULL, &y))
		return;
	efs_ext2_get_super(y, &s);
	for (n = 0; n < s.groups && n < 100; n++)
		efs_ext2_get_group(y, n, &g);
	efs_ext2_next_block(y, s.first_data_block, false, &at);
	for (ino = 1; ino < 60; ino++) {
		if (efs_ext2_get_inode(y, ino, &i))
			continue;
		efs_ext2_map(y, &i, count_extent, &count);
		/* as long as the file of a damaged inode may be, holes are worth looking at */
		if (i.size < 64 * (uint64_t)super.block_size)
			efs_ext2_records(y, &i, EFS_EXT2_DELETED, count_record, &count);
	}
	efs_ext2_close(y);
}

static void noise(void)
{
	uint32_t state = 12345, meta = (uint32_t)(size / 8), round, k;
	char *copy = malloc(size);

	memcpy(copy, bytes, size);
	for (round = 0; round < 60; round++) {
		for (k = 0; k < 40; k++) {
			state = state * 1664525 + 1013904223;
			/* a third of them in the superblock */
			bytes[k % 3 ? (state >> 4) % meta : 1024 + (state >> 8) % 340] =
				(char)(state >> 24);
		}
		look_everywhere();
		if (round % 4 == 3)
			memcpy(bytes, copy, size);
	}
	memcpy(bytes, copy, size);
	free(copy);
}

int main(int argc, char **argv)
{
	static const struct ktap_case cases[] = {
		{ "superblock", superblock },
		{ "groups", groups },
		{ "inodes", inodes },
		{ "block bitmap", block_bitmap },
		{ "inode bitmap", inode_bitmap },
		{ "block maps", maps },
		{ "directory records, deleted ones too", records },
		{ "a file by its number", open_ino },
		{ "damaged superblocks, and copies", bad_super },
		{ "a map that is a loop", map_loop },
		{ "noise", noise },
	};
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: %s IMAGE SCRATCH\n", argv[0]);
		return 2;
	}
	image = argv[1];
	scratch = argv[2];
	err = load();
	if (!err)
		err = fill();
	if (!err)
		err = save();
	if (!err)
		err = look();
	if (err) {
		printf("Bail out! cannot prepare %s: %d\n", image, err);
		return 1;
	}
	err = ktap_run(cases, ARRAY_SIZE(cases));
	look_away();
	free(bytes);
	return err;
}
