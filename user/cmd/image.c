// SPDX-License-Identifier: GPL-2.0
/*
 * Operands, and the images they are in.
 *
 * An image stays open until the command is over. It is known by the file it is, not by
 * its name, so that two names for it do not lock each other out. Commands that only read
 * open it read-only: not a byte of it can change then. An image that somebody has mounted,
 * or that another program writes through the library, is refused.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cmd.h"
#include "frame.h"

struct cmd_globals cmd_globals = {
	.options.cache_bytes = (size_t)64 << 20,
};

struct image {
	struct image *next;
	char *name;		/* as it was named */
	char *file;		/* without #N */
	unsigned int partition, id;
	bool write;
	dev_t st_dev;
	ino_t st_ino;
	struct efs_device *dev;
	struct efs_volume *vol;
	struct efs_env env;
};

static struct image *images;
static struct efs_file *shell_cwd;

/* ---- who else is using the image? ---- */

/* the first line of a small file, without its end; false if there is none */
static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, (int)size, f);
	fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

/* the place where the device "major:minor" is mounted; the caller calls free() */
static char *mount_point(const char *dev)
{
	char *line = NULL, *where = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;

	while (f && !where && getline(&line, &size, f) > 0) {
		char *num = NULL, *dir = NULL;

		/* mount id, parent id, major:minor, root, mount point */
		if (sscanf(line, "%*s %*s %ms %*s %ms", &num, &dir) == 2 && !strcmp(num, dev)) {
			where = dir;
			dir = NULL;
		}
		free(num);
		free(dir);
	}
	free(line);
	if (f)
		fclose(f);
	return where;
}

/* a loop device whose backing file is @file: its name; the caller calls free() */
static char *loop_device(const char *file, char *dev, size_t dev_size)
{
	DIR *d = opendir("/sys/block");
	char path[512], back[4096], *name = NULL;
	struct dirent *de;

	while (d && !name && (de = readdir(d))) {
		if (strncmp(de->d_name, "loop", 4))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", de->d_name);
		if (!read_line(path, back, sizeof(back)) || strcmp(back, file))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/dev", de->d_name);
		if (read_line(path, dev, dev_size))
			name = strdup(de->d_name);
	}
	if (d)
		closedir(d);
	return name;
}

/* the library refuses an image in use; here is by whom */
static void explain_busy(const char *name, const char *file)
{
	char dev[64] = "", *real, *loop = NULL, *where = NULL;
	struct stat st;

	if (stat(file, &st))
		return;
	if (S_ISBLK(st.st_mode)) {
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	} else {
		real = realpath(file, NULL);
		if (real)
			loop = loop_device(real, dev, sizeof(dev));
		free(real);
	}
	if (dev[0])
		where = mount_point(dev);
	if (where)
		cmd_complain(name, "It is mounted on %s", cmd_escape(where, strlen(where)));
	else if (loop)
		cmd_complain(name, "It is in use by /dev/%s", loop);
	else
		cmd_complain(name, "Another program is using it");
	free(where);
	free(loop);
}

/* ---- devices ---- */

/* put the layers that were asked for over @dev; it is closed if one cannot be made */
static int add_layers(const char *name, unsigned int partition, struct efs_device **dev)
{
	const struct cmd_globals *g = &cmd_globals;
	int err = 0;

	if (g->offset || g->sizelimit) {
		err = efs_device_range(*dev, g->offset, g->sizelimit, dev);
		if (err == -EINVAL)
			err = cmd_complain(name, "It does not reach that far");
		else if (err)
			cmd_error(err, name);
	}
	if (!err && partition) {
		err = efs_device_partition(*dev, partition, dev);
		if (err == -ENXIO)
			cmd_complain(name, "It has no partition %u", partition);
		else if (err == -EINVAL)
			cmd_complain(name, "It has no partition table, or a damaged one");
		else if (err)
			cmd_error(err, name);
	}
	if (!err && g->overlay) {
		err = efs_device_overlay(*dev, g->overlay_limit, dev);
		if (err)
			cmd_error(err, name);
	}
	if (err)
		efs_device_close(*dev);
	return err ? -1 : 0;
}

