/* Threads of ours, beside a process that is forked from us, as the keeper of a snapshot is. */
#include "base/thread.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over;
};

static void *wait_for_end(void *context)
{
	struct waiting *waiting = context;
	pthread_mutex_lock(&waiting->lock);
	while (!waiting->over)
		pthread_cond_wait(&waiting->changed, &waiting->lock);
	pthread_mutex_unlock(&waiting->lock);
	return context;
}

static void *return_at_once(void *context)
{
	return context;
}

/* The child's; an alarm(2) ends what waits for ever. */
_Noreturn static void begin_one(void)
{
	enum { LONG_SECONDS = 10 };
	pthread_t thread;
	int value = 0;
	void *returned = NULL;
	alarm(LONG_SECONDS);
	bool fine = !thread_start(&thread, return_at_once, &value) &&
		    !pthread_join(thread, &returned) && returned == &value;
	_exit(fine ? 0 : 1);
}

static bool child_begins_one(void)
{
	int status;
	pid_t child = fork();
	if (!child)
		begin_one();
	return waitpid(child, &status, 0) == child && status == 0;
}

static bool begins_beside(struct waiting *waiting)
{
	enum { THREADS = 2 };
	pthread_t threads[THREADS];
	unsigned count = 0;
	void *returned;
	waiting->over = false;
	while (count < THREADS && !thread_start(&threads[count], wait_for_end, waiting))
		count++;
	bool begun = child_begins_one();
	pthread_mutex_lock(&waiting->lock);
	waiting->over = true;
	pthread_cond_broadcast(&waiting->changed);
	pthread_mutex_unlock(&waiting->lock);
	for (unsigned i = 0; i < count; i++)
		begun = !pthread_join(threads[i], &returned) && returned == waiting && begun;
	return begun && count == THREADS;
}

/* A thread_start() without the wait fails here in the asan build alone, and by chance there: what
 * stays locked is the sanitizer's; glibc's own locks are whole again after fork(2). */
TEST(a_child_that_is_forked_at_once_can_begin_threads)
{
	enum { ROUNDS = 500 };
	struct waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER,
				   .changed = PTHREAD_COND_INITIALIZER };
	bool begun = true;
	for (unsigned i = 0; begun && i < ROUNDS; i++)
		begun = begins_beside(&waiting);
	CHECK(begun);
}

static void *own_signals(void *context)
{
	pthread_sigmask(SIG_SETMASK, NULL, context);
	return context;
}

TEST(its_signals_are_blocked_and_ours_as_before)
{
	sigset_t theirs, before, after;
	pthread_t thread;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	CHECK(!thread_start(&thread, own_signals, &theirs));
	pthread_join(thread, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	CHECK(sigismember(&theirs, SIGTERM) && sigismember(&theirs, SIGINT));
	CHECK(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM));
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_child_that_is_forked_at_once_can_begin_threads),
	CASE_ONCE(its_signals_are_blocked_and_ours_as_before),
};
TAP_MAIN(cases)
