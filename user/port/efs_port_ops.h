/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inline half of the contract over efs_lock.h, second part: operations.
 *
 * Attributes of an inode live in struct efsu_inode, beside the core's part, under
 * core.port.lock. Sequences of changes are serialised by lock 2 (rwsem of core/unix), which the
 * callers of the core take; the small lock keeps single values whole.
 */
#ifndef EFS_PORT_OPS_H
#define EFS_PORT_OPS_H

/**
 * struct efsu_inode - an inode in memory
 * @core: first, and all that core/ sees
 * @attr: what an operating system would keep in its own inode
 */
struct efsu_inode {
	struct efs_inode core;
	struct efs_attr attr;
};

static inline struct efsu_inode *efsu_inode(const struct efs_inode *ei)
{
	return container_of((struct efs_inode *)ei, struct efsu_inode, core);
}

/* ---- buffers ---- */

static inline void *efs_buf_data(struct efs_buf *b)
{
	return b->data;
}

static inline u32 efs_buf_nr(const struct efs_buf *b)
{
	return b->nr;
}

static inline void efs_buf_ref(struct efs_buf *b)
{
	__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
}

static inline void efs_buf_put(struct efs_buf *b)
{
	u32 was;

	if (!b)
		return;
	was = __atomic_fetch_sub(&b->refs, 1, __ATOMIC_RELEASE);
	efs_assert(was != 0);
}

static inline void efs_buf_lock(struct efs_buf *b)
{
	efs_mutex_lock(&b->lock);
}

static inline void efs_buf_unlock(struct efs_buf *b)
{
	efs_mutex_unlock(&b->lock);
}

static inline bool efs_buf_verified(const struct efs_buf *b)
{
	return __atomic_load_n(&b->verified, __ATOMIC_ACQUIRE);
}

static inline void efs_buf_set_verified(struct efs_buf *b)
{
	__atomic_store_n(&b->verified, true, __ATOMIC_RELEASE);
}

/* ---- locks ---- */

#ifdef EFS_PORT_DEBUG
extern __thread int efs_port_spins;
#endif

static inline void efs_port_spins_add(int n)
{
#ifdef EFS_PORT_DEBUG
	efs_port_spins += n;
#else
	(void)n;
#endif
}

static inline void efs_port_spin_init(efs_spin_t *l)
{
	efs_mutex_init(&l->m);
	l->held = false;
}

#define efs_spin_init(l)	efs_port_spin_init(l)

static inline void efs_spin_lock(efs_spin_t *l)
{
	efs_mutex_lock(&l->m);
	l->owner = efs_thread_me();
	l->held = true;
	efs_port_spins_add(1);
}

static inline void efs_spin_unlock(efs_spin_t *l)
{
	efs_port_spins_add(-1);
	l->held = false;
	efs_mutex_unlock(&l->m);
}

static inline void efs_spin_assert(efs_spin_t *l)
{
	efs_assert(l->held && efs_thread_is_me(l->owner));
}

#define efs_rwsem_init(l)	efs_rwlock_init(l)

static inline void efs_rd_lock(efs_rwsem_t *l)
{
	efs_rwlock_rd(l);
}

static inline void efs_rd_unlock(efs_rwsem_t *l)
{
	efs_rwlock_un(l);
}

static inline void efs_wr_lock(efs_rwsem_t *l)
{
	efs_rwlock_wr(l);
}

static inline void efs_wr_unlock(efs_rwsem_t *l)
{
	efs_rwlock_un(l);
}

static inline void efs_map_wlock(struct efs_inode *ei)
{
	efs_wr_lock(&ei->map_lock);
}

static inline void efs_map_wunlock(struct efs_inode *ei)
{
	efs_wr_unlock(&ei->map_lock);
}

/* ---- counters ---- */

/* one thread needs no atomics, which are calls on many a small machine */
#ifdef EFS_SINGLE
#define __efs_ctr_add(c, n)	((c)->v += (n))
#define __efs_ctr_get(c)	((c)->v)
#else
#define __efs_ctr_add(c, n)	__atomic_add_fetch(&(c)->v, n, __ATOMIC_RELAXED)
#define __efs_ctr_get(c)	__atomic_load_n(&(c)->v, __ATOMIC_RELAXED)
#endif

/* nobody else sees it yet */
static inline int efs_ctr_init(efs_ctr_t *c, s64 v)
{
	c->v = v;
	return 0;
}

static inline void efs_ctr_add(efs_ctr_t *c, s64 v)
{
	__efs_ctr_add(c, v);
}

