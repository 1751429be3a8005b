#include "cli/signals.h"

#include "attach/processors.h"
#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The only mutable globals of the program (its forked keeper of snapshots has one of its own). Any
 * thread reads them, and writes the latter. */
static volatile sig_atomic_t received, heard;

static int flag_read(const volatile sig_atomic_t *flag)
{
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

static void flag_write(volatile sig_atomic_t *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELAXED);
}

static enum exit_status status_of(int number)
{
	return number == SIGINT ? STATUS_INTERRUPTED : STATUS_TERMINATED;
}

static void on_signal(int number)
{
	if (flag_read(&received))
		_exit(status_of(number));
	flag_write(&received, number);
}

/* One that takes nothing must not hold us, and a process with us. */
static void tell(const char *sentence, size_t size)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	if (poll(&out, 1, 0) > 0 && write(STDERR_FILENO, sentence, size) < 0)
		return;
}

/* A page of a file that we mapped is not there: mmap(2). Without a page there is no way on. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
	static const char told[] =
		"clrpod: a file that is being read, the dump or one of its modules, has become shorter or cannot be read from its disk: begin anew when it is whole\n";
	(void)context;
	if (info->si_code != BUS_ADRERR) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	tell(told, sizeof(told) - 1);
	_exit(STATUS_NO_TARGET);
}

struct watch {
	pthread_t computing;
	unsigned deaf_ms, processors;
};

/* Since when it was so, in times of what is measured; 0: it is not. */
struct deaf_since {
	uint64_t thread_ns, process_ns;
};

/* Has it been so for longer than `most`? */
static bool lasts(bool is_so, uint64_t now, uint64_t most, uint64_t *since)
{
	if (!is_so || !*since)
		*since = is_so ? now : 0;
	return is_so && now - *since > most;
}

/* A read in /proc of a process whose address space is locked sleeps for as long as a disk does not
 * answer, and no handler runs meanwhile: the signal stays pending. */
static void end_when_stuck(uint64_t *since_ms)
{
	enum { STUCK_MS = 15 * 1000 };
	static const char told[] =
		"clrpod: something that was to be read does not answer (a process whose memory is locked, a disk): ended while it was waited for\n";
	sigset_t pending;
	int number = 0;
	if (!sigpending(&pending))
		number = sigismember(&pending, SIGTERM)  ? SIGTERM
			 : sigismember(&pending, SIGINT) ? SIGINT
							 : 0;
	if (!lasts(number, clock_ms(), STUCK_MS, since_ms))
		return;
	tell(told, sizeof(told) - 1);
	_exit(status_of(number));
}

/* Has the thread that waits for all others computed for so long, or all threads together for as
 * long on each processor? It may wait for one that is deaf. */
static bool is_deaf(const struct watch *watch, bool unheard, struct deaf_since *since)
{
	enum { NANOSECONDS_OF_MS = 1000 * 1000 };
	const uint64_t most_ns = (uint64_t)watch->deaf_ms * NANOSECONDS_OF_MS;
	clockid_t clock;
	bool thread = !pthread_getcpuclockid(watch->computing, &clock) &&
		      lasts(unheard, clock_ns_of(clock), most_ns, &since->thread_ns);
	bool process = lasts(unheard, clock_ns_of(CLOCK_PROCESS_CPUTIME_ID),
			     most_ns * watch->processors, &since->process_ns);
	return thread || process;
}

/* Taken, but not looked at: the computation has forgotten to, and what is forged has no end. */
static void end_when_deaf(const struct watch *watch, struct deaf_since *since)
{
	char told[160];
	int number = flag_read(&received);
	if (!is_deaf(watch, number && !flag_read(&heard), since))
		return;
	int length = snprintf(told, sizeof(told),
			      "clrpod: a command did not end within %g s after it was told to: "
			      "what it reads may be damaged or forged; ended\n",
			      watch->deaf_ms / 1e3);
	tell(told, (size_t)length);
	_exit(status_of(number));
}

static void *end_when_unheard(void *context)
{
	enum { LOOK_US = 200 * 1000 };
	const struct watch *watch = context;
	uint64_t stuck_since_ms = 0;
	struct deaf_since deaf_since = { 0 };
	for (;; clock_sleep_us(LOOK_US)) {
		end_when_stuck(&stuck_since_ms);
		end_when_deaf(watch, &deaf_since);
	}
	return NULL;
}

void signals_watch(unsigned deaf_ms)
{
	/* The thread never calls malloc or free: its first call would reserve 64 MiB of addresses,
	 * which a program with a bound on them (RLIMIT_AS) needs for the dump. */
	static struct watch watch;
	pthread_t thread;
	watch = (struct watch){ .computing = pthread_self(),
				.deaf_ms = deaf_ms,
				.processors = processors_allowed(false) };
	if (!thread_start(&thread, end_when_unheard, &watch))
		pthread_detach(thread);
}

/* Those that end us, in an orderly way. */
static sigset_t our_signals(void)
{
	sigset_t ours;
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	return ours;
}

void signals_install(void)
{
	struct sigaction action = { .sa_handler = on_signal }, before;
	struct sigaction bus_error = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	const sigset_t ours = our_signals();
	sigemptyset(&bus_error.sa_mask);
	sigaction(SIGBUS, &bus_error, NULL);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* Under nohup it is ignored, and stays so. */
	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	/* Our parent may have them blocked (sigprocmask(2): a mask outlives execve). */
	sigprocmask(SIG_UNBLOCK, &ours, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* setrlimit(2), RLIMIT_FSIZE: EFBIG says so */
}

const volatile sig_atomic_t *signals_flag(void)
{
	return &received;
}

volatile sig_atomic_t *signals_heard(void)
{
	return &heard;
}

int signals_received(void)
{
	int number = flag_read(&received);
	if (number)
		flag_write(&heard, 1);
	return number;
}

void signals_clear(void)
{
	flag_write(&received, 0);
	flag_write(&heard, 0);
}

enum exit_status signals_status(void)
{
	return status_of(flag_read(&received));
}

/* False: no signal came, and nothing is there to be read. */
static bool wait_for(int fd, int64_t wait_ms, const sigset_t *meanwhile)
{
	enum { SECOND_MS = 1000, NANOSECONDS = 1000000 };
	const struct timespec time = { wait_ms / SECOND_MS, wait_ms % SECOND_MS * NANOSECONDS };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int ready = -1;
	errno = EINTR;
	while (!signals_received() && ready < 0 && errno == EINTR)
		ready = ppoll(&wait, 1, wait_ms < 0 ? NULL : &time, meanwhile);
	return signals_received() || ready != 0;
}

ssize_t signals_read(int fd, void *buffer, size_t size, int64_t wait_ms)
{
	const sigset_t ours = our_signals();
	sigset_t before;
	/* Between the look at the flag and the wait no signal may slip through: it is let in by
	 * ppoll() alone. */
	sigprocmask(SIG_BLOCK, &ours, &before);
	bool ready = wait_for(fd, wait_ms, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (signals_received()) {
		errno = EINTR;
		return -1;
	}
	if (!ready) {
		errno = ETIMEDOUT;
		return -1;
	}
	return read(fd, buffer, size);
}
