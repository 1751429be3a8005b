#include "attach/snapshot_keeper.h"

#include "attach/live_target.h"
#include "attach/memory_guard.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_memory.h"
#include "attach/process_state.h"
#include "attach/shared_memory.h"
#include "attach/snapshot_refusal.h"
#include "attach/snapshot_release.h"
#include "attach/snapshot_stop.h"
#include "attach/stand_watch.h"
#include "attach/syscall_filter.h"
#include "attach/thread_seize.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Set by SIGTERM: from the program when it is told to stop, from the kernel when it dies. */
static volatile sig_atomic_t stop_requested;

struct keeper {
	const struct snapshot_request *request;
	struct task task;
	int program; /* the process that wants the snapshot */
	int socket, file;
	struct arena arena;
	struct memory_guard *guard, *own_guard; /* of the target, and of ourselves */
	struct memory_pace pace;                /* of the target */
	enum syscall_filter filter;             /* of the first thread that lives */
	struct wiped_areas wiped;
	struct shared_memory *shared;       /* its files, looked up before it is stopped */
	struct syscall_places places;       /* of the target, while it is stopped */
	struct syscall_injection injection; /* the one that made the copy */
	bool lost;                          /* a borrowed thread is in a call that does not end */
	bool trusts_wait; /* no filter of the thread that made the copy forbids wait4 */
	int leftovers[SNAPSHOT_LEFTOVERS_MAX];
	unsigned leftover_count;
	struct target *target;     /* while it is stopped */
	struct stand_watch *watch; /* then, and while there is a copy */
	int copy;                  /* 0: none */
	int copy_in_target;        /* as the target calls it */
	struct snapshot_record record;
};

static void send_message(const struct keeper *keeper, const struct snapshot_message *message)
{
	if (send(keeper->socket, message, sizeof(*message), MSG_NOSIGNAL) < 0)
		stop_requested = 1; /* the program is gone */
}

/* --- taking it */

static struct error *copy_died_early(const struct keeper *keeper)
{
	return error_new(ERROR_OS, "the copy of process %d died as soon as it was made",
			 keeper->request->process.pid);
}

static struct error *clone_by(struct keeper *keeper, struct syscall_injection *injection)
{
	const struct snapshot_request *request = keeper->request;
	int pid = request->process.pid;
	uint64_t arguments[SYSCALL_ARGUMENTS];
	long result;
	keeper->trusts_wait =
		injection->spared || syscall_filter_trusts(keeper->filter, pid, injection->tid);
	if (!keeper->trusts_wait && !request->insist)
		return snapshot_refuse_filter(request, injection->suspended);
	for (unsigned i = 0; i < keeper->leftover_count && keeper->trusts_wait; i++) {
		bool unused;
		TRY(snapshot_reap_by(injection, keeper->leftovers[i], &unused));
	}
	syscall_clone_arguments(SNAPSHOT_CLONE_FLAGS, SNAPSHOT_CLONE_STACK, 0, arguments);
	struct error *error = syscall_injection_call(injection, SYS_clone, arguments, &result);
	keeper->copy = injection->child ? injection->child : injection->dead_child;
	TRY(error);
	if (result < 0)
		return snapshot_clone_failed(pid, (int)-result);
	keeper->copy_in_target = (int)result;
	return injection->child ? NULL : copy_died_early(keeper);
}

/* NOT_FOUND: the copy has died. */
static struct error *name_copy(struct keeper *keeper)
{
	struct error *error = syscall_injection_name_child(&keeper->injection, SNAPSHOT_COPY_NAME);
	if (!error || error->code == ERROR_NOT_FOUND || error->code == ERROR_CANCELLED)
		return error;
	error_free(error); /* a copy without a name is one all the same */
	return NULL;
}

/* The copy was made while the code of the call was there: the code is taken away, so that a dump
 * has what the process has.
 *
 * The copy shares the process's descriptors while that lives. Once it has died the copy alone would
 * hold its sockets, and a process that is started in its place could not bind its port. So the copy
 * gets a table of its own, an empty one (close_range(2), Linux 5.9: nothing is closed that way, as
 * nothing is copied). Where that cannot be done it shares on. And it gets a name of its own, for
 * whoever lists processes, where no seccomp filter can mind. */
