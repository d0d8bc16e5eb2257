// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A file system in memory: the contents of files, see memfs.c.
 *
 * Contents are pages sorted by index; what is missing is zeros, and so is what lies behind
 * the size.
 *
 * Locks: the file's rwsem; count_lock around the count of all pages.
 */
#include "memfs_priv.h"

/* behind all pages there can be */
#define NO_INDEX (~0ull)

/* ---- pages ---- */

/* a page more or, with @n -1, less; false: there are too many */
static bool count_page(struct mem_fs *m, int n)
{
	bool ok;

	efs_spin_lock(&m->count_lock);
	ok = n < 0 || m->pages < m->o.pages_max;
	if (ok)
		m->pages += n;
	efs_spin_unlock(&m->count_lock);
	return ok;
}

/* position of the first page at or after @index */
static u32 page_find(const struct mem_node *mn, u64 index)
{
	u32 low = 0, high = mn->page_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (mn->pages[mid]->index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct mem_page *page_get(const struct mem_node *mn, u64 index)
{
	u32 at = page_find(mn, index);

	return at < mn->page_count && mn->pages[at]->index == index ? mn->pages[at] : NULL;
}

/* room for one page more in the array */
static int page_more_room(struct mem_node *mn)
{
	u32 room = mn->page_room ? 2 * mn->page_room : 4;
	struct mem_page **pages;

	if (mn->page_count < mn->page_room)
		return 0;
	pages = efs_alloc(NULL, room * sizeof(mn->pages[0]));
	if (!pages)
		return -ENOMEM;
	if (mn->page_count)
		memcpy(pages, mn->pages, mn->page_count * sizeof(mn->pages[0]));
	efs_free(mn->pages);
	mn->pages = pages;
	mn->page_room = room;
	return 0;
}

/* the page at @index, made if it is missing */
static int page_make(struct mem_node *mn, u64 index, struct mem_page **out)
{
	struct mem_fs *m = fs_of(mn);
	u32 at = page_find(mn, index);
	struct mem_page *page;

	if (at < mn->page_count && mn->pages[at]->index == index) {
		*out = mn->pages[at];
		return 0;
	}
	if (page_more_room(mn))
		return -ENOMEM;
	if (!count_page(m, 1))
		return -ENOSPC;
	page = efs_alloc(NULL, sizeof(*page) + m->o.page_size);
	if (!page) {
		count_page(m, -1);
		return -ENOMEM;
	}
	page->index = index;
	memmove(&mn->pages[at + 1], &mn->pages[at],
		(mn->page_count - at) * sizeof(mn->pages[0]));
	mn->pages[at] = page;
	mn->page_count++;
	*out = page;
	return 0;
}

/* drop the pages [@index, @end) */
static void pages_cut(struct mem_node *mn, u64 index, u64 end)
{
	u32 at = page_find(mn, index), to = page_find(mn, end), k;

	for (k = at; k < to; k++) {
		efs_free(mn->pages[k]);
		count_page(fs_of(mn), -1);
	}
	if (to < mn->page_count)
		memmove(mn->pages + at, mn->pages + to,
			(mn->page_count - to) * sizeof(mn->pages[0]));
	mn->page_count -= to - at;
	if (mn->page_count)
		return;
	efs_free(mn->pages);
	mn->pages = NULL;
	mn->page_room = 0;
}

/* index and offset of byte @off */
static u64 page_index(const struct mem_fs *m, u64 off, u32 *in)
{
	*in = (u32)off & (m->o.page_size - 1);
	return off >> efs_ctz64(m->o.page_size);
}

/* ---- contents ---- */

int efs_memfs_read(struct efs_node *node, u64 off, void *buf, size_t len, size_t *done)
{
	struct mem_node *mn = mem_node(node);
	u8 *to = buf;
	u32 in;

	if (off >= mn->size)
		return 0;
	len = min_t(u64, len, mn->size - off);
	while (*done < len) {
		const struct mem_page *page = page_get(mn, page_index(fs_of(mn), off + *done, &in));
		size_t n = min_t(size_t, len - *done, fs_of(mn)->o.page_size - in);

		if (page)
			memcpy(to + *done, page->data + in, n);
		else
			memset(to + *done, 0, n);
		*done += n;
	}
	return 0;
}

int efs_memfs_write(struct efs_node *node, u64 off, const void *buf, size_t len, size_t *done)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	const u8 *from = buf;
	int err = 0, limit = 0;
	u32 in;

	if (off >= m->o.size_max)
		return -EFBIG;
	if (len > m->o.size_max - off) {
		len = m->o.size_max - off;
		limit = -EFBIG;
	}
	while (*done < len) {
		struct mem_page *page;
		size_t n;

		err = page_make(mn, page_index(m, off + *done, &in), &page);
		if (err)
			break;
		n = min_t(size_t, len - *done, m->o.page_size - in);
		memcpy(page->data + in, from + *done, n);
		*done += n;
	}
	if (*done) {
		mn->size = max(mn->size, off + *done);
		touch(mn);
	}
	return err ? err : limit;
}

int efs_memfs_truncate(struct efs_node *node, u64 size)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	struct mem_page *page;
	u64 index;
	u32 in;

	if (size > m->o.size_max)
		return -EFBIG;
	index = page_index(m, size, &in);
	if (size < mn->size) {
		pages_cut(mn, index + (in != 0), NO_INDEX);
		page = in ? page_get(mn, index) : NULL;
		if (page)
			memset(page->data + in, 0, m->o.page_size - in);
	}
	mn->size = size;
	touch(mn);
	return 0;
}

