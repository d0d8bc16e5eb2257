// SPDX-License-Identifier: GPL-2.0
/*
 * efs xattr: extended attributes, with values written as getfattr(1) and setfattr(1) do:
 * text between quotes, 0x and hexadecimal digits, 0s and base64.
 */
#include <getopt.h>
#include <unistd.h>

#include "cmd.h"

enum encoding { AUTO, TEXT, HEX, BASE64 };

struct xattr {
	unsigned int follow;
	enum encoding encoding;
	bool raw;
	unsigned int set_flags;
};

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- values out ---- */

/* text may hold a few other bytes: one in eight, as getfattr(1) counts them */
static bool is_text(const unsigned char *v, size_t len)
{
	size_t k, others = 0;

	for (k = 0; k < len; k++)
		others += v[k] < 0x20 || v[k] >= 0x7f;
	return len >= 8 * others;
}

static void print_text(const unsigned char *v, size_t len)
{
	size_t k;

	putchar('"');
	for (k = 0; k < len; k++) {
		if (v[k] == '"' || v[k] == '\\')
			printf("\\%c", v[k]);
		else if (v[k] < 0x20 || v[k] >= 0x7f)
			printf("\\%03o", v[k]);
		else
			putchar(v[k]);
	}
	putchar('"');
}

static void print_base64(const unsigned char *v, size_t len)
{
	fputs("0s", stdout);
	for (; len; v += 3) {
		unsigned int n = len < 3 ? (unsigned int)len : 3;
		unsigned int bits = v[0] << 16 | (n > 1 ? v[1] << 8 : 0) | (n > 2 ? v[2] : 0);

		putchar(base64[bits >> 18]);
		putchar(base64[bits >> 12 & 63]);
		putchar(n > 1 ? base64[bits >> 6 & 63] : '=');
		putchar(n > 2 ? base64[bits & 63] : '=');
		len -= n;
	}
}

static void print_value(const struct xattr *x, const unsigned char *v, size_t len)
{
	enum encoding e = x->encoding;
	size_t k;

	if (e == AUTO)
		e = is_text(v, len) ? TEXT : BASE64;
	if (e == TEXT) {
		print_text(v, len);
	} else if (e == BASE64) {
		print_base64(v, len);
	} else {
		fputs("0x", stdout);
		for (k = 0; k < len; k++)
			printf("%02x", v[k]);
	}
}

/* ---- values in ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(const char *s, unsigned char *out, size_t *len)
{
	for (*len = 0; *s; s += 2) {
		int a = hex_digit(s[0]), b = s[1] ? hex_digit(s[1]) : -1;

		if (a < 0 || b < 0)
			return false;
		out[(*len)++] = (unsigned char)(a << 4 | b);
	}
	return true;
}

static bool from_base64(const char *s, unsigned char *out, size_t *len)
{
	unsigned int bits = 0, n = 0;
	size_t chars = 0;

	for (*len = 0; *s && *s != '='; s++, chars++) {
		const char *at = strchr(base64, *s);

		if (!at)
			return false;
		bits = bits << 6 | (unsigned int)(at - base64);
		n += 6;
		if (n >= 8) {
			n -= 8;
			out[(*len)++] = (unsigned char)(bits >> n);
		}
	}
	for (; *s == '='; s++)
		chars++;
	return !*s && chars % 4 == 0;
}

static bool from_text(const char *s, unsigned char *out, size_t *len)
{
	size_t n = strlen(s);
	bool quoted = n >= 2 && s[0] == '"' && s[n - 1] == '"';

	*len = 0;
	if (!quoted) {
		memcpy(out, s, n);
		*len = n;
		return true;
	}
	for (s++, n -= 2; n; s++, n--) {
		if (*s == '\\' && n >= 4 && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			out[(*len)++] = (unsigned char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
							(s[3] - '0'));
			s += 3;
			n -= 3;
		} else if (*s == '\\' && n >= 2) {
			out[(*len)++] = (unsigned char)*++s;
			n--;
		} else {
			out[(*len)++] = (unsigned char)*s;
		}
	}
	return true;
}

/* the bytes that @s stands for; never more than it has characters */
static bool parse_value(const char *s, unsigned char *out, size_t *len)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return from_hex(s + 2, out, len);
	if (s[0] == '0' && (s[1] == 's' || s[1] == 'S'))
		return from_base64(s + 2, out, len);
	return from_text(s, out, len);
}

/* ---- one file ---- */

static int get_value(struct efs_file *file, const char *name, unsigned char **value, size_t *len)
{
	int err = efs_xattr_get(file, name, NULL, 0, len);

	if (err)
		return err;
	*value = cmd_alloc(*len);
	err = *len ? efs_xattr_get(file, name, *value, *len, len) : 0;
	if (err)
		free(*value);
	return err;
}

