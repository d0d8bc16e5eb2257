// SPDX-License-Identifier: GPL-2.0
/*
 * Inputs that begin with a damaged volume: how it is made, how such an input is mutated.
 *
 *	byte	0	base (base.c)
 *		1	options: 1 read-only, 2 16-bit ids, 4 and 8 what errors lead to,
 *			16 synchronous, 32 another superblock, 64 privileged
 *		2	number of patches
 *		3	128: something fails during mount: which and when
 *	then that many patches (patch.c), then records of FUZZ_OP_LEN bytes
 *
 * EFS_FUZZ_IMAGE=FILE keeps the damaged volume of one input.
 *
 * Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"

/* for who wants to look at the volume of an input with other tools */
static void keep(const struct fuzz_image *im)
{
	const char *path = getenv("EFS_FUZZ_IMAGE");
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fwrite(im->img, im->base->bytes, 1, f);
	fclose(f);
}

struct fuzz_image *fuzz_set_up(struct fuzz_in *in, struct efs_test_fs *fs,
			       struct efs_mount_opts *o)
{
	u32 base = fuzz_u8(in), flags = fuzz_u8(in), patches = fuzz_u8(in) % (FUZZ_PATCHES + 1);
	u32 fault = fuzz_u8(in), len, blk;
	struct fuzz_image *im = fuzz_image_get(base);
	const struct fuzz_map *m = &im->base->map;
	struct efs_geo geo;
	enum efs_code code;
	u64 at;

	while (patches--)
		fuzz_patch(im, in, &at, &len);
	keep(im);
	memset(o, 0, sizeof(*o));
	o->sb_block = 1;
	blk = m->first + m->bpg;
	if (flags & 0x20 && m->kind[min_t(u32, blk, m->blocks - 1)] == FUZZ_SUPER)
		o->sb_block = blk * (m->block_size / 1024);
	o->rdonly = flags & 1;
	o->nouid32 = flags & 2;
	o->errors = flags >> 2 & 3;
	/* as a home does: the superblock says the size of blocks */
	code = efs_super_parse((struct efs_dsuper *)(im->img + o->sb_block * 1024ull),
			       im->base->bytes, &geo);
	fs->dev = NULL;
	if (code && !efs_code_readonly(code))
		return im;
	fs->dev = fuzz_dev(im->img, im->base->bytes, geo.block_size);
	fs->test = fs->dev->test;
	fs->dev->overlaps = true;
	fs->sb.port.sync = flags & 0x10;
	fs->sb.port.privileged = flags & 0x40;
	if (fault & 0x80)
		fs->dev->fail[fault >> 4 & 3] = 1 + (fault & 15);
	return im;
}

size_t fuzz_damage_mutate(u8 *data, size_t size, size_t max, unsigned int seed32,
			  void (*make_op)(u8 *rec, u32 *seed))
{
	u32 seed = seed32 | 1, r = efs_test_rand(&seed), n, n_ops, room;
	u8 patches[(FUZZ_PATCHES + 1) * FUZZ_PATCH_LEN];
	u8 ops[(FUZZ_OPS + 1) * FUZZ_OP_LEN];
	size_t at;

	if (max < 64)
		return LLVMFuzzerMutate(data, size, max);
	if (size < 4) {
		memset(data + size, 0, 4 - size);
		size = 4;
	}
	switch (r % 16) {
	case 0:
		return LLVMFuzzerMutate(data, size, max);
	case 1:
		data[0] = (u8)(r >> 8);
		return size;
	case 2:
		data[1] ^= 1u << (r >> 8) % 8;
		return size;
	case 3:
		data[3] = r >> 30 ? 0 : (u8)(r >> 8);
		return size;
	}
	n = min_t(u32, data[2] % (FUZZ_PATCHES + 1), (size - 4) / FUZZ_PATCH_LEN);
	at = 4 + n * FUZZ_PATCH_LEN;
	n_ops = min_t(u32, (size - at) / FUZZ_OP_LEN, FUZZ_OPS);
	memcpy(patches, data + 4, n * FUZZ_PATCH_LEN);
	memcpy(ops, data + at, n_ops * FUZZ_OP_LEN);
	room = (max - 4) / (FUZZ_PATCH_LEN + FUZZ_OP_LEN);
	if (r % 16 < 11)
		n = fuzz_records_mutate(patches, n, min_t(u32, FUZZ_PATCHES, room), FUZZ_PATCH_LEN,
					fuzz_patch_random, &seed);
	else
		n_ops = fuzz_records_mutate(ops, n_ops, min_t(u32, FUZZ_OPS, room), FUZZ_OP_LEN,
					    make_op, &seed);
	n_ops = min_t(u32, n_ops, (max - 4 - n * FUZZ_PATCH_LEN) / FUZZ_OP_LEN);
	data[2] = (u8)n;
	memcpy(data + 4, patches, n * FUZZ_PATCH_LEN);
	memcpy(data + 4 + n * FUZZ_PATCH_LEN, ops, n_ops * FUZZ_OP_LEN);
	return 4 + n * FUZZ_PATCH_LEN + n_ops * FUZZ_OP_LEN;
}
