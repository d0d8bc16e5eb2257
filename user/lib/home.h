/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core's port needs of the library, per volume; sb->port.home leads here.
 */
#ifndef EFS_HOME_H
#define EFS_HOME_H

#include "bcache.h"
#include "../../core/engine/efs.h"

/**
 * struct efs_home - below one volume
 * @env: filled
 * @dev: the caller's
 * @cache: metadata blocks
 * @reports: how many inconsistencies there were; by __atomic only
 * @rand: state of efs_rand()
 */
struct efs_home {
	struct efs_env env;
	struct efs_device *dev;
	struct efsu_bcache *cache;
	u32 reports;
	efs_ctr_t rand;
};

static inline struct efs_home *efs_home(const struct efs_sb *sb)
{
	return sb->port.home;
}

#endif /* EFS_HOME_H */
