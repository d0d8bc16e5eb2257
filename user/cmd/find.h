/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Expressions of efs find: parsed by find_expr.c, carried out by find.c.
 */
#ifndef EFS_CMD_FIND_H
#define EFS_CMD_FIND_H

#include "walk.h"

enum find_what {
	FIND_AND, FIND_OR, FIND_NOT,
	FIND_TRUE, FIND_FALSE, FIND_NAME, FIND_INAME, FIND_PATH, FIND_IPATH, FIND_LNAME, FIND_TYPE,
	FIND_SIZE, FIND_PERM, FIND_UID, FIND_GID, FIND_TIME, FIND_MIN, FIND_NEWER, FIND_LINKS,
	FIND_INUM, FIND_EMPTY,
	FIND_PRUNE, FIND_PRINT, FIND_PRINT0, FIND_LS, FIND_DELETE, FIND_QUIT,
};

/**
 * struct find_expr - a test, an action, or what joins them
 * @a, @b: operands of and, or, not
 * @text: a pattern, or letters of types
 * @sign: '+': more than @n, '-': less, 0: just; for permissions '-': all, '/': any
 * @n: a number, in @unit bytes of sizes
 * @which: 'a', 'm', 'c' of times
 */
struct find_expr {
	enum find_what what;
	struct find_expr *a, *b;
	const char *text;
	char sign, which;
	uint64_t n, unit;
	struct efs_timestamp time;
};

/**
 * struct find - a search
 * @info: something asks for more than names and types
 * @acts: there is an action, so nothing is printed by itself
 * @writes: one of them is -delete
 */
struct find {
	struct find_expr *expr;
	uint64_t min_depth, max_depth;
	bool depth_first, info, acts, writes, quit;
	int64_t now;
	const struct walk *walk;
	int status;
};

/** find_parse() - arguments up to NULL. Return: 0, or a status: what is wrong has been said */
int find_parse(struct find *f, char **args);
void find_free(struct find_expr *e);

/** find_eval() - @prune: set if it is not to be gone into. Return: is it true? */
bool find_eval(struct find *f, const struct find_expr *e, struct walk_item *item, bool *prune);

/** find_act() - an action (find.c). Return: did it work? */
bool find_act(struct find *f, enum find_what what, struct walk_item *item);

#endif /* EFS_CMD_FIND_H */
