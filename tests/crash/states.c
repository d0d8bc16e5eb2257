// SPDX-License-Identifier: GPL-2.0
/*
 * The disks a power cut may leave.
 *
 * At any moment a block has durable contents, and contents that were sent to the device
 * since its last flush, or that lie dirty in the cache: each of them may be the one a cut
 * finds, for each block independently. Looked at are the moments before each flush and after
 * each operation. Of a moment's disks these are tried, or some of each kind where they are
 * too many: nothing, all, only what was sent, what was sent up to some write, each block
 * alone, all but one block, and arbitrary choices.
 *
 * A disk is tried once for each promise it has to keep. A flush makes durable what was sent
 * before it; what is only dirty stays open.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

struct contents {
	const u8 *data;
	u64 hash;
	bool sent;
};

/* one block with something open: contents in the order of time */
struct open {
	u32 blk;
	u64 dur_hash;
	u32 n;
	struct contents *v;
};

struct scene {
	const struct model *m;
	const struct record *r;
	const struct bounds *b;
	struct census *c;
	FILE *out;
	u32 bs;
	size_t size;
	u8 *dur, *disk;
	u64 dur_sum;
	struct open *open;
	u32 nopen;
	u64 *seen, *disks;		/* hash sets */
	u32 nseen, told, others;
	u32 seed;
	u32 choice[1024];		/* by open block: 0 durable, else a version + 1 */
	u32 moments, moment;
	u32 left;			/* of this moment's budget */
};

#define SET_SLOTS	(1u << 16)

/* Return: was it new? */
static bool set_add(u64 *set, u64 h)
{
	u32 at = (u32)(h >> 40) & (SET_SLOTS - 1);

	h |= 1;
	while (set[at] && set[at] != h)
		at = (at + 1) & (SET_SLOTS - 1);
	if (set[at])
		return false;
	set[at] = h;
	return true;
}

static u32 rnd(struct scene *s, u32 n)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 17;
	s->seed ^= s->seed << 5;
	return (u32)((u64)s->seed * n >> 32);
}

static struct open *open_find(struct scene *s, u32 blk)
{
	u32 i;

	for (i = 0; i < s->nopen; i++)
		if (s->open[i].blk == blk)
			return &s->open[i];
	return NULL;
}

static void open_add(struct scene *s, const struct ev *ev)
{
	struct open *o = open_find(s, ev->blk);

	if ((size_t)(ev->blk + 1) * s->bs > s->size)
		die("block %u is past the device", ev->blk);
	if (!o) {
		if (ev->hash == hash_block(ev->blk, s->dur + (size_t)ev->blk * s->bs, s->bs))
			return;
		s->open = xgrow(s->open, (s->nopen + 1) * sizeof(*s->open));
		o = &s->open[s->nopen++];
		memset(o, 0, sizeof(*o));
		o->blk = ev->blk;
		o->dur_hash = hash_block(ev->blk, s->dur + (size_t)ev->blk * s->bs, s->bs);
	}
	/* what was dirty has been sent */
	if (o->n && o->v[o->n - 1].hash == ev->hash) {
		o->v[o->n - 1].sent |= ev->type != EV_MAY;
		return;
	}
	o->v = xgrow(o->v, (o->n + 1) * sizeof(*o->v));
	o->v[o->n].data = ev->data;
	o->v[o->n].hash = ev->hash;
	o->v[o->n++].sent = ev->type != EV_MAY;
}

static void open_del(struct scene *s, struct open *o)
{
	free(o->v);
	*o = s->open[--s->nopen];
}

/* the last contents that were sent are durable; what came before them is gone */
static void settle(struct scene *s, struct open *o)
{
	u32 last = o->n;

	while (last && !o->v[last - 1].sent)
		last--;
	if (!last)
		return;
	memcpy(s->dur + (size_t)o->blk * s->bs, o->v[last - 1].data, s->bs);
	s->dur_sum += o->v[last - 1].hash - o->dur_hash;
	o->dur_hash = o->v[last - 1].hash;
	o->n -= last;
	memmove(o->v, o->v + last, o->n * sizeof(*o->v));
}

/* one block is durable; what else was sent stays open */
static void settle_one(struct scene *s, u32 blk)
{
	struct open *o = open_find(s, blk);

	if (!o)
		return;
	settle(s, o);
	if (!o->n)
		open_del(s, o);
}

static void flush(struct scene *s)
{
	u32 i;

	for (i = s->nopen; i-- > 0;) {
		settle(s, &s->open[i]);
		if (!s->open[i].n)
			open_del(s, &s->open[i]);
	}
}

