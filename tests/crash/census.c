// SPDX-License-Identifier: GPL-2.0
/*
 * What was found, in figures: of one leaf, in sum, and as a table.
 */
#include <stddef.h>
#include <stdio.h>

#include "crash.h"

void census_count(struct census *c, const struct finding *f)
{
	u32 i;

	c->states++;
	if (!f->fsck.preen)
		c->clean++;
	else if (f->fsck.preen == 1)
		c->mended++;
	else
		c->by_hand++;
	c->broken += f->broken;
	for (i = 0; i < P_CLASSES; i++)
		c->found[i] += !!f->fsck.found[i];
	for (i = 0; i < FLAWS; i++) {
		c->breach[i] += !!f->breach[i];
		c->beyond[i] += !!f->beyond[i];
	}
}

void census_add(struct census *to, const struct census *from)
{
	u64 *t = (u64 *)to;
	const u64 *f = (const u64 *)from;
	u32 i;

	for (i = 0; i < sizeof(*to) / sizeof(u64); i++)
		t[i] += f[i];
}

static void table_row(const char *name, const struct census sum[MODES], size_t field)
{
	u32 k;
	u64 all = 0;

	for (k = 0; k < MODES; k++)
		all += *(const u64 *)((const char *)&sum[k] + field);
	if (!all)
		return;
	printf("# %-42s", name);
	for (k = 0; k < MODES; k++)
		printf(" %9llu", *(const u64 *)((const char *)&sum[k] + field));
	printf("\n");
}

void census_print(const struct census sum[MODES])
{
	char name[96];
	u32 k;

	printf("# %-42s", "");
	for (k = 0; k < MODES; k++)
		printf(" %9s", mode_name[k]);
	printf("\n");
	table_row("states tried", sum, offsetof(struct census, states));
	table_row("different disks", sum, offsetof(struct census, disks));
	table_row("e2fsck -p: 0, clean", sum, offsetof(struct census, clean));
	table_row("e2fsck -p: 1, mended", sum, offsetof(struct census, mended));
	table_row("e2fsck -p: asks for a human", sum, offsetof(struct census, by_hand));
	for (k = 0; k < P_CLASSES; k++) {
		snprintf(name, sizeof(name), "e2fsck: %s", problem_name[k]);
		table_row(name, sum, offsetof(struct census, found) + k * sizeof(u64));
	}
	for (k = 0; k < FLAWS; k++) {
		snprintf(name, sizeof(name), "beyond: %s", flaw_name[k]);
		table_row(name, sum, offsetof(struct census, beyond) + k * sizeof(u64));
	}
	for (k = 0; k < FLAWS; k++) {
		snprintf(name, sizeof(name), "BREACH: %s", flaw_name[k]);
		table_row(name, sum, offsetof(struct census, breach) + k * sizeof(u64));
	}
}
