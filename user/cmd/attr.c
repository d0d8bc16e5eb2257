// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that change attributes: chmod, chown, chgrp, touch, truncate.
 */
#include <getopt.h>
#include <time.h>
#include <unistd.h>

#include "walk.h"

/**
 * struct change - what is done to each file
 * @mode: NULL: not that; @uid, @gid: with @mask
 * @model: with @like: attributes of the file of --reference
 * @op: the operand that @walk is in
 */
struct change {
	const struct cmd_mode *mode;
	unsigned int mask;
	uint32_t uid, gid;
	bool verbose, like;
	struct efs_info model;
	struct operand op;
	struct walk walk;
	int status;
};

static int change_one(const struct change *c, struct efs_file *file, bool found)
{
	struct efs_changes ch = { .mask = c->mask, .uid = c->uid, .gid = c->gid };
	bool dir = efs_file_type(file) == EFS_IFDIR;
	struct efs_info info;

	if (c->mode) {
		/* a link has no mode of its own */
		if (efs_file_type(file) == EFS_IFLNK)
			return found ? 0 : -EOPNOTSUPP;
		efs_file_info(file, &info);
		ch.mask |= EFS_SET_MODE;
		ch.mode = cmd_apply_mode(c->mode, info.mode, dir);
	}
	return efs_file_change(file, &ch);
}

static bool change_item(void *ctx, struct walk_item *item)
{
	const char *path = item->path;
	struct change *c = ctx;
	struct efs_file *file;
	int err = walk_open(&c->walk, item, &file);
	bool opened = !err;

	if (opened) {
		item->e->type = efs_file_type(file);
		err = change_one(c, file, item->parent);
		efs_file_close(file);
	}
	if (err) {
		c->status = item->parent ? cmd_error_in(c->walk.op, path, err) :
					   cmd_error(err, c->walk.op->arg);
	} else if (c->verbose) {
		cmd_print_name(path);
		putchar('\n');
	}
	return opened;
}

/* the operands: argv from @optind on. Return: a status */
static int change_operands(struct change *c, int argc, char **argv)
{
	c->walk.flags = LIST_HIDDEN;
	c->walk.enter = change_item;
	c->walk.ctx = c;
	c->walk.op = &c->op;
	for (; optind < argc && !cmd_signal; optind++)
		if (cmd_open(argv[optind], true, &c->op) || walk_tree(&c->walk))
			c->status = CMD_FAILED;
	return c->status;
}

/* attributes of another file, for --reference: on this machine or in an image */
static bool reference(const char *arg, struct efs_info *info)
{
	struct efs_file *file;
	struct operand op;
	int err;

	if (cmd_open(arg, true, &op))
		return false;
	err = cmd_file(&op, 0, &file);
	if (err) {
		cmd_error(err, arg);
		return false;
	}
	efs_file_info(file, info);
	efs_file_close(file);
	return true;
}

