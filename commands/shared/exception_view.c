#include "commands/shared/exception_view.h"

#include "base/limits.h"
#include "base/list.h"
#include "heap/code/method_code.h"
#include "heap/values/value.h"

#include <inttypes.h>

/* A frame that does not name its method: the code says whose it is. The IP is behind a call. */
static struct error *method_by_ip(struct command_call *call, struct shown_frame *frame)
{
	struct code_place place;
	if (frame->frame.method || !frame->frame.ip)
		return NULL;
	struct error *error =
		code_at(call->question.heap, frame->frame.ip - 1, call->question.scratch, &place);
	if (!error)
		frame->frame.method = place.method;
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

static struct error *frame_name(struct command_call *call, struct shown_frame *frame)
{
	struct method method;
	TRY(method_by_ip(call, frame));
	struct error *error = method_at(call->question.heap, frame->frame.method, &method);
	if (error_take_damage(&error)) {
		question_missing(&call->question, 0, "methods on the stack trace %s",
				 target_lacks_them(call->question.target));
		return NULL;
	}
	TRY(error);
	TRY(method_name(call->question.heap, &method, call->question.scratch, &frame->method));
	if (!frame->method)
		question_missing(&call->question, 0,
				 module_files_sysroot(call->question.heap->files)
					 ? "the names of methods on the stack trace are not in the "
					   "dump, nor below --sysroot"
					 : "the names of methods on the stack trace are not in the "
					   "dump; --sysroot DIR may have them");
	TRY(method_offset_of(call->question.heap, &method, frame->frame.ip, call->question.scratch,
			     &frame->offset, &frame->offset_known));
	const struct clr_module *module = method.owner->module;
	if (method.kind == METHOD_DYNAMIC || !module || !*module->path)
		return NULL;
	const char *slash = strrchr(module->path, '/');
	frame->module = slash ? slash + 1 : module->path;
	return NULL;
}

static struct error *frames_read(struct command_call *call, struct exception_view *view)
{
	struct exception_frame *frames;
	struct error *error = exception_frames(call->question.heap, &view->exception,
					       call->question.scratch, &frames, &view->frame_count);
	if (error_take_damage(&error)) {
		view->frames_unreadable = true;
		view->frame_count = 0;
		question_missing(&call->question, 0, "the stack trace at %#" PRIx64 " %s",
				 view->exception.stack_trace,
				 target_lacks_it(call->question.target));
		return NULL;
	}
	TRY(error);
	view->frames = arena_allocate_array(call->question.scratch, view->frame_count,
					    sizeof(*view->frames));
	if (!view->frames)
		return &error_no_memory;
	for (size_t i = 0; i < view->frame_count; i++) {
		TRY(task_check(call->question.task, "naming the frames of a stack trace"));
		view->frames[i] = (struct shown_frame){ .frame = frames[i] };
		TRY(frame_name(call, &view->frames[i]));
	}
	return NULL;
}

struct error *exception_view_read(struct command_call *call, uint64_t address,
				  struct exception_view *ret)
{
	*ret = (struct exception_view){ 0 };
	TRY(exception_read(call->question.heap, address, &ret->exception));
	return frames_read(call, ret);
}

struct error *exception_print_string(struct command_call *call, uint64_t string, const char *none)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	if (!string) {
		output_value(call->out, none, "null");
		return NULL;
	}
	struct error *error = string_read(call->question.heap, string, LIMIT_SHOWN_STRING_UNITS,
					  call->question.scratch, &units, &count, &length);
	if (error_take_damage(&error)) {
		question_missing(&call->question, 0, "the string at %#" PRIx64 " %s", string,
				 target_lacks_it(call->question.target));
		output_value(call->out, "<unreadable>", "null");
	} else if (!error) {
		output_utf16(call->out, units, count, length, false);
	}
	return error;
}

/* The type of another exception that this one leads to; NULL: unreadable. */
static const char *type_of_object(struct command_call *call, uint64_t object)
{
	uint64_t method_table;
	const struct type *type;
	if (!heap_object_method_table(call->question.heap, object, &method_table))
		return NULL;
	struct error *error = type_at(call->question.heap, method_table, &type);
	error_free(error);
	return error ? NULL : type_sos_name(call->question.heap, type);
}

static void print_inner(struct command_call *call, uint64_t inner)
{
	const char *type = inner ? type_of_object(call, inner) : NULL;
	if (!inner)
		output_text(call->out, "<none>");
	else
		output_textf(call->out, "%s, Use printexception %016" PRIX64 " to see more.",
			     type ? type : "<unreadable>", inner);
	if (inner && !type)
		question_missing(&call->question, 0, "the inner exception at %#" PRIx64 " %s",
				 inner, target_lacks_it(call->question.target));
}

