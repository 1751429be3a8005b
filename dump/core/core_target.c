#include "dump/core/core_target.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "dump/core/core_index.h"
#include "dump/core/core_packed.h"
#include "dump/core/unpack.h"
#include "dump/images/file_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE_BYTES = 4096 }; /* of the machine we run on; a multiple does no harm */

struct core_target {
	struct target base;
	struct core_index index;
	bool mapped; /* the head is our own mapping, of all */
	struct core_packed packed;
};

static struct core_target *core_of(struct target *target)
{
	return (struct core_target *)target;
}

static void core_close(struct target *target)
{
	struct core_target *core = core_of(target);
	if (core->mapped)
		munmap((void *)core->index.parts.head, core->index.parts.head_size);
	core_packed_deinit(&core->packed);
	core_index_deinit(&core->index);
	free(core);
}

static const char *core_explain_missing(struct target *target, uint64_t address)
{
	const struct core_index *index = &core_of(target)->index;
	if (core_index_is_cut(index, address))
		return "the dump is cut short before memory that was asked for";
	return core_index_is_lost(index, address)
		       ? "memory that was asked for was left out or could not be read when the dump was "
			 "written"
		       : NULL;
}

/* What a range of the file has and could not be unpacked. */
static const char *packed_explain_missing(struct target *target, uint64_t address)
{
	struct core_target *core = core_of(target);
	if (!core_index_find(&core->index, address))
		return core_explain_missing(target, address);
	return zstd_cache_gave_up(core->packed.cache)
		       ? "a command was cancelled while it read the packed dump"
		       : "the packed dump is damaged where memory that was asked for should be";
}

static const uint8_t *core_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	const struct core_index *index = &core_of(target)->index;
	const struct core_range *range = core_index_find(index, address);
	*ret_size = range ? (size_t)(range->run_end - address) : 0;
	return range ? index->parts.head + range->file_offset + (address - range->start) : NULL;
}

static size_t core_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	size_t done = 0, lent;
	while (done < size) {
		const uint8_t *bytes = core_borrow(target, address + done, &lent);
		if (!bytes)
			break;
		size_t part = lent < size - done ? lent : size - done;
		memcpy((uint8_t *)buffer + done, bytes, part);
		done += part;
	}
	return done;
}

static size_t packed_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct core_target *core = core_of(target);
	size_t done = 0;
	while (done < size) {
		const struct core_range *range = core_index_find(&core->index, address + done);
		if (!range)
			break;
		uint64_t run = range->run_end - (address + done);
		size_t wanted = run < size - done ? (size_t)run : size - done;
		size_t part = zstd_cache_read(core->packed.cache,
					      range->file_offset + (address + done - range->start),
					      (uint8_t *)buffer + done, wanted);
		done += part;
		if (part < wanted)
			break;
	}
	return done;
}

/* Mapping the pages in one call instead of a fault for every few: a walk of a warm 1.5 GB heap
 * spends a third of the time. Older kernels than 5.14 answer EINVAL, and the pages come by faults.
 */
static void core_expect(struct target *target, uint64_t address, size_t size)
{
	const struct core_target *core = core_of(target);
	size_t lent = 0;
	const uint8_t *bytes = core->mapped ? core_borrow(target, address, &lent) : NULL;
	if (!bytes)
		return;
	uintptr_t page = (uintptr_t)bytes & ~(uintptr_t)(PAGE_BYTES - 1);
	size_t head = (uintptr_t)bytes - page;
	madvise((void *)page, head + (lent < size ? lent : size), MADV_POPULATE_READ);
}

static struct error *core_visit_mappings(struct target *target, mapping_visitor visit,
					 void *context)
{
	const struct core_index *index = &core_of(target)->index;
	for (size_t i = 0; i < index->mapping_count; i++)
		TRY(visit(&index->mappings[i], context));
	return NULL;
}

static struct error *core_visit_regions(struct target *target, region_visitor visit, void *context)
{
	const struct core_index *index = &core_of(target)->index;
	for (size_t i = 0; i < index->range_count; i++) {
		const struct core_range *range = &index->ranges[i];
		struct region region = { .start = range->start,
					 .end = range->end,
					 .protection = range->protection };
		TRY(visit(&region, context));
	}
	return NULL;
}

static struct error *core_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	const struct core_index *index = &core_of(target)->index;
	for (size_t i = 0; i < index->thread_count; i++)
		TRY(visit(&index->threads[i], context));
	return NULL;
}

static size_t core_auxv(struct target *target, void *buffer, size_t size)
{
	const struct core_index *index = &core_of(target)->index;
	size_t part = index->auxv_size < size ? index->auxv_size : size;
	if (part)
		memcpy(buffer, index->auxv, part);
	return part;
}

