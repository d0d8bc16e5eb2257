// SPDX-License-Identifier: GPL-2.0
/*
 * efs mkimage: a directory, or a tar archive, as a new image.
 *
 * mke2fs makes the empty volume, this library fills it. The image is made under another name
 * and gets its own when it is complete, so a failure leaves nothing, and what was there
 * before as it was. With SOURCE_DATE_EPOCH in the environment the same input makes the same
 * bytes: no time is later than that, and what is else chosen at random follows from the input.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "mkimage.h"

/* below this size blocks are small, as mke2fs has it */
#define SMALL_IMAGE (512ull << 20)

#define UUID_TEXT 37

/**
 * struct recipe - what is to be made
 * @size: in bytes; 0: what is needed. @slack, @slack_percent: and as much more
 * @block_size, @inodes: 0: choose
 * @epoch: SOURCE_DATE_EPOCH; -1: there is none
 * @output: the image; @temporary: its name while it is made
 */
struct recipe {
	struct tree tree;
	struct fill fill;
	uint64_t size, slack, inodes;
	uint32_t slack_percent, block_size, inode_size;
	const char *features, *label, *uuid, *tar, *output;
	char *temporary;
	int64_t epoch;
	char made_uuid[UUID_TEXT], hash_seed[UUID_TEXT];
	uint64_t seed;
};

/* ---- how large ---- */

/**
 * struct layout - a volume
 * @need: blocks, @need_inodes: inodes that must be free in it
 * @blocks, @inodes: of the volume
 */
struct layout {
	uint32_t block_size;
	uint64_t need, need_inodes;
	uint64_t blocks, inodes;
};

static uint64_t div_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* groups below @groups with a copy of the superblock (SPARSE_SUPER) */
static uint64_t copies(uint64_t groups)
{
	uint64_t n = groups > 1 ? 2 : 1, g;
	uint32_t base;

	for (base = 3; base <= 7; base += 2)
		for (g = base; g < groups; g *= base)
			n++;
	return n;
}

/* blocks of metadata in a volume of so many groups; *@own: in one group at most */
static uint64_t metadata(const struct recipe *r, const struct layout *l, uint64_t groups,
			 uint64_t *own)
{
	uint64_t per_block = l->block_size / r->inode_size;
	uint64_t table = div_up(div_up(l->inodes, groups), per_block) + 1;
	uint64_t descriptors = div_up(groups * 32, l->block_size);

	*own = 3 + table + descriptors;
	return groups * (2 + table) + copies(groups) * (1 + descriptors) + 1;
}

/* the smallest volume with room for the need */
static void lay_out(const struct recipe *r, struct layout *l)
{
	uint64_t per_group = 8ull * l->block_size, groups = 1, own, last;

	if (per_group > 65528)
		per_group = 65528;
	for (;; groups++) {
		l->blocks = l->need + metadata(r, l, groups, &own);
		if (div_up(l->blocks, per_group) <= groups)
			break;
		/* many at once: their number only grows */
		if (div_up(l->blocks, per_group) > groups + 1)
			groups = div_up(l->blocks, per_group) - 1;
	}
	/* mke2fs drops a last group that has hardly room for its own metadata */
	last = (l->blocks - 1) % per_group + 1;
	if (groups > 1 && last < own + 64)
		l->blocks += own + 64 - last;
	if (l->blocks < 64)
		l->blocks = 64;
}

/* Return: 0, or -1: what is wrong has been said */
static int choose_layout(struct recipe *r, struct layout *l)
{
	uint64_t percent = 100 + r->slack_percent;

	for (l->block_size = r->block_size ? r->block_size : 1024;; l->block_size = 4096) {
		l->need = tree_blocks(&r->tree, l->block_size);
		/* ten inodes are the volume's own, and lost+found has one */
		l->need_inodes = r->tree.inodes + 11;
		if (!r->size) {
			l->need = div_up(l->need * percent, 100) + div_up(r->slack, l->block_size);
			l->need_inodes = div_up(l->need_inodes * percent, 100);
		}
		l->inodes = r->inodes ? r->inodes : l->need_inodes;
		if (r->size && !r->inodes && l->inodes < r->size / 16384)
			l->inodes = r->size / 16384;
		lay_out(r, l);
		if (r->block_size || l->block_size == 4096)
			break;
		if ((r->size ? r->size : l->blocks * l->block_size) < SMALL_IMAGE)
			break;
	}
	if (r->inodes && r->inodes < r->tree.inodes + 10)
		return cmd_complain(r->output, "It needs %llu inodes",
				    (unsigned long long)r->tree.inodes + 10);
	if (r->size)
		l->blocks = r->size / l->block_size;
	if (l->blocks > UINT32_MAX || l->inodes > UINT32_MAX)
		return cmd_complain(r->output, "It would be too large");
	return 0;
}

