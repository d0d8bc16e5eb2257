#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# clang as the compiler of a kernel tree configured for gcc: drops the options that only gcc
# has, and the warnings about the tree's own use of gcc's address spaces. Use it as
# "make CC=.../clang-kernel.sh CONFIG_OBJTOOL=". For diagnosis; never load the objects.

args=()
for arg; do
	case "$arg" in
	-mfunction-return=* | -mindirect-branch* | -mharden-sls=* | -mrecord-mcount | \
	-mskip-rax-setup | -fconserve-stack | -ftrivial-auto-var-init=* | \
	-fno-allow-store-data-races | -fsanitize=bounds-strict | -Wimplicit-fallthrough=*) ;;
	*)	args+=("$arg") ;;
	esac
done
exec "${CLANG:-clang}" "${args[@]}" -Wno-unknown-warning-option -Wno-unused-command-line-argument \
	-Wno-duplicate-decl-specifier -Wno-gnu -Wimplicit-fallthrough