static const struct target_ops core_ops = {
	.kind = "core",
	.close = core_close,
	.read_some = core_read_some,
	.borrow = core_borrow,
	.expect = core_expect,
	.visit_mappings = core_visit_mappings,
	.visit_regions = core_visit_regions,
	.visit_threads = core_visit_threads,
	.auxv = core_auxv,
	.explain_missing = core_explain_missing,
};

static const struct target_ops packed_ops = {
	.kind = "core",
	.close = core_close,
	.read_some = packed_read_some,
	.visit_mappings = core_visit_mappings,
	.visit_regions = core_visit_regions,
	.visit_threads = core_visit_threads,
	.auxv = core_auxv,
	.explain_missing = packed_explain_missing,
};

struct marked_pages {
	struct core_hole *holes; /* ascending, not adjacent */
	size_t count, capacity;
};

struct marked {
	struct marked_pages all, lost;
};

static struct error *add_marked(struct marked_pages *pages, uint64_t start, uint64_t end)
{
	struct core_hole *last = pages->count ? &pages->holes[pages->count - 1] : NULL;
	if (last && last->end == start) {
		last->end = end;
		return NULL;
	}
	TRY(LIST_GROW(pages->holes, pages->count, pages->capacity));
	pages->holes[pages->count++] = (struct core_hole){ start, end };
	return NULL;
}

/* Ranges that share a place in the file are memory that was never touched: nothing was read for it.
 */
static uint64_t shared_offset(const struct core_index *index)
{
	uint64_t least = UINT64_MAX;
	for (size_t i = 0; i < index->range_count; i++)
		if (index->ranges[i].file_offset < least)
			least = index->ranges[i].file_offset;
	size_t count = 0;
	for (size_t i = 0; i < index->range_count && count < 2; i++)
		count += index->ranges[i].file_offset == least;
	return count > 1 ? least : UINT64_MAX;
}

static struct error *find_marked(struct core_target *core, const struct task *task,
				 struct marked *ret)
{
	static const char what[] = "looking for pages that are missing";
	const struct core_index *index = &core->index;
	uint64_t page = index->page_size, shared = shared_offset(index);
	uint64_t total = index->parts.size / page + index->range_count, left = total;
	for (size_t i = 0; i < index->range_count; i++) {
		const struct core_range *range = &index->ranges[i];
		uint64_t at = align_up(range->start, page);
		for (; range->file_offset != shared && at >= range->start && at < range->end;
		     at += page) {
			uint8_t bytes[CORE_MARK_BYTES];
			bool lost;
			TRY(task_check(task, what));
			task_progress(task, what, (total - left) * page, total * page);
			if (!left--)
				return error_new(ERROR_BAD_DATA,
						 "the core is damaged: its program headers name "
						 "the same bytes more than once");
			size_t size = target_read_some(&core->base, at, bytes, sizeof(bytes));
			if (size != sizeof(bytes) || !core_mark_is(&index->mark, at, bytes, &lost))
				continue;
			TRY(add_marked(&ret->all, at, at + page));
			if (lost)
				TRY(add_marked(&ret->lost, at, at + page));
		}
	}
	return NULL;
}

/* A core of ours that ended before it could name the pages that it does not have. Takes the target:
 * it is closed on failure. */
static struct error *leave_out_marked(struct core_target *core, const struct task *task,
				      struct target **ret)
{
	struct marked marked = { 0 };
	struct core_index *index = &core->index;
	struct error *error = NULL;
	if (index->marked && !index->has_trailer) {
		error = find_marked(core, task, &marked);
		if (!error)
			error = core_index_name_lost(index, marked.lost.holes, marked.lost.count);
		if (!error)
			error = core_index_leave_out(index, marked.all.holes, marked.all.count);
		free(marked.all.holes);
		free(marked.lost.holes);
	}
	if (error)
		core_close(&core->base);
	else
		*ret = &core->base;
	return error;
}

static struct error *not_a_core(const char *name, const char *what)
{
	return error_new(ERROR_UNSUPPORTED, "cannot open %s: it %s", name, what);
}

