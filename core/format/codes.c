// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Names and texts of the inconsistencies in codes.h.
 *
 * Values may come from anywhere, so both functions accept any; the strings are
 * constant and live for ever.
 *
 * Locks: none.
 */
#include "format.h"

static const struct {
	const char *name;
	const char *text;
} codes[] = {
#define EFS_CODE_ROW(name, text) { #name, text },
	EFS_CODES(EFS_CODE_ROW)
#undef EFS_CODE_ROW
};

static_assert(ARRAY_SIZE(codes) == EFS_C_MAX);

const char *efs_code_text(enum efs_code code)
{
	return (u32)code < EFS_C_MAX ? codes[code].text : "unknown inconsistency";
}

const char *efs_code_name(enum efs_code code)
{
	return (u32)code < EFS_C_MAX ? codes[code].name : "UNKNOWN";
}
