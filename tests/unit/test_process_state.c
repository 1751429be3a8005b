#include "attach/proc_file.h"
#include "attach/process_state.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that waits to be killed. */
static pid_t start_child(void)
{
	pid_t child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* *ret_check: whether it could be stopped; NULL also when the first look failed. */
static struct error *look(pid_t child, struct arena *arena, struct process_state *ret,
			  struct error **ret_check)
{
	struct error *error = process_state_read(child, arena, ret);
	*ret_check = error ? NULL : process_state_check(child, PROCESS_NEED_STOP);
	return error;
}

TEST(we_run)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_state state;
	arena_init(&arena);
	CHECK_OK(process_state_read(getpid(), &arena, &state));
	CHECK_TEXT(process_activity_name(state.activity), "running");
	CHECK(!state.reason);
	CHECK_NUMBER(state.parent, getppid());
	CHECK_NUMBER(state.living, 1);
	CHECK_OK(process_state_check(getpid(), PROCESS_NEED_CALL));
	CHECK_FAILS(process_state_check(INT32_MAX, PROCESS_NEED_STOP), ERROR_NOT_FOUND,
		    "there is no process");
}

TEST(stopped_by_job_control)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_state state;
	struct error *checked;
	arena_init(&arena);
	pid_t child = start_child();
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	struct error *error = look(child, &arena, &state, &checked);
	end_child(child);
	CHECK_OK(error);
	CHECK_OK(checked);
	CHECK_TEXT(process_activity_name(state.activity), "stopped");
	CHECK(!state.reason);
}

TEST(a_zombie)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_state state;
	struct error *checked;
	siginfo_t info;
	arena_init(&arena);
	pid_t child = start_child();
	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	struct error *error = look(child, &arena, &state, &checked);
	end_child(child);
	CHECK_OK(error);
	CHECK_FAILS(checked, ERROR_NOT_FOUND, "it has ended and is a zombie: its parent, process ");
	CHECK_TEXT(process_activity_name(state.activity), "zombie");
	CHECK_NUMBER(state.living, 0);
	CHECK_NUMBER(state.parent, getpid());
}

TEST(traced_by_another)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_state state;
	struct error *checked;
	char tracer[64];
	arena_init(&arena);
	int ends[2];
	char answer = 0;
	pid_t child = start_child();
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	pid_t other = fork();
	if (!other) {
		answer = !ptrace(PTRACE_SEIZE, child, NULL, NULL);
		if (write(ends[1], &answer, 1) == 1)
			pause();
		_exit(0);
	}
	bool seized = read(ends[0], &answer, 1) == 1 && answer;
	struct error *error = look(child, &arena, &state, &checked);
	end_child(other);
	end_child(child);
	close(ends[0]);
	close(ends[1]);
	snprintf(tracer, sizeof(tracer), "process %d is tracing it already", (int)other);
	CHECK_OK(error);
	if (!seized) {
		CHECK_OK(checked);
		SKIP("ptrace is not allowed here");
	}
	CHECK_FAILS(checked, ERROR_OS, tracer);
	CHECK_TEXT(process_activity_name(state.activity), "traced");
	CHECK_NUMBER(state.tracer, other);
}

static void *wait_and_end(void *unused)
{
	(void)unused;
	const struct timespec time = { .tv_sec = 30 };
	nanosleep(&time, NULL);
	_exit(0);
}

/* The parent of a vforked child sleeps uninterruptibly until that child ends. */
TEST(asleep)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_state state = { 0 };
	struct error *checked, *error = NULL;
	arena_init(&arena);
	pid_t child = fork();
	if (!child) {
		if (!vfork())
			wait_and_end(NULL);
		_exit(0);
	}
	for (int i = 0; i < 500 && !error && state.activity != PROCESS_ASLEEP; i++) {
		usleep(10000);
		error = process_state_read(child, &arena, &state);
	}
	checked = error ? NULL : process_state_check(child, PROCESS_NEED_STOP);
	end_child(child);
	CHECK_OK(error);
	CHECK_FAILS(checked, ERROR_UNSUPPORTED,
		    "all of its threads (1) are in an uninterruptible sleep");
	CHECK_TEXT(process_activity_name(state.activity), "asleep");
}

static int end_first_thread(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, wait_and_end, NULL))
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}

/* The first thread is a zombie; the process is none. */
TEST(without_its_first_thread)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_state state = { .living = 2 };
	struct error *checked, *error = NULL;
	arena_init(&arena);
	pid_t child = fork();
	if (!child)
		_exit(end_first_thread());
	for (int i = 0; i < 500 && !error && (state.living != 1 || i < 3); i++) {
		usleep(10000);
		error = process_state_read(child, &arena, &state);
	}
	checked = error ? NULL : process_state_check(child, PROCESS_NEED_STOP);
	end_child(child);
	CHECK_OK(error);
	CHECK_OK(checked);
	CHECK_NUMBER(state.living, 1);
	CHECK_TEXT(process_activity_name(state.activity), "running");
}

TEST(a_fork_has_run_no_program)
{
	pid_t child = start_child();
	CHECK(!proc_has_executed(child));
	CHECK(proc_has_executed(getpid()));
	CHECK(!proc_is_ending(child));
	end_child(child);
	CHECK(!proc_has_executed(child));
}

static const struct tap_case cases[] = {
	CASE(we_run),
	CASE(stopped_by_job_control),
	CASE(a_zombie),
	CASE(traced_by_another),
	CASE_ONCE(asleep),
	CASE_ONCE(without_its_first_thread),
	CASE_ONCE(a_fork_has_run_no_program),
};
TAP_MAIN(cases)
