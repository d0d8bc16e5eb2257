// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the suites in a kernel without KUnit, when the module is loaded: KTAP in the log.
 *
 * A case runs in a thread of its own, which an assertion that fails ends; so, like with
 * KUnit, it must hold nothing of the kernel's while it asserts.
 *
 * Locks: none, cases run one after another.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/stdarg.h>
#include "run.h"

struct chunk {
	struct chunk *next;
	u64 data[];
};

/* the runner's part of a case: struct kunit.runner */
struct state {
	struct completion done;
	struct chunk *mem;
	void (*step)(struct kunit *test);
	char note[256];
};

static struct kunit_suite *efs_kunit_end[1] __used __section("efs_kunit_suites");

static char *only;
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "run suites, or suite.case, whose name begins like this");

static bool fast;
module_param(fast, bool, 0444);
MODULE_PARM_DESC(fast, "leave out what takes seconds");

#define say(fmt, ...)	pr_info(fmt "\n", ##__VA_ARGS__)

void efs_kunit_failed(struct kunit *test, const char *file, int line, const char *what,
		      const char *fmt, ...)
{
	struct va_format vf;
	va_list ap;

	test->status = KUNIT_FAILURE;
	va_start(ap, fmt);
	vf.fmt = fmt;
	vf.va = &ap;
	say("        # %s: %s:%d: %s: %pV", test->name, file, line, what, &vf);
	va_end(ap);
}

struct completion *efs_kunit_done(struct kunit *test)
{
	struct state *s = test->runner;

	return &s->done;
}

void efs_kunit_note(struct kunit *test, bool skip, const char *fmt, ...)
{
	struct state *s = test->runner;
	struct va_format vf;
	va_list ap;

	va_start(ap, fmt);
	if (skip) {
		test->status = KUNIT_SKIPPED;
		vsnprintf(s->note, sizeof(s->note), fmt, ap);
	} else {
		vf.fmt = fmt;
		vf.va = &ap;
		say("        # %s: %pV", test->name, &vf);
	}
	va_end(ap);
}

void *efs_kunit_zalloc(struct kunit *test, size_t size)
{
	struct state *s = test->runner;
	struct chunk *c = kvzalloc(sizeof(*c) + size, GFP_KERNEL);

	if (!c)
		return NULL;
	c->next = s->mem;
	s->mem = c;
	return c->data;
}

static void verdict(const char *indent, u32 n, const char *name, enum kunit_status status,
		    const char *note)
{
	say("%s%s %u %s%s%s", indent, status == KUNIT_FAILURE ? "not ok" : "ok", n, name,
	    status == KUNIT_SKIPPED ? " # SKIP " : "", status == KUNIT_SKIPPED ? note : "");
}

static int thread(void *arg)
{
	struct kunit *test = arg;
	struct state *s = test->runner;

	s->step(test);
	kthread_complete_and_exit(&s->done, 0);
}

/* run @step in a thread and wait for its end, natural or not */
static void run_step(struct kunit *test, void (*step)(struct kunit *test))
{
	struct state *s = test->runner;
	struct task_struct *t;

	s->step = step;
	init_completion(&s->done);
	t = kthread_run(thread, test, "efsext2_test");
	if (IS_ERR(t))
		efs_kunit_failed(test, __FILE__, __LINE__, "kthread_run", "%ld", PTR_ERR(t));
	else
		while (!wait_for_completion_timeout(&s->done, 30 * HZ))
			;	/* in steps, or a long case looks like a task that hangs */
}

