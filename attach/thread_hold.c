#include "attach/thread_hold.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/thread.h"

#include <errno.h>
#include <stdatomic.h>

enum { LOOK_MS = 100 };
enum hold_state { HOLD_BEGINS, HOLD_STANDS, HOLD_TO_END, HOLD_ENDED };

struct thread_hold {
	struct process_identity process;
	const struct task *task;
	pthread_t thread;
	bool joined;
	volatile sig_atomic_t leave; /* told to stop: the thread is not to begin */
	pthread_mutex_t lock;        /* of `state` and `left` */
	pthread_cond_t changed;
	enum hold_state state;
	bool left; /* to its thread, which frees it */
	atomic_bool lasts, killed, silent;
	atomic_uint reads;        /* twice as many as there were; odd: one lasts */
	struct thread_stop *stop; /* of the thread, until it has ended */
	struct error *error;
	double pause_ms;
	sigset_t old_mask;
	bool masked;
};

/* False: its caller has left it to its thread. */
static bool set_state(struct thread_hold *hold, enum hold_state state)
{
	pthread_mutex_lock(&hold->lock);
	hold->state = state;
	bool left = hold->left;
	pthread_cond_broadcast(&hold->changed);
	pthread_mutex_unlock(&hold->lock);
	return !left;
}

static void hold_delete(struct thread_hold *hold)
{
	thread_stop_free(hold->stop);
	error_free(hold->error);
	pthread_cond_destroy(&hold->changed);
	pthread_mutex_destroy(&hold->lock);
	free(hold);
}

/* Stuck in the kernel, the thread that should take the signal does not: it stays pending for all,
 * and for this one, which has it blocked, sigpending(2) shows it. */
static bool is_told(const struct thread_hold *hold)
{
	sigset_t pending;
	if (task_signal(hold->task))
		return true;
	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) ||
		sigismember(&pending, SIGHUP));
}

struct watched_read {
	unsigned reads;
	uint64_t since_ms;
};

/* Has one read lasted for too long? Asked now and then. */
static bool is_silent(const struct thread_hold *hold, struct watched_read *watched)
{
	unsigned reads = atomic_load(&hold->reads);
	uint64_t now_ms = clock_ms();
	if (!(reads & 1) || reads != watched->reads)
		*watched = (struct watched_read){ reads, now_ms };
	return now_ms - watched->since_ms > LIMIT_STAND_MS;
}

static void wait_for_end(struct thread_hold *hold)
{
	struct watched_read watched = { 0 };
	uint64_t told_ms = 0;
	pthread_mutex_lock(&hold->lock);
	while (hold->state != HOLD_TO_END) {
		atomic_store(&hold->killed, thread_stop_take_ends(hold->stop));
		atomic_store(&hold->silent, is_silent(hold, &watched));
		if (atomic_load(&hold->killed) || atomic_load(&hold->silent))
			break;
		uint64_t now_ms = clock_ms();
		if (!is_told(hold))
			told_ms = 0;
		else if (!told_ms)
			told_ms = now_ms;
		else if (now_ms - told_ms > LIMIT_HOLD_TOLD_MS)
			break;
		condition_wait(&hold->changed, &hold->lock, LOOK_MS);
	}
	pthread_mutex_unlock(&hold->lock);
}

static void *hold_process(void *argument)
{
	struct thread_hold *hold = argument;
	/* Not the task: that may be gone when the hold is left. */
	const struct task task = { .stop = &hold->leave };
	hold->error = thread_stop_begin(&hold->process, &task, &hold->stop);
	if (!hold->error)
		hold->error = thread_stop_read_details(hold->stop);
	atomic_store(&hold->lasts, !hold->error);
	bool left = !set_state(hold, HOLD_STANDS);
	if (!hold->error && !left)
		wait_for_end(hold);
	atomic_store(&hold->lasts, false);
	if (hold->stop)
		hold->pause_ms = thread_stop_resume(hold->stop);
	if (left)
		hold_delete(hold);
	return NULL;
}

