/*
 * The thread pool that is written in C# (PortableThreadPool): its threads, what is queued, and the
 * log by which it chose how many threads to have.
 *
 * Facts: dotnet/runtime src/libraries/System.Private.CoreLib/src/System/Threading/
 * PortableThreadPool.cs, PortableThreadPool.ThreadCounts.cs (the layout that SOS depends on),
 * PortableThreadPool.Blocking.cs (NotifyThreadBlocked),
 * PortableThreadPool.HillClimbing.cs, ThreadPoolWorkQueue.cs (the queues; QueueUserWorkItem-
 * Callback…), and ThreadPool.cs: s_workQueue.
 */
#ifndef HEAP_TASKS_THREAD_POOL_H
#define HEAP_TASKS_THREAD_POOL_H

#include "heap/tasks/managed_task.h"

struct thread_pool {
	bool exists;  /* false: the process has not used it yet, or: */
	bool unknown; /* it cannot be read */
	bool counts_read;
	int cpu_utilization;     /* per cent, as the pool measured it last */
	unsigned total, running; /* threads; the others are idle */
	unsigned goal;           /* how many the pool wants */
	/* That block on a task, by the pool's own count; -1: it does not count them, or the count
	 * cannot be read. */
	int blocked;
	int minimum, maximum; /* of threads */
};
MUST_CHECK struct error *thread_pool_read(struct heap *heap, struct thread_pool *ret);

enum work_queue {
	WORK_HIGH_PRIORITY,
	WORK_GLOBAL,
	WORK_ASSIGNABLE, /* global ones split up, on machines with many processors */
	WORK_LOW_PRIORITY,
	WORK_LOCAL, /* of a thread */
};

enum work_kind {
	WORK_TASK,     /* a Task */
	WORK_CALLBACK, /* by QueueUserWorkItem: a delegate */
	WORK_OTHER,    /* whatever implements IThreadPoolWorkItem */
};

struct work_item {
	enum work_queue queue;
	uint64_t queue_object; /* of WORK_LOCAL: its WorkStealingQueue */
	uint64_t address;
	const struct type *type;
	enum work_kind kind;
	uint64_t callback; /* a delegate; 0: none */
};

/* Return an error to stop. */
typedef struct error *(*work_visitor)(const struct work_item *item, void *context);

struct work_found {
	uint64_t global, local; /* items */
	uint64_t cut;           /* queues and items that cannot be read, or not to their end */
	bool none;              /* there are no queues: the pool was not used yet */
	bool unknown;           /* whether there are queues cannot be read */
};

/* The global queues, in the order in which they are served, then the local ones. ERROR_NO_MEMORY,
 * and what the visitor answers. `arena` is used, and may be reset by the visitor only at the end.
 */
MUST_CHECK struct error *thread_pool_visit_work(struct heap *heap, struct arena *arena,
						work_visitor visit, void *context,
						struct work_found *ret);

/* How much is queued. */
MUST_CHECK struct error *thread_pool_count_work(struct heap *heap, struct work_found *ret);

/* One entry of the hill climbing log, the oldest first. */
struct hill_climb {
	int32_t tick_ms;
	struct value transition; /* HillClimbing.StateOrTransition */
	int32_t threads, samples;
	float throughput;
};
/* *ret_count 0: nothing was logged. In arena. */
MUST_CHECK struct error *thread_pool_log(struct heap *heap, struct arena *arena,
					 struct hill_climb **ret, size_t *ret_count);

#endif
