// SPDX-License-Identifier: GPL-2.0
/*
 * An allocator in memory that the caller gives: for programs without a heap.
 *
 * The memory is cut into chunks, each with a head that knows its own size and that of the
 * chunk before it, so neighbours that are free are joined at once. Free chunks are in lists
 * by size, eight for each power of two; bits tell which lists are not empty. Taking a chunk and
 * giving it back costs the same whatever was done before, but for the last bytes: when
 * no list of larger chunks has one, those that may just fit are looked through.
 *
 * Nothing but the sequence of calls decides where a chunk lies. What is given back must be
 * what was taken: an address or a size that is not is refused, counted and told to the log.
 *
 * Invariants: chunks fill the memory from the first head to the last, which is a head only
 * and never free; of two neighbours one is in use.
 *
 * Locks: one, around each call; nothing is called under it.
 */
#include <errno.h>
#include <string.h>

#include "env.h"
#include "../port/efs_lock.h"

#define GRAIN		(2 * sizeof(size_t))	/* of sizes and addresses */
#define HEAD		GRAIN
#define CHUNK_MIN	(4 * sizeof(size_t))
#define STEP_BITS	3
#define STEPS		(1u << STEP_BITS)	/* lists for each power of two */
#define FREE		((size_t)1)		/* in @size */

/**
 * struct chunk - a piece of the memory; what it holds begins behind the first two
 * @before: bytes of the chunk before, heads included; 0: this is the first
 * @size: bytes of this one, and FREE
 * @next, @prev: in its list, if it is free
 */
struct chunk {
	size_t before;
	size_t size;
	struct chunk *next, *prev;
};

/**
 * struct arena - at the beginning of the memory
 * @caller: clock and log, with the context they want
 * @first, @last: heads
 * @used, @peak: bytes in use, heads included, and the most there ever were
 * @bad: pointers that were given back and had not been taken
 * @rows: powers of two; @row_map: those with free chunks; @step_map: of each, which lists
 */
struct arena {
	efs_mutex_t lock;
	struct efs_env caller;
	struct chunk *first, *last;
	size_t used, peak;
	unsigned int bad;
	unsigned int rows;
	uint64_t row_map;
	uint8_t step_map[64];
	struct chunk *lists[][STEPS];
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static unsigned int log2_of(size_t n)
{
	return 63 - (unsigned int)__builtin_clzll(n);
}

static size_t size_of(const struct chunk *c)
{
	return c->size & ~FREE;
}

static struct chunk *at(struct chunk *c, size_t off)
{
	return (struct chunk *)((char *)c + off);
}

/* the list a chunk of @size bytes belongs to; the first row is for all that are small */
static void list_of(size_t size, unsigned int *row, unsigned int *step)
{
	unsigned int low = log2_of(GRAIN * STEPS), bits = log2_of(size | 1);

	if (bits < low) {
		*row = 0;
		*step = (unsigned int)(size / GRAIN);
	} else {
		*row = bits - low + 1;
		*step = (unsigned int)(size >> (bits - STEP_BITS)) & (STEPS - 1);
	}
}

static void list_add(struct arena *a, struct chunk *c)
{
	unsigned int row, step;

	list_of(c->size, &row, &step);
	c->prev = NULL;
	c->next = a->lists[row][step];
	if (c->next)
		c->next->prev = c;
	a->lists[row][step] = c;
	a->step_map[row] |= (uint8_t)(1u << step);
	a->row_map |= (uint64_t)1 << row;
	c->size |= FREE;
}

static void list_del(struct arena *a, struct chunk *c)
{
	unsigned int row, step;

	c->size &= ~FREE;
	list_of(c->size, &row, &step);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev) {
		c->prev->next = c->next;
		return;
	}
	a->lists[row][step] = c->next;
	if (c->next)
		return;
	a->step_map[row] ^= (uint8_t)(1u << step);
	if (!a->step_map[row])
		a->row_map &= ~((uint64_t)1 << row);
}

