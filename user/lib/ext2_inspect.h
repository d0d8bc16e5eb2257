/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of efs_ext2.h share.
 */
#ifndef EFS_EXT2_INSPECT_H
#define EFS_EXT2_INSPECT_H

#include "env.h"
#include "../include/efs_ext2.h"
#include "../../core/unix/ext2.h"

#define EXT2_CHUNK 256u /* bytes of a bitmap or a table of pointers that are read at once */

/**
 * struct efs_ext2 - a look at a device; constant
 * @env: where its memory comes from
 * @where: byte of the superblock
 * @ds: the superblock as it is
 * @geo: what it says, mistakes forgiven; block_size is never 0
 * @desc_size: bytes of a descriptor
 * @verdict, @problems, @code: about the superblock
 */
struct efs_ext2 {
	struct efs_env env;
	struct efs_device *dev;
	u64 where;
	struct efs_dsuper ds;
	struct efs_geo geo;
	u32 desc_size;
	enum efs_ext2_verdict verdict;
	u32 problems;
	enum efs_code code[EFS_EXT2_PROBLEMS];
};

static inline void ext2_problem(struct efs_reason *reason, enum efs_code code)
{
	reason->code = code ? efs_code_name(code) : NULL;
	reason->text = code ? efs_code_text(code) : NULL;
}

static inline int ext2_read_at(const struct efs_ext2 *x, u64 off, void *buf, size_t len)
{
	return efs_device_read(x->dev, off, buf, len);
}

static inline u64 ext2_block_at(const struct efs_ext2 *x, u64 block)
{
	return block << x->geo.block_bits;
}

static inline int ext2_readable(const struct efs_ext2 *x)
{
	return x->verdict == EFS_EXT2_UNREADABLE ? -EUCLEAN : 0;
}

/** ext2_read_descriptor() - of group @g, which there is */
int ext2_read_descriptor(const struct efs_ext2 *x, u32 g, struct efs_dgroup *gd);

#endif /* EFS_EXT2_INSPECT_H */
