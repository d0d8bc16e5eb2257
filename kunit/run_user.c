// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the suites in userspace: KTAP on stdout, exit status 1 if anything failed.
 *
 *	run [-f] [-l] [-n times] [-t seconds] [suite[.case]]...
 *
 * -f leaves out the cases that are marked as slow, -l lists, -n lets those of random operations
 * do that many times as many.
 *
 * Each suite runs in a child process under a time limit, so a crash, a sanitizer's
 * report, or an endless loop costs one suite and is seen as its failure.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "home.h"

struct chunk {
	struct chunk *next;
	u64 data[];
};

/* the runner's part of a case: struct kunit.runner */
struct state {
	jmp_buf out;
	struct chunk *mem;
	char note[256];
};

/* the linker makes these from the name of the section */
extern struct kunit_suite *__start_efs_kunit_suites[], *__stop_efs_kunit_suites[];

void efs_kunit_failed(struct kunit *test, const char *file, int line, const char *what,
		      const char *fmt, ...)
{
	va_list ap;

	WRITE_ONCE(test->status, KUNIT_FAILURE);
	printf("        # %s: %s:%d: %s: ", test->name, file, line, what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void efs_kunit_abort(struct kunit *test)
{
	struct state *s = test->runner;

	if (efs_test_self()->worker)
		efs_test_thread_end();
	longjmp(s->out, 1);
}

void efs_kunit_note(struct kunit *test, bool skip, const char *fmt, ...)
{
	struct state *s = test->runner;
	va_list ap;

	va_start(ap, fmt);
	if (skip) {
		test->status = KUNIT_SKIPPED;
		vsnprintf(s->note, sizeof(s->note), fmt, ap);
	} else {
		printf("        # %s: ", test->name);
		vprintf(fmt, ap);
		putchar('\n');
	}
	va_end(ap);
}

void *efs_kunit_zalloc(struct kunit *test, size_t size)
{
	struct state *s = test->runner;
	struct chunk *c = calloc(1, sizeof(*c) + size);

	if (!c)
		return NULL;
	c->next = s->mem;
	s->mem = c;
	return c->data;
}

static void verdict(const char *indent, u32 n, const char *name, enum kunit_status status,
		    const char *note)
{
	printf("%s%s %u %s%s%s\n", indent, status == KUNIT_FAILURE ? "not ok" : "ok", n, name,
	       status == KUNIT_SKIPPED ? " # SKIP " : "", status == KUNIT_SKIPPED ? note : "");
	fflush(stdout);
}

/* one case with one parameter; @note: why it was skipped */
static enum kunit_status run_one(struct kunit_suite *suite, struct kunit_case *kase,
				 const void *param, int index, char *note, size_t size)
{
	struct state *s = calloc(1, sizeof(*s));
	struct kunit test = {
		.name = kase->name, .param_value = param, .param_index = index, .runner = s,
	};

	if (!s)
		exit(2);
	if (!setjmp(s->out)) {
		int err = suite->init ? suite->init(&test) : 0;

		if (err)
			efs_kunit_failed(&test, __FILE__, __LINE__, "init", "%d", err);
		else
			kase->run_case(&test);
	}
	if (suite->exit && !setjmp(s->out))
		suite->exit(&test);
	while (s->mem) {
		struct chunk *c = s->mem;

		s->mem = c->next;
		free(c);
	}
	snprintf(note, size, "%s", s->note);
	free(s);
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
	printf("        KTAP version 1\n        # Subtest: %s\n", kase->name);
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
	printf("    # %s: pass:%u fail:%u skip:%u total:%u\n", kase->name, count[KUNIT_SUCCESS],
	       count[KUNIT_FAILURE], count[KUNIT_SKIPPED], index);
	verdict("    ", n, kase->name, status, "every parameter was skipped");
	return status;
}

static bool fast;

/* does "suite" or "suite.case" select it, or is there no filter? */
static bool selected(char **filter, const struct kunit_suite *suite, const struct kunit_case *kase)
{
	size_t n = strlen(suite->name);

	if (fast && kase->slow)
		return false;
	if (!*filter)
		return true;
	for (; *filter; filter++) {
		if (strncmp(*filter, suite->name, n))
			continue;
		if (!(*filter)[n])
			return true;
		if ((*filter)[n] == '.' && !strcmp(*filter + n + 1, kase->name))
			return true;
	}
	return false;
}

static u32 count_selected(char **filter, const struct kunit_suite *suite)
{
	const struct kunit_case *kase;
	u32 n = 0;

	for (kase = suite->test_cases; kase->run_case; kase++)
		n += selected(filter, suite, kase);
	return n;
}

static int run_suite(struct kunit_suite *suite, char **filter)
{
	struct kunit_case *kase;
	bool failed = false;
	u32 n = 0;

	printf("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name,
	       count_selected(filter, suite));
	fflush(stdout);
	if (suite->suite_init && suite->suite_init(suite)) {
		printf("    # suite_init failed\n");
		return 1;
	}
	for (kase = suite->test_cases; kase->run_case; kase++) {
		if (!selected(filter, suite, kase))
			continue;
		if (run_case(suite, kase, ++n) == KUNIT_FAILURE)
			failed = true;
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);
	return failed;
}

static u64 ms(const struct timeval *t)
{
	return t->tv_sec * 1000ull + t->tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct kunit_suite **s, **end = __stop_efs_kunit_suites;
	struct kunit_case *kase;
	u32 limit = 600, n = 0, failed = 0;
	int opt;

	while ((opt = getopt(argc, argv, "fln:t:")) != -1) {
		switch (opt) {
		case 'f':
			fast = true;
			break;
		case 'l':
			for (s = __start_efs_kunit_suites; s < end; s++)
				for (kase = (*s)->test_cases; kase->run_case; kase++)
					printf("%s.%s\n", (*s)->name, kase->name);
			return 0;
		case 'n':
			efs_test_times = strtoul(optarg, NULL, 10);
			break;
		case 't':
			limit = strtoul(optarg, NULL, 10);
			break;
		default:
			fprintf(stderr, "usage: %s [-fl] [-n times] [-t s] [suite[.case]]...\n",
				argv[0]);
			return 2;
		}
	}
	argv += optind;
	for (s = __start_efs_kunit_suites; s < end; s++)
		n += count_selected(argv, *s) != 0;
	if (!n) {
		fprintf(stderr, "no such suite\n");
		return 2;
	}
	printf("KTAP version 1\n1..%u\n", n);
	n = 0;
	for (s = __start_efs_kunit_suites; s < end; s++) {
		struct rusage use;
		int status;
		pid_t pid;

		if (!count_selected(argv, *s))
			continue;
		fflush(stdout);
		pid = fork();
		if (!pid) {
			alarm(limit);
			status = run_suite(*s, argv);
			fflush(stdout);
			/* not _exit(): the leak checker runs at exit */
			exit(status);
		}
		if (pid < 0 || wait4(pid, &status, 0, &use) != pid) {
			perror("fork");
			return 2;
		}
		if (WIFSIGNALED(status))
			printf("    # %s by signal %d\n",
			       WTERMSIG(status) == SIGALRM ? "ended, time is up," : "killed",
			       WTERMSIG(status));
		else if (WEXITSTATUS(status) > 1)
			printf("    # exit status %d\n", WEXITSTATUS(status));
		printf("    # %s: %llu ms of processor time\n", (*s)->name,
		       ms(&use.ru_utime) + ms(&use.ru_stime));
		failed += status != 0;
		verdict("", ++n, (*s)->name, status ? KUNIT_FAILURE : KUNIT_SUCCESS, "");
	}
	printf("# suites: pass:%u fail:%u total:%u\n", n - failed, failed, n);
	return failed != 0;
}
