#include "attach/live_target.h"

#include "attach/process_access.h"
#include "attach/process_architecture.h"
#include "attach/process_life.h"
#include "attach/process_memory.h"
#include "attach/running_threads.h"
#include "attach/stopped_threads.h"
#include "attach/thread_hold.h"
#include "base/arena.h"

#include <elf.h>
#include <errno.h>

enum { RANGES_TRIED = 8 };

struct live_target {
	struct process_memory memory; /* first, and the target first in it; without its pages when
					 it was opened LIVE_STOPPED_BRIEFLY */
	struct process_identity process;
	struct thread_hold *hold; /* NULL: it was not opened LIVE_STOPPED */
	struct thread_stop *stop; /* NULL: nor LIVE_STOPPED_BRIEFLY */
	bool released;            /* what was held of it was let go */
	struct arena arena;       /* has the memory's maps */
};

static struct live_target *live_of(const struct target *target)
{
	return (struct live_target *)target;
}

/* By us, or by the thread that held it. */
static bool was_let_go(const struct live_target *live)
{
	return live->released || (live->hold && !thread_hold_lasts(live->hold));
}

/* Another thread may live on where the first one has ended: its memory alone is asked, when it is
 * read with pread, which shows that. */
static bool has_memory(const struct process_memory *memory)
{
	return process_memory_is_there(memory) &&
	       (memory->fd >= 0 || !process_memory_has_ended(memory));
}

static size_t live_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct live_target *live = live_of(target);
	if (was_let_go(live))
		return 0; /* it runs: what is there now is of another moment */
	live->memory.assumed = false;
	if (live->hold)
		thread_hold_read_begins(live->hold);
	size_t done = process_memory_read(&live->memory, address, buffer, size);
	bool gone = live->memory.assumed && !has_memory(&live->memory);
	if (live->hold)
		thread_hold_read_ends(live->hold);
	return gone || was_let_go(live) ? 0 : done;
}

static struct error *live_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	struct live_target *live = live_of(target);
	if (!live->stop && !live->hold)
		return running_threads_visit(target->pid, visit, context);
	size_t count;
	const struct stopped_thread *threads = live_target_threads(target, &count);
	return stopped_threads_visit(threads, count, visit, context);
}

/* /proc/PID/mem and process_vm_readv read nothing any more once the process, or the program it ran,
 * is gone (proc_pid_mem(5)): asked of ranges that are always there while it lives. */
static struct error *live_check(struct target *target)
{
	struct live_target *live = live_of(target);
	unsigned tried = 0;
	if (live->hold && thread_hold_saw_death(live->hold))
		return error_new(ERROR_NOT_FOUND,
				 "process %d %s while it stood still: nothing of it can be read "
				 "any more",
				 live->process.pid,
				 process_identity_ended(&live->process)
					 ? "was killed"
					 : "began another program (execve)");
	if (was_let_go(live))
		return error_new(ERROR_NOT_FOUND,
				 "process %d was let go%s, and runs: refresh takes it anew",
				 live->process.pid,
				 live->hold && thread_hold_saw_silence(live->hold)
					 ? ", as a page of it did not come from its disk for 10 s"
					 : "");
	for (size_t i = 0; i < live->memory.maps.count && tried < RANGES_TRIED; i++) {
		uint8_t byte;
		const struct process_map *map = &live->memory.maps.maps[i];
		if (!(map->protection & PF_R) || map->kind != PROCESS_MAP_ANONYMOUS)
			continue;
		if (live_read_some(target, map->start, &byte, 1) == 1)
			return NULL;
		tried++;
	}
	return error_new(ERROR_NOT_FOUND,
			 "process %d has ended since it was opened: nothing of it can be read any "
			 "more",
			 live->process.pid);
}

static bool live_release(struct target *target)
{
	struct live_target *live = live_of(target);
	live->released |= live->hold || live->stop;
	if (live->hold)
		thread_hold_end(live->hold);
	if (!live->stop)
		return true;
	thread_stop_resume(live->stop);
	return thread_stop_let_go(live->stop);
}

static enum target_hole live_explain_hole(struct target *target, uint64_t address)
{
	struct live_target *live = live_of(target);
	return was_let_go(live) ? HOLE_EMPTY
				: mapped_pages_explain_hole(&live->memory.mapped, address, true);
}