static struct thread_hold *hold_new(const struct process_identity *process, const struct task *task)
{
	struct thread_hold *hold = calloc(1, sizeof(*hold));
	if (!hold)
		return NULL;
	hold->process = *process;
	hold->task = task;
	pthread_mutex_init(&hold->lock, NULL);
	condition_init(&hold->changed);
	return hold;
}

/* PTRACE_SEIZE waits as long as an execve of the process, and its disk, may take: when we are told
 * to stop, *ret_left, it is left to the thread, which lets the process go. */
static struct error *wait_until_it_stands(struct thread_hold *hold, bool *ret_left)
{
	enum { PATIENCE_MS = 1000 };
	struct error *error = NULL;
	uint64_t told_ms = 0;
	pthread_mutex_lock(&hold->lock);
	while (hold->state == HOLD_BEGINS && !hold->left) {
		condition_wait(&hold->changed, &hold->lock, LOOK_MS);
		error_free(error);
		error = task_check(hold->task, "stopping the process");
		if (error && !told_ms) {
			told_ms = clock_ms();
			hold->leave = SIGTERM;
		}
		hold->left =
			hold->state == HOLD_BEGINS && error && clock_ms() - told_ms > PATIENCE_MS;
	}
	*ret_left = hold->left;
	if (hold->left) {
		pthread_detach(hold->thread);
	} else {
		error_free(error);
		error = hold->error;
		hold->error = NULL;
	}
	pthread_mutex_unlock(&hold->lock);
	return error;
}

struct error *thread_hold_begin(const struct process_identity *process, const struct task *task,
				struct thread_hold **ret)
{
	TRY(task_check(task, "stopping the process"));
	struct thread_hold *hold = hold_new(process, task);
	if (!hold)
		return &error_no_memory;
	hold->masked = thread_stop_hold_back(&hold->old_mask);
	int failed = thread_start(&hold->thread, hold_process, hold);
	hold->joined = failed != 0;
	struct error *error = NULL;
	if (failed) {
		error = error_os(failed, "cannot make the thread that holds process %d",
				 process->pid);
	} else {
		bool left, masked = hold->masked;
		const sigset_t old_mask = hold->old_mask;
		error = wait_until_it_stands(hold, &left);
		if (left && masked)
			pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
		if (left)
			return error;
	}
	if (error) {
		thread_hold_free(hold);
		return error;
	}
	*ret = hold;
	return NULL;
}

const struct stopped_thread *thread_hold_threads(const struct thread_hold *hold, size_t *ret_count)
{
	return thread_stop_threads(hold->stop, ret_count);
}

bool thread_hold_lasts(const struct thread_hold *hold)
{
	return atomic_load(&hold->lasts);
}

void thread_hold_read_begins(struct thread_hold *hold)
{
	atomic_fetch_add(&hold->reads, 1);
}

void thread_hold_read_ends(struct thread_hold *hold)
{
	atomic_fetch_add(&hold->reads, 1);
}

bool thread_hold_saw_silence(const struct thread_hold *hold)
{
	return atomic_load(&hold->silent);
}

bool thread_hold_saw_death(const struct thread_hold *hold)
{
	return atomic_load(&hold->killed);
}

double thread_hold_end(struct thread_hold *hold)
{
	if (!hold->joined) {
		set_state(hold, HOLD_TO_END);
		pthread_join(hold->thread, NULL);
		hold->joined = true;
	}
	if (hold->masked && hold->state != HOLD_ENDED)
		pthread_sigmask(SIG_SETMASK, &hold->old_mask, NULL);
	hold->state = HOLD_ENDED;
	return hold->pause_ms;
}

void thread_hold_free(struct thread_hold *hold)
{
	if (!hold)
		return;
	thread_hold_end(hold);
	hold_delete(hold);
}
