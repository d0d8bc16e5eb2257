// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The life of a mounted volume: mount, superblock upkeep, unmount.
 *
 * The superblock in use stays in sb->sbuf. While the volume is writable its s_state
 * says "not clean" (EFS_SB_MARKED); it says "clean" again after unmount, freeze or
 * a change to read-only, but only if it did so before (EFS_SB_NEVER_VALID) and no
 * error has stopped us. Free counts in it are sums of the descriptors and thus count
 * windows as used, which is what lies on the disk.
 *
 * A read-only mount writes nothing. Its owner may have e2fsck repair the volume
 * meanwhile, as a root file system does at boot; so becoming writable reads the
 * superblock and descriptors again from their buffers.
 *
 * Locks: sb->lock around state flags and superblock bytes; the buffer is made dirty
 * after the lock is dropped. The home serialises mount state changes (lock 1).
 */
#include "efs.h"

/* what linux/fs/ext2/super.c writes where a volume says nothing */
#define DEFAULT_MAX_MOUNTS 20

/* all words of a geometry, its padding left out */
#define GEO_END (offsetof(struct efs_geo, overhead) + sizeof(u32))
static_assert(offsetof(struct efs_geo, max_size) == 28 * sizeof(u32));

/* compare from the word at @from on; before block_size there are features only */
static bool geo_equal(const struct efs_geo *a, const struct efs_geo *b, size_t from)
{
	return !memcmp((const u8 *)a + from, (const u8 *)b + from, GEO_END - from);
}

static void set_state(struct efs_sb *sb, u32 set, u32 clear)
{
	efs_spin_lock(&sb->lock);
	WRITE_ONCE(sb->state, (sb->state & ~clear) | set);
	efs_spin_unlock(&sb->lock);
}

static s64 now_seconds(struct efs_sb *sb)
{
	u32 nsec;

	return max_t(s64, efs_now(sb, &nsec), 0);
}

static void put_time(__le32 *lo, u8 *hi, s64 t)
{
	*lo = cpu_to_le32((u32)t);
	*hi = (u8)(t >> 32);
}

static u32 clamp_count(s64 n, u32 top)
{
	if (n < 0)
		return 0;
	return n > top ? top : (u32)n;
}

/* ---- writing the superblock ---- */

enum mark { MARK_IN_USE, MARK_CLEAN };

/* bring counts, time and the clean mark up to date */
static int write_super(struct efs_sb *sb, enum mark mark, bool wait)
{
	u32 blocks = clamp_count(efs_ctr_sum(&sb->free_blocks), sb->geo.blocks_count);
	u32 inodes = clamp_count(efs_ctr_sum(&sb->free_inodes), sb->geo.inodes_count);
	struct efs_dsuper *ds = sb->ds;
	s64 now = now_seconds(sb);

	efs_spin_lock(&sb->lock);
	/* e2fsck on a mounted volume may have set it: it is not true while we write */
	ds->s_state &= cpu_to_le16((u16)~EFS_STATE_VALID);
	if (mark == MARK_CLEAN && !(sb->state & (EFS_SB_NEVER_VALID | EFS_SB_SHUTDOWN)))
		ds->s_state |= cpu_to_le16(EFS_STATE_VALID);
	ds->s_free_blocks_count = cpu_to_le32(blocks);
	ds->s_free_inodes_count = cpu_to_le32(inodes);
	put_time(&ds->s_wtime, &ds->s_wtime_hi, now);
	efs_spin_unlock(&sb->lock);

	efs_buf_dirty(sb, NULL, sb->sbuf);
	return wait ? efs_buf_sync(sb->sbuf) : 0;
}

int efs_sync_super(struct efs_sb *sb, bool wait)
{
	/* read-only, or frozen and marked clean */
	if (!(READ_ONCE(sb->state) & EFS_SB_MARKED))
		return 0;
	return write_super(sb, MARK_IN_USE, wait);
}

void efs_set_last_mounted(struct efs_sb *sb, const char *path, u32 len)
{
	u8 name[sizeof(sb->ds->s_last_mounted)] = { 0 };
	bool changed;

	if (!(READ_ONCE(sb->state) & EFS_SB_MARKED))
		return;
	memcpy(name, path, min_t(u32, len, sizeof(name) - 1));
	efs_spin_lock(&sb->lock);
	changed = memcmp(sb->ds->s_last_mounted, name, sizeof(name));
	memcpy(sb->ds->s_last_mounted, name, sizeof(name));
	efs_spin_unlock(&sb->lock);
	if (changed)
		efs_buf_dirty(sb, NULL, sb->sbuf);
}

