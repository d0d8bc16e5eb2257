// SPDX-License-Identifier: GPL-2.0
/*
 * Scripts: what is done to a volume before and while the power goes.
 *
 * A script is a text of operations separated by semicolons:
 *
 *   create P   mkdir P   fifo P   chr P   symlink P LENGTH   link P NEW   unlink P   rmdir P
 *   rename P Q   exchange P Q   noreplace P Q   write P OFFSET LENGTH   truncate P SIZE
 *   osync P OFFSET LENGTH (a write with O_SYNC)   fsync P   sync
 *   make P OFFSET LENGTH (create and write)
 *
 * `!` in front says that the operation has to fail. Offsets, lengths and sizes are sums and
 * differences of bytes (7), blocks (3b), and the offsets where the map gets deeper: I, D, T.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

const char base_text[] =
	"mkdir d; mkdir d/sub; mkdir e; mkdir void; create zero; make keep 0 3b+100;"
	"make d/keep 0 20b; make e/keep D 2b; make a 0 2b+7; make b 0 14b; make big 0 30b;"
	"write big D-2b 5b; symlink s1 20; symlink s2 200; fifo p; make d/x 0 1b;"
	"make d/sub/y 0 b+b; make e/z 0 2b; link keep e/hard; sync";

static const struct {
	const char *name, *text;
} table[] = {
	{ "create", "create new; create d/new; create e/other" },
	{ "mkdir", "mkdir new; mkdir new/below; mkdir d/sub/new" },
	{ "mknod", "fifo d/p; chr d/c; chr c" },
	{ "symlink, fast and slow",
	  "symlink l1 5; symlink l2 59; symlink l3 60; symlink d/l4 1000" },
	{ "link", "link a d/a2; link d/keep k2; link s2 s3; link p d/p2" },
	{ "unlink", "unlink a; unlink d/x; unlink s1; unlink s2; unlink p; unlink zero" },
	{ "unlink one of two names", "unlink keep; unlink e/hard" },
	{ "unlink a large file", "unlink big; unlink e/keep; unlink d/keep" },
	{ "rmdir", "rmdir void; mkdir void; mkdir void/v; rmdir void/v; rmdir void" },
	{ "rename in a directory", "rename a a2; rename d/x d/a-longer-name-than-x; rename s1 s9" },
	{ "rename across directories",
	  "rename a d/a; rename e/z z; rename d/sub/y e/y; rename s2 e/s2" },
	{ "rename a directory", "rename void void2; rename d dd; rename dd/sub dd/sub2" },
	{ "rename a directory across",
	  "rename d/sub e/sub; rename void e/sub/void; rename e/sub sub" },
	{ "rename over a file", "rename a b; rename d/x d/keep; rename s1 s2" },
	{ "rename over a file across", "rename a d/x; rename e/z keep; rename d/sub/y big" },
	{ "rename over an empty directory",
	  "mkdir n1; rename n1 void; mkdir n2; mkdir e/v; rename n2 e/v; rename d/sub e/v2;"
	  "rename e/v2 void" },
	{ "rename over an alias", "rename keep d/k; rename d/k a; ! noreplace a b" },
	{ "exchange files", "exchange a b; exchange a d/x; exchange s1 d/keep" },
	{ "exchange directories", "exchange d e; exchange d/keep e/keep; exchange d e/sub" },
	{ "exchange a file and a directory", "exchange a void; exchange d/x void; exchange b e" },
	{ "rename without replacement", "noreplace a a3; noreplace d/sub e/s; ! noreplace b keep" },
	{ "a directory grows",
	  "create e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn1;"
	  "symlink e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn2 8;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn3;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn4;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn5;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn6;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn7;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn8;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn9;"
	  "link a e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn10;"
	  "mkdir e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn11;"
	  "rename b e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn12;"
	  "rename d/sub e/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn13" },
	{ "write, new file", "create n; write n 0 5; write n 5 b; write n 3b 2b; write n I-b 3b" },
	{ "write, extend",
	  "write zero 0 b; write zero b 12b; write a 2b+7 3b; write keep 3b+100 b" },
	{ "write, overwrite",
	  "write a 0 2b; write a 100 b; write d/keep I-b 2b; write big D-b 2b" },
	{ "write, holes",
	  "write big D-4b b; write e/keep I b; write e/keep 0 b; write e/keep D+9b 10" },
	{ "write, deep", "write zero I-b 2b; write zero D-b 2b; write zero T-b 2b" },
	{ "truncate, down",
	  "truncate big D+b; truncate big D-b; truncate big I; truncate big 3; truncate big 0" },
	{ "truncate, up and down",
	  "truncate a 20b; truncate a b+1; truncate a 2b; write a 3b 5; truncate a 3b+2" },
	{ "truncate, deep", "write zero T b; truncate zero T; truncate zero D; truncate zero 0" },
	{ "blocks that change hands",
	  "unlink big; make n1 0 20b; truncate b 0; make n2 0 12b; unlink d/keep; mkdir n3;"
	  "symlink n4 300" },
	{ "directories that change hands",
	  "rmdir void; make n 0 3b; unlink b; mkdir v; mkdir v/w; rmdir v/w; make v/x 0 2b" },
	{ "fsync",
	  "make n 0 14b; fsync n; write n 3b 2b; fsync n; write n 20b b; truncate n b;"
	  "fsync n; unlink a" },
	{ "fsync in new directories",
	  "mkdir q; mkdir q/r; make q/r/f 0 2b; fsync q/r/f; rename q q2; fsync q2/r/f;"
	  "make q2/g 0 b" },
	{ "fsync beside a deletion",
	  "unlink big; make n 0 20b; fsync n; truncate b b; make n2 0 8b; fsync n2; rename n2 a" },
	{ "replace by rename",
	  "make t 0 3b; fsync t; rename t keep; fsync keep; make t 0 2b; fsync t; rename t a" },
	{ "O_SYNC",
	  "create n; osync n 0 5; osync n 5 2b; osync n I-b 3b; osync a 0 b;"
	  "osync big D-5b 2b; osync zero D b" },
	{ "sync",
	  "make n 0 3b; mkdir m; sync; unlink a; rename n m/n; sync; create z; write b 0 14b" },
	{ NULL, NULL }
};

const char *script_name(u32 i)
{
	return table[i].name;
}

/* ---- random scripts ---- */

