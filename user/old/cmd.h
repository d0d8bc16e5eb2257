/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the efs command share. One thread, one image open at a time.
 */
#ifndef EFSU_CMD_H
#define EFSU_CMD_H

#include <signal.h>
#include <stdio.h>

#include "fs.h"

#define CMD_OK		0
#define CMD_FAILED	1
#define CMD_USAGE	2

/**
 * struct operand - an argument IMAGE:PATH
 * @arg: as the user wrote it
 * @fs: the mounted image; valid until the next cmd_open()
 * @path, @len: the part behind the colon, "/" if there is none
 */
struct operand {
	const char *arg;
	struct efsu_fs *fs;
	const char *path;
	size_t len;
};

/** cmd_signal - the signal that asked the command to end; 0: none. Loops look at it */
extern volatile sig_atomic_t cmd_signal;

/** cmd_open() - mount the image of an argument, unless it is the one that is mounted
 * Return: 0, or -1: what is wrong has been said.
 */
int cmd_open(const char *arg, bool rdonly, struct operand *op);

/** cmd_error() - one line on stderr: command, what it was about, reason
 * @err: negative errno
 * @what: may hold any bytes
 * Return: CMD_FAILED.
 */
int cmd_error(int err, const char *what);

/** cmd_complain() - the same with words in place of an errno */
int cmd_complain(const char *what, const char *fmt, ...) __printf(2, 3);

/** cmd_usage() - a wrong option or argument: show how it is done. Return: CMD_USAGE */
int cmd_usage(const char *fmt, ...) __printf(1, 2);

/** cmd_escape() - bytes as one printable line in a buffer that the next call reuses
 * Control characters, backslashes and what is no UTF-8 become \ and three octal digits.
 */
const char *cmd_escape(const char *s, size_t len);

/** cmd_print_name() - a name on stdout: as it is, but escaped on a terminal */
void cmd_print_name(const char *s, size_t len);

/** cmd_mode() - "drwxr-xr-x" of a mode; @out has room for 11 bytes */
void cmd_mode(u16 mode, char *out);

/** cmd_list() - all entries of a directory but, unless @all, those with a leading dot
 * @ents: the caller calls free(); also set, to what could be read, on failure
 */
int cmd_list(struct efsu_inode *dir, bool all, struct efsu_dirent **ents, size_t *n);

/** struct inoset - inode numbers, to notice a directory that is met twice */
struct inoset {
	u32 *slots;
	u32 used, mask;
};

/** inoset_add() - 1 if it was not there before, 0 if it was, -ENOMEM */
int inoset_add(struct inoset *set, u32 ino);
void inoset_free(struct inoset *set);

/* the commands: arguments behind the name of the command, which is argv[0] */
int cmd_ls(int argc, char **argv);
int cmd_cat(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_put(int argc, char **argv);
int cmd_mkdir(int argc, char **argv);
int cmd_rm(int argc, char **argv);

#endif /* EFSU_CMD_H */
