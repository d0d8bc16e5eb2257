// SPDX-License-Identifier: GPL-2.0
/*
 * Mounting, remounting, and everything else the VFS asks of a whole file system.
 *
 * A mount reads the superblock with the smallest block the device allows, lets the pure
 * layer judge it, switches the device to the volume's block size, and hands over to
 * efs_mount(), which reads everything again through the port. The block device's cache
 * is dropped before and after, so that no buffer outlives the use it was made for.
 *
 * struct efsk_sb is allocated in fill_super and freed in kill_sb, after the last user:
 * inodes hold pointers to it until they are evicted. The core's part is torn down in
 * put_super, or at the end of a failing fill_super, which the VFS answers without a
 * call of put_super.
 *
 * Locks: s_umount is held for writing around everything here but statfs, show_options
 * and sync_fs.
 */
#include <linux/blkdev.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include "efsk.h"
#include "trace.h"

static struct kmem_cache *inode_cache;

/* ---- options ---- */

enum efsk_param {
	OPT_ACL, OPT_BSDDF, OPT_BSDGROUPS, OPT_CHECK, OPT_DEBUG, OPT_ERRORS, OPT_GRPID,
	OPT_MINIXDF, OPT_NOTHING, OPT_NOUID32, OPT_OLDALLOC, OPT_RESERVATION, OPT_RESGID,
	OPT_RESUID, OPT_SB, OPT_SYSVGROUPS, OPT_USER_XATTR,
};

static const struct constant_table efsk_errors_names[] = {
	{ "continue", EFS_ERRORS_CONTINUE },
	{ "remount-ro", EFS_ERRORS_RO },
	{ "panic", EFS_ERRORS_PANIC },
	{}
};

static const struct fs_parameter_spec efsk_params[] = {
	fsparam_flag("bsddf", OPT_BSDDF),
	fsparam_flag("minixdf", OPT_MINIXDF),
	fsparam_flag("debug", OPT_DEBUG),
	fsparam_enum("errors", OPT_ERRORS, efsk_errors_names),
	fsparam_flag_no("grpid", OPT_GRPID),
	fsparam_flag("bsdgroups", OPT_BSDGROUPS),
	fsparam_flag("sysvgroups", OPT_SYSVGROUPS),
	fsparam_flag("nouid32", OPT_NOUID32),
	fsparam_u32("resuid", OPT_RESUID),
	fsparam_u32("resgid", OPT_RESGID),
	fsparam_u32("sb", OPT_SB),
	/* known to ext2's users; see efsk_parse_param() */
	fsparam_flag_no("acl", OPT_ACL),
	fsparam_flag_no("user_xattr", OPT_USER_XATTR),
	fsparam_flag_no("reservation", OPT_RESERVATION),
	fsparam_flag("oldalloc", OPT_OLDALLOC),
	fsparam_flag("orlov", OPT_NOTHING),
	fsparam_flag("nobh", OPT_NOTHING),
	fsparam_flag("noquota", OPT_NOTHING),
	fsparam_flag("nocheck", OPT_NOTHING),
	fsparam_string("check", OPT_CHECK),
	/* shown by us; mount(8) hands what is shown back at a remount */
	fsparam_flag("emergency_ro", OPT_NOTHING),
	{}
};

/**
 * struct efsk_ctx - options on their way into a mount or remount
 * @opt: values of the bits in @opt_given
 * @opt_given: EFSK_OPT_ bits that were asked for
 * @core: what the core wants to know; @errors and the ids are valid if given
 * @have_sb: sb= was given
 */
struct efsk_ctx {
	unsigned int opt, opt_given;
	struct efs_mount_opts core;
	bool have_sb;
};

static void ctx_set(struct efsk_ctx *ctx, unsigned int bit, bool on)
{
	ctx->opt_given |= bit;
	ctx->opt = on ? ctx->opt | bit : ctx->opt & ~bit;
}

