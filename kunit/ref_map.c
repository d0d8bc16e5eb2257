// SPDX-License-Identifier: GPL-2.0
/*
 * A second reader of block maps, slow and plain: the suites of map and truncation hold
 * the core's answers against it. It walks by division, one pointer at a time, and
 * shares no code with the core.
 */
#include "home.h"

int efs_test_depth(u32 block_size, u32 lblk)
{
	u64 p = block_size / 4, n = lblk;

	if (n < 12)
		return 0;
	n -= 12;
	if (n < p)
		return 1;
	n -= p;
	if (n < p * p)
		return 2;
	n -= p * p;
	return n < p * p * p ? 3 : -1;
}

u32 efs_test_map_at(struct efs_test_inode *ti, u32 lblk, u32 level)
{
	struct efs_sb *sb = ti->core.sb;
	u64 p = sb->geo.block_size / 4, n = lblk, span = 1;
	int depth = efs_test_depth(sb->geo.block_size, lblk), i;
	u32 ptr;

	if (depth < (int)level)
		return 0;
	if (!depth)
		return le32_to_cpu(ti->core.block[lblk]);
	n -= 12;
	for (i = 1; i < depth; i++) {
		span *= p;
		n -= span;
	}
	ptr = le32_to_cpu(ti->core.block[11 + depth]);
	for (i = depth; i > (int)level && ptr; i--) {
		struct efs_buf *b;

		KUNIT_ASSERT_EQ(sb->port.dev->test, efs_buf_read(sb, ptr, &b), 0);
		ptr = le32_to_cpu(((__le32 *)efs_buf_data(b))[n >> efs_ctz64(span)]);
		efs_buf_put(b);
		n &= span - 1;
		span >>= efs_ctz64(p);
	}
	return ptr;
}

/* blocks of a tree of @depth levels under @ptr, itself included */
static u32 count_tree(struct efs_test_fs *fs, u32 ptr, u32 depth)
{
	u32 i, n = 1;
	struct efs_buf *b;

	if (!ptr)
		return 0;
	KUNIT_ASSERT_TRUE_MSG(fs->test, efs_test_block_used(fs, ptr), "block %u", ptr);
	if (!depth)
		return 1;
	KUNIT_ASSERT_EQ(fs->test, efs_buf_read(&fs->sb, ptr, &b), 0);
	for (i = 0; i < fs->dev->block_size / 4; i++) {
		u32 child = le32_to_cpu(((__le32 *)efs_buf_data(b))[i]);

		n += count_tree(fs, child, depth - 1);
	}
	efs_buf_put(b);
	return n;
}

u32 efs_test_map_blocks(struct efs_test_inode *ti)
{
	struct efs_test_fs *fs = container_of(ti->core.sb, struct efs_test_fs, sb);
	u32 i, n = 0;

	for (i = 0; i < EFS_NBLOCKS; i++)
		n += count_tree(fs, le32_to_cpu(ti->core.block[i]), i < 12 ? 0 : i - 11);
	return n;
}