static struct error *tidy_copy(struct keeper *keeper)
{
	enum { UNSHARE = 1 << 1 }; /* linux/close_range.h: CLOSE_RANGE_UNSHARE */
	const uint64_t arguments[SYSCALL_ARGUMENTS] = { 0, UINT32_MAX, UNSHARE };
	long result;
	struct error *error = syscall_injection_call_child(&keeper->injection, SYS_close_range,
							   arguments, &result);
	if (!error && (keeper->trusts_wait || keeper->injection.suspended))
		error = name_copy(keeper);
	if (error && error->code == ERROR_NOT_FOUND) {
		error_free(error);
		/* Its number is another's once its end has been taken. */
		if (thread_take_end(keeper->copy) || !thread_is_ours(keeper->copy))
			keeper->copy = 0;
		return copy_died_early(keeper);
	}
	TRY(error);
	(void)syscall_place_clear(keeper->copy, keeper->injection.address);
	return NULL;
}

static struct error *make_copy(struct keeper *keeper, const struct stopped_thread *thread)
{
	TRY(syscall_injection_begin(keeper->target, live_target_stop(keeper->target), thread,
				    &keeper->places, &keeper->task, &keeper->injection));
	struct error *error = clone_by(keeper, &keeper->injection);
	keeper->lost = keeper->injection.lost;
	thread_stop_have_copy(live_target_stop(keeper->target), keeper->copy);
	syscall_injection_end(&keeper->injection);
	return error;
}

/* Shared memory that is copied counts against our own limit, which is the target's where we are in
 * its container. */
static uint64_t frozen_bytes_most(const struct keeper *keeper)
{
	struct memory_room room;
	memory_guard_room(keeper->own_guard, false, &room);
	uint64_t kept = memory_guard_kept_bytes(&room);
	uint64_t spare = room.room_bytes > kept ? room.room_bytes - kept : 0;
	return spare < LIMIT_FROZEN_BYTES ? spare : LIMIT_FROZEN_BYTES;
}

static void end_watch(struct keeper *keeper)
{
	stand_watch_end(keeper->watch);
	keeper->watch = NULL;
}

/* The end by the watch is without a word: the program has to know of it before. */
static void tell_that_it_stands(const struct keeper *keeper, bool stands)
{
	const struct snapshot_message message = { .kind = SNAPSHOT_STANDS,
						  .since_ms = stands ? clock_ms() : 0 };
	send_message(keeper, &message);
}

/* From here to the end the process is stopped. */
static struct error *copy_standing(struct keeper *keeper)
{
	const struct stopped_thread *thread = NULL;
	struct process_maps copy_maps;
	struct snapshot_record *record = &keeper->record;
	tell_that_it_stands(keeper, true);
	TRY(stand_watch_begin(LIMIT_STAND_MS, &keeper->watch));
	TRY(snapshot_stop(&keeper->request->process, keeper->filter, &keeper->task, &keeper->target,
			  &keeper->places, &thread));
	struct thread_stop *stop = live_target_stop(keeper->target);
	record->maps = *process_memory_maps(keeper->target);
	record->threads = thread_stop_threads(stop, &record->thread_count);
	TRY(make_copy(keeper, thread));
	record->copy_pid = keeper->copy;
	TRY(process_maps_read(keeper->copy, &keeper->arena, &copy_maps));
	const struct frozen_request request = { .wiped = &keeper->wiped,
						.memory = keeper->shared,
						.most_bytes = frozen_bytes_most(keeper) };
	TRY(frozen_pages_copy(keeper->target, &record->maps, &copy_maps, &request, keeper->file,
			      &keeper->arena, &record->frozen));
	TRY(tidy_copy(keeper));
	memory_guard_runs_short(keeper->guard, &keeper->pace); /* from here on it writes */
	record->pause_ms = live_target_resume(keeper->target);
	end_watch(keeper);
	tell_that_it_stands(keeper, false);
	shared_memory_close(keeper->shared);
	keeper->shared = NULL;
	return NULL;
}

/* FLOORS_LOOK: it is looked at more often. FLOORS_STAND: what is written while the copy is freed
 * may be too much. */
enum { FLOORS_LOOK = 4, FLOORS_STAND = 2 };

static bool is_near(const struct memory_room *room, unsigned floors)
{
	return room->room_bytes / floors < room->floor_bytes;
}

/* All its threads wake at once, and what each writes first is copied: for as long as it was stopped
 * the process has the machine to itself. */
static struct error *give_way(struct keeper *keeper)
{
	enum { LONGEST_MS = 200, LOOK_US = 4 * 1000 };
	double pause_ms = keeper->record.pause_ms;
	uint64_t end = clock_ms() + (uint64_t)(pause_ms < LONGEST_MS ? pause_ms : LONGEST_MS);
	char figures[256];
	for (; !stop_requested && clock_ms() < end; clock_sleep_us(LOOK_US)) {
		if (!memory_guard_runs_short(keeper->guard, &keeper->pace))
			continue;
		snapshot_room_text(&keeper->pace.room, figures, sizeof(figures));
		return error_new(ERROR_UNSUPPORTED, "the copy of process %d was dropped: %s",
				 keeper->request->process.pid, figures);
	}
	return NULL;
}

