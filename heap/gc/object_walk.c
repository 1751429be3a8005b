#include "heap/gc/object_walk.h"

#include "heap/types/type.h"

#include <inttypes.h>

enum {
	ALIGNMENT = 8, /* x64 and arm64: src/coreclr/gc/gcinterface.h DATA_ALIGNMENT */
	BATCH = 256,
	PAGE = 4096,
	CHECK_BYTES = 1 << 22, /* between two looks at the task */
};

/* One span's. */
struct walk {
	struct walker *walker;
	uint64_t address, end, minimum; /* minimum: bytes, the smallest object */
	uint32_t count_offset, header;  /* bytes: of the component count, and up to its end */
	const struct task *task;
	object_visitor visit;
	void *context;
};

/* Of a MethodTable that the walker has not met, or not lately. */
static struct error *look_up(struct walker *walker, uint64_t method_table,
			     struct type_walk_entry *ret)
{
	const struct type_walk_entry *entry = NULL;
	uint32_t index;
	if (id_map_find(&walker->met, method_table, &index)) {
		*ret = *type_walk_entry_of(walker->heap, index);
		return NULL;
	}
	TRY(type_walk_find(walker->heap, &walker->reader, method_table, &entry));
	*ret = entry ? *entry : (struct type_walk_entry){ 0 };
	return entry ? id_map_put(&walker->met, method_table, entry->index) : NULL;
}

/* *ret NULL: not a MethodTable. */
static inline struct error *entry_of(struct walker *walker, uint64_t method_table,
				     const struct type_walk_entry **ret)
{
	struct walker_type *slot =
		&walker->types[method_table * 0x9e3779b97f4a7c15u >> 32 & (WALKER_TYPES - 1)];
	*ret = NULL;
	if (__builtin_expect(slot->method_table != method_table || !method_table, 0)) {
		slot->method_table = 0;
		TRY(look_up(walker, method_table, &slot->entry));
		slot->method_table = method_table;
	}
	if (__builtin_expect(slot->entry.valid, 1))
		*ret = &slot->entry;
	return NULL;
}

struct error *walker_type(struct walker *walker, uint64_t method_table,
			  const struct type_walk_entry **ret)
{
	return entry_of(walker, method_table, ret);
}

/* The size rule; false when the object would leave [address, end). */
static inline bool object_size(const struct type_walk_entry *entry, uint32_t count,
			       uint64_t available, uint64_t *ret)
{
	uint64_t size = entry->base_size + (uint64_t)entry->component_size * count;
	*ret = size;
	return align_up(size, ALIGNMENT) <= available;
}

/* The object at walk->address, if there is one: else *ret_found is false. */
static inline struct error *object_here(struct walk *walk, struct gc_object *ret, bool *ret_found)
{
	uint64_t available = walk->end - walk->address;
	*ret_found = false;
	if (available < walk->minimum)
		return NULL;
	const uint8_t *header = reader_borrow(&walk->walker->reader, walk->address, walk->header);
	if (!header)
		return NULL;
	uint64_t method_table = load_u64(header) & ~walk->walker->heap->object_unmask;
	uint32_t count = load_u32(header + walk->count_offset);
	const struct type_walk_entry *entry;
	TRY(entry_of(walk->walker, method_table, &entry));
	if (!entry || !object_size(entry, count, available, &ret->size))
		return NULL;
	if (ret->size < walk->minimum)
		ret->size = walk->minimum;
	ret->address = walk->address;
	ret->method_table = method_table;
	ret->type = entry->index;
	ret->is_free = entry->is_free;
	*ret_found = true;
	return NULL;
}

/* Is the next byte at `address` in the target? */
static bool is_readable(struct walk *walk, uint64_t address)
{
	return reader_borrow(&walk->walker->reader, address, 1) != NULL;
}

/* From an address that could not be read to the next page, or, outside of what the target has, to
 * where it has something again: a damaged segment may claim terabytes. */
static uint64_t hole_size(const struct walk *walk)
{
	uint64_t page = PAGE - walk->address % PAGE;
	uint64_t next = gc_next_readable(walk->walker->heap->gc, walk->address + page);
	return next - walk->address;
}

/*
 * No object is at walk->address: go to the next address where one is, followed by another one or by
 * the end, and count what was passed over. Pages that are not in the target are stepped over whole.
 */
static struct error *look_for_next(struct walk *walk)
{
	while (walk->address < walk->end) {
		struct gc_object object;
		uint64_t step = ALIGNMENT;
		bool readable = is_readable(walk, walk->address);
		if (!readable)
			step = hole_size(walk);
		if (step > walk->end - walk->address)
			step = walk->end - walk->address;
		*(readable ? &walk->walker->damage.damaged_bytes
			   : &walk->walker->damage.unreadable_bytes) += step;
		walk->address += step;
		if (walk->address % PAGE == 0) {
			TRY(task_check(walk->task, "looking for the next object"));
			TRY(walk->visit(NULL, 0, walk->context));
		}
		bool found = false;
		if (walk->address < walk->end)
			TRY(object_here(walk, &object, &found));
		if (!found)
			continue;
		uint64_t first = walk->address;
		walk->address += align_up(object.size, ALIGNMENT);
		if (walk->address != walk->end)
			TRY(object_here(walk, &object, &found));
		walk->address = first;
		if (found)
			return NULL;
	}
	return NULL;
}