/* one case with one parameter; @note: why it was skipped */
static enum kunit_status run_one(struct kunit_suite *suite, struct kunit_case *kase,
				 const void *param, int index, char *note, size_t size)
{
	struct state *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct kunit test = {
		.name = kase->name, .param_value = param, .param_index = index, .runner = s,
	};
	int err;

	if (!s)
		return KUNIT_FAILURE;
	err = suite->init ? suite->init(&test) : 0;
	if (err)
		efs_kunit_failed(&test, __FILE__, __LINE__, "init", "%d", err);
	else
		run_step(&test, kase->run_case);
	if (suite->exit)
		run_step(&test, suite->exit);
	while (s->mem) {
		struct chunk *c = s->mem;

		s->mem = c->next;
		kvfree(c);
	}
	strscpy(note, s->note, size);
	kfree(s);
	return test.status;
}

static enum kunit_status run_case(struct kunit_suite *suite, struct kunit_case *kase, u32 n)
{
	enum kunit_status status = KUNIT_SUCCESS;
	u32 count[3] = { 0 }, index = 0;
	const void *param = NULL;
	char desc[KUNIT_PARAM_DESC_SIZE], note[256];

	if (!kase->generate_params) {
		status = run_one(suite, kase, NULL, 0, note, sizeof(note));
		verdict("    ", n, kase->name, status, note);
		return status;
	}
	say("        KTAP version 1");
	say("        # Subtest: %s", kase->name);
	for (;;) {
		enum kunit_status one;

		desc[0] = '\0';
		param = kase->generate_params(param, desc);
		if (!param)
			break;
		if (!desc[0])
			snprintf(desc, sizeof(desc), "param-%u", index);
		one = run_one(suite, kase, param, index++, note, sizeof(note));
		count[one]++;
		verdict("        ", index, desc, one, note);
	}
	if (count[KUNIT_FAILURE])
		status = KUNIT_FAILURE;
	else if (!count[KUNIT_SUCCESS])
		status = KUNIT_SKIPPED;
	verdict("    ", n, kase->name, status, "every parameter was skipped");
	return status;
}

/* is @kase wanted? NULL: any of the suite */
static bool selected(struct kunit_suite *suite, struct kunit_case *kase)
{
	size_t n = strlen(suite->name);

	if (!kase) {
		/* a suite is, if one of its cases is */
		for (kase = suite->test_cases; kase->run_case; kase++)
			if (selected(suite, kase))
				return true;
		return false;
	}
	if (fast && kase->slow)
		return false;
	if (!only || !strncmp(suite->name, only, strlen(only)))
		return true;
	if (strncmp(only, suite->name, n) || only[n] != '.')
		return false;
	return !strncmp(kase->name, only + n + 1, strlen(only + n + 1));
}

static bool run_suite(struct kunit_suite *suite)
{
	struct kunit_case *kase;
	bool ok = true;
	u32 n = 0;

	for (kase = suite->test_cases; kase->run_case; kase++)
		n += selected(suite, kase);
	say("    KTAP version 1");
	say("    # Subtest: %s", suite->name);
	say("    1..%u", n);
	if (suite->suite_init && suite->suite_init(suite)) {
		say("    # suite_init failed");
		return false;
	}
	n = 0;
	for (kase = suite->test_cases; kase->run_case; kase++)
		if (selected(suite, kase) && run_case(suite, kase, ++n) == KUNIT_FAILURE)
			ok = false;
	if (suite->suite_exit)
		suite->suite_exit(suite);
	return ok;
}

static int __init efs_kunit_run(void)
{
	struct kunit_suite **s;
	u32 n = 0;

	for (s = efs_kunit_begin; s < efs_kunit_end; s++)
		n += *s && selected(*s, NULL);
	say("KTAP version 1");
	say("1..%u", n);
	n = 0;
	for (s = efs_kunit_begin; s < efs_kunit_end; s++)
		if (*s && selected(*s, NULL))
			verdict("", ++n, (*s)->name,
				run_suite(*s) ? KUNIT_SUCCESS : KUNIT_FAILURE, "");
	return 0;
}

static void __exit efs_kunit_leave(void)
{
}

module_init(efs_kunit_run);
module_exit(efs_kunit_leave);

MODULE_DESCRIPTION("Tests of the core of efsext2");
MODULE_LICENSE("GPL");
