#include "heap/heap.h"

#include "base/thread.h"
#include "dump/images/runtime_find.h"
#include "heap/metadata/metadata.h"
#include "heap/self_check.h"
#include "heap/types/clr_module.h"
#include "heap/types/type.h"

struct opening {
	struct heap *heap;
	const struct task *task;
};

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
	heap->no_objects = NULL;
}

static struct error *accept(struct contract *contract, void *context)
{
	struct opening *opening = context;
	opening->heap->contract = contract;
	struct error *error = heap_self_check(opening->heap, opening->task);
	if (error)
		subsystems_close(opening->heap);
	opening->heap->met_unnamed = false; /* which no answer asked for */
	return error;
}

static struct heap *heap_new(struct target *overlay, struct module_files *files,
			     const struct task *task)
{
	struct heap *heap = calloc(1, sizeof(*heap));
	if (!heap || reader_init(&heap->reader, overlay)) {
		free(heap);
		return NULL;
	}
	heap->target = overlay;
	heap->files = files;
	heap->task = task;
	if (files)
		module_files_set_task(files, task);
	arena_init(&heap->arena);
	mutex_init_recursive(&heap->lock);
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
	struct heap *heap = heap_new(overlay, files, task);
	return heap ? contract_choose(heap, locations, count, task, ret) : &error_no_memory;
}

struct error *heap_open(struct target *overlay, struct module_files *files, const struct task *task,
			struct heap **ret)
{
	struct module_list list;
	struct runtime_location *locations;
	size_t count;
	struct heap *heap = heap_new(overlay, files, task);
	if (!heap)
		return &error_no_memory;
	struct error *error = module_list_read(overlay, &heap->arena, &list);
	if (!error)
		error = runtime_find(overlay, files, &list, &heap->arena, task, &locations, &count);
	overlay->lacks = 0; /* modules of others may have none of what was asked for */
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
	pthread_mutex_destroy(&heap->lock);
	free(heap);
}

bool heap_object_method_table(struct heap *heap, uint64_t address, uint64_t *ret)
{
	if (address % sizeof(uint64_t) || !reader_u64(&heap->reader, address, ret))
		return false;
	*ret &= ~heap->object_unmask;
	return true;
}

struct error *heap_runtime_version(struct heap *heap, const char **ret)
{
	struct clr_module *core = heap->modules->core_library;
	struct metadata *metadata;
	*ret = NULL;
	TRY(clr_module_metadata_or_none(heap, core, &metadata));
	if (metadata)
		*ret = metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute",
						   &heap->arena);
	heap->met_unnamed |= !*ret && (!metadata || metadata_missing_bytes(metadata));
	return NULL;
}
