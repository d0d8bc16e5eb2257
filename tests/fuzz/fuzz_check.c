// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the check of whole volumes (core/check), and takes it at its word.
 *
 * An input says how a volume is damaged (input.c); what it says about a mount tells which
 * superblock is handed over, and what fails. What is behind the patches is a record: after
 * how many calls back the check is to end (0: never).
 *
 * Whatever the damage: nothing is written, nothing is left behind, each finding has a name
 * and a text, counts are those of the findings, blocks are read a number of times that does
 * not depend on what is written on them. If it says that the volume is clean, two others have
 * to agree: the second reader of check.c, and the engine, which mounts it, reads every name,
 * map, link and attribute, and may not find anything bad.
 */
#include "fuzz.h"
#include "../../core/check/check.h"

/* most reads: each block as a bitmap, a directory, its index, a copy; names that are equal */
#define READS(dev)	(8 * (dev)->blocks + 2 * (dev)->bytes / EFS_DIRENT_MIN)

/**
 * struct run - a check
 * @wrong, @notes: findings so far
 * @stop: calls back until one says stop; 0: none does
 */
struct run {
	u64 wrong, notes;
	u32 stop, calls;
	bool stopped;
};

static int called(struct run *r)
{
	fuzz_check(!efs_test_locks_held(), "a call back with a lock held");
	fuzz_check(!r->stopped, "a call back after one said stop");
	r->calls++;
	r->stopped = r->stop && r->calls == r->stop;
	return r->stopped;
}

static void problem(void *ctx, const struct efs_problem *p)
{
	struct run *r = ctx;
	u32 i, bytes = 0;

	fuzz_check((u32)p->code < EFS_CHECK_MAX && *efs_check_name(p->code) &&
		   *efs_check_text(p), "finding %u", p->code);
	fuzz_check((u32)p->why < EFS_C_MAX, "%s because of %u", efs_check_name(p->code), p->why);
	fuzz_check(p->severity <= EFS_CHECK_WRONG && p->name_len <= 255 &&
		   (p->name || !p->name_len), "%s", efs_check_name(p->code));
	/* each is read: the sanitizer sees whether it can be */
	for (i = 0; i < p->name_len; i++)
		bytes += p->name[i];
	fuzz_check(bytes <= 255 * 255, "a name");
	r->wrong += p->severity == EFS_CHECK_WRONG;
	r->notes += p->severity == EFS_CHECK_NOTE;
}

static int progress(void *ctx, u32 pass, u64 done, u64 total)
{
	fuzz_check(pass >= 1 && pass <= 5 && done <= total, "pass %u: %llu of %llu", pass, done,
		   total);
	return called(ctx);
}

/* ---- who has to agree ---- */

/**
 * struct visit - the engine on its way through a volume that is said to be clean
 * @seen: inodes that were met, by number
 */
struct visit {
	struct efs_test_fs *fs;
	u32 files, dirs, symlinks, specials;
	u8 *seen;
};

static void may(struct visit *v, int err, const char *what, u32 ino)
{
	fuzz_check(!err && !v->fs->dev->report_count, "clean, but %s of %u: %d, %s", what, ino,
		   err, v->fs->dev->report_count ?
		   efs_code_name(v->fs->dev->reports[0].code) : "not reported");
}

static void read_map(struct visit *v, struct efs_test_inode *ti)
{
	u32 bits = v->fs->dev->block_bits, lblk;
	u32 end = (u32)((ti->attr.size + v->fs->dev->block_size - 1) >> bits);
	struct efs_ext ext;

	for (lblk = 0; lblk < end; lblk = ext.lblk + ext.len)
		may(v, efs_map_lookup(&ti->core, lblk, end - lblk, &ext), "map", ti->core.ino);
}

static void visit_file(struct visit *v, struct efs_test_inode *ti)
{
	static char buf[65536 + 1];
	u32 ino = ti->core.ino;
	size_t done;
	int err;

	switch (ti->attr.mode & EFS_S_IFMT) {
	case EFS_S_IFREG:
		v->files++;
		read_map(v, ti);
		break;
	case EFS_S_IFDIR:
		v->dirs++;
		read_map(v, ti);
		break;
	case EFS_S_IFLNK:
		v->symlinks++;
		may(v, vfs_readlink(ti, buf, sizeof(buf)), "target", ino);
		break;
	default:
		v->specials++;
	}
	err = efs_ea_list(&ti->core, buf, sizeof(buf), &done);
	/* it asks more of attributes than e2fsck and the check do (core/check/xattr.c) */
	if (err == -EUCLEAN && v->fs->dev->report_count == 1)
		efs_test_reports_clear(v->fs->dev);
	else
		may(v, err == -EOPNOTSUPP ? 0 : err, "attributes", ino);
}

