// SPDX-License-Identifier: GPL-2.0
/*
 * How far a long copy is: one line on stderr, rewritten some times a second.
 *
 * Only on a terminal, or when asked for; and only after the first second.
 */
#include <time.h>
#include <unistd.h>

#include "copy.h"

static struct {
	bool on, shown;
	uint64_t total, done, files;
	double start, next;
	char name[256];
} p;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_setup(bool force, uint64_t total)
{
	memset(&p, 0, sizeof(p));
	p.on = force || isatty(STDERR_FILENO);
	p.total = total;
	p.start = now();
	p.next = force ? p.start : p.start + 1;
}

void progress_clear(void)
{
	if (p.shown)
		fputs("\r\033[K", stderr);
	p.shown = false;
}

static void draw(double t)
{
	char done[16], total[16], speed[16], bar[21];
	unsigned int k, filled;

	cmd_human(p.done, done);
	cmd_human((uint64_t)((double)p.done / (t - p.start > 0.001 ? t - p.start : 0.001)), speed);
	if (p.total) {
		filled = 20;
		if (p.done < p.total)
			filled = (unsigned int)(20 * (double)p.done / (double)p.total);
		for (k = 0; k < 20; k++)
			bar[k] = k < filled ? '#' : '.';
		bar[20] = '\0';
		fprintf(stderr, "\r\033[K[%s] %s of %s, %s/s", bar, done, cmd_human(p.total, total),
			speed);
	} else {
		fprintf(stderr, "\r\033[K%llu files, %s, %s/s  %.40s", (unsigned long long)p.files,
			done, speed, cmd_escape(p.name, strlen(p.name)));
	}
	fflush(stderr);
	p.shown = true;
}

static void tick(void)
{
	double t;

	if (!p.on)
		return;
	t = now();
	if (t < p.next)
		return;
	p.next = t + 0.2;
	draw(t);
}

void progress_file(const char *name)
{
	p.files++;
	if (!p.on)
		return;
	snprintf(p.name, sizeof(p.name), "%s", name);
	tick();
}

void progress_bytes(uint64_t n)
{
	p.done += n;
	tick();
}

void progress_end(void)
{
	if (p.shown) {
		draw(now());
		fputc('\n', stderr);
	}
	p.shown = false;
	p.on = false;
}
