#include "dump/collect/collect.h"

#include "attach/live_target.h"
#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_memory.h"
#include "attach/process_usage.h"
#include "attach/snapshot_target.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/patient_writer.h"
#include "dump/collect/core_layout.h"
#include "dump/collect/core_notes.h"

#include <unistd.h>

struct collection {
	const struct collect_request *request;
	struct collect_result *result;
	struct destination *to;
	struct target *target;
	struct core_layout layout;
	struct core_mark mark;
	struct target_usage usage; /* before the copy is made */
	struct text notes;
	struct arena arena; /* names in the notes */
};

/* NULL: the process itself is stopped. */
static struct snapshot *snapshot_of(const struct collection *collection)
{
	return collection->request->freeze ? NULL : snapshot_target_snapshot(collection->target);
}

static const struct stopped_thread *threads_of(const struct collection *collection,
					       size_t *ret_count)
{
	const struct snapshot *snapshot = snapshot_of(collection);
	if (!snapshot)
		return live_target_threads(collection->target, ret_count);
	*ret_count = snapshot_record(snapshot)->thread_count;
	return snapshot_record(snapshot)->threads;
}

static struct error *explain(const struct collection *collection, struct error *error)
{
	return collection->request->freeze ? live_target_explain(collection->target, error)
					   : snapshot_target_explain(collection->target, error);
}

/* Before anything is stopped or written: what will it be about? */
static struct error *estimate(const struct collect_request *request, uint64_t *ret_bytes)
{
	struct target *target;
	struct core_layout layout = { 0 };
	TRY(live_target_open(&request->process, LIVE_RUNNING, NULL, &target));
	struct error *error = core_layout_build(process_memory_files_id(target),
						process_memory_maps(target), NULL, &layout);
	if (!error)
		error = core_contents_select(&layout, target, process_memory_maps(target),
					     request->type, NULL, 0);
	*ret_bytes = layout.bytes;
	core_layout_deinit(&layout);
	target_close(target);
	return error;
}

/* A file of /proc/PID as text in the arena; "" when it cannot be read. */
static const char *proc_text(int pid, const char *name, struct arena *arena)
{
	CLEANUP(text_deinit) struct text file = { 0 };
	if (proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/%s", pid, name))
		return "";
	for (size_t i = 0; i + 1 < file.length; i++)
		if (!file.bytes[i])
			file.bytes[i] = ' '; /* between the words of cmdline */
	const char *copy = arena_copy_text(arena, text_string(&file), file.length);
	return copy ? copy : "";
}

static void describe_process(int pid, struct arena *arena, struct core_process *ret)
{
	enum {
		STAT_PPID = 4,
		STAT_PGRP,
		STAT_SESSION,
		STAT_FLAGS = 9,
		STAT_NICE = 19
	}; /* proc(5) */
	CLEANUP(text_deinit) struct text file = { 0 };
	int memory_id = process_memory_id(pid); /* the first thread may have ended */
	int64_t number;
	uint64_t id;
	ret->pid = pid;
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/stat", memory_id)) {
		ret->parent_pid = proc_stat_number(&file, STAT_PPID, &number) ? (int)number : 0;
		ret->group = proc_stat_number(&file, STAT_PGRP, &number) ? (int)number : 0;
		ret->session = proc_stat_number(&file, STAT_SESSION, &number) ? (int)number : 0;
		ret->flags = proc_stat_number(&file, STAT_FLAGS, &number) ? (uint64_t)number : 0;
		ret->nice = proc_stat_number(&file, STAT_NICE, &number) ? (int)number : 0;
		ret->state = proc_stat_state(&file);
	}
	if (!proc_file_read(&file, LIMIT_PROC_FILE_BYTES, "/proc/%d/status", pid)) {
		ret->pid = proc_namespace_id(&file, pid);
		ret->uid = proc_number(&file, "Uid", 10, &id) ? (unsigned)id : 0;
		ret->gid = proc_number(&file, "Gid", 10, &id) ? (unsigned)id : 0;
	}
	char *name = (char *)proc_text(pid, "comm", arena);
	size_t length = strlen(name);
	if (length && name[length - 1] == '\n')
		name[length - 1] = '\0';
	ret->name = name;
	ret->arguments = proc_text(memory_id, "cmdline", arena);
}

