#include "base/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	SMALL = 4096,         /* items that qsort_r() takes a millisecond for */
	BETWEEN_LOOKS = 4096, /* comparisons */
	RANGES_MAX = 64,      /* of which each is at most half of the one before */
	BAD_MAX = 24,         /* unequal divisions that led to one range */
	SWAP_BYTES = 64,
};

struct range {
	size_t first, count;
	unsigned bad;
};

struct sorting {
	uint8_t *items;
	size_t size; /* bytes of one */
	sort_compare compare;
	void *context;
	const struct task *task;
	const char *what;
	size_t steps; /* since the task was looked at */
};

static uint8_t *at(const struct sorting *sorting, size_t index)
{
	return sorting->items + index * sorting->size;
}

static struct error *step(struct sorting *sorting)
{
	if (++sorting->steps < BETWEEN_LOOKS)
		return NULL;
	sorting->steps = 0;
	return task_check(sorting->task, sorting->what);
}

static int compare(const struct sorting *sorting, size_t left, size_t right)
{
	return sorting->compare(at(sorting, left), at(sorting, right), sorting->context);
}

static void swap(const struct sorting *sorting, size_t left, size_t right)
{
	uint8_t kept[SWAP_BYTES], *a = at(sorting, left), *b = at(sorting, right);
	for (size_t done = 0; done < sorting->size && left != right; done += SWAP_BYTES) {
		size_t part = sorting->size - done;
		if (part > SWAP_BYTES)
			part = SWAP_BYTES;
		memcpy(kept, a + done, part);
		memcpy(a + done, b + done, part);
		memcpy(b + done, kept, part);
	}
}

/* The item at `first + index` goes down to where it belongs in the heap of `count` items. */
static void sift_down(const struct sorting *sorting, const struct range *heap, size_t index)
{
	for (size_t child; (child = index * 2 + 1) < heap->count; index = child) {
		size_t first = heap->first;
		if (child + 1 < heap->count &&
		    compare(sorting, first + child, first + child + 1) < 0)
			child++;
		if (compare(sorting, first + index, first + child) >= 0)
			return;
		swap(sorting, first + index, first + child);
	}
}

/* As long for any items: where they are in an order that quicksort is slow for. */
static struct error *sort_by_heap(struct sorting *sorting, struct range heap)
{
	for (size_t i = heap.count / 2; i; i--) {
		TRY(step(sorting));
		sift_down(sorting, &heap, i - 1);
	}
	while (heap.count > 1) {
		TRY(step(sorting));
		swap(sorting, heap.first, heap.first + --heap.count);
		sift_down(sorting, &heap, 0);
	}
	return NULL;
}

static size_t median(const struct sorting *sorting, size_t a, size_t b, size_t c)
{
	if (compare(sorting, a, b) > 0) {
		size_t kept = a;
		a = b;
		b = kept;
	}
	if (compare(sorting, b, c) <= 0)
		return b;
	return compare(sorting, a, c) > 0 ? a : c;
}

/* Smaller ones before *ret, larger ones after it; equal ones on both sides (Sedgewick, "Algorithms
 * in C", 7.1). */
static struct error *divide(struct sorting *sorting, const struct range *range, size_t *ret)
{
	size_t first = range->first, last = first + range->count - 1;
	size_t left = first, right = last + 1;
	swap(sorting, first, median(sorting, first, first + range->count / 2, last));
	for (;;) {
		do
			TRY(step(sorting));
		while (++left < last && compare(sorting, left, first) < 0);
		do
			TRY(step(sorting));
		while (compare(sorting, first, --right) < 0);
		if (left >= right)
			break;
		swap(sorting, left, right);
	}
	swap(sorting, first, right);
	*ret = right;
	return NULL;
}

/* A range, but for its smaller part, which is left for later; both are shorter by the middle. */
static struct error *range_sort(struct sorting *sorting, struct range *range, struct range *ret)
{
	size_t middle;
	TRY(divide(sorting, range, &middle));
	struct range low = { range->first, middle - range->first, range->bad };
	struct range high = { middle + 1, range->count - low.count - 1, range->bad };
	bool low_is_larger = low.count > high.count;
	*range = low_is_larger ? low : high;
	*ret = low_is_larger ? high : low;
	if (ret->count < range->count / 8)
		range->bad = ++ret->bad;
	return NULL;
}

static void sort_small(const struct sorting *sorting, const struct range *range)
{
	if (range->count > 1)
		qsort_r(at(sorting, range->first), range->count, sorting->size, sorting->compare,
			sorting->context);
}

/* The larger part waits on the stack, so that it never holds more than RANGES_MAX. */
static struct error *ranges_sort(struct sorting *sorting, struct range all)
{
	struct range waiting[RANGES_MAX], range = all;
	size_t count = 0;
	for (;;) {
		if (range.count <= SMALL) {
			sort_small(sorting, &range);
			TRY(task_check(sorting->task, sorting->what));
			if (!count)
				return NULL;
			range = waiting[--count];
			continue;
		}
		struct range larger = range;
		TRY(range_sort(sorting, &larger, &range));
		if (larger.bad > BAD_MAX || count == RANGES_MAX)
			TRY(sort_by_heap(sorting, larger));
		else
			waiting[count++] = larger;
	}
}

struct error *sort_items(void *items, size_t count, size_t size, sort_compare compare_items,
			 void *context, const struct task *task, const char *what)
{
	struct sorting sorting = { items, size, compare_items, context, task, what, 0 };
	TRY(task_check(task, what));
	return ranges_sort(&sorting, (struct range){ 0, count, 0 });
}
