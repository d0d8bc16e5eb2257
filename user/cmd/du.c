// SPDX-License-Identifier: GPL-2.0
/*
 * efs du: the space that trees take. A file with several names counts once.
 */
#include <getopt.h>

#include "walk.h"

struct du {
	bool all, sum_only, human, bytes, apparent;
	uint64_t max_depth, total;
	struct inoset seen;
	unsigned int seen_id;
};

static void print(const struct du *du, uint64_t bytes, const char *path)
{
	char human[16];

	if (du->human)
		printf("%s\t", cmd_human(bytes, human));
	else
		printf("%llu\t", (unsigned long long)(du->bytes ? bytes : (bytes + 1023) / 1024));
	cmd_print_name(path);
	putchar('\n');
}

static bool enter(void *ctx, struct walk_item *item)
{
	struct du *du = ctx;
	const struct efs_info *i = &item->e->info;

	if (item->e->type != EFS_IFDIR && i->nlink > 1 && !inoset_add(&du->seen, i->ino)) {
		/* it is not named again either */
		item->e->err = -EEXIST;
		return false;
	}
	if (!du->apparent)
		item->sum = i->blocks * 512;
	else if (item->e->type == EFS_IFREG || item->e->type == EFS_IFLNK ||
		 item->e->type == EFS_IFDIR)
		item->sum = i->size;
	return true;
}

static void leave(void *ctx, struct walk_item *item)
{
	const struct du *du = ctx;

	if (item->e->err == -EEXIST)
		return;
	if (item->depth && (du->sum_only || item->depth > du->max_depth))
		return;
	if (!item->depth || du->all || item->e->type == EFS_IFDIR)
		print(du, item->sum, item->path);
	if (!item->depth)
		((struct du *)ctx)->total += item->sum;
}

int cmd_du(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "apparent-size", no_argument, NULL, 'A' },
		{ "bytes", no_argument, NULL, 'b' },
		{ "human-readable", no_argument, NULL, 'h' },
		{ "max-depth", required_argument, NULL, 'd' },
		{ "summarize", no_argument, NULL, 's' },
		{ "total", no_argument, NULL, 'c' },
		{ 0 },
	};
	struct du du = { .max_depth = UINT64_MAX };
	struct walk w = { .flags = LIST_INFO | LIST_HIDDEN, .max_depth = UINT64_MAX, .enter = enter,
			  .leave = leave, .ctx = &du };
	char here[] = ".", *only[] = { here, NULL };
	int c, status = CMD_OK;
	bool total = false;
	struct operand op;

	while ((c = getopt_long(argc, argv, "abcd:hks", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			du.all = true;
			break;
		case 'A':
			du.apparent = true;
			break;
		case 'b':
			du.apparent = true;
			du.bytes = true;
			break;
		case 'c':
			total = true;
			break;
		case 'd':
			if (!cmd_parse_number(optarg, UINT64_MAX, &du.max_depth))
				return cmd_usage("'%s' is no depth", optarg);
			break;
		case 'h':
			du.human = true;
			break;
		case 'k':
			du.human = false;
			du.bytes = false;
			break;
		case 's':
			du.sum_only = true;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (optind == argc && !cmd_globals.image)
		return cmd_usage("no image is named");
	if (optind == argc) {
		argv = only;
		optind = 0;
		argc = 1;
	}
	for (; optind < argc && !cmd_signal; optind++) {
		if (cmd_open(argv[optind], false, &op)) {
			status = CMD_FAILED;
			continue;
		}
		/* numbers of another image are other files */
		if (op.id != du.seen_id)
			inoset_free(&du.seen);
		du.seen_id = op.id;
		w.op = &op;
		if (walk_tree(&w))
			status = CMD_FAILED;
	}
	if (total)
		print(&du, du.total, "total");
	inoset_free(&du.seen);
	return status;
}
