// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that make names: mkdir, mknod, ln.
 */
#include <getopt.h>
#include <unistd.h>

#include "cmd.h"

static void prepare(struct efs_create *what, uint32_t mode)
{
	memset(what, 0, sizeof(*what));
	what->mode = mode;
	what->uid = geteuid();
	what->gid = getegid();
}

/* ---- mkdir ---- */

struct mkdir {
	bool parents, verbose;
	uint32_t mode;
};

static void made(const struct mkdir *m, const char *path)
{
	if (!m->verbose)
		return;
	printf("created directory '");
	cmd_print_name(path);
	printf("'\n");
}

static int make_one(const struct mkdir *m, const struct operand *op, const char *path, bool last)
{
	struct efs_create what;
	struct efs_file *file;
	int err;

	/* as mkdir(1): whoever asked must be able to go on below */
	prepare(&what, EFS_IFDIR | (last ? m->mode : 0300 | (0777 & ~cmd_umask())));
	err = efs_create_at(&op->at, path, &what, NULL);
	if (!err) {
		made(m, path);
		return 0;
	}
	/* also for a name that cannot be made because it is there: `/`, `..` */
	if (!m->parents || efs_open_at(&op->at, path, 0, &file))
		return err;
	err = efs_file_type(file) == EFS_IFDIR ? 0 : last ? -EEXIST : -ENOTDIR;
	efs_file_close(file);
	return err;
}

/* each directory of the path that is not there */
static int make_parents(const struct mkdir *m, const struct operand *op)
{
	char *path = cmd_strdup(op->path);
	size_t end = strspn(path, "/");
	int err = path[0] ? 0 : -ENOENT;

	while (!err && path[end] && !cmd_signal) {
		size_t stop = end + strcspn(path + end, "/");
		size_t next = stop + strspn(path + stop, "/");
		char kept = path[stop];

		path[stop] = '\0';
		err = make_one(m, op, path, !kept || !op->path[next]);
		path[stop] = kept;
		end = next;
	}
	free(path);
	return cmd_signal ? -EINTR : err;
}

int cmd_mkdir(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "mode", required_argument, NULL, 'm' },
		{ "parents", no_argument, NULL, 'p' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct mkdir m = { .mode = 0777 & ~cmd_umask() };
	int c, err, status = CMD_OK;
	struct cmd_mode mode;
	struct operand op;

	while ((c = getopt_long(argc, argv, "m:pv", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			m.parents = true;
			break;
		case 'v':
			m.verbose = true;
			break;
		case 'm':
			if (!cmd_parse_mode(optarg, &mode))
				return cmd_usage("'%s' is no mode, octal or like u=rwx", optarg);
			m.mode = cmd_apply_mode(&mode, 0777, false);
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (optind == argc)
		return cmd_usage("no directory is named");
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], true, &op)) {
			status = CMD_FAILED;
			continue;
		}
		err = m.parents ? make_parents(&m, &op) : make_one(&m, &op, op.path, true);
		if (err)
			status = cmd_error(err, op.arg);
	}
	return status;
}

/* ---- mknod ---- */

int cmd_mknod(int argc, char **argv)
{
	static const char letters[] = "pcubs";
	static const uint32_t types[] = { EFS_IFIFO, EFS_IFCHR, EFS_IFCHR, EFS_IFBLK, EFS_IFSOCK };
	static const struct option longs[] = {
		{ "mode", required_argument, NULL, 'm' },
		{ 0 },
	};
	uint32_t perms = 0666 & ~cmd_umask(), type;
	uint64_t major = 0, minor = 0;
	struct efs_create what;
	struct cmd_mode mode;
	struct operand op;
	const char *letter = NULL;
	int c, err, n;

	while ((c = getopt_long(argc, argv, "m:", longs, NULL)) != -1) {
		if (c != 'm')
			return cmd_usage(NULL);
		if (!cmd_parse_mode(optarg, &mode))
			return cmd_usage("'%s' is no mode, octal or like u=rw", optarg);
		perms = cmd_apply_mode(&mode, 0666, false);
	}
	n = argc - optind;
	if (n >= 2 && strlen(argv[optind + 1]) == 1)
		letter = strchr(letters, argv[optind + 1][0]);
	if (!letter)
		return cmd_usage("it is IMAGE:PATH and one of p c u b s");
	type = types[letter - letters];
	if (n != (type == EFS_IFCHR || type == EFS_IFBLK ? 4 : 2))
		return cmd_usage("devices have a major and a minor number, others do not");
	if (n == 4 && (!cmd_parse_number(argv[optind + 2], 0xfff, &major) ||
		       !cmd_parse_number(argv[optind + 3], 0xfffff, &minor)))
		return cmd_usage("a major number is at most 4095, a minor one 1048575");
	if (cmd_open(argv[optind], true, &op))
		return CMD_FAILED;
	prepare(&what, type | perms);
	what.major = (uint32_t)major;
	what.minor = (uint32_t)minor;
	err = efs_create_at(&op.at, op.path, &what, NULL);
	return err ? cmd_error(err, op.arg) : CMD_OK;
}