/* What lies in files of the process, which may be on a disk that does not answer. */
static struct error *look_at_files(struct keeper *keeper)
{
	struct target *target;
	TRY(live_target_open(&keeper->request->process, LIVE_RUNNING, NULL, &target));
	const struct process_maps *maps = process_memory_maps(target);
	struct error *error = shared_memory_open(process_memory_files_id(target), &keeper->shared);
	if (!error)
		error = shared_memory_survey(keeper->shared, maps);
	syscall_places_fetch(target, maps);
	target_close(target);
	return error;
}

static struct error *take(struct keeper *keeper, uint64_t *ret_record)
{
	int pid = keeper->request->process.pid;
	TRY(process_state_check(pid, PROCESS_NEED_CALL));
	TRY(memory_guard_open(pid, &keeper->guard));
	TRY(memory_guard_open(getpid(), &keeper->own_guard));
	TRY(snapshot_check_room(keeper->request, keeper->guard, 0));
	TRY(wiped_areas_read(process_memory_id(pid), &keeper->arena, &keeper->wiped));
	if (keeper->wiped.huge_bytes)
		return snapshot_refuse_huge(pid, keeper->wiped.huge_bytes);
	TRY(look_at_files(keeper));
	keeper->filter = syscall_filter_of(pid, process_memory_id(pid));
	keeper->leftover_count = snapshot_leftovers(pid, keeper->leftovers);
	TRY(copy_standing(keeper));
	TRY(give_way(keeper));
	TRY(thread_stop_read_details(live_target_stop(keeper->target)));
	TRY(stand_watch_begin(LIMIT_KEEPER_SLEEPS_MS, &keeper->watch));
	*ret_record = frozen_pages_end(&keeper->record.frozen);
	return snapshot_record_write(keeper->file, &keeper->record, ret_record);
}

/* --- watching it */

struct stuck {
	uint64_t looked_ms, told_ms; /* CLOCK_MONOTONIC; 0: never, not reported */
};

/* Its end may have been taken with those of the threads (thread_stop_have_copy()). */
static bool copy_died(struct keeper *keeper)
{
	if (!thread_take_end(keeper->copy) && thread_is_ours(keeper->copy))
		return false;
	keeper->copy = 0;
	return true;
}

/* A program that waits in the kernel, as for a file system that does not answer, takes no signal
 * and does not even die: but the signal is shown as pending (proc(5): SigPnd, ShdPnd). */
static bool program_is_told(const struct keeper *keeper)
{
	const uint64_t wanted = 1ull << (SIGTERM - 1) | 1ull << (SIGINT - 1) |
				1ull << (SIGHUP - 1) | 1ull << (SIGKILL - 1);
	return proc_signals_pending(keeper->program) & wanted;
}

/* For LIMIT_HOLD_TOLD_MS; looked at ten times a second. */
static bool program_is_stuck(const struct keeper *keeper, struct stuck *stuck)
{
	enum { LOOK_MS = 100 };
	uint64_t now = clock_ms();
	if (now - stuck->looked_ms < LOOK_MS)
		return false;
	stuck->looked_ms = now;
	if (!program_is_told(keeper))
		stuck->told_ms = 0;
	else if (!stuck->told_ms)
		stuck->told_ms = now;
	return stuck->told_ms && now - stuck->told_ms > LIMIT_HOLD_TOLD_MS;
}

/* The process runs, but for threads that slept uninterruptibly: those are let go as they wake. */
static void let_go(struct keeper *keeper)
{
	if (!keeper->target || !target_release(keeper->target))
		return;
	target_close(keeper->target);
	keeper->target = NULL;
}

/* The first process of a PID namespace takes the others with it. */
const char *snapshot_why_killed(int pid)
{
	return process_has_ended(pid)
		       ? "the process has ended, and the copy was killed"
		       : "the copy was killed, as the kernel does when memory runs out";
}