/* What looks like a MethodTable on the way may be anything. */
static struct error *resynchronise(struct walk *walk)
{
	struct walker *walker = walk->walker;
	if (!walker->damage.first_address)
		walker->damage.first_address = walk->address;
	bool tried = walker->reader.tries;
	walker->reader.tries = true;
	struct error *error = look_for_next(walk);
	walker->reader.tries = tried;
	return error;
}

static struct error *walk_batches(struct walk *walk)
{
	struct gc_object batch[BATCH];
	uint64_t next_check = walk->address;
	while (walk->address < walk->end) {
		size_t count = 0;
		if (walk->address >= next_check) {
			TRY(task_check(walk->task, "walking the heap"));
			uint64_t left = walk->end - walk->address;
			target_expect(walk->walker->reader.target, walk->address,
				      left < CHECK_BYTES ? (size_t)left : CHECK_BYTES);
			next_check = walk->address + CHECK_BYTES;
		}
		bool found = true;
		while (count < BATCH && walk->address < walk->end) {
			TRY(object_here(walk, &batch[count], &found));
			if (!found)
				break;
			walk->address += align_up(batch[count++].size, ALIGNMENT);
		}
		if (count)
			TRY(walk->visit(batch, count, walk->context));
		if (count < BATCH && walk->address < walk->end)
			TRY(resynchronise(walk));
	}
	return NULL;
}

struct error *walker_init(struct walker *walker, struct heap *heap)
{
	*walker = (struct walker){ .heap = heap };
	return reader_init(&walker->reader, heap->target);
}

void walker_deinit(struct walker *walker)
{
	reader_deinit(&walker->reader);
	id_map_deinit(&walker->met);
}

struct error *walker_span(struct walker *walker, const struct gc_span *span,
			  const struct task *task, object_visitor visit, void *context)
{
	struct walk walk = { .walker = walker,
			     .address = span->start,
			     .end = span->end,
			     .minimum = walker->heap->minimum_object,
			     .count_offset = walker->heap->count_offset,
			     .header = walker->heap->count_offset + (uint32_t)sizeof(uint32_t),
			     .task = task,
			     .visit = visit,
			     .context = context };
	return walk_batches(&walk);
}

/* The two words that say what is at an address. */
static struct error *object_head(struct heap *heap, struct reader *reader, uint64_t address,
				 uint64_t *ret_method_table, uint32_t *ret_count)
{
	if (!address)
		return error_new(ERROR_BAD_DATA, "0 is null: there is no object");
	if (address % ALIGNMENT)
		return error_new(ERROR_BAD_DATA,
				 "%#" PRIx64
				 " is not the address of an object: it is not a multiple of 8",
				 address);
	const uint8_t *header =
		reader_borrow(reader, address, heap->count_offset + sizeof(uint32_t));
	if (!header)
		return error_fault(address, "cannot read an object at %#" PRIx64 ": not in the %s",
				   address, target_noun(heap->target));
	*ret_method_table = load_u64(header) & ~heap->object_unmask;
	*ret_count = load_u32(header + heap->count_offset);
	return NULL;
}

/* On the GC heap the word may be damage, or the MethodTable may be what the dump lacks. */
static struct error *no_type(struct heap *heap, uint64_t address, uint64_t method_table)
{
	if (heap->gc && gc_segment_of(heap->gc, address) &&
	    type_walk_unreadable(heap, method_table))
		return error_new(ERROR_BAD_DATA,
				 "cannot read an object at %#" PRIx64
				 ": its MethodTable, at %#" PRIx64 " if the object is whole, %s",
				 address, method_table, target_lacks_it(heap->target));
	return error_new(ERROR_BAD_DATA,
			 "%#" PRIx64 " is not the address of an object: its first word, %#" PRIx64
			 ", is no MethodTable",
			 address, method_table);
}

/* `entry` NULL: its first word leads to no type. */
static struct error *object_make(struct heap *heap, uint64_t address, uint64_t method_table,
				 uint32_t count, const struct type_walk_entry *entry,
				 struct gc_object *ret)
{
	if (!entry || !entry->valid)
		return no_type(heap, address, method_table);
	*ret = (struct gc_object){ .address = address,
				   .method_table = method_table,
				   .type = entry->index,
				   .is_free = entry->is_free };
	if (!object_size(entry, count, UINT64_MAX - address, &ret->size))
		return error_new(ERROR_BAD_DATA,
				 "the object at %#" PRIx64 " is damaged: its size is out of range",
				 address);
	if (ret->size < heap->minimum_object)
		ret->size = heap->minimum_object;
	return NULL;
}

struct error *object_read(struct heap *heap, uint64_t address, struct gc_object *ret)
{
	const struct type_walk_entry *entry;
	uint64_t method_table;
	uint32_t count;
	TRY(object_head(heap, &heap->reader, address, &method_table, &count));
	TRY(type_walk_find(heap, &heap->reader, method_table, &entry));
	return object_make(heap, address, method_table, count, entry, ret);
}

struct error *walker_object(struct walker *walker, uint64_t address, struct gc_object *ret)
{
	const struct type_walk_entry *entry;
	uint64_t method_table;
	uint32_t count;
	TRY(object_head(walker->heap, &walker->reader, address, &method_table, &count));
	TRY(walker_type(walker, method_table, &entry));
	return object_make(walker->heap, address, method_table, count, entry, ret);
}
