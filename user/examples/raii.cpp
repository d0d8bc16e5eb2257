// SPDX-License-Identifier: GPL-2.0
/*
 * C++: objects that close themselves, errors that are thrown.
 *
 *	raii IMAGE		makes /from-c++, reads it back, lists the root directory
 */
#include <efs.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace {

void check(int err, const std::string &what)
{
	if (err)
		throw std::system_error(-err, std::generic_category(), what);
}

struct closer {
	void operator()(efs_device *dev) const { efs_device_close(dev); }
	void operator()(efs_file *file) const { efs_file_close(file); }
};

using device = std::unique_ptr<efs_device, closer>;
using file = std::unique_ptr<efs_file, closer>;

device open_device(const std::string &path)
{
	efs_device *dev;

	check(efs_device_open(path.c_str(), 0, &dev), path);
	return device(dev);
}

class volume {
public:
	explicit volume(device &&under)
		: dev(std::move(under))
	{
		efs_reason why;
		int err = efs_volume_open(dev.get(), nullptr, &vol, &why);

		check(err, why.text ? why.text : "open");
	}

	volume(const volume &) = delete;
	volume &operator=(const volume &) = delete;

	/* what is written is safe only after this; the destructor cannot tell of errors */
	void close()
	{
		int err = efs_volume_close(vol);

		if (err != -EBUSY)
			vol = nullptr;
		check(err, "close");
	}

	~volume()
	{
		if (vol)
			efs_volume_close(vol);
	}

	file open(const std::string &path)
	{
		efs_file *f;

		check(efs_open(vol, path.c_str(), 0, &f), path);
		return file(f);
	}

	file create(const std::string &path, uint32_t mode)
	{
		efs_at at = {};
		efs_create what = {};
		efs_file *f;

		at.volume = vol;
		what.mode = EFS_IFREG | mode;
		check(efs_create_at(&at, path.c_str(), &what, &f), path);
		return file(f);
	}

private:
	device dev;
	efs_volume *vol = nullptr;
};

void write(const file &f, const std::string &text)
{
	size_t n;

	check(efs_file_write(f.get(), 0, text.data(), text.size(), &n), "write");
}

std::string read(const file &f)
{
	efs_info info;
	size_t n;

	efs_file_info(f.get(), &info);
	std::string text(info.size, '\0');
	check(efs_file_read(f.get(), 0, &text[0], text.size(), &n), "read");
	text.resize(n);
	return text;
}

std::vector<std::string> list(const file &dir)
{
	std::vector<std::string> names;
	efs_entry_info ents[16];
	efs_cursor cursor = {};
	size_t n, i;

	for (;;) {
		check(efs_list_dir(dir.get(), &cursor, ents, 16, &n), "list");
		if (!n)
			return names;
		for (i = 0; i < n; i++)
			names.emplace_back(ents[i].name);
	}
}

} // namespace

int main(int argc, char **argv)
{
	if (argc != 2) {
		std::cerr << "Usage: raii IMAGE\n";
		return 2;
	}
	try {
		volume vol(open_device(argv[1]));

		write(vol.create("/from-c++", 0644), "destructors closed this\n");
		std::cout << read(vol.open("/from-c++"));
		for (const std::string &name : list(vol.open("/")))
			std::cout << name << '\n';
		vol.close();
	} catch (const std::system_error &e) {
		std::cerr << "raii: " << e.what() << '\n';
		return 1;
	}
	return 0;
}
