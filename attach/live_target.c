#include "attach/live_target.h"

#include "attach/credentials.h"
#include "attach/existing_pages.h"
#include "attach/mapped_pages.h"
#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "attach/process_life.h"
#include "attach/process_architecture.h"
#include "attach/process_file.h"
#include "attach/running_threads.h"
#include "attach/thread_hold.h"
#include "base/bytes.h"
#include "base/limits.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

enum { AUXV_BYTES_MAX = 4096, RANGES_TRIED = 8 };

struct live_target {
	struct target base;
	int memory_id; /* whose /proc files these are: process_memory_id(), or the copy */
	int memory_fd; /* -1: process_vm_readv instead */
	struct thread_hold *hold;  /* NULL: it was not opened LIVE_STOPPED */
	struct thread_stop *stop;  /* NULL: nor LIVE_STOPPED_BRIEFLY */
	struct snapshot *snapshot; /* NULL: there is none */
	bool released;             /* what was held of it was let go */
	struct process_identity process;
	bool assumed; /* a read has believed the page table that a page is not there */
	struct arena arena;
	struct process_maps maps;
	struct mapped_pages mapped;
	struct existing_pages *pages; /* of these; NULL: opened LIVE_STOPPED_BRIEFLY, for a few
					 bytes that are known to be there */
	uint8_t auxv[AUXV_BYTES_MAX];
	size_t auxv_size;
};

static struct live_target *live_of(const struct target *target)
{
	return (struct live_target *)target;
}

/* Page by page over a hole's edge: one iovec of the remote side is read whole or not at all. */
static ssize_t read_by_vm_readv(const struct live_target *live, uint64_t address, void *buffer,
				size_t size)
{
	struct iovec local = { .iov_base = buffer, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(CREDENTIALS_LOOK);
	ssize_t done = process_vm_readv(live->memory_id, &local, 1, &remote, 1, 0);
	size_t to_page = live->base.page_size - address % live->base.page_size;
	if (done < 0 && errno == EFAULT && size > to_page) {
		local.iov_len = remote.iov_len = to_page;
		done = process_vm_readv(live->memory_id, &local, 1, &remote, 1, 0);
	}
	return done;
}

static size_t read_pages(const struct live_target *live, uint64_t address, void *buffer,
			 size_t size)
{
	size_t done = 0;
	while (done < size) {
		uint8_t *to = (uint8_t *)buffer + done;
		ssize_t part =
			live->memory_fd >= 0
				? pread(live->memory_fd, to, size - done, (off_t)(address + done))
				: read_by_vm_readv(live, address + done, to, size - done);
		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			break;
		done += (size_t)part;
	}
	return done;
}

/* What of it a disk would have to bring is read of the file; `through`: and then through the
 * process, whose page table has it from then on. */
static size_t read_existing(struct live_target *live, uint64_t address, void *buffer, size_t size,
			    bool through)
{
	size_t done = 0;
	while (done < size) {
		uint8_t *to = (uint8_t *)buffer + done;
		uint64_t at = address + done, end;
		enum mapped_state state =
			mapped_pages_look(&live->mapped, at, address + size, &end);
		size_t run = (size_t)(end - at), part = 0;
		live->assumed |= state == MAPPED_IN_FILE;
		if (state == MAPPED_IN_FILE)
			part = mapped_pages_read_file(&live->mapped, at, to, run);
		if (state == MAPPED_IN_FILE && !part && live->mapped.rewritten)
			continue;
		if (state == MAPPED_READY || (part && through))
			part = read_pages(live, at, to, part ? part : run);
		done += part;
		if (part < run)
			break;
	}
	return done;
}

static size_t read_process(struct live_target *live, uint64_t address, void *buffer, size_t size)
{
	size_t done = 0;
	if (!live->pages)
		return read_pages(live, address, buffer, size);
	if (size > UINT64_MAX - address)
		size = (size_t)(UINT64_MAX - address);
	while (done < size) {
		uint8_t *to = (uint8_t *)buffer + done;
		uint64_t at = address + done, end;
		enum page_state state = existing_pages_look(live->pages, at, address + size, &end);
		size_t run = (size_t)(end - at);
		live->assumed |= state == PAGES_UNTOUCHED;
		if (state == PAGES_UNTOUCHED)
			memset(to, 0, run);
		size_t part = state == PAGES_EXIST       ? read_existing(live, at, to, run, false)
			      : state == PAGES_UNTOUCHED ? run
							 : 0;
		done += part;
		if (part < run)
			break;
	}
	return done;
}

/* Within a mapping of which all pages are in runs: another page was never touched, or is one of its
 * file. *size is cut to the mapping. */
static size_t read_beside_runs(struct live_target *live, const struct frozen_area *area,
			       uint64_t address, void *buffer, size_t *size)
{
	if (area->end - address < *size)
		*size = (size_t)(area->end - address);
	if (existing_pages_of_file(live->pages, address))
		return read_process(live, address, buffer, *size);
	memset(buffer, 0, *size);
	return *size;
}

/* What was frozen is newer than what the copy shares with the process. */
static size_t read_snapshot(struct live_target *live, uint64_t address, void *buffer, size_t size)
{
	const struct frozen_pages *frozen = &snapshot_record(live->snapshot)->frozen;
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
			part = area ? read_beside_runs(live, area, address + done, to, &wanted)
				    : read_process(live, address + done, to, wanted);
			if (part < wanted)
				return done + part;
		}
		done += part;
	}
	return done;
}

