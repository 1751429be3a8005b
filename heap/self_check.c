#include "heap/self_check.h"

#include "base/list.h"
#include "heap/clr_threads.h"
#include "heap/gc/gc_heap.h"
#include "heap/gc/object_walk.h"
#include "heap/metadata/metadata.h"
#include "heap/types/clr_module.h"
#include "heap/types/type.h"

struct object_layout {
	struct field method_table, component_count;
};

static const struct field_binding object_bindings[] = {
	{ "Object", "m_pMethTab", offsetof(struct object_layout, method_table), true, 8 },
	{ "Array", "m_NumComponents", offsetof(struct object_layout, component_count), true, 4 },
};

/* What every .NET since 1.0 has: a string object has 22 bytes and two more for each character. */
enum { STRING_BASE_SIZE = 22, STRING_COMPONENT_SIZE = 2 };

static struct error *objects_bind(struct heap *heap)
{
	struct object_layout layout = { 0 };
	TRY(contract_bind(heap->contract, object_bindings, COUNT_OF(object_bindings), &layout));
	TRY(contract_require_global(heap->contract, "ObjectToMethodTableUnmask",
				    &heap->object_unmask));
	TRY(contract_require_global(heap->contract, "MinimumObjectSize", &heap->minimum_object));
	if (layout.method_table.offset != 0 || heap->minimum_object < sizeof(uint64_t))
		return error_new(ERROR_UNSUPPORTED, "this runtime's objects have an unknown form");
	heap->count_offset = layout.component_count.offset;
	return NULL;
}

/* String's name in CoreLib's metadata; NULL: they are not in the target. The check can do without,
 * and an answer that asks for them lacks them anew (clr_module_metadata()). */
static struct error *string_name(struct heap *heap, const struct type *string, const char **ret)
{
	uint64_t lacks = heap->target->lacks;
	struct metadata *metadata;
	TRY(clr_module_metadata_or_none(heap, string->module, &metadata));
	*ret = metadata ? type_metadata_name(heap, string) : NULL;
	heap->target->lacks = lacks;
	return NULL;
}

/* String's MethodTable, its class and, where metadata can be read, its name. ERROR_FAULT when they
 * are not in the target. */
static struct error *check_string(struct heap *heap)
{
	uint64_t method_table;
	const struct type *string;
	TRY(type_string_table(heap, &method_table));
	TRY(type_at(heap, method_table, &string));
	if (string->base_size != STRING_BASE_SIZE ||
	    string->component_size != STRING_COMPONENT_SIZE || !string->module)
		return error_new(ERROR_BAD_DATA, "the MethodTable at %#llx is not System.String's",
				 (unsigned long long)method_table);
	heap->modules->core_library = string->module;
	const char *name;
	TRY(string_name(heap, string, &name));
	if (!name) {
		heap->unverified = "names (CoreLib's metadata is not in the dump)";
		return NULL;
	}
	if (strcmp(name, "System.String") == 0)
		return NULL;
	return error_new(ERROR_BAD_DATA, "the class at %#llx should be System.String and is %s",
			 (unsigned long long)method_table, name);
}

/* CoreLib's Assembly row has the runtime's major number: true since 8.0.0 (docs/RUNTIME-TABLE.md
 * 1d). */
static struct error *check_major(struct heap *heap)
{
	struct metadata *metadata;
	struct assembly_name name;
	unsigned major = contract_major(heap->contract);
	uint64_t lacks = heap->target->lacks;
	if (!major)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, heap->modules->core_library, &metadata));
	bool known = metadata && metadata_assembly(metadata, &name);
	heap->target->lacks = lacks; /* as string_name() */
	if (!known || name.version[0] == major)
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "the runtime is .NET %u.%u, the layouts that fit best are for %s",
			 name.version[0], name.version[1], contract_layouts(heap->contract));
}

/* A triage dump may lack every type: CoreLib is then known by its name, and what remains to
 * distinguish one layout from another are the threads. */
static struct error *check_types(struct heap *heap, bool *ret_seen)
{
	struct error *error = check_string(heap);
	*ret_seen = !error;
	if (!error_take(&error, ERROR_FAULT))
		return error;
	heap->unverified = "types (System.String's MethodTable is not in the dump)";
	return clr_module_find(heap, "System.Private.CoreLib", &heap->modules->core_library);
}

struct thread_search {
	uint64_t *managed; /* ids of the runtime's threads, ascending */
	size_t count;
	bool found;
};