static int efsk_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct efsk_ctx *ctx = fc->fs_private;
	struct fs_parse_result res;
	int token = fs_parse(fc, efsk_params, param, &res);

	switch (token) {
	case OPT_BSDDF:
	case OPT_MINIXDF:
		ctx_set(ctx, EFSK_OPT_MINIXDF, token == OPT_MINIXDF);
		return 0;
	case OPT_DEBUG:
		ctx_set(ctx, EFSK_OPT_DEBUG, true);
		return 0;
	case OPT_ERRORS:
		ctx->core.errors = res.uint_32;
		return 0;
	case OPT_GRPID:
		ctx_set(ctx, EFSK_OPT_GRPID, !res.negated);
		return 0;
	case OPT_BSDGROUPS:
	case OPT_SYSVGROUPS:
		ctx_set(ctx, EFSK_OPT_GRPID, token == OPT_BSDGROUPS);
		return 0;
	case OPT_NOUID32:
		ctx->core.nouid32 = true;
		return 0;
	case OPT_RESUID:
		if (!uid_valid(make_kuid(&init_user_ns, res.uint_32)))
			return invalfc(fc, "resuid=%u is no user", res.uint_32);
		ctx->core.resuid = res.uint_32;
		ctx->core.have_resuid = true;
		return 0;
	case OPT_RESGID:
		if (!gid_valid(make_kgid(&init_user_ns, res.uint_32)))
			return invalfc(fc, "resgid=%u is no group", res.uint_32);
		ctx->core.resgid = res.uint_32;
		ctx->core.have_resgid = true;
		return 0;
	case OPT_SB:
		ctx->core.sb_block = res.uint_32;
		ctx->have_sb = true;
		return 0;
	/*
	 * An option that asks for what is the case anyway is taken in silence. One that
	 * asks for more than there is gets a line, not a refusal: people have "acl" and
	 * "user_xattr" in fstab because ext2 wanted them spelled out.
	 */
	case OPT_ACL:
	case OPT_USER_XATTR:
		if (!res.negated)
			infofc(fc, "%s is not supported and ignored", param->key);
		return 0;
	case OPT_RESERVATION:
		if (res.negated)
			infofc(fc, "no%s is ignored", param->key);
		return 0;
	case OPT_OLDALLOC:
		infofc(fc, "%s is ignored", param->key);
		return 0;
	case OPT_CHECK:
		if (strcmp(param->string, "none"))
			return invalfc(fc, "check=%s is not supported, use e2fsck", param->string);
		return 0;
	case OPT_NOTHING:
		return 0;
	default:
		return token < 0 ? token : -EINVAL;
	}
}

static unsigned int default_opts(const struct efs_dsuper *ds)
{
	u32 defm = le32_to_cpu(ds->s_default_mount_opts);

	return (defm & EFS_DEFM_DEBUG ? EFSK_OPT_DEBUG : 0) |
	       (defm & EFS_DEFM_BSDGROUPS ? EFSK_OPT_GRPID : 0);
}

static bool default_nouid32(const struct efs_dsuper *ds)
{
	return le32_to_cpu(ds->s_default_mount_opts) & EFS_DEFM_UID16;
}

static int efsk_show_options(struct seq_file *m, struct dentry *root)
{
	struct efsk_sb *sbi = efsk_sb(root->d_sb);
	struct efs_sb *core = &sbi->core;
	const struct efs_dsuper *ds = core->ds;
	unsigned int changed = sbi->opt ^ default_opts(ds);

	if (sbi->sb_block != 1)
		seq_printf(m, ",sb=%u", sbi->sb_block);
	if (sbi->opt & EFSK_OPT_MINIXDF)
		seq_puts(m, ",minixdf");
	if (changed & EFSK_OPT_GRPID)
		seq_puts(m, sbi->opt & EFSK_OPT_GRPID ? ",grpid" : ",nogrpid");
	if (changed & sbi->opt & EFSK_OPT_DEBUG)
		seq_puts(m, ",debug");
	if (core->nouid32 && !default_nouid32(ds))
		seq_puts(m, ",nouid32");
	if (core->resuid != le16_to_cpu(ds->s_def_resuid))
		seq_printf(m, ",resuid=%u", core->resuid);
	if (core->resgid != le16_to_cpu(ds->s_def_resgid))
		seq_printf(m, ",resgid=%u", core->resgid);
	if (sbi->opt & EFSK_OPT_ERRORS)
		seq_printf(m, ",errors=%s", core->errors == EFS_ERRORS_PANIC ? "panic" :
			   core->errors == EFS_ERRORS_RO ? "remount-ro" : "continue");
	if (READ_ONCE(core->state) & EFS_SB_SHUTDOWN)
		seq_puts(m, ",emergency_ro");
	return 0;
}

