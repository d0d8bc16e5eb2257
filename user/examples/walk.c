// SPDX-License-Identifier: GPL-2.0
/*
 * walk IMAGE: every file of an image with its mode, size and path; then how many there were.
 *
 * Directories are not changed here while they are read, but could be: a cursor goes on where it
 * stands, whatever happens around it.
 */
#include <efs.h>
#include <stdio.h>
#include <string.h>

#define ENTRIES	64

struct totals {
	unsigned long files, dirs, errors;
	uint64_t bytes;
};

/* @path has room for a name more; @len: its length now */
static void walk(struct efs_file *dir, char *path, size_t len, size_t room, struct totals *t)
{
	struct efs_entry_info ents[ENTRIES];
	struct efs_cursor cursor = { 0 };
	size_t n, i;
	int err;

	while ((err = efs_list_dir(dir, &cursor, ents, ENTRIES, &n)) == 0 && n) {
		for (i = 0; i < n; i++) {
			char mode[EFS_MODE_STRING];
			struct efs_file *file;
			struct efs_info info;
			int more;

			if (!strcmp(ents[i].name, ".") || !strcmp(ents[i].name, ".."))
				continue;
			more = snprintf(path + len, room - len, "/%s", ents[i].name);
			if (len + (size_t)more >= room || efs_open_in(dir, ents[i].name, &file)) {
				t->errors++;
				continue;
			}
			efs_file_info(file, &info);
			efs_mode_text(info.mode, mode);
			printf("%s %10llu %s\n", mode, (unsigned long long)info.size, path);
			t->files++;
			t->bytes += info.size;
			if (efs_file_type(file) == EFS_IFDIR) {
				t->dirs++;
				walk(file, path, len + (size_t)more, room, t);
			}
			efs_file_close(file);
		}
	}
	t->errors += err != 0;
	path[len] = '\0';
}

int main(int argc, char **argv)
{
	struct efs_options options = { .flags = EFS_RDONLY };
	struct efs_device *dev = NULL;
	struct efs_volume *vol = NULL;
	struct efs_file *root = NULL;
	struct totals t = { 0 };
	char path[4096] = "";
	int err;

	if (argc != 2) {
		fprintf(stderr, "Usage: walk IMAGE\n");
		return 2;
	}
	err = efs_device_open(argv[1], EFS_DEVICE_RDONLY, &dev);
	if (!err)
		err = efs_volume_open(dev, &options, &vol, NULL);
	if (!err)
		err = efs_root(vol, &root);
	if (!err) {
		walk(root, path, 0, sizeof(path), &t);
		printf("%lu files, %lu directories among them, %llu bytes\n", t.files, t.dirs,
		       (unsigned long long)t.bytes);
	} else {
		fprintf(stderr, "walk: %s: %s\n", argv[1], strerror(-err));
	}
	efs_file_close(root);
	efs_volume_close(vol);
	efs_device_close(dev);
	return err || t.errors;
}
