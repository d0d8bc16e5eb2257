/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The power-cut simulator.
 *
 *   script.c   what is done: scripts of operations, by name or as text
 *   model.c    what is promised: each state of the tree, and which of them may be seen
 *   run.c      a script on the core (libefs), or on a mounted directory
 *   record.c   what reached the device, and what might have
 *   states.c   the disks a cut may leave
 *   fsck.c     e2fsck: its exit status and what it found
 *   check.c    is a disk as promised?
 *   base.c     the volumes before a script begins
 *   crash.c    the program
 *
 * Operations of a script are counted from 1; state k of the tree is the one after operation
 * k, state 0 what was there before. A cut comes while operation k runs, or after it has
 * returned.
 */
#ifndef EFS_CRASH_H
#define EFS_CRASH_H

#include "../../user/lib/volume.h"

void die(const char *fmt, ...) __printf(1, 2) __attribute__((noreturn));
void *xalloc(size_t size);
void *xgrow(void *p, size_t size);

#define PATH_MAX_LEN	96
#define OPS_MAX		640

/* ---- script.c ---- */

enum op_kind {
	OP_CREATE, OP_MKDIR, OP_FIFO, OP_CHR, OP_SYMLINK, OP_LINK, OP_UNLINK, OP_RMDIR,
	OP_RENAME, OP_EXCHANGE, OP_NOREPLACE, OP_WRITE, OP_OSYNC, OP_TRUNCATE, OP_FSYNC, OP_SYNC,
	OP_KINDS
};

/**
 * struct op - one operation
 * @fails: it must fail, and change nothing
 * @a, @b: paths from the root, without a slash in front
 * @off, @len: of writes; @len: size to truncate to, length of a symbolic link's target
 */
struct op {
	enum op_kind kind;
	bool fails;
	char a[PATH_MAX_LEN], b[PATH_MAX_LEN];
	u64 off, len;
};

struct script {
	char name[64];
	u32 n;
	struct op op[OPS_MAX];
};

extern const char base_text[];

/** script_parse() - text to operations; sizes in the units of a volume of this block size */
void script_parse(const char *name, const char *text, u32 block_size, struct script *s);

/** script_text() - text of the script @name: from the table, "random:SEED:COUNT", or itself */
const char *script_text(const char *name);

/** script_name() - name of script @i of the table, NULL behind the last */
const char *script_name(u32 i);

void op_print(const struct op *op, char *buf, size_t size);

/* ---- model.c ---- */

#define PAGE	1024u
#define CELL	16u
#define NO_OBJ	0u

/* what 16 bytes of file data say about themselves */
struct cell {
	u32 magic, obj, op, at;
};

#define CELL_MAGIC	0x6c6c6543u
#define STALE_OBJ	0xdeadu		/* fills blocks that belong to no file */

struct page {
	u64 idx;
	u8 *data;
};

/** struct version - contents from operation @op on; pages that are missing are zeros */
struct version {
	u32 op;
	u64 size;
	u32 n;
	struct page *page;
};

struct obj {
	u16 type;		/* EFS_S_IFREG, ... */
	u32 born;
	char *target;
	struct version *v;
	u32 nv;
	char newest[PATH_MAX_LEN];	/* the name given last */
	bool fresh;			/* no fsync has made it durable */
};

struct name {
	char path[PATH_MAX_LEN];
	u32 obj;
};

/** struct tree - all names in one state, in order */
struct tree {
	struct name *name;
	u32 n;
};

enum mode {
	MODE_SYNC, MODE_DIRSYNC, MODE_ASYNC, MODES
};

extern const char *const mode_name[MODES];

/** struct model - all states of a script; index 0 of @obj is no object */
struct model {
	const struct script *script;
	enum mode mode;
	bool names_only;	/* no operation changes the contents of a file */
	struct obj *obj;
	u32 nobj;
	u32 steps;		/* operations seen so far */
	struct tree *tree;	/* steps + 1 */
	/* by operation: the name it made durable, or "", and the first directory above it */
	char (*synced)[PATH_MAX_LEN], (*synced_top)[PATH_MAX_LEN];
	/* of model_index(): all paths, in order; by path and state: object, oldest state */
	u32 npaths;
	char (*path)[PATH_MAX_LEN];
	u16 *at, *path_since;
	u16 *data_since;	/* by object and state */
};