static int print_one(const struct xattr *x, struct efs_file *file, const char *name)
{
	unsigned char *value;
	size_t len;
	int err = get_value(file, name, &value, &len);

	if (err)
		return err;
	if (x->raw) {
		fwrite(value, 1, len, stdout);
	} else {
		cmd_print_name(name);
		putchar('=');
		print_value(x, value, len);
		putchar('\n');
	}
	free(value);
	return 0;
}

/* all names; with @values also what they hold, under a heading as getfattr -d has it */
static int print_all(const struct xattr *x, const struct operand *op, struct efs_file *file,
		     bool values)
{
	char *names;
	const char *name;
	size_t len;
	int err = efs_xattr_list(file, NULL, 0, &len);

	if (err || !len)
		return err == -EOPNOTSUPP ? 0 : err;
	names = cmd_alloc(len);
	err = efs_xattr_list(file, names, len, &len);
	if (!err && values) {
		fputs("# file: ", stdout);
		cmd_print_name(op->path + (op->path[0] == '/'));
		putchar('\n');
	}
	for (name = names; !err && name < names + len; name += strlen(name) + 1) {
		if (values) {
			err = print_one(x, file, name);
		} else {
			cmd_print_name(name);
			putchar('\n');
		}
	}
	if (values)
		putchar('\n');
	free(names);
	return err;
}

/* ---- commands ---- */

enum verb { LIST, DUMP, GET, SET, REMOVE };

static const struct verb_info {
	const char *name;
	enum verb verb;
	int args;		/* in front of the files */
} verbs[] = {
	{ "list", LIST, 0 }, { "dump", DUMP, 0 }, { "get", GET, 1 },
	{ "set", SET, 2 },   { "rm", REMOVE, 1 }, { "remove", REMOVE, 1 },
};

static int do_one(const struct xattr *x, enum verb what, const struct operand *op,
		  struct efs_file *file, char **args, const unsigned char *value, size_t len)
{
	switch (what) {
	case LIST:
	case DUMP:
		return print_all(x, op, file, what == DUMP);
	case GET:
		return print_one(x, file, args[0]);
	case SET:
		return efs_xattr_set(file, args[0], value, len, x->set_flags);
	default:
		return efs_xattr_remove(file, args[0]);
	}
}

static int do_all(const struct xattr *x, const struct verb_info *v, char **args, char **files)
{
	unsigned char *value = NULL;
	int err, status = CMD_OK;
	struct efs_file *file;
	struct operand op;
	size_t len = 0;

	if (v->verb == SET) {
		value = cmd_alloc(strlen(args[1]));
		if (!parse_value(args[1], value, &len)) {
			free(value);
			return cmd_usage("'%s' is no value: text, 0x and hex digits, 0s and base64",
					 args[1]);
		}
	}
	for (; *files && !cmd_signal; files++) {
		if (cmd_open(*files, v->verb >= SET, &op)) {
			status = CMD_FAILED;
			continue;
		}
		err = cmd_file(&op, x->follow, &file);
		if (!err) {
			err = do_one(x, v->verb, &op, file, args, value, len);
			efs_file_close(file);
		}
		if (err == -ENODATA)
			status = cmd_complain(op.arg, "%s: No such attribute",
					      cmd_escape(args[0], strlen(args[0])));
		else if (err)
			status = cmd_error(err, op.arg);
	}
	free(value);
	return status;
}

int cmd_xattr(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "create", no_argument, NULL, 'C' },
		{ "encoding", required_argument, NULL, 'e' },
		{ "no-dereference", no_argument, NULL, 'h' },
		{ "only-values", no_argument, NULL, 'v' },
		{ "replace", no_argument, NULL, 'R' },
		{ 0 },
	};
	const struct verb_info *v = NULL;
	struct xattr x = { 0 };
	size_t k;
	int c;

	while ((c = getopt_long(argc, argv, "e:hv", longs, NULL)) != -1) {
		switch (c) {
		case 'C':
			x.set_flags = EFS_CREATE;
			break;
		case 'R':
			x.set_flags = EFS_REPLACE;
			break;
		case 'e':
			if (!strcmp(optarg, "text"))
				x.encoding = TEXT;
			else if (!strcmp(optarg, "hex"))
				x.encoding = HEX;
			else if (!strcmp(optarg, "base64"))
				x.encoding = BASE64;
			else
				return cmd_usage("an encoding is text, hex or base64");
			break;
		case 'h':
			x.follow = EFS_NOFOLLOW;
			break;
		case 'v':
			x.raw = true;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	for (k = 0; optind < argc && k < ARRAY_SIZE(verbs); k++)
		if (!strcmp(argv[optind], verbs[k].name))
			v = &verbs[k];
	if (!v)
		return cmd_usage("it is list, dump, get, set or rm");
	if (argc - optind - 1 <= v->args)
		return cmd_usage("no file is named");
	return do_all(&x, v, argv + optind + 1, argv + optind + 1 + v->args);
}
