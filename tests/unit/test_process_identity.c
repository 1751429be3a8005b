#include "attach/process_identity.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(we_are_who_we_are)
{
	struct process_identity identity;
	CHECK_OK(process_identity_take(getpid(), &identity));
	CHECK_NUMBER(identity.pid, getpid());
	CHECK_OK(process_identity_check(&identity));
}

TEST(another_process_of_the_same_number)
{
	struct process_identity identity;
	CHECK_OK(process_identity_take(getpid(), &identity));
	identity.start_time--;
	CHECK_FAILS(process_identity_check(&identity), ERROR_NOT_FOUND,
		    "has ended, and another process has its number");
}

TEST(no_process)
{
	struct process_identity identity;
	CHECK_FAILS(process_identity_take(INT32_MAX, &identity), ERROR_NOT_FOUND,
		    "there is no process 2147483647 here");
	CHECK_FAILS(process_identity_take(0, &identity), ERROR_NOT_FOUND, "no process 0");
}

/* As a zombie it still has its number; once its parent has waited for it, not. */
TEST(a_process_that_ends)
{
	struct process_identity identity = { 0 };
	siginfo_t info;
	pid_t child = fork();
	if (!child)
		_exit(0);
	struct error *taken = process_identity_take(child, &identity);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	struct error *zombie = taken ? NULL : process_identity_check(&identity);
	waitpid(child, NULL, 0);
	CHECK_OK(taken);
	CHECK_OK(zombie);
	char message[64];
	snprintf(message, sizeof(message), "process %d has ended", (int)child);
	CHECK_FAILS(process_identity_check(&identity), ERROR_NOT_FOUND, message);
}

static const struct tap_case cases[] = { CASE(we_are_who_we_are),
					 CASE(another_process_of_the_same_number), CASE(no_process),
					 CASE(a_process_that_ends) };
TAP_MAIN(cases)
