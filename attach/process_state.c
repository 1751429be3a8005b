#include "attach/process_state.h"

#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "attach/process_life.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>
#include <unistd.h>

/* Threads, counted by what they do. */
struct census {
	int pid;
	size_t living, stopped, asleep;
	int tracer;
	bool dumping;
	bool unseen; /* a tracer outside of our PID namespace: it has no number here */
	uint64_t switches;
};

static void count(const struct text *status, char state, struct census *census)
{
	uint64_t number;
	census->living++;
	census->stopped += state == 'T';
	census->asleep += state == 'D';
	if (proc_number(status, "CoreDumping", 10, &number)) /* Linux 4.15+ */
		census->dumping |= number != 0;
	/* A sleeping thread may be traced by a clrpod that waits to let it go (thread_seize.h), as
	 * we may be ourselves. */
	int tracer = state == 'D' ? 0 : proc_tracer(status);
	if (!census->tracer && tracer != getpid())
		census->tracer = tracer;
	census->unseen |= state == 't' && !tracer;
	if (proc_number(status, "voluntary_ctxt_switches", 10, &number))
		census->switches += number;
	if (proc_number(status, "nonvoluntary_ctxt_switches", 10, &number))
		census->switches += number;
}

static struct error *count_thread(pid_t tid, void *context)
{
	struct census *census = context;
	CLEANUP(text_deinit) struct text status = { 0 };
	size_t length;
	int failed = proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/task/%d/status",
				    census->pid, (int)tid);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed && failed != ENOENT && failed != ESRCH)
		return error_os(failed, "cannot read /proc/%d/task/%d/status", census->pid,
				(int)tid);
	const char *state = failed ? NULL : proc_field(&status, "State", &length);
	if (state && *state != 'Z' && *state != 'X')
		count(&status, *state, census);
	return NULL;
}

static enum process_activity activity_of(const struct census *census, enum process_freezer freezer)
{
	if (!census->living)
		return PROCESS_ENDED;
	if (census->dumping)
		return PROCESS_DUMPING;
	if (freezer)
		return PROCESS_FROZEN;
	if (census->tracer || census->unseen)
		return PROCESS_TRACED;
	if (census->stopped == census->living)
		return PROCESS_STOPPED;
	return census->asleep == census->living ? PROCESS_ASLEEP : PROCESS_RUNNING;
}

static struct error *read_parent(int pid, int *ret)
{
	CLEANUP(text_deinit) struct text status = { 0 };
	int failed = proc_file_read(&status, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid);
	if (failed == ENOMEM)
		return &error_no_memory;
	*ret = failed ? 0 : proc_parent(&status);
	return NULL;
}

const char *process_activity_name(enum process_activity activity)
{
	static const char *const names[] = {
		[PROCESS_RUNNING] = "running", [PROCESS_STOPPED] = "stopped",
		[PROCESS_TRACED] = "traced",   [PROCESS_FROZEN] = "frozen",
		[PROCESS_ASLEEP] = "asleep",   [PROCESS_DUMPING] = "dumping",
		[PROCESS_ENDED] = "zombie",
	};
	return names[activity];
}

static char *freeze_reason(const struct process_freeze *freeze, struct arena *arena)
{
	bool v1 = freeze->by == PROCESS_FREEZER_V1;
	const char *as_it_is = v1 ? "analyze --no-stop reads" : "--freeze stops and reads";
	if (!freeze->group)
		return arena_printf(
			arena,
			"its control group, or one above it, is frozen (as docker "
			"pause does it): thaw it first (docker unpause); %s it as it is",
			as_it_is);
	CLEANUP(text_deinit) struct text file = { 0 };
	CLEANUP(text_deinit) struct text word = { 0 };
	text_printf(&file, "%s/%s", freeze->group, v1 ? "freezer.state" : "cgroup.freeze");
	text_append_shell_word(&word, text_string(&file)); /* the maker of a group names it */
	if (text_failed(&file) || text_failed(&word))
		return NULL;
	return arena_printf(arena,
			    "its control group %s is frozen (as docker pause does it): thaw it "
			    "first (docker unpause, or echo %s > %s); %s it as it is",
			    freeze->group, v1 ? "THAWED" : "0", text_string(&word), as_it_is);
}

static char *zombie_reason(int parent, struct arena *arena)
{
	char name[32] = "";
	if (parent)
		snprintf(name, sizeof(name), ", process %d,", parent);
	return arena_printf(arena,
			    "it has ended and is a zombie: its parent%s has not waited for it, and "
			    "nothing of its memory is left",
			    name);
}

