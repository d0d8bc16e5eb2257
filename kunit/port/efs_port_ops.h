/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test port, inline half, second part: operations. Most are calls into mem_port.c,
 * where the checks are.
 */
#ifndef EFS_PORT_OPS_H
#define EFS_PORT_OPS_H

/**
 * struct efs_test_inode - the test home's inode
 * @attr: the attributes a VFS would own
 * @guard: of @attr, as a VFS has i_lock and more
 * @dirty: efs_i_mark_dirty() was called since the last store
 * @fresh: not named yet: no business of a sync
 * @leaving: its last holder stores it, and nobody takes it any more
 * @count, @next: references and chain of the home's inode table
 */
struct efs_test_inode {
	struct efs_inode core;
	struct efs_attr attr;
	struct efs_test_guard guard;
	bool dirty, fresh, leaving;
	u32 count;
	struct efs_test_inode *next;
};

static inline struct efs_test_inode *efs_ti(const struct efs_inode *ei)
{
	return container_of(ei, struct efs_test_inode, core);
}

/** efs_test_guard(), efs_test_unguard() - keep other threads out; a leaf */
void efs_test_guard(struct efs_test_guard *g);
void efs_test_unguard(struct efs_test_guard *g);

/** efs_test_bug() - the code under test broke a rule: fail and end the case */
void __noreturn efs_test_bug(const char *fmt, ...) __printf(1, 2);

#define efs_assert(cond) \
	do { \
		if (!(cond)) \
			efs_test_bug("%s:%d: efs_assert(%s)", __FILE__, __LINE__, #cond); \
	} while (0)

/* ---- buffers ---- */

static inline void *efs_buf_data(const struct efs_buf *b)
{
	return b->data;
}

static inline u32 efs_buf_nr(const struct efs_buf *b)
{
	return b->nr;
}

void efs_buf_ref(struct efs_buf *b);
void efs_buf_put(struct efs_buf *b);
void efs_buf_lock(struct efs_buf *b);
void efs_buf_unlock(struct efs_buf *b);
bool efs_buf_verified(const struct efs_buf *b);
void efs_buf_set_verified(struct efs_buf *b);

/* ---- locks ---- */

void efs_test_lock_init(struct efs_test_lock *l, const char *name, bool spin);
void efs_test_lock(struct efs_test_lock *l, bool write);
void efs_test_unlock(struct efs_test_lock *l, bool write);
/** efs_test_lock_assert() - this thread holds it for writing */
void efs_test_lock_assert(struct efs_test_lock *l);

#define efs_spin_init(l)	efs_test_lock_init(l, #l, true)
#define efs_rwsem_init(l)	efs_test_lock_init(l, #l, false)

static inline void efs_spin_lock(efs_spin_t *l)
{
	efs_test_lock(l, true);
}

static inline void efs_spin_unlock(efs_spin_t *l)
{
	efs_test_unlock(l, true);
}

static inline void efs_spin_assert(efs_spin_t *l)
{
	efs_test_lock_assert(l);
}

static inline void efs_rd_lock(efs_rwsem_t *l)
{
	efs_test_lock(l, false);
}

static inline void efs_rd_unlock(efs_rwsem_t *l)
{
	efs_test_unlock(l, false);
}

static inline void efs_wr_lock(efs_rwsem_t *l)
{
	efs_test_lock(l, true);
}

static inline void efs_wr_unlock(efs_rwsem_t *l)
{
	efs_test_unlock(l, true);
}

static inline void efs_map_wlock(struct efs_inode *ei)
{
	efs_test_lock(&ei->map_lock, true);
}

static inline void efs_map_wunlock(struct efs_inode *ei)
{
	efs_test_unlock(&ei->map_lock, true);
}

/* ---- counters ---- */

int efs_ctr_init(efs_ctr_t *c, s64 v);
void efs_ctr_add(efs_ctr_t *c, s64 v);
s64 efs_ctr_read(const efs_ctr_t *c);
s64 efs_ctr_sum(const efs_ctr_t *c);
void efs_ctr_fini(efs_ctr_t *c);

/* ---- what a VFS owns of an inode ---- */

static inline struct efs_attr efs_test_attr(const struct efs_inode *ei)
{
	struct efs_test_inode *ti = efs_ti(ei);
	struct efs_attr a;

	efs_test_guard(&ti->guard);
	a = ti->attr;
	efs_test_unguard(&ti->guard);
	return a;
}

static inline u64 efs_i_size(const struct efs_inode *ei)
{
	return efs_test_attr(ei).size;
}

static inline u16 efs_i_mode(const struct efs_inode *ei)
{
	return efs_test_attr(ei).mode;
}

static inline u32 efs_i_nlink(const struct efs_inode *ei)
{
	return efs_test_attr(ei).nlink;
}

static inline u64 efs_i_sectors(const struct efs_inode *ei)
{
	return efs_test_attr(ei).sectors;
}

static inline void efs_i_size_set(struct efs_inode *ei, u64 size)
{
	efs_test_guard(&efs_ti(ei)->guard);
	efs_ti(ei)->attr.size = size;
	efs_test_unguard(&efs_ti(ei)->guard);
}

static inline void efs_i_nlink_set(struct efs_inode *ei, u32 nlink)
{
	efs_test_guard(&efs_ti(ei)->guard);
	efs_ti(ei)->attr.nlink = nlink;
	efs_test_unguard(&efs_ti(ei)->guard);
}

static inline void efs_i_sectors_add(struct efs_inode *ei, s64 n)
{
	struct efs_attr *a = &efs_ti(ei)->attr;

	efs_test_guard(&efs_ti(ei)->guard);
	if (n < 0 && a->sectors < (u64)-n)
		efs_test_bug("i_blocks of inode %u: %llu%+lld", ei->ino, a->sectors, n);
	a->sectors += n;
	efs_test_unguard(&efs_ti(ei)->guard);
}

static inline void efs_i_touch(struct efs_inode *ei, u32 which)
{
	struct efs_attr *a = &efs_ti(ei)->attr;
	struct efs_time t;

	t.sec = efs_now(ei->sb, &t.nsec);
	efs_test_guard(&efs_ti(ei)->guard);
	if (which & EFS_ATIME)
		a->atime = t;
	if (which & EFS_MTIME)
		a->mtime = t;
	if (which & EFS_CTIME)
		a->ctime = t;
	efs_test_unguard(&efs_ti(ei)->guard);
}

void efs_i_mark_dirty(struct efs_inode *ei);

static inline void efs_i_attr_get(const struct efs_inode *ei, struct efs_attr *attr)
{
	*attr = efs_test_attr(ei);
}

static inline void efs_i_attr_set(struct efs_inode *ei, const struct efs_attr *attr)
{
	efs_test_guard(&efs_ti(ei)->guard);
	efs_ti(ei)->attr = *attr;
	efs_test_unguard(&efs_ti(ei)->guard);
}

static inline bool efs_i_sync(const struct efs_inode *ei)
{
	return ei->port.sync || ei->sb->port.sync || ei->flags & EFS_FL_SYNC ||
	       (efs_is_dir(ei) && ei->flags & EFS_FL_DIRSYNC);
}

static inline bool efs_privileged(const struct efs_sb *sb)
{
	return sb->port.privileged;
}

static inline void efs_cond_resched(void)
{
}

bool efs_interrupted(void);

#endif /* EFS_PORT_OPS_H */
