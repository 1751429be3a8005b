#include "commands/shared/field_table.h"

#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/render.h"
#include "heap/clr_threads.h"
#include "inspect/field_view.h"

enum { TYPE_WIDTH = 20 };

static const struct column columns[] = {
	{ "mt", "MT", CELL_ADDRESS_WIDE, 16 },   { "token", "Field", CELL_TOKEN, 8 },
	{ "offset", "Offset", CELL_HEX, 8 },     { "type", "Type", CELL_TEXT, TYPE_WIDTH },
	{ "is_value_type", "VT", CELL_TEXT, 4 }, { "is_static", "Attr", CELL_TEXT, 8 },
	{ NULL, "Value", CELL_TEXT, 16 }, /* as SOS has it: of a struct where it is, say */
	{ "name", "Name", CELL_TEXT, 0 },        { "value", NULL, CELL_VALUE, 0 },
	{ "address", NULL, CELL_ADDRESS, 0 },    { "state", NULL, CELL_TEXT, 0 },
};
static const struct column thread_columns[] = {
	{ "name", "    >> Thread static", CELL_TEXT, -30 },
	{ "managed_id", "Thread", CELL_INTEGER, 6 },
	{ NULL, "Value", CELL_TEXT, 16 },
	{ "value", NULL, CELL_VALUE, 0 },
};

/* SOS keeps the end of a long name: "...ivate.CoreLib]][]". */
static const char *cut_name(struct command_call *call, const char *name)
{
	size_t length = strlen(name);
	if (length <= TYPE_WIDTH)
		return name;
	const char *cut =
		arena_printf(call->question.scratch, "...%s", name + length - (TYPE_WIDTH - 3));
	return cut ? cut : name;
}

/* Why there is no value; NULL: there is one. */
static const char *state_text(const struct field_view *view)
{
	static const char *const texts[] = {
		[FIELD_HAS_VALUE] = NULL,          [FIELD_WITHOUT_INSTANCE] = "",
		[FIELD_PER_THREAD] = "per thread", [FIELD_UNINITIALIZED] = "uninitialized",
		[FIELD_UNREADABLE] = "unreadable",
	};
	return texts[view->state];
}

/* The value itself for JSON, then the object's address, where a string's content hides it. */
static struct error *value_cells(struct command_call *call, const struct field_view *view)
{
	struct output *out = call->out;
	bool has_value = view->state == FIELD_HAS_VALUE;
	bool has_state = !has_value && view->state != FIELD_WITHOUT_INSTANCE;
	if (has_value)
		TRY(render_value(call, &view->value, LIMIT_SHOWN_STRUCTS));
	else if (has_state)
		output_null(out);
	else
		output_skip(out);
	if (has_value && view->value.kind == VALUE_REFERENCE)
		output_address(out, view->value.bits);
	else
		output_skip(out);
	if (has_state)
		output_text(out, state_text(view));
	else
		output_skip(out);
	return NULL;
}

/* As SOS writes it. */
static const char *attribute_text(const struct type_field *field)
{
	if (field->is_thread_static)
		return "TLstatic";
	return field->is_static ? "static" : "instance";
}

static struct error *field_row(struct command_call *call, const struct field_table *table,
			       const struct type_field *field)
{
	struct output *out = call->out;
	struct field_view view;
	TRY(field_view_read(&call->question, field, table->base, &view));
	const struct type *type = view.type;
	uint64_t before = table->is_object ? object_fields(0) : 0; /* of statics too, as SOS does */
	output_row_begin(out);
	output_address(out, type ? type->handle : 0);
	output_unsigned(out, field->token);
	output_unsigned(out, field->offset + before);
	if (type)
		output_text_as(out, type_name(call->question.heap, type, NULL),
			       cut_name(call, type_sos_name(call->question.heap, type)));
	else
		output_text(out, "");
	output_bool_as(out, view.is_value_type, view.is_value_type ? "Yes" : "No");
	output_bool_as(out, field->is_static, attribute_text(field));
	const char *state = state_text(&view);
	output_text(out, state ? state : render_sos_text(call, &view.value));
	output_text(out, field->name);
	TRY(value_cells(call, &view));
	output_row_end(out);
	return NULL;
}

/* One row a thread that has a value, under "thread_statics". */
static struct error *thread_rows(struct command_call *call, const struct type_field *field,
				 bool *open)
{
	const struct clr_threads *threads = call->question.heap->threads;
	struct output *out = call->out;
	for (size_t i = 0; i < threads->count; i++) {
		const struct clr_thread *thread = &threads->threads[i];
		struct field_view view;
		TRY(task_check(call->question.task, "reading thread statics"));
		TRY(field_of_thread_read(&call->question, field, thread, &view));
		if (view.state != FIELD_HAS_VALUE)
			continue;
		if (!*open)
			output_table_begin(out, "thread_statics", thread_columns,
					   COUNT_OF(thread_columns), true);
		*open = true;
		output_row_begin(out);
		output_text(out, field->name);
		output_unsigned(out, thread->managed_id);
		output_text(out, render_sos_text(call, &view.value));
		TRY(render_value(call, &view.value, LIMIT_SHOWN_STRUCTS));
		output_row_end(out);
	}
	return NULL;
}

static struct error *thread_statics(struct command_call *call, const struct type_field **fields,
				    size_t count)
{
	bool open = false;
	for (size_t i = 0; i < count; i++)
		if (fields[i]->is_thread_static)
			TRY(thread_rows(call, fields[i], &open));
	if (open)
		output_table_end(call->out);
	return NULL;
}

struct error *field_table_print(struct command_call *call, const struct field_table *table)
{
	const struct type_field **fields;
	size_t count;
	TRY(type_all_fields(call->question.heap, table->type, true, call->question.scratch, &fields,
			    &count));
	if (!table->untitled)
		output_line(call->out, "Fields:");
	if (!table->untitled && !count)
		output_line(call->out, "None");
	output_table_begin(call->out, table->nested ? NULL : "fields", columns, COUNT_OF(columns),
			   count > 0);
	for (size_t i = 0; i < count && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "showing the fields"));
		TRY(field_row(call, table, fields[i]));
	}
	output_table_end(call->out);
	return table->nested ? NULL : thread_statics(call, fields, count);
}
