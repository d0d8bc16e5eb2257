/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the efs command share.
 *
 * A command is one function, cmd_NAME(argc, argv), with a row in table.c. It
 * parses its options with getopt_long(), opens its operands with cmd_open(), and returns
 * an exit status. Images stay open until the command is over; the frame closes them. One
 * thread. Everything is done through efs.h.
 *
 * Messages go to stderr and name what they are about as the user wrote it; listings go to
 * stdout with paths inside the image. Names from an image may hold any bytes: they are
 * printed by cmd_print_name() or through cmd_escape(), never by printf("%s").
 */
#ifndef EFS_CMD_H
#define EFS_CMD_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efs.h"

#define CMD_OK		0
#define CMD_FAILED	1
#define CMD_USAGE	2

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))

/**
 * CMD_BUFFER - bytes for copying contents: one request of the library's each
 * More than this falls out of a processor's cache between reading and writing, and costs more
 * than larger requests save.
 */
#define CMD_BUFFER ((size_t)256 << 10)

/* ---- the frame: main.c, table.c ---- */

/**
 * struct command - a line of the table
 * @args: what follows the name in the usage line
 * @help: one line
 * @more: the options, a line each, indented by two; NULL: none
 * @flags: CMD_NOSHELL, ...
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
	const char *more;
	unsigned int flags;
};

#define CMD_NOSHELL	0x1	/* makes no sense inside `efs sh` */
#define CMD_SHELL	0x2	/* only there */

/** cmd_signal - the signal that asked the command to end; 0: none. Loops look at it */
extern volatile sig_atomic_t cmd_signal;

/** cmd_current - the command that runs */
extern const struct command *cmd_current;

/** cmd_find() - by name; NULL if there is none. cmd_table() - all, by number; NULL behind */
const struct command *cmd_find(const char *name);
const struct command *cmd_table(size_t k);

/** cmd_run() - run one command, argv[0] being its name; says if there is none
 * Return: its status; what it wrote to stdout has been flushed, or that is an error too.
 */
int cmd_run(int argc, char **argv);

/* ---- images: image.c ---- */

/**
 * struct cmd_globals - options in front of the command
 * @image: all operands are paths in this one; NULL: they are IMAGE:PATH
 * @options: for efs_volume_open()
 */
struct cmd_globals {
	const char *image;
	uint64_t offset, sizelimit, overlay_limit;
	unsigned int partition;
	bool rdonly, overlay, direct;
	struct efs_options options;
};

extern struct cmd_globals cmd_globals;

/** cmd_globals_parse() - a list KEY=VALUE,... into cmd_globals
 * Return: 0, or -1: what is wrong has been said.
 */
int cmd_globals_parse(const char *list);

/**
 * struct operand - an argument IMAGE:PATH
 * @arg: as the user wrote it
 * @image: that part of it, or what -i said; "" inside the shell
 * @path: the part behind the colon, "/" if there is none
 * @at: where it starts, for the functions with _at; @at.volume is set
 * @id: another one for each volume that is open
 */
struct operand {
	const char *arg;
	const char *image;
	const char *path;
	struct efs_at at;
	unsigned int id;
};

/** cmd_is_image() - does an argument name an image? Otherwise it is a path of the host */
bool cmd_is_image(const char *arg);

/** cmd_open() - open the image of an argument, unless it is open already
 * @write: it will be changed. If one command needs both, it opens what it writes first.
 * Return: 0, or -1: what is wrong has been said.
 */
int cmd_open(const char *arg, bool write, struct operand *op);

/** cmd_open_device() - the device alone, with offset, partition and overlay as asked for
 * @arg: IMAGE, or IMAGE#N; with -i it is not looked at and may be NULL
 * @out: the caller's, closed by efs_device_close()
 * Return: 0, or -1: what is wrong has been said.
 */
int cmd_open_device(const char *arg, bool write, struct efs_device **out);

/** cmd_close_all() - close all images. Return: 0, or a negative errno that has been said */
int cmd_close_all(void);

/** cmd_sync_all() - what has been done is durable. Return: as cmd_close_all() */
int cmd_sync_all(void);

/** cmd_is_open_image() - is that file of this machine an image that is in use here? */
bool cmd_is_open_image(uint64_t dev, uint64_t ino);

