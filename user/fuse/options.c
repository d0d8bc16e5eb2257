// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of efs-fuse, in three forms:
 *
 *   efs-fuse [OPTION...] IMAGE DIRECTORY
 *   mount.fuse.efs IMAGE DIRECTORY [-sfnvrw] [-N NS] [-t TYPE] [-o OPTION,...]
 *   efs-fuse -u DIRECTORY, umount.fuse.efs DIRECTORY [-flnvr] [-t TYPE]
 *
 * The second and third are how mount(8) and umount(8) call their helpers; letters mean
 * something else there. What is not an option of ours is left to libfuse, which knows those
 * of all FUSE file systems and refuses the rest.
 */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum key {
	KEY_RO, KEY_RW, KEY_SYNC, KEY_DIRSYNC, KEY_MINIXDF, KEY_OFFSET, KEY_PARTITION, KEY_SB,
	KEY_ERRORS, KEY_RELATIME, KEY_NOATIME, KEY_STRICTATIME, KEY_FOREGROUND, KEY_DEBUG,
	KEY_SINGLE, KEY_CLONE_FD, KEY_MAX_THREADS, KEY_MAX_IDLE, KEY_HELP, KEY_VERSION, KEY_NOTHING,
};

static const struct fuse_opt spec[] = {
	FUSE_OPT_KEY("-r", KEY_RO),
	FUSE_OPT_KEY("ro", KEY_RO),
	FUSE_OPT_KEY("-w", KEY_RW),
	FUSE_OPT_KEY("rw", KEY_RW),
	FUSE_OPT_KEY("sync", KEY_SYNC),
	FUSE_OPT_KEY("dirsync", KEY_DIRSYNC),
	FUSE_OPT_KEY("minixdf", KEY_MINIXDF),
	FUSE_OPT_KEY("offset=", KEY_OFFSET),
	FUSE_OPT_KEY("partition=", KEY_PARTITION),
	FUSE_OPT_KEY("sb=", KEY_SB),
	FUSE_OPT_KEY("errors=", KEY_ERRORS),
	FUSE_OPT_KEY("relatime", KEY_RELATIME),
	FUSE_OPT_KEY("noatime", KEY_NOATIME),
	FUSE_OPT_KEY("strictatime", KEY_STRICTATIME),
	FUSE_OPT_KEY("-f", KEY_FOREGROUND),
	FUSE_OPT_KEY("-d", KEY_DEBUG),
	FUSE_OPT_KEY("debug", KEY_DEBUG),
	FUSE_OPT_KEY("-s", KEY_SINGLE),
	FUSE_OPT_KEY("clone_fd", KEY_CLONE_FD),
	FUSE_OPT_KEY("max_threads=", KEY_MAX_THREADS),
	FUSE_OPT_KEY("max_idle_threads=", KEY_MAX_IDLE),
	FUSE_OPT_KEY("-h", KEY_HELP),
	FUSE_OPT_KEY("--help", KEY_HELP),
	FUSE_OPT_KEY("-V", KEY_VERSION),
	FUSE_OPT_KEY("--version", KEY_VERSION),
	/* words of fstab, and what is so anyway */
	FUSE_OPT_KEY("defaults", KEY_NOTHING),
	FUSE_OPT_KEY("async", KEY_NOTHING),
	FUSE_OPT_KEY("auto", KEY_NOTHING),
	FUSE_OPT_KEY("noauto", KEY_NOTHING),
	FUSE_OPT_KEY("user", KEY_NOTHING),
	FUSE_OPT_KEY("user=", KEY_NOTHING),
	FUSE_OPT_KEY("nouser", KEY_NOTHING),
	FUSE_OPT_KEY("users", KEY_NOTHING),
	FUSE_OPT_KEY("owner", KEY_NOTHING),
	FUSE_OPT_KEY("group", KEY_NOTHING),
	FUSE_OPT_KEY("nofail", KEY_NOTHING),
	FUSE_OPT_KEY("_netdev", KEY_NOTHING),
	FUSE_OPT_KEY("comment=", KEY_NOTHING),
	FUSE_OPT_KEY("bsddf", KEY_NOTHING),
	FUSE_OPT_KEY("default_permissions", KEY_NOTHING),
	FUSE_OPT_END
};

