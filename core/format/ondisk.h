/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The second extended file system as it lies on the disk.
 *
 * Nothing here but layout: structures of little-endian words, their constants, and
 * assertions that pin every size and offset. Layout and constants as in
 * linux/fs/ext2/ext2.h, linux/fs/ext4/ext4.h (large inodes, error fields) and
 * e2fsprogs lib/ext2fs/ext2_fs.h.
 */
#ifndef EFS_ONDISK_H
#define EFS_ONDISK_H

#include "../port.h"

#define EFS_MAGIC		0xEF53
#define EFS_SUPER_OFFSET	1024	/* bytes from the start of the device */
#define EFS_SUPER_SIZE		1024

#define EFS_MIN_BLOCK_BITS	10
#define EFS_MAX_BLOCK_BITS	16

#define EFS_BAD_INO		1	/* bad blocks list */
#define EFS_ROOT_INO		2
#define EFS_RESIZE_INO		7
#define EFS_FIRST_INO_REV0	11
#define EFS_INODE_SIZE_REV0	128

#define EFS_NDIR		12	/* direct pointers */
#define EFS_IND			12	/* index of the single indirect pointer */
#define EFS_DIND		13
#define EFS_TIND		14
#define EFS_NBLOCKS		15

#define EFS_LINK_MAX		32000
#define EFS_NAME_MAX		255

/* s_state */
#define EFS_STATE_VALID		0x0001
#define EFS_STATE_ERROR		0x0002

/* s_errors */
#define EFS_ERRORS_CONTINUE	1
#define EFS_ERRORS_RO		2
#define EFS_ERRORS_PANIC	3

/* s_creator_os */
#define EFS_OS_LINUX		0
#define EFS_OS_HURD		1
#define EFS_OS_MASIX		2
#define EFS_OS_FREEBSD		3
#define EFS_OS_LITES		4

/* s_rev_level */
#define EFS_REV_GOOD_OLD	0
#define EFS_REV_DYNAMIC		1

/* s_feature_compat */
#define EFS_COMPAT_DIR_PREALLOC		0x0001
#define EFS_COMPAT_IMAGIC_INODES	0x0002
#define EFS_COMPAT_HAS_JOURNAL		0x0004
#define EFS_COMPAT_EXT_ATTR		0x0008
#define EFS_COMPAT_RESIZE_INODE		0x0010
#define EFS_COMPAT_DIR_INDEX		0x0020
#define EFS_COMPAT_SPARSE_SUPER2	0x0200

/* s_feature_ro_compat */
#define EFS_RO_COMPAT_SPARSE_SUPER	0x0001
#define EFS_RO_COMPAT_LARGE_FILE	0x0002
#define EFS_RO_COMPAT_BTREE_DIR		0x0004
#define EFS_RO_COMPAT_SUPP	(EFS_RO_COMPAT_SPARSE_SUPER | EFS_RO_COMPAT_LARGE_FILE | \
				 EFS_RO_COMPAT_BTREE_DIR)

/* s_feature_incompat */
#define EFS_INCOMPAT_FILETYPE		0x0002
#define EFS_INCOMPAT_META_BG		0x0010
#define EFS_INCOMPAT_SUPP	(EFS_INCOMPAT_FILETYPE | EFS_INCOMPAT_META_BG)

/* i_flags */
#define EFS_FL_SECRM		0x00000001
#define EFS_FL_UNRM		0x00000002
#define EFS_FL_COMPR		0x00000004
#define EFS_FL_SYNC		0x00000008
#define EFS_FL_IMMUTABLE	0x00000010
#define EFS_FL_APPEND		0x00000020
#define EFS_FL_NODUMP		0x00000040
#define EFS_FL_NOATIME		0x00000080
#define EFS_FL_DIRTY		0x00000100
#define EFS_FL_COMPRBLK		0x00000200
#define EFS_FL_NOCOMP		0x00000400
#define EFS_FL_ECOMPR		0x00000800
#define EFS_FL_INDEX		0x00001000	/* directory is hash-indexed */
#define EFS_FL_IMAGIC		0x00002000
#define EFS_FL_JOURNAL_DATA	0x00004000
#define EFS_FL_NOTAIL		0x00008000
#define EFS_FL_DIRSYNC		0x00010000
#define EFS_FL_TOPDIR		0x00020000
#define EFS_FL_EXTENTS		0x00080000	/* ext4: block[] is an extent tree */
#define EFS_FL_EA_INODE		0x00200000	/* ext4 */
#define EFS_FL_INLINE_DATA	0x10000000	/* ext4 */
#define EFS_FL_RESERVED		0x80000000

