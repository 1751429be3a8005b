#include "attach/stand_watch.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/thread.h"

#include <signal.h>
#include <unistd.h>

struct stand_watch {
	pthread_t thread;
	pthread_mutex_t lock; /* of `over` */
	pthread_cond_t changed;
	bool over;
	uint64_t end_ms;
};

/* Of a signal that a thread has taken nothing is pending. */
static bool is_told(void)
{
	sigset_t pending;
	return !sigpending(&pending) && sigismember(&pending, SIGTERM);
}

static void *watch(void *context)
{
	enum { LOOK_NS = 100 * 1000 * 1000, SECOND_NS = 1000 * 1000 * 1000 };
	struct stand_watch *watch = context;
	bool told = false;
	pthread_mutex_lock(&watch->lock);
	while (!watch->over) {
		struct timespec until;
		uint64_t now = clock_ms();
		if (!told && is_told() && now + LIMIT_STAND_TOLD_MS < watch->end_ms)
			watch->end_ms = now + LIMIT_STAND_TOLD_MS;
		told |= is_told();
		if (now > watch->end_ms)
			kill(getpid(), SIGKILL);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_NS;
		until.tv_sec += until.tv_nsec / SECOND_NS;
		until.tv_nsec %= SECOND_NS;
		pthread_cond_timedwait(&watch->changed, &watch->lock, &until);
	}
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

struct error *stand_watch_begin(struct stand_watch **ret)
{
	pthread_condattr_t attributes;
	struct stand_watch *made = calloc(1, sizeof(*made));
	if (!made)
		return &error_no_memory;
	made->end_ms = clock_ms() + LIMIT_STAND_MS;
	pthread_mutex_init(&made->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&made->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	int failed = thread_start(&made->thread, watch, made);
	if (failed) {
		free(made);
		return error_os(failed, "cannot make the thread that looks after a process");
	}
	*ret = made;
	return NULL;
}

void stand_watch_end(struct stand_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->over = true;
	pthread_cond_signal(&watch->changed);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->changed);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}
