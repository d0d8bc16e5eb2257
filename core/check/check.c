// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The frame of a check: its passes, what they keep in memory, what they tell.
 *
 *   super, groups   where metadata is
 *   1  inodes       types, sizes, maps, attributes: which blocks and inodes are in use
 *   2  directories  entries, names, indexes: which inodes have names
 *   3  tree         each directory is below the root, once
 *   4  links        names found against link counts
 *   5  bitmaps      what is in use against what is marked, and all counts
 *
 * The cut into passes is that of e2fsck (e2fsprogs e2fsck/pass1.c to pass5.c), whose verdict
 * this one is measured by.
 *
 * Locks: none.
 */
#include "priv.h"

/* the most memory a hostile geometry may ask for at once */
#define GROUP_BYTES_MAX (1u << 30)

static const struct {
	const char *name;
	const char *text;
	u8 severity;
} codes[] = {
#define CODE_ROW(name, severity, text) { #name, text, EFS_CHECK_##severity },
	EFS_CHECK_CODES(CODE_ROW)
#undef CODE_ROW
};

static_assert(ARRAY_SIZE(codes) == EFS_CHECK_MAX);

const char *efs_check_name(enum efs_check_code code)
{
	return (u32)code < EFS_CHECK_MAX ? codes[code].name : "UNKNOWN";
}

const char *efs_check_text(const struct efs_problem *p)
{
	if (p->why)
		return efs_code_text(p->why);
	return (u32)p->code < EFS_CHECK_MAX ? codes[p->code].text : "unknown finding";
}

void chk_tell(struct chk *c, struct efs_problem *p)
{
	p->severity = codes[p->code].severity;
	if (p->severity == EFS_CHECK_WRONG)
		c->res->wrong++;
	else
		c->res->notes++;
	if (c->args->problem)
		c->args->problem(c->args->ctx, p);
}

int chk_progress(struct chk *c, u32 pass, u64 done, u64 total)
{
	efs_cond_resched();
	if (efs_interrupted())
		return -EINTR;
	if (c->args->progress && c->args->progress(c->args->ctx, pass, done, total))
		return -EINTR;
	return 0;
}

/* ---- what is kept ---- */

struct chk_inode *chk_inode(const struct chk *c, u32 ino)
{
	u32 g = (ino - 1) / c->geo->inodes_per_group;
	struct chk_inode *all = c->groups[g].inodes;

	return all ? &all[(ino - 1) % c->geo->inodes_per_group] : NULL;
}

struct chk_inode *chk_inode_make(struct chk *c, u32 ino)
{
	struct chk_group *grp = &c->groups[(ino - 1) / c->geo->inodes_per_group];

	if (!grp->inodes)
		grp->inodes = efs_alloc(c->sb, (size_t)c->geo->inodes_per_group *
						       sizeof(*grp->inodes));
	return grp->inodes ? chk_inode(c, ino) : NULL;
}

int chk_use(struct chk *c, u32 blk)
{
	u32 g = chk_group_of(c, blk), bit = blk - efs_group_first(c->geo, g);
	struct chk_group *grp = &c->groups[g];

	if (!grp->used)
		grp->used = efs_alloc(c->sb, (c->geo->blocks_per_group + 63) / 64 * 8);
	if (!grp->used)
		return -ENOMEM;
	if (efs_bit_test(grp->used, bit))
		return 1;
	efs_bits_set(grp->used, bit, 1);
	c->res->blocks_used++;
	return 0;
}

static void release(struct chk *c)
{
	u32 g;

	while (c->first_blk) {
		struct chk_dirblks *b = c->first_blk;

		c->first_blk = b->next;
		efs_free(b);
	}
	for (g = 0; c->groups && g < c->geo->groups; g++) {
		efs_free(c->groups[g].used);
		efs_free(c->groups[g].inodes);
	}
	efs_free(c->groups);
	efs_free(c->xattr);
	efs_free(c->xattr_map);
	efs_free(c->names);
}

static int passes(struct chk *c)
{
	int err;

	if (c->geo->groups > GROUP_BYTES_MAX / sizeof(*c->groups))
		return -ENOMEM;
	c->groups = efs_alloc(c->sb, (size_t)c->geo->groups * sizeof(*c->groups));
	c->xattr_map = efs_alloc(c->sb, c->geo->block_size / 32);
	if (!c->groups || !c->xattr_map)
		return -ENOMEM;
	err = chk_groups(c);
	if (!err)
		err = chk_inodes(c);
	if (!err)
		err = chk_journal(c);
	if (!err)
		err = chk_dirs(c);
	/* names and links of inodes that could not be read would be missed everywhere */
	if (!err && c->res->complete)
		err = chk_tree(c);
	if (!err && c->res->complete)
		err = chk_links(c);
	if (!err)
		err = chk_bitmaps(c);
	return err;
}

int efs_check_run(struct efs_sb *sb, const struct efs_dsuper *ds,
		  const struct efs_check_args *args, struct efs_check_found *res)
{
	struct chk c = { .sb = sb, .geo = &sb->geo, .ds = ds, .args = args, .res = res };
	int err = 0;

	memset(res, 0, sizeof(*res));
	res->complete = true;
	if (chk_super(&c))
		res->complete = false;
	else
		err = passes(&c);
	release(&c);
	return err;
}