static const char *const dirs[] = { "", "d/", "e/", "d/sub/", "void/", "r0/", "r1/", "d/r2/" };
static const char *const leafs[] = {
	"a", "b", "keep", "x", "z", "f0", "f1", "f2", "f3", "big", "r0", "r1", "r2", "sub", "void",
	"s1", "hard",
};

static u32 pick(u32 *seed, u32 n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (u32)((u64)(*seed >> 4) * n >> 28);
}

static void random_path(u32 *seed, char *path)
{
	snprintf(path, PATH_MAX_LEN, "%s%s", dirs[pick(seed, ARRAY_SIZE(dirs))],
		 leafs[pick(seed, ARRAY_SIZE(leafs))]);
}

static const char *random_len(u32 *seed)
{
	static const char *const len[] = {
		"b", "2b", "7", "3b+9", "I-b", "12b", "100", "14b", "b-1",
	};

	return len[pick(seed, ARRAY_SIZE(len))];
}

static const char *random_off(u32 *seed)
{
	static const char *const off[] = { "0", "0", "b", "5", "I-b", "I", "D-b", "3b", "2b+50" };

	return off[pick(seed, ARRAY_SIZE(off))];
}

static void random_op(u32 *seed, char *text, size_t size)
{
	static const enum op_kind kinds[] = {
		OP_CREATE, OP_CREATE, OP_CREATE, OP_MKDIR, OP_MKDIR, OP_SYMLINK, OP_LINK, OP_UNLINK,
		OP_UNLINK, OP_UNLINK, OP_RMDIR, OP_RENAME, OP_RENAME, OP_RENAME, OP_EXCHANGE,
		OP_NOREPLACE, OP_WRITE, OP_WRITE, OP_WRITE, OP_WRITE, OP_WRITE, OP_TRUNCATE,
		OP_TRUNCATE, OP_FSYNC, OP_FSYNC, OP_OSYNC, OP_SYNC,
	};
	static const char *const verb[OP_KINDS] = {
		[OP_CREATE] = "create", [OP_MKDIR] = "mkdir", [OP_SYMLINK] = "symlink",
		[OP_LINK] = "link", [OP_UNLINK] = "unlink", [OP_RMDIR] = "rmdir",
		[OP_RENAME] = "rename", [OP_EXCHANGE] = "exchange", [OP_NOREPLACE] = "noreplace",
		[OP_WRITE] = "write", [OP_OSYNC] = "osync", [OP_TRUNCATE] = "truncate",
		[OP_FSYNC] = "fsync", [OP_SYNC] = "sync",
	};
	enum op_kind k = kinds[pick(seed, ARRAY_SIZE(kinds))];
	char a[PATH_MAX_LEN], b[PATH_MAX_LEN];

	random_path(seed, a);
	random_path(seed, b);
	switch (k) {
	case OP_SYMLINK:
		snprintf(text, size, "symlink %s %u", a, 3 + pick(seed, 150));
		break;
	case OP_LINK:
	case OP_RENAME:
	case OP_EXCHANGE:
	case OP_NOREPLACE:
		snprintf(text, size, "%s %s %s", verb[k], a, b);
		break;
	case OP_WRITE:
	case OP_OSYNC:
		snprintf(text, size, "%s %s %s %s", verb[k], a, random_off(seed), random_len(seed));
		break;
	case OP_TRUNCATE:
		snprintf(text, size, "truncate %s %s", a, random_off(seed));
		break;
	case OP_SYNC:
		snprintf(text, size, "sync");
		break;
	default:
		snprintf(text, size, "%s %s", verb[k], a);
	}
}

