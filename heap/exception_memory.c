#include "heap/exception_memory.h"

#include "attach/target/overlay_target.h"
#include "attach/target/recording_target.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "heap/clr_threads.h"
#include "heap/gc/gc_heap.h"
#include "heap/types/method.h"
#include "heap/values/exception.h"
#include "heap/values/value.h"

/* Everything is read for the reading's sake. */
struct visit {
	struct heap *heap;
	const struct task *task;
	struct arena scratch;
	bool gave_up; /* there are more exceptions than LIMIT_NESTED_EXCEPTIONS in a chain */
};

/* What a dump's reader could not read either. */
static struct error *tolerate(struct error *error)
{
	if (error_take_damage(&error) || error_take(&error, ERROR_UNSUPPORTED) ||
	    error_take(&error, ERROR_NOT_FOUND))
		return NULL;
	return error;
}

static struct error *visit_string(struct visit *visit, uint64_t string)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	if (!string)
		return NULL;
	return tolerate(string_read(visit->heap, string, LIMIT_SHOWN_STRING_UNITS, &visit->scratch,
				    &units, &count, &length));
}

static struct error *visit_frames(struct visit *visit, const struct exception *exception)
{
	struct exception_frame *frames;
	size_t count = 0;
	TRY(tolerate(exception_frames(visit->heap, exception, &visit->scratch, &frames, &count)));
	for (size_t i = 0; i < count; i++) {
		struct method method;
		const char *name;
		TRY(task_check(visit->task, "looking for exceptions"));
		struct error *error = method_at(visit->heap, frames[i].method, &method);
		if (!error)
			error = method_name(visit->heap, &method, &visit->scratch, &name);
		TRY(tolerate(error));
	}
	return NULL;
}

/* With those inside it. */
static struct error *visit_exception(struct visit *visit, uint64_t address)
{
	for (unsigned i = 0; address && i < LIMIT_NESTED_EXCEPTIONS; i++) {
		struct exception exception;
		TRY(task_check(visit->task, "looking for exceptions"));
		struct error *error = exception_read(visit->heap, address, &exception);
		if (error)
			return tolerate(error);
		type_sos_name(visit->heap, exception.type);
		TRY(visit_string(visit, exception.message));
		TRY(visit_string(visit, exception.stack_trace_string));
		TRY(visit_frames(visit, &exception));
		arena_reset(&visit->scratch);
		address = exception.inner;
	}
	visit->gave_up |= address != 0;
	return NULL;
}

static struct error *visit_name(struct visit *visit, const struct clr_thread *thread)
{
	uint64_t object;
	struct value name;
	if (!thread->managed_object ||
	    !reader_u64(&visit->heap->reader, thread->managed_object, &object) || !object)
		return NULL;
	struct error *error = value_field_of_object(visit->heap, object, "_name", &name);
	if (error)
		return tolerate(error);
	return name.kind == VALUE_REFERENCE ? visit_string(visit, name.bits) : NULL;
}

static struct error *visit_thread(struct visit *visit, const struct clr_thread *thread)
{
	uint64_t object = 0, tracker = thread->exception_tracker;
	TRY(visit_name(visit, thread));
	TRY(tolerate(exception_of_thread(visit->heap, thread, &object)));
	TRY(visit_exception(visit, object));
	for (unsigned i = 0; i < LIMIT_NESTED_EXCEPTIONS; i++) {
		struct error *error = exception_nested(visit->heap, &tracker, &object);
		if (error || !object)
			return tolerate(error);
		TRY(visit_exception(visit, object));
	}
	visit->gave_up = true;
	return NULL;
}

/* Opening looked at objects all over the GC heap to see whether it can be walked: a core with them
 * and nothing around them cannot. */
static struct error *forget_heap(const struct heap *heap, struct target *recording)
{
	for (size_t i = 0; heap->gc && i < heap->gc->segment_count; i++) {
		const struct gc_segment *segment = &heap->gc->segments[i];
		TRY(recording_target_forget(recording, gc_segment_base(segment), segment->end));
	}
	return NULL;
}

static struct error *visit_threads(struct heap *heap, struct target *recording,
				   const struct task *task, bool *ret_gave_up)
{
	struct visit visit = { .heap = heap, .task = task };
	struct error *error = forget_heap(heap, recording);
	/* What the reader still has of the heap would not be read again. */
	reader_forget(&heap->reader);
	arena_init(&visit.scratch);
	for (size_t i = 0; !error && i < heap->threads->count; i++) {
		error = visit_thread(&visit, &heap->threads->threads[i]);
		arena_reset(&visit.scratch);
	}
	arena_deinit(&visit.scratch);
	*ret_gave_up = visit.gave_up;
	return error;
}

/* The runtime's world over the recorder, for as long as it is asked. */
static struct error *ask(struct target *recording, struct target *overlay, const struct task *task,
			 bool *ret_gave_up)
{
	struct module_files *files;
	struct heap *heap = NULL;
	TRY(module_files_new(overlay, NULL, &files));
	struct error *error = heap_open(overlay, files, task, &heap);
	if (!error)
		error = visit_threads(heap, recording, task, ret_gave_up);
	heap_close(heap);
	module_files_free(files);
	return error;
}

static struct error *copy_pages(const struct target *recording, struct arena *arena,
				struct exception_memory *ret)
{
	const struct region *pages = recording_target_pages(recording, &ret->count);
	struct region *copy = arena_allocate_array(arena, ret->count, sizeof(*copy));
	if (!copy)
		return &error_no_memory;
	if (ret->count)
		memcpy(copy, pages, ret->count * sizeof(*copy));
	ret->pages = copy;
	return NULL;
}

static const char *which_bound(const struct target *recording, bool gave_up)
{
	if (recording_target_is_full(recording))
		return "exceptions take more than the 64 MiB that a Mini has for them: the rest is not in "
		       "the dump (--type Heap has it)";
	return gave_up ? "of a thread's exceptions only the first 1,024 of a chain are in the dump "
			 "(--type Heap has the others)"
		       : NULL;
}

struct error *exception_memory_find(struct target *target, const struct task *task,
				    struct arena *arena, struct exception_memory *ret)
{
	struct target *recording, *overlay;
	bool gave_up = false;
	*ret = (struct exception_memory){ 0 };
	TRY(recording_target_new(target, LIMIT_EXCEPTION_MEMORY_BYTES, &recording));
	struct error *error = overlay_target_new(recording, &overlay);
	if (error) {
		target_close(recording);
		return error;
	}
	error = ask(recording, overlay, task, &gave_up);
	if (!error)
		error = copy_pages(recording, arena, ret);
	ret->lacks = error ? NULL : which_bound(recording, gave_up);
	target_close(overlay);
	if (!error || error_is_fatal(error))
		return error;
	ret->reason = arena_copy_text(arena, error->message, strlen(error->message));
	error_free(error);
	return ret->reason ? NULL : &error_no_memory;
}
