// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Pass 3: from each directory a way leads up to the root, and `..` is the first step of it.
 * Pass 4: inodes in use have names, as many as they say.
 *
 * Ways are climbed by the parents that entries told in pass 2. A directory whose way was
 * climbed once is not climbed through again, so all of it is linear.
 *
 * Locks: none.
 */
#include "priv.h"

/* links above which ext4 stops counting those of a directory, with dir_nlink */
#define LINKS_MAX	65000u
#define RO_COMPAT_NLINK	0x0020u

/* ---- pass 3 ---- */

/*
 * Climb from @ino as far as nobody was. Return: the first directory without a name, or one
 * of those that lead round in circles (@loop), or 0.
 */
static u32 climb(struct chk *c, u32 ino, bool *loop)
{
	for (;;) {
		struct chk_inode *ci = chk_inode(c, ino);

		if (ci->flags & CHK_DONE || ino == EFS_ROOT_INO)
			return 0;
		*loop = ci->flags & CHK_CLIMBED;
		if (*loop || !ci->parent)
			return ino;
		ci->flags |= CHK_CLIMBED;
		ino = ci->parent;
	}
}

static void settle(struct chk *c, u32 ino)
{
	struct chk_inode *ci = chk_inode(c, ino);

	while (!(ci->flags & CHK_DONE)) {
		ci->flags |= CHK_DONE;
		if (!ci->parent)
			break;
		ci = chk_inode(c, ci->parent);
	}
}

static void one_dir(struct chk *c, u32 ino, const struct chk_inode *ci)
{
	bool loop = false;
	u32 top = climb(c, ino, &loop);

	if (loop)
		CHK_TELL(c, DIR_LOOP, .ino = top);
	else if (top)
		CHK_TELL(c, DIR_LOST, .ino = top, .have = chk_inode(c, top)->dotdot);
	settle(c, ino);
	if (ci->dotdot != ci->parent)
		CHK_TELL(c, DIR_PARENT, .ino = ino, .have = ci->dotdot, .want = ci->parent);
}

/* call for each inode of which something is kept */
static int each(struct chk *c, u32 pass,
		void (*fn)(struct chk *c, u32 ino, const struct chk_inode *ci))
{
	u32 g, i;
	int err;

	for (g = 0; g < c->geo->groups; g++) {
		const struct chk_inode *ci = c->groups[g].inodes;

		err = chk_progress(c, pass, g, c->geo->groups);
		if (err)
			return err;
		for (i = 0; ci && i < c->geo->inodes_per_group; i++)
			if (ci[i].flags & CHK_USED)
				fn(c, g * c->geo->inodes_per_group + i + 1, &ci[i]);
	}
	return chk_progress(c, pass, g, c->geo->groups);
}

static void only_dirs(struct chk *c, u32 ino, const struct chk_inode *ci)
{
	if (ci->flags & CHK_DIR)
		one_dir(c, ino, ci);
}

int chk_tree(struct chk *c)
{
	return each(c, 3, only_dirs);
}

/* ---- pass 4 ---- */

static void links(struct chk *c, u32 ino, const struct chk_inode *ci)
{
	u32 found = ci->found;
	bool dir = ci->flags & CHK_DIR;

	if (ci->flags & CHK_IMAGIC || (ino < c->geo->first_ino && ino != EFS_ROOT_INO))
		return;
	if (!found) {
		CHK_TELL(c, INODE_UNATTACHED, .ino = ino);
		return;
	}
	if (dir && found > LINKS_MAX && c->geo->ro_compat & RO_COMPAT_NLINK)
		found = 1;
	/* what ext4 leaves where a directory had more links than it counts */
	if (dir && found > 1 && ci->flags & CHK_INDEX && ci->says == 1)
		return;
	if (found != ci->says)
		CHK_TELL(c, INODE_LINKS, .ino = ino, .have = ci->says, .want = found);
}

int chk_links(struct chk *c)
{
	return each(c, 4, links);
}
