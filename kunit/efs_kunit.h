/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One test source, several runners.
 *
 * Where KUnit is on, this is KUnit. Elsewhere it is the subset of it that 6.1 and 6.12
 * share and the suites use, over four functions of a runner (run_user.c in userspace):
 * same macros, same structures, KTAP output.
 */
#ifndef EFS_KUNIT_H
#define EFS_KUNIT_H

/* two steps, because userspace cannot parse the second one */
#ifdef __KERNEL__
#if IS_ENABLED(CONFIG_KUNIT)
#define EFS_HAVE_KUNIT
#endif
#endif

#ifdef EFS_HAVE_KUNIT

#include <kunit/test.h>

#define efs_kunit_abort(test) kunit_try_catch_throw(&(test)->try_catch)

#ifdef KUNIT_CASE_SLOW
#define KUNIT_CASE_PARAM_SLOW(fn, gen)						\
	{									\
		.run_case = fn, .name = #fn, .generate_params = gen,		\
		.attr.speed = KUNIT_SPEED_SLOW, .module_name = KBUILD_MODNAME,	\
	}
#else /* before 6.7: no case has a speed */
#define KUNIT_CASE_SLOW(fn) KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM_SLOW(fn, gen) KUNIT_CASE_PARAM(fn, gen)
#endif

/* 6.1 has no comparison of memory */
#ifndef KUNIT_EXPECT_MEMEQ
#define KUNIT_EXPECT_MEMEQ(test, left, right, size) \
	KUNIT_EXPECT_EQ(test, memcmp(left, right, size), 0)
#define KUNIT_ASSERT_MEMEQ(test, left, right, size) \
	KUNIT_ASSERT_EQ(test, memcmp(left, right, size), 0)
#endif

#else /* no KUnit */

#include <stdio.h>
#include "efs_port_types.h"
#ifdef __KERNEL__
#include <linux/kthread.h>
#endif

#define KUNIT_PARAM_DESC_SIZE 128

enum kunit_status { KUNIT_SUCCESS, KUNIT_FAILURE, KUNIT_SKIPPED };

/**
 * struct kunit - one running case
 * @priv: for the suite's init and exit
 * @param_value, @param_index: parameter of a KUNIT_CASE_PARAM() case
 * @runner: the runner's own
 */
