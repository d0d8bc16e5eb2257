// SPDX-License-Identifier: GPL-2.0
/*
 * e2fsck as the oracle: how a disk is mended, and what was wrong with it.
 *
 * First -p, as at boot. Where that asks for a human (status above 1) -fy answers all his
 * questions. Problems are told by what e2fsck prints; a line that nobody knows is a problem
 * of its own kind.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash.h"

const char *const problem_name[P_CLASSES] = {
	[P_BITMAP] = "bitmap differs",
	[P_COUNTS] = "free or directory count wrong",
	[P_ZERO_DTIME] = "deleted inode without time",
	[P_I_BLOCKS] = "block count of an inode",
	[P_I_SIZE] = "size of an inode",
	[P_LINKS] = "link count",
	[P_UNATTACHED] = "unattached inode",
	[P_UNCONNECTED] = "unconnected directory",
	[P_DOTDOT] = "`..` leads elsewhere",
	[P_DIR_LINK] = "two names of a directory",
	[P_UNUSED_INODE] = "entry of an unused inode",
	[P_FILETYPE] = "file type in an entry",
	[P_SHARED] = "blocks of two owners",
	[P_ILLEGAL] = "pointer to no data block",
	[P_DIR_BLOCK] = "directory block damaged",
	[P_INODE] = "inode damaged",
	[P_OTHER] = "other",
};

/* the first that fits counts; -1: no problem, but what is said beside one */
static const struct {
	const char *text;
	int problem;
} lines[] = {
	{ "bitmap differences", P_BITMAP },
	{ "count wrong", P_COUNTS },
	{ "has zero dtime", P_ZERO_DTIME },
	{ "i_blocks is", P_I_BLOCKS },
	{ "i_size is", P_I_SIZE },
	{ "ref count is", P_LINKS },
	{ "nattached ", P_UNATTACHED },
	{ "Unconnected directory", P_UNCONNECTED },
	{ "is a link to directory", P_DIR_LINK },
	{ "'..' in ", P_DOTDOT },
	{ "deleted/unused inode", P_UNUSED_INODE },
	{ "filetype", P_FILETYPE },
	{ "as a link to the root", P_DIR_LINK },
	{ "ultiply-claimed", P_SHARED },
	{ "shared with", -1 },
	{ "llegal block", P_ILLEGAL },
	{ "llegal indirect", P_ILLEGAL },
	{ "llegal double", P_ILLEGAL },
	{ "llegal triple", P_ILLEGAL },
	{ "bad block", P_ILLEGAL },
	{ "invalid inode #", P_UNUSED_INODE },
	{ "bad inode #", P_UNUSED_INODE },
	{ "irectory corrupted", P_DIR_BLOCK },
	{ "unallocated block", P_DIR_BLOCK },
	{ "zero-length directory", P_DIR_BLOCK },
	{ "inode number for '.'", P_DIR_BLOCK },
	{ "issing '.'", P_DIR_BLOCK },
	{ "issing '..'", P_DIR_BLOCK },
	{ "First entry", P_DIR_BLOCK },
	{ "Second entry", P_DIR_BLOCK },
	{ "uplicate", P_DIR_BLOCK },
	{ "llegal characters", P_DIR_BLOCK },
	{ "zero-length", P_DIR_BLOCK },
	{ "has no '.", P_DIR_BLOCK },
	{ "is too big", P_DIR_BLOCK },
	{ "non-unique", P_DIR_BLOCK },
	{ "in use, but has dtime", P_INODE },
	{ "invalid mode", P_INODE },
	{ "Special (", P_INODE },
	{ "flag set", P_INODE },
	{ "extra size", P_INODE },
	{ "Inode ", P_INODE },
	{ "Symlink ", P_INODE },
	{ "ymlink", P_INODE },
	{ "Pass ", -1 },
	{ "not cleanly unmounted", -1 },
	{ "blocks (", -1 },
	{ " files (", -1 },
	{ "clean, ", -1 },
	{ "FILE SYSTEM WAS MODIFIED", -1 },
	{ "UNEXPECTED INCONSISTENCY", -1 },
	{ "(i.e., without", -1 },
	{ "e2fsck 1.", -1 },
	{ "filesystem metadata", -1 },
	{ "(There are ", -1 },
	{ "inodes containing", -1 },
	{ "Running additional passes", -1 },
	{ "Clone ", -1 },
	{ "(inode #", -1 },
	{ "Clear? ", -1 },
	{ "Clear inode? ", -1 },
	{ "Fix? ", -1 },
	{ "Salvage? ", -1 },
	{ "Connect to /lost+found? ", -1 },
	{ "WARNING", -1 },
	{ "Restarting e2fsck", -1 },
	{ NULL, 0 }
};

static void classify(const char *line, struct verdict *v)
{
	const char *p;
	u32 i;

	/* with -p each line begins with the name of the device */
	if (*line == '/') {
		p = strstr(line, ": ");
		line = p ? p + 2 : "";
	}
	for (p = line; *p == ' ' || *p == '\t'; p++)
		;
	if (!*p)
		return;
	for (i = 0; lines[i].text && !strstr(line, lines[i].text); i++)
		;
	if (!lines[i].text) {
		v->found[P_OTHER] = 1;
		snprintf(v->other, sizeof(v->other), "%.*s", (int)sizeof(v->other) - 1, line);
	} else if (lines[i].problem >= 0) {
		v->found[lines[i].problem] = 1;
	}
}

static FILE *start(int fd, const char *how, pid_t *pid)
{
	char path[64];
	char *argv[] = { (char *)"e2fsck", (char *)how, path, NULL };
	static char *const env[] = {
		(char *)"LC_ALL=C", (char *)"PATH=/usr/sbin:/sbin:/usr/bin:/bin", NULL,
	};
	posix_spawn_file_actions_t fa;
	int io[2], err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (pipe2(io, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, io[1], 1);
	posix_spawn_file_actions_adddup2(&fa, io[1], 2);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	err = posix_spawnp(pid, "e2fsck", &fa, NULL, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	close(io[1]);
	if (err)
		die("e2fsck: %s", strerror(err));
	return fdopen(io[0], "r");
}

static int finish(FILE *f, pid_t pid)
{
	int status;

	fclose(f);
	if (waitpid(pid, &status, 0) != pid)
		die("e2fsck: lost");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int fsck(int fd, const char *how, struct verdict *v)
{
	char line[1024];
	pid_t pid;
	FILE *f = start(fd, how, &pid);

	memset(v->found, 0, sizeof(v->found));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		classify(line, v);
	}
	return finish(f, pid);
}

void fsck_repair(int fd, struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->preen = fsck(fd, "-p", v);
	v->status = v->preen;
	if (v->preen > 1)
		v->status = fsck(fd, "-fy", v);
}

bool fsck_clean(int fd)
{
	struct verdict v;

	return fsck(fd, "-fn", &v) == 0;
}