/* ---- mounting ---- */

/* Name the bits of a feature word that we do not support, comma separated. */
static void feature_list(char word, u32 bits, char *buf, size_t size)
{
	size_t n = 0;
	u32 i;

	buf[0] = '\0';
	for (i = 0; i < 32; i++) {
		const char *name;

		if (!(bits & BIT(i)))
			continue;
		name = efs_feature_name(word, BIT(i));
		if (name)
			n += scnprintf(buf + n, size - n, "%s%s", n ? ", " : "", name);
		else
			n += scnprintf(buf + n, size - n, "%sbit %u", n ? ", " : "", i);
	}
}

/* Say why a volume cannot be mounted, in one line. Return: the error for mount(2). */
static int refuse(struct fs_context *fc, struct super_block *sb, enum efs_code code,
		  const struct efs_dsuper *ds)
{
	char names[384];

	switch (code) {
	case EFS_C_SB_MAGIC:
		if (!(fc->sb_flags & SB_SILENT))
			errorfc(fc, "%s: no ext2 superblock; if it is damaged, try a backup by sb=",
				sb->s_id);
		return -EINVAL;
	case EFS_C_SB_INCOMPAT:
		feature_list('i', le32_to_cpu(ds->s_feature_incompat) & ~EFS_INCOMPAT_SUPP,
			     names, sizeof(names));
		errorfc(fc, "%s: unsupported features: %s; use ext4, or e2fsck if this is ext2",
			sb->s_id, names);
		return -EINVAL;
	case EFS_C_SB_RO_COMPAT:
		feature_list('r', le32_to_cpu(ds->s_feature_ro_compat) & ~EFS_RO_COMPAT_SUPP,
			     names, sizeof(names));
		errorfc(fc, "%s: features that cannot be written: %s; mount read-only",
			sb->s_id, names);
		return -EROFS;
	case EFS_C_SB_CREATOR:
		errorfc(fc, "%s: made by another system (creator %u); mount read-only", sb->s_id,
			le32_to_cpu(ds->s_creator_os));
		return -EROFS;
	case EFS_C_SB_REV:
		errorfc(fc, "%s: revision %u is newer than what is known; mount read-only",
			sb->s_id, le32_to_cpu(ds->s_rev_level));
		return -EROFS;
	case EFS_C_SB_DEVICE:
		errorfc(fc, "%s: volume of %u blocks is larger than its device; run e2fsck",
			sb->s_id, le32_to_cpu(ds->s_blocks_count));
		return -EINVAL;
	default:
		errorfc(fc, "%s: %s (%s); run e2fsck", sb->s_id, efs_code_text(code),
			efs_code_name(code));
		return -EINVAL;
	}
}

/*
 * Read and judge the superblock before its block size is known. @ds becomes a copy of
 * its bytes, @geo the verdict.
 */
static int read_super(struct fs_context *fc, struct super_block *sb, u32 sb_block,
		      struct efs_dsuper *ds, struct efs_geo *geo)
{
	u64 start = (u64)sb_block * EFS_SUPER_SIZE;
	u64 dev_bytes = bdev_nr_bytes(sb->s_bdev);
	struct buffer_head *bh;
	enum efs_code code;
	int bsize;