/* bytes [@from, @to) of a page become zero */
static void page_zero(struct mem_node *mn, u64 index, u32 from, u32 to)
{
	struct mem_page *page = page_get(mn, index);

	if (page)
		memset(page->data + from, 0, to - from);
}

int efs_memfs_punch(struct efs_node *node, u64 off, u64 len)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	u64 end = min(off + len, mn->size), first, last;
	u32 in, out;

	if (off + len > m->o.size_max)
		return -EFBIG;
	if (off < end) {
		first = page_index(m, off, &in);
		last = page_index(m, end, &out);
		/* behind the size there is nothing to keep */
		if (out && end == mn->size) {
			last++;
			out = 0;
		}
		if (first == last) {
			page_zero(mn, first, in, out);
		} else {
			if (in)
				page_zero(mn, first++, in, m->o.page_size);
			if (out)
				page_zero(mn, last, 0, out);
			pages_cut(mn, first, last);
		}
	}
	touch(mn);
	return 0;
}

int efs_memfs_reserve(struct efs_node *node, u64 off, u64 len, bool keep_size)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	u64 end = off + len, index, last, held;
	struct mem_page *page;
	int err = 0;
	u32 in;

	if (end > m->o.size_max)
		return -EFBIG;
	held = page_index(m, mn->size, &in) + (in != 0);
	last = page_index(m, end, &in) + (in != 0);
	if (keep_size && last > held)
		return -EOPNOTSUPP;
	for (index = page_index(m, off, &in); index < last && !err; index++)
		err = page_make(mn, index, &page);
	if (err) {
		pages_cut(mn, held, NO_INDEX);
		return err;
	}
	if (!keep_size)
		mn->size = max(mn->size, end);
	touch(mn);
	return 0;
}

int efs_memfs_seek(struct efs_node *node, u64 off, bool hole, u64 *at)
{
	struct mem_node *mn = mem_node(node);
	struct mem_fs *m = fs_of(mn);
	u32 in, k;
	u64 index = page_index(m, off, &in);

	k = page_find(mn, index);
	if (hole) {
		for (; k < mn->page_count && mn->pages[k]->index == index; k++)
			index++;
		*at = min(mn->size, max(off, index * m->o.page_size));
		return 0;
	}
	if (k == mn->page_count)
		return -ENXIO;
	*at = max(off, mn->pages[k]->index * m->o.page_size);
	return 0;
}

void efs_memfs_drop_pages(struct mem_node *mn)
{
	pages_cut(mn, 0, NO_INDEX);
}