/* Why it is to be dropped: *ret->text; "": the program wants no more of it. */
static void watch(struct keeper *keeper, struct snapshot_message *ret)
{
	enum { CALM_MS = 20, ALERT_MS = 4 };
	const struct snapshot_request *request = keeper->request;
	uint64_t end = clock_ms() + request->hold_seconds * 1000ull;
	struct stuck stuck = { 0 };
	const struct memory_room *room = &keeper->pace.room;
	int tick = ALERT_MS;
	for (;;) {
		struct pollfd wait = { .fd = keeper->socket, .events = POLLIN };
		let_go(keeper);
		stand_watch_renew(keeper->watch);
		if (poll(&wait, 1, tick) > 0 || stop_requested || program_is_stuck(keeper, &stuck))
			return;
		if (memory_guard_runs_short(keeper->guard, &keeper->pace)) {
			snapshot_room_text(room, ret->text, sizeof(ret->text));
			return;
		}
		tick = is_near(room, FLOORS_LOOK) ? ALERT_MS : CALM_MS;
		if (request->hold_seconds && clock_ms() >= end) {
			char time[32];
			text_of_seconds(request->hold_seconds, time, sizeof(time));
			snprintf(ret->text, sizeof(ret->text), "it was held for %s (--hold)", time);
			return;
		}
		if (copy_died(keeper)) {
			snprintf(ret->text, sizeof(ret->text), "%s",
				 snapshot_why_killed(request->process.pid));
			return;
		}
	}
}

/* --- the process */

static void send_error(const struct keeper *keeper, struct error *error)
{
	struct snapshot_message message = { .kind = SNAPSHOT_FAILED,
					    .code = error->code,
					    .os_errno = error->os_errno };
	snprintf(message.text, sizeof(message.text), "%s", error->message);
	error_free(error);
	send_message(keeper, &message);
}

/* Threads that sleep are let go meanwhile: then the process is not stopped once more. */
static void kill_copy(struct keeper *keeper, struct thread_stop *held)
{
	struct memory_room room;
	memory_guard_room(keeper->guard, false, &room);
	if (!held && is_near(&room, FLOORS_STAND))
		snapshot_kill_copy_standing(&keeper->request->process, keeper->copy,
					    keeper->program);
	else
		snapshot_kill_copy(keeper->copy, held);
}

static bool release(struct keeper *keeper)
{
	struct thread_stop *held = keeper->target ? live_target_stop(keeper->target) : NULL;
	if (keeper->copy)
		kill_copy(keeper, held);
	if (!keeper->copy_in_target)
		return true;
	/* Not even the program's end is a reason to leave this undone. */
	return keeper->trusts_wait && snapshot_reap(&keeper->request->process,
						    keeper->copy_in_target, keeper->filter, held);
}

static int keep(struct keeper *keeper)
{
	struct snapshot_message message = { .kind = SNAPSHOT_TAKEN };
	struct error *error = take(keeper, &message.record);
	if (error && keeper->copy && copy_died(keeper)) {
		error_free(error);
		error = error_new(ERROR_OS, "there is no snapshot: %s",
				  snapshot_why_killed(keeper->request->process.pid));
	}
	if (keeper->lost) {
		/* The kernel lets go what we cannot. */
		send_error(keeper, error);
		return 1;
	}
	if (error) {
		if (keeper->target)
			let_go(keeper); /* resumes, if that was not done */
		end_watch(keeper);
		bool clean = release(keeper);
		target_close(keeper->target);
		send_error(keeper, process_identity_explain(&keeper->request->process, error));
		return clean ? 0 : 1;
	}
	message.leaves_zombie = !keeper->trusts_wait;
	send_message(keeper, &message);
	message = (struct snapshot_message){ .kind = SNAPSHOT_DROPPED };
	watch(keeper, &message);
	end_watch(keeper);
	if (message.text[0]) /* first: the reader then knows why there is nothing more to read */
		send_message(keeper, &message);
	bool clean = release(keeper);
	target_close(keeper->target);
	return clean ? 0 : 1;
}

static void on_term(int number)
{
	(void)number;
	stop_requested = 1;
}

static void ignore_signals(void)
{
	struct sigaction action = { .sa_handler = on_term };
	for (int number = 1; number < NSIG; number++)
		signal(number, number == SIGCHLD ? SIG_DFL : SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void snapshot_keeper_run(const struct snapshot_request *request, int program, int socket,
				   int file)
{
	enum { HIGHEST_PRIORITY = -20 }; /* setpriority(2) */
	struct keeper keeper = { .request = request,
				 .task = { .stop = &stop_requested },
				 .program = program,
				 .socket = socket,
				 .file = file };
	setsid();
	ignore_signals();
	descriptors_close_others(socket, file);
	arena_init(&keeper.arena);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != program)
		_exit(1);
	/* Its looks at the memory that is left come in time, or not at all. Either takes
	 * CAP_SYS_NICE, or RLIMIT_RTPRIO and RLIMIT_NICE (sched(7)). */
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }))
		setpriority(PRIO_PROCESS, 0, HIGHEST_PRIORITY);
	_exit(keep(&keeper));
}
