/* Circles among those who wait, and what is behind them: a walk from each thread to those that hold
 * what it waits for, without recursion. A thread goes on only when all holders have left, so a
 * circle over any of them is a deadlock. */
#include "inspect/waits.h"

#include "base/list.h"

enum visit { VISIT_NONE, VISIT_OPEN, VISIT_DONE };

/* One wait on the way, and its next owner to be looked at. */
struct step {
	struct wait *wait;
	size_t owner;
};

struct search {
	struct waits *waits;
	uint8_t *visited; /* enum visit, by wait */
	struct step *way;
	size_t length;
	struct wait_cycle *cycles;
};

static struct wait *wait_of(const struct search *search, const struct clr_thread *thread)
{
	const struct wait *wait = wait_of_thread(search->waits, thread);
	return wait ? &search->waits->waits[wait - search->waits->waits] : NULL;
}

static uint8_t *visit_of(const struct search *search, const struct wait *wait)
{
	return &search->visited[wait - search->waits->waits];
}

/* The circle as it is kept: from the thread with the lowest managed id on. */
static struct error *cycle_keep(struct search *search, const struct step *steps, size_t count)
{
	struct waits *waits = search->waits;
	struct wait_cycle cycle = { .count = count, .timeouts_known = true, .timeout_ms = -1 };
	size_t first = 0;
	const struct wait **members = arena_allocate_array(&waits->arena, count, sizeof(*members));
	if (!members)
		return &error_no_memory;
	for (size_t i = 1; i < count; i++)
		if (steps[i].wait->thread->managed_id < steps[first].wait->thread->managed_id)
			first = i;
	for (size_t i = 0; i < count; i++) {
		const struct wait *wait = steps[(first + i) % count].wait;
		members[i] = wait;
		cycle.timeouts_known = cycle.timeouts_known && wait->timeout_known;
		if (wait->timeout_ms >= 0 &&
		    (cycle.timeout_ms < 0 || wait->timeout_ms < cycle.timeout_ms))
			cycle.timeout_ms = wait->timeout_ms;
	}
	cycle.waits = members;
	search->cycles[waits->cycle_count] = cycle;
	return NULL;
}

/* The way from `first` on is a circle. */
static struct error *cycle_found(struct search *search, const struct wait *first)
{
	size_t from = search->length;
	while (search->way[--from].wait != first)
		;
	for (size_t i = from; i < search->length; i++)
		search->way[i].wait->place = WAIT_IN_CYCLE;
	if (search->waits->cycle_count < WAIT_CYCLES_MAX)
		TRY(cycle_keep(search, &search->way[from], search->length - from));
	search->waits->cycle_count++;
	return NULL;
}

/* All its owners have been looked at. */
static void place_give(const struct search *search, struct wait *wait)
{
	if (wait->gone && wait->place == WAIT_FREE)
		wait->place = WAIT_ABANDONED;
	for (size_t i = 0; i < wait->owner_count && wait->place != WAIT_IN_CYCLE; i++) {
		const struct wait *next = wait_of(search, wait->owners[i]);
		if (next && (next->place == WAIT_IN_CYCLE || next->place == WAIT_BEHIND))
			wait->place = WAIT_BEHIND;
		else if (next && next->place == WAIT_ABANDONED && wait->place == WAIT_FREE)
			wait->place = WAIT_ABANDONED;
	}
	search->waits->behind += wait->place == WAIT_BEHIND;
	search->waits->abandoned += wait->place == WAIT_ABANDONED;
}

static void way_enter(struct search *search, struct wait *wait)
{
	*visit_of(search, wait) = VISIT_OPEN;
	search->way[search->length++] = (struct step){ .wait = wait };
}

static struct error *way_go(struct search *search)
{
	while (search->length) {
		struct step *step = &search->way[search->length - 1];
		TRY(task_check(search->waits->question->task, "looking for deadlocks"));
		if (step->owner == step->wait->owner_count) {
			place_give(search, step->wait);
			*visit_of(search, step->wait) = VISIT_DONE;
			search->length--;
			continue;
		}
		struct wait *next = wait_of(search, step->wait->owners[step->owner++]);
		if (next && *visit_of(search, next) == VISIT_NONE)
			way_enter(search, next);
		else if (next && *visit_of(search, next) == VISIT_OPEN)
			TRY(cycle_found(search, next));
	}
	return NULL;
}

struct error *waits_conclude(struct waits *waits)
{
	struct arena *arena = &waits->arena;
	struct search search = {
		.waits = waits,
		.visited = arena_allocate_array(arena, waits->count, sizeof(*search.visited)),
		.way = arena_allocate_array(arena, waits->count, sizeof(*search.way)),
		.cycles = arena_allocate_array(arena, WAIT_CYCLES_MAX, sizeof(*search.cycles)),
	};
	if (!search.visited || !search.way || !search.cycles)
		return &error_no_memory;
	for (size_t i = 0; i < waits->count; i++) {
		if (search.visited[i] != VISIT_NONE)
			continue;
		way_enter(&search, &waits->waits[i]);
		TRY(way_go(&search));
	}
	waits->cycles = search.cycles;
	return NULL;
}