/* ---- ln ---- */

struct ln {
	bool symbolic, force, follow, verbose;
};

/* a new name is made beside and renamed over the old one, so it is never gone */
static int place(const struct ln *l, struct efs_file *dir, const char *name, struct efs_file *file,
		 const struct efs_create *what)
{
	struct efs_file *old;
	char temp[64];
	int err, k;

	err = file ? efs_link_in(dir, name, file) : efs_create_in(dir, name, what, NULL);
	if (err != -EEXIST || !l->force)
		return err;
	err = efs_open_in(dir, name, &old);
	if (err)
		return err;
	err = 0;
	if (efs_file_type(old) == EFS_IFDIR)
		err = -EISDIR;
	else if (file && efs_file_ino(old) == efs_file_ino(file))
		err = 1;
	efs_file_close(old);
	if (err)
		return err < 0 ? err : 0;
	for (k = 0; k < 1000; k++) {
		snprintf(temp, sizeof(temp), ".efs-ln-%d-%d", (int)getpid(), k);
		err = file ? efs_link_in(dir, temp, file) : efs_create_in(dir, temp, what, NULL);
		if (err != -EEXIST)
			break;
	}
	if (err)
		return err;
	err = efs_rename_in(dir, temp, dir, name, 0);
	if (err)
		efs_unlink_in(dir, temp);
	return err;
}

/* the directory and name of the new link; a directory there takes the name of @target */
static int link_place(const struct operand *op, const char *target, bool must_dir,
		      struct efs_file **dir, const char **name)
{
	static char *base;
	size_t end = strlen(target), start;
	bool slash;
	int err;

	err = cmd_file(op, 0, dir);
	if (!err && efs_file_type(*dir) == EFS_IFDIR) {
		while (end > 1 && target[end - 1] == '/')
			end--;
		for (start = end; start && target[start - 1] != '/'; start--)
			;
		free(base);
		base = cmd_strndup(target + start, end - start);
		*name = base;
		return 0;
	}
	if (!err)
		efs_file_close(*dir);
	if (must_dir)
		return err ? err : -ENOTDIR;
	return cmd_parent(op, dir, name, &slash);
}

static int ln_one(const struct ln *l, const char *target, const struct operand *op, bool must_dir)
{
	struct efs_file *dir, *file = NULL;
	struct efs_create what;
	struct operand from;
	const char *name, *path = target;
	int err;

	if (!l->symbolic) {
		if (cmd_open(target, true, &from))
			return CMD_FAILED;
		if (from.id != op->id)
			return cmd_error(-EXDEV, op->arg);
		path = from.path;
		err = cmd_file(&from, l->follow ? 0 : EFS_NOFOLLOW, &file);
		if (err)
			return cmd_error(err, target);
	}
	err = link_place(op, path, must_dir, &dir, &name);
	if (!err) {
		prepare(&what, EFS_IFLNK | 0777);
		what.target = target;
		err = place(l, dir, name, file, &what);
		efs_file_close(dir);
	}
	efs_file_close(file);
	if (err)
		return cmd_error(err, op->arg);
	if (l->verbose) {
		printf("'%s' %s ", cmd_escape(op->path, strlen(op->path)),
		       l->symbolic ? "->" : "=>");
		printf("'%s'\n", cmd_escape(path, strlen(path)));
	}
	return CMD_OK;
}

int cmd_ln(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "logical", no_argument, NULL, 'L' },
		{ "physical", no_argument, NULL, 'P' },
		{ "symbolic", no_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c, status = CMD_OK;
	struct ln l = { 0 };
	struct operand op;
	bool many;

	while ((c = getopt_long(argc, argv, "fLPsv", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			l.force = true;
			break;
		case 'L':
		case 'P':
			l.follow = c == 'L';
			break;
		case 's':
			l.symbolic = true;
			break;
		case 'v':
			l.verbose = true;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (argc - optind < 2)
		return cmd_usage("it takes what the link leads to, and where it is made");
	many = argc - optind > 2;
	if (cmd_open(argv[argc - 1], true, &op))
		return CMD_FAILED;
	for (; optind < argc - 1 && !cmd_signal; optind++)
		if (ln_one(&l, argv[optind], &op, many))
			status = CMD_FAILED;
	return status;
}