static struct error *explain(struct process_state *state, struct arena *arena)
{
	switch (state->activity) {
	case PROCESS_RUNNING:
	case PROCESS_STOPPED:
		return NULL;
	case PROCESS_TRACED:
		state->reason =
			state->tracer
				? arena_printf(
					  arena,
					  "process %d is tracing it already: end that debugger",
					  state->tracer)
				: process_unseen_tracer;
		break;
	case PROCESS_FROZEN:
		state->reason = freeze_reason(&state->freeze, arena);
		break;
	case PROCESS_ASLEEP:
		state->reason = arena_printf(
			arena,
			"all of its threads (%zu) are in an uninterruptible sleep (a disk or "
			"a network file system does not answer, or a vfork's child has "
			"not begun its program): analyze --no-stop reads it as it is",
			state->living);
		break;
	case PROCESS_DUMPING:
		state->reason = arena_printf(
			arena, "it has crashed, and its core is being written, which would be cut "
			       "off: wait for the core");
		break;
	case PROCESS_ENDED:
		state->reason = zombie_reason(state->parent, arena);
		break;
	}
	return state->reason ? NULL : &error_no_memory;
}

struct error *process_state_read(int pid, struct arena *arena, struct process_state *ret)
{
	struct census census = { .pid = pid };
	*ret = (struct process_state){ 0 };
	TRY(process_exists(pid));
	TRY(proc_visit_tasks(pid, count_thread, &census));
	if (census.living)
		TRY(process_freeze_read(process_memory_id(pid), arena, &ret->freeze));
	ret->activity = activity_of(&census, ret->freeze.by);
	TRY(read_parent(pid, &ret->parent));
	ret->tracer = census.tracer;
	ret->living = census.living;
	ret->switches = census.switches;
	return explain(ret, arena);
}

/* Asleep at each look, and never meanwhile anything else? Traced for more than a moment, which is
 * all that another snapshot takes? */
static struct error *watch(int pid, struct arena *arena, struct process_state *state)
{
	enum { PAUSE_US = 20 * 1000, LOOKS_TRACED = 3, LOOKS_ASLEEP = 25 };
	const struct process_state first = *state;
	int looks = first.activity == PROCESS_ASLEEP ? LOOKS_ASLEEP : LOOKS_TRACED;
	for (int i = 0; i < looks && state->activity == first.activity; i++) {
		clock_sleep_us(PAUSE_US);
		TRY(process_state_read(pid, arena, state));
		if (first.activity == PROCESS_ASLEEP && state->activity == PROCESS_ASLEEP &&
		    (state->switches != first.switches || state->living != first.living))
			state->activity = PROCESS_RUNNING;
	}
	return NULL;
}

static bool in_the_way(const struct process_state *state, enum process_need need)
{
	switch (state->activity) {
	case PROCESS_RUNNING:
		break;
	case PROCESS_STOPPED:
		return need == PROCESS_NEED_ANSWER;
	case PROCESS_TRACED:
	case PROCESS_ASLEEP:
		return need != PROCESS_NEED_CALL;
	case PROCESS_FROZEN:
		return need != PROCESS_NEED_STOP || state->freeze.by == PROCESS_FREEZER_V1;
	case PROCESS_DUMPING:
	case PROCESS_ENDED:
		return true;
	}
	return false;
}

/* Its memory is closed to us: what else could read it is no advice. */
static const char *no_answer_reason(enum process_activity activity)
{
	static const char *const reasons[] = {
		[PROCESS_STOPPED] =
			"it is stopped by job control (SIGSTOP, Ctrl-Z): kill -CONT lets "
			"it run",
		[PROCESS_TRACED] = "another traces it, as it would itself: end that debugger",
		[PROCESS_FROZEN] = "its control group, or one above it, is frozen (as docker pause "
				   "does it): thaw it first",
		[PROCESS_ASLEEP] =
			"all of its threads are in an uninterruptible sleep (a disk or a "
			"network file system does not answer)",
		[PROCESS_DUMPING] = "it has crashed, and its core is being written: wait for that",
		[PROCESS_ENDED] = "it has ended and is a zombie",
	};
	return reasons[activity];
}

static struct error *check(int pid, enum process_need need, struct arena *arena)
{
	struct process_state state;
	TRY(process_state_read(pid, arena, &state));
	if (in_the_way(&state, need) &&
	    (state.activity == PROCESS_ASLEEP || state.activity == PROCESS_TRACED))
		TRY(watch(pid, arena, &state));
	if (!in_the_way(&state, need))
		return NULL;
	enum error_code code = ERROR_UNSUPPORTED;
	if (state.activity == PROCESS_ENDED)
		code = ERROR_NOT_FOUND;
	if (state.activity == PROCESS_TRACED)
		code = ERROR_OS;
	struct error *error =
		need == PROCESS_NEED_ANSWER
			? error_new(code, "the runtime of process %d cannot answer: %s", pid,
				    no_answer_reason(state.activity))
			: error_new(code, "cannot stop process %d: %s", pid, state.reason);
	if (error != &error_no_memory && code == ERROR_OS)
		error->os_errno = EPERM;
	return error;
}

struct error *process_state_check(int pid, enum process_need need)
{
	struct arena arena;
	arena_init(&arena);
	struct error *error = check(pid, need, &arena);
	arena_deinit(&arena);
	return error;
}
