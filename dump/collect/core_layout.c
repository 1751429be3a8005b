#include "dump/collect/core_layout.h"

#include "attach/page_map.h"
#include "attach/proc_file.h"
#include "attach/shared_memory.h"
#include "base/limits.h"
#include "base/list.h"

#include <elf.h>

struct builder {
	struct core_layout *layout;
	const struct process_map *map;
	struct page_map *pages; /* NULL: not readable */
	struct shared_memory *memory;
	const struct frozen_pages *frozen; /* NULL: not of a snapshot */
	bool optional, untouched;
	bool inherited;      /* by a process that has run no program since it was forked: a copy */
	bool fill;           /* put the untouched runs in as zeros */
	uint64_t filled;     /* up to here */
	uint64_t zero_bytes; /* put in so far */
};

static struct error *add(struct builder *builder, uint64_t start, uint64_t end)
{
	struct core_layout *layout = builder->layout;
	if (start >= end)
		return NULL;
	TRY(LIST_GROW(layout->segments, layout->count, layout->capacity));
	layout->segments[layout->count++] =
		(struct core_segment){ .start = start,
				       .end = end,
				       .protection = builder->map->protection,
				       .optional = builder->optional,
				       .untouched = builder->untouched };
	if (!builder->untouched)
		layout->bytes += end - start;
	return NULL;
}

static struct error *add_lost(struct builder *builder, uint64_t start, uint64_t end)
{
	struct core_layout *layout = builder->layout;
	TRY(LIST_GROW(layout->lost, layout->lost_count, layout->lost_capacity));
	layout->lost[layout->lost_count++] = (struct core_hole){ start, end };
	return NULL;
}

/* count_untouched() counts what follows from the mapping's size: these bytes are not of it. */
static struct error *leave_out_untouched(struct builder *builder, uint64_t start, uint64_t end)
{
	builder->layout->untouched_bytes -= end - start;
	builder->layout->too_long_bytes += end - start;
	return add_lost(builder, start, end);
}

/* Memory that was never touched reads as zeros in the process, so it does in the core. A very long
 * run (a reservation that is only mapped) is left out, and named: whoever looks through all memory
 * of the core would look through it. */
static struct error *fill_up_to(struct builder *builder, uint64_t end)
{
	uint64_t start = builder->filled;
	builder->filled = end;
	if (!builder->fill || start >= end)
		return NULL;
	uint64_t size = end - start;
	if (size >> 20 > LIMIT_UNTOUCHED_RUN_MIB ||
	    (builder->zero_bytes + size) >> 20 > LIMIT_UNTOUCHED_MIB)
		return leave_out_untouched(builder, start, end);
	builder->zero_bytes += size;
	builder->untouched = true;
	struct error *error = add(builder, start, end);
	builder->untouched = false;
	return error;
}

static struct error *add_run(uint64_t start, uint64_t end, void *context)
{
	struct builder *builder = context;
	TRY(fill_up_to(builder, start));
	builder->filled = end;
	return add(builder, start, end);
}

static struct error *add_touched(struct builder *builder, uint64_t start, uint64_t end)
{
	const struct process_map *map = builder->map;
	if (builder->pages && (map->protection || page_map_is_fast(builder->pages)))
		return page_map_visit(builder->pages, start, end, add_run, builder);
	/* An inaccessible reservation of terabytes is not looked through page by page. */
	return builder->pages || !map->protection ? NULL : add(builder, start, end);
}

/* What the layout did not grow by since it held `before` bytes. */
static void count_untouched(struct builder *builder, uint64_t before)
{
	const struct process_map *map = builder->map;
	if (map->protection)
		builder->layout->untouched_bytes +=
			map->end - map->start - (builder->layout->bytes - before);
}

/* What the layout did not grow by is missing. */
static struct error *count_missing(struct builder *builder, uint64_t before, uint64_t *missing)
{
	const struct process_map *map = builder->map;
	struct core_layout *layout = builder->layout;
	uint64_t bytes = map->end - map->start - (layout->bytes - before);
	if (!map->protection || !bytes)
		return NULL;
	*missing += bytes;
	return add_lost(builder, map->start, map->end);
}

static struct error *count_unknown(struct builder *builder, uint64_t before)
{
	return count_missing(builder, before, &builder->layout->unknown_bytes);
}

static struct error *add_anonymous(struct builder *builder)
{
	const struct process_map *map = builder->map;
	uint64_t before = builder->layout->bytes;
	if (builder->inherited && process_map_is_huge(map)) {
		TRY(add_touched(builder, map->start, map->end));
		return count_unknown(builder, before);
	}
	builder->fill = builder->pages && (map->protection & PF_R);
	builder->filled = map->start;
	struct error *error = add_touched(builder, map->start, map->end);
	if (!error)
		error = fill_up_to(builder, map->end);
	builder->fill = false;
	count_untouched(builder, before);
	return error;
}

/* Runs of the memory's file; between them touched pages, which a private mapping may have. */
static struct error *add_runs(struct builder *builder)
{
	const struct process_map *map = builder->map;
	for (uint64_t at = map->start; at < map->end;) {
		uint64_t start, end;
		shared_memory_next(builder->memory, map, at, &start, &end);
		TRY(add_touched(builder, at, start));
		if (start < end)
			TRY(add_run(start, end, builder));
		at = end;
	}
	return fill_up_to(builder, map->end);
}

