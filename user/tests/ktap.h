/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KTAP from a table of C functions: `1..N`, `ok N - name`, `not ok N - name`.
 *
 * A test is a function that returns nothing; CHECK() notes a failure with its place and
 * returns from it, so that what follows may rely on what was checked.
 */
#ifndef EFSU_KTAP_H
#define EFSU_KTAP_H

#include <stdio.h>

struct ktap_case {
	const char *name;
	void (*run)(void);
};

/* one for the whole program, whichever files it is made of */
extern int ktap_failures;
__attribute__((weak)) int ktap_failures;

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
			__atomic_add_fetch(&ktap_failures, 1, __ATOMIC_RELAXED); \
			return;						\
		}							\
	} while (0)

/** CHECK_EQ() - as CHECK(), naming both values */
#define CHECK_EQ(a, b)							\
	do {								\
		long long _a = (long long)(a), _b = (long long)(b);	\
									\
		if (_a != _b) {						\
			printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, \
			       #a, _a, _b);				\
			__atomic_add_fetch(&ktap_failures, 1, __ATOMIC_RELAXED); \
			return;						\
		}							\
	} while (0)

static inline int ktap_run(const struct ktap_case *cases, int n)
{
	int i, bad = 0;

	printf("KTAP version 1\n1..%d\n", n);
	for (i = 0; i < n; i++) {
		ktap_failures = 0;
		cases[i].run();
		printf("%sok %d - %s\n", ktap_failures ? "not " : "", i + 1, cases[i].name);
		fflush(stdout);
		bad += !!ktap_failures;
	}
	return bad != 0;
}

#endif /* EFSU_KTAP_H */
