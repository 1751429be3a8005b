/*
 * Timers that are due: each TimerQueue of TimerQueue.Instances has two chains of TimerQueueTimers,
 * those due within a third of a second or so, and the others.
 *
 * Facts: dotnet/runtime src/libraries/System.Private.CoreLib/src/System/Threading/Timer.cs
 * (TimerQueue._shortTimers, _longTimers; TimerQueueTimer).
 */
#ifndef HEAP_TASKS_TIMERS_H
#define HEAP_TASKS_TIMERS_H

#include "heap/types/type.h"

enum { TIMER_NOT_PERIODIC = 0xffffffff }; /* Timeout.UnsignedInfinite */

struct managed_timer {
	uint64_t address;
	bool is_short; /* in the short chain */
	bool is_canceled;
	uint32_t due_ms, period_ms;    /* as it was set: milliseconds from its start */
	uint64_t state, callback;      /* objects; 0: null */
	const struct type *state_type; /* NULL: none */
};

/* Return an error to stop. */
typedef struct error *(*timer_visitor)(const struct managed_timer *timer, void *context);

struct timers_found {
	uint64_t count;
	uint64_t cut; /* lists that cannot be read, come to a timer again or to what is none */
	bool none;    /* the process has made no timer yet */
	bool unknown; /* the queues cannot be read: whether there is a timer is not known */
};

/* Each timer once. ERROR_NO_MEMORY, ERROR_CANCELLED, and what the visitor answers. */
MUST_CHECK struct error *timers_visit(struct heap *heap, timer_visitor visit, void *context,
				      struct timers_found *ret);

/* How many there are: a visitor that does nothing. */
MUST_CHECK struct error *timers_count(struct heap *heap, struct timers_found *ret);

#endif
