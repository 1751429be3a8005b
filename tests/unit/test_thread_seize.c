/* Threads of children, and one that is not of the process that it was listed of. */
#include "attach/proc_file.h"
#include "attach/thread_seize.h"
#include "attach/thread_stop.h"
#include "base/clock.h"
#include "base/limits.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int start_child(void)
{
	int pid = fork();
	if (pid < 0)
		abort();
	while (!pid)
		pause();
	return pid;
}

static void end_child(const int *pid)
{
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
}

static int tracer_of(int pid)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	if (proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid))
		return -1;
	return proc_tracer(&status);
}

TEST(a_thread_of_the_process)
{
	CLEANUP(end_child) int child = start_child();
	enum thread_seized seized;
	CHECK_OK(thread_seize(child, child, &seized));
	CHECK(seized == THREAD_SEIZED);
	CHECK(thread_is_ours(child) && tracer_of(child) == getpid());
}

TEST(an_id_that_is_another_process_by_now)
{
	CLEANUP(end_child) int child = start_child();
	CLEANUP(end_child) int stranger = start_child();
	enum thread_seized seized;
	CHECK_OK(thread_seize(child, stranger, &seized));
	CHECK(seized == THREAD_ENDED);
	CHECK_NUMBER(tracer_of(stranger), 0);
	CHECK_NUMBER(tracer_of(child), 0);
	CHECK(!kill(stranger, SIGTERM)); /* it runs, and ends of that */
	siginfo_t info;
	CHECK(!waitid(P_PID, (id_t)stranger, &info, WEXITED | WNOWAIT));
	CHECK_NUMBER(info.si_status, SIGTERM);
}

struct sleeper {
	int pid;
	int wake; /* what is closed wakes it */
};

/* A child that sleeps uninterruptibly, in vfork(2), until its own child ends. */
static struct sleeper start_sleeper(void)
{
	int ends[2];
	char unused;
	if (pipe(ends))
		abort();
	int pid = fork();
	if (!pid) {
		close(ends[1]);
		if (!vfork())
			_exit(read(ends[0], &unused, 1) != 0);
		for (;;)
			pause();
	}
	close(ends[0]);
	for (int look = 0; look < 1000 && !thread_sleeps(pid, pid); look++)
		clock_sleep_us(1000);
	return (struct sleeper){ .pid = pid, .wake = ends[1] };
}

static void end_sleeper(const struct sleeper *sleeper)
{
	close(sleeper->wake);
	end_child(&sleeper->pid);
}

/* Woken, it is in a stop until it is let go. */
static bool wakes_up(struct sleeper *sleeper)
{
	close(sleeper->wake);
	sleeper->wake = -1;
	for (int look = 0; look < 1000; look++) {
		int status;
		if (thread_next_report(sleeper->pid, &status) == REPORT_STOP)
			return true;
		clock_sleep_us(1000);
	}
	return false;
}

TEST(an_id_that_is_another_process_which_sleeps)
{
	CLEANUP(end_child) int child = start_child();
	CLEANUP(end_sleeper) struct sleeper stranger = start_sleeper();
	enum thread_seized seized;
	CHECK_OK(thread_seize(child, stranger.pid, &seized));
	CHECK(seized == THREAD_STRANGER);
	CHECK_NUMBER(tracer_of(stranger.pid), getpid());
	CHECK(!thread_let_go(stranger.pid));
	REQUIRE(wakes_up(&stranger));
	CHECK(thread_let_go(stranger.pid));
	CHECK_NUMBER(tracer_of(stranger.pid), 0);
}

static void free_stop(struct thread_stop **stop)
{
	thread_stop_free(*stop);
}

/* Stops a process and a stranger that sleeps; true: the process alone is what was stopped. */
static bool stop_both(int child, int stranger, struct thread_stop **ret)
{
	struct process_identity process;
	const int tids[] = { child, stranger };
	size_t count = 0;
	struct error *error = process_identity_take(child, &process);
	if (!error)
		error = thread_stop_begin_some(&process, tids, 2, NULL, ret);
	if (error) {
		error_free(error);
		return false;
	}
	thread_stop_threads(*ret, &count);
	return count == 1 && tracer_of(stranger) == getpid();
}

TEST(a_stranger_that_wakes_while_the_process_stands)
{
	CLEANUP(end_child) int child = start_child();
	CLEANUP(end_sleeper) struct sleeper stranger = start_sleeper();
	CLEANUP(free_stop) struct thread_stop *stop = NULL;
	REQUIRE(stop_both(child, stranger.pid, &stop));
	CHECK(!thread_stop_take_ends(stop));
	REQUIRE(wakes_up(&stranger));
	CHECK(!thread_stop_take_ends(stop));
	CHECK_NUMBER(tracer_of(stranger.pid), 0);
	CHECK_NUMBER(tracer_of(child), getpid());
}

TEST(a_stranger_that_wakes_after_the_resume)
{
	CLEANUP(end_child) int child = start_child();
	CLEANUP(end_sleeper) struct sleeper stranger = start_sleeper();
	CLEANUP(free_stop) struct thread_stop *stop = NULL;
	REQUIRE(stop_both(child, stranger.pid, &stop));
	thread_stop_resume(stop);
	CHECK_NUMBER(tracer_of(child), 0);
	CHECK(!thread_stop_let_go(stop));
	REQUIRE(wakes_up(&stranger));
	CHECK(thread_stop_let_go(stop));
	CHECK_NUMBER(tracer_of(stranger.pid), 0);
}

TEST(an_id_of_nobody)
{
	int child = start_child();
	enum thread_seized seized;
	end_child(&child);
	CHECK_OK(thread_seize(getpid(), child, &seized));
	CHECK(seized == THREAD_ENDED);
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_thread_of_the_process),
	CASE_ONCE(an_id_that_is_another_process_by_now),
	CASE_ONCE(an_id_that_is_another_process_which_sleeps),
	CASE_ONCE(a_stranger_that_wakes_while_the_process_stands),
	CASE_ONCE(a_stranger_that_wakes_after_the_resume),
	CASE_ONCE(an_id_of_nobody),
};
TAP_MAIN(cases)
