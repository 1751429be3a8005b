#include "heap/gc/handles.h"

#include "base/id_map.h"
#include "base/list.h"
#include "heap/gc/gc_heap.h"

enum { POINTER = sizeof(uint64_t), KINDS_MAX = 64 };

static const char reading[] = "reading the handle tables";

struct handle_layout {
	struct field buckets, next_map, tables, segments;              /* the way to segments */
	struct field next, owner, allocation, tail, user_data, values; /* TableSegment */
	uint64_t map, bucket_count, kind_count, block_count, block_handles, invalid;
	uint64_t slot_count;   /* tables in a bucket: one a heap, or more */
	uint64_t segment_size; /* bytes, up to the end of its handles */
};

#define SLOT(name) offsetof(struct handle_layout, name)
static const struct field_binding bindings[] = {
	{ "HandleTableMap", "BucketsPtr", SLOT(buckets), true, 8 },
	{ "HandleTableMap", "Next", SLOT(next_map), true, 8 },
	{ "HandleTableBucket", "Table", SLOT(tables), true, 8 },
	{ "HandleTable", "SegmentList", SLOT(segments), true, 8 },
	{ "TableSegment", "NextSegment", SLOT(next), true, 8 },
	{ "TableSegment", "HandleTable", SLOT(owner), false, 8 },
	{ "TableSegment", "RgAllocation", SLOT(allocation), true, 1 },
	{ "TableSegment", "RgTail", SLOT(tail), true, 1 },
	{ "TableSegment", "RgUserData", SLOT(user_data), true, 1 },
	{ "TableSegment", "RgValue", SLOT(values), true, 8 },
};

struct table_walk {
	struct heap *heap;
	const struct task *task;
	struct reader reader; /* its own: visitors use the heap's */
	struct handle_layout layout;
	/* Tables and segments: a list that leads back to one ends there. Segments are known by the
	 * multiple of their size at or below them: of those that overlap there are two at most. */
	struct id_map seen;
	uint64_t *segments; /* of the table at hand */
	size_t segment_count, segment_capacity;
	gc_handle_visitor visit;
	void *context;
	uint64_t lost;
};

static struct error *layout_read(struct heap *heap, struct handle_layout *layout)
{
	const struct contract *contract = heap->contract;
	uint64_t variable;
	uint32_t number;
	TRY(contract_bind(contract, bindings, COUNT_OF(bindings), layout));
	TRY(contract_require_global(contract, "HandleTableMap", &layout->map));
	TRY(contract_require_global(contract, "InitialHandleTableArraySize",
				    &layout->bucket_count));
	TRY(contract_require_global(contract, "HandleMaxInternalTypes", &layout->kind_count));
	TRY(contract_require_global(contract, "HandleBlocksPerSegment", &layout->block_count));
	TRY(contract_require_global(contract, "HandlesPerBlock", &layout->block_handles));
	TRY(contract_require_global(contract, "BlockInvalid", &layout->invalid));
	if (!layout->kind_count || layout->kind_count > KINDS_MAX ||
	    layout->block_count > layout->invalid || layout->block_handles > READER_WINDOW_MAX / 8)
		return error_new(ERROR_BAD_DATA, "the layout of the handle tables is damaged");
	layout->segment_size =
		layout->values.offset + layout->block_count * layout->block_handles * POINTER;
	if (!layout->segment_size)
		return error_new(ERROR_BAD_DATA, "the segments of the handle tables have no size");
	layout->kind_count--; /* the last kind is the tables' own: blocks of second objects */
	layout->slot_count = heap->gc->heap_count;
	if (heap->gc->is_server && contract_global(contract, "TotalCpuCount", &variable) &&
	    reader_u32(&heap->reader, variable, &number) && number > layout->slot_count &&
	    number <= LIMIT_HEAPS)
		layout->slot_count = number;
	return NULL;
}

static bool load(struct table_walk *walk, uint64_t base, struct field field, uint64_t *ret)
{
	return reader_u64(&walk->reader, base + field.offset, ret);
}

static bool load_index(struct table_walk *walk, uint64_t segment, struct field field,
		       uint64_t index, uint64_t *ret)
{
	const uint8_t *byte = reader_borrow(&walk->reader, segment + field.offset + index, 1);
	if (byte)
		*ret = *byte;
	return byte != NULL;
}

