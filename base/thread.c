#include "base/thread.h"

#include <signal.h>

int thread_start(pthread_t *ret, void *(*run)(void *context), void *context)
{
	enum { STACK_BYTES = 512 * 1024 };
	sigset_t all, before;
	pthread_attr_t attributes;
	int failed = pthread_attr_init(&attributes);
	if (failed)
		return failed;
	sigfillset(&all);
	failed = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (!failed)
		failed = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!failed) {
		failed = pthread_create(ret, &attributes, run, context);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	return failed;
}