	bsize = sb_min_blocksize(sb, EFS_SUPER_SIZE);
	if (!bsize) {
		errorfc(fc, "%s: device has sectors larger than a page", sb->s_id);
		return -EINVAL;
	}
	if (start + EFS_SUPER_SIZE > dev_bytes) {
		if (!(fc->sb_flags & SB_SILENT))
			errorfc(fc, "%s: no superblock at sb=%u: the device ends before it",
				sb->s_id, sb_block);
		return -EINVAL;
	}
	bh = sb_bread(sb, div_u64(start, bsize));
	if (!bh) {
		errorfc(fc, "%s: cannot read the superblock", sb->s_id);
		return -EIO;
	}
	memcpy(ds, bh->b_data + (start & (bsize - 1)), sizeof(*ds));
	brelse(bh);

	code = efs_super_parse(ds, dev_bytes, geo);
	if (efs_code_readonly(code) && sb_rdonly(sb))
		code = EFS_C_OK;
	return code == EFS_C_OK ? 0 : refuse(fc, sb, code, ds);
}

/* Switch the device to the volume's block size, with nothing left in its cache. */
static int set_blocksize_of(struct fs_context *fc, struct super_block *sb, u32 bsize)
{
	u32 sector = bdev_logical_block_size(sb->s_bdev);

	if (bsize < sector) {
		errorfc(fc, "%s: blocks of %u bytes are smaller than the device's sectors of %u",
			sb->s_id, bsize, sector);
		return -EINVAL;
	}
	if (bsize > PAGE_SIZE) {
		errorfc(fc, "%s: blocks of %u bytes are larger than a page of this machine (%lu)",
			sb->s_id, bsize, PAGE_SIZE);
		return -EINVAL;
	}
	if (!sb_set_blocksize(sb, bsize)) {
		errorfc(fc, "%s: cannot use blocks of %u bytes", sb->s_id, bsize);
		return -EINVAL;
	}
	sync_blockdev(sb->s_bdev);
	invalidate_bdev(sb->s_bdev);
	return 0;
}

static const struct super_operations efsk_sops;

/* Tell the VFS what this volume can hold. */
static void set_limits(struct super_block *sb, const struct efs_dsuper *ds,
		       const struct efs_geo *geo)
{
	sb->s_magic = EFS_MAGIC;
	sb->s_op = &efsk_sops;
	sb->s_export_op = &efsk_export_ops;
	sb->s_maxbytes = geo->max_size;
	sb->s_max_links = EFS_LINK_MAX;
	sb->s_time_min = EFS_TIME_MIN;
	sb->s_time_max = efs_time_max(geo);
	sb->s_time_gran = geo->inode_size > EFS_INODE_SIZE_REV0 ? 1 : NSEC_PER_SEC;
	sb->s_iflags |= SB_I_CGROUPWB;
	sb->s_flags &= ~(SB_POSIXACL | SB_I_VERSION);
	efs_set_uuid(sb, ds->s_uuid);
}

static void debug_line(struct super_block *sb)
{
	const struct efs_geo *geo = &efsk_sb_core(sb)->geo;

	pr_info("efsext2 (%s): %u blocks of %u bytes, %u groups of %u blocks and %u inodes of %u bytes, features %x/%x/%x\n",
		sb->s_id, geo->blocks_count, geo->block_size, geo->groups, geo->blocks_per_group,
		geo->inodes_per_group, geo->inode_size, geo->compat, geo->incompat,
		geo->ro_compat);
}

static struct dentry *make_root(struct super_block *sb)
{
	struct inode *root = efsk_iget(sb, EFS_ROOT_INO, false);
	struct dentry *dentry;

	if (IS_ERR(root))
		return ERR_CAST(root);
	if (!S_ISDIR(root->i_mode)) {
		iput(root);
		return ERR_PTR(efs_bad(efsk_sb_core(sb), EFS_C_INO_ROOT, EFS_ROOT_INO, 0, 0));
	}
	dentry = d_make_root(root);
	return dentry ? dentry : ERR_PTR(-ENOMEM);
}

/*
 * The superblock has just been written, marked as in use. Nothing that is written from now on may
 * reach the disk before it, or a power cut leaves damage on a volume that looks clean.
 */
static int flush_mark(struct super_block *sb)
{
	return sb_rdonly(sb) ? 0 : blkdev_issue_flush(sb->s_bdev);
}

