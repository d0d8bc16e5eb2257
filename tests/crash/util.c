// SPDX-License-Identifier: GPL-2.0
/*
 * What every program of the power cuts needs: an end with a reason, memory or that end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

void *xalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		die("no memory");
	return p;
}

void *xgrow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		die("no memory");
	return p;
}
