// SPDX-License-Identifier: GPL-2.0
/*
 * Text for the log, where there may be no C library: a small part of printf().
 *
 * %s %c %d %i %u %x %%, with l, ll, z, a width and 0 before it. What else stands behind a %
 * is copied as it is. No memory, no locale, no state.
 */
#include <stdarg.h>

#include "env.h"

struct out {
	char *buf;
	size_t size, at;
};

static void put(struct out *o, char c)
{
	if (o->at + 1 < o->size)
		o->buf[o->at] = c;
	o->at++;
}

static void put_padded(struct out *o, const char *s, size_t len, unsigned int width, char pad)
{
	for (; width > len; width--)
		put(o, pad);
	while (len--)
		put(o, *s++);
}

static void put_number(struct out *o, uint64_t v, bool minus, unsigned int base,
		       unsigned int width, char pad)
{
	char text[24], *p = text + sizeof(text);

	do {
		*--p = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (minus && pad == '0') {
		put(o, '-');
		width -= width > 0;
	} else if (minus) {
		*--p = '-';
	}
	put_padded(o, p, (size_t)(text + sizeof(text) - p), width, pad);
}

static uint64_t take_unsigned(va_list *args, int longs)
{
	if (longs == 0)
		return va_arg(*args, unsigned int);
	return longs == 1 ? va_arg(*args, unsigned long) : va_arg(*args, unsigned long long);
}

static int64_t take_signed(va_list *args, int longs)
{
	if (longs == 0)
		return va_arg(*args, int);
	return longs == 1 ? va_arg(*args, long) : va_arg(*args, long long);
}

/* what follows a `%`; Return: behind it */
static const char *convert(struct out *o, const char *f, va_list *args)
{
	const char *start = f;
	unsigned int width = 0;
	char pad = ' ', c;
	const char *s;
	size_t len;
	int64_t v;
	int longs = 0;

	if (*f == '0')
		pad = *f++;
	while (*f >= '0' && *f <= '9' && width < 100)
		width = width * 10 + (unsigned int)(*f++ - '0');
	while (*f == 'l' || *f == 'z') {
		longs += *f == 'z' && sizeof(size_t) > sizeof(unsigned int) ? 1 : *f == 'l';
		f++;
	}
	switch (*f) {
	case 's':
		s = va_arg(*args, const char *);
		s = s ? s : "(null)";
		for (len = 0; s[len]; len++)
			;
		put_padded(o, s, len, width, ' ');
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		put_padded(o, &c, 1, width, ' ');
		break;
	case 'd':
	case 'i':
		v = take_signed(args, longs);
		put_number(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0, 10, width, pad);
		break;
	case 'u':
		put_number(o, take_unsigned(args, longs), false, 10, width, pad);
		break;
	case 'x':
		put_number(o, take_unsigned(args, longs), false, 16, width, pad);
		break;
	case '%':
		put(o, '%');
		break;
	default:
		put(o, '%');
		return start;
	}
	return f + 1;
}

size_t efs_vformat(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	va_list copy;

	/* a va_list that is an array cannot be passed on by its address as it came in */
	va_copy(copy, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(&o, fmt + 1, &copy);
		else
			put(&o, *fmt++);
	}
	va_end(copy);
	if (size)
		buf[o.at < size ? o.at : size - 1] = '\0';
	return o.at;
}

size_t efs_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = efs_vformat(buf, size, fmt, args);
	va_end(args);
	return n;
}
