// SPDX-License-Identifier: GPL-2.0
/*
 * efs check: is the volume in an image consistent? Nothing is written.
 *
 * The exit status is that of fsck: 0 clean, 4 errors were found (and left as they are), 8 it
 * could not be looked at, 16 wrong usage.
 */
#include <getopt.h>
#include <inttypes.h>

#include "cmd.h"

#define CHECK_ERRORS 4
#define CHECK_FAILED 8
#define CHECK_USAGE 16

/**
 * struct check - a check that is running
 * @verbose: remarks, too
 * @shown: findings that were shown
 */
struct check {
	bool json, verbose, progress;
	uint64_t shown;
};

/* ---- findings ---- */

static bool of_group(const char *code)
{
	return !strncmp(code, "GROUP", 5) || !strncmp(code, "BITMAP", 6) ||
	       !strncmp(code, "SUPER", 5);
}

static void number(const char *name, uint64_t n)
{
	printf(", %s %" PRIu64, name, n);
}

static void show_text(const struct efs_check_problem *p)
{
	printf("%s%s: %s", p->wrong ? "" : "note: ", p->code, p->text);
	if (of_group(p->code) && p->group)
		number("group", p->group);
	if (p->dir)
		number("directory", p->dir);
	if (p->name_len)
		printf(", entry %s", cmd_escape(p->name, p->name_len));
	if (p->ino && p->count > 1 && !p->blk)
		printf(", inodes %u-%u", p->ino, p->ino + p->count - 1);
	else if (p->ino)
		number("inode", p->ino);
	if (p->blk && p->count > 1)
		printf(", blocks %u-%u", p->blk, p->blk + p->count - 1);
	else if (p->blk)
		number("block", p->blk);
	if (p->off)
		number("at", p->off);
	if (p->have || p->want)
		printf(", is %" PRIu64 ", should be %" PRIu64, p->have, p->want);
	putchar('\n');
}

static void show_json(const struct efs_check_problem *p)
{
	printf("{\"code\": \"%s\", \"text\": ", p->code);
	cmd_json(stdout, p->text);
	printf(", \"wrong\": %s, \"inode\": %u, \"directory\": %u, \"block\": %u",
	       p->wrong ? "true" : "false", p->ino, p->dir, p->blk);
	printf(", \"count\": %u, \"group\": %u, \"offset\": %" PRIu64, p->count, p->group, p->off);
	printf(", \"have\": %" PRIu64 ", \"want\": %" PRIu64 ", \"name\": ", p->have, p->want);
	cmd_json(stdout, memchr(p->name, '\0', p->name_len) ? cmd_escape(p->name, p->name_len) :
							      p->name);
	putchar('}');
}

static void on_problem(void *ctx, const struct efs_check_problem *p)
{
	struct check *c = ctx;

	if (!p->wrong && !c->verbose && !c->json)
		return;
	if (c->json) {
		fputs(c->shown ? ",\n  " : "\n  ", stdout);
		show_json(p);
	} else {
		show_text(p);
	}
	c->shown++;
}

static int on_progress(void *ctx, int pass, uint64_t done, uint64_t total)
{
	const struct check *c = ctx;

	if (c->progress && total)
		fprintf(stderr, "\rpass %d of 5, %3u%% ", pass, (unsigned int)(done * 100 / total));
	return cmd_signal;
}

/* ---- the result ---- */

static void result_json(const struct efs_check_result *r)
{
	printf("],\n \"clean\": %s, \"complete\": %s, \"wrong\": %" PRIu64 ", \"notes\": %" PRIu64,
	       r->wrong ? "false" : "true", r->complete ? "true" : "false", r->wrong, r->notes);
	printf(",\n \"files\": %" PRIu64 ", \"directories\": %" PRIu64 ", \"symlinks\": %" PRIu64
	       ", \"specials\": %" PRIu64 ", \"links\": %" PRIu64 ", \"fragmented\": %" PRIu64,
	       r->files, r->dirs, r->symlinks, r->specials, r->links, r->fragmented);
	printf(",\n \"inodes\": %" PRIu64 ", \"inodes_used\": %" PRIu64 ", \"blocks\": %" PRIu64
	       ", \"blocks_used\": %" PRIu64 ", \"block_size\": %u}\n",
	       r->inodes, r->inodes_used, r->blocks, r->blocks_used, r->block_size);
}

static void result_text(const struct check *c, const char *name, const struct efs_check_result *r)
{
	const char *shown = cmd_escape(name, strlen(name));

	if (c->verbose) {
		printf("%" PRIu64 " regular files (%" PRIu64 " in pieces), %" PRIu64
		       " directories, %" PRIu64 " symbolic links, %" PRIu64 " special files, %" PRIu64
		       " further links\n",
		       r->files, r->fragmented, r->dirs, r->symlinks, r->specials, r->links);
	}
	if (!r->wrong)
		printf("%s: clean", shown);
	else
		printf("%s: inconsistent: %" PRIu64 " finding%s", shown, r->wrong,
		       r->wrong == 1 ? "" : "s");
	if (!r->complete)
		printf("; too damaged for everything to be looked at");
	else
		printf(", %" PRIu64 "/%" PRIu64 " inodes, %" PRIu64 "/%" PRIu64 " blocks of %u",
		       r->inodes_used, r->inodes, r->blocks_used, r->blocks, r->block_size);
	putchar('\n');
}

/* ---- the command ---- */

static int check(struct check *c, const char *name, struct efs_device *dev)
{
	struct efs_check_options o = {
		.superblock = cmd_globals.options.superblock,
		.cache_bytes = cmd_globals.options.cache_bytes,
		.problem = on_problem,
		.progress = on_progress,
		.ctx = c,
	};
	struct efs_check_result r;
	int err;

	if (c->json) {
		fputs("{\"image\": ", stdout);
		cmd_json(stdout, name);
		fputs(", \"problems\": [", stdout);
	}
	err = efs_check(dev, &o, &r);
	if (c->progress)
		fputs("\r                       \r", stderr);
	if (err) {
		if (c->json)
			printf("],\n \"clean\": null, \"error\": \"%s\"}\n", strerror(-err));
		cmd_error(err, name);
		return CHECK_FAILED;
	}
	if (c->json)
		result_json(&r);
	else
		result_text(c, name, &r);
	return r.wrong ? CHECK_ERRORS : CMD_OK;
}

int cmd_check(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "verbose", no_argument, NULL, 'v' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct check c = { 0 };
	struct efs_device *dev;
	const char *name;
	int k, status;

	while ((k = getopt_long(argc, argv, "vj", longs, NULL)) != -1) {
		if (k == 'v') {
			c.verbose = true;
		} else if (k == 'j') {
			c.json = true;
		} else {
			cmd_usage(NULL);
			return CHECK_USAGE;
		}
	}
	if (argc - optind != !cmd_globals.image) {
		cmd_usage("one image");
		return CHECK_USAGE;
	}
	name = cmd_globals.image ? cmd_globals.image : argv[optind];
	if (cmd_open_device(name, false, &dev))
		return CHECK_FAILED;
	c.progress = c.verbose && cmd_tty();
	status = check(&c, name, dev);
	efs_device_close(dev);
	return status;
}
