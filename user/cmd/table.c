// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of efs, in the order in which help shows them.
 */
#include "cmd.h"

#define COPY_OPTIONS \
	"  -r, -R           directories with all they hold\n" \
	"  -a               as -r -P, keeping modes, owners, times, extended attributes and\n" \
	"                   hard links; holes stay holes in any case\n" \
	"  -p               keep modes, owners and times\n" \
	"  --preserve=LIST  mode,ownership,timestamps,links,xattr,all\n" \
	"  -L, -P, -H       follow symbolic links: all, none, those that are operands\n" \
	"  -n, -f           leave files that are there; replace them if they cannot be written\n" \
	"  -v               name each file\n" \
	"  --progress       show how far it is, also where stderr is no terminal\n"

static const struct command commands[] = {
	{ "ls", cmd_ls, "[OPTION]... IMAGE:PATH...", "list files",
	  "  -l, -n           in detail; owners as numbers\n"
	  "  -a, -A           names with a leading dot as well; but for . and ..\n"
	  "  -d               directories themselves, not what is in them\n"
	  "  -R               what is below as well\n"
	  "  -i, -h           inode numbers; sizes like 1.5K\n"
	  "  -F               a character behind the name that tells the type\n"
	  "  -t, -S, -U, -r   by time, by size, unsorted, the other way round\n"
	  "  -1, -C           one name a line; in columns\n"
	  "  --full-time      times with nanoseconds\n"
	  "  --color[=WHEN]   always, never, auto: on a terminal; LS_COLORS is heeded\n", 0 },
	{ "tree", cmd_tree, "[-ad] [-L DEPTH] IMAGE:PATH...", "draw what is below directories",
	  "  -a               names with a leading dot as well\n"
	  "  -d               directories only\n"
	  "  -L DEPTH         no deeper than that\n"
	  "  --color[=WHEN]   as ls\n", 0 },
	{ "cat", cmd_cat, "IMAGE:PATH...", "write files to standard output", NULL, 0 },
	{ "stat", cmd_stat, "[-L] [-c FORMAT | --printf FORMAT | --json] IMAGE:PATH...",
	  "show all that is known of files",
	  "  -L               of what a link leads to\n"
	  "  -c FORMAT        %a %A mode, %b %B blocks, %f raw mode, %F type, %g %G %u %U owners,\n"
	  "                   %h links, %i inode, %n %N name, %o block size, %s size, %t %T device,\n"
	  "                   %w %x %y %z times, %W %X %Y %Z in seconds\n"
	  "  --printf FORMAT  the same without a newline, with \\n and the like\n"
	  "  --json           an object a line\n", 0 },
	{ "readlink", cmd_readlinks, "[-f] [-n] IMAGE:PATH...", "print where symbolic links lead",
	  "  -f               the path without links, . and ..; its last component need not exist\n"
	  "  -n               no newline\n", 0 },
	{ "cp", cmd_cp, "[OPTION]... SOURCE... TARGET",
	  "copy files into, out of, inside and between images", COPY_OPTIONS, 0 },
	{ "put", cmd_put, "[-m MODE] [OPTION]... FILE... IMAGE:PATH",
	  "copy files of this machine into an image; FILE may be - for standard input",
	  "  -m MODE          of new files\n" COPY_OPTIONS, 0 },
	{ "get", cmd_get, "[-m MODE] [OPTION]... IMAGE:PATH... FILE",
	  "copy files out of an image to this machine",
	  "  -m MODE          of new files\n" COPY_OPTIONS, 0 },
	{ "mv", cmd_mv, "[-fnv] SOURCE... TARGET", "rename files, or move them between sides",
	  "  -n               leave files that are there\n"
	  "  -v               name each file\n"
	  "From one side or image to another it is cp -a and then rm -r.\n", 0 },
	{ "ln", cmd_ln, "[-sfLPv] TARGET... IMAGE:PATH", "make links",
	  "  -s               symbolic ones: TARGET is what they hold\n"
	  "  -f               in place of a file of that name\n"
	  "  -L, -P           TARGET itself is a symbolic link: follow it; link to it\n", 0 },
	{ "find", cmd_find_files, "IMAGE:PATH... [EXPRESSION]", "look for files by what they are",
	  "  -name -iname -path -ipath -lname PATTERN, -type bcdflps, -size [+-]N[bckwMG],\n"
	  "  -perm [-/]MODE, -user -group NAME, -uid -gid -links -inum [+-]N, -empty,\n"
	  "  -atime -mtime -ctime -amin -mmin -cmin [+-]N, -newer IMAGE:PATH, -newermt TIME,\n"
	  "  -prune -print -print0 -ls -delete -quit, -maxdepth -mindepth N, -depth,\n"
	  "  ( ) ! -a -o\n", 0 },
	{ "du", cmd_du, "[OPTION]... IMAGE:PATH...", "tell the space that trees take, in KiB",
	  "  -a               files as well\n"
	  "  -s, -d DEPTH     operands only; directories down to that depth\n"
	  "  -h, -b           sizes like 1.5K; in bytes, of the contents\n"
	  "  --apparent-size  of the contents\n"
	  "  -c               a total of all\n"
	  "A file with several names counts once.\n", 0 },
	{ "xattr", cmd_xattr,
	  "list|dump|get NAME|set NAME VALUE|rm NAME [-h] [-e ENCODING] IMAGE:PATH...",
	  "extended attributes; NAME begins with user., trusted., security. or system.",
	  "  VALUE            text, \"text with \\012\", 0x and hexadecimal digits, 0s and base64\n"
	  "  -e ENCODING      of what get and dump print: text, hex, base64\n"
	  "  --only-values    get prints the bytes, nothing else\n"
	  "  -h               of symbolic links themselves\n"
	  "  --create, --replace   set fails if it is there; if it is not\n", 0 },
	{ "mkdir", cmd_mkdir, "[-pv] [-m MODE] IMAGE:PATH...", "make directories",
	  "  -p               with their parents; those that are there are no error\n"
	  "  -m MODE          octal, or as u=rwx,go=rx\n", 0 },
	{ "mknod", cmd_mknod, "[-m MODE] IMAGE:PATH p|s|c|b [MAJOR MINOR]",
	  "make a fifo, a socket, a character or block device", NULL, 0 },
	{ "rm", cmd_rm, "[-rfv] IMAGE:PATH...", "remove files",
	  "  -r               directories with all they hold\n"
	  "  -f               what is not there is no error\n"
	  "  -v               name each file\n", 0 },
	{ "rmdir", cmd_rmdir, "[-p] IMAGE:PATH...", "remove empty directories",
	  "  -p               and those above them\n", 0 },
	{ "chmod", cmd_chmod, "[-Rv] MODE|--reference=IMAGE:PATH IMAGE:PATH...",
	  "change permissions: octal, or as u+rwX,go-w",
	  "  -R               what is below as well\n", 0 },
	{ "chown", cmd_chown, "[-hRv] USER[:GROUP]|--reference=IMAGE:PATH IMAGE:PATH...",
	  "change owners: numbers, or names of this machine",
	  "  -h               of symbolic links themselves\n"
	  "  -R               what is below as well\n", 0 },
	{ "chgrp", cmd_chgrp, "[-hRv] GROUP|--reference=IMAGE:PATH IMAGE:PATH...", "change groups",
	  "  -h               of symbolic links themselves\n"
	  "  -R               what is below as well\n", 0 },
	{ "touch", cmd_touch, "[-acmh] [-d TIME | -r IMAGE:PATH] IMAGE:PATH...",
	  "set times; make files that are not there",
	  "  -a, -m           only that of the last access, of the last change\n"
	  "  -c               make no files\n"
	  "  -d TIME          @SECONDS, or YYYY-MM-DD[THH:MM[:SS]][Z|+HH:MM]\n"
	  "  -h               of symbolic links themselves\n"
	  "  -r IMAGE:PATH    those of another file\n", 0 },
	{ "truncate", cmd_truncate, "[-c] -s [+-]SIZE IMAGE:PATH...", "set sizes",
	  "  -c               make no files\n"
	  "  -s SIZE          K M G T behind it; + and - are relative to what is there\n", 0 },
	{ "df", cmd_df, "[-hik] IMAGE...", "show how much room images have",
	  "  -h               sizes like 1.5K\n"
	  "  -i               inodes\n"
	  "  -k               sizes in KiB, which is the usual\n", 0 },
	{ "dump", cmd_dump, "[--json] IMAGE WHAT", "show what lies on a device, as it lies there",
	  "WHAT is one of\n"
	  "  super            the superblock\n"
	  "  group [N]        all group descriptors; all of one of them\n"
	  "  inode N|PATH     an inode\n"
	  "  blocks N|PATH    where an inode's blocks are\n"
	  "  dir N|PATH       the records of a directory, and what can be seen of deleted ones\n"
	  "  block N          the bytes of a block\n"
	  "  all              everything but contents of files\n"
	  "The volume need not be sound; copies of the superblock are used with efs -o sb=N.\n"
	  "  --json           for programs\n", 0 },
	{ "check", cmd_check, "[-v] [--json] IMAGE", "is the volume consistent? Nothing is written",
	  "  -v               tell more\n"
	  "  --json           for programs\n"
	  "Exit status: 0 clean, 4 inconsistent, 8 not to be looked at, 16 wrong usage.\n", 0 },
	{ "mkimage", cmd_mkimage, "[OPTION]... DIR|-|--from-tar=FILE IMAGE",
	  "make an image of a directory, or of a tar archive (-: on standard input)",
	  "  --from-tar FILE      a tar archive, compressed or not\n"
	  "  -s, --size SIZE      of the image; auto: what is needed, and the slack\n"
	  "  --size-slack AMOUNT  room left free: a size, or a percentage of what is needed (10%)\n"
	  "  -b, --block-size N   1024 to 65536; 1024 below 512 MiB, else 4096\n"
	  "  -I, --inode-size N   128, 256 (the usual), ...\n"
	  "  -N, --inodes N       how many inodes\n"
	  "  -O, --features LIST  features of mke2fs: added, or taken away with ^\n"
	  "  -L, --label LABEL    up to 16 bytes\n"
	  "  -U, --uuid UUID      of the volume\n"
	  "  --owner U[:G]        whose everything is; --root-owner U[:G]: the root directory\n"
	  "With SOURCE_DATE_EPOCH in the environment the same input makes the same image.\n", 0 },
	{ "sh", cmd_sh, "[-e] [-c COMMANDS] IMAGE",
	  "a shell over one image: all commands with plain paths, and put, get, cd, lcd, !COMMAND",
	  "  -c COMMANDS      run these, separated by ; or newlines; else they come from stdin\n"
	  "  -e               stop at the first that fails\n", CMD_NOSHELL },
};

const struct command *cmd_table(size_t k)
{
	return k < ARRAY_SIZE(commands) ? &commands[k] : NULL;
}

const struct command *cmd_find(const char *name)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(commands); k++)
		if (!strcmp(commands[k].name, name))
			return &commands[k];
	return NULL;
}