/** cmd_set_cwd() - inside the shell: where relative paths start. @dir is given away */
void cmd_set_cwd(struct efs_file *dir);
struct efs_file *cmd_get_cwd(void);

/** cmd_file() - the file of an operand. @flags: EFS_NOFOLLOW. Nothing is said. */
int cmd_file(const struct operand *op, unsigned int flags, struct efs_file **out);

/** cmd_parent() - the directory that an operand's last component is in, and that name
 * @name: into @op->path or a static buffer; without slashes behind it
 * @slash: there were some: it must be a directory
 * Return: -EINVAL if the last component is `.`, `..` or there is none.
 */
int cmd_parent(const struct operand *op, struct efs_file **dir, const char **name, bool *slash);

/* ---- messages: message.c ---- */

/** cmd_error() - one line on stderr: command, what it was about, reason
 * @err: negative errno
 * @what: may hold any bytes
 * Return: CMD_FAILED.
 */
int cmd_error(int err, const char *what);

/** cmd_error_in() - the same about a path in the image of @op */
int cmd_error_in(const struct operand *op, const char *path, int err);

/** cmd_complain() - the same with words in place of an errno */
int cmd_complain(const char *what, const char *fmt, ...) __printf(2, 3);

/** cmd_complain_in() - the same about a path in the image of @op */
int cmd_complain_in(const struct operand *op, const char *path, const char *fmt, ...)
	__printf(3, 4);

/** cmd_usage() - a wrong option or argument: show how it is done
 * @fmt: NULL if getopt_long() has said what is wrong
 * Return: CMD_USAGE
 */
int cmd_usage(const char *fmt, ...) __printf(1, 2);

/** cmd_help() - how a command is used, all of it */
void cmd_help(FILE *f, const struct command *c);

/** cmd_reason() - what a negative errno means; static */
const char *cmd_reason(int err);

/** cmd_escape() - bytes as one printable line in a buffer that the next calls reuse
 * Control characters, backslashes and what is no UTF-8 become \ and three octal digits.
 * Four results are good at the same time.
 */
const char *cmd_escape(const char *s, size_t len);

/** cmd_print_name() - a name on stdout: as it is, but escaped on a terminal
 * Return: columns it takes there.
 */
size_t cmd_print_name(const char *s);

/** cmd_width() - the columns it would take */
size_t cmd_width(const char *s);

/** cmd_tty() - is stdout a terminal? */
bool cmd_tty(void);

/** cmd_json() - a string between quotes as JSON; bytes that are no UTF-8 as U+DC80.. */
void cmd_json(FILE *f, const char *s);

/* ---- numbers, modes, times, owners: text.c. All say nothing; false or NULL if wrong ---- */

/** cmd_parse_size() - a number with a suffix: K M G T are powers of 1024, KB... of 1000 */
bool cmd_parse_size(const char *s, uint64_t *out);
bool cmd_parse_number(const char *s, uint64_t max, uint64_t *out);

/** struct cmd_mode - a mode to be set: octal, or changes of what is there */
struct cmd_mode {
	bool octal;
	uint32_t value;
	const char *text;
	uint32_t umask;
};

/** cmd_parse_mode() - octal or as chmod(1): u+rwx,go=,a-s ...; @s is kept */
bool cmd_parse_mode(const char *s, struct cmd_mode *m);

/** cmd_apply_mode() - the permission bits that come of @old; @dir: it is a directory's */
uint32_t cmd_apply_mode(const struct cmd_mode *m, uint32_t old, bool dir);

uint32_t cmd_umask(void);

/** cmd_parse_time() - @SECONDS[.fraction], or YYYY-MM-DD[{T, }HH:MM[:SS[.fraction]]][Z|+HHMM] */
bool cmd_parse_time(const char *s, struct efs_timestamp *t);

/** cmd_user_id() - a number, or a name of the host's; cmd_group_id() likewise */
bool cmd_user_id(const char *s, uint32_t *id);
bool cmd_group_id(const char *s, uint32_t *id);

/** cmd_user_name() - the host's name for it, or the number; in a buffer of its own */
const char *cmd_user_name(uint32_t id);
const char *cmd_group_name(uint32_t id);

/** cmd_human() - 1.5K, 23M, ... into @buf of 16 bytes, rounded up as ls and du do */
const char *cmd_human(uint64_t bytes, char *buf);

