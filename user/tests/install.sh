#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `make install` puts everything where distributions want it, the library shows what its headers
# declare and nothing else, and programs that know only pkg-config build and run: C and C++,
# shared and static, with and without a prefix.

user=$(cd "${0%/*}/.." && pwd)
. "${0%/*}/lib.sh"

arch=$(gcc -print-multiarch)

# install_to PREFIX LIBDIR: below $TMP/root
install_to()
{
	rm -rf "$TMP/root"
	must make -s -C "$user" O="${build:?}" install DESTDIR="$TMP/root" PREFIX="$1" LIBDIR="$2"
	libs=$TMP/root$2
	pc()
	{
		PKG_CONFIG_SYSROOT_DIR=$TMP/root PKG_CONFIG_PATH=$libs/pkgconfig \
		PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
			pkg-config "$@" efs
	}
}

places()
{
	install_to /usr "/usr/lib/$arch"
	(cd root && find . ! -type d | sort) >got
	{
		find "$user/man" ! -type d | sed -E 's|.*/(.*\.(.))$|./usr/share/man/man\2/\1|'
		cat
	} <<-END | sort >want
		./usr/bin/efs
		./usr/bin/efs-fuse
		./usr/bin/fuse-efs
		./usr/include/efs.h
		./usr/include/efs_ext2.h
		./usr/lib/$arch/libefs.a
		./usr/lib/$arch/libefs.so
		./usr/lib/$arch/libefs.so.0
		./usr/lib/$arch/libefs.so.0.1.0
		./usr/lib/$arch/pkgconfig/efs.pc
		./usr/sbin/mount.fuse.efs
		./usr/sbin/umount.fuse.efs
		./usr/share/bash-completion/completions/efs
		./usr/share/man/man8/mount.fuse.efs.8
		./usr/share/man/man8/umount.fuse.efs.8
	END
	must diff want got
	for file in man1/efs.1 man3/libefs.3 man8/efs-fuse.8; do
		[ -s "root/usr/share/man/$file" ] || die "no $file"
	done
	# links lead to what is there, and nothing names the scratch directory
	[ -z "$(find root -xtype l)" ] || die "a link that leads nowhere"
	! grep -r "$TMP" root/usr/share root/usr/include "$libs/pkgconfig" || die "a path of DESTDIR"
	[ -z "$(find root -type f -perm /022)" ] || die "files that others may write"
	equal "$(objdump -p "$libs/libefs.so" | awk '$1 == "SONAME" { print $2 }')" libefs.so.0 soname
	equal "$(pc --modversion)" 0.1.0 version
	equal "$("root/usr/bin/efs" --version | grep -o '[0-9.]*$' | head -n 1)" 0.1.0 "efs --version"
	must bash -n root/usr/share/bash-completion/completions/efs
}

# what the headers declare
declared()
{
	for header in efs.h efs_ext2.h; do
		gcc -E -P "$user/include/$header"
	done | grep -oE '\befs_[a-z0-9_]+\(' | tr -d '(' | sort -u
}

exports()
{
	declared >want
	[ "$(wc -l <want)" -gt 60 ] || die "the headers declare next to nothing"
	nm -D --defined-only --with-symbol-versions "$build/libefs.so.0" |
		awk '$2 != "A" { print $3 }' | sort >got
	sed 's/$/@@EFS_0.1/' want | must diff - got
	nm -g --defined-only "$build/libefs.a" | awk 'NF == 3 { print $3 }' | sort | must diff want -
	# of the system's libraries it wants the C library alone
	objdump -p "$build/libefs.so.0" | awk '$1 == "NEEDED" && $2 !~ /^(libc|ld-linux.*|libatomic)\.so/' >out
	[ ! -s out ] || { cat out; die "more libraries than the C library"; }
}

consumer()
{
	cat <<-'END'
		#include <efs.h>
		#include <efs_ext2.h>
		#include <stdio.h>
		#include <string.h>

		int main(int argc, char **argv)
		{
			struct efs_device *dev;
			struct efs_volume *vol;
			struct efs_file *file;
			struct efs_at at;
			struct efs_create c;
			char buf[64];
			size_t n;
			int err;

			if (argc < 2 || strcmp(efs_version(), "0.1.0"))
				return 2;
			memset(&at, 0, sizeof(at));
			memset(&c, 0, sizeof(c));
			c.mode = EFS_IFREG | 0644;
			err = efs_device_open(argv[1], 0, &dev);
			if (err)
				return 3;
			if (efs_volume_open(dev, NULL, &vol, NULL))
				return 4;
			at.volume = vol;
			if (efs_create_at(&at, "/made", &c, &file) ||
			    efs_file_write(file, 0, "by a stranger", 13, &n) ||
			    efs_file_read(file, 5, buf, sizeof(buf), &n))
				return 5;
			efs_file_close(file);
			printf("%.*s\n", (int)n, buf);
			if (efs_unlink_at(&at, "/made") || efs_volume_close(vol))
				return 6;
			efs_device_close(dev);
			return 0;
		}
	END
}

# builds COMPILER FILE PKG-CONFIG-OPTION COMPILER-OPTION...
builds()
{
	local cc=$1 file=$2 option=$3
	shift 3

	# shellcheck disable=SC2046 # words of flags
	must "$cc" -Wall -Wextra -Werror "$@" -o prog "$file" $(pc --cflags --libs $option)
	image disk.img 4M
	equal "$(LD_LIBRARY_PATH=$libs must ./prog disk.img)" "stranger" "$cc $option"
	clean disk.img
}

programs()
{
	consumer >prog.c
	consumer >prog.cc
	install_to "$@"
	builds gcc prog.c "" -std=c11
	ldd prog | grep -q libefs.so.0 || LD_LIBRARY_PATH=$libs ldd prog | grep -q libefs.so.0 ||
		die "not linked with libefs.so.0"
	builds gcc prog.c --static -static
	builds g++ prog.cc "" -std=c++11
	builds g++ prog.cc --static -static
}

ok "every file in its place" places
ok "the library shows its headers' functions and no more" exports
ok "programs of others, below /usr" programs /usr "/usr/lib/$arch"
ok "programs of others, below /opt/efs" programs /opt/efs /opt/efs/lib
done_testing
