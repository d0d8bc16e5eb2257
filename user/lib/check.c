// SPDX-License-Identifier: GPL-2.0
/*
 * efs_check(): core/check over a device, without a volume being opened.
 *
 * The core asks for blocks of a size that only the superblock tells. So that is read and
 * parsed first, past the cache; where it cannot be used, the core asks for no block.
 *
 * Locks: none; a check is one thread's.
 */
#include "dev.h"
#include "home.h"
#include "../../core/check/check.h"

/**
 * struct job - one check
 * @o: what the caller wants
 * @home: below the port
 * @sb: what the core works on
 * @ds: the superblock
 * @problem: the finding being told
 */
struct job {
	const struct efs_check_options *o;
	struct efs_home home;
	struct efs_sb sb;
	struct efs_dsuper ds;
	struct efs_check_problem problem;
};

static void told(void *ctx, const struct efs_problem *p)
{
	struct job *j = ctx;
	struct efs_check_problem *out = &j->problem;

	if (!j->o->problem)
		return;
	out->code = efs_check_name(p->code);
	out->text = efs_check_text(p);
	out->wrong = p->severity == EFS_CHECK_WRONG;
	out->ino = p->ino;
	out->dir = p->dir;
	out->blk = p->blk;
	out->count = p->count;
	out->group = p->group;
	out->off = p->off;
	out->have = p->have;
	out->want = p->want;
	out->name_len = p->name_len;
	if (p->name_len)
		memcpy(out->name, p->name, p->name_len);
	out->name[p->name_len] = '\0';
	j->o->problem(j->o->ctx, out);
}

static int progress(void *ctx, u32 pass, u64 done, u64 total)
{
	struct job *j = ctx;

	return j->o->progress ? j->o->progress(j->o->ctx, (int)pass, done, total) : 0;
}

static int make_cache(struct efs_home *home, size_t bytes, const struct efs_geo *geo)
{
	u32 blocks = (u32)min_t(u64, efs_device_size(home->dev) >> geo->block_bits, 0xffffffffu);
	struct efsu_bcache_conf conf = {
		.dev = home->dev,
		.env = &home->env,
		.block_bits = geo->block_bits,
		.blocks = blocks,
		.bytes = bytes,
	};

	return efsu_bcache_new(&conf, &home->cache);
}

static void sum_up(struct efs_check_result *r, const struct efs_check_found *f,
		   const struct efs_geo *geo)
{
	memset(r, 0, sizeof(*r));
	r->wrong = f->wrong;
	r->notes = f->notes;
	r->complete = f->complete;
	r->files = f->files;
	r->dirs = f->dirs;
	r->symlinks = f->symlinks;
	r->specials = f->specials;
	r->links = f->links;
	r->fragmented = f->fragmented;
	r->inodes_used = f->inodes_used;
	r->blocks_used = f->blocks_used;
	r->inodes = geo->inodes_count;
	r->blocks = geo->blocks_count;
	r->block_size = geo->block_size;
}

static int run(struct job *j, struct efs_check_result *result)
{
	u64 at = (u64)(j->o->superblock ? j->o->superblock : 1) * EFS_SUPER_SIZE;
	u64 size = efs_device_size(j->home.dev);
	struct efs_check_args args = {
		.dev_bytes = size, .problem = told, .progress = progress, .ctx = j,
	};
	struct efs_check_found found;
	enum efs_code code;
	struct efs_geo geo;
	int err = 0;

	/* what is not there has no magic number */
	if (efs_dev_in_range(at, sizeof(j->ds), size))
		err = efs_device_read(j->home.dev, at, &j->ds, sizeof(j->ds));
	if (err)
		return err;
	code = efs_super_parse(&j->ds, size, &geo);
	if (!code || efs_code_readonly(code))
		err = make_cache(&j->home, j->o->cache_bytes, &geo);
	if (!err)
		err = efs_check_run(&j->sb, &j->ds, &args, &found);
	if (!err)
		sum_up(result, &found, &j->sb.geo);
	return err;
}

int efs_check(struct efs_device *dev, const struct efs_check_options *options,
	      struct efs_check_result *result)
{
	static const struct efs_check_options usual;
	struct efs_env env;
	struct job *j;
	u32 refs;
	int err;

	efs_env_fill(&env, options ? options->env : NULL);
	j = efs_env_zalloc(&env, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->o = options ? options : &usual;
	j->home.env = env;
	j->home.dev = dev;
	j->sb.port.home = &j->home;
	err = run(j, result);
	refs = efsu_bcache_free(j->home.cache);
	efs_assert(!refs);
	efs_env_free(&env, j, sizeof(*j));
	return err;
}