/* By us, or by the thread that held it. */
static bool was_let_go(const struct live_target *live)
{
	return live->released || (live->hold && !thread_hold_lasts(live->hold));
}

/* A process without memory has an empty page table. A read of any address says so before it looks
 * at that (fs/proc/base.c: mem_rw). */
static bool has_memory(const struct live_target *live)
{
	uint8_t byte;
	if (live->memory_fd >= 0 && !pread(live->memory_fd, &byte, 1, 0))
		return false;
	if (live->memory_fd >= 0 && !live->snapshot) /* another thread may live on */
		return true;
	return !proc_has_ended(live->memory_id, live->memory_id) &&
	       !proc_is_ending(live->memory_id);
}

static size_t live_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct live_target *live = live_of(target);
	if (was_let_go(live))
		return 0; /* it runs: what is there now is of another moment */
	live->assumed = false;
	if (live->hold)
		thread_hold_read_begins(live->hold);
	size_t done = live->snapshot ? read_snapshot(live, address, buffer, size)
				     : read_process(live, address, buffer, size);
	bool gone = live->assumed && !has_memory(live);
	if (live->hold)
		thread_hold_read_ends(live->hold);
	return gone || was_let_go(live) ? 0 : done;
}

static struct error *live_visit_mappings(struct target *target, mapping_visitor visit,
					 void *context)
{
	struct live_target *live = live_of(target);
	for (size_t i = 0; i < live->maps.count; i++) {
		const struct process_map *map = &live->maps.maps[i];
		if (map->path[0] != '/')
			continue;
		struct mapping mapping = { .start = map->start,
					   .end = map->end,
					   .file_offset = map->file_offset,
					   .path = map->path };
		TRY(visit(&mapping, context));
	}
	return NULL;
}

static struct error *live_visit_regions(struct target *target, region_visitor visit, void *context)
{
	struct live_target *live = live_of(target);
	for (size_t i = 0; i < live->maps.count; i++) {
		const struct process_map *map = &live->maps.maps[i];
		if (!(map->protection & PF_R) || map->kind == PROCESS_MAP_SPECIAL)
			continue;
		struct region region = { .start = map->start,
					 .end = map->end,
					 .protection = map->protection };
		TRY(visit(&region, context));
	}
	return NULL;
}

static struct error *live_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	struct live_target *live = live_of(target);
	if (!live->stop && !live->hold && !live->snapshot)
		return running_threads_visit(live->base.pid, visit, context);
	size_t count;
	const struct stopped_thread *threads = live_target_threads(target, &count);
	for (size_t i = 0; i < count; i++) {
		const struct register_note *general =
			thread_register_note(&threads[i], NT_PRSTATUS);
		struct target_thread thread = { .tid = threads[i].namespace_tid,
						.signal = threads[i].signal,
						.registers = general ? general->bytes : NULL,
						.registers_size = general ? general->size : 0 };
		TRY(visit(&thread, context));
	}
	return NULL;
}

static size_t live_auxv(struct target *target, void *buffer, size_t size)
{
	struct live_target *live = live_of(target);
	if (size > live->auxv_size)
		size = live->auxv_size;
	memcpy(buffer, live->auxv, size);
	return size;
}

/* /proc/PID/mem and process_vm_readv read nothing any more once the process, or the program it ran,
 * is gone (proc_pid_mem(5)): asked of ranges that are always there while it lives. */
