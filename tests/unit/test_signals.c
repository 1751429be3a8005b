/* A program that computes on after a signal without a look at its task is ended; one that looks, or
 * sleeps, is not. Each is a child of ours, all at once. */
#include "base/clock.h"
#include "base/list.h"
#include "base/task.h"
#include "base/thread.h"
#include "cli/signals.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEAF_MS = 100, LONGER_MS = 500, ENDED_BY_ITSELF = 7 };

static void compute(unsigned most_ms)
{
	const uint64_t start_ns = clock_ns_of(CLOCK_THREAD_CPUTIME_ID);
	while ((clock_ns_of(CLOCK_THREAD_CPUTIME_ID) - start_ns) / 1000000 < most_ms)
		;
}

static struct task our_task(void)
{
	return (struct task){ .stop = signals_flag(), .heard = signals_heard() };
}

static bool looks(void)
{
	const struct task task = our_task();
	struct error *error = task_check(&task, "computing");
	bool told = error;
	error_free(error);
	return told;
}

static void never_looks(void)
{
	raise(SIGTERM);
	compute(20 * LONGER_MS);
}

static void never_looks_when_hung_up(void)
{
	raise(SIGHUP);
	compute(20 * LONGER_MS);
}

static void looked_before(void)
{
	looks();
	signals_received();
	never_looks();
}

static void looked_at_the_last_one(void)
{
	raise(SIGINT);
	looks();
	signals_clear();
	raise(SIGINT);
	compute(20 * LONGER_MS);
}

static void looks_once(void)
{
	raise(SIGTERM);
	if (looks())
		compute(LONGER_MS);
}

static void is_waited_for_by_another(void)
{
	const struct task task = our_task();
	raise(SIGINT);
	if (task_signal(&task) == SIGINT)
		compute(20 * LONGER_MS);
}

static void asks_for_the_signal(void)
{
	raise(SIGTERM);
	if (signals_received())
		compute(LONGER_MS);
}

static void sleeps(void)
{
	raise(SIGTERM);
	clock_sleep_us(LONGER_MS * 1000);
}

static void is_not_told(void)
{
	compute(LONGER_MS);
}

static void *compute_long(void *context)
{
	compute(*(const unsigned *)context);
	return NULL;
}

static void wait_for_one_that_computes(unsigned most_ms)
{
	pthread_t thread;
	if (!thread_start(&thread, compute_long, &most_ms))
		pthread_join(thread, NULL);
}

static void waits_for_one_that_never_looks(void)
{
	raise(SIGTERM);
	wait_for_one_that_computes(UINT_MAX);
}

static void waits_for_one_that_computes_for_less(void)
{
	raise(SIGTERM);
	wait_for_one_that_computes(DEAF_MS / 2);
}

struct child {
	void (*run)(void);
	int status;
	pid_t pid;
	int said; /* what it writes to stderr */
};

_Noreturn static void be_child(const struct child *child, int said)
{
	enum { LONG_SECONDS = 30 };
	alarm(LONG_SECONDS);
	signal(SIGHUP, SIG_DFL); /* under nohup we ignore it */
	dup2(said, STDERR_FILENO);
	signals_install();
	signals_watch(DEAF_MS);
	child->run();
	_exit(ENDED_BY_ITSELF);
}

static bool begin(struct child *child)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return false;
	child->said = ends[0];
	child->pid = fork();
	if (!child->pid)
		be_child(child, ends[1]);
	close(ends[1]);
	return child->pid > 0;
}

static void check_end(const struct child *child, const char *says)
{
	char said[256] = "";
	int status = 0;
	CHECK(read(child->said, said, sizeof(said) - 1) >= 0);
	close(child->said);
	CHECK_NUMBER(waitpid(child->pid, &status, 0), child->pid);
	CHECK(WIFEXITED(status));
	CHECK_NUMBER(WEXITSTATUS(status), child->status);
	CHECK_TEXT(said, says);
}

TEST(who_is_deaf_to_a_signal_is_ended)
{
	static const char told[] =
		"clrpod: a command did not end within 0.1 s after it was told to: "
		"what it reads may be damaged or forged; ended\n";
	struct child children[] = {
		{ .run = never_looks, .status = 128 + SIGTERM },
		{ .run = never_looks_when_hung_up, .status = 128 + SIGTERM },
		{ .run = looked_before, .status = 128 + SIGTERM },
		{ .run = looked_at_the_last_one, .status = 128 + SIGINT },
		{ .run = is_waited_for_by_another, .status = 128 + SIGINT },
		{ .run = waits_for_one_that_never_looks, .status = 128 + SIGTERM },
		{ .run = waits_for_one_that_computes_for_less, .status = ENDED_BY_ITSELF },
		{ .run = looks_once, .status = ENDED_BY_ITSELF },
		{ .run = asks_for_the_signal, .status = ENDED_BY_ITSELF },
		{ .run = sleeps, .status = ENDED_BY_ITSELF },
		{ .run = is_not_told, .status = ENDED_BY_ITSELF },
	};
	const size_t count = COUNT_OF(children);
	for (size_t i = 0; i < count; i++)
		REQUIRE(begin(&children[i]));
	for (size_t i = 0; i < count; i++)
		check_end(&children[i], children[i].status == ENDED_BY_ITSELF ? "" : told);
}

static void is_hung_up_twice(void)
{
	raise(SIGHUP);
	raise(SIGHUP);
}

TEST(a_second_signal_ends_at_once)
{
	struct child child = { .run = is_hung_up_twice, .status = 128 + SIGTERM };
	REQUIRE(begin(&child));
	check_end(&child, "");
}

static const struct tap_case cases[] = {
	CASE_ONCE(who_is_deaf_to_a_signal_is_ended),
	CASE_ONCE(a_second_signal_ends_at_once),
};
TAP_MAIN(cases)
