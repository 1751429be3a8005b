/*
 * Lines that are alike, counted: the summaries at the end of timerinfo and threadpoolqueue. The
 * least frequent first, else as they were met.
 */
#ifndef INSPECT_LINE_COUNT_H
#define INSPECT_LINE_COUNT_H

#include "base/task.h"

#include <stddef.h>

struct counted_line {
	const char *line; /* borrowed */
	uint64_t count;
	size_t order;
};

struct line_count {
	struct counted_line *lines;
	size_t count, capacity;
};

void line_count_deinit(struct line_count *counts);

/* `line` stays where it is until the end. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *line_count_add(struct line_count *counts, const char *line);

/* Puts those alike together, in the order in which they are shown: once, after the last.
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *line_count_sort(struct line_count *counts, const struct task *task);

#endif
