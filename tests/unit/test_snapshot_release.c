/* A copy that is not freed in time, as it stops at its end (PTRACE_O_TRACEEXIT), and for which a
 * process is stopped. */
#include "attach/proc_file.h"
#include "attach/snapshot_release.h"
#include "attach/thread_seize.h"
#include "base/clock.h"
#include "base/limits.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int start_child(void)
{
	int parent = getpid(), pid = fork();
	if (pid < 0)
		abort();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(1);
}

static void end_child(const int *pid)
{
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
}

static void keep(const struct process_identity *process, int program)
{
	int copy = start_child();
	if (ptrace(PTRACE_SEIZE, copy, NULL, PTRACE_O_TRACEEXIT))
		_exit(1);
	snapshot_kill_copy_standing(process, copy, program);
	_exit(0);
}

static bool comes_to(int pid, bool stands, unsigned seconds)
{
	enum { LOOK_US = 10 * 1000 };
	uint64_t end = clock_ms() + seconds * 1000;
	do {
		CLEANUP(text_deinit) struct text stat = { 0 };
		if (!proc_file_read(&stat, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", pid) &&
		    (proc_stat_state(&stat) == 't') == stands)
			return true;
		clock_sleep_us(LOOK_US);
	} while (clock_ms() < end);
	return false;
}

TEST(a_process_stands_no_longer_than_may_be)
{
	enum { SECONDS = LIMIT_STAND_FREED_MS / 1000 + 3 };
	CLEANUP(end_child) int process = start_child();
	struct process_identity identity;
	CHECK_OK(process_identity_take(process, &identity));
	int program = getpid(), pid = fork();
	if (!pid)
		keep(&identity, program);
	CLEANUP(end_child) int keeper = pid;
	CHECK(comes_to(process, true, 2));
	CHECK(comes_to(process, false, SECONDS));
	CHECK_NUMBER(waitpid(keeper, NULL, WNOHANG), 0); /* it waits on, and was not killed */
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_process_stands_no_longer_than_may_be),
};
TAP_MAIN(cases)
