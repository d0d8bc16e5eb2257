/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernels we build for, under names of our own.
 *
 * No other file asks which kernel it is. efs_probe.h is made by Kbuild, which compiles
 * probe.c piece by piece; a version number would lie, because stable kernels take
 * later interfaces back: 6.1.64 has the ctime accessors of 6.6, without those for mtime
 * and atime (6.7); 6.1.159 has direct_write_fallback() of 6.6.
 *
 * Left alone on purpose: functions whose first argument merely changed its type from
 * struct user_namespace * to struct mnt_idmap * (setattr_prepare(), setattr_copy(),
 * inode_init_owner(), ...) take an efs_idmap_t * on either kernel.
 */
#ifndef EFS_COMPAT_H
#define EFS_COMPAT_H

#include <linux/fs.h>
#include <linux/buffer_head.h>
#include <linux/mm.h>
#include <linux/uuid.h>
#include "efs_probe.h"

#if !EFS_HAVE_CTIME || !EFS_HAVE_WRITE_FALLBACK
#error efsext2 needs Linux 6.1.159 or newer
#endif

/* Identity mapping of a mount: struct mnt_idmap since 6.3. */
#if EFS_HAVE_MNT_IDMAP
#include <linux/mnt_idmapping.h>
typedef struct mnt_idmap efs_idmap_t;
#define EFS_NOP_IDMAP (&nop_mnt_idmap)

static inline efs_idmap_t *efs_file_idmap(struct file *file)
{
	return file_mnt_idmap(file);
}
#else
typedef struct user_namespace efs_idmap_t;
#define EFS_NOP_IDMAP (&init_user_ns)

static inline efs_idmap_t *efs_file_idmap(struct file *file)
{
	return file_mnt_user_ns(file);
}
#endif

/* generic_fillattr() takes the request mask since 6.6. */
static inline void efs_fillattr(efs_idmap_t *idmap, u32 request_mask, struct inode *inode,
				struct kstat *stat)
{
#if EFS_HAVE_FILLATTR_MASK
	generic_fillattr(idmap, request_mask, inode, stat);
#else
	generic_fillattr(idmap, inode, stat);
#endif
}

/* Times of an inode: ctime accessors since 6.6, the others since 6.7. */
static inline struct timespec64 efs_ctime(const struct inode *inode)
{
	return inode_get_ctime(inode);
}

static inline void efs_ctime_set(struct inode *inode, struct timespec64 ts)
{
	inode_set_ctime_to_ts(inode, ts);
}

#if EFS_HAVE_AMTIME
static inline struct timespec64 efs_atime(const struct inode *inode)
{
	return inode_get_atime(inode);
}

static inline struct timespec64 efs_mtime(const struct inode *inode)
{
	return inode_get_mtime(inode);
}

static inline void efs_atime_set(struct inode *inode, struct timespec64 ts)
{
	inode_set_atime_to_ts(inode, ts);
}

static inline void efs_mtime_set(struct inode *inode, struct timespec64 ts)
{
	inode_set_mtime_to_ts(inode, ts);
}
#else
static inline struct timespec64 efs_atime(const struct inode *inode)
{
	return inode->i_atime;
}

static inline struct timespec64 efs_mtime(const struct inode *inode)
{
	return inode->i_mtime;
}

static inline void efs_atime_set(struct inode *inode, struct timespec64 ts)
{
	inode->i_atime = ts;
}

static inline void efs_mtime_set(struct inode *inode, struct timespec64 ts)
{
	inode->i_mtime = ts;
}
#endif

/* All three times of a new inode. Return: the time set. */
static inline struct timespec64 efs_times_init(struct inode *inode)
{
	struct timespec64 now = current_time(inode);

	efs_atime_set(inode, now);
	efs_mtime_set(inode, now);
	efs_ctime_set(inode, now);
	return now;
}

/*
 * What ->write_begin(), ->write_end(), block_write_begin() and generic_write_end() pass
 * around: a folio since 6.12, a page before.
 */
#if EFS_HAVE_WRITE_FOLIO
typedef struct folio efs_wfolio_t;
#else
typedef struct page efs_wfolio_t;
#endif

/* Member of address_space_operations for memory failures: takes a folio since 6.8. */
#if EFS_HAVE_ERROR_REMOVE_FOLIO
#define EFS_AOP_ERROR_REMOVE .error_remove_folio = generic_error_remove_folio
#else
#define EFS_AOP_ERROR_REMOVE .error_remove_page = generic_error_remove_page
#endif

/* ->splice_read() of a file in the page cache: renamed in 6.5. */
#if EFS_HAVE_SPLICE_READ
#define efs_splice_read filemap_splice_read
#else
#define efs_splice_read generic_file_splice_read
#endif

/* Are there buffers of mark_buffer_dirty_inode()? The list has another name since 6.8. */
static inline bool efs_has_buffers(const struct inode *inode)
{
#if EFS_HAVE_I_PRIVATE_LIST
	return !list_empty(&inode->i_data.i_private_list);
#else
	return !list_empty(&inode->i_data.private_list);
#endif
}

/*
 * generic_perform_write() moves ki_pos since 6.6 and 6.1.159; leaves it alone before.
 * This one always does.
 */
static inline ssize_t efs_perform_write(struct kiocb *iocb, struct iov_iter *from)
{
	loff_t pos = iocb->ki_pos;
	ssize_t ret = generic_perform_write(iocb, from);

	if (ret > 0)
		iocb->ki_pos = pos + ret;
	return ret;
}

/* Member of export_operations: NULL means "not exportable" since 6.7, default before. */
#if EFS_HAVE_ENCODE_FH
#define EFS_EXPORT_ENCODE_FH .encode_fh = generic_encode_ino32_fh,
#else
#define EFS_EXPORT_ENCODE_FH
#endif

/* UUID of a super block, 16 bytes: with its length since 6.9. */
static inline void efs_set_uuid(struct super_block *sb, const u8 *uuid)
{
#if EFS_HAVE_SET_UUID
	super_set_uuid(sb, uuid, 16);
#else
	import_uuid(&sb->s_uuid, uuid);
#endif
}

#endif /* EFS_COMPAT_H */
