#include "attach/snapshot_target.h"

#include "attach/process_architecture.h"
#include "attach/process_life.h"
#include "attach/process_memory.h"
#include "attach/stopped_threads.h"

struct snapshot_target {
	struct process_memory memory; /* of the copy; first, and the target first in it */
	struct process_identity process;
	struct snapshot *snapshot; /* NULL: not taken yet */
};

static struct snapshot_target *shot_of(const struct target *target)
{
	return (struct snapshot_target *)target;
}

static const struct frozen_pages *frozen_of(const struct snapshot_target *shot)
{
	return &snapshot_record(shot->snapshot)->frozen;
}

/* Within a mapping of which all pages are in runs: another page was never touched, or is one of its
 * file. *size is cut to the mapping. */
static size_t read_beside_runs(struct snapshot_target *shot, const struct frozen_area *area,
			       uint64_t address, void *buffer, size_t *size)
{
	if (area->end - address < *size)
		*size = (size_t)(area->end - address);
	if (existing_pages_of_file(shot->memory.pages, address))
		return process_memory_read(&shot->memory, address, buffer, *size);
	memset(buffer, 0, *size);
	return *size;
}

/* What was frozen is newer than what the copy shares with the process. */
static size_t read_pages(struct snapshot_target *shot, uint64_t address, void *buffer, size_t size)
{
	const struct frozen_pages *frozen = frozen_of(shot);
	size_t done = 0;
	while (done < size) {
		uint64_t next;
		uint8_t *to = (uint8_t *)buffer + done;
		size_t wanted = size - done;
		size_t part = frozen_pages_read(frozen, address + done, to, wanted, &next);
		const struct frozen_area *area =
			part ? NULL : frozen_pages_area(frozen, address + done);
		if (area && area->state != FROZEN_WHOLE)
			return done;
		if (!part) {
			if (next - (address + done) < wanted)
				wanted = (size_t)(next - (address + done));
			part = area ? read_beside_runs(shot, area, address + done, to, &wanted)
				    : process_memory_read(&shot->memory, address + done, to,
							  wanted);
			if (part < wanted)
				return done + part;
		}
		done += part;
	}
	return done;
}

/* A copy that is dying may have its memory still. */
static bool has_memory(const struct process_memory *memory)
{
	return process_memory_is_there(memory) && !process_memory_has_ended(memory);
}

static size_t shot_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct snapshot_target *shot = shot_of(target);
	shot->memory.assumed = false;
	size_t done = read_pages(shot, address, buffer, size);
	return shot->memory.assumed && !has_memory(&shot->memory) ? 0 : done;
}

static struct error *shot_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	const struct snapshot_record *record = snapshot_record(shot_of(target)->snapshot);
	return stopped_threads_visit(record->threads, record->thread_count, visit, context);
}

static struct error *shot_check(struct target *target)
{
	const char *dropped = snapshot_dropped(shot_of(target)->snapshot);
	if (!dropped)
		return NULL;
	return error_new(ERROR_NOT_FOUND,
			 "the snapshot of process %d was dropped, as %s: refresh takes a new one",
			 target->pid, dropped);
}

static bool shot_release(struct target *target)
{
	snapshot_drop(shot_of(target)->snapshot);
	return true;
}

static enum target_hole shot_explain_hole(struct target *target, uint64_t address)
{
	struct snapshot_target *shot = shot_of(target);
	bool inherited = !frozen_pages_area(frozen_of(shot), address);
	return mapped_pages_explain_hole(&shot->memory.mapped, address, inherited);
}

static void shot_close(struct target *target)
{
	struct snapshot_target *shot = shot_of(target);
	snapshot_close(shot->snapshot);
	process_memory_deinit(&shot->memory);
	free(shot);
}

static const struct target_ops shot_ops = {
	.kind = "live",
	.close = shot_close,
	.read_some = shot_read_some,
	.visit_mappings = process_memory_visit_mappings,
	.visit_regions = process_memory_visit_regions,
	.visit_threads = shot_visit_threads,
	.auxv = process_memory_auxv,
	.check = shot_check,
	.open_file = process_memory_open_file,
	.release = shot_release,
	.explain_hole = shot_explain_hole,
};

static struct error *open_files(struct snapshot_target *shot)
{
	const struct snapshot_record *record = snapshot_record(shot->snapshot);
	struct process_memory *memory = &shot->memory;
	int pid = shot->process.pid;
	process_memory_begin(memory, record->copy_pid);
	TRY(process_architecture_read(memory->id, pid, &memory->base.architecture));
	memory->maps = record->maps;
	TRY(process_memory_open_pages(memory, process_memory_id(pid)));
	return process_memory_open(memory, PROCESS_MEMORY_BY_PREAD);
}

struct error *snapshot_target_explain(struct target *target, struct error *error)
{
	struct snapshot_target *shot = shot_of(target);
	const char *dropped = error ? snapshot_dropped(shot->snapshot) : NULL;
	if (!error || error->code == ERROR_CANCELLED)
		return error;
	struct error *gone = NULL;
	if (dropped)
		gone = error_new(ERROR_NOT_FOUND,
				 "the snapshot of process %d was dropped, as %s: try again",
				 target->pid, dropped);
	else if (error->code == ERROR_OS)
		gone = shot_check(target);
	if (gone)
		error_free(error);
	return gone ? gone : process_identity_explain(&shot->process, error);
}

struct error *snapshot_target_open(const struct snapshot_request *request, const struct task *task,
				   struct target **ret)
{
	struct snapshot_target *shot = calloc(1, sizeof(*shot));
	if (!shot)
		return &error_no_memory;
	process_memory_init(&shot->memory, &shot_ops, request->process.pid);
	shot->process = request->process;
	struct error *error = process_identity_check(&request->process);
	error = error ? error : snapshot_take(request, task, &shot->snapshot);
	if (!error)
		error = snapshot_target_explain(&shot->memory.base, open_files(shot));
	if (error)
		shot_close(&shot->memory.base);
	else
		*ret = &shot->memory.base;
	return error;
}

struct snapshot *snapshot_target_snapshot(const struct target *target)
{
	return shot_of(target)->snapshot;
}
