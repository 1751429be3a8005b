/* Threads of children, and one that is not of the process that it was listed of. */
#include "attach/proc_file.h"
#include "attach/thread_seize.h"
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
	CASE_ONCE(an_id_of_nobody),
};
TAP_MAIN(cases)