/* sb->lock held: features want revision 1; false if the volume has it */
static bool raise_revision(struct efs_sb *sb)
{
	struct efs_dsuper *ds = sb->ds;

	if (sb->geo.rev != EFS_REV_GOOD_OLD)
		return false;
	ds->s_first_ino = cpu_to_le32(EFS_FIRST_INO_REV0);
	ds->s_inode_size = cpu_to_le16(EFS_INODE_SIZE_REV0);
	ds->s_rev_level = cpu_to_le32(EFS_REV_DYNAMIC);
	WRITE_ONCE(sb->geo.rev, EFS_REV_DYNAMIC);
	return true;
}

static int announce(struct efs_sb *sb, bool raised, const char *why)
{
	if (raised)
		efs_log(sb, EFS_LOG_WARN, "%s: volume raised to revision 1", why);
	efs_buf_dirty(sb, NULL, sb->sbuf);
	return efs_buf_sync(sb->sbuf);
}

int efs_need_large_file(struct efs_sb *sb)
{
	bool raised;

	if (READ_ONCE(sb->geo.ro_compat) & EFS_RO_COMPAT_LARGE_FILE &&
	    READ_ONCE(sb->geo.rev) != EFS_REV_GOOD_OLD)
		return 0;
	efs_spin_lock(&sb->lock);
	raised = raise_revision(sb);
	sb->ds->s_feature_ro_compat |= cpu_to_le32(EFS_RO_COMPAT_LARGE_FILE);
	WRITE_ONCE(sb->geo.ro_compat, sb->geo.ro_compat | EFS_RO_COMPAT_LARGE_FILE);
	efs_spin_unlock(&sb->lock);
	return announce(sb, raised, "a file passes 2 GiB");
}

int efs_need_ext_attr(struct efs_sb *sb)
{
	bool raised;

	if (READ_ONCE(sb->geo.compat) & EFS_COMPAT_EXT_ATTR &&
	    READ_ONCE(sb->geo.rev) != EFS_REV_GOOD_OLD)
		return 0;
	efs_spin_lock(&sb->lock);
	raised = raise_revision(sb);
	sb->ds->s_feature_compat |= cpu_to_le32(EFS_COMPAT_EXT_ATTR);
	WRITE_ONCE(sb->geo.compat, sb->geo.compat | EFS_COMPAT_EXT_ATTR);
	efs_spin_unlock(&sb->lock);
	return announce(sb, raised, "a file gets an extended attribute");
}

/* ---- between read-only and writable ---- */

/* one line for the first reason, as in-tree ext2 does; the volume is mounted anyway */
static void warn_unchecked(struct efs_sb *sb)
{
	const struct efs_dsuper *ds = sb->ds;
	u16 state = le16_to_cpu(ds->s_state);
	s16 max_mounts = (s16)le16_to_cpu(ds->s_max_mnt_count);
	u32 interval = le32_to_cpu(ds->s_checkinterval);
	s64 checked = (s64)ds->s_lastcheck_hi << 32 | le32_to_cpu(ds->s_lastcheck);
	const char *why = NULL;

	if (!(state & EFS_STATE_VALID))
		why = "was not unmounted cleanly";
	else if (state & EFS_STATE_ERROR)
		why = "has errors on record";
	else if (max_mounts > 0 && le16_to_cpu(ds->s_mnt_count) >= max_mounts)
		why = "has reached its mount count";
	else if (interval && checked + interval <= now_seconds(sb))
		why = "has reached its time for a check";
	if (why)
		efs_log(sb, EFS_LOG_WARN, "volume %s: running e2fsck is recommended", why);
	if (ds->s_last_orphan)
		efs_log(sb, EFS_LOG_WARN, "deleted files wait for e2fsck to free their space");
	if (sb->geo.compat & EFS_COMPAT_HAS_JOURNAL)
		efs_log(sb, EFS_LOG_WARN, "volume has a journal, which is not used");
	if (sb->geo.rev == EFS_REV_GOOD_OLD &&
	    (sb->geo.compat || sb->geo.incompat || sb->geo.ro_compat))
		efs_log(sb, EFS_LOG_WARN,
			"revision 0 volume has feature flags: running e2fsck is recommended");
}

/* the volume becomes ours to write */
static int mark_in_use(struct efs_sb *sb)
{
	struct efs_dsuper *ds = sb->ds;
	s64 now = now_seconds(sb);
	int err;

	warn_unchecked(sb);
	efs_spin_lock(&sb->lock);
	WRITE_ONCE(sb->state, sb->state & ~(EFS_SB_ERROR | EFS_SB_SHUTDOWN | EFS_SB_NEVER_VALID));
	if (!(le16_to_cpu(ds->s_state) & EFS_STATE_VALID))
		WRITE_ONCE(sb->state, sb->state | EFS_SB_NEVER_VALID);
	if (!ds->s_max_mnt_count)
		ds->s_max_mnt_count = cpu_to_le16(DEFAULT_MAX_MOUNTS);
	ds->s_mnt_count = cpu_to_le16((u16)(le16_to_cpu(ds->s_mnt_count) + 1));
	put_time(&ds->s_mtime, &ds->s_mtime_hi, now);
	efs_spin_unlock(&sb->lock);

	err = write_super(sb, MARK_IN_USE, true);
	if (err) {
		/* what the failed write left on the disk is unknown; "not clean" is safe */
		efs_log(sb, EFS_LOG_ERR, "superblock cannot be written");
		return err;
	}
	set_state(sb, EFS_SB_MARKED, EFS_SB_RDONLY);
	return 0;
}

