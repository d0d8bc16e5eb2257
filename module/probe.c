// SPDX-License-Identifier: GPL-2.0
/*
 * What this kernel offers, asked of its compiler.
 *
 * Kbuild compiles this file once for each name in its efs-probes list, with PROBE_name
 * defined, and notes in efs_probe.h whether that worked. Stable kernels carry later
 * interfaces back, so version numbers cannot answer. compat.h is the only reader.
 * PROBE_NONE must always compile: it shows that the flags themselves are sound.
 */
#include <linux/fs.h>
#include <linux/buffer_head.h>
#include <linux/exportfs.h>
#include <linux/mm.h>

#if defined(PROBE_NONE)
int probe(void);

#elif defined(PROBE_MNT_IDMAP)
int (*probe)(struct mnt_idmap *, struct dentry *, struct iattr *) = setattr_prepare;

#elif defined(PROBE_FILLATTR_MASK)
void (*probe)(struct mnt_idmap *, u32, struct inode *, struct kstat *) = generic_fillattr;

#elif defined(PROBE_CTIME)
struct timespec64 (*probe)(struct inode *, struct timespec64) = inode_set_ctime_to_ts;

#elif defined(PROBE_AMTIME)
struct timespec64 (*probe)(struct inode *, struct timespec64) = inode_set_mtime_to_ts;

#elif defined(PROBE_WRITE_FOLIO)
int (*probe)(struct address_space *, loff_t, unsigned int, struct folio **,
	     get_block_t *) = block_write_begin;

#elif defined(PROBE_ERROR_REMOVE_FOLIO)
int (*probe)(struct address_space *, struct folio *) = generic_error_remove_folio;

#elif defined(PROBE_SPLICE_READ)
ssize_t (*probe)(struct file *, loff_t *, struct pipe_inode_info *, size_t,
		 unsigned int) = filemap_splice_read;

#elif defined(PROBE_I_PRIVATE_LIST)
struct list_head *probe(struct address_space *mapping);
struct list_head *probe(struct address_space *mapping)
{
	return &mapping->i_private_list;
}

#elif defined(PROBE_ENCODE_FH)
int (*probe)(struct inode *, __u32 *, int *, struct inode *) = generic_encode_ino32_fh;

#elif defined(PROBE_SET_UUID)
void (*probe)(struct super_block *, const u8 *, unsigned int) = super_set_uuid;

#elif defined(PROBE_WRITE_FALLBACK)
ssize_t (*probe)(struct kiocb *, struct iov_iter *, ssize_t, ssize_t) = direct_write_fallback;

#else
#error unknown probe
#endif
