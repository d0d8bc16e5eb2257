// SPDX-License-Identifier: GPL-2.0
/*
 * What the command says: errors, usage, names as they can be shown.
 *
 * A name from an image may hold what a terminal obeys, so nothing of it reaches one
 * unescaped; pipes and files get the bytes as they are.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <unistd.h>
#include <wchar.h>

#include "cmd.h"

/* the bytes of the character at @s and its number; 0: no UTF-8, or a control character */
static size_t utf8_len(const unsigned char *s, size_t len, unsigned int *out)
{
	unsigned int c, min_c;
	size_t n, i;

	*out = s[0];
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0) {
		n = 2;
		min_c = 0xa0;	/* what is below are control characters */
	} else if (s[0] >= 0xe0 && s[0] < 0xf0) {
		n = 3;
		min_c = 0x800;
	} else if (s[0] >= 0xf0 && s[0] < 0xf5) {
		n = 4;
		min_c = 0x10000;
	} else {
		return 0;
	}
	if (len < n)
		return 0;
	c = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	*out = c;
	return c >= min_c && (c < 0xd800 || c > 0xdfff) && c <= 0x10ffff ? n : 0;
}

/* characters that turn the direction of text, or that are not seen at all */
static bool hides(unsigned int c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

const char *cmd_escape(const char *s, size_t len)
{
	static struct {
		char *text;
		size_t room;
	} bufs[4], *b;
	static unsigned int turn;
	size_t at = 0, n, k;

	b = &bufs[turn++ % ARRAY_SIZE(bufs)];
	if (b->room < 4 * len + 1) {
		b->text = cmd_realloc(b->text, 4 * len + 1);
		b->room = 4 * len + 1;
	}
	while (len) {
		const unsigned char *u = (const unsigned char *)s;
		unsigned int c;

		n = utf8_len(u, len, &c);
		if (n && c >= 0x20 && c != 0x7f && c != '\\' && !hides(c)) {
			memcpy(b->text + at, s, n);
			at += n;
		} else {
			n = n ? n : 1;
			for (k = 0; k < n; k++)
				at += (size_t)sprintf(b->text + at, "\\%03o", u[k]);
		}
		s += n;
		len -= n;
	}
	b->text[at] = '\0';
	return b->text;
}

static const char *escape(const char *s)
{
	return cmd_escape(s, strlen(s));
}

bool cmd_tty(void)
{
	static int tty = -1;

	if (tty < 0)
		tty = isatty(STDOUT_FILENO);
	return tty;
}

size_t cmd_width(const char *s)
{
	const unsigned char *u;
	size_t left, width = 0, n;
	unsigned int c;

	s = escape(s);
	u = (const unsigned char *)s;
	for (left = strlen(s); left; left -= n, u += n) {
		int w;

		n = utf8_len(u, left, &c);
		w = n > 1 ? wcwidth((wchar_t)c) : 1;
		width += w < 0 ? 1 : (size_t)w;
	}
	return width;
}

size_t cmd_print_name(const char *s)
{
	if (!cmd_tty()) {
		fputs(s, stdout);
		return 0;
	}
	fputs(escape(s), stdout);
	return cmd_width(s);
}

void cmd_json(FILE *f, const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t left = strlen(s), n;
	unsigned int c;

	putc('"', f);
	for (; left; left -= n, u += n) {
		n = utf8_len(u, left, &c);
		if (!n) {
			/* lone surrogates, as Python's surrogateescape has them */
			fprintf(f, *u < 0x80 ? "\\u%04x" : "\\udc%02x", *u);
			n = 1;
		} else if (c == '"' || c == '\\') {
			fprintf(f, "\\%c", c);
		} else if (c < 0x20 || c == 0x7f) {
			fprintf(f, "\\u%04x", c);
		} else {
			fwrite(u, 1, n, f);
		}
	}
	putc('"', f);
}

const char *cmd_reason(int err)
{
	if (err == -EUCLEAN)
		return "The volume is inconsistent: run e2fsck on it";
	return strerror(-err);
}

static void begin(void)
{
	fflush(stdout);
	fprintf(stderr, "efs%s%s: ", cmd_current ? " " : "", cmd_current ? cmd_current->name : "");
}

int cmd_error(int err, const char *what)
{
	return cmd_complain(what, "%s", cmd_reason(err));
}

int cmd_complain(const char *what, const char *fmt, ...)
{
	va_list args;

	begin();
	fprintf(stderr, "%s: ", escape(what));
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return CMD_FAILED;
}

int cmd_error_in(const struct operand *op, const char *path, int err)
{
	return cmd_complain_in(op, path, "%s", cmd_reason(err));
}

int cmd_complain_in(const struct operand *op, const char *path, const char *fmt, ...)
{
	va_list args;

	begin();
	fprintf(stderr, "%s%s%s: ", escape(op->image), op->image[0] ? ":" : "", escape(path));
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return CMD_FAILED;
}

int cmd_usage(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	if (fmt) {
		fprintf(stderr, "efs %s: ", cmd_current->name);
		va_start(args, fmt);
		vfprintf(stderr, fmt, args);
		va_end(args);
		fputc('\n', stderr);
	}
	fprintf(stderr, "Usage: efs %s %s\n", cmd_current->name, cmd_current->args);
	fprintf(stderr, "'efs %s --help' tells more.\n", cmd_current->name);
	return CMD_USAGE;
}

void cmd_help(FILE *f, const struct command *c)
{
	fprintf(f, "Usage: efs %s %s\n%s\n", c->name, c->args, c->help);
	if (c->more)
		fprintf(f, "\n%s", c->more);
}
