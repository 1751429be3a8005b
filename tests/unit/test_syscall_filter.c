/* Whether a filter can be suspended is said as the kernel says it, in whatever user namespace. */
#include "attach/syscall_filter.h"
#include "tests/unit/tap.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAME, ANOTHER, NO_NAMESPACE, NO_FILTER };

/* A process under a filter that lets everything pass, which waits to be killed. */
static pid_t filtered_new(void)
{
	int ready[2];
	char byte;
	if (pipe(ready))
		return -1;
	pid_t child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		struct sock_fprog program = { 1, &pass };
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	bool is_ready = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return is_ready ? child : -1;
}

static int answer(bool apart)
{
	if (apart && unshare(CLONE_NEWUSER))
		return NO_NAMESPACE;
	pid_t child = filtered_new();
	if (child < 0)
		return NO_FILTER;
	bool told = syscall_filter_lets_through(child);
	bool is_so = !ptrace(PTRACE_SEIZE, child, NULL, (void *)PTRACE_O_SUSPEND_SECCOMP);
	kill(child, SIGKILL);
	waitpid(child, NULL, __WALL);
	return told == is_so ? SAME : ANOTHER;
}

static void check_answer(bool apart)
{
	int status;
	pid_t child = fork();
	if (!child)
		_exit(answer(apart));
	REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE)
		SKIP("no user namespace can be had here");
	if (WEXITSTATUS(status) == NO_FILTER)
		SKIP("no filter can be had here");
	CHECK_NUMBER(WEXITSTATUS(status), SAME);
}

TEST(a_filter_can_be_suspended_or_not)
{
	check_answer(false);
}

TEST(in_another_user_namespace_too)
{
	check_answer(true);
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_filter_can_be_suspended_or_not),
	CASE_ONCE(in_another_user_namespace_too),
};
TAP_MAIN(cases)