struct model *model_new(const struct script *base, const struct script *s, enum mode mode);
void model_free(struct model *m);

/** model_find() - object of @path in state @k, NO_OBJ if there is none */
u32 model_find(const struct model *m, u32 k, const char *path);

/** model_possible() - would this operation work in the last state, and do something? */
bool model_possible(const struct model *m, const struct op *op);

/** model_step() - the script has one operation more */
void model_step(struct model *m);

/**
 * model_index() - fill the tables behind the functions below; the script is complete
 *
 * The oldest state of a path or a file is the one that a cut may bring back while no
 * operation behind the given state has returned.
 */
void model_index(struct model *m);

static inline u32 model_at(const struct model *m, u32 path, u32 k)
{
	return m->at[path * (m->steps + 1) + k];
}

static inline u32 model_path_since(const struct model *m, u32 path, u32 returned)
{
	return m->path_since[path * (m->steps + 1) + returned];
}

static inline u32 model_data_since(const struct model *m, u32 obj, u32 returned)
{
	return m->data_since[obj * (m->steps + 1) + returned];
}

/** model_osync_only() - does the script change the contents of @obj, and with O_SYNC only? */
bool model_osync_only(const struct model *m, u32 obj);

/** model_version() - contents of @obj in state @k; NULL before it was born */
const struct version *model_version(const struct model *m, u32 obj, u32 k);

/** version_page() - PAGE bytes at @idx, NULL if zeros */
const u8 *version_page(const struct version *v, u64 idx);

/** path_below() - is @path @dir or below it? */
bool path_below(const char *path, const char *dir);

/** fill_cells() - data that operation @op writes to bytes [off, off + len) of @obj */
void fill_cells(u8 *buf, u32 obj, u32 op, u64 off, u64 len);

/* ---- record.c ---- */

enum ev_type {
	EV_MAY,		/* changed in the cache: may be written from now on */
	EV_WRITE,	/* was written: durable after the next flush */
	EV_FUA,		/* was written past the device's cache: durable */
	EV_FLUSH,
	EV_DROP,	/* the block in the cache was forgotten */
	EV_BEGIN,	/* of operation .blk */
	EV_END
};

struct ev {
	enum ev_type type;
	u32 blk;
	u64 hash;
	u8 *data;
};

struct record {
	u32 block_size;
	struct ev *ev;
	u32 n, room;
};

/** record_layer() - a device that appends to @r what it passes on to @under */
struct efs_device *record_layer(struct efs_device *under, struct record *r);
void record_mark(struct record *r, enum ev_type type, u32 op);
void record_clear(struct record *r);
u64 hash_block(u32 blk, const u8 *data, u32 size);

/* the linker's names: calls of the cache's functions come to __wrap_, __real_ is the cache's */
struct efsu_bcache;
void __real_efsu_bcache_dirty(struct efs_buf *b);
void __real_efsu_bcache_forget(struct efs_buf *b);
void __real_efsu_bcache_drop(struct efsu_bcache *c, u32 blk, u32 len);
void __wrap_efsu_bcache_dirty(struct efs_buf *b);
void __wrap_efsu_bcache_forget(struct efs_buf *b);
void __wrap_efsu_bcache_drop(struct efsu_bcache *c, u32 blk, u32 len);

/* ---- run.c ---- */

/**
 * run_core() - base or script on a mounted volume
 * @m: says what to write
 * @base: the script makes the base; its operations have no numbers
 */
void run_core(struct efs_volume *vol, const struct script *s, const struct model *m, bool base,
	      struct record *r);

/** run_posix() - the script on a mounted directory; @mark is run as "MARK begin|end K" */
void run_posix(const char *dir, const struct script *s, const struct model *m, const char *mark);

/* ---- base.c ---- */

struct volume {
	const char *name;
	u32 block_size, blocks;
	const char *mke2fs;
};

extern const struct volume volumes[];

