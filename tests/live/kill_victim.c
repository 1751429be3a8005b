/*
 * A process for tests/live/live_kill.sh, whose tracers are killed while they have one of its
 * threads: what could be hurt by that is watched all the time. Threads blocked in calls, which must
 * not see EINTR, early ends or other bytes; registers and vectors of threads that run; signal
 * masks; signals of timers (SIGALRM and SIGPROF, 1 kHz), queued ones with values (each arrives
 * once, in order), and ones whose handler leaves by siglongjmp; memory, by a checksum.
 *
 * usage: kill_victim MIB handle|ignore|block     (what it does with SIGALRM)
 * stdin: "report" answers one line "errors=N alarms=N profiles=N values=N jumps=N sums=N reads=N
 * sleeps=N spins=N children=N sigchld=N gap_ms=N"; the end of stdin ends the process.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_long errors, alarms, profiles, values, jumps, sums, reads, sleeps, spins,
	children_told;
static atomic_long gap_us;
static uint64_t *memory;
static size_t words;
static int feed[2];

static void hurt(const char *what)
{
	atomic_fetch_add(&errors, 1);
	fprintf(stderr, "hurt: %s\n", what);
}

static void nap_us(long microseconds)
{
	struct timespec time = { .tv_nsec = microseconds * 1000 };
	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

static void on_alarm(int number)
{
	atomic_fetch_add(number == SIGALRM ? &alarms : &profiles, 1);
}

static void on_child(int number)
{
	(void)number;
	atomic_fetch_add(&children_told, 1);
}

static int last_value;
static void on_value(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	if (info->si_value.sival_int != last_value + 1)
		hurt("a queued signal is lost, or came twice");
	last_value = info->si_value.sival_int;
	atomic_fetch_add(&values, 1);
}

static sigjmp_buf back;
static void on_jump(int number)
{
	siglongjmp(back, number);
}

/* Of the calling thread: all signals blocked but these two (0: none). */
static sigset_t block_but(int one, int other)
{
	sigset_t mask;
	sigfillset(&mask);
	if (one)
		sigdelset(&mask, one);
	if (other)
		sigdelset(&mask, other);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	return mask;
}

static void check_mask(const sigset_t *wanted)
{
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (memcmp(&mask, wanted, 8))
		hurt("a signal mask");
}

static void *read_numbers(void *unused)
{
	uint64_t number, expected = 0;
	sigset_t mask = block_but(0, 0);
	(void)unused;
	for (;; expected++) {
		if (read(feed[0], &number, sizeof(number)) != sizeof(number) || number != expected)
			hurt("a blocked read");
		check_mask(&mask);
		atomic_fetch_add(&reads, 1);
	}
	return NULL;
}

static void *write_numbers(void *unused)
{
	block_but(0, 0);
	for (uint64_t number = 0;; number++) {
		nap_us(3000);
		if (write(feed[1], &number, sizeof(number)) != sizeof(number))
			hurt("a write");
	}
	return unused;
}

static void *sleep_exactly(void *unused)
{
	sigset_t mask = block_but(0, 0);
	struct timespec before, now, time = { .tv_nsec = 10 * 1000000 };
	(void)unused;
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &before);
		if (nanosleep(&time, NULL))
			hurt("a sleep was interrupted");
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - before.tv_sec) * 1000000000 + now.tv_nsec - before.tv_nsec <
		    time.tv_nsec)
			hurt("a sleep was too short");
		check_mask(&mask);
		atomic_fetch_add(&sleeps, 1);
	}
	return NULL;
}

/* General and vector registers hold the whole computation. */
static void *spin(void *unused)
{
	sigset_t mask = block_but(SIGALRM, SIGPROF);
	uint64_t whole = 0;
	double real = 0;
	(void)unused;
	for (;;) {
		uint64_t state = 1;
		double sum = 1;
		for (int i = 0; i < 300000; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			sum = sum * 1.0000001 + 0.25;
		}
		if ((whole && state != whole) || (real != 0 && sum != real))
			hurt("registers of a thread that runs");
		whole = state;
		real = sum;
		check_mask(&mask);
		atomic_fetch_add(&spins, 1);
		nap_us(2000);
	}
	return NULL;
}

