/*
 * A thread that attach/thread_stop has seized, and the stop that it belongs to: what the files of
 * attach/thread_stop.h share. thread_stop.c stops, thread_resume.c lets go.
 */
#ifndef ATTACH_STOP_TASK_H
#define ATTACH_STOP_TASK_H

#include "attach/stand_watch.h"
#include "attach/thread_registers.h"
#include "attach/thread_seize.h"
#include "base/arena.h"
#include "base/id_map.h"

enum task_state {
	TASK_SEIZED,  /* traced, and runs */
	TASK_RUNNING, /* seized and interrupted, has not reported yet */
	TASK_STOPPED,
	TASK_ASLEEP, /* uninterruptible: seized, will stop (and can be let go) only when it wakes */
	TASK_STRANGER,  /* of another process, asleep, and seized: is let go when it wakes */
	TASK_ELSEWHERE, /* asleep, and another's: not seized, and let go by its tracer */
	TASK_GONE,      /* ended, or a zombie that waits for its threads */
};

struct stop_task {
	pid_t tid;
	int namespace_tid; /* as the process itself sees it */
	enum task_state state;
	int deliver; /* the signal of a signal-delivery-stop: handed over at the detach */
	int shown;   /* the signal for the core: deliver, or the group stop's */
};

struct thread_stop {
	pid_t pid;
	unsigned patience_ms; /* with threads in an uninterruptible sleep */
	bool other_namespace; /* than ours: it calls its threads by other ids */
	struct stop_task *tasks;
	size_t task_count, task_capacity;
	struct id_map known; /* tid -> index of tasks */
	struct arena arena;
	struct stopped_thread *threads;
	size_t thread_count, reserved;
	struct register_memory registers;
	uint64_t begin_ns, end_ns;
	sigset_t old_mask;
	bool masked, resumed, over;
	size_t listed; /* tasks seen by the last listing */
	size_t found;  /* of them new */
	struct seize_watch *watch;
	int copy;                  /* thread_stop_have_copy() */
	struct stand_watch *stand; /* until it is let go */
};

/* Takes the next report of a task, if there is one. True: it runs no more, or is none of ours. */
bool stop_task_reported(struct thread_stop *stop, struct stop_task *task);

/* Nothing is left to be let go. */
bool stop_task_is_free(const struct stop_task *task);

/* A thread that is not there any more called execve, or another did, or its end was taken by the
 * seize_watch. One that called it goes on, traced as before, with the id of the first thread: what
 * was known of that one is forgotten, and what is there now is looked at anew. */
void stop_task_follow_execve(struct thread_stop *stop, struct stop_task *task);

/* Of another process: it is let go as soon as it has woken. */
void stop_task_let_stranger_go(struct stop_task *task);

#endif