static struct error *add_memory(struct builder *builder)
{
	const struct process_map *map = builder->map;
	uint64_t before = builder->layout->bytes;
	if (!shared_memory_select(builder->memory, map)) {
		builder->optional |= !builder->pages; /* all of it is tried, also after its end */
		TRY(frozen_pages_hold(builder->frozen, map)
			    ? frozen_pages_visit(builder->frozen, map->start, map->end, add_run,
						 builder)
			    : add_touched(builder, map->start, map->end));
		return count_unknown(builder, before);
	}
	builder->fill = map->protection & PF_R;
	builder->filled = map->start;
	struct error *error = add_runs(builder);
	builder->fill = false;
	count_untouched(builder, before);
	return error;
}

static struct error *add_file(struct builder *builder)
{
	const struct process_map *map = builder->map;
	bool aio = !strcmp(map->path, "/[aio]"); /* can be read */
	bool device = process_map_is_device(map) && !aio;
	uint64_t size = map->end - map->start, before = builder->layout->bytes;
	if (!device && (shared_memory_holds(builder->memory, map) ||
			shared_memory_may_grow(builder->memory, map)))
		return add_memory(builder);
	builder->optional = true; /* pages beyond the end of the file cannot be read */
	if (device)               /* reading a device's registers may change its state */
		builder->layout->left_out_bytes += size;
	else if (!map->protection)
		TRY(add_touched(builder, map->start, map->end));
	else if (size <= LIMIT_COLLECTED_FILE_BYTES)
		TRY(add(builder, map->start, map->end));
	else if (frozen_pages_hold(builder->frozen, map))
		TRY(frozen_pages_visit(builder->frozen, map->start, map->end, add_run, builder));
	else if (builder->pages)
		TRY(add_touched(builder, map->start, map->end));
	if (size > LIMIT_COLLECTED_FILE_BYTES && !device)
		builder->layout->left_out_bytes += size - (builder->layout->bytes - before);
	return NULL;
}

/* Is what was frozen all that there is of the mapping? A file on a disk has other pages too. */
static bool is_frozen(const struct builder *builder)
{
	const struct process_map *map = builder->map;
	return frozen_pages_hold(builder->frozen, map) &&
	       (map->kind != PROCESS_MAP_FILE || shared_memory_holds(builder->memory, map));
}

static struct error *add_frozen(struct builder *builder)
{
	const struct process_map *map = builder->map;
	uint64_t before = builder->layout->bytes;
	builder->fill = map->protection & PF_R;
	builder->filled = map->start;
	struct error *error =
		frozen_pages_visit(builder->frozen, map->start, map->end, add_run, builder);
	if (!error)
		error = fill_up_to(builder, map->end);
	builder->fill = false;
	count_untouched(builder, before);
	return error;
}

/* *missing grows by what is not in the runs. */
static struct error *add_partly(struct builder *builder, uint64_t *missing)
{
	const struct process_map *map = builder->map;
	uint64_t before = builder->layout->bytes;
	TRY(frozen_pages_visit(builder->frozen, map->start, map->end, add_run, builder));
	return count_missing(builder, before, missing);
}

static struct error *add_map(struct builder *builder, const struct process_map *map)
{
	builder->map = map;
	/* Of files pages after the end, of anon_inode:[io_uring] and the like a driver's: there may
	 * be nothing. Of memory there are only those that exist. */
	builder->optional = map->kind == PROCESS_MAP_FILE ||
			    (map->path[0] && map->path[0] != '[' && map->path[0] != '/');
	const struct frozen_area *area = frozen_pages_area(builder->frozen, map->start);
	if (area && area->state != FROZEN_WHOLE)
		return add_partly(builder, area->state == FROZEN_LOST
						   ? &builder->layout->left_out_bytes
						   : &builder->layout->unknown_bytes);
	if (is_frozen(builder))
		return add_frozen(builder);
	switch (map->kind) {
	case PROCESS_MAP_ANONYMOUS:
		return add_anonymous(builder);
	case PROCESS_MAP_FILE:
		return add_file(builder);
	case PROCESS_MAP_MEMORY:
		return add_memory(builder);
	case PROCESS_MAP_KERNEL: /* [uprobes] is closed to others */
		builder->optional = strcmp(map->path, "[vdso]") != 0;
		return add(builder, map->start, map->end);
	case PROCESS_MAP_SPECIAL:
		break;
	}
	return NULL;
}

struct error *core_layout_build(int pid, const struct process_maps *maps,
				const struct frozen_pages *frozen, struct core_layout *ret)
{
	struct builder builder = { .layout = ret,
				   .frozen = frozen,
				   .inherited = !proc_has_executed(pid) };
	*ret = (struct core_layout){ 0 };
	struct error *error = page_map_open(pid, &builder.pages);
	if (error == &error_no_memory)
		return error;
	error_free(error);
	error = shared_memory_open(pid, &builder.memory);
	if (!error)
		error = shared_memory_survey(builder.memory, maps);
	for (size_t i = 0; !error && i < maps->count; i++)
		error = add_map(&builder, &maps->maps[i]);
	shared_memory_close(builder.memory);
	page_map_close(builder.pages);
	return error;
}

void core_layout_deinit(struct core_layout *layout)
{
	free(layout->segments);
	free(layout->lost);
	*layout = (struct core_layout){ 0 };
}
