/*
 * A process of so many threads and so much memory that reports how long it was stopped: for
 * tests/bench/pause.
 *
 * usage: pause_target THREADS MIB. Prints "ready"; each line of stdin is answered with the longest
 * time between two looks of a ticker at the clock since the line before, in ms; the end ends it.
 * There are three tickers: the first, the middle and the last of the threads, as they are stopped
 * and let go one after another.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static atomic_long gap_us;

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *tick(void *unused)
{
	struct timespec before, now, nap = { .tv_nsec = 100 * 1000 };
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (;; before = now) {
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
		long gap = (now.tv_sec - before.tv_sec) * 1000000 +
			   (now.tv_nsec - before.tv_nsec) / 1000;
		long most = gap_us;
		while (gap > most && !atomic_compare_exchange_weak(&gap_us, &most, gap))
			;
	}
	return unused;
}

int main(int count, char **arguments)
{
	char line[64];
	pthread_t thread;
	pthread_attr_t small;
	if (count != 3)
		return 2;
	size_t size = strtoul(arguments[2], NULL, 10) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	madvise(memory, size,
		MADV_NOHUGEPAGE); /* as the GC's heap: a page table entry each 4 KiB */
	memset(memory, 1, size);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	int threads = atoi(arguments[1]) - 1; /* this one is there */
	for (int i = 0; i < threads; i++) {
		bool ticks = i == 0 || i == threads / 2 || i == threads - 1;
		if (pthread_create(&thread, &small, ticks ? tick : wait_for_ever, NULL))
			return 1;
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("%.1f\n", (double)atomic_exchange(&gap_us, 0) / 1000);
		fflush(stdout);
	}
	return 0;
}