static int mount_core(struct super_block *sb, struct fs_context *fc, struct efs_dsuper *ds)
{
	struct efsk_ctx *ctx = fc->fs_private;
	struct efsk_sb *sbi = efsk_sb(sb);
	enum efs_code why = EFS_C_OK;
	struct efs_mount_opts o = ctx->core;
	struct dentry *root;
	struct efs_geo geo;
	int err;

	err = read_super(fc, sb, o.sb_block, ds, &geo);
	if (err)
		return err;
	err = set_blocksize_of(fc, sb, geo.block_size);
	if (err)
		return err;
	set_limits(sb, ds, &geo);

	sbi->opt = (default_opts(ds) & ~ctx->opt_given) | ctx->opt;
	if (o.errors)
		sbi->opt |= EFSK_OPT_ERRORS;
	sbi->sb_block = o.sb_block;
	sbi->core.port.vfs = sb;
	sbi->core.port.blocks = geo.blocks_count;
	ratelimit_state_init(&sbi->core.port.rs, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	o.rdonly = sb_rdonly(sb);
	err = efs_mount(&sbi->core, &geo, &o, &why);
	if (err) {
		if (err == -EINVAL || err == -EFSCORRUPTED)
			return refuse(fc, sb, why, ds);
		errorfc(fc, "%s: cannot mount, error %d", sb->s_id, err);
		return err;
	}

	err = flush_mark(sb);
	root = err ? ERR_PTR(err) : make_root(sb);
	if (IS_ERR(root)) {
		errorfc(fc, "%s: cannot read the root directory; run e2fsck", sb->s_id);
		efs_umount(&sbi->core);
		return PTR_ERR(root);
	}
	sb->s_root = root;
	if (ds->s_feature_compat & cpu_to_le32(EFS_COMPAT_HAS_JOURNAL))
		infofc(fc, "%s: the journal is left alone, the volume is used as ext2", sb->s_id);
	if (sbi->opt & EFSK_OPT_DEBUG)
		debug_line(sb);
	return 0;
}

static int efsk_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct efsk_sb *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	struct efs_dsuper *ds = kmalloc(sizeof(*ds), GFP_KERNEL);
	int err = -ENOMEM;

	sb->s_fs_info = sbi;
	if (sbi && ds)
		err = mount_core(sb, fc, ds);
	kfree(ds);
	trace_efsext2_mount(sb, err);
	return err;
}

static int efsk_get_tree(struct fs_context *fc)
{
	return get_tree_bdev(fc, efsk_fill_super);
}

/* ---- the life of a mount ---- */

/*
 * Everything on the device and the device's own cache flushed. sync_filesystem() writes
 * the metadata only after ->sync_fs(), which is too late for a flush.
 */
static int efsk_sync_fs(struct super_block *sb, int wait)
{
	int err = efs_sync_super(efsk_sb_core(sb), wait);
	int err2;

	if (!wait)
		return err;
	err2 = sync_blockdev(sb->s_bdev);
	if (!err)
		err = err2;
	err2 = blkdev_issue_flush(sb->s_bdev);
	return err ? err : err2;
}

/*
 * The volume may be called clean once everything else is on the disk. All inodes are
 * evicted; what that changed is written first.
 */
static void efsk_put_super(struct super_block *sb)
{
	struct efs_sb *core = efsk_sb_core(sb);

	if (!sb_rdonly(sb)) {
		sync_blockdev(sb->s_bdev);
		blkdev_issue_flush(sb->s_bdev);
	}
	efs_umount(core);
	if (!sb_rdonly(sb)) {
		sync_blockdev(sb->s_bdev);
		blkdev_issue_flush(sb->s_bdev);
	}
	invalidate_bdev(sb->s_bdev);
}

static void efsk_kill_sb(struct super_block *sb)
{
	struct efsk_sb *sbi = efsk_sb(sb);

	kill_block_super(sb);
	kfree(sbi);
}

/*
 * A frozen volume looks clean on the disk, so that a snapshot needs no e2fsck; not so
 * with open files that have lost their last name, whose inodes it would find unattached.
 */