/* the cache will not write it any more; what was sent stays open */
static void drop(struct scene *s, u32 blk)
{
	struct open *o = open_find(s, blk);

	while (o && o->n && !o->v[o->n - 1].sent)
		o->n--;
	if (o && !o->n)
		open_del(s, o);
}

/* ---- one disk ---- */

static void tell(struct scene *s, const struct finding *f, u32 op, bool returned, const u8 *before)
{
	char text[256] = "nothing", path[512];
	FILE *image;

	if (s->told++ >= 3)
		return;
	if (op)
		op_print(&s->m->script->op[op - 1], text, sizeof(text));
	fprintf(s->out, "# %s operation %u, %s: %s\n", returned ? "after" : "during", op, text,
		f->text);
	if (!s->b->keep)
		return;
	snprintf(path, sizeof(path), "%s/%llx.img", s->b->keep, (unsigned long long)s->c->states);
	image = fopen(path, "w");
	if (!image || fwrite(before, 1, s->size, image) != s->size || fclose(image))
		die("%s: cannot keep it", path);
	fprintf(s->out, "# the disk: %s (-k %u%s)\n", path, op, returned ? " -r" : "");
}

/* the disk that s->choice says */
static void try_choice(struct scene *s, u32 op, bool returned)
{
	u64 sum = s->dur_sum;
	struct finding f;
	u8 *before = NULL;
	u32 i;

	if (!s->left)
		return;
	for (i = 0; i < s->nopen; i++)
		if (s->choice[i])
			sum += s->open[i].v[s->choice[i] - 1].hash - s->open[i].dur_hash;
	if (!set_add(s->seen, (sum ^ (op * 2 + returned)) * 0x9E3779B97F4A7C15ull))
		return;
	s->left--;
	s->c->disks += set_add(s->disks, sum * 0x9E3779B97F4A7C15ull);
	memcpy(s->disk, s->dur, s->size);
	for (i = 0; i < s->nopen; i++)
		if (s->choice[i])
			memcpy(s->disk + (size_t)s->open[i].blk * s->bs,
			       s->open[i].v[s->choice[i] - 1].data, s->bs);
	if (s->b->keep) {
		before = xalloc(s->size);
		memcpy(before, s->disk, s->size);
	}
	check_image(s->m, s->disk, s->size, op, returned, s->c->states % 16 == 0, &f);
	census_count(s->c, &f);
	if (f.fsck.other[0] && !s->others++)
		fprintf(s->out, "# e2fsck: %s\n", f.fsck.other);
	if (f.broken)
		tell(s, &f, op, returned, before);
	free(before);
}

/* ---- one moment ---- */

/* the newest contents, or the newest that were sent; 0: none */
static u32 newest(const struct open *o, bool sent)
{
	u32 n = o->n;

	while (sent && n && !o->v[n - 1].sent)
		n--;
	return n;
}

static void choose_all(struct scene *s, bool sent)
{
	u32 i;

	for (i = 0; i < s->nopen; i++)
		s->choice[i] = newest(&s->open[i], sent);
}

/* every subset of few blocks */
static void try_subsets(struct scene *s, u32 op, bool returned)
{
	u32 bits, i;

	for (bits = 0; !(bits >> s->nopen); bits++) {
		for (i = 0; i < s->nopen; i++)
			s->choice[i] = bits >> i & 1 ? s->open[i].n : 0;
		try_choice(s, op, returned);
	}
}

static void try_singles(struct scene *s, u32 op, bool returned)
{
	u32 step = 1 + s->nopen / 16, i = s->nopen > 16 ? rnd(s, step) : 0;

	for (; i < s->nopen; i += step) {
		memset(s->choice, 0, s->nopen * sizeof(*s->choice));
		s->choice[i] = s->open[i].n;
		try_choice(s, op, returned);
		choose_all(s, false);
		s->choice[i] = 0;
		try_choice(s, op, returned);
	}
}

static void try_random(struct scene *s, u32 n, u32 op, bool returned)
{
	u32 k, i;

	for (k = 0; k < n; k++) {
		u32 likely = 1 + rnd(s, 7);

		for (i = 0; i < s->nopen; i++)
			s->choice[i] = rnd(s, 8) < likely ? 1 + rnd(s, s->open[i].n) : 0;
		try_choice(s, op, returned);
	}
}