static const char usage[] =
"usage: efs-fuse [OPTION...] IMAGE DIRECTORY\n"
"       efs-fuse -u DIRECTORY\n"
"Make a directory of the file system in an image, or on a device.\n"
"\n"
"  -o OPTION,...           mount options, see below\n"
"  -r                      same as -o ro\n"
"  -f                      stay in the foreground\n"
"  -s                      serve one request at a time\n"
"  -d, -o debug            show each request; implies -f\n"
"  -u                      unmount, and wait until everything is written\n"
"  -h, --help              this text\n"
"  -V, --version           the version\n"
"\n"
"  ro, rw                  for reading only; for writing as well (the usual)\n"
"  offset=BYTES            where in the image the file system begins (K, M, G: of 1024)\n"
"  partition=NUMBER        it is in this partition, MBR or GPT\n"
"  sb=NUMBER               superblock to use, in units of 1024 bytes\n"
"  errors=continue|remount-ro\n"
"                          what to do when it is found damaged; else as it says itself\n"
"  sync, dirsync           each change, each change of names, is durable when it returns\n"
"  relatime, noatime, strictatime\n"
"                          when reading changes access times (relatime)\n"
"  minixdf                 count blocks of metadata as usable\n"
"  allow_other, allow_root who beside the user may look (see mount.fuse3(8))\n"
"  auto_unmount            unmount if this program is killed\n"
"  max_threads=N, max_idle_threads=N, clone_fd\n"
"                          how libfuse serves requests\n"
"  nodev, nosuid, ...      as for every mount\n";

/* the text of NAME=TEXT as a number up to @max; K, M, G behind it if @units */
static int take_number(const char *arg, uint64_t max, bool units, uint64_t *out)
{
	const char *text = strchr(arg, '=') + 1;
	unsigned int shift = 0;
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (units && *end) {
		const char *at = strchr("KMG", *end);

		shift = at ? 10 * (unsigned int)(at - "KMG" + 1) : 0;
		end += !!at;
	}
	if (errno || end == text || *end || text[0] == '-' || v > max >> shift) {
		efsd_say(0, "%s: not a number that makes sense", arg);
		return -1;
	}
	*out = v << shift;
	return 0;
}

static int take_number32(const char *arg, uint32_t *out)
{
	uint64_t v;

	if (take_number(arg, UINT32_MAX, false, &v))
		return -1;
	if (!v) {
		efsd_say(0, "%s: not a number that makes sense", arg);
		return -1;
	}
	*out = (uint32_t)v;
	return 0;
}

static int take_errors(struct efsd_options *o, const char *arg)
{
	if (!strcmp(arg, "errors=continue")) {
		o->errors = EFS_ERRORS_CONTINUE;
	} else if (!strcmp(arg, "errors=remount-ro")) {
		o->errors = EFS_ERRORS_RDONLY;
	} else {
		efsd_say(0, "%s: neither continue nor remount-ro", arg);
		return -1;
	}
	return 0;
}

/* image, then mount point */
static int plain(struct efsd_options *o, const char *arg)
{
	char **to = !o->image ? &o->image : &o->mountpoint;

	if (*to) {
		efsd_say(0, "too many arguments: %s", arg);
		return -1;
	}
	*to = realpath(arg, NULL);
	if (*to)
		return 0;
	efsd_say(0, "%s: %s", arg, strerror(errno));
	return -1;
}

/* return: 1: for libfuse, 0: done, -1: wrong */
static int take(void *data, const char *arg, int key, struct fuse_args *out)
{
	struct efsd_options *o = data;

	switch (key) {
	case FUSE_OPT_KEY_NONOPT:
		return plain(o, arg);
	case FUSE_OPT_KEY_OPT:
		/* x- is for other programs */
		return strncmp(arg, "x-", 2) ? 1 : 0;
	case KEY_RO:
		o->flags |= EFS_RDONLY;
		return 0;
	case KEY_RW:
		o->flags &= ~(unsigned int)EFS_RDONLY;
		return 0;
	case KEY_SYNC:
		o->flags |= EFS_SYNC;
		return 0;
	case KEY_DIRSYNC:
		o->flags |= EFS_DIRSYNC;
		return 0;
	case KEY_MINIXDF:
		o->flags |= EFS_MINIXDF;
		return 0;
	case KEY_OFFSET:
		return take_number(arg, INT64_MAX, true, &o->offset);
	case KEY_PARTITION:
		return take_number32(arg, &o->partition);
	case KEY_SB:
		return take_number32(arg, &o->superblock);
	case KEY_ERRORS:
		return take_errors(o, arg);
	case KEY_RELATIME:
		o->atime = EFSD_RELATIME;
		return 0;
	case KEY_NOATIME:
		o->atime = EFSD_NOATIME;
		return 1;
	case KEY_STRICTATIME:
		o->atime = EFSD_STRICTATIME;
		return 0;
	case KEY_FOREGROUND:
		o->foreground = true;
		return 0;
	case KEY_DEBUG:
		o->foreground = true;
		return fuse_opt_add_arg(out, "-d");
	case KEY_SINGLE:
		o->single = true;
		return 0;
	case KEY_CLONE_FD:
		o->clone_fd = true;
		return 0;
	case KEY_MAX_THREADS:
		return take_number32(arg, &o->max_threads);
	case KEY_MAX_IDLE:
		return take_number32(arg, &o->max_idle);
	default:
		return 0;
	}
}