static int compare_ids(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

static struct error *thread_compare(const struct target_thread *thread, void *context)
{
	struct thread_search *search = context;
	uint64_t id = (uint64_t)thread->tid;
	search->found |= id && search->count &&
			 bsearch(&id, search->managed, search->count, sizeof(id), compare_ids);
	return NULL;
}

/* Wrong layouts find a list of the right length only by luck, and never the ids of the target's own
 * threads in it. */
static struct error *check_thread_ids(struct heap *heap)
{
	struct thread_search search = { .count = heap->threads->count };
	search.managed = arena_allocate_array(&heap->arena, search.count, sizeof(*search.managed));
	if (!search.managed)
		return &error_no_memory;
	for (size_t i = 0; i < search.count; i++)
		search.managed[i] = heap->threads->threads[i].os_id;
	if (search.count)
		qsort(search.managed, search.count, sizeof(*search.managed), compare_ids);
	TRY(target_visit_threads(heap->target, thread_compare, &search));
	if (search.found)
		return NULL;
	return error_fault(0, "neither System.String's MethodTable nor a managed thread with the "
			      "id of one of the dump's threads can be found");
}

/* The GC's tables, as far as they are in the target. */
static struct error *open_gc(struct heap *heap, const struct task *task)
{
	struct error *error = gc_heap_open(heap, task, &heap->gc);
	if (heap->gc && error_take(&error, ERROR_FAULT))
		heap->no_objects = "the tables of the GC heap are not in the dump";
	return error;
}

static const char checking[] = "checking the GC heap";

/* The first object of each span: when there are some and not one is an object, these are not the
 * heap's tables. Single ones may be damaged; the walk will say so. */
static struct error *check_first_objects(struct heap *heap, const struct task *task)
{
	size_t readable = 0, good = 0;
	uint64_t first_bad = 0;
	for (size_t i = 0; i < heap->gc->span_count; i++) {
		struct gc_object object;
		uint64_t start = heap->gc->spans[i].start;
		TRY(task_check(task, checking));
		struct error *error = object_read(heap, start, &object);
		if (error_take(&error, ERROR_FAULT))
			continue;
		readable++;
		if (error_take(&error, ERROR_BAD_DATA))
			first_bad = first_bad ? first_bad : start;
		else if (!error)
			good++;
		TRY(error);
	}
	if (!readable || good)
		return NULL;
	return error_new(
		ERROR_BAD_DATA,
		"no object stands at the start of any of the GC's %zu regions (the first at %#llx)",
		heap->gc->span_count, (unsigned long long)first_bad);
}

/* Is half of the segment in the target? Damaged ones may all claim all of its regions. */
static struct error *segment_is_present(const struct gc_heap *gc, const struct gc_segment *segment,
					const struct task *task, bool *ret)
{
	uint64_t present = 0, at = segment->start;
	while ((at = gc_next_readable(gc, at)) < segment->end) {
		TRY(task_check(task, checking));
		uint64_t end = gc_readable_end(gc, at);
		present += (end < segment->end ? end : segment->end) - at;
		at = end;
	}
	*ret = present >= (segment->end - segment->start) / 2;
	return NULL;
}

/*
 * A mini dump holds the pages that stacks and exceptions led to: objects, but no heap that could be
 * walked, and what a walk of it finds means nothing. Counted by segments, since a single damaged
 * one may claim any size. Of a truncated dump the walk says what is missing, and of one whose
 * writer wanted the heap in it: of a heap that is hardly touched older ones of ours lack more than
 * half.
 */
static struct error *check_presence(struct heap *heap, const struct task *task)
{
	const struct gc_heap *gc = heap->gc;
	uint64_t wanted = gc->lost_segments, present = 0;
	if (heap->target->facts.without_heap)
		heap->no_objects = "most of the GC heap is not in the dump";
	if (heap->no_objects || heap->target->facts.with_heap || heap->target->facts.missing_bytes)
		return NULL;
	for (size_t i = 0; i < gc->segment_count; i++) {
		const struct gc_segment *segment = &gc->segments[i];
		bool is_present;
		if (segment->end <= segment->start)
			continue;
		TRY(segment_is_present(gc, segment, task, &is_present));
		wanted++;
		present += is_present;
	}
	if (present < wanted - present)
		heap->no_objects = "most of the GC heap is not in the dump";
	return NULL;
}

/* What is met here is reported by name, too; what was met before is not forgotten for it. */
static struct error *read_threads(struct heap *heap)
{
	const char *met = heap->target->met;
	heap->target->met = NULL;
	struct error *error =
		clr_threads_read(&heap->reader, heap->contract, &heap->arena, &heap->threads);
	heap->threads_lack = heap->target->met;
	if (met)
		heap->target->met = met;
	return error;
}

/* A dump without a heap says so to whoever asks for one: nothing else lacks it. */
static struct error *open_heap(struct heap *heap, const struct task *task)
{
	uint64_t lacks = heap->target->lacks;
	TRY(open_gc(heap, task));
	TRY(check_presence(heap, task));
	if (heap->no_objects)
		heap->target->lacks = lacks;
	return NULL;
}

struct error *heap_self_check(struct heap *heap, const struct task *task)
{
	bool types_seen;
	heap->target->lacks = 0; /* other candidates may have asked for anything */
	TRY(objects_bind(heap));
	TRY(clr_modules_open(heap, &heap->modules));
	TRY(type_system_open(heap, &heap->types));
	contract_checked(heap->contract);
	TRY(check_types(heap, &types_seen));
	if (types_seen)
		contract_checked(heap->contract);
	TRY(check_major(heap));
	TRY(read_threads(heap));
	if (types_seen)
		contract_checked(heap->contract);
	if (!types_seen)
		TRY(check_thread_ids(heap));
	TRY(open_heap(heap, task));
	uint64_t lacks = heap->target->lacks;
	struct error *error = types_seen ? check_first_objects(heap, task) : NULL;
	heap->target->lacks = lacks; /* the check alone wanted those, and can do without */
	return error;
}