static struct error *live_check(struct target *target)
{
	struct live_target *live = live_of(target);
	unsigned tried = 0;
	const char *dropped = live->snapshot ? snapshot_dropped(live->snapshot) : NULL;
	if (dropped)
		return error_new(ERROR_NOT_FOUND,
				 "the snapshot of process %d was dropped, as %s: refresh takes a "
				 "new one",
				 live->base.pid, dropped);
	if (live->snapshot)
		return NULL;
	if (live->hold && thread_hold_saw_death(live->hold))
		return error_new(ERROR_NOT_FOUND,
				 "process %d %s while it stood still: nothing of it can be read "
				 "any more",
				 live->base.pid,
				 process_identity_ended(&live->process)
					 ? "was killed"
					 : "began another program (execve)");
	if (was_let_go(live))
		return error_new(ERROR_NOT_FOUND,
				 "process %d was let go%s, and runs: refresh takes it anew",
				 live->base.pid,
				 live->hold && thread_hold_saw_silence(live->hold)
					 ? ", as a page of it did not come from its disk for 10 s"
					 : "");
	for (size_t i = 0; i < live->maps.count && tried < RANGES_TRIED; i++) {
		uint8_t byte;
		const struct process_map *map = &live->maps.maps[i];
		if (!(map->protection & PF_R) || map->kind != PROCESS_MAP_ANONYMOUS)
			continue;
		if (live_read_some(target, map->start, &byte, 1) == 1)
			return NULL;
		tried++;
	}
	return error_new(ERROR_NOT_FOUND,
			 "process %d has ended since it was opened: nothing of it can be read any "
			 "more",
			 live->base.pid);
}

static int live_open_file(struct target *target, const char *path)
{
	return process_file_open(live_of(target)->memory_id, path, O_RDONLY);
}

static bool live_release(struct target *target)
{
	struct live_target *live = live_of(target);
	if (live->snapshot)
		snapshot_drop(live->snapshot);
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
	bool inherited = !live->snapshot ||
			 !frozen_pages_area(&snapshot_record(live->snapshot)->frozen, address);
	return was_let_go(live) ? HOLE_EMPTY
				: mapped_pages_explain_hole(&live->mapped, address, inherited);
}

static void live_close(struct target *target)
{
	struct live_target *live = live_of(target);
	thread_hold_free(live->hold);
	thread_stop_free(live->stop);
	snapshot_close(live->snapshot);
	if (live->memory_fd >= 0)
		close(live->memory_fd);
	existing_pages_close(live->pages);
	mapped_pages_end(&live->mapped);
	arena_deinit(&live->arena);
	free(live);
}

static const struct target_ops live_ops = {
	.kind = "live",
	.close = live_close,
	.read_some = live_read_some,
	.visit_mappings = live_visit_mappings,
	.visit_regions = live_visit_regions,
	.visit_threads = live_visit_threads,
	.auxv = live_auxv,
	.check = live_check,
	.open_file = live_open_file,
	.release = live_release,
	.explain_hole = live_explain_hole,
};

static struct error *open_memory(struct live_target *live)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", live->memory_id);
	live->memory_fd = proc_open(path, O_RDONLY);
	if (live->memory_fd >= 0)
		return NULL;
	int failed = errno;
	for (size_t i = 0; i < live->maps.count && !live->snapshot; i++) {
		uint8_t byte;
		const struct process_map *map = &live->maps.maps[i];
		if (!(map->protection & PF_R) || map->kind != PROCESS_MAP_ANONYMOUS)
			continue;
		if (read_by_vm_readv(live, map->start, &byte, 1) == 1)
			return NULL;
		break;
	}
	return process_access_denied(live->base.pid, failed);
}

static struct error *read_auxv(struct live_target *live)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	int failed = proc_file_read(&text, AUXV_BYTES_MAX, "/proc/%d/auxv", live->memory_id);
	if (failed == ENOMEM)
		return &error_no_memory;
	if (failed)
		return process_access_denied(live->base.pid, failed);
	live->auxv_size = text.length;
	if (text.length)
		memcpy(live->auxv, text.bytes, text.length);
	return NULL;
}

static struct error *open_pages(struct live_target *live)
{
	TRY(existing_pages_open(live->memory_id, &live->maps, &live->pages));
	live->mapped.memory = existing_pages_memory(live->pages);
	live->mapped.process_id = live->snapshot ? process_memory_id(live->base.pid) : 0;
	return NULL;
}

static struct error *open_files(struct live_target *live)
{
	mapped_pages_begin(&live->mapped, live->memory_id, &live->maps, live->base.page_size);
	if (live->snapshot) {
		TRY(process_architecture_read(live->memory_id, live->base.pid,
					      &live->base.architecture));
		live->maps = snapshot_record(live->snapshot)->maps;
		TRY(open_pages(live));
		TRY(open_memory(live));
		return read_auxv(live);
	}
	struct error *error = process_maps_read(live->memory_id, &live->arena, &live->maps);
	if (error && error->code == ERROR_OS && error->os_errno == EACCES) {
		error_free(error);
		return process_access_denied(live->base.pid, EACCES);
	}
	TRY(error);
	if (!live->maps.count)
		return error_new(ERROR_NOT_FOUND, "process %d has ended, or is a kernel thread",
				 live->base.pid);
	if (!live->stop)
		TRY(open_pages(live));
	TRY(open_memory(live));
	return read_auxv(live);
}

