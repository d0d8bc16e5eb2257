/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the library wants of <string.h> where there is no C library. The first four are what
 * compilers call by themselves, so a program has them in any case.
 */
#ifndef EFS_EMBEDDED_STRING_H
#define EFS_EMBEDDED_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

static inline size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

#endif /* EFS_EMBEDDED_STRING_H */
