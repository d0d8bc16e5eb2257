// SPDX-License-Identifier: GPL-2.0
/*
 * efs df: how much room images have.
 */
#include <getopt.h>

#include "cmd.h"

struct options {
	bool human, inodes;
};

/* as df(1): rounded up, so that only what is empty shows 0% */
static void percentage(uint64_t used, uint64_t avail, char *text, size_t size)
{
	uint64_t all = used + avail;

	if (!all)
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%u%%",
			 (unsigned int)((double)used * 100 / (double)all + 0.999999));
}

static void amount(const struct options *o, uint64_t n, uint32_t unit, char *text, size_t size)
{
	if (o->human)
		cmd_human(n * unit, text);
	else
		snprintf(text, size, "%llu",
			 (unsigned long long)(o->inodes ? n : n * unit / 1024));
}

static void show(const struct options *o, const struct operand *op,
		 const struct efs_volume_info *info)
{
	uint64_t all = o->inodes ? info->files : info->blocks;
	uint64_t free_all = o->inodes ? info->ffree : info->bfree;
	uint64_t avail = o->inodes ? info->ffree : info->bavail;
	uint32_t unit = o->inodes ? 1 : info->block_size;
	char numbers[3][32], percent[16];

	amount(o, all, unit, numbers[0], sizeof(numbers[0]));
	amount(o, all - free_all, unit, numbers[1], sizeof(numbers[1]));
	amount(o, avail, unit, numbers[2], sizeof(numbers[2]));
	percentage(all - free_all, avail, percent, sizeof(percent));
	printf("%-5s %11s %11s %11s %4s ", info->type, numbers[0], numbers[1], numbers[2], percent);
	cmd_print_name(op->image);
	putchar('\n');
}

static int df(const struct options *o, const char *arg)
{
	struct efs_volume_info info;
	struct operand op;
	int err;

	if (cmd_open(arg, false, &op))
		return CMD_FAILED;
	err = efs_volume_info(op.at.volume, &info);
	if (err)
		return cmd_error(err, op.image);
	show(o, &op, &info);
	return CMD_OK;
}

int cmd_df(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "human-readable", no_argument, NULL, 'h' },
		{ "inodes", no_argument, NULL, 'i' },
		{ 0 },
	};
	struct options o = { 0 };
	int c, k, status = CMD_OK;

	while ((c = getopt_long(argc, argv, "hik", longs, NULL)) != -1) {
		switch (c) {
		case 'h':
			o.human = true;
			break;
		case 'i':
			o.inodes = true;
			break;
		case 'k':
			o.human = false;
			break;
		default:
			return cmd_usage(NULL);
		}
	}
	if (optind == argc && !cmd_globals.image)
		return cmd_usage("an image");
	printf("%-5s %11s %11s %11s %4s %s\n", "Type",
	       o.inodes ? "Inodes" : o.human ? "Size" :
					       "1K-blocks",
	       o.inodes ? "IUsed" : "Used",
	       o.inodes ? "IFree" : o.human ? "Avail" :
					      "Available",
	       o.inodes ? "IUse%" : "Use%",
	       "Image");
	if (optind == argc)
		return df(&o, "/");
	for (k = optind; k < argc; k++)
		status |= df(&o, argv[k]);
	return status;
}
