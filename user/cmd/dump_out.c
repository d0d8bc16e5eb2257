// SPDX-License-Identifier: GPL-2.0
/*
 * The writer of `efs dump`: text for people, JSON for programs, from the same calls.
 *
 * Text is aligned at one column, as that is what people compare; numbers in JSON are numbers,
 * and what is unknown is null.
 */
#define _GNU_SOURCE
#include <time.h>

#include "dump.h"

#define NAME_WIDTH 24 /* of the column in which values begin */

/* ---- JSON: commas, names ---- */

/* before a value: the comma, and its name if it has one */
static void json_lead(struct out *o, const char *name)
{
	if (o->more[o->depth])
		putchar(',');
	o->more[o->depth] = true;
	if (o->depth)
		putchar('\n');
	printf("%*s", (int)o->depth, "");
	if (name)
		printf("\"%s\": ", name);
}

static void json_open(struct out *o, const char *name, char bracket)
{
	json_lead(o, name);
	putchar(bracket);
	o->depth++;
	o->more[o->depth] = false;
}

static void json_close(struct out *o, char bracket)
{
	o->depth--;
	putchar(bracket);
	if (!o->depth)
		putchar('\n');
}

void out_open(struct out *o, const char *name)
{
	if (o->json)
		json_open(o, name, '{');
}

void out_close(struct out *o)
{
	if (o->json)
		json_close(o, '}');
}

void out_gap(const struct out *o)
{
	if (!o->json)
		putchar('\n');
}

/* ---- text: names, columns ---- */

/* a name as people read it, and blanks up to the column of values */
static void text_name(const char *name)
{
	int width = 1;

	for (; *name; name++, width++)
		putchar(*name == '_' ? ' ' : *name);
	printf(":%*s", width < NAME_WIDTH ? NAME_WIDTH - width : 1, "");
}

/* @s as a field, a cell, or an element of a list */
static void text_value(struct out *o, const char *name, const char *s)
{
	int width;

	if (name) {
		text_name(name);
		puts(s);
	} else if (o->columns) {
		width = o->columns[o->column].width;
		if (width || *s)
			printf("%s%*s", o->column ? " " : "", width, s);
	} else {
		printf("%s%s", o->column ? " " : "", s);
	}
}

/* the name of a value in JSON: that of its column if it is a cell */
static const char *value_name(struct out *o, const char *name)
{
	return name || !o->columns ? name : o->columns[o->column].name;
}

/* a value that is the same in both forms, but between quotes in JSON if @quoted */
static void put_value(struct out *o, const char *name, const char *s, bool quoted)
{
	if (!o->json) {
		text_value(o, name, s);
	} else {
		json_lead(o, value_name(o, name));
		if (quoted)
			cmd_json(stdout, s);
		else
			fputs(s, stdout);
	}
	o->column++;
}

void out_list(struct out *o, const char *name)
{
	o->column = 0;
	if (o->json)
		json_open(o, name, '[');
	else
		text_name(name);
}

void out_list_end(struct out *o)
{
	if (o->json)
		json_close(o, ']');
	else
		putchar('\n');
}

void out_table(struct out *o, const char *name, const struct column *columns)
{
	size_t k;

	o->columns = columns;
	if (o->json) {
		json_open(o, name, '[');
		return;
	}
	for (k = 0; columns[k].name; k++) {
		char head[64], *p;

		snprintf(head, sizeof(head), "%s", columns[k].name);
		for (p = head; *p; p++)
			if (*p == '_')
				*p = ' ';
		printf("%s%*s", k ? " " : "", columns[k].width, head);
	}
	putchar('\n');
}

void out_row(struct out *o)
{
	o->column = 0;
	if (o->json)
		json_open(o, NULL, '{');
}

void out_row_end(struct out *o)
{
	if (o->json)
		json_close(o, '}');
	else
		putchar('\n');
}

void out_table_end(struct out *o)
{
	o->columns = NULL;
	if (o->json)
		json_close(o, ']');
}

/* ---- values ---- */

void out_number(struct out *o, const char *name, uint64_t n)
{
	char s[32];

	snprintf(s, sizeof(s), "%llu", (unsigned long long)n);
	put_value(o, name, s, false);
}

void out_signed(struct out *o, const char *name, int64_t n)
{
	char s[32];

	snprintf(s, sizeof(s), "%lld", (long long)n);
	put_value(o, name, s, false);
}

void out_hex(struct out *o, const char *name, uint64_t n, int digits)
{
	char s[32];

	if (o->json) {
		out_number(o, name, n);
		return;
	}
	snprintf(s, sizeof(s), "0x%0*llx", digits, (unsigned long long)n);
	put_value(o, name, s, false);
}

void out_bool(struct out *o, const char *name, bool yes)
{
	put_value(o, name, o->json ? (yes ? "true" : "false") : yes ? "yes" :
								      "no",
		  false);
}

void out_word(struct out *o, const char *name, const char *s)
{
	put_value(o, name, s ? s : o->json ? "null" :
					     "-",
		  s);
}

void out_bytes(struct out *o, const char *name, const char *s, size_t len)
{
	/* JSON has its own way for bytes that are no text, but not for a NUL inside */
	if (o->json && !memchr(s, '\0', len)) {
		char *copy = cmd_strndup(s, len);

		put_value(o, name, copy, true);
		free(copy);
	} else {
		put_value(o, name, cmd_escape(s, len), true);
	}
}

void out_time(struct out *o, const char *name, int64_t sec, uint32_t nsec)
{
	char s[80];
	time_t t = sec;
	struct tm tm;
	size_t len;

	if (nsec == OUT_SECONDS && !sec) {
		put_value(o, name, o->json ? "null" : "never", false);
		return;
	}
	gmtime_r(&t, &tm);
	len = strftime(s, sizeof(s), "%Y-%m-%dT%H:%M:%S", &tm);
	if (nsec != OUT_SECONDS)
		len += (size_t)snprintf(s + len, sizeof(s) - len, ".%09u", nsec);
	snprintf(s + len, sizeof(s) - len, "Z");
	put_value(o, name, s, true);
}

void out_uuid(struct out *o, const char *name, const uint8_t *uuid)
{
	char s[37];
	size_t len = 0;
	int k;

	for (k = 0; k < 16; k++)
		len += (size_t)snprintf(s + len, sizeof(s) - len, "%s%02x",
					k >= 4 && k <= 10 && k % 2 == 0 ? "-" : "", uuid[k]);
	put_value(o, name, s, true);
}

void out_problem(struct out *o, const char *name, const struct efs_reason *problem)
{
	char s[160];

	if (!problem->code) {
		if (o->json || !name)
			put_value(o, name, o->json ? "null" : "", false);
		return;
	}
	snprintf(s, sizeof(s), "%s: %s", problem->code, problem->text);
	put_value(o, name, s, true);
}

void out_range(struct out *o, uint64_t first, uint64_t last)
{
	char s[64];

	if (o->json)
		snprintf(s, sizeof(s), "[%llu, %llu]", (unsigned long long)first,
			 (unsigned long long)last);
	else if (first == last)
		snprintf(s, sizeof(s), "%llu", (unsigned long long)first);
	else
		snprintf(s, sizeof(s), "%llu-%llu", (unsigned long long)first,
			 (unsigned long long)last);
	put_value(o, NULL, s, false);
}
