// SPDX-License-Identifier: GPL-2.0
/*
 * efs check: is the volume in an image consistent? Nothing is written.
 *
 * The exit status is that of fsck: 0 clean, 4 errors were found (and left as they are), 8 it
 * could not be looked at, 16 wrong usage.
 */
#include <getopt.h>

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
	printf(", %s %llu", name, (unsigned long long)n);
}

/* numbers @first to @first + @count - 1 of what is called @name; 0 is none */
static void numbers(const char *name, uint32_t first, uint32_t count)
{
	if (first && count > 1)
		printf(", %ss %u-%u", name, first, first + count - 1);
	else if (first)
		number(name, first);
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
	numbers("inode", p->ino, p->blk ? 1 : p->count);
	numbers("block", p->blk, p->count);
	if (p->off)
		number("at", p->off);
	if (p->have || p->want) {
		number("is", p->have);
		number("should be", p->want);
	}
	putchar('\n');
}

static void json_number(const char *name, uint64_t n)
{
	printf(", \"%s\": %llu", name, (unsigned long long)n);
}

static void show_json(const struct efs_check_problem *p)
{
	printf("{\"code\": \"%s\", \"text\": ", p->code);
	cmd_json(stdout, p->text);
	printf(", \"wrong\": %s", p->wrong ? "true" : "false");
	json_number("inode", p->ino);
	json_number("directory", p->dir);
	json_number("block", p->blk);
	json_number("count", p->count);
	json_number("group", p->group);
	json_number("offset", p->off);
	json_number("have", p->have);
	json_number("want", p->want);
	printf(", \"name\": ");
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
	printf("],\n \"clean\": %s, \"complete\": %s", r->wrong ? "false" : "true",
	       r->complete ? "true" : "false");
	json_number("wrong", r->wrong);
	json_number("notes", r->notes);
	json_number("files", r->files);
	json_number("directories", r->dirs);
	json_number("symlinks", r->symlinks);
	json_number("specials", r->specials);
	json_number("links", r->links);
	json_number("fragmented", r->fragmented);
	json_number("inodes", r->inodes);
	json_number("inodes_used", r->inodes_used);
	json_number("blocks", r->blocks);
	json_number("blocks_used", r->blocks_used);
	json_number("block_size", r->block_size);
	puts("}");
}

static void amount(const char *lead, uint64_t n, const char *what)
{
	printf("%s%llu %s", lead, (unsigned long long)n, what);
}

static void share(uint64_t used, uint64_t all, const char *what)
{
	printf(", %llu/%llu %s", (unsigned long long)used, (unsigned long long)all, what);
}

static void result_text(const struct check *c, const char *name, const struct efs_check_result *r)
{
	const char *shown = cmd_escape(name, strlen(name));

	if (c->verbose) {
		amount("", r->files, "regular files");
		amount(", ", r->fragmented, "of them in pieces");
		amount(", ", r->dirs, "directories");
		amount(", ", r->symlinks, "symbolic links");
		amount(", ", r->specials, "special files");
		amount(", ", r->links, "further links\n");
	}
	printf("%s: %s", shown, r->wrong ? "inconsistent" : "clean");
	if (r->wrong)
		amount(": ", r->wrong, r->wrong == 1 ? "finding" : "findings");
	if (!r->complete) {
		puts("; too damaged for everything to be looked at");
		return;
	}
	share(r->inodes_used, r->inodes, "inodes");
	share(r->blocks_used, r->blocks, "blocks");
	printf(" of %u\n", r->block_size);
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
