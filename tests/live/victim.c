/*
 * A process for tests/live/live_collect.sh to be stopped and copied: threads in blocked system
 * calls, threads that come and go, signals that must all arrive, memory of every kind. It counts
 * what a stop must not change.
 *
 * usage: victim [big MIB | full MIB | shared MIB | holes MIB | own MIB | sparse TABLES |
 * huge [half | child] | leaderless | vfork SECONDS | filter errno|memory|kill | churn MIB |
 * rewrite MIB | quiet | few]
 *
 * stdin: "report" answers one line "sent=N received=N eintr=N turns=N churned=N sigchld=N
 * children=N mask=N gap_ms=N" (the last: the longest time that a thread was stopped since the
 * report before); the end of stdin ends the process. With VICTIM_TOLD in its environment all of its
 * shared memory without a file is there: which pages are is shown only to those that may see its
 * file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MOST_QUEUED = 100, MADVISE_GUARD_INSTALL = 102 };

#ifndef PADDING
#define PADDING 16
#endif

/* Never called: makes the code longer (tests/live/link_victim). */
__attribute__((used)) static void pad(void)
{
	__asm__ volatile(".skip %c0" : : "i"(PADDING));
}

/* For gdb to find in the core. */
const char victim_read_only[] = "read-only text of the victim";
volatile long victim_marker = 0x5eed;
static _Thread_local volatile long victim_own;

static atomic_long sent, received, interrupted, turns, churned;
static atomic_long child_signals, gap_us;
static atomic_bool ending;
static sigset_t first_mask;
static int silent_pipe[2];
static int silent_futex;

static void on_signal(int number)
{
	(void)number;
	atomic_fetch_add(&received, 1);
}