/* the options of chmod, or of chown and chgrp. Return: 0, or a status */
static int change_options(struct change *c, int argc, char **argv, bool owner)
{
	static const struct option longs[] = {
		{ "no-dereference", no_argument, NULL, 'h' },	/* not of chmod */
		{ "recursive", no_argument, NULL, 'R' },
		{ "reference", required_argument, NULL, 'F' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	const char *shorts = owner ? "hRv" : "+Rv";
	int o;

	c->walk.follow = true;
	while ((o = getopt_long(argc, argv, shorts, longs + !owner, NULL)) != -1) {
		switch (o) {
		case 'h':
			c->walk.follow = false;
			break;
		case 'R':
			c->walk.max_depth = UINT64_MAX;
			break;
		case 'v':
			c->verbose = true;
			break;
		case 'F':
			if (!reference(optarg, &c->model))
				return CMD_FAILED;
			c->like = true;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	return CMD_OK;
}

/* ---- chmod ---- */

/* "-w" and the like are modes, not options */
static bool looks_like_mode(const char *arg)
{
	return arg[0] == '-' && arg[1] && !arg[strspn(arg, "-+=rwxXstugoa,01234567")] &&
	       strchr("rwxXst", arg[1]);
}

int cmd_chmod(int argc, char **argv)
{
	struct change c = { 0 };
	const char *text = NULL;
	struct cmd_mode mode;
	char octal[16];
	int k, status;

	for (k = 1; k < argc && strcmp(argv[k], "--") && !text; k++) {
		if (looks_like_mode(argv[k])) {
			text = argv[k];
			memmove(&argv[k], &argv[k + 1], (size_t)(argc - k) * sizeof(*argv));
			argc--;
		} else if (argv[k][0] != '-') {
			break;
		}
	}
	status = change_options(&c, argc, argv, false);
	if (status)
		return status;
	if (c.like) {
		/* five digits: also the set-ID bits of directories */
		snprintf(octal, sizeof(octal), "%05o", c.model.mode & 07777);
		text = octal;
	}
	if (!text && optind < argc)
		text = argv[optind++];
	if (!text || optind == argc)
		return cmd_usage("it takes a mode and files");
	if (!cmd_parse_mode(text, &mode))
		return cmd_usage("'%s' is no mode, octal or like u+x,go-w", text);
	c.mode = &mode;
	return change_operands(&c, argc, argv);
}

/* ---- chown, chgrp ---- */

/* USER, USER:GROUP, USER:, :GROUP, each a name or a number */
static bool parse_owner(const char *s, struct change *c)
{
	const char *colon = strchr(s, ':');
	char *user = cmd_strndup(s, colon ? (size_t)(colon - s) : strlen(s));
	bool good = true;

	if (user[0]) {
		good = cmd_user_id(user, &c->uid);
		c->mask |= EFS_SET_UID;
	}
	if (good && colon && colon[1]) {
		good = cmd_group_id(colon + 1, &c->gid);
		c->mask |= EFS_SET_GID;
	}
	free(user);
	return good && c->mask;
}

static int change_owner(int argc, char **argv, bool group)
{
	struct change c = { 0 };
	const char *text;
	int status;

	status = change_options(&c, argc, argv, true);
	if (status)
		return status;
	if (c.like) {
		c.mask = (group ? 0 : EFS_SET_UID) | EFS_SET_GID;
		c.uid = c.model.uid;
		c.gid = c.model.gid;
	}
	if (!c.mask && optind < argc) {
		text = argv[optind++];
		if (!group && !parse_owner(text, &c))
			return cmd_usage("'%s' is no owner: USER[:GROUP], :GROUP", text);
		if (group) {
			if (!cmd_group_id(text, &c.gid))
				return cmd_usage("'%s' is no group, by name or number", text);
			c.mask = EFS_SET_GID;
		}
	}
	if (!c.mask || optind == argc)
		return cmd_usage("it takes an owner and files");
	return change_operands(&c, argc, argv);
}

int cmd_chown(int argc, char **argv)
{
	return change_owner(argc, argv, false);
}

int cmd_chgrp(int argc, char **argv)
{
	return change_owner(argc, argv, true);
}

/* ---- touch ---- */

struct touch {
	struct efs_changes ch;
	bool no_create;
	unsigned int flags;
};

static int touch_one(const struct touch *t, const struct operand *op)
{
	struct efs_create what = { .mode = EFS_IFREG | (0666 & ~cmd_umask()), .uid = geteuid(),
				   .gid = getegid() };
	struct efs_file *file;
	int err;

	err = cmd_file(op, t->flags, &file);
	if (err == -ENOENT && t->no_create)
		return 0;
	if (err == -ENOENT && !t->flags)
		err = efs_create_at(&op->at, op->path, &what, &file);
	if (err)
		return err;
	err = efs_file_change(file, &t->ch);
	efs_file_close(file);
	return err;
}

int cmd_touch(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "date", required_argument, NULL, 'd' },
		{ "no-create", no_argument, NULL, 'c' },
		{ "no-dereference", no_argument, NULL, 'h' },
		{ "reference", required_argument, NULL, 'r' },
		{ 0 },
	};
	struct touch t = { .ch.mask = EFS_SET_NOW };
	int o, err, status = CMD_OK;
	unsigned int which = 0;
	struct operand op;
	struct efs_info info;

	while ((o = getopt_long(argc, argv, "acd:hmr:", longs, NULL)) != -1) {
		switch (o) {
		case 'a':
			which |= EFS_SET_ATIME;
			break;
		case 'm':
			which |= EFS_SET_MTIME;
			break;
		case 'c':
			t.no_create = true;
			break;
		case 'h':
			t.flags = EFS_NOFOLLOW;
			break;
		case 'd':
			if (!cmd_parse_time(optarg, &t.ch.atime))
				return cmd_usage("'%s' is no time: @SECONDS or YYYY-MM-DDTHH:MM:SS",
						 optarg);
			t.ch.mtime = t.ch.atime;
			t.ch.mask = 0;
			break;
		case 'r':
			if (!reference(optarg, &info))
				return CMD_FAILED;
			t.ch.atime = info.atime;
			t.ch.mtime = info.mtime;
			t.ch.mask = 0;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	t.ch.mask |= which ? which : EFS_SET_ATIME | EFS_SET_MTIME;
	if (optind == argc)
		return cmd_usage("no file is named");
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], true, &op)) {
			status = CMD_FAILED;
			continue;
		}
		err = touch_one(&t, &op);
		if (err)
			status = cmd_error(err, op.arg);
	}
	return status;
}

/* ---- truncate ---- */

/* the size that "+N", "-N" or "N" asks for; false if it is below 0 or too large */
static bool new_size(char sign, uint64_t n, uint64_t old, uint64_t *size)
{
	if (sign == '+') {
		*size = old + n;
		return *size >= old;
	}
	*size = sign == '-' ? (n < old ? old - n : 0) : n;
	return true;
}

int cmd_truncate(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "no-create", no_argument, NULL, 'c' },
		{ "size", required_argument, NULL, 's' },
		{ 0 },
	};
	struct touch make = { .ch.mask = 0 };
	int o, err, status = CMD_OK;
	bool given = false;
	uint64_t n = 0, size;
	struct efs_info info;
	struct efs_file *file;
	struct operand op;
	char sign = 0;

	while ((o = getopt_long(argc, argv, "cs:", longs, NULL)) != -1) {
		if (o == 'c') {
			make.no_create = true;
			continue;
		}
		if (o != 's')
			return cmd_usage(NULL);
		sign = *optarg == '+' || *optarg == '-' ? *optarg++ : 0;
		if (!cmd_parse_size(optarg, &n))
			return cmd_usage("'%s' is no size", optarg);
		given = true;
	}
	if (!given)
		return cmd_usage("-s SIZE is needed");
	if (optind == argc)
		return cmd_usage("no file is named");
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], true, &op)) {
			status = CMD_FAILED;
			continue;
		}
		err = touch_one(&make, &op);
		if (!err)
			err = cmd_file(&op, 0, &file);
		if (err == -ENOENT && make.no_create)
			continue;
		if (!err) {
			efs_file_info(file, &info);
			err = -EFBIG;
			if (new_size(sign, n, info.size, &size))
				err = efs_file_truncate(file, size);
			efs_file_close(file);
		}
		if (err)
			status = cmd_error(err, op.arg);
	}
	return status;
}
