// SPDX-License-Identifier: GPL-2.0
/*
 * The program: see usage(). Without a command it simulates, and speaks KTAP: one case for each
 * script, mode and volume, with tables of what was counted behind the last.
 *
 * Cases are dealt out to worker processes; each leaves its results in shared memory.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"

#define CASES_MAX	2048
#define TEXT_MAX	6000

/* one leaf */
struct leaf {
	char script[64];
	enum mode mode;
	const struct volume *volume;
	struct bounds bounds;
	/* filled by a worker */
	bool done;
	struct census census;
	char text[TEXT_MAX];
};

static struct script base_script, leaf_script;

static void log_line(void *ctx, int level, const char *msg)
{
	(void)level;
	fprintf(ctx, "# core: %s\n", msg);
}

/* the volume's image after all that comes before a script; made once in a process */
static const u8 *base_of(const struct volume *v)
{
	static u8 *image[8];
	u8 **p = &image[v - volumes];
	static struct script none;
	struct model *m;

	if (!*p) {
		m = model_new(&base_script, &none, MODE_ASYNC);
		*p = base_image(v, m, &base_script);
		model_free(m);
	}
	return *p;
}

static void prepare(const char *script, const struct volume *v)
{
	script_parse("base", base_text, v->block_size, &base_script);
	script_parse(script, script_text(script), v->block_size, &leaf_script);
}

static void simulate(struct leaf *l, FILE *out)
{
	const struct volume *v = l->volume;
	size_t size = (size_t)v->blocks * v->block_size;
	struct record r = { .block_size = v->block_size };
	u8 *image = xalloc(size), *start = xalloc(size);
	struct efs_env env = { .now = base_now, .log = log_line, .ctx = out };
	struct efs_options o = { .flags = l->mode == MODE_SYNC ? EFS_SYNC :
					  l->mode == MODE_DIRSYNC ? EFS_DIRSYNC : 0,
				 .seed = 2, .env = &env };
	struct efs_device *mem, *dev;
	struct model *m;
	struct efs_volume *vol;

	prepare(l->script, v);
	memcpy(image, base_of(v), size);
	m = model_new(&base_script, &leaf_script, l->mode);
	model_index(m);
	if (efs_device_memory(image, size, &mem))
		die("no memory");
	dev = record_layer(mem, &r);
	if (efs_volume_open(dev, &o, &vol, NULL))
		die("%s: mount", l->script);
	record_clear(&r);
	memcpy(start, image, size);
	run_core(vol, &leaf_script, m, false, &r);
	if (efs_volume_close(vol))
		die("%s: unmount", l->script);
	efs_device_close(dev);

	try_states(m, &r, start, size, &l->bounds, 1, &l->census, out);
	record_clear(&r);
	model_free(m);
	free(image);
	free(start);
}

/* ---- cases and workers ---- */

static struct leaf *leaves;
static u32 nleaves;

static void add_leaf(const char *script, enum mode mode, const struct volume *v,
		     const struct bounds *b)
{
	struct leaf *l = &leaves[nleaves++];

	if (nleaves > CASES_MAX)
		die("more than %d cases", CASES_MAX);
	snprintf(l->script, sizeof(l->script), "%s", script);
	l->mode = mode;
	l->volume = v;
	l->bounds = *b;
}

static void work(u32 worker, u32 workers)
{
	u32 i;

	for (i = worker; i < nleaves; i += workers) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		simulate(&leaves[i], out);
		fclose(out);
		snprintf(leaves[i].text, TEXT_MAX, "%s", text);
		free(text);
		leaves[i].done = true;
	}
}

