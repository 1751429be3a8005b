#include "inspect/exception_view.h"

#include "base/limits.h"
#include "base/list.h"
#include "heap/code/method_code.h"
#include "heap/values/object_type.h"
#include "heap/values/value.h"

#include <inttypes.h>

/* A frame that does not name its method: the code says which it is. The IP is after a call. */
static struct error *method_by_ip(const struct question *question, struct shown_frame *frame)
{
	struct code_place place;
	if (frame->frame.method || !frame->frame.ip)
		return NULL;
	struct error *error =
		code_at(question->heap, frame->frame.ip - 1, question->scratch, &place);
	if (!error)
		frame->frame.method = place.method;
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

static struct error *frame_name(const struct question *question, struct shown_frame *frame)
{
	struct method method;
	TRY(method_by_ip(question, frame));
	struct error *error = method_at(question->heap, frame->frame.method, &method);
	if (error_take_damage(&error)) {
		question_missing(question, 0, "methods on the stack trace %s",
				 target_lacks_them(question->target));
		return NULL;
	}
	TRY(error);
	TRY(method_name(question->heap, &method, question->scratch, &frame->method));
	if (!frame->method)
		question_missing(question, 0,
				 module_files_sysroot(question->heap->files)
					 ? "the names of methods on the stack trace are not in the "
					   "dump, nor below --sysroot"
					 : "the names of methods on the stack trace are not in the "
					   "dump; --sysroot DIR may have them");
	TRY(method_offset_of(question->heap, &method, frame->frame.ip, question->scratch,
			     &frame->offset, &frame->offset_known));
	const struct clr_module *module = method.owner->module;
	if (method.kind == METHOD_DYNAMIC || !module || !*module->path)
		return NULL;
	const char *slash = strrchr(module->path, '/');
	frame->module = slash ? slash + 1 : module->path;
	return NULL;
}

static struct error *frames_read(const struct question *question, struct exception_view *view)
{
	struct exception_frame *frames;
	struct error *error = exception_frames(question->heap, &view->exception, question->scratch,
					       &frames, &view->frame_count);
	if (error_take_damage(&error)) {
		view->frames_unreadable = true;
		view->frame_count = 0;
		question_missing(question, 0, "the stack trace at %#" PRIx64 " %s",
				 view->exception.stack_trace, target_lacks_it(question->target));
		return NULL;
	}
	TRY(error);
	view->frames =
		arena_allocate_array(question->scratch, view->frame_count, sizeof(*view->frames));
	if (!view->frames)
		return &error_no_memory;
	for (size_t i = 0; i < view->frame_count; i++) {
		TRY(task_check(question->task, "naming the frames of a stack trace"));
		view->frames[i] = (struct shown_frame){ .frame = frames[i] };
		TRY(frame_name(question, &view->frames[i]));
	}
	return NULL;
}

struct error *view_string_read(const struct question *question, uint64_t string,
			       struct view_string *ret)
{
	*ret = (struct view_string){ .state = VIEW_STRING_NONE };
	if (!string)
		return NULL;
	struct error *error =
		string_read(question->heap, string, LIMIT_SHOWN_STRING_UNITS, question->scratch,
			    &ret->units, &ret->count, &ret->length);
	if (error_take_damage(&error)) {
		question_missing(question, 0, "the string at %#" PRIx64 " %s", string,
				 target_lacks_it(question->target));
		ret->state = VIEW_STRING_UNREADABLE;
		return NULL;
	}
	ret->state = VIEW_STRING_READ;
	return error;
}

struct error *exception_view_read(const struct question *question, uint64_t address,
				  struct exception_view *ret)
{
	*ret = (struct exception_view){ 0 };
	TRY(exception_read(question->heap, address, &ret->exception));
	TRY(frames_read(question, ret));
	TRY(view_string_read(question, ret->exception.message, &ret->message));
	TRY(object_type(question->heap, ret->exception.inner, &ret->inner_type));
	return view_string_read(question, ret->exception.stack_trace_string,
				&ret->stack_trace_string);
}