/* operations that can be done, each found by trying */
static const char *random_script(u32 seed, u32 count)
{
	static char text[OPS_MAX * 64];
	static struct script base, s, one;
	struct model *m;
	size_t len = 0;
	u32 tries = 0;
	char op[256];

	script_parse("base", base_text, 1024, &base);
	s.n = 0;
	m = model_new(&base, &s, MODE_ASYNC);
	text[0] = '\0';
	seed = seed * 2654435761u + 1;
	while (s.n < count && tries++ < 1000 * count) {
		random_op(&seed, op, sizeof(op));
		script_parse("random", op, 1024, &one);
		if (!model_possible(m, &one.op[0]))
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s; ", op);
		s.op[s.n++] = one.op[0];
		model_step(m);
	}
	model_free(m);
	return text;
}

const char *script_text(const char *name)
{
	u32 i, seed, count;

	for (i = 0; table[i].name; i++)
		if (!strcmp(table[i].name, name))
			return table[i].text;
	if (sscanf(name, "random:%u:%u", &seed, &count) == 2 && count < OPS_MAX)
		return random_script(seed, count);
	return name;
}

/* ---- parsing ---- */

static u64 parse_size(const char *s, u32 bs)
{
	u64 ptrs = bs / 4, sum = 0;
	bool minus = false;

	while (*s) {
		u64 v;

		if (*s == 'I' || *s == 'D' || *s == 'T') {
			v = EFS_NDIR;
			if (*s != 'I')
				v += ptrs;
			if (*s == 'T')
				v += ptrs * ptrs;
			v *= bs;
			s++;
		} else {
			char *end = (char *)s;

			v = *s == 'b' ? 1 : strtoull(s, &end, 10);
			s = end;
			if (*s == 'b') {
				v *= bs;
				s++;
			}
		}
		sum = minus ? sum - v : sum + v;
		if (*s && *s != '+' && *s != '-')
			die("bad size '%s'", s);
		minus = *s == '-';
		s += !!*s;
	}
	return sum;
}

