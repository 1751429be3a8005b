#include "attach/snapshot_stop.h"

#include "attach/credentials.h"
#include "attach/proc_file.h"
#include "attach/process_memory.h"
#include "attach/process_state.h"
#include "attach/snapshot_refusal.h"
#include "base/clock.h"
#include "base/limits.h"

#include <errno.h>

static bool is_our_like(int tracer)
{
	CLEANUP(text_deinit) struct text theirs = { 0 };
	CLEANUP(text_deinit) struct text ours = { 0 };
	return !proc_file_read(&theirs, LIMIT_PROC_FILE_BYTES, "/proc/%d/comm", tracer) &&
	       !proc_file_read(&ours, LIMIT_PROC_FILE_BYTES, "/proc/self/comm") &&
	       !strcmp(text_string(&theirs), text_string(&ours));
}

/* Is it another clrpod, for a moment, that traces the process? One that is outside of our PID
 * namespace shows only by the state of the threads that it has stopped. Before it has, and once it
 * has let go, it keeps us from a thread as a seccomp filter or a security module would: those do it
 * each time. *refused: how often that was so. */
static bool traced_by_our_like(int pid, const struct error *error, unsigned *refused)
{
	enum { REFUSED_MOST = 4 };
	struct arena arena;
	struct process_state state;
	arena_init(&arena);
	error_free(process_state_read(pid, &arena, &state)); /* zeros then */
	arena_deinit(&arena);
	if (state.tracer)
		return is_our_like(state.tracer);
	if (error->os_errno != EPERM || !credentials_permitted(CAPABILITY_SYS_PTRACE))
		return false;
	return state.activity == PROCESS_TRACED || ++*refused < REFUSED_MOST;
}

/* Did a clrpod that was killed leave a thread in its code? Such a thread goes home by itself as
 * soon as it may run. */
static bool is_on_its_way(const struct target *target, const struct syscall_places *places)
{
	size_t count;
	const struct stopped_thread *threads =
		thread_stop_threads(live_target_stop(target), &count);
	for (size_t i = 0; i < count; i++)
		if (syscall_places_hold(places, &threads[i]))
			return true;
	return false;
}

/* Can one of its threads, all of which are stopped, be borrowed now? NULL: later, or *ret_no_place,
 * as it was in the first moments after an execve, when no library is mapped yet. */
static const struct stopped_thread *choose_thread(struct target *target, enum syscall_filter filter,
						  struct syscall_places *places, bool *ret_no_place)
{
	bool none_free = true;
	const struct process_maps *maps = process_memory_maps(target);
	*ret_no_place = false;
	syscall_places_find(target, maps, places);
	syscall_places_clean(target, maps, live_target_stop(target), places);
	for (size_t i = 0; i < places->count; i++)
		none_free &= places->places[i].marked;
	if (is_on_its_way(target, places))
		return NULL;
	*ret_no_place = none_free;
	return none_free
		       ? NULL
		       : syscall_injection_choose(target, live_target_stop(target), places, filter);
}

static void let_go(struct target **target)
{
	target_close(*target);
	*target = NULL;
}

struct error *snapshot_stop(const struct process_identity *process, enum syscall_filter filter,
			    const struct task *task, struct target **ret_target,
			    struct syscall_places *ret_places,
			    const struct stopped_thread **ret_thread)
{
	enum { PLACE_TRIES = 4, PAUSE_US = 20 * 1000 };
	uint64_t end = clock_ms() + LIMIT_CALL_MS;
	*ret_target = NULL;
	for (unsigned without_place = 0, refused = 0;;) {
		struct error *error =
			live_target_open(process, LIVE_STOPPED_BRIEFLY, task, ret_target);
		bool late = clock_ms() > end;
		if (error && (error->code != ERROR_OS || late ||
			      !traced_by_our_like(process->pid, error, &refused)))
			return error;
		error_free(error);
		if (!error) {
			bool no_place;
			*ret_thread = choose_thread(*ret_target, filter, ret_places, &no_place);
			if (*ret_thread)
				return NULL;
			bool on_its_way = is_on_its_way(*ret_target, ret_places);
			let_go(ret_target);
			if (no_place && ++without_place == PLACE_TRIES)
				return snapshot_refuse_place(process->pid);
			if (late)
				return snapshot_refuse_thread(process->pid, on_its_way);
		}
		TRY(task_check(task, "stopping the process"));
		clock_sleep_us(PAUSE_US);
	}
}
