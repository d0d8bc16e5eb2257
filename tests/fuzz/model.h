/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file system in memory: what names, links, sizes and contents must be, in the least
 * code, as a measure for a real one.
 *
 * It has no blocks, no inode numbers of its own and no limits of space; errors are those
 * of Linux. A node is known by its address; it lives while it has a name or is held.
 */
#ifndef EFS_FUZZ_MODEL_H
#define EFS_FUZZ_MODEL_H

#include "efs_port_types.h"

#define MODEL_PAGE	512	/* bytes kept as one piece */
#define MODEL_LINK_MAX	32000	/* names of an inode, `.` and `..` included */

struct model_name {
	struct model_name *next;
	struct model_node *node;
	u32 len;
	char name[256];
};

struct model_page {
	struct model_page *next;
	u64 index;
	u8 data[MODEL_PAGE];
};

/**
 * struct model_node - a file of any type
 * @user: the caller's; an inode number
 * @held: references beside those of names
 * @parent: of a directory, itself for the root; NULL once removed
 * @names: of a directory, in no order, without `.` and `..`
 * @pages: contents, or a link's target, by rising index; what is missing is zeros
 */
struct model_node {
	u32 user;
	u16 mode;
	u32 nlink, held;
	u64 size;
	struct model_node *parent;
	struct model_name *names;
	struct model_page *pages;
};

/** struct model - @nodes: how many there are */
struct model {
	struct model_node *root;
	u32 nodes;
};

void model_init(struct model *m, u16 root_mode);
/** model_fini() - frees all; nothing may be held but the root */
void model_fini(struct model *m);

void model_hold(struct model_node *node);
void model_drop(struct model *m, struct model_node *node);

/* All return 0 or -errno. Names are NUL-terminated and not `.` or `..` */
int model_lookup(struct model_node *dir, const char *name, struct model_node **out);
/** model_make() - @mode tells the type; @target of a symbolic link */
int model_make(struct model *m, struct model_node *dir, const char *name, u16 mode,
	       const char *target, struct model_node **out);
int model_link(struct model_node *dir, const char *name, struct model_node *node);
int model_unlink(struct model *m, struct model_node *dir, const char *name);
int model_rmdir(struct model *m, struct model_node *dir, const char *name);
int model_rename(struct model *m, struct model_node *odir, const char *oname,
		 struct model_node *ndir, const char *nname, bool noreplace, bool exchange);
/** model_inside() - is @above the directory @dir, or above it? */
bool model_inside(const struct model_node *above, const struct model_node *dir);

int model_write(struct model_node *node, u64 off, const void *data, size_t len);
int model_read(const struct model_node *node, u64 off, void *data, size_t len);
int model_resize(struct model_node *node, u64 size);

#endif /* EFS_FUZZ_MODEL_H */