/* *ret_new false: it was met before. */
static struct error *meet(struct table_walk *walk, uint64_t address, bool *ret_new)
{
	uint32_t index;
	*ret_new = !id_map_find(&walk->seen, address, &index);
	return *ret_new ? id_map_put(&walk->seen, address, 0) : NULL;
}

/* The list of a table's segments; what it leads to after damage is lost. */
static struct error *segments_collect(struct table_walk *walk, uint64_t table)
{
	uint64_t segment;
	walk->segment_count = 0;
	if (!load(walk, table, walk->layout.segments, &segment)) {
		walk->lost++;
		return NULL;
	}
	while (segment) {
		bool is_new;
		TRY(task_check(walk->task, reading));
		TRY(meet(walk, segment - segment % walk->layout.segment_size, &is_new));
		if (!is_new || walk->segment_count == LIMIT_HANDLE_SEGMENTS) {
			walk->lost++;
			return NULL;
		}
		uint64_t next;
		if (!load(walk, segment, walk->layout.next, &next)) {
			walk->lost++;
			return NULL;
		}
		TRY(LIST_GROW(walk->segments, walk->segment_count, walk->segment_capacity));
		walk->segments[walk->segment_count++] = segment;
		segment = next;
	}
	return NULL;
}

/* The second object of a dependent handle. */
static uint64_t secondary_of(struct table_walk *walk, uint64_t segment, uint64_t block,
			     uint64_t index)
{
	const struct handle_layout *layout = &walk->layout;
	uint64_t data, object;
	if (!load_index(walk, segment, layout->user_data, block, &data) ||
	    data >= layout->block_count)
		return 0;
	uint64_t place =
		segment + layout->values.offset + (data * layout->block_handles + index) * POINTER;
	return reader_u64(&walk->reader, place, &object) ? object : 0;
}

static struct error *block_visit(struct table_walk *walk, uint64_t segment, uint64_t block,
				 enum handle_kind kind)
{
	const struct handle_layout *layout = &walk->layout;
	uint64_t size = layout->block_handles * POINTER;
	uint64_t start = segment + layout->values.offset + block * size;
	for (uint64_t i = 0; i < layout->block_handles; i++) {
		struct gc_handle handle = { .address = start + i * POINTER, .kind = kind };
		if (!reader_u64(&walk->reader, handle.address, &handle.object)) {
			walk->lost++;
			return NULL;
		}
		if (!handle.object)
			continue;
		if (kind == HANDLE_DEPENDENT)
			handle.secondary = secondary_of(walk, segment, block, i);
		TRY(walk->visit(&handle, walk->context));
	}
	return NULL;
}

/* The blocks of one kind are a ring that begins after its tail. */
static struct error *kind_visit(struct table_walk *walk, uint64_t segment, enum handle_kind kind)
{
	const struct handle_layout *layout = &walk->layout;
	uint64_t tail, block;
	if (!load_index(walk, segment, layout->tail, kind, &tail)) {
		walk->lost++;
		return NULL;
	}
	if (tail == layout->invalid)
		return NULL;
	block = tail;
	for (uint64_t i = 0; i < layout->block_count; i++) {
		if (block >= layout->block_count ||
		    !load_index(walk, segment, layout->allocation, block, &block) ||
		    block >= layout->block_count)
			break;
		TRY(block_visit(walk, segment, block, kind));
		if (block == tail)
			return NULL;
	}
	walk->lost++;
	return NULL;
}

static struct error *table_visit_handles(struct table_walk *walk)
{
	for (uint64_t kind = 0; kind < walk->layout.kind_count; kind++) {
		for (size_t i = 0; i < walk->segment_count; i++) {
			TRY(task_check(walk->task, reading));
			TRY(kind_visit(walk, walk->segments[i], (enum handle_kind)kind));
		}
	}
	return NULL;
}

/* A table beyond those of the heaps there are now: heaps come and go (DATAS), their tables stay
 * (objecthandle.cpp: one a processor). Its first segment leads back to it. */
static bool is_table(struct table_walk *walk, uint64_t table)
{
	uint64_t segment, owner;
	return walk->layout.owner.present && table && table % POINTER == 0 &&
	       load(walk, table, walk->layout.segments, &segment) && segment &&
	       load(walk, segment, walk->layout.owner, &owner) && owner == table;
}