static int open_device(const char *name, const char *file, unsigned int partition, bool write,
		       struct efs_device **out)
{
	unsigned int flags = 0;
	int err;

	write &= !cmd_globals.overlay;
	if (!write)
		flags |= EFS_DEVICE_RDONLY;
	if (cmd_globals.direct)
		flags |= EFS_DEVICE_DIRECT;
	err = efs_device_open(file, flags, out);
	if (err == -EINVAL)
		cmd_complain(name, "Neither a file nor a block device");
	else if (err == -EBUSY)
		explain_busy(name, file);
	else if (err)
		cmd_error(err, name);
	return err ? -1 : add_layers(name, partition, out);
}

/* ---- names of images ---- */

static bool exists(const char *name, size_t len)
{
	char *s = cmd_strndup(name, len);
	struct stat st;
	bool found = !stat(s, &st) && !S_ISDIR(st.st_mode);

	free(s);
	return found;
}

/* The partition that "#N" at the end of a name asks for, 0 if none. @len: without it. */
static unsigned int partition_of(const char *name, size_t *len)
{
	size_t at = *len;
	unsigned int n = 0;

	if (exists(name, *len))
		return 0;
	while (at && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	if (at < 2 || at == *len || *len - at > 4 || name[at - 1] != '#')
		return 0;
	while (name[at - 1] != '#')
		at--;
	*len = at - 1;
	for (; name[at] >= '0' && name[at] <= '9'; at++)
		n = 10 * n + (unsigned int)(name[at] - '0');
	return n;
}

/*
 * The colon that ends the image's name: the first behind the name of something that
 * exists, with or without a partition, else the first before a slash, so that either part
 * may have more of them. NULL: there is none.
 */
static const char *image_end(const char *arg)
{
	const char *p;

	for (p = strchr(arg, ':'); p; p = strchr(p + 1, ':')) {
		size_t len = (size_t)(p - arg);

		if (!len)
			continue;
		if (exists(arg, len) || (partition_of(arg, &len) && exists(arg, len)))
			return p;
	}
	return strstr(arg, ":/");
}

bool cmd_is_image(const char *arg)
{
	struct stat st;

	if (cmd_globals.image)
		return true;
	return lstat(arg, &st) && image_end(arg);
}

/* ---- open and close ---- */

static void log_line(void *ctx, int level, const char *msg)
{
	const struct image *i = ctx;

	if (level > 1)
		return;
	fflush(stdout);
	fprintf(stderr, "efs: %s: %s\n", cmd_escape(i->name, strlen(i->name)),
		cmd_escape(msg, strlen(msg)));
}

static int close_image(struct image *i)
{
	int err = i->vol ? efs_volume_close(i->vol) : 0;

	if (err)
		cmd_complain(i->name, "Not everything could be written: %s", cmd_reason(err));
	efs_device_close(i->dev);
	free(i->name);
	free(i->file);
	free(i);
	return err;
}

int cmd_close_all(void)
{
	struct image *i;
	int err, first = 0;

	efs_file_close(shell_cwd);
	shell_cwd = NULL;
	while ((i = images)) {
		images = i->next;
		err = close_image(i);
		first = first ? first : err;
	}
	return first;
}

int cmd_sync_all(void)
{
	struct image *i;
	int err, first = 0;

	for (i = images; i; i = i->next) {
		err = i->write ? efs_volume_sync(i->vol) : 0;
		if (err)
			cmd_complain(i->name, "Not everything could be written: %s",
				     cmd_reason(err));
		first = first ? first : err;
	}
	return first;
}

bool cmd_is_open_image(uint64_t dev, uint64_t ino)
{
	const struct image *i;

	for (i = images; i; i = i->next)
		if (i->st_dev == dev && i->st_ino == ino)
			return true;
	return false;
}

static int open_volume(struct image *i)
{
	struct efs_options o = cmd_globals.options;
	struct efs_reason why = { 0 };
	int err;

	if (open_device(i->name, i->file, i->partition, i->write, &i->dev)) {
		i->dev = NULL;
		return -1;
	}
	i->env.log = log_line;
	i->env.ctx = i;
	o.env = &i->env;
	o.dev = i->id;
	if (!i->write)
		o.flags |= EFS_RDONLY;
	err = efs_volume_open(i->dev, &o, &i->vol, &why);
	if (!err)
		return 0;
	i->vol = NULL;
	if (why.text)
		cmd_complain(i->name, "Cannot use it: %s", why.text);
	else if (err == -EINVAL)
		cmd_complain(i->name, "Cannot use it: no file system that is known");
	else
		cmd_error(err, i->name);
	return -1;
}

static int open_image(const char *name, size_t len, bool write, struct image **out)
{
	static unsigned int last_id;
	size_t file_len = len;
	unsigned int partition = partition_of(name, &file_len);
	struct image *i, **link;
	struct stat st = { 0 };
	char *file = cmd_strndup(name, file_len);

	if (!partition)
		partition = cmd_globals.partition;
	if (!stat(file, &st)) {
		for (link = &images; (i = *link); link = &i->next) {
			if (i->st_dev != st.st_dev || i->st_ino != st.st_ino ||
			    i->partition != partition)
				continue;
			if (!write || i->write) {
				free(file);
				*out = i;
				return 0;
			}
			/* it was opened for reading by an earlier operand */
			*link = i->next;
			if (close_image(i)) {
				free(file);
				return -1;
			}
			break;
		}
	}
	i = cmd_alloc(sizeof(*i));
	i->name = cmd_strndup(name, len);
	i->file = file;
	i->partition = partition;
	i->write = write;
	i->st_dev = st.st_dev;
	i->st_ino = st.st_ino;
	i->id = ++last_id;
	if (open_volume(i)) {
		close_image(i);
		return -1;
	}
	if (write)
		frame_catch_signals();
	i->next = images;
	images = i;
	*out = i;
	return 0;
}

int cmd_open(const char *arg, bool write, struct operand *op)
{
	const char *end = cmd_globals.image ? NULL : image_end(arg);
	const char *name = cmd_globals.image ? cmd_globals.image : arg;
	size_t len = end ? (size_t)(end - arg) : strlen(name);
	struct image *i;

	memset(op, 0, sizeof(*op));
	if (!len) {
		cmd_complain(arg, "No image is named: it is IMAGE:PATH");
		return -1;
	}
	if (frame_in_shell() && images)
		i = images;
	else if (open_image(name, len, write && !cmd_globals.rdonly, &i))
		return -1;
	op->arg = arg;
	op->image = frame_in_shell() ? "" : i->name;
	if (cmd_globals.image)
		op->path = arg;
	else
		op->path = end && end[1] ? end + 1 : "/";
	op->at.volume = i->vol;
	op->at.cwd = shell_cwd;
	op->id = i->id;
	return 0;
}

int cmd_open_device(const char *arg, bool write, struct efs_device **out)
{
	const char *name = cmd_globals.image ? cmd_globals.image : arg;
	size_t len = strlen(name);
	unsigned int partition = partition_of(name, &len);
	char *file = cmd_strndup(name, len);
	int err;

	err = open_device(name, file, partition ? partition : cmd_globals.partition,
			  write && !cmd_globals.rdonly, out);
	free(file);
	return err;
}

void cmd_set_cwd(struct efs_file *dir)
{
	efs_file_close(shell_cwd);
	shell_cwd = dir;
}

struct efs_file *cmd_get_cwd(void)
{
	return shell_cwd;
}

/* ---- paths of operands ---- */

int cmd_file(const struct operand *op, unsigned int flags, struct efs_file **out)
{
	return efs_open_at(&op->at, op->path, flags, out);
}

int cmd_parent(const struct operand *op, struct efs_file **dir, const char **name, bool *slash)
{
	static char *buf;
	size_t len = strlen(op->path), end = len, start;
	char *up;
	int err;

	while (end && op->path[end - 1] == '/')
		end--;
	for (start = end; start && op->path[start - 1] != '/'; start--)
		;
	*slash = end < len;
	free(buf);
	buf = cmd_strndup(op->path + start, end - start);
	*name = buf;
	if (!buf[0] || !strcmp(buf, ".") || !strcmp(buf, ".."))
		return op->path[0] ? -EINVAL : -ENOENT;
	up = start ? cmd_strndup(op->path, start) : cmd_strdup(".");
	err = efs_open_at(&op->at, up, 0, dir);
	free(up);
	if (!err && efs_file_type(*dir) != EFS_IFDIR) {
		efs_file_close(*dir);
		err = -ENOTDIR;
	}
	return err;
}

/* ---- options ---- */

static int set_flag(const char *key, const char *value)
{
	struct cmd_globals *g = &cmd_globals;

	if (value)
		return -1;
	if (!strcmp(key, "ro"))
		g->rdonly = true;
	else if (!strcmp(key, "rw"))
		g->rdonly = false;
	else if (!strcmp(key, "sync"))
		g->options.flags |= EFS_SYNC;
	else if (!strcmp(key, "dirsync"))
		g->options.flags |= EFS_DIRSYNC;
	else if (!strcmp(key, "minixdf"))
		g->options.flags |= EFS_MINIXDF;
	else if (!strcmp(key, "direct"))
		g->direct = true;
	else if (!strcmp(key, "overlay"))
		g->overlay = true;
	else
		return -1;
	return 0;
}

static int set_errors(const char *value)
{
	enum efs_errors *e = &cmd_globals.options.errors;

	if (!strcmp(value, "continue"))
		*e = EFS_ERRORS_CONTINUE;
	else if (!strcmp(value, "remount-ro"))
		*e = EFS_ERRORS_RDONLY;
	else
		return -1;
	return 0;
}

static int set_value(const char *key, const char *value)
{
	struct cmd_globals *g = &cmd_globals;
	uint64_t n;

	if (!value)
		return -1;
	if (!strcmp(key, "errors"))
		return set_errors(value);
	if (!cmd_parse_size(value, &n))
		return -1;
	if (!strcmp(key, "offset"))
		g->offset = n;
	else if (!strcmp(key, "sizelimit"))
		g->sizelimit = n;
	else if (!strcmp(key, "partition") && n && n <= 9999)
		g->partition = (unsigned int)n;
	else if (!strcmp(key, "sb") && n <= UINT32_MAX)
		g->options.superblock = (uint32_t)n;
	else if (!strcmp(key, "cache") && n <= SIZE_MAX)
		g->options.cache_bytes = (size_t)n;
	else if (!strcmp(key, "overlay"))
		g->overlay = true, g->overlay_limit = n;
	else
		return -1;
	return 0;
}

int cmd_globals_parse(const char *list)
{
	char *copy = cmd_strdup(list), *left = copy, *key;
	int ret = 0;

	while (!ret && (key = strsep(&left, ","))) {
		char *value = strchr(key, '=');

		if (!*key)
			continue;
		if (value)
			*value++ = '\0';
		if (set_flag(key, value) && set_value(key, value)) {
			fprintf(stderr, "efs: wrong option -o %s%s%s\n",
				cmd_escape(key, strlen(key)), value ? "=" : "",
				value ? cmd_escape(value, strlen(value)) : "");
			ret = -1;
		}
	}
	free(copy);
	return ret;
}
