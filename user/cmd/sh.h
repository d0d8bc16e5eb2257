/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of efs sh: words and patterns (sh_words.c), the line editor (sh_edit.c).
 */
#ifndef EFS_CMD_SH_H
#define EFS_CMD_SH_H

#include "cmd.h"

/** struct words - of one command; @v ends with NULL */
struct words {
	char **v;
	size_t n;
};

/**
 * sh_words() - the next command of a line
 * @line: moved behind it
 * @op: where patterns are looked up
 * @words: what it consists of, patterns replaced by the names that match
 *
 * Words are separated by blanks, commands by `;` and newlines. Quotes and backslashes work
 * as in sh(1); `#` at the start of a word begins a comment. * ? [ ] are patterns, for
 * names on the side that the command expects there.
 * Return: 0, or -1: a quote is not closed, which has been said.
 */
int sh_words(const char **line, const struct operand *op, struct words *words);
void sh_words_free(struct words *words);

/** sh_edit_start() - the editor, with the history of former times */
void sh_edit_start(void);

/** sh_edit_line() - a line from the terminal; the caller calls free()
 * NULL: the end; "" also after Ctrl-C.
 */
char *sh_edit_line(const char *prompt);
void sh_edit_end(void);

#endif /* EFS_CMD_SH_H */
