// SPDX-License-Identifier: GPL-2.0
/*
 * The program: see usage(). The cases are those of the simulator, as many as a guest can do.
 *
 * The device has a volatile cache: it may have written any of what was sent since the last flush.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"

static struct script base_script;

struct model *prepare(const struct leaf *l, struct script *s)
{
	struct model *m;

	script_parse("base", base_text, l->volume->block_size, &base_script);
	script_parse(l->script, script_text(l->script), l->volume->block_size, s);
	m = model_new(&base_script, s, l->mode);
	model_index(m);
	return m;
}

/* ---- the cases ---- */

#define LEAVES_MAX 512

/* one volume after the other takes its turn */
static u32 list_leaves(bool longer, struct leaf *l)
{
	u32 i, n = 0, randoms = longer ? 8 : 1, nscripts = 0;

	while (script_name(nscripts))
		nscripts++;
	for (i = 0; i < nscripts + randoms; i++) {
		enum mode mode;

		for (mode = 0; mode < MODES; mode++) {
			/* of the short form's scripts each has one mode */
			if (!longer && (u32)mode != i % MODES)
				continue;
			if (i < nscripts)
				snprintf(l[n].script, sizeof(l[n].script), "%s", script_name(i));
			else
				snprintf(l[n].script, sizeof(l[n].script), "random:%u:%u",
					 i - nscripts + 1, longer ? 60u : 20u);
			l[n].mode = mode;
			l[n].volume = &volumes[(i / MODES + (u32)mode) % 4];
			if (++n == LEAVES_MAX)
				die("more than %d cases", LEAVES_MAX);
		}
	}
	return n;
}

static int cmd_base(const char *dir)
{
	static struct script none;
	const struct volume *v;
	char path[512];

	for (v = volumes; v->name; v++) {
		struct model *m;
		u8 *image;
		FILE *f;

		script_parse("base", base_text, v->block_size, &base_script);
		m = model_new(&base_script, &none, MODE_ASYNC);
		image = base_image(v, m, &base_script);
		snprintf(path, sizeof(path), "%s/%s.img", dir, v->name);
		f = fopen(path, "w");
		if (!f || fwrite(image, 1, volume_size(v), f) != volume_size(v) || fclose(f))
			die("%s: %s", path, strerror(errno));
		free(image);
		model_free(m);
	}
	return 0;
}

/* ---- the states ---- */

struct result {
	struct census census, dropped;
	u32 writes, drop_at;
	bool done;
	char text[4000];
};

static void load_base(const char *dir, const struct volume *v, u8 *image)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.img", dir, v->name);
	f = fopen(path, "r");
	if (!f || fread(image, 1, volume_size(v), f) != volume_size(v))
		die("%s: too short", path);
	fclose(f);
}

/* the volume whose device stopped keeping what it was sent */
static void examine_dropped(const struct model *m, const struct script *s, u32 slice, int fd,
			    size_t size, struct result *res, FILE *out)
{
	u8 *image = xalloc(size);
	struct finding f;

	if (pread(fd, image, size, (off_t)(slice * SLICE_BYTES + LOG_BYTES)) != (ssize_t)size)
		die("slice %u holds no volume", slice);
	res->drop_at = drop_after(s, slice);
	check_image(m, image, size, res->drop_at, true, true, &f);
	res->dropped.disks++;
	census_count(&res->dropped, &f);
	if (f.broken)
		fprintf(out, "# writes dropped after operation %u: %s\n", res->drop_at, f.text);
	free(image);
}

static void examine(const struct leaf *l, u32 slice, int fd, const char *dir,
		    const struct bounds *b, struct result *res)
{
	struct record r = { 0 };
	u8 *image = xalloc(volume_size(l->volume));
	struct script s;
	struct model *m = prepare(l, &s);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	load_base(dir, l->volume, image);
	res->writes = log_read(fd, slice, l->volume, &r);
	try_states(m, &r, image, volume_size(l->volume), b, 1, &res->census, out);
	examine_dropped(m, &s, slice, fd, volume_size(l->volume), res, out);
	fclose(out);
	snprintf(res->text, sizeof(res->text), "%s", text);
	res->done = true;
	free(text);
	free(image);
	record_clear(&r);
	model_free(m);
}