/** efs_ctr_step() - add, and tell what came of it; each caller sees another value */
static inline s64 efs_ctr_step(efs_ctr_t *c, s64 v)
{
	return __efs_ctr_add(c, v);
}

static inline s64 efs_ctr_read(efs_ctr_t *c)
{
	return __efs_ctr_get(c);
}

static inline s64 efs_ctr_sum(efs_ctr_t *c)
{
	return efs_ctr_read(c);
}

static inline void efs_ctr_fini(efs_ctr_t *c)
{
	(void)c;
}

/* ---- attributes ---- */

#define __efs_attr_read(ei, field) ({					\
	struct efsu_inode *__ui = efsu_inode(ei);			\
	__typeof__(__ui->attr.field) __v;				\
	efs_spin_lock(&__ui->core.port.lock);				\
	__v = __ui->attr.field;						\
	efs_spin_unlock(&__ui->core.port.lock);				\
	__v; })

static inline u64 efs_i_size(const struct efs_inode *ei)
{
	return __efs_attr_read(ei, size);
}

static inline u16 efs_i_mode(const struct efs_inode *ei)
{
	return __efs_attr_read(ei, mode);
}

static inline u32 efs_i_nlink(const struct efs_inode *ei)
{
	return __efs_attr_read(ei, nlink);
}

static inline u64 efs_i_sectors(const struct efs_inode *ei)
{
	return __efs_attr_read(ei, sectors);
}

static inline void efs_i_size_set(struct efs_inode *ei, u64 size)
{
	efs_spin_lock(&ei->port.lock);
	efsu_inode(ei)->attr.size = size;
	efs_spin_unlock(&ei->port.lock);
}

static inline void efs_i_nlink_set(struct efs_inode *ei, u32 n)
{
	efs_spin_lock(&ei->port.lock);
	efsu_inode(ei)->attr.nlink = n;
	efs_spin_unlock(&ei->port.lock);
}

static inline void efs_i_sectors_add(struct efs_inode *ei, s64 n)
{
	efs_spin_lock(&ei->port.lock);
	efsu_inode(ei)->attr.sectors += (u64)n;
	efs_spin_unlock(&ei->port.lock);
}

static inline void efs_i_attr_get(const struct efs_inode *ei, struct efs_attr *attr)
{
	struct efsu_inode *ui = efsu_inode(ei);

	efs_spin_lock(&ui->core.port.lock);
	*attr = ui->attr;
	efs_spin_unlock(&ui->core.port.lock);
}

static inline void efs_i_attr_set(struct efs_inode *ei, const struct efs_attr *attr)
{
	efs_spin_lock(&ei->port.lock);
	efsu_inode(ei)->attr = *attr;
	efs_spin_unlock(&ei->port.lock);
}

static inline void efs_i_touch(struct efs_inode *ei, u32 which)
{
	struct efs_attr *attr = &efsu_inode(ei)->attr;
	struct efs_time now;

	now.sec = efs_now(ei->sb, &now.nsec);
	efs_spin_lock(&ei->port.lock);
	if (which & EFS_ATIME)
		attr->atime = now;
	if (which & EFS_MTIME)
		attr->mtime = now;
	if (which & EFS_CTIME)
		attr->ctime = now;
	efs_spin_unlock(&ei->port.lock);
}

static inline void efs_i_mark_dirty(struct efs_inode *ei)
{
	__atomic_store_n(&ei->port.dirty, true, __ATOMIC_RELEASE);
}

/** efsu_inode_prepare() - the home's half of a zeroed inode; before efs_inode_init() */
static inline void efsu_inode_prepare(struct efsu_inode *ui)
{
	efs_spin_init(&ui->core.port.lock);
}

/* ---- policy ---- */

static inline bool efs_i_sync(const struct efs_inode *ei)
{
	return ei->sb->port.sync || ei->port.sync || (ei->flags & EFS_FL_SYNC) ||
	       ((ei->sb->port.dirsync || ei->flags & EFS_FL_DIRSYNC) &&
		(efs_i_mode(ei) & EFS_S_IFMT) == EFS_S_IFDIR);
}

static inline bool efs_privileged(struct efs_sb *sb)
{
	return !sb->port.unprivileged;
}

static inline void efs_cond_resched(void)
{
}

/* what has begun is finished: commands look at their signals between operations */
static inline bool efs_interrupted(void)
{
	return false;
}

#endif /* EFS_PORT_OPS_H */
