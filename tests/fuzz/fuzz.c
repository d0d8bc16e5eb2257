// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzers' runner: kunit/ runs here as one case without an end, and whatever a test
 * case would fail for ends the process, so that libFuzzer keeps the input.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include "fuzz.h"

/*
 * Seconds of an input's own. Calls of the port are counted (watch.c); this is for loops that
 * make none. A clock on the wall would blame the core for the load of the machine.
 */
#define SECONDS_MAX 60

const char *__asan_default_options(void);

/* inputs are small and many: a short quarantine, no stack of each allocation */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8:malloc_context_size=3:allocator_may_return_null=1:detect_leaks=0";
}

void fuzz_fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("BROKEN: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

static void time_out(int signal)
{
	fuzz_fail("%d seconds of processor time", SECONDS_MAX);
}

void fuzz_begin(void)
{
	static const struct itimerval limit = { .it_value.tv_sec = SECONDS_MAX };
	static bool handled;

	if (!handled)
		signal(SIGPROF, time_out);
	handled = true;
	setitimer(ITIMER_PROF, &limit, NULL);
}

struct kunit *fuzz_test(void)
{
	static struct kunit test;

	test = (struct kunit){ .name = "fuzz" };
	return &test;
}

void efs_kunit_failed(struct kunit *test, const char *file, int line, const char *what,
		      const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fuzz_fail("%s:%d: %s: %s", file, line, what, text);
}

void efs_kunit_abort(struct kunit *test)
{
	fuzz_fail("%s was aborted", test->name);
}

void efs_kunit_note(struct kunit *test, bool skip, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

u32 fuzz_hash(const u8 *data, size_t size)
{
	u32 h = 2166136261u;

	while (size--)
		h = (h ^ *data++) * 16777619u;
	return h ^ h >> 15;
}

void fuzz_quiet(bool on)
{
	sigset_t clock;

	sigemptyset(&clock);
	sigaddset(&clock, SIGALRM);
	sigprocmask(on ? SIG_BLOCK : SIG_UNBLOCK, &clock, NULL);
}

u32 fuzz_u8(struct fuzz_in *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

u32 fuzz_u16(struct fuzz_in *in)
{
	u32 lo = fuzz_u8(in);

	return lo | fuzz_u8(in) << 8;
}

u32 fuzz_u32(struct fuzz_in *in)
{
	u32 lo = fuzz_u16(in);

	return lo | fuzz_u16(in) << 16;
}