static void *sum_memory(void *unused)
{
	block_but(SIGALRM, SIGPROF);
	(void)unused;
	for (;;) {
		for (size_t i = 0; i < words; i++) {
			if (memory[i] != i * 0x9e3779b97f4a7c15u)
				hurt("memory");
			if (i % 1000000 == 0)
				nap_us(1000);
		}
		atomic_fetch_add(&sums, 1);
	}
	return NULL;
}

static pthread_t value_thread, jump_thread;
static void *take_values(void *unused)
{
	block_but(SIGRTMIN, 0);
	for (;;)
		pause();
	return unused;
}

static void *send_values(void *unused)
{
	block_but(0, 0);
	for (int i = 1;; i++) {
		while (i - 1 - values > 50)
			nap_us(100);
		if (pthread_sigqueue(value_thread, SIGRTMIN, (union sigval){ .sival_int = i }))
			hurt("sigqueue");
		nap_us(300);
	}
	return unused;
}

static void *jump_out(void *unused)
{
	static volatile uint64_t counted;
	sigset_t mask = block_but(SIGUSR1, 0);
	(void)unused;
	for (;;) {
		if (sigsetjmp(back, 1)) {
			check_mask(&mask);
			atomic_fetch_add(&jumps, 1);
		}
		for (;;)
			counted++;
	}
	return NULL;
}

static void *make_jump(void *unused)
{
	block_but(0, 0);
	for (;;) {
		nap_us(1000);
		pthread_kill(jump_thread, SIGUSR1);
	}
	return unused;
}

static void *tick(void *unused)
{
	struct timespec before, now;
	block_but(0, 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (;; before = now) {
		nap_us(200);
		clock_gettime(CLOCK_MONOTONIC, &now);
		long gap = (now.tv_sec - before.tv_sec) * 1000000 +
			   (now.tv_nsec - before.tv_nsec) / 1000;
		if (gap > gap_us)
			gap_us = gap;
	}
	return unused;
}

static long count_children(void)
{
	siginfo_t info = { 0 };
	return !(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) && errno == ECHILD);
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigaction(number, &action, NULL);
}

static void start(void *(*run)(void *), pthread_t *thread)
{
	pthread_t unused;
	if (pthread_create(thread ? thread : &unused, NULL, run, NULL))
		abort();
}

int main(int count, char **arguments)
{
	char line[64];
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction action = { .sa_sigaction = on_value, .sa_flags = SA_RESTART | SA_SIGINFO };
	if (count != 3 || pipe(feed))
		return 2;
	words = (strtoul(arguments[1], NULL, 10) << 20) / sizeof(*memory);
	memory = mmap(NULL, words * sizeof(*memory), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 2;
	/* As a GC's heap: a copy takes its time, page by page. */
	madvise(memory, words * sizeof(*memory), MADV_NOHUGEPAGE);
	for (size_t i = 0; i < words; i++)
		memory[i] = i * 0x9e3779b97f4a7c15u;
	handle(SIGALRM, !strcmp(arguments[2], "ignore") ? SIG_IGN : on_alarm);
	handle(SIGPROF, on_alarm);
	handle(SIGCHLD, on_child);
	handle(SIGUSR1, on_jump);
	sigaction(SIGRTMIN, &action, NULL);
	sigset_t mask = block_but(SIGALRM, SIGPROF);
	if (!strcmp(arguments[2], "block")) {
		sigaddset(&mask, SIGALRM);
		pthread_sigmask(SIG_SETMASK, &mask, NULL);
	}
	setitimer(ITIMER_REAL, &often, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
	start(read_numbers, NULL);
	start(write_numbers, NULL);
	start(sleep_exactly, NULL);
	start(spin, NULL);
	start(sum_memory, NULL);
	start(take_values, &value_thread);
	start(send_values, NULL);
	start(jump_out, &jump_thread);
	nap_us(10000);
	start(make_jump, NULL);
	start(tick, NULL);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		check_mask(&mask);
		printf("errors=%ld alarms=%ld profiles=%ld values=%ld jumps=%ld sums=%ld reads=%ld "
		       "sleeps=%ld spins=%ld children=%ld sigchld=%ld gap_ms=%.1f\n",
		       errors, alarms, profiles, values, jumps, sums, reads, sleeps, spins,
		       count_children(), children_told, (double)atomic_exchange(&gap_us, 0) / 1000);
		fflush(stdout);
	}
	return 0;
}
