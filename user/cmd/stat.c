// SPDX-License-Identifier: GPL-2.0
/*
 * efs stat: all that is known of a file, as text, in a format, or as JSON.
 */
#include <getopt.h>
#include <time.h>

#include "cmd.h"

struct stat_options {
	unsigned int flags;
	const char *format;
	bool escapes, newline, json, any;
};

struct subject {
	const struct operand *op;
	struct entry e;
	char *xattrs;		/* names, each with its NUL */
	size_t xattrs_len;
};

static bool is_device(const struct efs_info *i)
{
	return (i->mode & EFS_IFMT) == EFS_IFBLK || (i->mode & EFS_IFMT) == EFS_IFCHR;
}

/* ---- text ---- */

static const char *utc(const struct efs_timestamp *t)
{
	static char text[64];
	time_t sec = (time_t)t->sec;
	struct tm tm;
	size_t n;

	if (!gmtime_r(&sec, &tm)) {
		snprintf(text, sizeof(text), "@%lld", (long long)t->sec);
		return text;
	}
	n = strftime(text, sizeof(text), "%FT%T", &tm);
	snprintf(text + n, sizeof(text) - n, ".%09uZ", t->nsec);
	return text;
}

static void print_text(const struct subject *s)
{
	const struct efs_info *i = &s->e.info;
	char mode[EFS_MODE_STRING];
	const char *name;

	efs_mode_text(i->mode, mode);
	fputs("path: ", stdout);
	cmd_print_name(s->op->path);
	printf("\ntype: %s\ninode: %llu\n", cmd_type_name(i->mode), (unsigned long long)i->ino);
	printf("mode: %04o %s\nlinks: %u\n", i->mode & 07777u, mode, i->nlink);
	printf("uid: %u\ngid: %u\n", i->uid, i->gid);
	printf("size: %llu\nsectors: %llu\nblock size: %u\n", (unsigned long long)i->size,
	       (unsigned long long)i->blocks, i->blksize);
	if (is_device(i))
		printf("device: %u, %u\n", i->major, i->minor);
	if (s->e.target) {
		fputs("target: ", stdout);
		cmd_print_name(s->e.target);
		putchar('\n');
	}
	printf("atime: %s\n", utc(&i->atime));
	printf("mtime: %s\n", utc(&i->mtime));
	printf("ctime: %s\n", utc(&i->ctime));
	printf("btime: %s\n", i->flags & EFS_HAS_BTIME ? utc(&i->btime) : "-");
	printf("flags:%s%s%s\n", i->flags & EFS_IMMUTABLE ? " immutable" : "",
	       i->flags & EFS_APPEND ? " append" : "",
	       i->flags & (EFS_IMMUTABLE | EFS_APPEND) ? "" : " -");
	printf("generation: %u\n", i->gen);
	for (name = s->xattrs; name && name < s->xattrs + s->xattrs_len; name += strlen(name) + 1) {
		fputs("xattr: ", stdout);
		cmd_print_name(name);
		putchar('\n');
	}
}

/* ---- JSON ---- */

static void json_time(const char *key, const struct efs_timestamp *t)
{
	printf(",\"%s\":{\"sec\":%lld,\"nsec\":%u}", key, (long long)t->sec, t->nsec);
}

static void print_json(const struct subject *s)
{
	const struct efs_info *i = &s->e.info;
	const char *name;

	fputs("{\"path\":", stdout);
	cmd_json(stdout, s->op->path);
	printf(",\"type\":\"%s\",\"inode\":%llu,\"generation\":%u", cmd_type_name(i->mode),
	       (unsigned long long)i->ino, i->gen);
	printf(",\"mode\":%u,\"links\":%u,\"uid\":%u,\"gid\":%u", i->mode & 07777u,
	       i->nlink, i->uid, i->gid);
	printf(",\"size\":%llu,\"sectors\":%llu,\"block_size\":%u", (unsigned long long)i->size,
	       (unsigned long long)i->blocks, i->blksize);
	if (is_device(i))
		printf(",\"device\":{\"major\":%u,\"minor\":%u}", i->major, i->minor);
	if (s->e.target) {
		fputs(",\"target\":", stdout);
		cmd_json(stdout, s->e.target);
	}
	json_time("atime", &i->atime);
	json_time("mtime", &i->mtime);
	json_time("ctime", &i->ctime);
	if (i->flags & EFS_HAS_BTIME)
		json_time("btime", &i->btime);
	printf(",\"immutable\":%s,\"append\":%s,\"xattrs\":[",
	       i->flags & EFS_IMMUTABLE ? "true" : "false",
	       i->flags & EFS_APPEND ? "true" : "false");
	for (name = s->xattrs; name && name < s->xattrs + s->xattrs_len; name += strlen(name) + 1) {
		if (name != s->xattrs)
			putchar(',');
		cmd_json(stdout, name);
	}
	fputs("]}\n", stdout);
}

/* ---- formats ---- */

