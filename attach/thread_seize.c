#include "attach/thread_seize.h"

#include "attach/credentials.h"
#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "attach/stand_watch.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/thread.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum thread_report thread_next_report(int tid, int *ret_status)
{
	siginfo_t info = { 0 };
	int how = __WALL | WEXITED | WSTOPPED | WNOHANG;
	if (waitid(P_PID, (id_t)tid, &info, how | WNOWAIT))
		return REPORT_NOT_OURS;
	if (info.si_pid != tid)
		return REPORT_NONE;
	*ret_status = info.si_status;
	if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED)
		return REPORT_STOP;
	waitid(P_PID, (id_t)tid, &info, how);
	return REPORT_END;
}

int thread_report_signal(int status)
{
	int event = status >> 8;
	return event ? 0 : status;
}

bool thread_take_end(int tid)
{
	int status;
	return thread_next_report(tid, &status) == REPORT_END;
}

bool thread_is_ours(int tid)
{
	siginfo_t info;
	int how = __WALL | __WNOTHREAD | WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
	return !waitid(P_PID, (id_t)tid, &info, how);
}

bool thread_sleeps(int pid, int tid)
{
	CLEANUP(text_deinit) struct text stat = { 0 };
	return !proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/stat", pid, tid) &&
	       proc_stat_state(&stat) == 'D';
}

static bool has_a_tracer(int pid, int tid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	return !proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/status", pid,
			       tid) &&
	       proc_tracer(&status);
}

static int ptrace_seize(int tid)
{
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(CREDENTIALS_LOOK);
	return ptrace(PTRACE_SEIZE, tid, NULL, NULL) ? errno : 0;
}

/* Looked at after the seize: what we trace keeps its id, and its place among the threads, until we
 * have taken its end. */
static bool is_thread_of(int pid, int tid)
{
	CLEANUP(text_deinit) struct text stat = { 0 };
	return proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/stat", pid, tid) !=
	       ENOENT;
}

bool thread_let_go(int tid)
{
	int status;
	switch (thread_next_report(tid, &status)) {
	case REPORT_NONE:
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
		return false;
	case REPORT_STOP:
		return !ptrace(PTRACE_DETACH, tid, NULL, (intptr_t)thread_report_signal(status));
	case REPORT_END:
	case REPORT_NOT_OURS:
		break;
	}
	return true;
}

/* The thread that was listed had ended, and its id is another process's by now, which is stopped
 * for a moment for that. False: it sleeps uninterruptibly. */
static bool let_stranger_go(int tid)
{
	enum { LOOK_US = 50 };
	uint64_t end = clock_ms() + LIMIT_STOP_MS;
	while (!thread_let_go(tid)) {
		if (clock_ms() >= end)
			return false;
		clock_sleep_us(LOOK_US);
	}
	return true;
}

/* After an execve its thread has the id of the first one (fs/exec.c: de_thread): it may be ours
 * already, or what was refused was the one that had the id before. */
struct error *thread_seize(int pid, int tid, enum thread_seized *ret)
{
	enum { TRIES = 3 };
	int failed = EPERM;
	*ret = THREAD_ENDED;
	for (int i = 0; i < TRIES && failed == EPERM; i++) {
		failed = ptrace_seize(tid);
		if (failed == ESRCH || (failed && proc_has_ended(pid, tid)))
			return NULL;
		if (failed == EPERM && thread_is_ours(tid))
			failed = 0;
	}
	if (failed == EPERM && thread_sleeps(pid, tid) && has_a_tracer(pid, tid)) {
		*ret = THREAD_SLEEPS_ELSEWHERE;
		return NULL;
	}
	if (failed)
		return process_stop_denied(pid, failed);
	if (!is_thread_of(pid, tid)) {
		if (thread_is_ours(tid) && !let_stranger_go(tid))
			*ret = THREAD_STRANGER;
		return NULL;
	}
	*ret = THREAD_SEIZED;
	return NULL;
}

struct seize_watch {
	int pid;
	struct stand_watch *stand;
	pthread_t thread;
	pthread_mutex_t lock; /* of `over` */
	pthread_cond_t changed;
	bool over;
};

static void watch_free(struct seize_watch *watch)
{
	pthread_cond_destroy(&watch->changed);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

static struct error *take_end_of(pid_t tid, void *unused)
{
	(void)unused;
	thread_take_end((int)tid);
	return NULL;
}

static void *take_ends(void *argument)
{
	enum { LOOK_MS = 50 };
	struct seize_watch *watch = argument;
	pthread_mutex_lock(&watch->lock);
	while (!watch->over) {
		stand_watch_renew(watch->stand);
		if (condition_wait(&watch->changed, &watch->lock, LOOK_MS))
			continue;
		/* The process has gone, or will be looked at again. */
		error_free(proc_visit_tasks(watch->pid, take_end_of, NULL));
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

struct error *seize_watch_begin(int pid, struct stand_watch *stand, struct seize_watch **ret)
{
	struct seize_watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return &error_no_memory;
	watch->pid = pid;
	watch->stand = stand;
	pthread_mutex_init(&watch->lock, NULL);
	condition_init(&watch->changed);
	int failed = thread_start(&watch->thread, take_ends, watch);
	if (failed) {
		watch_free(watch);
		return error_os(failed, "cannot make the thread that stops process %d with us",
				pid);
	}
	*ret = watch;
	return NULL;
}

void seize_watch_end(struct seize_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	watch->over = true;
	pthread_cond_signal(&watch->changed);
	pthread_mutex_unlock(&watch->lock);
}

void seize_watch_free(struct seize_watch *watch)
{
	if (!watch)
		return;
	seize_watch_end(watch);
	pthread_join(watch->thread, NULL);
	watch_free(watch);
}
