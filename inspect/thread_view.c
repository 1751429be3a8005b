#include "inspect/thread_view.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "heap/values/value.h"

#include <inttypes.h>

struct error *thread_thrown(const struct question *question, const struct clr_thread *thread,
			    struct thread_thrown *ret)
{
	uint64_t tracker = thread->exception_tracker, nested, method_table;
	const struct type *type;
	*ret = (struct thread_thrown){ 0 };
	struct error *error = exception_of_thread(question->heap, thread, &ret->address);
	if (error_take(&error, ERROR_FAULT)) {
		ret->unreadable = true;
		question_missing(question, 0, "the exception of thread %" PRIu32 " %s",
				 thread->managed_id, target_lacks_it(question->target));
		return NULL;
	}
	TRY(error);
	if (!ret->address)
		return NULL;
	if (heap_object_method_table(question->heap, ret->address, &method_table)) {
		error = type_at(question->heap, method_table, &type);
		if (!error)
			ret->type = type;
		else if (!error_take_damage(&error))
			return error;
	}
	if (!ret->type)
		question_missing(question, 0, "the exception at %#" PRIx64 " %s", ret->address,
				 target_lacks_it(question->target));
	error = exception_nested(question->heap, &tracker, &nested);
	ret->has_nested = tracker != 0;
	if (error_take(&error, ERROR_FAULT))
		return NULL;
	return error;
}

struct error *thread_name(const struct question *question, const struct clr_thread *thread,
			  struct arena *arena, struct view_string *ret)
{
	struct heap *heap = question->present; /* threads can do without, and asks for names */
	uint64_t object;
	struct value name;
	*ret = (struct view_string){ .state = VIEW_STRING_NONE };
	if (!thread->managed_object ||
	    !reader_u64(&heap->reader, thread->managed_object, &object) || !object)
		return NULL;
	TRY(value_field_of_object(heap, object, "_name", &name));
	if (name.kind == VALUE_NULL)
		return NULL;
	ret->state = VIEW_STRING_UNREADABLE;
	if (name.kind != VALUE_REFERENCE)
		return NULL;
	struct error *error = string_read(heap, name.bits, LIMIT_SHOWN_STRING_UNITS, arena,
					  &ret->units, &ret->count, &ret->length);
	if (!error)
		ret->state = VIEW_STRING_READ;
	error_take_damage(&error);
	return error;
}

struct error *thread_name_text(const struct question *question, const struct clr_thread *thread,
			       struct arena *arena, const char **ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	struct view_string name;
	*ret = NULL;
	TRY(thread_name(question, thread, arena, &name));
	if (name.state != VIEW_STRING_READ || !name.count)
		return NULL;
	bool cut = name.length > THREAD_NAME_UNITS;
	text_append_utf16(&text, name.units, cut ? THREAD_NAME_UNITS : name.count);
	text_append(&text, cut ? "…" : "");
	*ret = text_failed(&text) ? NULL : arena_copy_text(arena, text_string(&text), text.length);
	return *ret ? NULL : &error_no_memory;
}

struct error *threads_by_os_id(const struct heap *heap, struct id_map *ret)
{
	const struct clr_threads *threads = heap->threads;
	*ret = (struct id_map){ 0 };
	for (size_t i = 0; i < threads->count; i++)
		if (threads->threads[i].os_id)
			TRY(id_map_put(ret, threads->threads[i].os_id, (uint32_t)i));
	return NULL;
}

const struct clr_thread *thread_with_os_id(const struct heap *heap, uint64_t os_id)
{
	const struct clr_threads *threads = heap->threads;
	for (size_t i = 0; i < threads->count; i++)
		if (threads->threads[i].os_id == os_id)
			return &threads->threads[i];
	return NULL;
}