static void print_local(const struct efs_timestamp *t)
{
	time_t sec = (time_t)t->sec;
	char text[64], zone[8];
	struct tm tm;

	if (!localtime_r(&sec, &tm)) {
		printf("%lld", (long long)t->sec);
		return;
	}
	strftime(text, sizeof(text), "%F %T", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	printf("%s.%09u %s", text, t->nsec, zone);
}

static void print_quoted(const struct subject *s)
{
	putchar('\'');
	cmd_print_name(s->op->path);
	putchar('\'');
	if (!s->e.target)
		return;
	fputs(" -> '", stdout);
	cmd_print_name(s->e.target);
	putchar('\'');
}

static void print_number(unsigned long long v)
{
	printf("%llu", v);
}

/* a name that is only the number again is none */
static void print_owner(const char *name)
{
	fputs(name[strspn(name, "0123456789")] ? name : "UNKNOWN", stdout);
}

/* one letter; false if it means nothing */
static bool print_letter(char c, const struct subject *s)
{
	const struct efs_info *i = &s->e.info;
	bool born = i->flags & EFS_HAS_BTIME;
	char mode[EFS_MODE_STRING];

	switch (c) {
	case 'a':
		printf("%o", i->mode & 07777u);
		break;
	case 'A':
		efs_mode_text(i->mode, mode);
		fputs(mode, stdout);
		break;
	case 'b':
		print_number(i->blocks);
		break;
	case 'B':
		print_number(512);
		break;
	case 'd':
		print_number(i->dev);
		break;
	case 'f':
		printf("%x", i->mode);
		break;
	case 'F':
		fputs(i->size || (i->mode & EFS_IFMT) != EFS_IFREG ? cmd_type_name(i->mode) :
		      "regular empty file", stdout);
		break;
	case 'g':
		print_number(i->gid);
		break;
	case 'G':
		print_owner(cmd_group_name(i->gid));
		break;
	case 'h':
		print_number(i->nlink);
		break;
	case 'i':
		print_number(i->ino);
		break;
	case 'm':
		putchar('/');
		break;
	case 'n':
		cmd_print_name(s->op->path);
		break;
	case 'N':
		print_quoted(s);
		break;
	case 'o':
		print_number(i->blksize);
		break;
	case 's':
		print_number(i->size);
		break;
	case 't':
		printf("%x", i->major);
		break;
	case 'T':
		printf("%x", i->minor);
		break;
	case 'u':
		print_number(i->uid);
		break;
	case 'U':
		print_owner(cmd_user_name(i->uid));
		break;
	case 'w':
		if (born)
			print_local(&i->btime);
		else
			putchar('-');
		break;
	case 'W':
		printf("%lld", born ? (long long)i->btime.sec : 0);
		break;
	case 'x':
		print_local(&i->atime);
		break;
	case 'X':
		printf("%lld", (long long)i->atime.sec);
		break;
	case 'y':
		print_local(&i->mtime);
		break;
	case 'Y':
		printf("%lld", (long long)i->mtime.sec);
		break;
	case 'z':
		print_local(&i->ctime);
		break;
	case 'Z':
		printf("%lld", (long long)i->ctime.sec);
		break;
	case '%':
		putchar('%');
		break;
	default:
		return false;
	}
	return true;
}

static const char *print_escape(const char *f)
{
	static const char letters[] = "abefnrtv\\\"", codes[] = "\a\b\033\f\n\r\t\v\\\"";
	const char *at;
	int v = 0, k;

	if (*f >= '0' && *f <= '7') {
		for (k = 0; k < 3 && *f >= '0' && *f <= '7'; k++)
			v = 8 * v + *f++ - '0';
		putchar(v);
		return f;
	}
	at = *f ? strchr(letters, *f) : NULL;
	if (!at) {
		putchar('\\');
		return f;
	}
	putchar(codes[at - letters]);
	return f + 1;
}

static void print_format(const struct stat_options *o, const struct subject *s)
{
	const char *f = o->format;

	while (*f) {
		if (*f == '%' && f[1] && print_letter(f[1], s))
			f += 2;
		else if (*f == '\\' && o->escapes)
			f = print_escape(f + 1);
		else
			putchar(*f++);
	}
	if (o->newline)
		putchar('\n');
}

/* ---- files ---- */

static int read_names(struct efs_file *file, struct subject *s)
{
	size_t n;
	int err = efs_xattr_list(file, NULL, 0, &n);

	if (err == -EOPNOTSUPP)
		return 0;
	if (err || !n)
		return err;
	s->xattrs = cmd_alloc(n);
	return efs_xattr_list(file, s->xattrs, n, &s->xattrs_len);
}

static int stat_file(struct stat_options *o, const struct operand *op)
{
	struct subject s = { .op = op };
	struct efs_file *file;
	int err, names = 0;

	err = cmd_file(op, o->flags, &file);
	if (err)
		return cmd_error(err, op->arg);
	err = entry_fill(&s.e, file);
	if (!o->format)
		names = read_names(file, &s);
	efs_file_close(file);
	if (o->json) {
		print_json(&s);
	} else if (o->format) {
		print_format(o, &s);
	} else {
		if (o->any)
			putchar('\n');
		print_text(&s);
	}
	o->any = true;
	free(s.e.target);
	free(s.xattrs);
	if (err || names)
		return cmd_error(err ? err : names, op->arg);
	return CMD_OK;
}

int cmd_stat(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dereference", no_argument, NULL, 'L' },
		{ "format", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'J' },
		{ "printf", required_argument, NULL, 'P' },
		{ 0 },
	};
	struct stat_options o = { .flags = EFS_NOFOLLOW };
	int c, status = CMD_OK;
	struct operand op;

	while ((c = getopt_long(argc, argv, "Lc:", longs, NULL)) != -1) {
		switch (c) {
		case 'L':
			o.flags = 0;
			break;
		case 'c':
		case 'P':
			o.format = optarg;
			o.escapes = c == 'P';
			o.newline = c == 'c';
			break;
		case 'J':
			o.json = true;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (optind == argc)
		return cmd_usage("no file is named");
	for (; optind < argc; optind++)
		if (cmd_open(argv[optind], false, &op) || stat_file(&o, &op))
			status = CMD_FAILED;
	return status;
}
