#include "heap/heap.h"

#include "dump/runtime_find.h"
#include "heap/clr_threads.h"
#include "heap/gc/gc_heap.h"
#include "heap/gc/object_walk.h"
#include "heap/types/clr_module.h"
#include "heap/types/metadata.h"
#include "heap/types/type.h"

struct opening {
	struct heap *heap;
	const struct task *task;
};

struct object_layout {
	struct field method_table, component_count;
};

static const struct field_binding object_bindings[] = {
	{ "Object", "m_pMethTab", offsetof(struct object_layout, method_table), true, 8 },
	{ "Array", "m_NumComponents", offsetof(struct object_layout, component_count), true, 4 },
};

/* What every .NET since 1.0 has: a string object has 22 bytes and two more for each character. */
enum { STRING_BASE_SIZE = 22, STRING_COMPONENT_SIZE = 2 };

static void subsystems_close(struct heap *heap)
{
	type_system_close(heap->types);
	clr_modules_close(heap->modules);
	heap->types = NULL;
	heap->modules = NULL;
	heap->threads = NULL;
	heap->gc = NULL;
	heap->field_layout = NULL;
	heap->unverified = NULL;
}

static struct error *objects_bind(struct heap *heap)
{
	struct object_layout layout = { 0 };
	TRY(contract_bind(heap->contract, object_bindings, 2, &layout));
	TRY(contract_require_global(heap->contract, "ObjectToMethodTableUnmask",
				    &heap->object_unmask));
	TRY(contract_require_global(heap->contract, "MinimumObjectSize", &heap->minimum_object));
	if (layout.method_table.offset != 0 || heap->minimum_object < sizeof(uint64_t))
		return error_new(ERROR_UNSUPPORTED, "this runtime's objects have an unknown form");
	heap->count_offset = layout.component_count.offset;
	return NULL;
}

/* String's MethodTable, its class and, where metadata can be read, its name. */
static struct error *check_string(struct heap *heap)
{
	uint64_t variable, method_table;
	const struct type *string;
	TRY(contract_require_global(heap->contract, "StringMethodTable", &variable));
	TRY(reader_pointer(&heap->reader, variable, "the pointer to String's MethodTable",
			   &method_table));
	TRY(type_at(heap, method_table, &string));
	if (string->base_size != STRING_BASE_SIZE ||
	    string->component_size != STRING_COMPONENT_SIZE || !string->module)
		return error_new(ERROR_BAD_DATA, "the MethodTable at %#llx is not System.String's",
				 (unsigned long long)method_table);
	heap->modules->core_library = string->module;
	const char *name = type_metadata_name(heap, string);
	if (!name) {
		heap->unverified = "names (CoreLib's metadata is not in the dump)";
		return NULL;
	}
	if (strcmp(name, "System.String") == 0)
		return NULL;
	return error_new(ERROR_BAD_DATA, "the class at %#llx should be System.String and is %s",
			 (unsigned long long)method_table, name);
}

/* CoreLib's Assembly row has the runtime's major number: true since 8.0.0 (RUNTIME-TABLE.md 1d). */
static struct error *check_major(struct heap *heap)
{
	struct metadata *metadata;
	struct assembly_name name;
	unsigned major = contract_major(heap->contract);
	if (heap->unverified || !major)
		return NULL;
	TRY(clr_module_metadata(heap, heap->modules->core_library, &metadata));
	if (!metadata_assembly(metadata, &name) || name.version[0] == major)
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "the runtime is .NET %u.%u, the layouts that fit best are for %s",
			 name.version[0], name.version[1], contract_layouts(heap->contract));
}

/* The first object of each span: when there are some and not one is an object, these are not the
 * heap's tables. Single ones may be damaged; the walk will say so. */
static struct error *check_first_objects(struct heap *heap)
{
	size_t readable = 0, good = 0;
	uint64_t first_bad = 0;
	for (size_t i = 0; i < heap->gc->span_count; i++) {
		struct gc_object object;
		uint64_t start = heap->gc->spans[i].start;
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

static struct error *self_check(struct heap *heap, const struct task *task)
{
	TRY(objects_bind(heap));
	TRY(clr_modules_open(heap, &heap->modules));
	TRY(type_system_open(heap, &heap->types));
	contract_checked(heap->contract);
	TRY(check_string(heap));
	contract_checked(heap->contract);
	TRY(check_major(heap));
	contract_checked(heap->contract);
	TRY(clr_threads_read(&heap->reader, heap->contract, &heap->arena, &heap->threads));
	contract_checked(heap->contract);
	TRY(gc_heap_open(heap, task, &heap->gc));
	return check_first_objects(heap);
}

static struct error *accept(struct contract *contract, void *context)
{
	struct opening *opening = context;
	opening->heap->contract = contract;
	struct error *error = self_check(opening->heap, opening->task);
	if (error)
		subsystems_close(opening->heap);
	return error;
}

static struct heap *heap_new(struct target *overlay, struct module_files *files)
{
	struct heap *heap = calloc(1, sizeof(*heap));
	if (!heap)
		return NULL;
	heap->target = overlay;
	heap->files = files;
	arena_init(&heap->arena);
	reader_init(&heap->reader, overlay);
	return heap;
}

/* Takes the heap: it is closed on failure. */
static struct error *contract_choose(struct heap *heap, const struct runtime_location *locations,
				     size_t count, const struct task *task, struct heap **ret)
{
	struct opening opening = { heap, task };
	struct error *error = contract_find(&heap->reader, locations, count, &heap->arena, task,
					    accept, &opening, &heap->contract);
	if (error)
		heap_close(heap);
	else
		*ret = heap;
	return error;
}

struct error *heap_open_at(struct target *overlay, struct module_files *files,
			   const struct runtime_location *locations, size_t count,
			   const struct task *task, struct heap **ret)
{
	struct heap *heap = heap_new(overlay, files);
	return heap ? contract_choose(heap, locations, count, task, ret) : &error_no_memory;
}

struct error *heap_open(struct target *overlay, struct module_files *files, const struct task *task,
			struct heap **ret)
{
	struct module_list list;
	struct runtime_location *locations;
	size_t count;
	struct heap *heap = heap_new(overlay, files);
	if (!heap)
		return &error_no_memory;
	struct error *error = module_list_read(overlay, &heap->arena, &list);
	if (!error)
		error = runtime_find(overlay, files, &list, &heap->arena, &locations, &count);
	if (!error)
		return contract_choose(heap, locations, count, task, ret);
	heap_close(heap);
	return error;
}

void heap_close(struct heap *heap)
{
	if (!heap)
		return;
	subsystems_close(heap);
	reader_deinit(&heap->reader);
	arena_deinit(&heap->arena);
	free(heap);
}

bool heap_object_method_table(struct heap *heap, uint64_t address, uint64_t *ret)
{
	if (address % sizeof(uint64_t) || !reader_u64(&heap->reader, address, ret))
		return false;
	*ret &= ~heap->object_unmask;
	return true;
}

const char *heap_runtime_version(struct heap *heap)
{
	struct metadata *metadata;
	struct error *error = clr_module_metadata(heap, heap->modules->core_library, &metadata);
	if (error) {
		error_free(error);
		return NULL;
	}
	return metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute", &heap->arena);
}