static const struct {
	const char *name;
	const char *args;	/* p path, q second path, o offset, l length */
} syntax[OP_KINDS] = {
	[OP_CREATE] = { "create", "p" }, [OP_MKDIR] = { "mkdir", "p" },
	[OP_FIFO] = { "fifo", "p" }, [OP_CHR] = { "chr", "p" },
	[OP_SYMLINK] = { "symlink", "pl" }, [OP_LINK] = { "link", "pq" },
	[OP_UNLINK] = { "unlink", "p" }, [OP_RMDIR] = { "rmdir", "p" },
	[OP_RENAME] = { "rename", "pq" }, [OP_EXCHANGE] = { "exchange", "pq" },
	[OP_NOREPLACE] = { "noreplace", "pq" }, [OP_WRITE] = { "write", "pol" },
	[OP_OSYNC] = { "osync", "pol" }, [OP_TRUNCATE] = { "truncate", "pl" },
	[OP_FSYNC] = { "fsync", "p" }, [OP_SYNC] = { "sync", "" },
};

static void parse_op(char *word[], u32 n, u32 bs, struct script *s)
{
	struct op *op = &s->op[s->n];
	u32 k, i;

	if (s->n == OPS_MAX)
		die("%s: more than %d operations", s->name, OPS_MAX);
	memset(op, 0, sizeof(*op));
	op->fails = !strcmp(word[0], "!");
	word += op->fails;
	n -= op->fails;
	for (k = 0; k < OP_KINDS && strcmp(syntax[k].name, word[0]); k++)
		;
	if (k == OP_KINDS || n != strlen(syntax[k].args) + 1)
		die("%s: operation '%s' with %u words", s->name, word[0], n);
	op->kind = (enum op_kind)k;
	for (i = 1; i < n; i++) {
		switch (syntax[k].args[i - 1]) {
		case 'p':
			snprintf(op->a, sizeof(op->a), "%s", word[i]);
			break;
		case 'q':
			snprintf(op->b, sizeof(op->b), "%s", word[i]);
			break;
		case 'o':
			op->off = parse_size(word[i], bs);
			break;
		default:
			op->len = parse_size(word[i], bs);
		}
	}
	s->n++;
}

void script_parse(const char *name, const char *text, u32 block_size, struct script *s)
{
	char *copy = strdup(text), *part, *save;

	snprintf(s->name, sizeof(s->name), "%s", name);
	s->n = 0;
	for (part = strtok_r(copy, ";\n", &save); part; part = strtok_r(NULL, ";\n", &save)) {
		char *word[8], *w, *save2;
		u32 n = 0;

		w = strtok_r(part, " \t", &save2);
		for (; w && n < 8; w = strtok_r(NULL, " \t", &save2))
			word[n++] = w;
		if (!n)
			continue;
		if (!strcmp(word[0], "make")) {
			word[0] = (char *)"create";
			parse_op(word, 2, block_size, s);
			word[0] = (char *)"write";
		}
		parse_op(word, n, block_size, s);
	}
	free(copy);
}

void op_print(const struct op *op, char *buf, size_t size)
{
	const char *args = syntax[op->kind].args;
	int n = snprintf(buf, size, "%s", syntax[op->kind].name);

	for (; *args && (size_t)n < size; args++) {
		if (*args == 'p' || *args == 'q')
			n += snprintf(buf + n, size - (size_t)n, " %s",
				      *args == 'p' ? op->a : op->b);
		else
			n += snprintf(buf + n, size - (size_t)n, " %llu",
				      *args == 'o' ? op->off : op->len);
	}
}
