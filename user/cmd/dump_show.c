// SPDX-License-Identifier: GPL-2.0
/*
 * `efs dump`: groups, inodes, block maps, directory records, blocks.
 *
 * What cannot be read is said on stderr, and what follows it is shown none the less; the output
 * stays whole, which matters to those who parse it.
 */
#include "dump.h"

static int failed(const struct dump *d, const char *what, uint64_t number, int err)
{
	return cmd_complain(d->name, "%s %llu: %s", what, (unsigned long long)number,
			    cmd_reason(err));
}

/* ---- groups ---- */

int dump_groups(struct dump *d)
{
	static const struct column columns[] = {
		{ "group", 6 },
		{ "first", 10 },
		{ "blocks", 6 },
		{ "super", -5 },
		{ "block_bitmap", 12 },
		{ "inode_bitmap", 12 },
		{ "inode_table", 11 },
		{ "free_blocks", 11 },
		{ "free_inodes", 11 },
		{ "dirs", 6 },
		{ "problem", 0 },
		{ 0 },
	};
	struct efs_ext2_group g;
	int status = CMD_OK, err;
	uint32_t n;

	out_table(&d->out, "groups", columns);
	for (n = 0; n < d->super.groups && !cmd_signal; n++) {
		err = efs_ext2_get_group(d->x, n, &g);
		if (err) {
			status = failed(d, "group", n, err);
			continue;
		}
		out_row(&d->out);
		out_number(&d->out, NULL, n);
		out_number(&d->out, NULL, g.first);
		out_number(&d->out, NULL, g.blocks);
		out_bool(&d->out, NULL, g.has_super);
		out_number(&d->out, NULL, g.block_bitmap);
		out_number(&d->out, NULL, g.inode_bitmap);
		out_number(&d->out, NULL, g.inode_table);
		out_number(&d->out, NULL, g.free_blocks);
		out_number(&d->out, NULL, g.free_inodes);
		out_number(&d->out, NULL, g.used_dirs);
		out_problem(&d->out, NULL, &g.problem);
		out_row_end(&d->out);
	}
	out_table_end(&d->out);
	return status;
}

typedef int (*next_fn)(const struct efs_ext2 *x, uint64_t from, bool used, uint64_t *at);

/* the numbers in [@from, @end) whose bit is clear */
static int free_ranges(struct dump *d, const char *name, next_fn next, uint64_t from, uint64_t end)
{
	uint64_t first, stop;
	int err = 0;

	out_list(&d->out, name);
	while (from < end && !err) {
		err = next(d->x, from, false, &first);
		if (err || first >= end)
			break;
		err = next(d->x, first, true, &stop);
		if (err)
			break;
		stop = stop < end ? stop : end;
		out_range(&d->out, first, stop - 1);
		from = stop;
	}
	out_list_end(&d->out);
	return err ? cmd_complain(d->name, "%s: %s", name, cmd_reason(err)) : CMD_OK;
}

int dump_group(struct dump *d, uint32_t number)
{
	struct out *o = &d->out;
	struct efs_ext2_group g;
	int status, err = efs_ext2_get_group(d->x, number, &g);

	if (err)
		return failed(d, "group", number, err);
	out_open(o, "group");
	out_number(o, "group", number);
	out_problem(o, "problem", &g.problem);
	out_number(o, "first_block", g.first);
	out_number(o, "blocks", g.blocks);
	out_bool(o, "superblock", g.has_super);
	out_number(o, "base_blocks", g.base);
	out_number(o, "descriptor_block", g.descriptor_block);
	out_number(o, "descriptor_offset", g.descriptor_offset);
	out_number(o, "block_bitmap", g.block_bitmap);
	out_number(o, "inode_bitmap", g.inode_bitmap);
	out_number(o, "inode_table", g.inode_table);
	out_number(o, "inode_table_blocks", d->super.itable_blocks);
	out_number(o, "first_inode", g.first_inode);
	out_number(o, "free_blocks", g.free_blocks);
	out_number(o, "free_inodes", g.free_inodes);
	out_number(o, "directories", g.used_dirs);
	out_hex(o, "flags", g.flags, 4);
	status = free_ranges(d, "free_block_ranges", efs_ext2_next_block, g.first,
			     (uint64_t)g.first + g.blocks);
	status |= free_ranges(d, "free_inode_ranges", efs_ext2_next_inode, g.first_inode,
			      (uint64_t)g.first_inode + d->super.inodes_per_group);
	out_close(o);
	return status;
}

/* ---- inodes ---- */

static const char *const flag_names[32] = {
	"secrm",
	"unrm",
	"compr",
	"sync",
	"immutable",
	"append",
	"nodump",
	"noatime",
	"dirty",
	"comprblk",
	"nocompr",
	"encrypt",
	"index",
	"imagic",
	"journal",
	"notail",
	"dirsync",
	"topdir",
	"huge_file",
	"extents",
	"verity",
	"ea_inode",
	"eofblocks",
	"nocow",
	"snapfile",
	"dax",
	"snapfile_del",
	"snapfile_shrunk",
	"inline_data",
	"projinherit",
	"casefold",
	"reserved",
};