/* a chunk from the lists from @row and @step on, all of whose chunks will do; or NULL */
static struct chunk *first_from(struct arena *a, unsigned int row, unsigned int step)
{
	unsigned int steps = row < a->rows ? a->step_map[row] & (0xffu << step) : 0;
	uint64_t rows;

	if (!steps) {
		rows = row < 63 ? a->row_map & ~(uint64_t)0 << (row + 1) : 0;
		if (!rows)
			return NULL;
		row = (unsigned int)__builtin_ctzll(rows);
		steps = a->step_map[row];
	}
	return a->lists[row][__builtin_ctz(steps)];
}

/* where in @c a chunk can begin whose contents are aligned: bytes */
static size_t lead(const struct chunk *c, size_t align)
{
	uintptr_t p = (uintptr_t)c + HEAD;
	size_t skip = (size_t)(-p & (align - 1));

	/* what is skipped becomes a chunk */
	while (skip && skip < CHUNK_MIN)
		skip += align;
	return skip;
}

/* a free chunk that holds @need bytes, head included, behind lead(); or NULL */
static struct chunk *search(struct arena *a, size_t need, size_t align)
{
	size_t most = need + (align > GRAIN ? align + CHUNK_MIN : 0);
	unsigned int row, step, end_row, end_step, i, end;
	struct chunk *c;

	list_of(most, &end_row, &end_step);
	/* the smallest in that list may be smaller than this one */
	if (++end_step == STEPS) {
		end_step = 0;
		end_row++;
	}
	c = first_from(a, end_row, end_step);
	if (c)
		return c;
	list_of(need, &row, &step);
	end = end_row * STEPS + end_step;
	if (end > a->rows * STEPS)
		end = a->rows * STEPS;
	for (i = row * STEPS + step; i < end; i++)
		for (c = a->lists[i / STEPS][i % STEPS]; c; c = c->next)
			if (size_of(c) >= need && size_of(c) - need >= lead(c, align))
				return c;
	return NULL;
}

/* make two of @c, which is in no list, the first one @size bytes; Return: the second */
static struct chunk *split(struct chunk *c, size_t size)
{
	struct chunk *rest = at(c, size);

	rest->before = size;
	rest->size = c->size - size;
	c->size = size;
	at(rest, rest->size)->before = rest->size;
	return rest;
}

/* bytes of a chunk that holds @size bytes; 0: more than there can be */
static size_t chunk_for(const struct arena *a, size_t size)
{
	size_t all = (size_t)((const char *)a->last - (const char *)a->first);

	if (size > all || all - size < HEAD)
		return 0;
	size = round_up(size + HEAD, GRAIN);
	return size < CHUNK_MIN ? CHUNK_MIN : size;
}

static void *arena_alloc(void *ctx, size_t size, size_t align)
{
	struct arena *a = ctx;
	struct chunk *c, *rest;
	size_t need, skip;

	need = chunk_for(a, size);
	if (!need || align & (align - 1) || align > (size_t)-1 / 4)
		return NULL;
	efs_mutex_lock(&a->lock);
	c = search(a, need, align ? align : 1);
	if (c) {
		list_del(a, c);
		skip = lead(c, align ? align : 1);
		if (skip) {
			rest = split(c, skip);
			list_add(a, c);
			c = rest;
		}
		if (c->size - need >= CHUNK_MIN)
			list_add(a, split(c, need));
		a->used += c->size;
		if (a->used > a->peak)
			a->peak = a->used;
	}
	efs_mutex_unlock(&a->lock);
	return c ? (char *)c + HEAD : NULL;
}

/* the chunk in use whose contents are at @p and were @size bytes when it was taken, or NULL */
static struct chunk *chunk_at(struct arena *a, void *p, size_t size)
{
	struct chunk *c = (struct chunk *)((char *)p - HEAD);
	size_t need = chunk_for(a, size), room;