/* ---- the empty volume ---- */

static void uuid_text(const uint8_t *u, char *text)
{
	int k, len = 0;

	for (k = 0; k < 16; k++)
		len += snprintf(text + len, (size_t)(UUID_TEXT - len), "%s%02x",
				k >= 4 && k <= 10 && k % 2 == 0 ? "-" : "", u[k]);
}

/* what mke2fs would choose at random, and the library */
static int choose_numbers(struct recipe *r)
{
	uint8_t u[16], h[16];
	int k;

	if (r->epoch < 0) {
		if (getrandom(u, sizeof(u), 0) != sizeof(u) ||
		    getrandom(h, sizeof(h), 0) != sizeof(h))
			return cmd_error(-errno, "random numbers");
		r->seed = 0;
		/* version 4: random */
		u[6] = (u[6] & 0xf) | 0x40;
	} else {
		tree_hash(&r->tree, u);
		for (k = 0; k < 16; k++)
			h[k] = u[k] ^ 0x5a;
		for (k = 0; k < 8; k++)
			r->seed = r->seed << 8 | u[k];
		/* 0 would mean another each time */
		r->seed |= 1;
		/* version 8: made in a way of our own */
		u[6] = (u[6] & 0xf) | 0x80;
	}
	u[8] = (u[8] & 0x3f) | 0x80;
	uuid_text(u, r->made_uuid);
	uuid_text(h, r->hash_seed);
	return 0;
}

