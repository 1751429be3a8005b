/*
 * Processes in which a system call that a thread is made to make would not end, or would end all:
 * for tests/live/live_call.sh.
 *
 * usage: call_victim userfaultfd     whose fork events a thread of its own reads: no clone(2) ends
 *                                    while that thread is stopped
 *        call_victim wait4           every thread but the first, which runs, is killed for wait4(2)
 *        call_victim wait4-all       the first thread too
 *        call_victim sigprocmask     every thread is killed for rt_sigprocmask(2), the first too
 *        call_victim queued          a child queues SIGSEGV for it, with a value; "forks" counts
 *                                    those that arrive without
 *        call_victim uring           runs, and two workers of io_uring(7) wait in it
 *        call_victim under PROGRAM…  executes the program under a harmless filter
 * Prints "ready"; prints its count of forks seen at each line of stdin, whose end ends it.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long forks;
static int faults;

static void *read_events(void *unused)
{
	struct uffd_msg message;
	while (read(faults, &message, sizeof(message)) == sizeof(message))
		if (message.event == UFFD_EVENT_FORK) {
			atomic_fetch_add(&forks, 1);
			close((int)message.arg.fork.ufd);
		}
	return unused;
}

static void watch_faults(void)
{
	enum { BYTES = 1 << 20 };
	pthread_t thread;
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	void *memory =
		mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)memory;
	range.range.len = BYTES;
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) ||
	    ioctl(faults, UFFDIO_REGISTER, &range)) {
		puts("no userfaultfd");
		exit(77);
	}
	if (pthread_create(&thread, NULL, read_events, NULL))
		abort();
}

/* Two reads of an empty pipe, each of which a thread of the kernel's makes. */
static void start_workers(void)
{
	enum { READS = 2, SHARED = PROT_READ | PROT_WRITE };
	static char bytes[READS];
	struct io_uring_params how = { 0 };
	int ends[2];
	int ring = (int)syscall(SYS_io_uring_setup, READS, &how);
	if (ring < 0) {
		puts("no io_uring");
		exit(77);
	}
	char *queue = mmap(NULL, how.sq_off.array + READS * sizeof(uint32_t), SHARED, MAP_SHARED,
			   ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entries =
		mmap(NULL, READS * sizeof(*entries), SHARED, MAP_SHARED, ring, IORING_OFF_SQES);
	if (queue == MAP_FAILED || entries == MAP_FAILED || pipe(ends))
		abort();
	for (uint32_t i = 0; i < READS; i++) {
		entries[i] = (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						    .flags = IOSQE_ASYNC,
						    .fd = ends[0],
						    .addr = (uintptr_t)&bytes[i],
						    .len = 1 };
		((uint32_t *)(queue + how.sq_off.array))[i] = i;
	}
	*(uint32_t *)(queue + how.sq_off.tail) = READS;
	if (syscall(SYS_io_uring_enter, ring, READS, 0, 0, NULL, 0) != READS)
		abort();
}

static int forbidden = SYS_wait4;

static void forbid(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)forbidden, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog whole = { .len = sizeof(program) / sizeof(*program), .filter = program };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole))
		abort();
}

static void *wait_filtered(void *unused)
{
	forbid();
	for (;;)
		pause();
	return unused;
}

static void *answer(void *unused)
{
	char line[64];
	forbid();
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("forks=%ld\n", forks);
		fflush(stdout);
	}
	exit(0);
	return unused;
}

enum { VALUE = 4711 };

static void look_at_value(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	if (info->si_code != SI_QUEUE || info->si_value.sival_int != VALUE)
		atomic_fetch_add(&forks, 1);
}

static void start_queueing(void)
{
	struct sigaction action = { .sa_sigaction = look_at_value,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	int victim = getpid();
	if (sigaction(SIGSEGV, &action, NULL))
		abort();
	if (fork())
		return;
	while (getppid() == victim) {
		sigqueue(victim, SIGSEGV, (union sigval){ .sival_int = VALUE });
		usleep(1000);
	}
	_exit(0);
}

int main(int count, char **arguments)
{
	pthread_t thread;
	const char *mode = count > 1 ? arguments[1] : "";
	if (!strcmp(mode, "under")) {
		forbidden = SYS_swapon; /* no test needs it: a filter that only counts */
		forbid();
		execvp(arguments[2], arguments + 2);
		return 127;
	}
	if (!strcmp(mode, "userfaultfd"))
		watch_faults();
	if (!strcmp(mode, "sigprocmask"))
		forbidden = SYS_rt_sigprocmask;
	if (!strcmp(mode, "wait4-all"))
		forbid();
	if (!strcmp(mode, "queued"))
		start_queueing();
	if (!strcmp(mode, "uring"))
		start_workers();
	if (!strcmp(mode, "queued") || !strcmp(mode, "uring"))
		forbidden = -1;
	for (int i = 0; i < 4; i++)
		if (strcmp(mode, "userfaultfd") && forbidden >= 0 &&
		    pthread_create(&thread, NULL, wait_filtered, NULL))
			abort();
	if (pthread_create(&thread, NULL, answer, NULL))
		abort();
	if (!strcmp(mode, "sigprocmask"))
		forbid();
	for (volatile unsigned long turn = 0;; turn++)
		if (!strcmp(mode, "userfaultfd") || !strcmp(mode, "queued"))
			pause();
}