static int efsk_freeze_fs(struct super_block *sb)
{
	struct efs_sb *core = efsk_sb_core(sb);
	int err;

	if (sb_rdonly(sb))
		return 0;
	if (atomic_long_read(&sb->s_remove_count))
		return efsk_sync_fs(sb, 1);
	efs_windows_discard_all(core);
	sync_blockdev(sb->s_bdev);
	blkdev_issue_flush(sb->s_bdev);
	err = efs_freeze(core);
	return err ? err : flush_mark(sb);
}

static int efsk_unfreeze_fs(struct super_block *sb)
{
	int err = sb_rdonly(sb) ? 0 : efs_thaw(efsk_sb_core(sb));

	return err ? err : flush_mark(sb);
}

static int efsk_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	struct efsk_sb *sbi = efsk_sb(sb);
	struct efs_statfs st;

	efs_statfs(&sbi->core, &st);
	buf->f_type = EFS_MAGIC;
	buf->f_bsize = sb->s_blocksize;
	buf->f_blocks = st.blocks;
	if (sbi->opt & EFSK_OPT_MINIXDF)
		buf->f_blocks += st.overhead;
	buf->f_bfree = st.bfree;
	buf->f_bavail = st.bavail;
	buf->f_files = st.files;
	buf->f_ffree = st.ffree;
	buf->f_namelen = EFS_NAME_MAX;
	buf->f_fsid = uuid_to_fsid(sbi->core.ds->s_uuid);
	return 0;
}

/* What a remount cannot change; nothing has been changed yet. */
static int reconfigure_check(struct fs_context *fc, struct efsk_sb *sbi)
{
	struct efsk_ctx *ctx = fc->fs_private;
	struct efs_sb *core = &sbi->core;

	if (ctx->have_sb && ctx->core.sb_block != sbi->sb_block)
		return invalfc(fc, "sb= cannot be changed by a remount");
	if (ctx->core.nouid32 && !core->nouid32)
		return invalfc(fc, "nouid32 cannot be set by a remount");
	if (!(fc->sb_flags & SB_RDONLY) && !sb_rdonly(core->port.vfs) &&
	    (READ_ONCE(core->state) & EFS_SB_SHUTDOWN)) {
		errorfc(fc, "%s: errors were found; remount read-only or unmount, then run e2fsck",
			core->port.vfs->s_id);
		return -EROFS;
	}
	return 0;
}

static int to_rdonly(struct super_block *sb)
{
	struct efs_sb *core = efsk_sb_core(sb);
	int err, err2;

	efs_windows_discard_all(core);
	err = sync_filesystem(sb);
	/* a stopped volume keeps dirty inodes that will never be written */
	if (err && !(READ_ONCE(core->state) & EFS_SB_SHUTDOWN))
		return err;
	err = efs_mark_ro(core);
	err2 = sync_blockdev(sb->s_bdev);
	return err ? err : err2;
}

static int to_writable(struct super_block *sb, struct fs_context *fc)
{
	struct efs_sb *core = efsk_sb_core(sb);
	struct efs_geo geo;
	int err;

	if (core->state & EFS_SB_FORCE_RO) {
		enum efs_code code = efs_super_parse(core->ds, 0, &geo);

		if (code != EFS_C_OK)
			return refuse(fc, sb, code, core->ds);
		errorfc(fc, "%s: was changed while mounted; mount it anew", sb->s_id);
		return -EROFS;
	}
	err = efs_mark_rw(core);
	if (!err) {
		err = blkdev_issue_flush(sb->s_bdev);
		if (err)
			efs_mark_ro(core);
	}
	if (err)
		errorfc(fc, "%s: cannot be made writable, error %d", sb->s_id, err);
	return err;
}

