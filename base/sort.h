/*
 * Sorting what may be millions of items, in place: as qsort_r(3), but it looks at the task, and
 * takes no memory that grows with the items.
 */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include "base/task.h"

#include <stddef.h>

typedef int (*sort_compare)(const void *left, const void *right, void *context);

/* Items of `size` bytes. compare() answers 0 for none but equal items: they come in any order.
 * ERROR_CANCELLED only, naming `what`; then they are in no order. task may be NULL. */
MUST_CHECK struct error *sort_items(void *items, size_t count, size_t size, sort_compare compare,
				    void *context, const struct task *task, const char *what);

#endif
