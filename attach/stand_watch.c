#include "attach/stand_watch.h"

#include "base/limits.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

struct stand_watch {
	timer_t timer;
	unsigned after_ms;
};

/* timer_create(2) sends the signal that is asked for: SIGKILL too (kernel/time/posix-timers.c:
 * good_sigevent). */
struct error *stand_watch_begin(unsigned after_ms, struct stand_watch **ret)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct stand_watch *made = calloc(1, sizeof(*made));
	if (!made)
		return &error_no_memory;
	if (timer_create(CLOCK_MONOTONIC, &event, &made->timer)) {
		free(made);
		return error_os(errno, "cannot make the timer that looks after a process");
	}
	made->after_ms = after_ms;
	stand_watch_renew(made);
	*ret = made;
	return NULL;
}

void stand_watch_renew(struct stand_watch *watch)
{
	enum { SECOND_MS = 1000, MS_NS = 1000 * 1000 };
	if (!watch)
		return;
	const struct itimerspec end = {
		.it_value = { .tv_sec = watch->after_ms / SECOND_MS,
			      .tv_nsec = (long)(watch->after_ms % SECOND_MS) * MS_NS },
	};
	timer_settime(watch->timer, 0, &end, NULL);
}

void stand_watch_end(struct stand_watch *watch)
{
	if (!watch)
		return;
	timer_delete(watch->timer);
	free(watch);
}