/* the volume may have been repaired or tuned since it was mounted read-only */
static int reread(struct efs_sb *sb)
{
	struct efs_geo geo;
	enum efs_code code = efs_super_parse(sb->ds, 0, &geo);
	u32 r_blocks = geo.r_blocks;
	int err;

	geo.r_blocks = sb->geo.r_blocks;
	if (code || !geo_equal(&geo, &sb->geo, offsetof(struct efs_geo, block_size))) {
		efs_log(sb, EFS_LOG_ERR, "volume was changed while mounted: mount it anew");
		return -EROFS;
	}
	err = efs_group_reload(sb);
	if (err)
		return err;
	geo.r_blocks = r_blocks;
	sb->geo = geo;
	return 0;
}

int efs_mark_rw(struct efs_sb *sb)
{
	u32 state = READ_ONCE(sb->state);
	int err;

	if (state & EFS_SB_FORCE_RO)
		return -EROFS;
	/* once stopped by an error, only e2fsck helps, and it needs a read-only mount */
	if (state & EFS_SB_SHUTDOWN && (!(state & EFS_SB_RDONLY) ||
					sb->ds->s_state & cpu_to_le16(EFS_STATE_ERROR))) {
		efs_log(sb, EFS_LOG_ERR, "volume is inconsistent: run e2fsck first");
		return -EROFS;
	}
	if (!(state & EFS_SB_RDONLY))
		return 0;
	err = reread(sb);
	if (err)
		return err;
	efs_ea_cache_clear(sb);
	return mark_in_use(sb);
}

int efs_mark_ro(struct efs_sb *sb)
{
	int err;

	if (READ_ONCE(sb->state) & EFS_SB_RDONLY)
		return 0;
	efs_windows_discard_all(sb);
	set_state(sb, EFS_SB_RDONLY, EFS_SB_MARKED);
	err = write_super(sb, MARK_CLEAN, true);
	if (err) {
		write_super(sb, MARK_IN_USE, false);
		set_state(sb, EFS_SB_MARKED, EFS_SB_RDONLY);
	}
	return err;
}

int efs_freeze(struct efs_sb *sb)
{
	int err;

	if (!(READ_ONCE(sb->state) & EFS_SB_MARKED))
		return 0;
	efs_windows_discard_all(sb);
	set_state(sb, 0, EFS_SB_MARKED);
	err = write_super(sb, MARK_CLEAN, true);
	if (err)
		set_state(sb, EFS_SB_MARKED, 0);
	return err;
}

int efs_thaw(struct efs_sb *sb)
{
	if (READ_ONCE(sb->state) & (EFS_SB_MARKED | EFS_SB_RDONLY))
		return 0;
	set_state(sb, EFS_SB_MARKED, 0);
	return write_super(sb, MARK_IN_USE, true);
}

/* ---- statfs ---- */

void efs_statfs(struct efs_sb *sb, struct efs_statfs *st)
{
	const struct efs_geo *geo = &sb->geo;
	s64 free = efs_ctr_sum(&sb->free_blocks) + efs_ctr_sum(&sb->reserved_windows);

	st->blocks = geo->blocks_count - geo->overhead;
	st->overhead = geo->overhead;
	/* damaged descriptors may have counted blocks that hold metadata */
	st->bfree = clamp_count(free, st->blocks);
	st->bavail = st->bfree > geo->r_blocks ? st->bfree - geo->r_blocks : 0;
	st->files = geo->inodes_count;
	st->ffree = clamp_count(efs_ctr_sum(&sb->free_inodes), geo->inodes_count);
}

/* ---- mount and unmount ---- */

