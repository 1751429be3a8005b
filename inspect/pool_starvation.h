/*
 * Does the thread pool stand still? Its threads that wait, of these the ones that cannot go on by
 * themselves, and what is queued for them.
 */
#ifndef INSPECT_POOL_STARVATION_H
#define INSPECT_POOL_STARVATION_H

#include "heap/tasks/thread_pool.h"
#include "inspect/waits.h"

enum pool_state {
	POOL_GOES_ON, /* a thread works or is idle, nothing is queued, or the pool is not used */
	/* All threads wait and work is queued, and of some it is not known what they wait for (a
	 * sleep and an event of the system are the same here): it may go on by itself. */
	POOL_ALL_WAIT,
	POOL_STARVED, /* … and each waits for a task, a pulse, or a lock that nobody will leave */
};

struct pool_starvation {
	enum pool_state state;
	struct thread_pool pool;
	struct work_found work;
	uint64_t queued;  /* of `work`: all of it */
	unsigned workers; /* threads of the pool, as the runtime marks them */
	unsigned waiting; /* of these, in a wait, a sleep or a join */
	/* Of these: in Monitor.Wait without a timeout (as Task.Wait is), a deadlock, or behind one.
	 */
	unsigned stuck;
	unsigned in_locks; /* of `waiting`: to enter a lock whose holder goes on */
	bool at_maximum;   /* it can add no thread; else it adds them, slowly */
	bool known;        /* false: a part of this cannot be read, and `state` is POOL_GOES_ON */
};

/* `waits`: concluded. What cannot be read of the pool is counted with question_missing(), but for
 * a pool that is not there, of which .pool.exists says so. ERROR_NO_MEMORY, ERROR_CANCELLED only.
 */
MUST_CHECK struct error *pool_starvation_read(const struct question *question,
					      const struct waits *waits,
					      struct pool_starvation *ret);

const char *pool_state_name(enum pool_state state); /* "goes_on", "all_wait", "starved" */

#endif