static void on_child(int number)
{
	(void)number;
	atomic_fetch_add(&child_signals, 1);
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

/* A stop shows as a gap between two looks at the clock. */
static void *tick(void *unused)
{
	struct timespec before, now, pause = { .tv_nsec = 200 * 1000 };
	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (;; before = now) {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
		long gap = (now.tv_sec - before.tv_sec) * 1000000 +
			   (now.tv_nsec - before.tv_nsec) / 1000;
		if (gap > gap_us)
			gap_us = gap;
	}
	return NULL;
}

/* One counter in private memory, one in shared: never more than one apart. */
volatile long *victim_private_count, *victim_shared_count;
static void *count_both(void *unused)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 };
	(void)unused;
	for (;;) {
		++*victim_private_count;
		++*victim_shared_count;
		if (*victim_private_count % 64 == 0)
			nanosleep(&pause, NULL);
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
char *victim_touched, *victim_protected, *victim_memory, *victim_shared, *victim_not_inherited,
	*victim_wiped;
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
	victim_shared = map(16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	if (getenv("VICTIM_TOLD"))
		memset(victim_shared, 0, 16 * PAGE);
	strcpy(victim_shared + 4 * PAGE, "shared without a name");
	victim_shared_count = (volatile long *)victim_shared;
	victim_private_count =
		(volatile long *)map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	victim_not_inherited = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	strcpy(victim_not_inherited + PAGE, "not inherited by a copy");
	madvise(victim_not_inherited, 4 * PAGE, MADV_DONTFORK);
	victim_wiped = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	strcpy(victim_wiped + 2 * PAGE, "wiped in a copy");
	madvise(victim_wiped, 4 * PAGE, MADV_WIPEONFORK);
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

/* Shared memory of which one word was written. */
static void make_holes(const char *mebibytes)
{
	size_t size = strtoul(mebibytes, NULL, 10) << 20;
	*(int *)map(size / PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1) = 42;
}

/* Not inherited by a child. */
static void make_own(const char *mebibytes)
{
	size_t size = strtoul(mebibytes, NULL, 10) << 20;
	char *memory = map(size / PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(memory, 'A', size);
	madvise(memory, size, MADV_DONTFORK);
}

enum { REWRITERS = 2 };
static size_t rewritten_bytes; /* by each */

static void *rewrite(void *memory)
{
	for (;;)
		for (size_t i = 0; i < rewritten_bytes; i += PAGE)
			((volatile char *)memory)[i]++;
	return NULL;
}

/* Memory that is written all the time, as fast as it goes. */
static void start_rewriting(const char *mebibytes)
{
	rewritten_bytes = (strtoul(mebibytes, NULL, 10) << 20) / REWRITERS;
	for (int i = 0; i < REWRITERS; i++) {
		char *memory = map(rewritten_bytes / PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1);
		memset(memory, 1, rewritten_bytes);
		start(NULL, rewrite, memory);
	}
}

static void make_big(const char *mebibytes, int how)
{
	size_t size = strtoul(mebibytes, NULL, 10) << 20;
	uint64_t *memory =
		(uint64_t *)map(size / PAGE, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1);
	for (size_t i = 0; i < size / sizeof(*memory); i++)
		memory[i] = i * 0x9e3779b97f4a7c15u | 1;
}

/* Page tables as large as what they lead to: one page in each of so many tables. */
static void make_sparse(const char *tables)
{
	enum { TABLE_BYTES = 2 << 20 };
	size_t count = strtoul(tables, NULL, 10);
	char *memory = map(count * (TABLE_BYTES / PAGE), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	madvise(memory, count * TABLE_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < count; i++)
		memory[i * TABLE_BYTES] = 1;
}

enum { HUGE = 2 << 20, HUGE_COUNT = 8 };

/* Of them so many are written to. */
static size_t huge_written = HUGE_COUNT;
static void *write_huge(void *memory_bytes)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	for (char *memory = memory_bytes;; nanosleep(&pause, NULL))
		for (size_t i = 0; i < huge_written; i++)
			memory[i * HUGE]++;
	return NULL;
}

/* Private huge pages, the whole pool of them, which are written to over and over. "half": half of
 * them were never touched; "child": a child has them, too, and nothing is written. */
static void start_huge(const char *how)
{
	char *memory = mmap(NULL, HUGE_COUNT * HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (memory == MAP_FAILED) {
		puts("no huge pages");
		exit(77);
	}
	if (how && !strcmp(how, "half"))
		huge_written /= 2;
	memset(memory, 1, huge_written * HUGE);
	bool child = how && !strcmp(how, "child");
	if (child)
		huge_written = 0;
	if (child && !fork())
		for (prctl(PR_SET_PDEATHSIG, SIGKILL);;)
			pause();
	start(NULL, write_huge, memory);
}

/* Writes one word of each page of so much memory, over and over: a copy of it grows fast. */
static size_t churned_bytes;
static void *churn_pages(void *memory_bytes)
{
	char *memory = memory_bytes;
	size_t size = churned_bytes;
	for (;;) {
		struct timespec pause = { .tv_nsec = 1000000 };
		for (size_t at = 0; at < size; at += PAGE) {
			memory[at]++;
			if (at % (1 << 20) == 0)
				nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

/* clone(2) without CLONE_THREAD: an error, or the end. */
static void filter_clones(const char *how)
{
	unsigned action = SECCOMP_RET_ERRNO | (strcmp(how, "memory") ? EPERM : ENOMEM);
	if (!strcmp(how, "kill"))
		action = SECCOMP_RET_KILL_PROCESS;
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10000 /* CLONE_THREAD */, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog whole = { .len = sizeof(program) / sizeof(*program), .filter = program };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole))
		abort();
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

/* 0: none of any kind, living or dead. */
static long count_children(void)
{
	siginfo_t info = { 0 };
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) && errno == ECHILD ? 0
												: 1;
}

static long mask_changed(void)
{
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	return memcmp(&mask, &first_mask, 8) != 0;
}

static void *serve(void *unused)
{
	char line[64];
	(void)unused;
	pthread_sigmask(SIG_SETMASK, NULL, &first_mask);
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		ending = true;
		long gap = atomic_exchange(&gap_us, 0);
		struct timespec time = { .tv_nsec = 100 * 1000000 };
		nanosleep(&time, NULL);
		printf("sent=%ld received=%ld eintr=%ld turns=%ld churned=%ld sigchld=%ld "
		       "children=%ld mask=%ld gap_ms=%.1f\n",
		       sent, received, interrupted, turns, churned, child_signals, count_children(),
		       mask_changed(), (double)gap / 1000);
		fflush(stdout);
	}
	exit(0);
}

static void start_all(const char *mode, char **arguments)
{
	pthread_t spinner;
	start(NULL, block_in_read, NULL);
	start(NULL, block_in_poll, NULL);
	start(NULL, block_in_futex, NULL);
	start(NULL, block_in_sleep, NULL);
	start(NULL, block_in_epoll, NULL);
	start(&spinner, spin, NULL);
	if (!*mode)
		start(NULL, send_signals, &spinner);
	/* Threads that come and go take memory of the kernel's, of which a limit may leave little.
	 */
	if (strcmp(mode, "quiet") && strcmp(mode, "full") && strcmp(mode, "shared") &&
	    strcmp(mode, "rewrite") && strcmp(mode, "sparse"))
		start(NULL, churn, NULL);
	start(NULL, tick, NULL);
	start(NULL, count_both, NULL);
	if (!strcmp(mode, "vfork"))
		start(NULL, wait_for_vfork, arguments[2]);
}

int main(int count, char **arguments)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	action.sa_handler = on_child;
	sigaction(SIGCHLD, &action, NULL);
	if (pipe2(silent_pipe, O_CLOEXEC))
		return 1;
	make_memory();
	const char *mode = count > 1 ? arguments[1] : "";
	if (!strcmp(mode, "big") || !strcmp(mode, "full"))
		make_big(arguments[2], MAP_PRIVATE);
	if (!strcmp(mode, "shared"))
		make_big(arguments[2], MAP_SHARED);
	if (!strcmp(mode, "holes"))
		make_holes(arguments[2]);
	if (!strcmp(mode, "own"))
		make_own(arguments[2]);
	if (!strcmp(mode, "huge"))
		start_huge(arguments[2]);
	if (!strcmp(mode, "sparse"))
		make_sparse(arguments[2]);
	if (!strcmp(mode, "filter"))
		filter_clones(arguments[2]);
	if (!strcmp(mode, "churn")) {
		churned_bytes = strtoul(arguments[2], NULL, 10) << 20;
		char *memory = map(churned_bytes / PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1);
		memset(memory, 1, churned_bytes);
		start(NULL, churn_pages, memory);
	}
	if (!strcmp(mode, "rewrite"))
		start_rewriting(arguments[2]);
	if (!strcmp(mode, "few"))
		start(NULL, block_in_read, NULL);
	else
		start_all(mode, arguments);
	start(NULL, serve, NULL);
	if (!strcmp(mode, "leaderless"))
		pthread_exit(NULL);
	for (;;)
		pause();
}