/* find and read the superblock again, in blocks of the right size this time */
static int read_super(struct efs_sb *sb, u32 sb_block, enum efs_code *why)
{
	const struct efs_geo *geo = &sb->geo;
	u64 byte = (u64)sb_block * EFS_SUPER_SIZE;
	u64 blk = byte >> geo->block_bits;
	u32 in = (u32)byte & (geo->block_size - 1), g;
	struct efs_geo again;
	int err;

	/* descriptors are found relative to it, so it must be where one belongs */
	*why = EFS_C_SB_GDT;
	if (blk < geo->first_data_block || blk >= geo->blocks_count)
		return -EINVAL;
	g = (u32)(blk - geo->first_data_block) / geo->blocks_per_group;
	if (blk != efs_group_first(geo, g) || !efs_group_has_super(geo, g) ||
	    in != (blk ? 0 : EFS_SUPER_OFFSET))
		return -EINVAL;

	sb->sb_blk = (u32)blk;
	err = efs_buf_read(sb, sb->sb_blk, &sb->sbuf);
	if (err)
		return err;
	sb->ds = (struct efs_dsuper *)((u8 *)efs_buf_data(sb->sbuf) + in);
	*why = efs_super_parse(sb->ds, 0, &again);
	if ((!*why || efs_code_readonly(*why)) && geo_equal(geo, &again, 0))
		return 0;
	*why = EFS_C_SB_CHANGED;
	efs_buf_put(sb->sbuf);
	sb->sbuf = NULL;
	return -EINVAL;
}

static void set_options(struct efs_sb *sb, const struct efs_mount_opts *o)
{
	const struct efs_dsuper *ds = sb->ds;
	u32 i;

	sb->errors = o->errors ? o->errors : le16_to_cpu(ds->s_errors);
	if (sb->errors != EFS_ERRORS_CONTINUE && sb->errors != EFS_ERRORS_PANIC)
		sb->errors = EFS_ERRORS_RO;
	/* Masix has no high halves of ids */
	sb->nouid32 = o->nouid32 || sb->geo.creator == EFS_OS_MASIX ||
		      le32_to_cpu(ds->s_default_mount_opts) & EFS_DEFM_UID16;
	sb->resuid = o->have_resuid ? o->resuid : le16_to_cpu(ds->s_def_resuid);
	sb->resgid = o->have_resgid ? o->resgid : le16_to_cpu(ds->s_def_resgid);
	for (i = 0; i < ARRAY_SIZE(sb->hash_seed); i++)
		sb->hash_seed[i] = le32_to_cpu(ds->s_hash_seed[i]);
}

static int counters_init(struct efs_sb *sb)
{
	s64 blocks = 0, inodes = 0, dirs = 0;
	u32 g;

	for (g = 0; g < sb->geo.groups; g++) {
		blocks += sb->groups[g].free_blocks;
		inodes += sb->groups[g].free_inodes;
		dirs += sb->groups[g].used_dirs;
	}
	if (efs_ctr_init(&sb->free_blocks, blocks))
		return -ENOMEM;
	if (efs_ctr_init(&sb->free_inodes, inodes))
		goto no_inodes;
	if (efs_ctr_init(&sb->dirs, dirs))
		goto no_dirs;
	if (efs_ctr_init(&sb->reserved_windows, 0))
		goto no_windows;
	return 0;
no_windows:
	efs_ctr_fini(&sb->dirs);
no_dirs:
	efs_ctr_fini(&sb->free_inodes);
no_inodes:
	efs_ctr_fini(&sb->free_blocks);
	return -ENOMEM;
}

static void counters_fini(struct efs_sb *sb)
{
	efs_ctr_fini(&sb->reserved_windows);
	efs_ctr_fini(&sb->dirs);
	efs_ctr_fini(&sb->free_inodes);
	efs_ctr_fini(&sb->free_blocks);
}

int efs_mount(struct efs_sb *sb, const struct efs_geo *geo, const struct efs_mount_opts *o,
	      enum efs_code *why)
{
	int err;

	sb->geo = *geo;
	sb->state = EFS_SB_RDONLY;
	efs_spin_init(&sb->lock);
	efs_ea_cache_init(sb);
	efs_list_init(&sb->windows);

	err = read_super(sb, o->sb_block, why);
	if (err)
		return err;
	if (*why)
		sb->state |= EFS_SB_FORCE_RO;
	err = *why && !o->rdonly ? -EROFS : 0;
	if (err)
		goto fail_super;
	set_options(sb, o);

	err = efs_group_load(sb, why);
	if (err)
		goto fail_super;
	err = counters_init(sb);
	if (err)
		goto fail_groups;
	if (!o->rdonly)
		err = mark_in_use(sb);
	if (err)
		goto fail_counters;
	return 0;

fail_counters:
	counters_fini(sb);
fail_groups:
	efs_group_unload(sb);
fail_super:
	efs_buf_put(sb->sbuf);
	sb->sbuf = NULL;
	sb->ds = NULL;
	return err;
}

void efs_umount(struct efs_sb *sb)
{
	efs_windows_discard_all(sb);
	if (sb->state & EFS_SB_MARKED)
		write_super(sb, MARK_CLEAN, false);
	counters_fini(sb);
	efs_group_unload(sb);
	efs_buf_put(sb->sbuf);
	sb->sbuf = NULL;
	sb->ds = NULL;
}
