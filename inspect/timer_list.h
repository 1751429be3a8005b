/* The timers that are due, with what they call: by their period. */
#ifndef INSPECT_TIMER_LIST_H
#define INSPECT_TIMER_LIST_H

#include "heap/tasks/timers.h"
#include "inspect/question.h"

struct timer_row {
	struct managed_timer timer;
	const char *method; /* in the question's scratch arena, or the heap's */
	size_t order;
};

struct timer_list {
	const struct question *question; /* borrowed */
	struct timer_row *rows;
	size_t count, capacity;
	struct timers_found found;
};

/* Begins with the question; the rest zeroed. */
MUST_CHECK struct error *timer_list_read(struct timer_list *list);
void timer_list_deinit(struct timer_list *list);

#endif
