// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Permissions; see perm.h. Pure: no state, no locks.
 */
#include "perm.h"

u32 efs_mode_triad(u16 mode, enum efs_class class)
{
	return mode >> (3 * (EFS_OTHER - class)) & 7;
}

static bool in_group(const struct efs_cred *cred, u32 gid)
{
	u32 i;

	for (i = 0; i < cred->group_count; i++)
		if (cred->groups[i] == gid)
			return true;
	return cred->gid == gid;
}

enum efs_class efs_perm_class(const struct efs_stat *st, const struct efs_cred *cred)
{
	if (cred->uid == st->uid)
		return EFS_OWNER;
	return in_group(cred, st->gid) ? EFS_GROUP : EFS_OTHER;
}

int efs_perm(const struct efs_stat *st, const struct efs_cred *cred, u32 want)
{
	if (!cred)
		return 0;
	if (!cred->uid) {
		bool runs = (st->mode & EFS_S_IFMT) == EFS_S_IFDIR || st->mode & 0111;

		return want & EFS_MAY_EXEC && !runs ? -EACCES : 0;
	}
	return want & ~efs_mode_triad(st->mode, efs_perm_class(st, cred)) ? -EACCES : 0;
}

int efs_perm_owner(const struct efs_stat *st, const struct efs_cred *cred)
{
	return !cred || !cred->uid || cred->uid == st->uid ? 0 : -EPERM;
}

int efs_perm_delete(const struct efs_stat *dir, const struct efs_stat *file,
		    const struct efs_cred *cred)
{
	int err = efs_perm(dir, cred, EFS_MAY_WRITE | EFS_MAY_EXEC);

	if (err || !(dir->mode & EFS_S_ISVTX) || !efs_perm_owner(dir, cred))
		return err;
	return efs_perm_owner(file, cred);
}

static char type_char(u16 mode)
{
	switch (mode & EFS_S_IFMT) {
	case EFS_S_IFREG:
		return '-';
	case EFS_S_IFDIR:
		return 'd';
	case EFS_S_IFLNK:
		return 'l';
	case EFS_S_IFIFO:
		return 'p';
	case EFS_S_IFCHR:
		return 'c';
	case EFS_S_IFBLK:
		return 'b';
	case EFS_S_IFSOCK:
		return 's';
	default:
		return '?';
	}
}

/* @special: the letter that stands in the place of x, or 0 */
static void triad_string(u32 triad, char special, char *s)
{
	bool x = triad & EFS_MAY_EXEC;

	s[0] = triad & EFS_MAY_READ ? 'r' : '-';
	s[1] = triad & EFS_MAY_WRITE ? 'w' : '-';
	s[2] = x ? 'x' : '-';
	if (special)
		s[2] = x ? special : special - 'a' + 'A';
}

void efs_mode_string(u16 mode, char *s)
{
	s[0] = type_char(mode);
	triad_string(efs_mode_triad(mode, EFS_OWNER), mode & EFS_S_ISUID ? 's' : 0, s + 1);
	triad_string(efs_mode_triad(mode, EFS_GROUP), mode & EFS_S_ISGID ? 's' : 0, s + 4);
	triad_string(efs_mode_triad(mode, EFS_OTHER), mode & EFS_S_ISVTX ? 't' : 0, s + 7);
	s[10] = '\0';
}
