# SPDX-License-Identifier: GPL-2.0-only
#
# efsext2: build, demonstrate, test. `make help` lists the targets.
#
# Kbuild, beside this file, says what the module is made of. This file builds it out of the tree, in
# build/KVER, one directory for each kernel: objects of two kernels never meet.

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
KERNELS := $(TOP)/scripts/kernels.sh

# KVER: 6.1, 6.12, or a full version; by default the running kernel if its headers are here, else
# the newest headers installed. The two shorthands take the newest headers of that series.
KVER ?= default
V ?= 0
W ?=
C ?=

# Asked once, and only for the targets that need to know.
kver = $(eval kver := $(shell $(KERNELS) resolve "$(KVER)" 2>&1 | tail -n 1))$(strip \
	$(if $(filter kernels:,$(firstword $(kver))),$(error $(kver)))$(kver))
kbuild = $(MAKE) -C $(shell $(KERNELS) build $(kver)) $(if $(findstring -uml,$(kver)),ARCH=um) \
	M=$(TOP)/build/$(kver) V=$(V) \
	$(if $(W),W=$(W)) $(if $(C),C=$(C)) $(if $(filter-out default file environment,$(origin CC)),CC=$(CC))

.DEFAULT_GOAL := all
.PHONY: all modules modules_install modules_uninstall user install bench-user
.PHONY: deps demo check quick guest clean distclean help
.PHONY: kunit check-debug fuzz crash coverage style mutations

all: modules	## build efsext2.ko for one kernel

modules:
	@$(TOP)/scripts/mirror.sh $(TOP)/build/$(kver)
	+@$(kbuild) $(if $(filter 0,$(V)),-s) modules
	@echo "built build/$(kver)/efsext2.ko"

modules_install: modules	## install it for that kernel, under /lib/modules (root)
	+@$(kbuild) INSTALL_MOD_DIR=extra modules_install

modules_uninstall:	## remove it again (root)
	rm -f /lib/modules/$(kver)/extra/efsext2.ko*
	depmod $(kver)

user:		## build libefs, the efs command and efs-fuse
	+@$(MAKE) -s -C $(TOP)/user all
	@echo "built build/user/efs, build/user/efs-fuse, build/user/libefs.a"

install:	## install library, command, efs-fuse, manuals: make install DESTDIR= PREFIX=/usr
	+@$(MAKE) -s -C $(TOP)/user install

bench-user: user	## the command and efs-fuse beside debugfs, e2tools, fuse2fs: some minutes
	@$(TOP)/tests/bench/user.sh $(ROWS)

deps:	## install the packages that building and testing need (root), or name them
	@$(TOP)/scripts/deps.sh

demo: 	## efsext2 and in-tree ext2 do the same work in a guest; a table compares them
	@$(TOP)/scripts/demo.sh $(if $(filter default,$(KVER)),6.12,$(KVER))

check:	## everything, in the short form where there is a long one
	@$(TOP)/scripts/check.sh $(if $(filter default,$(KVER)),,KVER=$(KVER)) V=$(V)

quick:	## what check does without booting a guest
	@$(TOP)/scripts/check.sh quick $(if $(filter default,$(KVER)),,KVER=$(KVER)) V=$(V)

guest: modules	## guest suites on one kernel: make guest KVER=6.1 SUITES="tree ops"
	@$(TOP)/tests/guest/run -k $(kver) $(or $(SUITES),$(shell $(TOP)/tests/guest/run -l))

kunit:		## unit tests in full: every compiler, word size, byte order, and kernel
check-debug:	## guest suites, damaged images and failures on the debug kernel
fuzz:		## the fuzzers: make fuzz T=SECONDS (300)
crash:		## power cuts simulated in userspace, and cut from the kernel's own writes
coverage:	## lines and branches of core/ that the unit tests reach
style:		## checkpatch, clang-format, cppcheck, sparse, codespell, ...: scripts/style.sh
mutations:	## deliberate bugs, each of which a test has to notice

kunit check-debug fuzz crash coverage style mutations:
	@T=$(T) $(TOP)/scripts/check.sh long=$@ V=$(V)

clean:	## remove build/
	rm -rf $(TOP)/build

distclean: clean	## also the cache of kernels and sources outside the tree
	rm -rf "$${EFS_CACHE:-$$HOME/.cache/efsext2}"

help:	## this list
	@echo "efsext2: targets"
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/  \1\t\2/p' $(TOP)/Makefile | expand -t 20
	@echo
	@echo "Options: KVER=6.1|6.12|VERSION  V=1 (say more)  W=1 C=2 CC=clang (passed to the kernel's build)"