static void live_close(struct target *target)
{
	struct live_target *live = live_of(target);
	thread_hold_free(live->hold);
	thread_stop_free(live->stop);
	process_memory_deinit(&live->memory);
	arena_deinit(&live->arena);
	free(live);
}

static const struct target_ops live_ops = {
	.kind = "live",
	.close = live_close,
	.read_some = live_read_some,
	.visit_mappings = process_memory_visit_mappings,
	.visit_regions = process_memory_visit_regions,
	.visit_threads = live_visit_threads,
	.auxv = process_memory_auxv,
	.check = live_check,
	.open_file = process_memory_open_file,
	.release = live_release,
	.explain_hole = live_explain_hole,
};

static struct error *open_files(struct live_target *live)
{
	struct process_memory *memory = &live->memory;
	struct error *error = process_maps_read(memory->id, &live->arena, &memory->maps);
	if (error && error->code == ERROR_OS && error->os_errno == EACCES) {
		error_free(error);
		return process_access_denied(live->process.pid, EACCES);
	}
	TRY(error);
	if (!memory->maps.count)
		return error_new(ERROR_NOT_FOUND, "process %d has ended, or is a kernel thread",
				 live->process.pid);
	if (!live->stop)
		TRY(process_memory_open_pages(memory, 0));
	return process_memory_open(memory, PROCESS_MEMORY_ANY_WAY);
}

static struct live_target *live_new(const struct process_identity *process)
{
	struct live_target *live = calloc(1, sizeof(*live));
	if (!live)
		return NULL;
	process_memory_init(&live->memory, &live_ops, process->pid);
	live->process = *process;
	arena_init(&live->arena);
	return live;
}

/* Of what the number led to, not of another that got it meanwhile. */
static struct error *open_checked(struct live_target *live, const struct process_identity *process)
{
	TRY(open_files(live));
	return process_identity_check(process);
}

static struct error *stop(struct live_target *live, const struct process_identity *process,
			  enum live_stop how, const struct task *task)
{
	switch (how) {
	case LIVE_RUNNING:
		return NULL;
	case LIVE_STOPPED:
		return thread_hold_begin(process, task, &live->hold);
	case LIVE_STOPPED_BRIEFLY:
		return thread_stop_begin(process, task, &live->stop);
	}
	return NULL;
}

struct error *live_target_open(const struct process_identity *process, enum live_stop how,
			       const struct task *task, struct target **ret)
{
	struct live_target *live = live_new(process);
	if (!live)
		return &error_no_memory;
	int id = process_memory_id(process->pid);
	struct error *error = process_identity_check(process);
	/* Before it is stopped: the disk of this file may not answer. */
	struct error *foreign = error ? NULL
				      : process_architecture_read(id, process->pid,
								  &live->memory.base.architecture);
	if (!error)
		error = stop(live, process, how, task);
	if (error) /* which says more */
		error_free(foreign);
	else
		error = foreign;
	if (!error) {
		id = process_memory_id(process->pid); /* its first thread may have ended */
		process_memory_begin(&live->memory, id);
		if (live->hold)
			thread_hold_read_begins(live->hold);
		error = open_checked(live, process);
		if (live->hold)
			thread_hold_read_ends(live->hold);
	}
	error = process_identity_explain(process, error);
	if (error)
		live_close(&live->memory.base);
	else
		*ret = &live->memory.base;
	return error;
}

struct error *live_target_explain(struct target *target, struct error *error)
{
	struct live_target *live = live_of(target);
	if (!error || error->code == ERROR_CANCELLED)
		return error;
	struct error *gone = error->code == ERROR_OS ? live_check(target) : NULL;
	if (gone)
		error_free(error);
	return gone ? gone : process_identity_explain(&live->process, error);
}

const struct stopped_thread *live_target_threads(const struct target *target, size_t *ret_count)
{
	const struct live_target *live = live_of(target);
	*ret_count = 0;
	if (live->hold)
		return thread_hold_threads(live->hold, ret_count);
	if (live->stop)
		return thread_stop_threads(live->stop, ret_count);
	return NULL;
}

struct thread_stop *live_target_stop(const struct target *target)
{
	return live_of(target)->stop;
}

double live_target_resume(struct target *target)
{
	struct live_target *live = live_of(target);
	if (live->hold)
		return thread_hold_end(live->hold);
	return live->stop ? thread_stop_resume(live->stop) : 0;
}