static int run(const char *const *argv)
{
	const char *path = getenv("PATH");
	char longer[8192];
	int err, status;
	pid_t pid;

	/* not everybody has the administrator's programs there */
	if (snprintf(longer, sizeof(longer), "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin") <
	    (int)sizeof(longer))
		setenv("PATH", longer, 1);
	err = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);
	if (err)
		return cmd_complain(argv[0], "%s", strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cmd_error(-errno, argv[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return cmd_complain(argv[0], "It failed");
	return 0;
}

/* all that /etc/mke2fs.conf could decide is said */
static int make_volume(const struct recipe *r, const struct layout *l)
{
	char block_size[16], inode_size[16], inodes[32], blocks[32], extended[64], features[512];
	char epoch[32];
	const char *argv[32];
	size_t n = 0;

	snprintf(block_size, sizeof(block_size), "%u", l->block_size);
	snprintf(inode_size, sizeof(inode_size), "%u", r->inode_size);
	snprintf(inodes, sizeof(inodes), "%llu", (unsigned long long)l->inodes);
	snprintf(blocks, sizeof(blocks), "%llu", (unsigned long long)l->blocks);
	snprintf(extended, sizeof(extended), "hash_seed=%s,root_owner=0:0", r->hash_seed);
	snprintf(features, sizeof(features),
		 "none,filetype,sparse_super,large_file,ext_attr,dir_index%s%s",
		 r->features ? "," : "", r->features ? r->features : "");
	argv[n++] = "mke2fs";
	argv[n++] = "-q";
	argv[n++] = "-F";
	argv[n++] = "-text2";
	argv[n++] = "-b";
	argv[n++] = block_size;
	argv[n++] = "-I";
	argv[n++] = inode_size;
	argv[n++] = "-N";
	argv[n++] = inodes;
	argv[n++] = "-m0";
	argv[n++] = "-U";
	argv[n++] = r->uuid ? r->uuid : r->made_uuid;
	argv[n++] = "-E";
	argv[n++] = extended;
	argv[n++] = "-O";
	argv[n++] = features;
	if (r->label) {
		argv[n++] = "-L";
		argv[n++] = r->label;
	}
	argv[n++] = "--";
	argv[n++] = r->temporary;
	argv[n++] = blocks;
	argv[n] = NULL;
	/* releases of mke2fs before 1.47.1 know only the second name */
	if (r->epoch >= 0) {
		snprintf(epoch, sizeof(epoch), "%lld", (long long)r->epoch);
		setenv("E2FSPROGS_FAKE_TIME", epoch, 1);
	}
	return run(argv);
}

/* ---- the volume in use ---- */

static void fixed_time(void *ctx, int64_t *sec, uint32_t *nsec)
{
	const struct recipe *r = ctx;

	*sec = r->epoch;
	*nsec = 0;
}

static void log_line(void *ctx, int level, const char *msg)
{
	const struct recipe *r = ctx;

	if (level < 2)
		cmd_complain(r->output, "%s", cmd_escape(msg, strlen(msg)));
}

static int fill_image(struct recipe *r, struct layout *l)
{
	struct efs_env env = { .log = log_line, .ctx = r };
	struct efs_options o = cmd_globals.options;
	struct efs_volume_info info;
	struct efs_reason why;
	struct efs_device *dev;
	int ret, err;

	if (r->epoch >= 0)
		env.now = fixed_time;
	o.env = &env;
	o.seed = r->seed;
	err = efs_device_open(r->temporary, 0, &dev);
	if (err)
		return cmd_error(err, r->output);
	err = efs_volume_open(dev, &o, &r->fill.vol, &why);
	if (err) {
		efs_device_close(dev);
		return why.text ? cmd_complain(r->output, "%s", why.text) :
				  cmd_error(err, r->output);
	}
	ret = efs_volume_info(r->fill.vol, &info);
	if (!ret && !r->size && (info.bfree < l->need || info.ffree < r->tree.inodes)) {
		/* mke2fs made less of it */
		l->blocks += l->need - (info.bfree < l->need ? info.bfree : l->need) + 64;
		l->inodes += 64;
		ret = -EAGAIN;
	}
	if (!ret)
		ret = fill_volume(&r->fill);
	err = efs_volume_close(r->fill.vol);
	if (err && !ret)
		ret = cmd_error(err, r->output);
	efs_device_close(dev);
	return ret;
}

/* ---- the file ---- */

static int make_temporary(struct recipe *r, mode_t *mode)
{
	struct stat st;
	int fd;

	*mode = 0666 & ~cmd_umask();
	if (!stat(r->output, &st)) {
		if (!S_ISREG(st.st_mode))
			return cmd_complain(r->output, "It exists, and is no regular file");
		*mode = st.st_mode & 0777;
	}
	r->temporary = cmd_alloc(strlen(r->output) + 8);
	sprintf(r->temporary, "%s.XXXXXX", r->output);
	frame_catch_signals();
	fd = mkstemp(r->temporary);
	if (fd < 0) {
		free(r->temporary);
		r->temporary = NULL;
		return cmd_error(-errno, r->output);
	}
	close(fd);
	return 0;
}

static int make_image(struct recipe *r)
{
	struct layout l = { 0 };
	int ret, tries;
	mode_t mode;

	ret = make_temporary(r, &mode);
	if (!ret)
		ret = choose_layout(r, &l);
	if (!ret)
		ret = choose_numbers(r);
	for (tries = 0; !ret && tries < 4; tries++) {
		if (truncate(r->temporary, 0) ||
		    truncate(r->temporary, (off_t)(l.blocks * l.block_size))) {
			ret = cmd_error(-errno, r->output);
			break;
		}
		ret = make_volume(r, &l);
		if (!ret)
			ret = fill_image(r, &l);
		if (ret != -EAGAIN)
			break;
		ret = 0;
	}
	if (!ret && tries == 4)
		ret = cmd_complain(r->output, "mke2fs does not make it large enough");
	if (!ret && (chmod(r->temporary, mode) || rename(r->temporary, r->output)))
		ret = cmd_error(-errno, r->output);
	if (ret && r->temporary) {
		unlink(r->temporary);
		fprintf(stderr, "efs mkimage: %s has not been made\n",
			cmd_escape(r->output, strlen(r->output)));
	}
	return ret ? CMD_FAILED : CMD_OK;
}

/* ---- the command ---- */

static bool parse_owner(const char *arg, struct owner *owner)
{
	char *user = cmd_strdup(arg), *group = strchr(user, ':');
	bool ok;

	if (group)
		*group++ = '\0';
	ok = cmd_user_id(user, &owner->uid);
	owner->gid = owner->uid;
	if (ok && group)
		ok = cmd_group_id(group, &owner->gid);
	owner->set = ok;
	free(user);
	return ok;
}

static bool parse_slack(struct recipe *r, const char *arg)
{
	size_t len = strlen(arg);
	char *number;
	uint64_t n;
	bool ok;

	r->slack_percent = 0;
	if (!len || arg[len - 1] != '%')
		return cmd_parse_size(arg, &r->slack);
	number = cmd_strndup(arg, len - 1);
	ok = cmd_parse_number(number, 100000, &n);
	r->slack_percent = (uint32_t)n;
	free(number);
	return ok;
}

static bool parse_block_size(const char *arg, uint32_t min, uint32_t *out)
{
	uint64_t n;

	if (!cmd_parse_size(arg, &n) || n < min || n > 65536 || n & (n - 1))
		return false;
	*out = (uint32_t)n;
	return true;
}

/* Return: 0, or a status */
static int parse_option(struct recipe *r, int c)
{
	switch (c) {
	case 'b':
		if (!parse_block_size(optarg, 1024, &r->block_size))
			return cmd_usage("%s is no block size", optarg);
		break;
	case 'I':
		if (!parse_block_size(optarg, 128, &r->inode_size))
			return cmd_usage("%s is no inode size", optarg);
		break;
	case 'N':
		if (!cmd_parse_number(optarg, UINT32_MAX, &r->inodes) || !r->inodes)
			return cmd_usage("%s is no number of inodes", optarg);
		break;
	case 'O':
		r->features = optarg;
		if (strlen(optarg) > 400)
			return cmd_usage("too many features");
		break;
	case 'L':
		r->label = optarg;
		if (strlen(optarg) > 16)
			return cmd_usage("a label has up to 16 bytes");
		break;
	case 'U':
		r->uuid = optarg;
		break;
	case 's':
		if (!strcmp(optarg, "auto"))
			r->size = 0;
		else if (!cmd_parse_size(optarg, &r->size) || !r->size)
			return cmd_usage("%s is no size", optarg);
		break;
	case 'S':
		if (!parse_slack(r, optarg))
			return cmd_usage("%s is neither a size nor a percentage", optarg);
		break;
	case 't':
		r->tar = optarg;
		break;
	case 'o':
	case 'r':
		if (!parse_owner(optarg, c == 'o' ? &r->fill.owner : &r->fill.root_owner))
			return cmd_usage("%s is no owner", optarg);
		break;
	default:
		return cmd_usage(NULL);
	}
	return 0;
}

static int read_epoch(struct recipe *r)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	uint64_t n;

	r->epoch = -1;
	if (!s || !*s)
		return 0;
	if (!cmd_parse_number(s, INT64_MAX, &n))
		return cmd_complain("SOURCE_DATE_EPOCH", "It is no number of seconds");
	r->epoch = (int64_t)n;
	return 0;
}

int cmd_mkimage(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "block-size", required_argument, NULL, 'b' },
		{ "inode-size", required_argument, NULL, 'I' },
		{ "inodes", required_argument, NULL, 'N' },
		{ "features", required_argument, NULL, 'O' },
		{ "label", required_argument, NULL, 'L' },
		{ "uuid", required_argument, NULL, 'U' },
		{ "size", required_argument, NULL, 's' },
		{ "size-slack", required_argument, NULL, 'S' },
		{ "from-tar", required_argument, NULL, 't' },
		{ "owner", required_argument, NULL, 'o' },
		{ "root-owner", required_argument, NULL, 'r' },
		{ 0 },
	};
	struct recipe r = { .slack_percent = 10, .inode_size = 256 };
	const char *source = NULL;
	int c, status;

	while ((c = getopt_long(argc, argv, "b:I:N:O:L:U:s:", longs, NULL)) != -1) {
		status = parse_option(&r, c);
		if (status)
			return status;
	}
	if (argc - optind != (r.tar ? 1 : 2))
		return cmd_usage(r.tar ? "an image" : "a directory or `-`, and an image");
	if (!r.tar)
		source = argv[optind];
	r.output = argv[argc - 1];
	if (source && !strcmp(source, "-")) {
		r.tar = source;
		source = NULL;
	}
	if (r.block_size && r.inode_size > r.block_size)
		return cmd_usage("inodes are not larger than blocks");
	if (read_epoch(&r))
		return CMD_FAILED;
	tree_init(&r.tree);
	r.fill.tree = &r.tree;
	r.fill.name = r.output;
	r.fill.epoch = r.epoch;
	status = source ? read_dir(&r.tree, source) : read_tar(&r.tree, r.tar);
	if (status) {
		status = CMD_FAILED;
	} else {
		tree_sort(&r.tree);
		status = make_image(&r);
	}
	tree_free(&r.tree);
	free(r.temporary);
	return status;
}