const struct volume *volume_find(const char *name);

/** base_now() - struct efs_env.now: long ago, and always the same, whatever the clock does */
void base_now(void *ctx, int64_t *sec, uint32_t *nsec);

/** base_image() - volume with everything of base_text on it; other blocks hold STALE_OBJ cells */
u8 *base_image(const struct volume *v, const struct model *m, const struct script *base);

/* ---- fsck.c ---- */

enum problem {
	P_BITMAP, P_COUNTS, P_ZERO_DTIME, P_I_BLOCKS, P_I_SIZE, P_LINKS, P_UNATTACHED,
	P_UNCONNECTED, P_DOTDOT, P_DIR_LINK, P_UNUSED_INODE, P_FILETYPE, P_SHARED, P_ILLEGAL,
	P_DIR_BLOCK, P_INODE, P_OTHER, P_CLASSES
};

extern const char *const problem_name[P_CLASSES];

/**
 * struct verdict - what e2fsck made of a disk
 * @preen: exit status of -p
 * @status: of the last run: of -fy if -p asked for it
 * @found: problems by class, of the run that went to the end
 * @other: a line nobody knows
 */
struct verdict {
	int preen, status;
	u32 found[P_CLASSES];
	char other[160];
};

/** fsck_repair() - mend the image behind @fd */
void fsck_repair(int fd, struct verdict *v);
/** fsck_clean() - does e2fsck -fn agree? Prints what it says if not */
bool fsck_clean(int fd);

/* ---- check.c ---- */

/* what is wrong with the files of a mended disk; all but the last are breaches in sync mode */
enum flaw {
	F_NAME,			/* a name is missing, or leads elsewhere */
	F_LOST,			/* a file is nowhere */
	F_SIZE,
	F_FOREIGN,		/* data of another file */
	F_STALE,		/* data of a file that was deleted long ago, or metadata */
	F_OWN,			/* data the file had once, but not there, or no more */
	F_REFUSED,		/* the core finds fault with what e2fsck has mended */
	F_FSCK,			/* e2fsck finds fault with what it has mended, or has given up */
	F_PROBLEM,		/* e2fsck met what must not be */
	FLAWS
};

extern const char *const flaw_name[FLAWS];

/** struct finding - the outcome of one disk
 * @breach: flaws against the promise; @beyond: flaws outside it
 */
struct finding {
	struct verdict fsck;
	u32 breach[FLAWS], beyond[FLAWS];
	bool broken;
	char text[1024];
};

/**
 * check_image() - mend a disk and hold it against the promise
 * @image: changed
 * @op: operation under way; @returned: it has returned
 * @deep: also ask e2fsck whether it is content with what it did
 */
void check_image(const struct model *m, u8 *image, size_t size, u32 op, bool returned, bool deep,
		 struct finding *f);

/* ---- census.c ---- */

/**
 * struct census - figures of one leaf, or sums of them
 * @states: (disk, promise) pairs tried
 * @disks: different disks among them
 * @clean: exit status 0 of e2fsck -p; @mended: 1; @by_hand: the rest
 * @found: states by problem of e2fsck
 */
struct census {
	u64 states, disks, clean, mended, by_hand, broken;
	u64 found[P_CLASSES], breach[FLAWS], beyond[FLAWS];
};

/** census_count() - one more state, and what was found in it; @c->disks is the caller's */
void census_count(struct census *c, const struct finding *f);

/** census_add() - add @from to @to */
void census_add(struct census *to, const struct census *from);

/** census_print() - a table of comments in KTAP, a column for each mode; rows of zeros left out */
void census_print(const struct census sum[MODES]);

/* ---- states.c ---- */

struct bounds {
	u32 per_leaf, random;
	bool through;		/* the device has no volatile cache */
	bool no_early;		/* the cache writes nothing on its own */
	const char *keep;	/* directory for disks that break the promise */
};

/** try_states() - all of @r within @b, from @base on; breaches are printed to @out */
void try_states(const struct model *m, const struct record *r, const u8 *base, size_t size,
		const struct bounds *b, u32 seed, struct census *c, void *out);

#endif /* EFS_CRASH_H */
