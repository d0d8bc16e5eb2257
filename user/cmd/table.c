// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of efs, in the order in which help shows them.
 */
#include "cmd.h"

static const struct command commands[] = {
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
