// SPDX-License-Identifier: GPL-2.0
/*
 * Directories as open files.
 *
 * A position is the byte offset of an entry. It was a true boundary between entries when
 * it was handed out; if the directory has changed since, or the position comes from
 * elsewhere, the core walks to the first entry at or behind it. So each open file
 * remembers where it stands and which version of the directory it saw.
 *
 * Locks: i_rwsem shared. Entries are copied to user space with nothing else held but a
 * reference to their buffer.
 */
#include <linux/slab.h>
#include "efsk.h"

/**
 * struct dir_file - what an open directory remembers
 * @pos: where the last read stopped
 * @version: of the directory then
 */
struct dir_file {
	loff_t pos;
	u32 version;
};

static int efsk_dir_open(struct inode *inode, struct file *file)
{
	struct dir_file *df = kzalloc(sizeof(*df), GFP_KERNEL);

	file->private_data = df;
	return df ? 0 : -ENOMEM;
}

static int efsk_dir_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

/*
 * A bad block is an error once. If entries were found before it, they are returned and
 * the next call meets it again; if it comes first, the call after goes on behind it.
 */
static int efsk_iterate(struct file *file, struct dir_context *ctx)
{
	struct efs_inode *dir = efsk_core(file_inode(file));
	struct dir_file *df = file->private_data;
	loff_t start = ctx->pos;
	struct efs_dir_cursor c;
	struct efs_dirent de;
	int ret;

	efs_dir_open(dir, start, start != df->pos || df->version != dir->dir_version, &c);
	for (;;) {
		ret = efs_dir_next(&c, &de);
		if (ret <= 0)
			break;
		ctx->pos = c.pos;
		if (!dir_emit(ctx, de.name, de.len, de.ino, fs_ftype_to_dtype(de.ftype)))
			break;
		ctx->pos = c.next;
	}
	if (ret < 0 && ctx->pos != start)
		ret = 0;
	else if (ret <= 0)
		ctx->pos = c.next;
	efs_dir_close(&c);
	df->pos = ctx->pos;
	df->version = dir->dir_version;
	return min(ret, 0);
}

const struct file_operations efsk_dir_fops = {
	.open = efsk_dir_open,
	.release = efsk_dir_release,
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = efsk_iterate,
	.fsync = efsk_fsync,
	.unlocked_ioctl = efsk_ioctl,
	.compat_ioctl = efsk_compat_ioctl,
};