static void run_workers(u32 workers)
{
	u32 i;

	for (i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid) {
			work(i, workers);
			exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

/* ---- results ---- */

static int report(double seconds)
{
	struct census sum[MODES] = { 0 }, all = { 0 };
	u32 i, bad = 0;

	printf("KTAP version 1\n1..%u\n", nleaves);
	for (i = 0; i < nleaves; i++) {
		const struct leaf *l = &leaves[i];
		const struct census *c = &l->census;
		bool ok = l->done && c->states && !c->broken;

		fputs(l->text, stdout);
		printf("%sok %u - %s, %s, %s # %llu states, %llu by hand, %llu broken\n",
		       ok ? "" : "not ", i + 1, l->script, mode_name[l->mode], l->volume->name,
		       c->states, c->by_hand, c->broken);
		bad += !ok;
		census_add(&sum[l->mode], c);
		census_add(&all, c);
	}
	census_print(sum);
	printf("# %llu states, %llu disks, %llu broken, %.0f s\n", all.states, all.disks,
	       all.broken, seconds);
	return bad != 0;
}

/* ---- the program ---- */

static __attribute__((noreturn)) void usage(void)
{
	fprintf(stderr,
		"usage: crash [-l] [-s SCRIPT]... [-m MODE] [-i VOLUME] [-n STATES] [-j JOBS] [-o DIR]\n"
		"                 simulate; -l: the long form; -o: keep disks that break the promise\n"
		"             -t  a device that keeps what it was sent, -e  a cache that waits\n"
		"       crash base -i VOLUME IMAGE             the volume before a script\n"
		"       crash posix -s SCRIPT -i VOLUME [-x MARK] DIR\n"
		"                 run on a mounted `crash base`; MARK begin|end K around operations\n"
		"       crash check -s SCRIPT -m MODE -i VOLUME -k K [-r] IMAGE\n"
		"                 is this disk, cut while operation K ran (-r: had returned), as\n"
		"                 promised? The image is not changed.\n"
		"       crash scripts [-s SCRIPT]              their names; the operations of one\n"
		"SCRIPT: a name, \"random:SEED:COUNT\", or operations; MODE: sync, dirsync, async;\n"
		"VOLUME: 1k, 4k, notype, rev0\n");
	exit(2);
}

/* what the command line asks for */
struct args {
	const char *script[64];
	u32 nscripts;
	int mode;
	const struct volume *volume;
	bool longer, returned;
	u32 jobs, k;
	const char *mark, *path;
	struct bounds bounds;
};

static void add_script(const char *script, u32 nr, const struct args *a)
{
	const struct volume *v;
	struct bounds b = a->bounds;
	int mode;

	for (v = volumes; v->name; v++) {
		if (a->volume && v != a->volume)
			continue;
		/* the short form takes turns */
		if (!a->volume && !a->longer && (nr + 4 - (u32)(v - volumes)) % 4)
			continue;
		for (mode = 0; mode < MODES; mode++)
			if (a->mode < 0 || a->mode == mode)
				add_leaf(script, (enum mode)mode, v, &b);
	}
}

static int cmd_simulate(const struct args *a)
{
	struct timespec from, to;
	u32 i;
	char name[64];

	for (i = 0; i < a->nscripts; i++)
		add_script(a->script[i], i, a);
	for (i = 0; !a->nscripts && script_name(i); i++)
		add_script(script_name(i), i, a);
	for (i = 1; !a->nscripts && i <= (a->longer ? 12 : 2); i++) {
		snprintf(name, sizeof(name), "random:%u:%u", i, a->longer ? 100 : 30);
		add_script(name, i, a);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	run_workers(a->jobs);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return report((double)(to.tv_sec - from.tv_sec) +
		      (double)(to.tv_nsec - from.tv_nsec) / 1000000000.0);
}

static int cmd_base(const struct args *a)
{
	size_t size = (size_t)a->volume->blocks * a->volume->block_size;
	FILE *f = fopen(a->path, "w");

	prepare("", a->volume);
	if (!f || fwrite(base_of(a->volume), 1, size, f) != size || fclose(f))
		die("%s: %s", a->path, strerror(errno));
	return 0;
}

static int cmd_posix(const struct args *a)
{
	struct model *m;

	prepare(a->script[0], a->volume);
	m = model_new(&base_script, &leaf_script, MODE_ASYNC);
	run_posix(a->path, &leaf_script, m, a->mark);
	return 0;
}

static int cmd_check(const struct args *a)
{
	size_t size = (size_t)a->volume->blocks * a->volume->block_size;
	u8 *image = xalloc(size);
	FILE *f = fopen(a->path, "r");
	struct finding found;
	struct model *m;
	u32 i;

	if (!f || fread(image, 1, size, f) != size)
		die("%s: %s", a->path, f ? "too short" : strerror(errno));
	fclose(f);
	prepare(a->script[0], a->volume);
	if (a->k > leaf_script.n)
		die("the script has %u operations", leaf_script.n);
	m = model_new(&base_script, &leaf_script, (enum mode)a->mode);
	model_index(m);
	check_image(m, image, size, a->k, a->returned, true, &found);
	printf("e2fsck: -p %d, at last %d\n", found.fsck.preen, found.fsck.status);
	for (i = 0; i < P_CLASSES; i++)
		if (found.fsck.found[i])
			printf("e2fsck: %s %s\n", problem_name[i],
			       i == P_OTHER ? found.fsck.other : "");
	for (i = 0; i < FLAWS; i++)
		if (found.beyond[i])
			printf("beyond the promise: %s, %u\n", flaw_name[i], found.beyond[i]);
	printf("%s%s\n", found.broken ? "BROKEN: " : "as promised", found.text);
	return found.broken;
}

static int cmd_scripts(const struct args *a)
{
	char text[256];
	u32 i;

	for (i = 0; a->nscripts && i < leaf_script.n; i++) {
		op_print(&leaf_script.op[i], text, sizeof(text));
		printf("%u %s%s\n", i + 1, leaf_script.op[i].fails ? "! " : "", text);
	}
	if (a->nscripts)
		return 0;
	for (i = 0; script_name(i); i++)
		printf("%s\n", script_name(i));
	return 0;
}

static int mode_find(const char *name)
{
	int i;

	for (i = 0; i < MODES; i++)
		if (!strcmp(mode_name[i], name))
			return i;
	die("no mode '%s'", name);
}

int main(int argc, char **argv)
{
	struct args a = { .mode = -1, .jobs = 2, .returned = false };
	const char *cmd = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	int opt;

	argc -= !!cmd;
	argv += !!cmd;
	while ((opt = getopt(argc, argv, "ls:m:i:n:j:o:k:rx:te")) > 0) {
		switch (opt) {
		case 'l':
			a.longer = true;
			break;
		case 's':
			if (a.nscripts == ARRAY_SIZE(a.script))
				usage();
			a.script[a.nscripts++] = optarg;
			break;
		case 'm':
			a.mode = mode_find(optarg);
			break;
		case 'i':
			a.volume = volume_find(optarg);
			break;
		case 'n':
			a.bounds.per_leaf = (u32)atoi(optarg);
			break;
		case 'j':
			a.jobs = (u32)atoi(optarg);
			break;
		case 'o':
			a.bounds.keep = optarg;
			break;
		case 'k':
			a.k = (u32)atoi(optarg);
			break;
		case 'r':
			a.returned = true;
			break;
		case 'x':
			a.mark = optarg;
			break;
		case 't':
			a.bounds.through = true;
			break;
		case 'e':
			a.bounds.no_early = true;
			break;
		default:
			usage();
		}
	}
	a.path = argv[optind];
	leaves = mmap(NULL, CASES_MAX * sizeof(*leaves), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (leaves == MAP_FAILED)
		die("no memory");
	if (!a.bounds.per_leaf)
		a.bounds.per_leaf = a.longer ? 120 : 60;
	a.bounds.random = a.longer ? 30 : 8;
	if (!cmd)
		return cmd_simulate(&a);
	if (a.nscripts)
		prepare(a.script[0], a.volume ? a.volume : volumes);
	if (!strcmp(cmd, "scripts"))
		return cmd_scripts(&a);
	if (!a.volume || !a.path)
		usage();
	if (!strcmp(cmd, "base"))
		return cmd_base(&a);
	if (!strcmp(cmd, "posix") && a.nscripts)
		return cmd_posix(&a);
	if (!strcmp(cmd, "check") && a.nscripts && a.mode >= 0)
		return cmd_check(&a);
	usage();
}
