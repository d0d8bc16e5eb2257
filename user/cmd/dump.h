/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of `efs dump` share: a writer that speaks text and JSON, and what it is about.
 *
 * The same calls make both. A field has one name, "free_blocks", which is "free blocks:" in
 * text. Objects and arrays nest in JSON; in text they leave no trace but an empty line. A table
 * is an array of objects in JSON, and lines under a heading in text.
 */
#ifndef EFS_CMD_DUMP_H
#define EFS_CMD_DUMP_H

#include "cmd.h"
#include "efs_ext2.h"

/* ---- the writer: dump_out.c ---- */

#define OUT_DEPTH 8

/**
 * struct column - of a table
 * @width: in text; 0: the last one, as wide as it is. Negative: flush left
 */
struct column {
	const char *name;
	int width;
};

/**
 * struct out - a writer, on stdout
 * @more: something was written at that depth: a comma comes next
 * @columns: of the table that is being written; NULL: none
 * @column: the next one
 */
struct out {
	bool json;
	unsigned int depth;
	bool more[OUT_DEPTH];
	const struct column *columns;
	size_t column;
};

/** out_open() - begin an object; @name NULL: it is an element of an array, or the outermost */
void out_open(struct out *o, const char *name);
void out_close(struct out *o);

/** out_list() - begin an array whose elements come without names; out_list_end(): end it */
void out_list(struct out *o, const char *name);
void out_list_end(struct out *o);

/** out_gap() - an empty line, in text */
void out_gap(const struct out *o);

/** out_table() - begin a table; out_row(): begin a row; out_table_end(): end both
 * The cells of a row are fields without names, in the order of @columns, which end with a
 * name that is NULL.
 */
void out_table(struct out *o, const char *name, const struct column *columns);
void out_row(struct out *o);
void out_row_end(struct out *o);
void out_table_end(struct out *o);

/* fields, or with @name NULL cells of a table and elements of an array */
void out_number(struct out *o, const char *name, uint64_t n);
void out_signed(struct out *o, const char *name, int64_t n);
/** out_hex() - in JSON a plain number */
void out_hex(struct out *o, const char *name, uint64_t n, int digits);
void out_bool(struct out *o, const char *name, bool yes);
/** out_word() - text of ours; NULL: `-`, in JSON null */
void out_word(struct out *o, const char *name, const char *s);
/** out_bytes() - text of the image, which may be anything */
void out_bytes(struct out *o, const char *name, const char *s, size_t len);
/** out_time() - UTC; @nsec above 999999999: whole seconds, and 0 is never */
void out_time(struct out *o, const char *name, int64_t sec, uint32_t nsec);
#define OUT_SECONDS UINT32_MAX
void out_uuid(struct out *o, const char *name, const uint8_t *uuid);
void out_problem(struct out *o, const char *name, const struct efs_reason *problem);
/** out_range() - an element of an array: two numbers */
void out_range(struct out *o, uint64_t first, uint64_t last);

/* ---- what is shown: dump_show.c ---- */

/**
 * struct dump - what is looked at
 * @name: of the image, for messages
 */
struct dump {
	const char *name;
	struct efs_ext2 *x;
	struct efs_ext2_super super;
	struct out out;
};

/* Each returns an exit status, and has said what went wrong */

int dump_groups(struct dump *d);
int dump_group(struct dump *d, uint32_t number);
int dump_inode(struct dump *d, const struct efs_ext2_inode *inode);
int dump_map(struct dump *d, const struct efs_ext2_inode *inode);
int dump_dir(struct dump *d, const struct efs_ext2_inode *inode);
int dump_block(struct dump *d, uint64_t block);
/** dump_all() - groups, and every inode in use with its map and its records */
int dump_all(struct dump *d);

#endif /* EFS_CMD_DUMP_H */