static int cmd_states(const struct leaf *l, u32 n, const char *dir, const char *log,
		      const struct bounds *b, u32 jobs)
{
	struct result *res = mmap(NULL, n * sizeof(*res), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct census sum[MODES] = { 0 }, lost[MODES] = { 0 };
	u32 i, j, bad = 0;

	if (res == MAP_FAILED)
		die("no memory");
	for (j = 0; j < jobs; j++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			int fd = open(log, O_RDONLY);

			if (fd < 0)
				die("%s: %s", log, strerror(errno));
			for (i = j; i < n; i += jobs)
				examine(&l[i], i, fd, dir, b, &res[i]);
			exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	printf("KTAP version 1\n1..%u\n", 2 * n);
	for (i = 0; i < n; i++) {
		const struct census *c = &res[i].census, *d = &res[i].dropped;
		bool logged = res[i].done && res[i].writes && c->states && !c->broken;
		bool dropped = res[i].done && !d->broken;

		fputs(res[i].text, stdout);
		printf("%sok %u - %s, %s, %s # writes=%u states=%llu by_hand=%llu broken=%llu\n",
		       logged ? "" : "not ", 2 * i + 1, l[i].script, mode_name[l[i].mode],
		       l[i].volume->name, res[i].writes, c->states, c->by_hand, c->broken);
		printf("%sok %u - %s, %s, %s, writes dropped # after=%u\n", dropped ? "" : "not ",
		       2 * i + 2, l[i].script, mode_name[l[i].mode], l[i].volume->name,
		       res[i].drop_at);
		bad += !logged + !dropped;
		census_add(&sum[l[i].mode], c);
		census_add(&lost[l[i].mode], d);
	}
	printf("# dm-log-writes\n");
	census_print(sum);
	printf("# dm-flakey\n");
	census_print(lost);
	return bad != 0;
}

static __attribute__((noreturn)) void usage(void)
{
	fprintf(stderr, "usage: cut base DIR                          the volumes, on the host\n"
			"       cut [-l] guest FS DIR DATA LOG            run all cases, in the guest\n"
			"       cut [-l] [-j JOBS] [-n STATES] [-o KEEP] states DIR LOG\n"
			"       cut [-l] slices                           bytes of a log disk\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static struct leaf leaves[LEAVES_MAX];
	struct bounds b = { .no_early = true };
	bool longer = false;
	u32 n, jobs = 2;
	int opt;

	while ((opt = getopt(argc, argv, "lj:n:o:")) > 0) {
		switch (opt) {
		case 'l':
			longer = true;
			break;
		case 'j':
			jobs = (u32)atoi(optarg);
			break;
		case 'n':
			b.per_leaf = (u32)atoi(optarg);
			break;
		case 'o':
			b.keep = optarg;
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (!b.per_leaf)
		b.per_leaf = longer ? 120 : 30;
	b.random = longer ? 20 : 6;
	n = list_leaves(longer, leaves);
	if (argc == 2 && !strcmp(argv[0], "base"))
		return cmd_base(argv[1]);
	if (argc == 1 && !strcmp(argv[0], "slices"))
		return printf("%llu\n", n * SLICE_BYTES) < 0;
	if (argc == 5 && !strcmp(argv[0], "guest"))
		return run_guest(leaves, n, argv[1], argv[2], argv[3], argv[4]), 0;
	if (argc == 3 && !strcmp(argv[0], "states"))
		return cmd_states(leaves, n, argv[1], argv[2], &b, jobs);
	usage();
}
