# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# copy_commit TREE: the last commit of $TOP in TREE, which keeps what was built there. Nobody else is at
# work in it until the caller ends. Return: 0, or not.

copy_commit()
{
	mkdir -p "$(dirname "$1")" || return
	exec 9>"$1.lock"
	flock 9
	if [ -d "$1/.git" ]; then
		git -C "$1" fetch -q "$TOP" HEAD && git -C "$1" checkout -qf FETCH_HEAD
	else
		rm -rf "$1"
		git clone -q --shared "$TOP" "$1"
	fi
}
