/*
 * Time that only goes on: CLOCK_MONOTONIC (clock_gettime(2)), and sleeping for some of it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns_of(clockid_t clock)
{
	struct timespec now = { 0 };
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ns(void)
{
	return clock_ns_of(CLOCK_MONOTONIC);
}

static inline uint64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

/* Less than a second; a signal ends it early. */
static inline void clock_sleep_us(unsigned microseconds)
{
	struct timespec time = { .tv_nsec = (long)microseconds * 1000 };
	nanosleep(&time, NULL);
}

#endif