static struct live_target *live_new(const struct process_identity *process)
{
	struct live_target *live = calloc(1, sizeof(*live));
	if (!live)
		return NULL;
	live->base.ops = &live_ops;
	live->process = *process;
	live->base.pid = process->pid;
	live->base.is_live = true;
	live->base.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
	live->memory_fd = -1;
	arena_init(&live->arena);
	return live;
}

/* Hands the target over, or closes it and hands the error on. */
static struct error *opened(struct live_target *live, struct error *error, struct target **ret)
{
	if (error)
		live_close(&live->base);
	else
		*ret = &live->base;
	return error;
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
	live->memory_id = process_memory_id(process->pid);
	struct error *error = process_identity_check(process);
	/* Before it stands: the disk of this file may not answer. */
	struct error *foreign = error ? NULL
				      : process_architecture_read(live->memory_id, live->base.pid,
								  &live->base.architecture);
	if (!error)
		error = stop(live, process, how, task);
	if (error) /* which says more */
		error_free(foreign);
	else
		error = foreign;
	if (!error) {
		live->memory_id = process_memory_id(process->pid); /* its first thread may end */
		if (live->hold)
			thread_hold_read_begins(live->hold);
		error = open_checked(live, process);
		if (live->hold)
			thread_hold_read_ends(live->hold);
	}
	return opened(live, process_identity_explain(process, error), ret);
}

struct error *live_target_explain(struct target *target, struct error *error)
{
	struct live_target *live = live_of(target);
	const char *dropped = error && live->snapshot ? snapshot_dropped(live->snapshot) : NULL;
	if (!error || error->code == ERROR_CANCELLED)
		return error;
	struct error *gone = !dropped && error->code == ERROR_OS ? live_check(target) : NULL;
	if (dropped)
		gone = error_new(ERROR_NOT_FOUND,
				 "the snapshot of process %d was dropped, as %s: try again",
				 live->base.pid, dropped);
	if (gone)
		error_free(error);
	return gone ? gone : process_identity_explain(&live->process, error);
}

struct error *live_target_open_snapshot(const struct snapshot_request *request,
					const struct task *task, struct target **ret)
{
	struct live_target *live = live_new(&request->process);
	if (!live)
		return &error_no_memory;
	struct error *error = process_identity_check(&request->process);
	error = error ? error : snapshot_take(request, task, &live->snapshot);
	if (!error) {
		live->memory_id = snapshot_record(live->snapshot)->copy_pid;
		error = live_target_explain(&live->base, open_files(live));
	}
	return opened(live, error, ret);
}

size_t live_target_read_mapped(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct live_target *live = live_of(target);
	return mapped_pages_have(&live->mapped, address, size)
		       ? read_pages(live, address, buffer, size)
		       : 0;
}

size_t live_target_read_through(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return size > UINT64_MAX - address
		       ? 0
		       : read_existing(live_of(target), address, buffer, size, true);
}

int live_target_memory_id(const struct target *target)
{
	return live_of(target)->memory_id;
}

const struct process_maps *live_target_maps(const struct target *target)
{
	return &live_of(target)->maps;
}

const struct stopped_thread *live_target_threads(const struct target *target, size_t *ret_count)
{
	const struct live_target *live = live_of(target);
	*ret_count = 0;
	if (live->hold)
		return thread_hold_threads(live->hold, ret_count);
	if (live->stop)
		return thread_stop_threads(live->stop, ret_count);
	if (!live->snapshot)
		return NULL;
	const struct snapshot_record *record = snapshot_record(live->snapshot);
	*ret_count = record->thread_count;
	return record->threads;
}

struct snapshot *live_target_snapshot(const struct target *target)
{
	return live_of(target)->snapshot;
}

struct thread_stop *live_target_stop(const struct target *target)
{
	return live_of(target)->stop;
}

double live_target_resume(struct target *target)
{
	struct live_target *live = live_of(target);
	if (live->snapshot)
		return snapshot_record(live->snapshot)->pause_ms;
	if (live->hold)
		return thread_hold_end(live->hold);
	return live->stop ? thread_stop_resume(live->stop) : 0;
}
