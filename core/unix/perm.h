/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Permissions: who may do what with a file, as POSIX has it, and how `ls -l` shows it.
 *
 * Pure: nothing here looks at a file system. File systems and fs.h do not check: callers
 * do, with what efs_node_stat() told them; walks do with the credentials they are given.
 */
#ifndef EFS_UNIX_PERM_H
#define EFS_UNIX_PERM_H

#include "fs.h"

/* what one may want of a file: a triad of bits as in a mode */
#define EFS_MAY_READ	4
#define EFS_MAY_WRITE	2
#define EFS_MAY_EXEC	1	/* of a directory: search it */

enum efs_class { EFS_OWNER, EFS_GROUP, EFS_OTHER };

/**
 * struct efs_cred - on whose behalf
 * @uid: 0 may do everything, but execute what nobody may
 * @groups, @group_count: beside @gid; the caller's
 */
struct efs_cred {
	u32 uid, gid;
	const u32 *groups;
	u32 group_count;
};

/** efs_mode_triad() - EFS_MAY_ bits that @mode has for a class */
u32 efs_mode_triad(u16 mode, enum efs_class class);

/** efs_perm_class() - the class that counts for @cred. Only that one does */
enum efs_class efs_perm_class(const struct efs_stat *st, const struct efs_cred *cred);

/**
 * efs_perm() - may @cred have all of @want of a file?
 * @cred: NULL: may do everything
 * @want: EFS_MAY_ bits
 * Return: 0 or -EACCES.
 */
int efs_perm(const struct efs_stat *st, const struct efs_cred *cred, u32 want);

/** efs_perm_owner() - may @cred change mode and times? 0 or -EPERM. NULL: everything */
int efs_perm_owner(const struct efs_stat *st, const struct efs_cred *cred);

/**
 * efs_perm_delete() - may @cred take a name of @file out of @dir, or let another take it?
 * Needs leave to write and search @dir; where that is sticky, one of both must be its own.
 * Return: 0, -EACCES, -EPERM (sticky).
 */
int efs_perm_delete(const struct efs_stat *dir, const struct efs_stat *file,
		    const struct efs_cred *cred);

#define EFS_MODE_STRING 11

/**
 * efs_mode_string() - a mode as `ls -l` shows it: "drwxr-xr-x"
 * @s: room for EFS_MODE_STRING bytes, with the NUL
 *
 * s and S in the places of x stand for set-user-ID and set-group-ID, t and T for sticky;
 * small where x is set, too. An unknown type is "?".
 */
void efs_mode_string(u16 mode, char *s);

#endif /* EFS_UNIX_PERM_H */