static const char *called_as(char **argv)
{
	const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

	return slash ? slash + 1 : argv[0] ? argv[0] : "";
}

bool efsd_is_umount(int argc, char **argv)
{
	return !strncmp(called_as(argv), "umount.", 7) || (argc > 1 && !strcmp(argv[1], "-u"));
}

/*
 * The arguments of a mount helper, letters translated. Return: 0, -1 (wrong), 1 (a dry run:
 * nothing is to be done).
 */
static int helper_args(struct fuse_args *args, int argc, char **argv)
{
	int k, dry = 0;

	for (k = 1; k < argc; k++) {
		const char *a = argv[k], *c;

		if (a[0] != '-' || !a[1] || a[1] == '-') {
			if (fuse_opt_add_arg(args, a))
				return -1;
			continue;
		}
		for (c = a + 1; *c; c++) {
			if (strchr("oNt", *c)) {
				const char *value = c[1] ? c + 1 : k + 1 < argc ? argv[++k] : NULL;

				if (!value) {
					efsd_say(0, "-%c wants a value", *c);
					return -1;
				}
				if (*c == 'o' && (fuse_opt_add_arg(args, "-o") ||
						  fuse_opt_add_arg(args, value)))
					return -1;
				break;
			}
			if (!strchr("frwsnv", *c)) {
				efsd_say(0, "-%c: no such option", *c);
				return -1;
			}
			if (*c == 'f')
				dry = 1;
			if (strchr("rw", *c) && fuse_opt_add_arg(args, *c == 'r' ? "-r" : "-w"))
				return -1;
		}
	}
	return dry;
}

/* help and version, wherever they stand. Return: an exit status, or -1 */
static int told(int argc, char **argv)
{
	int k;

	for (k = 1; k < argc && strcmp(argv[k], "--"); k++) {
		if (!strcmp(argv[k], "-h") || !strcmp(argv[k], "--help"))
			return fputs(usage, stdout) < 0;
		if (!strcmp(argv[k], "-V") || !strcmp(argv[k], "--version"))
			return printf("efs-fuse %s\nlibfuse %s\n", efs_version(),
				      fuse_pkgversion()) < 0;
	}
	return -1;
}

static int check(const struct efsd_options *o)
{
	struct stat st;

	if (!o->image || !o->mountpoint) {
		efsd_say(0, "an image and a directory are wanted; --help tells more");
		return -1;
	}
	if (o->partition && o->offset) {
		efsd_say(0, "partition= and offset= do not go together");
		return -1;
	}
	if (stat(o->mountpoint, &st) || !S_ISDIR(st.st_mode)) {
		efsd_say(0, "%s: %s", o->mountpoint, strerror(ENOTDIR));
		return -1;
	}
	return 0;
}

int efsd_options_parse(struct efsd_options *o, int argc, char **argv)
{
	bool helper = !strncmp(called_as(argv), "mount.", 6);
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	int ret;

	memset(o, 0, sizeof(*o));
	if (helper) {
		args = (struct fuse_args)FUSE_ARGS_INIT(0, NULL);
		ret = fuse_opt_add_arg(&args, "efs-fuse");
		if (!ret)
			ret = helper_args(&args, argc, argv);
		if (ret) {
			fuse_opt_free_args(&args);
			return ret > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	} else {
		ret = told(argc, argv);
		if (ret >= 0)
			return ret;
	}
	o->args = args;
	if (!fuse_opt_parse(&o->args, o, spec, take) && !check(o))
		return -1;
	efsd_options_free(o);
	return EXIT_FAILURE;
}

void efsd_options_free(struct efsd_options *o)
{
	fuse_opt_free_args(&o->args);
	free(o->image);
	free(o->mountpoint);
}
