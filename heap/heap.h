/*
 * The .NET world of one target: opened once, asked by commands. A heap owns an arena in which all
 * of it lives (contract, module list, types, names, segments) and is not changed by asking except
 * for what is filled lazily under `types` and `modules`: by one thread at a time, which holds the
 * heap's lock. Walks use readers of their own.
 *
 * Opening finds the runtime, chooses and merges layouts, and runs the self-check (self_check.h); a
 * runtime whose layouts cannot be verified is refused with the reason (wrong output is worse than
 * none). A mini dump opens without a heap to walk: runtime, modules, threads, and whatever single
 * objects and types are in it.
 */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include "attach/target/reader.h"
#include "base/arena.h"
#include "base/task.h"
#include "dump/images/module_files.h"
#include "heap/contract/contract.h"

struct gc_heap;      /* heap/gc/gc_heap.h */
struct type_system;  /* heap/types/type.h */
struct clr_modules;  /* heap/types/clr_module.h */
struct clr_threads;  /* heap/clr_threads.h */
struct field_layout; /* heap/types/field_layout.h */
struct value;        /* heap/values/value.h */

struct heap {
	pthread_mutex_t lock;       /* recursive: heap_lock() */
	struct target *target;      /* borrowed; an overlay */
	struct module_files *files; /* borrowed */
	const struct task *task;    /* as given to heap_open(): long loops below look at it */
	struct arena arena;
	struct reader reader; /* for runtime structures and single objects; walks have their own */
	struct contract *contract;
	struct clr_modules *modules;
	struct type_system *types;
	struct clr_threads *threads;
	struct gc_heap *gc;
	const struct field_layout *field_layout; /* NULL until a field is asked for */
	const struct value *source_sentinel; /* of heap/tasks/value_task_source.h; NULL until it is
						asked for */
	uint64_t object_unmask; /* mark bits in an object's first word: ObjectToMethodTableUnmask */
	uint32_t count_offset;  /* bytes, of an array's or string's component count */
	uint64_t minimum_object; /* bytes, the smallest object the GC makes */
	bool met_unnamed; /* metadata that cannot be read was asked for: what a type is called or
			     derives from, or a class by its name */
	const char *threads_lack; /* target.h: met, when `threads` were read: allocation contexts
				     may be none therefore */
	const char *unverified;   /* what the self-check could not see, one clause; NULL: nothing */
	const char *no_objects;   /* why the GC heap cannot be walked, one clause; NULL: it can */
};

/* ERROR_UNSUPPORTED with one sentence when there is no runtime that passes the self-check. The task
 * lives as long as the heap; NULL: nothing here can be stopped. */
MUST_CHECK struct error *heap_open(struct target *overlay, struct module_files *files,
				   const struct task *task, struct heap **ret);
/* The same with the candidates for the runtime's place already known: for tests. */
struct runtime_location;
MUST_CHECK struct error *heap_open_at(struct target *overlay, struct module_files *files,
				      const struct runtime_location *locations, size_t count,
				      const struct task *task, struct heap **ret);
void heap_close(struct heap *heap); /* NULL is allowed */

/* While several threads walk the heap, a thread that asks it for more than a walk does holds its
 * lock (recursive: a thread may take it again); functions that say so take it themselves. Inline:
 * what is below heap.c locks it too. */
static inline void heap_lock(struct heap *heap)
{
	pthread_mutex_lock(&heap->lock);
}

static inline void heap_unlock(struct heap *heap)
{
	pthread_mutex_unlock(&heap->lock);
}

/* The MethodTable of the object at `address`; false: unreadable or not 8-aligned. */
bool heap_object_method_table(struct heap *heap, uint64_t address, uint64_t *ret);

/* The full version as SOS's eeversion prints it ("10.0.1426.52326": CoreLib's AssemblyFileVersion).
 * NULL: CoreLib has none, or its metadata cannot be read, which the heap then has met
 * (met_unnamed). ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *heap_runtime_version(struct heap *heap, const char **ret);

#endif