static struct error *open_parts(const char *name, const struct core_parts *parts,
				struct core_target **ret)
{
	const char *what = NULL;
	size_t head = parts->head_size;
	if (head > FILE_KIND_HEAD_BYTES)
		head = FILE_KIND_HEAD_BYTES;
	if (file_kind_of(parts->head, head, &what) != FILE_KIND_CORE)
		return not_a_core(name, what ? what : "is packed twice; unpack it first");
	struct core_target *core = calloc(1, sizeof(*core));
	if (!core)
		return &error_no_memory;
	struct error *error = core_index_read(parts, &core->index);
	if (error) {
		free(core);
		return error_context(error, "cannot open %s", name);
	}
	core->base = (struct target){ .ops = &core_ops,
				      .architecture = core->index.architecture,
				      .page_size = core->index.page_size,
				      .pid = core->index.pid,
				      .is_concurrent = true,
				      .facts = core->index.facts };
	*ret = core;
	return NULL;
}

static struct error *open_bytes(const char *name, const uint8_t *bytes, size_t size,
				const struct task *task, struct target **ret)
{
	struct core_parts whole = { bytes, size, bytes, size, size };
	struct core_target *core;
	TRY(open_parts(name, &whole, &core));
	return leave_out_marked(core, task, ret);
}

struct error *core_target_open_bytes(const char *name, const uint8_t *bytes, size_t size,
				     struct target **ret)
{
	return open_bytes(name, bytes, size, NULL, ret);
}

/* *ret NULL: it has to be unpacked. */
static struct error *open_packed(const char *path, int fd, const struct task *task,
				 struct target **ret)
{
	struct core_packed packed;
	struct core_target *core;
	bool found;
	*ret = NULL;
	TRY(core_packed_open(path, fd, task, &packed, &found));
	if (!found)
		return NULL;
	struct error *error = open_parts(path, &packed.parts, &core);
	if (error) {
		core_packed_deinit(&packed);
		return error;
	}
	core->packed = packed;
	core->base.ops = &packed_ops;
	if (zstd_cache_contradicted(packed.cache))
		core->base.facts.damage =
			"the packed dump is damaged (the table at its end speaks of "
			"other frames than it has): any byte of it may be another";
	return leave_out_marked(core, task, ret);
}

/* Maps the file; its descriptor may be closed afterwards. */
static struct error *open_descriptor(const char *path, int fd, const struct task *task,
				     struct target **ret)
{
	struct stat status;
	if (fstat(fd, &status))
		return error_os(errno, "cannot look at %s", path);
	if (!status.st_size)
		return not_a_core(path, "is empty");
	size_t size = (size_t)status.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_os(errno, "cannot map the %zu bytes of %s", size, path);
	struct error *error = open_bytes(path, bytes, size, task, ret);
	if (error) {
		munmap(bytes, size);
		return error;
	}
	core_of(*ret)->mapped = true;
	return NULL;
}

static struct error *open_file(const char *path, int *ret)
{
	/* O_NONBLOCK: a FIFO without a writer must not hold us. */
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*ret < 0)
		return error_os(errno, "cannot open %s", path);
	struct stat status;
	if (fstat(*ret, &status))
		return error_os(errno, "cannot look at %s", path);
	if (S_ISDIR(status.st_mode))
		return not_a_core(path, "is a directory; give the dump itself");
	if (!S_ISREG(status.st_mode))
		return not_a_core(path, "is a pipe or a device; copy the dump into a file first");
	return NULL;
}

struct error *core_target_open_in(const char *path, const char *temporary_directory,
				  const struct task *task, struct target **ret)
{
	CLEANUP(fd_cleanup) int fd = -1;
	CLEANUP(fd_cleanup) int unpacked = -1;
	bool damaged = false;
	TRY(open_file(path, &fd));
	uint8_t head[FILE_KIND_HEAD_BYTES];
	ssize_t size = pread(fd, head, sizeof(head), 0);
	if (size < 0)
		return error_os(errno, "cannot read %s", path);
	const char *what;
	switch (file_kind_of(head, (size_t)size, &what)) {
	case FILE_KIND_OTHER:
		return not_a_core(path, what);
	case FILE_KIND_ZSTD:
		TRY(open_packed(path, fd, task, ret));
		if (*ret)
			return NULL;
		TRY(unpack_zstd(path, fd, temporary_directory, task, &unpacked, &damaged));
		break;
	case FILE_KIND_GZIP:
		TRY(unpack_gzip(path, fd, temporary_directory, task, &unpacked, &damaged));
		break;
	case FILE_KIND_CORE:
		break;
	}
	TRY(open_descriptor(path, unpacked >= 0 ? unpacked : fd, task, ret));
	if (damaged)
		(*ret)->facts.damage =
			"the packed dump is damaged (its data or its checksum is wrong): "
			"any byte of it may be another";
	return NULL;
}

struct error *core_target_open(const char *path, const struct task *task, struct target **ret)
{
	return core_target_open_in(path, NULL, task, ret);
}