static void show_flags(struct out *o, uint32_t flags)
{
	unsigned int bit;

	out_hex(o, "flags", flags, 8);
	out_list(o, "flag_names");
	for (bit = 0; bit < 32; bit++)
		if (flags & 1u << bit)
			out_word(o, NULL, flag_names[bit]);
	out_list_end(o);
}

/* what the fifteen words hold, by type */
static void show_words(struct out *o, const struct efs_ext2_inode *i)
{
	uint32_t type = i->mode & EFS_IFMT;
	const char *target = (const char *)i->word_bytes;
	int k;

	if (type == EFS_IFCHR || type == EFS_IFBLK) {
		out_number(o, "major", i->major);
		out_number(o, "minor", i->minor);
	}
	if (i->fast_link)
		out_bytes(o, "target", target, strnlen(target, sizeof(i->word_bytes)));
	out_list(o, "words");
	for (k = 0; k < EFS_EXT2_WORDS; k++)
		out_number(o, NULL, i->word[k]);
	out_list_end(o);
}

static const char *type_name(uint32_t mode)
{
	return mode & EFS_IFMT ? cmd_type_name(mode) : "none";
}

int dump_inode(struct dump *d, const struct efs_ext2_inode *i)
{
	struct out *o = &d->out;
	bool used;
	int err = efs_ext2_inode_used(d->x, i->ino, &used);
	char mode[32], text[EFS_MODE_STRING];

	out_open(o, "inode");
	out_number(o, "inode", i->ino);
	out_problem(o, "problem", &i->problem);
	out_word(o, "bitmap", err ? NULL : used ? "used" :
						  "free");
	out_number(o, "table_block", i->table_block);
	out_number(o, "table_offset", i->table_offset);
	out_word(o, "type", type_name(i->mode));
	efs_mode_text(i->mode, text);
	snprintf(mode, sizeof(mode), "%04o %s", i->mode & 07777, text);
	out_word(o, "mode", mode);
	out_number(o, "links", i->nlink);
	out_number(o, "uid", i->uid);
	out_number(o, "gid", i->gid);
	out_number(o, "size", i->size);
	out_number(o, "sectors", i->sectors);
	show_flags(o, i->flags);
	out_number(o, "generation", i->generation);
	out_number(o, "version", i->version);
	out_number(o, "attribute_block", i->file_acl);
	out_number(o, "fragment", i->fragment);
	out_number(o, "extra_size", i->extra_size);
	out_time(o, "atime", i->atime.sec, i->atime.nsec);
	out_time(o, "mtime", i->mtime.sec, i->mtime.nsec);
	out_time(o, "ctime", i->ctime.sec, i->ctime.nsec);
	if (i->has_btime)
		out_time(o, "btime", i->btime.sec, i->btime.nsec);
	/* an inode on the list of orphans keeps the number of the next one here */
	out_time(o, "dtime", i->dtime, OUT_SECONDS);
	show_words(o, i);
	out_close(o);
	return err ? failed(d, "inode bitmap, inode", i->ino, err) : CMD_OK;
}

/* ---- block maps ---- */

static int show_extent(void *ctx, const struct efs_ext2_extent *e)
{
	static const char *const kinds[] = { "data", "indirect", "double", "triple" };
	struct dump *d = ctx;

	out_row(&d->out);
	out_number(&d->out, NULL, e->logical);
	out_number(&d->out, NULL, e->physical);
	out_number(&d->out, NULL, e->length);
	out_word(&d->out, NULL, kinds[e->level]);
	out_word(&d->out, NULL, e->bad ? "bad" : d->out.json ? NULL :
							       "");
	out_row_end(&d->out);
	return cmd_signal ? -EINTR : 0;
}

int dump_map(struct dump *d, const struct efs_ext2_inode *inode)
{
	static const struct column columns[] = {
		{ "logical", 10 },
		{ "physical", 10 },
		{ "length", 8 },
		{ "kind", -8 },
		{ "problem", 0 },
		{ 0 },
	};
	int err;

	out_table(&d->out, "map", columns);
	err = efs_ext2_map(d->x, inode, show_extent, d);
	out_table_end(&d->out);
	if (err == -EUCLEAN)
		return cmd_complain(d->name, "inode %llu: its map is a loop",
				    (unsigned long long)inode->ino);
	return err ? failed(d, "map of inode", inode->ino, err) : CMD_OK;
}

/* ---- directories ---- */