/* what a user sees, may change, and what a new inode takes from its directory */
#define EFS_FL_USER_VISIBLE	0x0003DFFF
#define EFS_FL_USER_MODIFIABLE	0x000380FF
#define EFS_FL_INHERITED	(EFS_FL_SECRM | EFS_FL_UNRM | EFS_FL_COMPR | EFS_FL_SYNC | \
				 EFS_FL_NODUMP | EFS_FL_NOATIME | EFS_FL_COMPRBLK | \
				 EFS_FL_NOCOMP | EFS_FL_JOURNAL_DATA | EFS_FL_NOTAIL | \
				 EFS_FL_DIRSYNC)

/* file type of a mode; the same numbers everywhere */
#define EFS_S_IFMT	0170000
#define EFS_S_IFSOCK	0140000
#define EFS_S_IFLNK	0120000
#define EFS_S_IFREG	0100000
#define EFS_S_IFBLK	0060000
#define EFS_S_IFDIR	0040000
#define EFS_S_IFCHR	0020000
#define EFS_S_IFIFO	0010000
#define EFS_S_ISUID	0004000
#define EFS_S_ISGID	0002000
#define EFS_S_ISVTX	0001000

/* d_file_type */
enum efs_ftype {
	EFS_FT_UNKNOWN, EFS_FT_REG, EFS_FT_DIR, EFS_FT_CHR, EFS_FT_BLK,
	EFS_FT_FIFO, EFS_FT_SOCK, EFS_FT_LNK, EFS_FT_MAX
};

struct efs_dsuper {
	__le32 s_inodes_count;
	__le32 s_blocks_count;
	__le32 s_r_blocks_count;
	__le32 s_free_blocks_count;
	__le32 s_free_inodes_count;
	__le32 s_first_data_block;
	__le32 s_log_block_size;
	__le32 s_log_frag_size;
	__le32 s_blocks_per_group;
	__le32 s_frags_per_group;
	__le32 s_inodes_per_group;
	__le32 s_mtime;
	__le32 s_wtime;
	__le16 s_mnt_count;
	__le16 s_max_mnt_count;
	__le16 s_magic;
	__le16 s_state;
	__le16 s_errors;
	__le16 s_minor_rev_level;
	__le32 s_lastcheck;
	__le32 s_checkinterval;
	__le32 s_creator_os;
	__le32 s_rev_level;
	__le16 s_def_resuid;
	__le16 s_def_resgid;
	/* revision 1 from here */
	__le32 s_first_ino;
	__le16 s_inode_size;
	__le16 s_block_group_nr;
	__le32 s_feature_compat;
	__le32 s_feature_incompat;
	__le32 s_feature_ro_compat;
	u8     s_uuid[16];
	u8     s_volume_name[16];
	u8     s_last_mounted[64];
	__le32 s_algorithm_usage_bitmap;
	u8     s_prealloc_blocks;
	u8     s_prealloc_dir_blocks;
	__le16 s_reserved_gdt_blocks;
	u8     s_journal_uuid[16];
	__le32 s_journal_inum;
	__le32 s_journal_dev;
	__le32 s_last_orphan;
	__le32 s_hash_seed[4];
	u8     s_def_hash_version;
	u8     s_jnl_backup_type;
	__le16 s_desc_size;
	__le32 s_default_mount_opts;
	__le32 s_first_meta_bg;
	__le32 s_mkfs_time;
	__le32 s_jnl_blocks[17];
	__le32 s_blocks_count_hi;
	__le32 s_r_blocks_count_hi;
	__le32 s_free_blocks_count_hi;
	__le16 s_min_extra_isize;
	__le16 s_want_extra_isize;
	__le32 s_flags;
	__le16 s_raid_stride;
	__le16 s_mmp_interval;
	__le64 s_mmp_block;
	__le32 s_raid_stripe_width;
	u8     s_log_groups_per_flex;
	u8     s_checksum_type;
	__le16 s_reserved_pad;
	__le64 s_kbytes_written;
	__le32 s_snapshot_inum;
	__le32 s_snapshot_id;
	__le64 s_snapshot_r_blocks_count;
	__le32 s_snapshot_list;
	__le32 s_error_count;
	__le32 s_first_error_time;
	__le32 s_first_error_ino;
	__le64 s_first_error_block;
	u8     s_first_error_func[32];
	__le32 s_first_error_line;
	__le32 s_last_error_time;
	__le32 s_last_error_ino;
	__le32 s_last_error_line;
	__le64 s_last_error_block;
	u8     s_last_error_func[32];
	u8     s_mount_opts[64];
	__le32 s_usr_quota_inum;
	__le32 s_grp_quota_inum;
	__le32 s_overhead_blocks;
	__le32 s_backup_bgs[2];
	u8     s_encrypt_algos[4];
	u8     s_encrypt_pw_salt[16];
	__le32 s_lpf_ino;
	__le32 s_prj_quota_inum;
	__le32 s_checksum_seed;
	u8     s_wtime_hi;
	u8     s_mtime_hi;
	u8     s_mkfs_time_hi;
	u8     s_lastcheck_hi;
	u8     s_first_error_time_hi;
	u8     s_last_error_time_hi;
	u8     s_first_error_errcode;
	u8     s_last_error_errcode;
	__le16 s_encoding;
	__le16 s_encoding_flags;
	__le32 s_orphan_file_inum;
	__le32 s_reserved[94];
	__le32 s_checksum;
};