static struct error *build_notes(struct collection *collection)
{
	struct target *target = collection->target;
	const struct process_maps *maps = process_memory_maps(target);
	struct core_process process = { .maps = maps->maps,
					.map_count = maps->count,
					.page_size = target->page_size,
					.ticks_per_second = (uint32_t)sysconf(_SC_CLK_TCK),
					.mark = &collection->mark,
					.usage = &collection->usage };
	uint8_t auxv[4096];
	process.auxv = auxv;
	process.auxv_size = target->ops->auxv(target, auxv, sizeof(auxv));
	process.threads = threads_of(collection, &process.thread_count);
	describe_process(target->pid, &collection->arena, &process);
	for (size_t i = 0; i < process.thread_count; i++) {
		collection->result->threads += process.threads[i].set_count > 0;
		collection->result->threads_missing += process.threads[i].set_count == 0;
	}
	collection->result->mappings = (unsigned)maps->count;
	return core_notes_build(&process, &collection->notes);
}

/* A core that ends early is kept when it is of use and its end was not asked for. */
static struct error *ended_early(struct collection *collection, const struct core_written *written,
				 struct error *error)
{
	struct collect_result *result = collection->result;
	struct snapshot *snapshot = snapshot_of(collection);
	const char *dropped = snapshot ? snapshot_dropped(snapshot) : NULL;
	bool told = error && error->code == ERROR_CANCELLED &&
		    task_signal(collection->request->task) != SIGINT;
	bool gone = error && error->code == ERROR_NOT_FOUND;
	if ((!told && !gone) || written->priorities <= CORE_FIRST)
		return explain(collection, error);
	error_free(error);
	if (told)
		snprintf(result->ended, sizeof(result->ended),
			 "clrpod was told to stop before all memory was written");
	else if (dropped)
		snprintf(result->ended, sizeof(result->ended),
			 "the snapshot was dropped, as %s (--freeze needs none)", dropped);
	else
		snprintf(result->ended, sizeof(result->ended),
			 "process %d was killed while its core was being written",
			 collection->request->process.pid);
	return NULL;
}

static struct error *open_target(struct collection *collection)
{
	const struct collect_request *request = collection->request;
	struct snapshot_request snapshot = { .process = request->process,
					     .insist = request->insist,
					     .insist_line = request->insist_line };
	if (request->freeze)
		return live_target_open(&request->process, LIVE_STOPPED, request->task,
					&collection->target);
	return snapshot_target_open(&snapshot, request->task, &collection->target);
}

static struct error *select_contents(struct collection *collection)
{
	const struct collect_request *request = collection->request;
	const struct region *more = NULL;
	size_t count = 0;
	if (request->more)
		TRY(request->more(request->more_context, collection->target, &collection->arena,
				  &more, &count));
	return core_contents_select(&collection->layout, collection->target,
				    process_memory_maps(collection->target), request->type, more,
				    count);
}

/* What the core will hold. */
static struct error *plan(struct collection *collection, const struct frozen_pages *frozen)
{
	const struct target *target = collection->target;
	TRY(core_layout_build(process_memory_files_id(target), process_memory_maps(target), frozen,
			      &collection->layout));
	TRY(select_contents(collection));
	TRY(core_mark_make(collection->request->type == CORE_TYPE_MINI, &collection->mark));
	return build_notes(collection);
}