static int show_record(void *ctx, const struct efs_ext2_record *r)
{
	static const char *const types[] = { "unknown", "file", "dir", "char",
					     "block", "fifo", "socket", "link" };
	const char *type = r->type < ARRAY_SIZE(types) ? types[r->type] : "?";
	struct dump *d = ctx;

	out_row(&d->out);
	out_number(&d->out, NULL, r->offset);
	out_number(&d->out, NULL, r->block);
	out_number(&d->out, NULL, r->length);
	out_number(&d->out, NULL, r->ino);
	out_word(&d->out, NULL, type);
	out_word(&d->out, NULL, r->deleted ? "deleted" : r->ino ? "used" :
								  "free");
	out_problem(&d->out, NULL, &r->problem);
	out_bytes(&d->out, NULL, r->name, r->name_length);
	out_row_end(&d->out);
	return cmd_signal ? -EINTR : 0;
}

int dump_dir(struct dump *d, const struct efs_ext2_inode *inode)
{
	static const struct column columns[] = {
		{ "offset", 8 },
		{ "block", 10 },
		{ "length", 6 },
		{ "inode", 10 },
		{ "type", -7 },
		{ "state", -7 },
		{ "problem", -1 },
		{ "name", 0 },
		{ 0 },
	};
	int err;

	out_table(&d->out, "records", columns);
	err = efs_ext2_records(d->x, inode, EFS_EXT2_DELETED, show_record, d);
	out_table_end(&d->out);
	return err ? failed(d, "directory, inode", inode->ino, err) : CMD_OK;
}

/* ---- blocks ---- */

/* what a block is for, as far as its group tells */
static const char *purpose(const struct dump *d, const struct efs_ext2_group *g, uint64_t block)
{
	if (block == g->block_bitmap)
		return "block bitmap";
	if (block == g->inode_bitmap)
		return "inode bitmap";
	if (block >= g->inode_table && block - g->inode_table < d->super.itable_blocks)
		return "inode table";
	if (block >= (uint64_t)g->first + g->base)
		return "contents";
	if (g->has_super && block == g->first)
		return "superblock";
	return "group descriptors";
}

static void hex_dump(const uint8_t *p, size_t size)
{
	size_t at, k;

	for (at = 0; at < size; at += 16) {
		printf("%08zx ", at);
		for (k = 0; k < 16; k++)
			printf("%s%02x", k == 8 ? "  " : " ", p[at + k]);
		fputs("  |", stdout);
		for (k = 0; k < 16; k++)
			putchar(p[at + k] >= ' ' && p[at + k] < 0x7f ? p[at + k] : '.');
		puts("|");
	}
}

int dump_block(struct dump *d, uint64_t block)
{
	size_t size = d->super.groups ? d->super.block_size : 1024, k;
	struct out *o = &d->out;
	struct efs_ext2_group g;
	uint8_t *bytes = cmd_alloc(size);
	char *hex = cmd_alloc(2 * size + 1);
	bool used, known;
	int err = efs_ext2_get_block(d->x, block, bytes, size);

	if (err) {
		failed(d, "block", block, err == -ERANGE ? -ENXIO : err);
		goto out;
	}
	known = !efs_ext2_block_used(d->x, block, &used) &&
		!efs_ext2_get_group(d->x,
				    (uint32_t)(block - d->super.first_data_block) /
					    d->super.blocks_per_group,
				    &g);
	out_open(o, "block");
	out_number(o, "block", block);
	if (known) {
		out_number(o, "group", g.number);
		out_word(o, "bitmap", used ? "used" : "free");
		out_word(o, "purpose", purpose(d, &g, block));
	}
	if (o->json) {
		for (k = 0; k < size; k++)
			snprintf(hex + 2 * k, 3, "%02x", bytes[k]);
		out_word(o, "hex", hex);
	} else {
		hex_dump(bytes, size);
	}
	out_close(o);
out:
	free(bytes);
	free(hex);
	return err ? CMD_FAILED : CMD_OK;
}

/* ---- everything ---- */

static int dump_whole_inode(struct dump *d, uint64_t ino)
{
	struct efs_ext2_inode inode;
	uint32_t type;
	int err = efs_ext2_get_inode(d->x, ino, &inode);
	int status = CMD_OK;

	if (err)
		return failed(d, "inode", ino, err);
	type = inode.mode & EFS_IFMT;
	out_gap(&d->out);
	out_open(&d->out, NULL);
	status |= dump_inode(d, &inode);
	if (type == EFS_IFREG || type == EFS_IFDIR || (type == EFS_IFLNK && !inode.fast_link))
		status |= dump_map(d, &inode);
	if (type == EFS_IFDIR)
		status |= dump_dir(d, &inode);
	out_close(&d->out);
	return status;
}

int dump_all(struct dump *d)
{
	int status = dump_groups(d), err = 0;
	uint64_t ino = 1;

	if (d->out.json)
		out_list(&d->out, "inodes");
	while (ino <= d->super.inodes && !cmd_signal) {
		err = efs_ext2_next_inode(d->x, ino, true, &ino);
		if (err || ino > d->super.inodes)
			break;
		status |= dump_whole_inode(d, ino++);
	}
	if (d->out.json)
		out_list_end(&d->out);
	return err ? failed(d, "inode bitmap, inode", ino, err) : status;
}
