# SPDX-License-Identifier: GPL-2.0
#
# The library without an operating system, and the examples. Included by Makefile.
#
#   make -C user embedded       build/user/libefs-embedded.a, and a look at what it leaves undefined
#   make -C user examples       build/user/examples/*
#
# The flavour: one thread (EFS_SINGLE), no headers but the compiler's own, memory, clock and log
# from struct efs_env or not at all, devices of the caller's functions. CC and EMBEDDED_CFLAGS (-Os)
# as usual; other machines need memcpy(), memmove(), memset(), memcmp() and the compiler's runtime.

EMBEDDED_CFLAGS ?= -Os -g
EMBEDDED_INCLUDE = $(shell $(CC) -print-file-name=include)
EMBEDDED_ALL = -std=gnu11 $(WARN) -Werror -ffreestanding -nostdinc -isystem $(EMBEDDED_INCLUDE) \
	-DEFS_SINGLE -ffunction-sections -fdata-sections -I$(TOP)/user/port -I$(TOP)/user/port/embedded \
	-I$(TOP)/user/include $(EMBEDDED_CFLAGS)
EMBEDDED_SRC := $(CORE) $(filter-out %/dev_file.c %/dev_busy.c %/dev_mem.c %/dev_fault.c,$(LIB_SRC))
EMBEDDED_OBJ := $(patsubst $(TOP)/%.c,$(O)/embedded/%.o,$(EMBEDDED_SRC))

$(O)/embedded/%.o: $(TOP)/%.c
	@mkdir -p $(@D)
	$(CC) $(EMBEDDED_ALL) -MMD -MP -c -o $@ $<

$(O)/libefs-embedded.a: $(EMBEDDED_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

# all of it in one object: what is undefined then has to come from outside
$(O)/embedded/undefined: $(EMBEDDED_OBJ)
	$(CC) $(EMBEDDED_CFLAGS) -nostdlib -r -o $(O)/embedded/all.o $^
	nm -u $(O)/embedded/all.o | awk '{ print $$NF }' | sort >$@

# the compiler's runtime may be asked for arithmetic that a 32-bit machine does not have
embedded: $(O)/libefs-embedded.a $(O)/embedded/undefined
	@! grep -vxE 'mem(cpy|move|set|cmp)|__(u?div|u?mod|ashl|ashr|lshr|clz|ctz)[a-z0-9]*|__aeabi_[a-z0-9]+|_(rest|save)gpr_[0-9]+(_x)?|_GLOBAL_OFFSET_TABLE_' \
		$(O)/embedded/undefined

EXAMPLE_SRC := $(call sources,user/examples/*.c)
EXAMPLES := $(patsubst $(TOP)/user/examples/%.c,$(O)/examples/%,$(EXAMPLE_SRC)) $(O)/examples/raii

examples: $(EXAMPLES)

$(O)/examples/%: $(TOP)/user/examples/%.c $(O)/libefs.a
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -I$(TOP)/user/include $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/examples/raii: $(TOP)/user/examples/raii.cpp $(O)/libefs.a
	@mkdir -p $(@D)
	$(CXX) -std=c++11 -Wall -Wextra -I$(TOP)/user/include $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/examples/embedded: $(TOP)/user/examples/embedded.c $(O)/libefs-embedded.a
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -I$(TOP)/user/include $(CFLAGS) $(LDFLAGS) -Wl,--gc-sections -o $@ $^

-include $(EMBEDDED_OBJ:.o=.d)

.PHONY: embedded examples
