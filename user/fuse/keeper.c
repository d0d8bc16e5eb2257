// SPDX-License-Identifier: GPL-2.0
/*
 * The keeper, a thread beside those that serve requests: every few seconds it makes durable what
 * was changed, and when the daemon is told to end, it ends the session. And the log.
 *
 * Signals: SIGINT, SIGTERM, SIGHUP and SIGUSR1 are blocked everywhere; the keeper waits for
 * them. The first three end the session; SIGUSR1 says that it has ended. SIGUSR2 does
 * nothing but wake the main thread, which sleeps in libfuse.
 */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* ---- the log; set before there are threads ---- */

static const char *about;
static bool detached;

void efsd_log_begin(const char *image)
{
	about = image;
}

void efsd_log_detach(void)
{
	openlog("efs-fuse", LOG_PID, LOG_DAEMON);
	detached = true;
}

void efsd_log(void *ctx, int level, const char *msg)
{
	static const int prio[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE };

	(void)ctx;
	if (detached)
		syslog(prio[level < 0 || level > 2 ? 0 : level], "%s: %s", about, msg);
	else
		fprintf(stderr, "efs-fuse: %s%s%s\n", about ? about : "", about ? ": " : "", msg);
}

void efsd_say(int level, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	efsd_log(NULL, level, msg);
}

void efsd_fail(struct efsd *d, int err)
{
	int none = 0;

	if (err)
		__atomic_compare_exchange_n(&d->failed, &none, err, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE);
}

/* ---- the thread ---- */

static void wake(int sig)
{
	(void)sig;
}

static void waited_for(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
}

void efsd_keeper_signals(void)
{
	struct sigaction sa = { .sa_handler = wake };
	sigset_t set;

	/* without SA_RESTART: it is there to interrupt */
	sigaction(SIGUSR2, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	waited_for(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static bool ended(struct efsd *d)
{
	return __atomic_load_n(&d->ended, __ATOMIC_ACQUIRE);
}

static void sync_changes(struct efsd *d)
{
	int err;

	if (!__atomic_exchange_n(&d->changed, false, __ATOMIC_ACQ_REL))
		return;
	err = efs_volume_sync(d->volume);
	if (!err)
		return;
	efsd_say(0, "cannot write what was changed: %s", strerror(-err));
	__atomic_store_n(&d->late, err, __ATOMIC_RELEASE);
	efsd_fail(d, err);
}

/*
 * What shared mappings have changed may only be in the kernel. It comes here while the session
 * still runs; who has no permission to open the directory goes without.
 */
static void fetch_mapped(const struct efsd *d)
{
	int fd = open(d->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	syncfs(fd);
	close(fd);
}

static void end_session(struct efsd *d, const sigset_t *set)
{
	static const struct timespec moment = { .tv_nsec = 20000000 };

	fetch_mapped(d);
	fuse_session_exit(d->session);
	/* it may look at the session just before it goes to sleep: so more than once */
	while (!ended(d)) {
		pthread_kill(d->main, SIGUSR2);
		sigtimedwait(set, NULL, &moment);
	}
}

static void *keep(void *arg)
{
	static const struct timespec period = { .tv_sec = EFSD_SYNC_EVERY };
	struct efsd *d = arg;
	sigset_t set;
	int sig;

	waited_for(&set);
	while (!ended(d)) {
		sig = sigtimedwait(&set, NULL, &period);
		if (sig > 0 && sig != SIGUSR1)
			end_session(d, &set);
		else if (sig < 0)
			sync_changes(d);
	}
	return NULL;
}

int efsd_keeper_start(struct efsd *d)
{
	d->main = pthread_self();
	return -pthread_create(&d->keeper, NULL, keep, d);
}

void efsd_keeper_stop(struct efsd *d)
{
	__atomic_store_n(&d->ended, true, __ATOMIC_RELEASE);
	pthread_kill(d->keeper, SIGUSR1);
	pthread_join(d->keeper, NULL);
}
