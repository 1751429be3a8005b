/*
 * A process for tests/live/live_collect.sh to be stopped and copied: threads in blocked system
 * calls, threads that come and go, signals that must all arrive, memory of every kind. It counts
 * what a stop must not change.
 *
 * usage: victim [big MIB | leaderless | vfork SECONDS]
 * stdin: "report" answers one line "sent=N received=N eintr=N turns=N churned=N"; the end of stdin
 * ends the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MOST_QUEUED = 100, MADVISE_GUARD_INSTALL = 102 };

/* For gdb to find in the core. */
const char victim_read_only[] = "read-only text of the victim";
volatile long victim_marker = 0x5eed;
static _Thread_local volatile long victim_own;

static atomic_long sent, received, interrupted, turns, churned;
static atomic_bool ending;
static int silent_pipe[2];
static int silent_futex;

static void on_signal(int number)
{
	(void)number;
	atomic_fetch_add(&received, 1);
}

static void count_interrupt(long result)
{
	if (result < 0 && errno == EINTR)
		atomic_fetch_add(&interrupted, 1);
}

static void *block_in_read(void *unused)
{
	char byte;
	(void)unused;
	for (;;)
		count_interrupt(read(silent_pipe[0], &byte, 1));
	return NULL;
}

static void *block_in_poll(void *unused)
{
	struct pollfd file = { .fd = silent_pipe[0], .events = POLLIN };
	(void)unused;
	for (;;)
		count_interrupt(poll(&file, 1, -1));
	return NULL;
}

static void *block_in_futex(void *unused)
{
	(void)unused;
	for (;;)
		count_interrupt(syscall(SYS_futex, &silent_futex, FUTEX_WAIT_PRIVATE, 0, NULL));
	return NULL;
}

/* Must sleep its whole time, however often it is stopped. */
static void *block_in_sleep(void *unused)
{
	(void)unused;
	for (;;) {
		struct timespec time = { .tv_nsec = 50 * 1000000 };
		count_interrupt(nanosleep(&time, NULL));
		atomic_fetch_add(&turns, 1);
	}
	return NULL;
}

/* signal(7): answers EINTR after any stop, under every debugger; not counted. */
static void *block_in_epoll(void *unused)
{
	int fd = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };
	(void)unused;
	epoll_ctl(fd, EPOLL_CTL_ADD, silent_pipe[0], &event);
	for (;;)
		epoll_wait(fd, &event, 1, -1);
	return NULL;
}

static void *spin(void *unused)
{
	sigset_t signals;
	(void)unused;
	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	for (;;) {
		for (int i = 0; i < 1000000; i++)
			victim_own++;
		struct timespec time = { .tv_nsec = 5 * 1000000 };
		nanosleep(&time, NULL);
	}
	return NULL;
}

/* Real-time signals queue: each one must arrive. Without a pause, so that now and then one is just
 * being delivered when the stop comes. */
static void *send_signals(void *thread)
{
	while (!ending) {
		if (sent - received < MOST_QUEUED && !pthread_kill(*(pthread_t *)thread, SIGRTMIN))
			atomic_fetch_add(&sent, 1);
	}
	return NULL;
}

static void *short_life(void *unused)
{
	return unused;
}

static void *churn(void *unused)
{
	pthread_t threads[4];
	(void)unused;
	for (;;) {
		for (int i = 0; i < 4; i++)
			if (pthread_create(&threads[i], NULL, short_life, NULL))
				abort();
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		atomic_fetch_add(&churned, 4);
	}
	return NULL;
}

static char *map(size_t pages, int protection, int flags, int fd)
{
	void *memory = mmap(NULL, pages * PAGE, protection, flags, fd, 0);
	if (memory == MAP_FAILED)
		abort();
	return memory;
}

/* Kinds of memory that a copy must get right, or must not trip over. */
char *victim_touched, *victim_protected, *victim_memory;
static void make_memory(void)
{
	victim_touched = map(1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (int i = 0; i < 1000; i += 10)
		snprintf(victim_touched + i * PAGE, PAGE, "page %d", i);
	map(64ul << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	victim_protected = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	strcpy(victim_protected, "behind PROT_NONE");
	mprotect(victim_protected, 4 * PAGE, PROT_NONE);
	char *guarded = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(guarded, 1, 8 * PAGE);
	madvise(guarded + PAGE, PAGE, MADVISE_GUARD_INSTALL);
	/* Written through one mapping, seen through another: the JIT's double mapping. */
	int fd = memfd_create("victim", MFD_CLOEXEC);
	if (ftruncate(fd, 1 << 30))
		abort();
	char *writable = map(1 << 18, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	strcpy(writable + 10 * PAGE, "through the other mapping");
	victim_memory = map(1 << 18, PROT_READ | PROT_EXEC, MAP_SHARED, fd);
	munmap(writable, (size_t)PAGE << 18);
	/* Beyond the end of its file: SIGBUS for the process, EIO for a reader. */
	FILE *file = tmpfile();
	if (!file || fputs("short", file) < 0 || fflush(file))
		abort();
	map(4, PROT_READ, MAP_PRIVATE, fileno(file));
}

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
	pthread_t unused;
	if (pthread_create(thread ? thread : &unused, NULL, run, argument))
		abort();
}

static void make_big(const char *mebibytes)
{
	size_t size = strtoul(mebibytes, NULL, 10) << 20;
	uint64_t *memory = (uint64_t *)map(size / PAGE, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (size_t i = 0; i < size / sizeof(*memory); i++)
		memory[i] = i * 0x9e3779b97f4a7c15u | 1;
}

/* The parent of a vforked child sleeps uninterruptibly until the child ends. */
static void *wait_for_vfork(void *seconds)
{
	pid_t child = vfork();
	if (!child) {
		struct timespec time = { .tv_sec = atoi(seconds) };
		nanosleep(&time, NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	for (;;)
		pause();
	return NULL;
}

static void *serve(void *unused)
{
	char line[64];
	(void)unused;
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		ending = true;
		struct timespec time = { .tv_nsec = 100 * 1000000 };
		nanosleep(&time, NULL);
		printf("sent=%ld received=%ld eintr=%ld turns=%ld churned=%ld\n", sent, received,
		       interrupted, turns, churned);
		fflush(stdout);
	}
	exit(0);
}

int main(int count, char **arguments)
{
	pthread_t spinner;
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	if (pipe2(silent_pipe, O_CLOEXEC))
		return 1;
	make_memory();
	const char *mode = count > 1 ? arguments[1] : "";
	if (!strcmp(mode, "big"))
		make_big(arguments[2]);
	start(NULL, block_in_read, NULL);
	start(NULL, block_in_poll, NULL);
	start(NULL, block_in_futex, NULL);
	start(NULL, block_in_sleep, NULL);
	start(NULL, block_in_epoll, NULL);
	start(&spinner, spin, NULL);
	if (!*mode)
		start(NULL, send_signals, &spinner);
	start(NULL, churn, NULL);
	if (!strcmp(mode, "vfork"))
		start(NULL, wait_for_vfork, arguments[2]);
	start(NULL, serve, NULL);
	if (!strcmp(mode, "leaderless"))
		pthread_exit(NULL);
	for (;;)
		pause();
}