static_assert(sizeof(struct efs_dsuper) == EFS_SUPER_SIZE);
static_assert(offsetof(struct efs_dsuper, s_first_ino) == 0x54);
static_assert(offsetof(struct efs_dsuper, s_uuid) == 0x68);
static_assert(offsetof(struct efs_dsuper, s_last_orphan) == 0xe8);
static_assert(offsetof(struct efs_dsuper, s_first_meta_bg) == 0x104);
static_assert(offsetof(struct efs_dsuper, s_kbytes_written) == 0x178);
static_assert(offsetof(struct efs_dsuper, s_error_count) == 0x194);
static_assert(offsetof(struct efs_dsuper, s_last_error_func) == 0x1e0);
static_assert(offsetof(struct efs_dsuper, s_mount_opts) == 0x200);
static_assert(offsetof(struct efs_dsuper, s_wtime_hi) == 0x274);
static_assert(offsetof(struct efs_dsuper, s_checksum) == 0x3fc);

/* s_default_mount_opts */
#define EFS_DEFM_DEBUG		0x0001
#define EFS_DEFM_BSDGROUPS	0x0002
#define EFS_DEFM_XATTR_USER	0x0004
#define EFS_DEFM_ACL		0x0008
#define EFS_DEFM_UID16		0x0010

struct efs_dgroup {
	__le32 bg_block_bitmap;
	__le32 bg_inode_bitmap;
	__le32 bg_inode_table;
	__le16 bg_free_blocks_count;
	__le16 bg_free_inodes_count;
	__le16 bg_used_dirs_count;
	__le16 bg_flags;
	__le32 bg_reserved[3];
};

static_assert(sizeof(struct efs_dgroup) == 32);

struct efs_dinode {
	__le16 i_mode;
	__le16 i_uid;
	__le32 i_size;
	__le32 i_atime;
	__le32 i_ctime;
	__le32 i_mtime;
	__le32 i_dtime;
	__le16 i_gid;
	__le16 i_links_count;
	__le32 i_blocks;		/* units of 512 bytes */
	__le32 i_flags;
	__le32 i_osd1;			/* Linux: version; Hurd: translator */
	__le32 i_block[EFS_NBLOCKS];
	__le32 i_generation;
	__le32 i_file_acl;
	__le32 i_size_high;		/* regular files; directory ACL in revision 0 */
	__le32 i_faddr;
	u8     i_frag;
	u8     i_fsize;
	__le16 i_mode_high;		/* Hurd; ext4: high half of file_acl; else 0 */
	__le16 i_uid_high;
	__le16 i_gid_high;
	__le32 i_author;		/* Hurd; Linux: checksum low, reserved */
	/* here ends an inode of 128 bytes */
	__le16 i_extra_isize;		/* bytes in use after the first 128 */
	__le16 i_checksum_hi;
	__le32 i_ctime_extra;		/* nsec << 2 | epoch */
	__le32 i_mtime_extra;
	__le32 i_atime_extra;
	__le32 i_crtime;
	__le32 i_crtime_extra;
	__le32 i_version_hi;
	__le32 i_projid;
};

