#include "inspect/pool_starvation.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/thread_view.h"

/* The thread cannot go on unless another that does not wait does something for it. */
static bool is_stuck(const struct wait *wait)
{
	return wait->place != WAIT_FREE || (wait->kind == WAIT_PULSE && wait->timeout_ms < 0);
}

/* The way from a lock to its holder, and from there on, leads to a thread that is stuck, to one
 * that waits for a pulse or for what is not known, or to a holder that is not known. */
static bool leads_to_waiting(const struct waits *waits, const struct wait *wait)
{
	for (size_t steps = 0; steps <= waits->count; steps++) {
		if (is_stuck(wait) || wait->kind == WAIT_PULSE || wait->holder_lost)
			return true;
		if (wait->owner_count != 1)
			return wait->owner_count > 1;
		const struct wait *next = wait_of_thread(waits, wait->owners[0]);
		if (!next)
			return wait->owners[0]->state & THREAD_STATE_WAITING;
		wait = next;
	}
	return true;
}

/* The pool's own threads are marked as workers: the one that adds these (PortableThreadPool.
 * GateThread.cs: CreateGateThread), and those that wait for what is registered
 * (PortableThreadPool.WaitThread.cs: WaitThread; RegisterWaitForSingleObject). */
static struct error *is_own(const struct question *question, const struct clr_thread *thread,
			    bool *ret)
{
	static const char *const names[] = { ".NET TP Gate", ".NET TP Wait",
					     ".NET ThreadPool Wait" };
	CLEANUP(arena_deinit) struct arena arena = arena_within(question->scratch);
	const char *name;
	*ret = false;
	TRY(thread_name_text(question, thread, &arena, &name));
	for (size_t i = 0; name && i < COUNT_OF(names); i++)
		*ret = *ret || strcmp(name, names[i]) == 0;
	return NULL;
}

static void worker_count(const struct waits *waits, const struct clr_thread *thread,
			 struct pool_starvation *ret)
{
	const struct wait *wait = wait_of_thread(waits, thread);
	ret->workers++;
	if (!wait && !(thread->state & THREAD_STATE_WAITING))
		return;
	ret->waiting++;
	if (wait && is_stuck(wait))
		ret->stuck++;
	else if (wait && !leads_to_waiting(waits, wait))
		ret->in_locks++;
}

static struct error *workers_count(const struct question *question, const struct waits *waits,
				   struct pool_starvation *ret)
{
	const struct clr_threads *threads = question->heap->threads;
	bool own;
	for (size_t i = 0; i < threads->count; i++) {
		const struct clr_thread *thread = &threads->threads[i];
		TRY(task_check(question->task, "looking at the threads of the pool"));
		if ((thread->state & (THREAD_STATE_WORKER | THREAD_STATE_DEAD)) !=
		    THREAD_STATE_WORKER)
			continue;
		TRY(is_own(question, thread, &own));
		if (!own)
			worker_count(waits, thread, ret);
	}
	return NULL;
}

static enum pool_state state_of(const struct pool_starvation *found)
{
	const struct thread_pool *pool = &found->pool;
	if (!found->known || !found->queued || !pool->total || pool->running < pool->total ||
	    (int)pool->total < pool->minimum || found->in_locks)
		return POOL_GOES_ON;
	if (found->stuck >= pool->total)
		return POOL_STARVED;
	return found->workers >= pool->total && found->waiting == found->workers ? POOL_ALL_WAIT
										 : POOL_GOES_ON;
}

struct error *pool_starvation_read(const struct question *question, const struct waits *waits,
				   struct pool_starvation *ret)
{
	*ret = (struct pool_starvation){ .state = POOL_GOES_ON };
	TRY(thread_pool_read(question->heap, &ret->pool));
	if (!ret->pool.exists)
		return NULL;
	TRY(thread_pool_count_work(question->heap, &ret->work));
	TRY(workers_count(question, waits, ret));
	ret->queued = ret->work.global + ret->work.local;
	ret->at_maximum = (int)ret->pool.total >= ret->pool.maximum;
	ret->known = ret->pool.counts_read && !ret->work.cut && !ret->work.unknown;
	if (!ret->pool.counts_read)
		question_missing(question, 0, "the thread pool's counts of threads cannot be read");
	if (ret->work.cut || ret->work.unknown)
		question_missing(question, 0,
				 "the thread pool's queues cannot be read, or not to their end");
	ret->state = state_of(ret);
	return NULL;
}

const char *pool_state_name(enum pool_state state)
{
	static const char *const names[] = {
		[POOL_GOES_ON] = "goes_on", [POOL_ALL_WAIT] = "all_wait", [POOL_STARVED] = "starved"
	};
	return names[state];
}