	if ((uintptr_t)p % GRAIN != (uintptr_t)a->first % GRAIN ||
	    (uintptr_t)p < (uintptr_t)a->first + HEAD || (uintptr_t)c >= (uintptr_t)a->last)
		return NULL;
	room = (size_t)((char *)a->last - (char *)c);
	/* FREE is no multiple of anything, and what is less than needed wraps around */
	if (!need || c->size % GRAIN || c->size - need >= CHUNK_MIN || c->size > room ||
	    at(c, c->size)->before != c->size)
		return NULL;
	if (c == a->first || c->before > (size_t)((char *)c - (char *)a->first) ||
	    c->before % GRAIN)
		return c == a->first ? c : NULL;
	return size_of((struct chunk *)((char *)c - c->before)) == c->before ? c : NULL;
}

static void arena_free(void *ctx, void *p, size_t size)
{
	struct arena *a = ctx;
	struct chunk *c, *near;

	efs_mutex_lock(&a->lock);
	c = chunk_at(a, p, size);
	if (c) {
		a->used -= c->size;
		near = at(c, c->size);
		if (near->size & FREE) {
			list_del(a, near);
			c->size += near->size;
		}
		near = (struct chunk *)((char *)c - c->before);
		if (c->before && (near->size & FREE)) {
			list_del(a, near);
			near->size += c->size;
			c = near;
		}
		at(c, c->size)->before = c->size;
		list_add(a, c);
	} else {
		a->bad++;
	}
	efs_mutex_unlock(&a->lock);
	if (!c && a->caller.log)
		a->caller.log(a->caller.ctx, 0, "memory was given back that had not been taken");
}

static void arena_now(void *ctx, int64_t *sec, uint32_t *nsec)
{
	struct arena *a = ctx;

	a->caller.now(a->caller.ctx, sec, nsec);
}

static void arena_log(void *ctx, int level, const char *msg)
{
	struct arena *a = ctx;

	a->caller.log(a->caller.ctx, level, msg);
}

void efs_arena_info(const struct efs_env *env, struct efs_arena_info *info)
{
	struct arena *a = env->ctx;
	struct chunk *c;

	efs_mutex_lock(&a->lock);
	info->size = (size_t)((char *)a->last - (char *)a->first);
	info->used = a->used;
	info->peak = a->peak;
	info->bad = a->bad;
	info->largest = 0;
	for (c = a->first; c != a->last; c = at(c, size_of(c)))
		if ((c->size & FREE) && size_of(c) - HEAD > info->largest)
			info->largest = size_of(c) - HEAD;
	efs_mutex_unlock(&a->lock);
}

int efs_arena(void *mem, size_t size, struct efs_env *env)
{
	uintptr_t start = round_up((uintptr_t)mem, 64), end = (uintptr_t)mem + size;
	unsigned int row, step;
	struct arena *a = (struct arena *)start;
	size_t head;

	list_of(size, &row, &step);
	head = sizeof(*a) + (row + 1) * sizeof(a->lists[0]);
	end &= ~(uintptr_t)(GRAIN - 1);
	if (end < start || end - start < round_up(head, GRAIN) + CHUNK_MIN + HEAD)
		return -ENOMEM;
	memset(a, 0, head);
	efs_mutex_init(&a->lock);
	a->rows = row + 1;
	a->first = (struct chunk *)(start + round_up(head, GRAIN));
	a->last = (struct chunk *)(end - HEAD);
	a->first->before = 0;
	a->first->size = (size_t)((char *)a->last - (char *)a->first);
	a->last->before = a->first->size;
	a->last->size = 0;
	list_add(a, a->first);
	a->caller = *env;
	env->alloc = arena_alloc;
	env->free = arena_free;
	env->now = env->now ? arena_now : NULL;
	env->log = env->log ? arena_log : NULL;
	env->ctx = a;
	return 0;
}