static_assert(offsetof(struct efs_dinode, i_block) == 40);
static_assert(offsetof(struct efs_dinode, i_generation) == 100);
static_assert(offsetof(struct efs_dinode, i_uid_high) == 120);
static_assert(offsetof(struct efs_dinode, i_extra_isize) == 128);
static_assert(sizeof(struct efs_dinode) == 160);

#define EFS_EXTRA_ISIZE		32		/* what a new large inode uses */
#define EFS_EXTRA_TIMES		24		/* what all its times need */
#define EFS_XATTR_MAGIC		0xEA020000	/* of in-inode and block attributes */

/* head of an attribute block (linux/fs/ext2/xattr.h) */
struct efs_dxattr_header {
	__le32 h_magic;
	__le32 h_refcount;		/* inodes that share the block */
	__le32 h_blocks;		/* 1 */
	__le32 h_hash;
	__le32 h_reserved[4];
};

static_assert(sizeof(struct efs_dxattr_header) == 32);

/* an attribute; a zero word ends the list (linux/fs/ext2/xattr.h, linux/fs/ext4/xattr.h) */
struct efs_dxattr_entry {
	u8     e_name_len;
	u8     e_name_index;		/* EFS_EA_: the prefix that is not in e_name */
	__le16 e_value_offs;		/* from the block's start, or an inode's first entry */
	__le32 e_value_block;		/* 0; ext4: inode that holds the value */
	__le32 e_value_size;
	__le32 e_hash;			/* of name and value; 0 in an inode */
	u8     e_name[];
};

static_assert(sizeof(struct efs_dxattr_entry) == 16);

#define EFS_XATTR_REFCOUNT_MAX	1024	/* inodes that may share a block */
#define EFS_XATTR_PAD(size)	(((size) + 3u) & ~3u)
#define EFS_XATTR_LEN(name_len)	EFS_XATTR_PAD((name_len) + 16u)

/* e_name_index; the names without one are ext4's, and Hurd's */
enum efs_ea_index {
	EFS_EA_USER = 1, EFS_EA_ACL_ACCESS, EFS_EA_ACL_DEFAULT, EFS_EA_TRUSTED,
	EFS_EA_LUSTRE, EFS_EA_SECURITY, EFS_EA_SYSTEM, EFS_EA_RICHACL, EFS_EA_ENCRYPTION,
	EFS_EA_GNU
};

/* access control lists: a head, then entries (linux/fs/ext2/acl.h) */
#define EFS_ACL_VERSION		1	/* le32 at the head on disk */
#define EFS_ACL_SHORT		4	/* le16 tag, le16 permissions */
#define EFS_ACL_LONG		8	/* the same and le32 id, for EFS_ACL_USER and _GROUP */

/* the form system calls exchange (linux/include/uapi/linux/posix_acl_xattr.h) */
#define EFS_ACL_X_VERSION	2
#define EFS_ACL_X_ENTRY		8	/* all entries have an id, if only EFS_ACL_NO_ID */
#define EFS_ACL_NO_ID		0xffffffffu

/* tags, in the order entries must have */
#define EFS_ACL_USER_OBJ	0x01
#define EFS_ACL_USER		0x02
#define EFS_ACL_GROUP_OBJ	0x04
#define EFS_ACL_GROUP		0x08
#define EFS_ACL_MASK		0x10
#define EFS_ACL_OTHER		0x20

struct efs_ddirent {
	__le32 inode;			/* 0: unused */
	__le16 rec_len;			/* bytes to the next entry */
	u8     name_len;
	u8     file_type;		/* without FILETYPE: high byte of name_len, 0 */
	u8     name[];
};

static_assert(sizeof(struct efs_ddirent) == 8);

#define EFS_DIRENT_ALIGN	4
#define EFS_DIRENT_MIN		12	/* an entry with a name of one to four bytes */
#define EFS_DIRENT_LEN(name_len) (((name_len) + 8u + 3u) & ~3u)

#endif /* EFS_ONDISK_H */