/* With --freeze from the first interrupt to the last detach: nothing here that could wait. */
static struct error *write_core(struct collection *collection)
{
	const struct collect_request *request = collection->request;
	struct collect_result *result = collection->result;
	TRY(process_identity_explain(&request->process, open_target(collection)));
	struct target *target = collection->target;
	struct snapshot *snapshot = snapshot_of(collection);
	const struct frozen_pages *frozen = snapshot ? &snapshot_record(snapshot)->frozen : NULL;
	TRY(explain(collection, plan(collection, frozen)));
	TRY(explain(collection, target_check(target))); /* a dead one has no pages */
	struct core_contents contents = { .target = target,
					  .segments = collection->layout.segments,
					  .segment_count = collection->layout.count,
					  .lost = collection->layout.lost,
					  .lost_count = collection->layout.lost_count,
					  .notes = collection->notes.bytes,
					  .notes_size = collection->notes.length,
					  .mark = &collection->mark };
	struct core_written written = { 0 };
	struct error *error =
		core_write(destination_sink(collection->to), &contents, request->task, &written);
	TRY(ended_early(collection, &written, error));
	result->frozen = !snapshot;
	result->pause_ms =
		snapshot ? snapshot_record(snapshot)->pause_ms : live_target_resume(target);
	result->moving_bytes = frozen ? frozen->moving_bytes : 0;
	result->lost_bytes = frozen ? frozen->lost_bytes : 0;
	collection->target = NULL;
	target_close(target); /* a snapshot costs memory for as long as it is there */
	result->core_bytes = written.file_bytes;
	result->memory_bytes = written.memory_bytes;
	result->unknown_bytes = collection->layout.unknown_bytes;
	result->unreadable_bytes = written.unreadable_bytes;
	result->withheld_bytes = written.withheld_bytes;
	uint64_t planned = collection->layout.bytes + collection->layout.untouched_bytes;
	if (result->ended[0] && planned > written.memory_bytes) {
		result->unreadable_bytes = planned - written.memory_bytes;
		result->withheld_bytes = 0;
	}
	result->untouched_bytes = collection->layout.untouched_bytes;
	result->too_long_bytes = collection->layout.too_long_bytes;
	result->left_out_bytes = collection->layout.left_out_bytes;
	return NULL;
}

static struct error *finish(struct collection *collection)
{
	struct collect_result *result = collection->result;
	struct destination_figures figures;
	const char *path = collection->request->to.path;
	if (result->ended[0])
		TRY(destination_keep(collection->to, &figures, &path));
	else
		TRY(destination_finish(collection->to, &figures));
	snprintf(result->path, sizeof(result->path), "%s", path ? path : "-");
	result->file_bytes = figures.bytes;
	result->disk_bytes = figures.disk_bytes;
	return NULL;
}

static struct error *collect(struct collection *collection)
{
	const struct collect_request *request = collection->request;
	uint64_t bytes = 0;
	TRY(process_exists(request->process.pid));
	if (request->process.pid == getpid())
		return error_new(ERROR_USAGE, "process %d is clrpod itself", request->process.pid);
	TRY(destination_check(&request->to));
	TRY(process_identity_explain(&request->process, estimate(request, &bytes)));
	TRY(destination_open(&request->to, bytes, &collection->to));
	process_usage_read(request->process.pid, &collection->usage);
	TRY(write_core(collection));
	return finish(collection);
}

struct error *collect_process(const struct collect_request *request, struct collect_result *ret)
{
	uint64_t start_ns = clock_ns();
	struct collection collection = { .request = request, .result = ret };
	*ret = (struct collect_result){ 0 };
	arena_init(&collection.arena);
	struct error *error = collect(&collection);
	bool held = collection.target != NULL;
	target_close(collection.target); /* resumes, if that was not done */
	if (held && patient_write_stalled(error))
		error = error_context(error, "process %d was let go", request->process.pid);
	destination_free(collection.to);
	core_layout_deinit(&collection.layout);
	text_deinit(&collection.notes);
	arena_deinit(&collection.arena);
	ret->total_ms = (double)(clock_ns() - start_ns) / 1e6;
	return error;
}