/* what was sent, up to some write since the last flush; @from, @to: events */
static void try_prefixes(struct scene *s, u32 from, u32 to, u32 op, bool returned)
{
	u32 i, k, step = 1, n = 0;

	memset(s->choice, 0, s->nopen * sizeof(*s->choice));
	for (i = from; i < to; i++) {
		const struct ev *ev = &s->r->ev[i];
		struct open *o = ev->type == EV_WRITE ? open_find(s, ev->blk) : NULL;

		if (!o)
			continue;
		for (k = 0; k < o->n && o->v[k].hash != ev->hash; k++)
			;
		if (k == o->n)
			continue;
		s->choice[o - s->open] = k + 1;
		if (++n % step == 0)
			try_choice(s, op, returned);
		if (n >= 8 * step)
			step *= 2;
	}
}

/* where there is no time for all of them: some of each kind */
static void try_some(struct scene *s, u32 op, bool returned)
{
	u32 tries;

	for (tries = 3 * s->left; s->left && tries; tries--) {
		u32 i = rnd(s, s->nopen), kind = rnd(s, 4);

		if (kind == 3) {
			try_random(s, 1, op, returned);
			continue;
		}
		choose_all(s, kind == 2);
		if (kind == 0)
			memset(s->choice, 0, s->nopen * sizeof(*s->choice));
		s->choice[i] = kind ? 0 : s->open[i].n;
		try_choice(s, op, returned);
	}
}

static void moment(struct scene *s, u32 from, u32 to, u32 op, bool returned)
{
	u64 allowed;

	if (s->nopen > ARRAY_SIZE(s->choice))
		die("%u blocks open at once", s->nopen);
	/* what earlier moments did not use is left to the later ones */
	allowed = (u64)s->b->per_leaf * ++s->moment / s->moments;
	s->left = allowed > s->c->states ? (u32)(allowed - s->c->states) : 0;
	choose_all(s, true);
	try_choice(s, op, returned);
	if (s->nopen <= 3) {
		try_subsets(s, op, returned);
	} else if (s->left < 3 * min(s->nopen, 16u)) {
		try_some(s, op, returned);
		return;
	}
	memset(s->choice, 0, sizeof(s->choice));
	try_choice(s, op, returned);
	choose_all(s, false);
	try_choice(s, op, returned);
	try_prefixes(s, from, to, op, returned);
	try_singles(s, op, returned);
	try_random(s, s->b->random, op, returned);
}

void try_states(const struct model *m, const struct record *r, const u8 *base, size_t size,
		const struct bounds *b, u32 seed, struct census *c, void *out)
{
	struct scene s = { .m = m, .r = r, .b = b, .c = c, .out = out, .bs = r->block_size,
			   .size = size, .seed = seed | 1 };
	u32 i, op = 0, flushed = 0;
	bool returned = true;

	s.dur = xalloc(size);
	s.disk = xalloc(size);
	memcpy(s.dur, base, size);
	s.moments = 1;
	for (i = 0; i < r->n; i++)
		s.moments += r->ev[i].type == EV_FLUSH || r->ev[i].type == EV_END ||
			     r->ev[i].type == EV_FUA ||
			     (b->through && r->ev[i].type == EV_WRITE);
	s.seen = xalloc(SET_SLOTS * sizeof(*s.seen));
	s.disks = xalloc(SET_SLOTS * sizeof(*s.disks));
	for (i = 0; i < r->n; i++) {
		const struct ev *ev = &r->ev[i];

		switch (ev->type) {
		case EV_MAY:
			if (!b->no_early)
				open_add(&s, ev);
			break;
		case EV_WRITE:
			open_add(&s, ev);
			if (b->through) {
				moment(&s, i, i, op, returned);
				flush(&s);
			}
			break;
		case EV_FUA:
			open_add(&s, ev);
			moment(&s, flushed, i, op, returned);
			settle_one(&s, ev->blk);
			break;
		case EV_FLUSH:
			moment(&s, flushed, i, op, returned);
			flush(&s);
			flushed = i;
			break;
		case EV_DROP:
			drop(&s, ev->blk);
			break;
		case EV_BEGIN:
			op = ev->blk;
			returned = false;
			break;
		case EV_END:
			returned = true;
			moment(&s, flushed, i, op, returned);
			break;
		}
	}
	moment(&s, flushed, r->n, op, returned);
	while (s.nopen)
		open_del(&s, s.open);
	free(s.open);
	free(s.dur);
	free(s.disk);
	free(s.seen);
	free(s.disks);
}