struct kunit {
	void *priv;
	const char *name;
	const void *param_value;
	int param_index;
	enum kunit_status status;
	void *runner;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
	bool slow;
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn) { .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, gen) { .run_case = fn, .name = #fn, .generate_params = gen }
#define KUNIT_CASE_SLOW(fn) { .run_case = fn, .name = #fn, .slow = true }
#define KUNIT_CASE_PARAM_SLOW(fn, gen)						\
	{ .run_case = fn, .name = #fn, .generate_params = gen, .slow = true }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		__typeof__(&(array)[0]) next = prev;				\
		void (*describe)(__typeof__(next), char *) = get_desc;		\
										\
		next = next ? next + 1 : (array);				\
		if (next - (array) >= (ptrdiff_t)ARRAY_SIZE(array))		\
			return NULL;						\
		if (describe)							\
			describe(next, desc);					\
		return next;							\
	}

/* the runner walks the section, which the linker makes one array: no gaps may be in it */
#define kunit_test_suites(...)							\
	static struct kunit_suite *__efs_suites[]				\
	__used __section("efs_kunit_suites") __aligned(sizeof(void *)) = { __VA_ARGS__ }
#define kunit_test_suite(suite) kunit_test_suites(&(suite))

/* supplied by the runner */
void efs_kunit_failed(struct kunit *test, const char *file, int line, const char *what,
		      const char *fmt, ...) __printf(5, 6);
void efs_kunit_note(struct kunit *test, bool skip, const char *fmt, ...) __printf(3, 4);
void *efs_kunit_zalloc(struct kunit *test, size_t size);

#ifdef __KERNEL__
/* objtool knows by name which functions of the kernel do not return, and none of others */
struct completion *efs_kunit_done(struct kunit *test);

static inline void __noreturn efs_kunit_abort(struct kunit *test)
{
	kthread_complete_and_exit(efs_kunit_done(test), 0);
}
#else
void __noreturn efs_kunit_abort(struct kunit *test);
#endif

#ifndef GFP_KERNEL
#define GFP_KERNEL 0
#endif
#define kunit_kzalloc(test, size, gfp)	((void)(gfp), efs_kunit_zalloc(test, size))
#define kunit_info(test, fmt, ...)	efs_kunit_note(test, false, fmt, ##__VA_ARGS__)
#define kunit_skip(test, fmt, ...)				\
	do {							\
		efs_kunit_note(test, true, fmt, ##__VA_ARGS__);	\
		efs_kunit_abort(test);				\
	} while (0)

/*
 * Each check prints where, what and both values. _F: what follows a failure, nothing
 * or the end of the case.
 */
#define __EFS_EXPECT(test)	((void)(test))
#define __EFS_ASSERT(test)	efs_kunit_abort(test)

#define __EFS_FAIL(test, _F, what, fmt, ...)					\
	do {									\
		efs_kunit_failed(test, __FILE__, __LINE__, what, fmt, ##__VA_ARGS__);	\
		_F(test);							\
	} while (0)

#define __EFS_COND(test, _F, cond, what, fmt, ...)				\
	do {									\
		if (!(cond))							\
			__EFS_FAIL(test, _F, what, fmt, ##__VA_ARGS__);		\
	} while (0)

#define __EFS_BIN(test, _F, left, op, right, fmt, ...)				\
	do {									\
		const __typeof__(left) __left = (left);				\
		const __typeof__(right) __right = (right);			\
										\
		if (!(__left op __right))					\
			__EFS_FAIL(test, _F, #left " " #op " " #right,		\
				   "%lld (0x%llx), %lld (0x%llx) " fmt,		\
				   (long long)__left, (long long)__left,	\
				   (long long)__right, (long long)__right,	\
				   ##__VA_ARGS__);				\
	} while (0)

#define __EFS_PTR(test, _F, left, op, right, fmt, ...)				\
	do {									\
		const void *__left = (left);					\
		const void *__right = (right);					\
										\
		if (!(__left op __right))					\
			__EFS_FAIL(test, _F, #left " " #op " " #right,		\
				   "%p, %p " fmt, __left, __right, ##__VA_ARGS__);	\
	} while (0)

#define __EFS_STR(test, _F, left, op, right, fmt, ...)				\
	do {									\
		const char *__left = (left);					\
		const char *__right = (right);					\
										\
		if (!(strcmp(__left, __right) op 0))				\
			__EFS_FAIL(test, _F, #left " " #op " " #right,		\
				   "\"%s\", \"%s\" " fmt, __left, __right, ##__VA_ARGS__); \
	} while (0)

#define __EFS_MEM(test, _F, left, op, right, size, fmt, ...)			\
	do {									\
		const u8 *__left = (const void *)(left);			\
		const u8 *__right = (const void *)(right);			\
		size_t __n = (size), __i = 0;					\
										\
		while (__i < __n && __left[__i] == __right[__i])		\
			__i++;							\
		if (!(__n - __i op 0))						\
			__EFS_FAIL(test, _F, #left " " #op " " #right,		\
				   "at byte %zu of %zu " fmt, __i, __n, ##__VA_ARGS__);	\
	} while (0)

#define KUNIT_FAIL(test, fmt, ...) __EFS_FAIL(test, __EFS_EXPECT, "fail", fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, c) __EFS_COND(test, __EFS_EXPECT, c, #c, "is false")
#define KUNIT_EXPECT_FALSE(test, c) __EFS_COND(test, __EFS_EXPECT, !(c), #c, "is true")
#define KUNIT_ASSERT_TRUE(test, c) __EFS_COND(test, __EFS_ASSERT, c, #c, "is false")
#define KUNIT_ASSERT_FALSE(test, c) __EFS_COND(test, __EFS_ASSERT, !(c), #c, "is true")
#define KUNIT_EXPECT_TRUE_MSG(test, c, fmt, ...) \
	__EFS_COND(test, __EFS_EXPECT, c, #c, "is false: " fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, c, fmt, ...) \
	__EFS_COND(test, __EFS_EXPECT, !(c), #c, "is true: " fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(test, c, fmt, ...) \
	__EFS_COND(test, __EFS_ASSERT, c, #c, "is false: " fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(test, c, fmt, ...) \
	__EFS_COND(test, __EFS_ASSERT, !(c), #c, "is true: " fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_NULL(test, p) __EFS_COND(test, __EFS_EXPECT, !(p), #p, "is not NULL")
#define KUNIT_EXPECT_NOT_NULL(test, p) __EFS_COND(test, __EFS_EXPECT, (p), #p, "is NULL")
#define KUNIT_ASSERT_NULL(test, p) __EFS_COND(test, __EFS_ASSERT, !(p), #p, "is not NULL")
#define KUNIT_ASSERT_NOT_NULL(test, p) __EFS_COND(test, __EFS_ASSERT, (p), #p, "is NULL")

#define KUNIT_EXPECT_EQ(test, l, r) __EFS_BIN(test, __EFS_EXPECT, l, ==, r, "")
#define KUNIT_EXPECT_NE(test, l, r) __EFS_BIN(test, __EFS_EXPECT, l, !=, r, "")
#define KUNIT_EXPECT_LT(test, l, r) __EFS_BIN(test, __EFS_EXPECT, l, <, r, "")
#define KUNIT_EXPECT_LE(test, l, r) __EFS_BIN(test, __EFS_EXPECT, l, <=, r, "")
#define KUNIT_EXPECT_GT(test, l, r) __EFS_BIN(test, __EFS_EXPECT, l, >, r, "")
#define KUNIT_EXPECT_GE(test, l, r) __EFS_BIN(test, __EFS_EXPECT, l, >=, r, "")
#define KUNIT_ASSERT_EQ(test, l, r) __EFS_BIN(test, __EFS_ASSERT, l, ==, r, "")
#define KUNIT_ASSERT_NE(test, l, r) __EFS_BIN(test, __EFS_ASSERT, l, !=, r, "")
#define KUNIT_ASSERT_LT(test, l, r) __EFS_BIN(test, __EFS_ASSERT, l, <, r, "")
#define KUNIT_ASSERT_LE(test, l, r) __EFS_BIN(test, __EFS_ASSERT, l, <=, r, "")
#define KUNIT_ASSERT_GT(test, l, r) __EFS_BIN(test, __EFS_ASSERT, l, >, r, "")
#define KUNIT_ASSERT_GE(test, l, r) __EFS_BIN(test, __EFS_ASSERT, l, >=, r, "")

#define KUNIT_EXPECT_EQ_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_EXPECT, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_EXPECT, l, !=, r, __VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_EXPECT, l, <, r, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_EXPECT, l, <=, r, __VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_EXPECT, l, >, r, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_EXPECT, l, >=, r, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_ASSERT, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_NE_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_ASSERT, l, !=, r, __VA_ARGS__)
#define KUNIT_ASSERT_LT_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_ASSERT, l, <, r, __VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_ASSERT, l, <=, r, __VA_ARGS__)
#define KUNIT_ASSERT_GT_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_ASSERT, l, >, r, __VA_ARGS__)
#define KUNIT_ASSERT_GE_MSG(test, l, r, ...) __EFS_BIN(test, __EFS_ASSERT, l, >=, r, __VA_ARGS__)

#define KUNIT_EXPECT_PTR_EQ(test, l, r) __EFS_PTR(test, __EFS_EXPECT, l, ==, r, "")
#define KUNIT_EXPECT_PTR_NE(test, l, r) __EFS_PTR(test, __EFS_EXPECT, l, !=, r, "")
#define KUNIT_ASSERT_PTR_EQ(test, l, r) __EFS_PTR(test, __EFS_ASSERT, l, ==, r, "")
#define KUNIT_ASSERT_PTR_NE(test, l, r) __EFS_PTR(test, __EFS_ASSERT, l, !=, r, "")

#define KUNIT_EXPECT_STREQ(test, l, r) __EFS_STR(test, __EFS_EXPECT, l, ==, r, "")
#define KUNIT_EXPECT_STRNEQ(test, l, r) __EFS_STR(test, __EFS_EXPECT, l, !=, r, "")
#define KUNIT_ASSERT_STREQ(test, l, r) __EFS_STR(test, __EFS_ASSERT, l, ==, r, "")
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, ...) \
	__EFS_STR(test, __EFS_EXPECT, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_STREQ_MSG(test, l, r, ...) \
	__EFS_STR(test, __EFS_ASSERT, l, ==, r, __VA_ARGS__)

#define KUNIT_EXPECT_MEMEQ(test, l, r, n) __EFS_MEM(test, __EFS_EXPECT, l, ==, r, n, "")
#define KUNIT_ASSERT_MEMEQ(test, l, r, n) __EFS_MEM(test, __EFS_ASSERT, l, ==, r, n, "")
#define KUNIT_EXPECT_MEMEQ_MSG(test, l, r, n, ...) \
	__EFS_MEM(test, __EFS_EXPECT, l, ==, r, n, __VA_ARGS__)
#define KUNIT_ASSERT_MEMEQ_MSG(test, l, r, n, ...) \
	__EFS_MEM(test, __EFS_ASSERT, l, ==, r, n, __VA_ARGS__)

#endif /* no KUnit */

/**
 * EFS_TEST_ROWS() - parameters for KUNIT_CASE_PARAM(case, @rows##_gen_params) from a
 * constant table whose rows have a name
 */
#define EFS_TEST_ROWS(rows)							\
	static void rows##_desc(__typeof__(&(rows)[0]) row, char *desc)		\
	{									\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", row->name);		\
	}									\
	KUNIT_ARRAY_PARAM(rows, rows, rows##_desc)

#endif /* EFS_KUNIT_H */
