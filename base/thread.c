#include "base/thread.h"

#include "base/clock.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>

struct start {
	void *(*run)(void *context);
	void *context;
	sem_t begun; /* after this the thread touches nothing here */
};

static void *begin(void *argument)
{
	struct start *start = argument;
	void *(*run)(void *context) = start->run;
	void *context = start->context;
	sem_post(&start->begun);
	return run(context);
}

static int create(pthread_t *ret, const pthread_attr_t *attributes, struct start *start)
{
	if (sem_init(&start->begun, 0, 0))
		return errno;
	int failed = pthread_create(ret, attributes, begin, start);
	while (!failed && sem_wait(&start->begun) && errno == EINTR) {
	}
	sem_destroy(&start->begun);
	return failed;
}

static int start_with(const sigset_t *blocked, pthread_t *ret, void *(*run)(void *context),
		      void *context)
{
	enum { STACK_BYTES = 512 * 1024 };
	sigset_t before;
	pthread_attr_t attributes;
	struct start start = { .run = run, .context = context };
	int failed = pthread_attr_init(&attributes);
	if (failed)
		return failed;
	failed = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (!failed)
		failed = pthread_sigmask(SIG_SETMASK, blocked, &before);
	if (!failed) {
		failed = create(ret, &attributes, &start);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	return failed;
}

int thread_start(pthread_t *ret, void *(*run)(void *context), void *context)
{
	sigset_t all;
	sigfillset(&all);
	return start_with(&all, ret, run, context);
}

int thread_start_reading(pthread_t *ret, void *(*run)(void *context), void *context)
{
	sigset_t most;
	sigfillset(&most);
	sigdelset(&most, SIGBUS);
	return start_with(&most, ret, run, context);
}

void mutex_init_recursive(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, unsigned wait_ms)
{
	enum { SECOND_MS = 1000, NANOSECONDS = 1000000 };
	uint64_t end_ms = clock_ms() + wait_ms;
	const struct timespec until = { (time_t)(end_ms / SECOND_MS),
					(long)(end_ms % SECOND_MS * NANOSECONDS) };
	return pthread_cond_timedwait(condition, lock, &until) != ETIMEDOUT;
}