static struct error *bucket_visit(struct table_walk *walk, uint64_t bucket)
{
	uint64_t tables, table = 0;
	if (!load(walk, bucket, walk->layout.tables, &tables)) {
		walk->lost++;
		return NULL;
	}
	for (uint64_t slot = 0; slot < LIMIT_HEAPS; slot++) {
		bool is_new, is_known = slot < walk->layout.slot_count;
		if (!is_known && !walk->heap->gc->is_server)
			return NULL;
		if (!reader_u64(&walk->reader, tables + slot * POINTER, &table) && is_known) {
			walk->lost++;
			return NULL;
		}
		if (!is_known && !is_table(walk, table))
			return NULL;
		if (!table)
			continue;
		TRY(meet(walk, table, &is_new));
		if (!is_new)
			return NULL;
		TRY(segments_collect(walk, table));
		TRY(table_visit_handles(walk));
	}
	return NULL;
}

static struct error *map_visit(struct table_walk *walk, uint64_t map)
{
	static const char what[] = "the map of handle tables";
	uint64_t buckets, bucket;
	TRY(read_field(&walk->reader, map, walk->layout.buckets, what, &buckets));
	for (uint64_t i = 0; i < walk->layout.bucket_count; i++) {
		TRY(task_check(walk->task, reading));
		TRY(reader_pointer(&walk->reader, buckets + i * POINTER, what, &bucket));
		if (bucket)
			TRY(bucket_visit(walk, bucket));
	}
	return NULL;
}

/* The first map must be there; what cannot be read of those after it is lost. */
static struct error *tables_visit(struct table_walk *walk)
{
	TRY(layout_read(walk->heap, &walk->layout));
	uint64_t first = walk->layout.map, map = first;
	for (unsigned i = 0; map; i++) {
		bool is_new;
		TRY(meet(walk, map, &is_new));
		struct error *error = is_new ? map_visit(walk, map) : NULL;
		if (error && map == first)
			return error;
		bool is_lost = error_take(&error, ERROR_FAULT);
		TRY(error);
		if (is_lost || !is_new || i == LIMIT_HANDLE_TABLE_MAPS ||
		    !load(walk, map, walk->layout.next_map, &map)) {
			walk->lost++;
			break;
		}
	}
	return NULL;
}

struct error *gc_handles_visit(struct heap *heap, const struct task *task, gc_handle_visitor visit,
			       void *context, uint64_t *ret_lost)
{
	struct table_walk walk = { .heap = heap, .task = task, .visit = visit, .context = context };
	TRY(reader_init(&walk.reader, heap->target));
	struct error *error = tables_visit(&walk);
	error_take_stop(&error);
	reader_deinit(&walk.reader);
	id_map_deinit(&walk.seen);
	free(walk.segments);
	*ret_lost = walk.lost;
	return error;
}

static struct error *count_add(const struct gc_handle *handle, void *context)
{
	struct gc_handle_counts *counts = context;
	if (handle->kind < HANDLE_KIND_COUNT)
		counts->of_kind[handle->kind]++;
	counts->total++;
	return NULL;
}

struct error *gc_handles_count(struct heap *heap, const struct task *task,
			       struct gc_handle_counts *ret)
{
	*ret = (struct gc_handle_counts){ 0 };
	return gc_handles_visit(heap, task, count_add, ret, &ret->lost);
}

const char *handle_kind_name(enum handle_kind kind)
{
	static const char *const names[HANDLE_KIND_COUNT] = {
		"WeakShort",           "WeakLong",       "Strong",      "Pinned",   "Variable",
		"RefCounted",          "Dependent",      "AsyncPinned", "SizedRef", "WeakWinRT",
		"WeakInteriorPointer", "CrossReference",
	};
	return kind < HANDLE_KIND_COUNT ? names[kind] : "unknown";
}

bool handle_kind_is_strong(enum handle_kind kind)
{
	return kind == HANDLE_STRONG || kind == HANDLE_PINNED || kind == HANDLE_REF_COUNTED ||
	       kind == HANDLE_ASYNC_PINNED || kind == HANDLE_SIZED_REF;
}