const char *cmd_type_name(uint32_t mode);

/* ---- directories and paths: dir.c ---- */

/** cmd_join() - DIR/NAME; the caller calls free(). Never NULL: exits without memory */
char *cmd_join(const char *dir, const char *name);

/** cmd_alloc() - zeroed memory; never NULL: ends the program if there is none
 * cmd_realloc(), cmd_strdup(), cmd_strndup() likewise. Images that are open then stay as
 * a killed program leaves them, and that is said.
 */
void *cmd_alloc(size_t size);
void *cmd_realloc(void *p, size_t size);
char *cmd_strdup(const char *s);
char *cmd_strndup(const char *s, size_t len);

/**
 * struct entry - one of a directory
 * @type: EFS_IFDIR, ...; 0 if the directory does not say and it was not looked up
 * @target: with LIST_INFO: where a symbolic link leads; NULL for other files
 * @err: with LIST_INFO: why @info or @target is not set
 */
struct entry {
	char *name, *target;
	uint64_t ino;
	uint32_t type;
	int err;
	struct efs_info info;
};

#define LIST_DOTS	0x1	/* `.` and `..` too */
#define LIST_HIDDEN	0x2	/* other names with a leading dot too */
#define LIST_INFO	0x4	/* look at each file */
#define LIST_TYPE	0x8	/* look at those whose type the directory does not say */
#define LIST_SORT	0x10	/* by name; else in the order of the directory */
#define LIST_DIRS	0x20	/* directories alone, as far as types are known */

struct list {
	struct entry *ents;
	size_t n;
};

/** cmd_list() - all entries of a directory
 * @list: also set, to what could be read, on failure; list_free() must be called
 */
int cmd_list(struct efs_file *dir, unsigned int flags, struct list *list);
void list_free(struct list *list);

/** entry_fill() - @info, @type, @ino and @target of a file. Return: 0, or why not @target */
int entry_fill(struct entry *e, struct efs_file *file);

/** struct inoset - inode numbers, to notice a directory that is met twice */
struct inoset {
	uint64_t *slots;
	size_t used, mask;
};

/** inoset_add() - true if it was not there before */
bool inoset_add(struct inoset *set, uint64_t ino);
bool inoset_has(const struct inoset *set, uint64_t ino);
void inoset_free(struct inoset *set);

/** cmd_readlink() - target of a symbolic link; the caller calls free() */
int cmd_readlink(struct efs_file *file, char **target);

/** cmd_canonical() - the absolute path of an operand without links, `.` and `..` (cat.c)
 * The last component need not exist. @out: the caller calls free().
 */
int cmd_canonical(const struct operand *op, char **out);

/* ---- colours: color.c ---- */

/** color_setup() - @when: auto, always, never; NULL: always. false if it is none of these */
bool color_setup(const char *when);

/** color_wanted() - are names coloured? */
bool color_wanted(void);

/** color_name() - a name on stdout, in its colour. Return: columns it takes */
size_t color_name(const char *name, uint32_t mode);

/* ---- the commands: arguments behind the name of the command, which is argv[0] ---- */

int cmd_cat(int argc, char **argv);
int cmd_chgrp(int argc, char **argv);
int cmd_chmod(int argc, char **argv);
int cmd_chown(int argc, char **argv);
int cmd_cp(int argc, char **argv);
int cmd_du(int argc, char **argv);
int cmd_find_files(int argc, char **argv);
int cmd_get(int argc, char **argv);
int cmd_ln(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_mkdir(int argc, char **argv);
int cmd_mknod(int argc, char **argv);
int cmd_mv(int argc, char **argv);
int cmd_put(int argc, char **argv);
int cmd_readlinks(int argc, char **argv);
int cmd_rm(int argc, char **argv);
int cmd_rmdir(int argc, char **argv);
int cmd_sh(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_touch(int argc, char **argv);
int cmd_tree(int argc, char **argv);
int cmd_truncate(int argc, char **argv);
int cmd_xattr(int argc, char **argv);

/* df.c, check.c, dump.c, mkimage.c */
int cmd_check(int argc, char **argv);
int cmd_df(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_mkimage(int argc, char **argv);

#endif /* EFS_CMD_H */
