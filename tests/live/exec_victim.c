/*
 * A process whose threads wait, sleep uninterruptibly, or run another program, for
 * tests/live/live_execve.sh.
 *
 * usage: exec_victim threads WAITING SLEEPING wait|vfork|exit    what its first thread does
 *        exec_victim again WAITING MICROSECONDS   another thread runs this program anew, for ever
 *        exec_victim once WAITING PROGRAM wait|vfork|signals   another thread runs PROGRAM after a
 *                                      line of stdin; the first one handles 10,000 signals a second
 *        exec_victim large WAITING PROGRAM wait    the same, with 700 MiB of memory
 *        exec_victim shares MIB   a child shares its memory; prints its pid
 *        exec_victim delay FILE MS   each execve of FILE waits so long: no victim (root)
 * It prints "ready" first; once more after each execve of "again".
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char **arguments;

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *sleep_in_vfork(void *unused)
{
	pid_t child = vfork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return wait_for_ever(unused);
}

static void *run_again(void *unused)
{
	struct timespec time = { .tv_nsec = atol(arguments[3]) * 1000 };
	nanosleep(&time, NULL);
	execv("/proc/self/exe", arguments);
	return unused;
}

static void *run_once(void *unused)
{
	char line[16];
	char *program[] = { arguments[3], "60", NULL };
	if (fgets(line, sizeof(line), stdin))
		execv(program[0], program);
	return unused;
}

static int share(void *unused)
{
	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void handle(int number)
{
	(void)number;
}

static void send_signals_to_this(void)
{
	timer_t timer;
	struct itimerspec time = { { 0, 100000 }, { 0, 100000 } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 5 };
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &time, NULL);
}

/* Another name of this program: one with signals of its own. */
static void fork_for_ever(void)
{
	for (;;) {
		pid_t child = fork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
}

/* fanotify(7): FAN_OPEN_EXEC_PERM plays a disk that is slow. */
static int delay(const char *path, unsigned wait_ms)
{
	struct fanotify_event_metadata events[16];
	int watch = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
	if (watch < 0 || fanotify_mark(watch, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD, path)) {
		perror("fanotify");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t size = read(watch, events, sizeof(events));
		struct fanotify_event_metadata *event = events;
		for (; FAN_EVENT_OK(event, size); event = FAN_EVENT_NEXT(event, size)) {
			struct fanotify_response answer = { event->fd, FAN_ALLOW };
			usleep(wait_ms * 1000);
			if (write(watch, &answer, sizeof(answer)) < 0)
				return 1;
			close(event->fd);
		}
	}
}

static void start(int count, void *(*run)(void *))
{
	pthread_t thread;
	while (count-- > 0)
		if (pthread_create(&thread, NULL, run, NULL))
			exit(1);
}

int main(int count, char **given)
{
	const char *mode = count > 2 ? given[1] : "";
	const char *first = "wait";
	struct sigaction action = { .sa_handler = handle };
	arguments = given;
	sigaction(SIGRTMIN + 5, &action, NULL);
	if (strstr(given[0], "forker"))
		fork_for_ever();
	if (!strcmp(mode, "delay"))
		return delay(given[2], (unsigned)atoi(given[3]));
	start(!strcmp(mode, "shares") ? 4 : atoi(given[2]), wait_for_ever);
	if (!strcmp(mode, "threads")) {
		start(atoi(given[3]), sleep_in_vfork);
		first = given[4];
	} else if (!strcmp(mode, "again")) {
		start(1, run_again);
	} else if (!strcmp(mode, "once") || !strcmp(mode, "large")) {
		size_t size = !strcmp(mode, "large") ? 700u << 20 : 4096;
		char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);
		madvise(memory, size, MADV_NOHUGEPAGE); /* a large page table takes time */
		memset(memory, 1, size);
		start(1, run_once);
		first = given[4];
	} else {
		enum { STACK = 64 * 1024 };
		size_t size = (size_t)atol(given[2]) << 20;
		char *stack = malloc(STACK);
		memset(malloc(size), 1, size);
		printf("%d ", clone(share, stack + STACK, CLONE_VM | SIGCHLD, NULL));
	}
	puts("ready");
	fflush(stdout);
	if (!strcmp(first, "signals"))
		send_signals_to_this();
	if (!strcmp(first, "vfork"))
		sleep_in_vfork(NULL);
	if (!strcmp(first, "exit"))
		pthread_exit(NULL);
	wait_for_ever(NULL);
	return 0;
}