static int efsk_reconfigure(struct fs_context *fc)
{
	struct super_block *sb = fc->root->d_sb;
	struct efsk_ctx *ctx = fc->fs_private;
	struct efsk_sb *sbi = efsk_sb(sb);
	struct efs_sb *core = &sbi->core;
	bool rdonly = fc->sb_flags & SB_RDONLY;
	int err;

	err = reconfigure_check(fc, sbi);
	if (err)
		return err;
	fc->sb_flags &= ~(SB_POSIXACL | SB_I_VERSION);
	if (rdonly != sb_rdonly(sb)) {
		err = rdonly ? to_rdonly(sb) : to_writable(sb, fc);
		if (err)
			return err;
	} else {
		sync_filesystem(sb);
	}
	sbi->opt = (sbi->opt & ~ctx->opt_given) | ctx->opt;
	if (ctx->core.errors) {
		WRITE_ONCE(core->errors, ctx->core.errors);
		sbi->opt |= EFSK_OPT_ERRORS;
	}
	if (ctx->core.have_resuid)
		WRITE_ONCE(core->resuid, ctx->core.resuid);
	if (ctx->core.have_resgid)
		WRITE_ONCE(core->resgid, ctx->core.resgid);
	return 0;
}

static void efsk_free_fc(struct fs_context *fc)
{
	kfree(fc->fs_private);
}

static const struct fs_context_operations efsk_context_ops = {
	.parse_param = efsk_parse_param,
	.get_tree = efsk_get_tree,
	.reconfigure = efsk_reconfigure,
	.free = efsk_free_fc,
};

static int efsk_init_fs_context(struct fs_context *fc)
{
	struct efsk_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	ctx->core.sb_block = 1;
	fc->fs_private = ctx;
	fc->ops = &efsk_context_ops;
	return 0;
}

/* ---- inode objects ---- */

static struct inode *efsk_alloc_inode(struct super_block *sb)
{
	struct efsk_inode *ei = alloc_inode_sb(sb, inode_cache, GFP_KERNEL);

	if (!ei)
		return NULL;
	memset(&ei->core, 0, sizeof(ei->core));
	efs_inode_init(efsk_sb_core(sb), &ei->core);
	ei->flags = 0;
	ei->write_end = 0;
	ei->dsync = false;
	ei->entry_dir = 0;
	return &ei->vfs;
}

static void efsk_free_inode(struct inode *inode)
{
	kmem_cache_free(inode_cache, efsk_i(inode));
}

static void init_once(void *object)
{
	struct efsk_inode *ei = object;

	inode_init_once(&ei->vfs);
}

static const struct super_operations efsk_sops = {
	.alloc_inode = efsk_alloc_inode,
	.free_inode = efsk_free_inode,
	.write_inode = efsk_write_inode,
	.evict_inode = efsk_evict_inode,
	.put_super = efsk_put_super,
	.sync_fs = efsk_sync_fs,
	.freeze_fs = efsk_freeze_fs,
	.unfreeze_fs = efsk_unfreeze_fs,
	.statfs = efsk_statfs,
	.show_options = efsk_show_options,
};

static struct file_system_type efsk_fs_type = {
	.owner = THIS_MODULE,
	.name = "efsext2",
	.init_fs_context = efsk_init_fs_context,
	.parameters = efsk_params,
	.kill_sb = efsk_kill_sb,
	.fs_flags = FS_REQUIRES_DEV | FS_ALLOW_IDMAP,
};
MODULE_ALIAS_FS("efsext2");

static int __init efsk_init(void)
{
	int err;

	/* targets of fast symbolic links are copied to user space from core.block */
	inode_cache = kmem_cache_create_usercopy("efsext2_inode", sizeof(struct efsk_inode), 0,
						 SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT,
						 offsetof(struct efsk_inode, core.block),
						 sizeof_field(struct efsk_inode, core.block),
						 init_once);
	if (!inode_cache)
		return -ENOMEM;
	err = register_filesystem(&efsk_fs_type);
	if (err)
		kmem_cache_destroy(inode_cache);
	return err;
}

static void __exit efsk_exit(void)
{
	unregister_filesystem(&efsk_fs_type);
	/* inodes are freed after a grace period */
	rcu_barrier();
	kmem_cache_destroy(inode_cache);
}

module_init(efsk_init);
module_exit(efsk_exit);
MODULE_DESCRIPTION("ext2 file system, one core in several homes");
MODULE_LICENSE("GPL");
