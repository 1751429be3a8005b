#include "inspect/timer_list.h"

#include "base/list.h"
#include "base/sort.h"
#include "heap/tasks/callback.h"

void timer_list_deinit(struct timer_list *list)
{
	free(list->rows);
}

static struct error *timer_list_add(const struct managed_timer *timer, void *context)
{
	struct timer_list *list = context;
	TRY(LIST_GROW(list->rows, list->count, list->capacity));
	struct timer_row *row = &list->rows[list->count];
	*row = (struct timer_row){ .timer = *timer, .order = list->count };
	list->count++;
	TRY(task_check(list->question->task, "looking for timers"));
	return callback_name(list->question->heap, timer->callback, list->question->scratch,
			     &row->method);
}

static int by_period(const void *left, const void *right, void *context)
{
	const struct timer_row *a = left, *b = right;
	(void)context;
	if (a->timer.period_ms != b->timer.period_ms)
		return a->timer.period_ms < b->timer.period_ms ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

struct error *timer_list_read(struct timer_list *list)
{
	TRY(timers_visit(list->question->heap, timer_list_add, list, &list->found));
	return sort_items(list->rows, list->count, sizeof(*list->rows), by_period, NULL,
			  list->question->task, "sorting the timers");
}