enum { OFFSET_CHARS = 24 };

static const char showing[] = "listing a stack trace";

static struct error *print_frames(struct command_call *call, const struct exception_view *view)
{
	struct output *out = call->out;
	if (view->frames_unreadable || !view->frame_count) {
		output_line(out, view->frames_unreadable ? "<Not Available>" : "<none>");
		return NULL;
	}
	output_line(out, "    SP               IP               Function");
	for (size_t i = 0; i < view->frame_count && !output_broken(out); i++) {
		TRY(task_check(call->question.task, showing));
		const struct shown_frame *shown = &view->frames[i];
		char offset[OFFSET_CHARS] = "";
		if (shown->offset_known)
			snprintf(offset, sizeof(offset), "+0x%" PRIx64, shown->offset);
		const char *module = shown->module ? shown->module : "UNKNOWN";
		if (shown->method)
			output_line(out, "    %016" PRIX64 " %016" PRIX64 " %s!%s%s",
				    shown->frame.sp, shown->frame.ip, module, shown->method,
				    offset);
		else
			output_line(out,
				    "    %016" PRIX64 " %016" PRIX64
				    " %s!<unknown method MD=%" PRIx64 ">",
				    shown->frame.sp, shown->frame.ip, module, shown->frame.method);
	}
	output_line(out, "%s", "");
	return NULL;
}

struct error *exception_print_text(struct command_call *call, const struct exception_view *view)
{
	static const struct column first[] = {
		{ NULL, "Exception object: ", CELL_ADDRESS_WIDE, 0 },
		{ NULL, "Exception type:   ", CELL_TEXT, 0 },
		{ NULL, "Message:          ", CELL_VALUE, 0 },
		{ NULL, "InnerException:   ", CELL_TEXT, 0 },
	};
	static const struct column last[] = {
		{ NULL, "StackTraceString: ", CELL_VALUE, 0 },
		{ NULL, "HResult: ", CELL_HEX, 0 },
	};
	const struct exception *exception = &view->exception;
	output_record_begin(call->out, NULL, first, COUNT_OF(first));
	output_address(call->out, exception->address);
	output_text(call->out, type_sos_name(call->question.heap, exception->type));
	TRY(exception_print_string(call, exception->message, "<none>"));
	print_inner(call, exception->inner);
	output_record_end(call->out);
	output_line(call->out, "StackTrace (generated):");
	TRY(print_frames(call, view));
	output_record_begin(call->out, NULL, last, COUNT_OF(last));
	TRY(exception_print_string(call, exception->stack_trace_string, "<none>"));
	output_unsigned(call->out, exception->hresult);
	output_record_end(call->out);
	return NULL;
}

static struct error *frame_rows(struct command_call *call, const struct exception_view *view)
{
	static const struct column columns[] = {
		{ "sp", NULL, CELL_ADDRESS, 0 },          { "ip", NULL, CELL_ADDRESS, 0 },
		{ "method_desc", NULL, CELL_ADDRESS, 0 }, { "method", NULL, CELL_VALUE, 0 },
		{ "module", NULL, CELL_VALUE, 0 },        { "offset", NULL, CELL_INTEGER, 0 },
	};
	struct output *out = call->out;
	output_table_begin(out, NULL, columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < view->frame_count && !output_broken(out); i++) {
		TRY(task_check(call->question.task, showing));
		const struct shown_frame *shown = &view->frames[i];
		output_row_begin(out);
		output_address(out, shown->frame.sp);
		output_address(out, shown->frame.ip);
		output_address(out, shown->frame.method);
		output_text_or_null(out, shown->method);
		output_text_or_null(out, shown->module);
		if (shown->offset_known)
			output_unsigned(out, shown->offset);
		else
			output_skip(out);
		output_row_end(out);
	}
	output_table_end(out);
	return NULL;
}

struct error *exception_print_cells(struct command_call *call, const struct exception_view *view)
{
	const struct exception *exception = &view->exception;
	struct output *out = call->out;
	output_address(out, exception->address);
	output_address(out, exception->type->handle);
	output_text(out, type_name(call->question.heap, exception->type, NULL));
	TRY(exception_print_string(call, exception->message, ""));
	const char *inner = exception->inner ? type_of_object(call, exception->inner) : NULL;
	if (exception->inner)
		output_reference(out, exception->inner, inner ? inner : "");
	else
		output_null(out);
	output_signed(out, (int32_t)exception->hresult);
	TRY(exception_print_string(call, exception->stack_trace_string, ""));
	return frame_rows(call, view);
}