/* directory @ino and what is below it; depth is that of the volume, which is small */
static void visit_dir(struct visit *v, u32 ino)
{
	struct efs_test_inode *dir, *ti;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	char name[256];
	u64 pos = 0;
	int ret;

	may(v, efs_test_iget(v->fs, ino, &dir), "directory", ino);
	for (;;) {
		efs_dir_open(&dir->core, pos, false, &c);
		ret = efs_dir_next(&c, &de);
		pos = c.next;
		if (ret > 0) {
			memcpy(name, de.name, de.len);
			name[de.len] = '\0';
		}
		efs_dir_close(&c);
		may(v, min(ret, 0), "entry", ino);
		if (!ret)
			break;
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		may(v, vfs_lookup(dir, name, &ti), "name", ino);
		if (!v->seen[ti->core.ino]) {
			v->seen[ti->core.ino] = 1;
			visit_file(v, ti);
			if (efs_is_dir(&ti->core))
				visit_dir(v, ti->core.ino);
		}
		may(v, efs_test_iput(ti), "put", ino);
	}
	may(v, efs_test_iput(dir), "put", ino);
}

static void engine_agrees(struct efs_test_fs *fs, const struct efs_check_found *found)
{
	const struct efs_mount_opts o = { .sb_block = 1, .rdonly = true };
	struct visit v = { .fs = fs };
	int err = efs_test_mount(fs, &o);

	fuzz_check(!err, "clean, but mount: %d, %s", err, efs_code_name(fs->why));
	v.seen = efs_test_zalloc(fs->sb.geo.inodes_count + 1);
	v.seen[EFS_ROOT_INO] = 1;
	v.dirs = 1;
	visit_dir(&v, EFS_ROOT_INO);
	fuzz_check(v.files == found->files && v.dirs == found->dirs &&
		   v.symlinks == found->symlinks && v.specials == found->specials,
		   "%u, %u, %u, %u files, directories, links, others; the check: %u, %u, %u, %u",
		   v.files, v.dirs, v.symlinks, v.specials, found->files, found->dirs,
		   found->symlinks, found->specials);
	efs_test_mfree(v.seen);
	efs_test_umount(fs);
}

static void others_agree(struct efs_test_fs *fs, const struct fuzz_image *im,
			 const struct efs_check_found *found)
{
	struct fuzz_map m;

	/* what is noted, the reader takes for wrong */
	fuzz_check(fuzz_check_image(im->img, im->base->bytes, FUZZ_MAY_EXCEED, &m) || found->notes,
		   "clean, but %s", m.error);
	fuzz_map_free(&m);
	engine_agrees(fs, found);
}

/* ---- the input ---- */

/* as a home does: a superblock that cannot be used says nothing of the size of blocks */
static void device(struct efs_test_fs *fs, const struct fuzz_image *im)
{
	if (fs->dev)
		return;
	fs->dev = fuzz_dev(im->img, im->base->bytes, 1024);
	fs->test = fs->dev->test;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct efs_check_found found;
	struct efs_mount_opts o;
	struct efs_test_fs fs = {};
	struct efs_dsuper ds;
	struct fuzz_image *im;
	struct efs_test_dev *dev;
	struct efs_check_args args = { .problem = problem, .progress = progress };
	struct run r = {};
	struct efs_sb *sb;
	bool faults;
	int err;

	fuzz_begin();
	im = fuzz_set_up(&in, &fs, &o);
	device(&fs, im);
	dev = fs.dev;
	r.stop = fuzz_u8(&in);
	memcpy(&ds, im->img + o.sb_block * (u64)EFS_SUPER_SIZE, sizeof(ds));
	args.dev_bytes = im->base->bytes;
	args.ctx = &r;
	sb = efs_test_zalloc(sizeof(*sb));
	sb->port.dev = dev;
	err = efs_check_run(sb, &ds, &args, &found);
	efs_test_mfree(sb);

	faults = dev->failures;
	fuzz_check(!err || err == -EIO || err == -ENOMEM || err == -EINTR, "%d", err);
	fuzz_check((err == -EINTR) == r.stopped, "%d, stop was %ssaid", err,
		   r.stopped ? "" : "not ");
	fuzz_check(err != -ENOMEM || faults, "-ENOMEM");
	fuzz_check(!dev->live_bufs && !dev->live_allocs && !dev->live_ctrs, "something is left");
	fuzz_check(!dev->writes && !dev->dirtied && !dev->report_count, "something was written");
	fuzz_check(dev->calls[EFS_TEST_READ] <= READS(dev), "%u reads of %u blocks",
		   dev->calls[EFS_TEST_READ], dev->blocks);
	if (!err) {
		fuzz_check(found.wrong == r.wrong && found.notes == r.notes,
			   "%llu and %llu findings, %llu and %llu told", found.wrong, found.notes,
			   r.wrong, r.notes);
		fuzz_check(found.complete || found.wrong || faults,
			   "incomplete, and nothing wrong");
	}
	if (!err && !found.wrong && !faults && o.sb_block == 1) {
		memset(dev->fail, 0, sizeof(dev->fail));
		others_agree(&fs, im, &found);
	}
	efs_test_dev_check(dev);
	efs_test_dev_free(dev);
	fuzz_heal(im);
	return 0;
}

/* ---- mutation ---- */

static void make_op(u8 *rec, u32 *seed)
{
	rec[0] = efs_test_rand(seed) % 4 ? 0 : (u8)(efs_test_rand(seed) >> 8);
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	return fuzz_damage_mutate(data, size, max, seed, make_op);
}
