/* SPDX-License-Identifier: GPL-2.0 */
/* The inline half of the contract as plain prototypes; see efs_port_types.h beside it. */
#ifndef EFS_PORT_OPS_H
#define EFS_PORT_OPS_H

void *efs_buf_data(struct efs_buf *b);
u32 efs_buf_nr(const struct efs_buf *b);
void efs_buf_ref(struct efs_buf *b);
void efs_buf_put(struct efs_buf *b);
void efs_buf_lock(struct efs_buf *b);
void efs_buf_unlock(struct efs_buf *b);
bool efs_buf_verified(const struct efs_buf *b);
void efs_buf_set_verified(struct efs_buf *b);

void efs_spin_init(efs_spin_t *l);
void efs_spin_lock(efs_spin_t *l);
void efs_spin_unlock(efs_spin_t *l);
void efs_spin_assert(efs_spin_t *l);
void efs_rwsem_init(efs_rwsem_t *l);
void efs_rd_lock(efs_rwsem_t *l);
void efs_rd_unlock(efs_rwsem_t *l);
void efs_wr_lock(efs_rwsem_t *l);
void efs_wr_unlock(efs_rwsem_t *l);
void efs_map_wlock(struct efs_inode *ei);
void efs_map_wunlock(struct efs_inode *ei);

int efs_ctr_init(efs_ctr_t *c, s64 v);
void efs_ctr_add(efs_ctr_t *c, s64 v);
s64 efs_ctr_read(efs_ctr_t *c);
s64 efs_ctr_sum(efs_ctr_t *c);
void efs_ctr_fini(efs_ctr_t *c);

u64 efs_i_size(const struct efs_inode *ei);
void efs_i_size_set(struct efs_inode *ei, u64 size);
u16 efs_i_mode(const struct efs_inode *ei);
u32 efs_i_nlink(const struct efs_inode *ei);
void efs_i_nlink_set(struct efs_inode *ei, u32 n);
u64 efs_i_sectors(const struct efs_inode *ei);
void efs_i_sectors_add(struct efs_inode *ei, s64 n);
void efs_i_touch(struct efs_inode *ei, u32 which);
void efs_i_mark_dirty(struct efs_inode *ei);
void efs_i_attr_get(const struct efs_inode *ei, struct efs_attr *attr);
void efs_i_attr_set(struct efs_inode *ei, const struct efs_attr *attr);
bool efs_i_sync(const struct efs_inode *ei);
bool efs_privileged(struct efs_sb *sb);
void efs_cond_resched(void);
bool efs_interrupted(void);

#endif
