#include "commands/shared/exception_cells.h"

void view_string_cell(struct output *out, const struct view_string *string, const char *none)
{
	switch (string->state) {
	case VIEW_STRING_NONE:
		output_nothing(out, none);
		break;
	case VIEW_STRING_UNREADABLE:
		output_nothing(out, "<unreadable>");
		break;
	case VIEW_STRING_READ:
		output_utf16(out, string->units, string->count, string->length, false);
		break;
	}
}

static void inner_cell(struct command_call *call, const struct exception_view *view,
		       const char *shown)
{
	const struct type *type = view->inner_type;
	const char *name = type ? type_name(call->question.heap, type, NULL) : "";
	if (view->exception.inner)
		output_reference_as(call->out, view->exception.inner, name, shown);
	else
		output_nothing(call->out, shown);
}

void exception_cells(struct command_call *call, const struct exception_view *view,
		     const struct exception_words *words)
{
	const struct exception *exception = &view->exception;
	struct output *out = call->out;
	output_address(out, exception->address);
	output_address(out, exception->type->handle);
	output_text_as(out, type_name(call->question.heap, exception->type, NULL), words->type);
	view_string_cell(out, &view->message, words->none);
	inner_cell(call, view, words->inner ? words->inner : "");
	output_signed(out, (int32_t)exception->hresult);
	view_string_cell(out, &view->stack_trace_string, words->none);
}

static const struct column frame_columns[FRAME_COLUMNS] = {
	{ "sp", IN_WORDS, CELL_POINTER, 0 },          { "ip", IN_WORDS, CELL_POINTER, 0 },
	{ "method_desc", IN_WORDS, CELL_ADDRESS, 0 }, { "method", IN_WORDS, CELL_TEXT, 0 },
	{ "module", IN_WORDS, CELL_TEXT, 0 },         { "offset", IN_WORDS, CELL_HEX, 0 },
};
const struct frame_words sos_frame_words = {
	.columns = frame_columns,
	.no_module = "UNKNOWN",
	.no_method = "",
	.with_offset = "    {sp} {ip} {module}!{method}+0x{offset}",
	.without_offset = "    {sp} {ip} {module}!{method}",
	.without_method = "    {sp} {ip} {module}!<unknown method MD={method_desc}>",
};

static void frame_row(struct output *out, const struct shown_frame *shown,
		      const struct frame_words *words)
{
	output_row_begin(out);
	output_address(out, shown->frame.sp);
	output_address(out, shown->frame.ip);
	output_address(out, shown->frame.method);
	output_text_or(out, shown->method, words->no_method);
	output_text_or(out, shown->module, words->no_module);
	if (shown->offset_known)
		output_unsigned(out, shown->offset);
	else
		output_skip(out);
	if (!shown->method && words->without_method)
		output_sentence(out, words->without_method);
	else
		output_sentence(out,
				shown->offset_known ? words->with_offset : words->without_offset);
	output_row_end(out);
}

struct error *exception_frame_rows(struct command_call *call, const struct exception_view *view,
				   const struct frame_words *words)
{
	struct output *out = call->out;
	output_table_begin(out, NULL, words->columns, FRAME_COLUMNS, false);
	for (size_t i = 0; i < view->frame_count && !output_broken(out); i++) {
		TRY(task_check(call->question.task, "listing a stack trace"));
		frame_row(out, &view->frames[i], words);
	}
	output_table_end(out);
	return NULL;
}
