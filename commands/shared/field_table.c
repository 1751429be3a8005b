#include "commands/shared/field_table.h"

#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/render.h"
#include "heap/clr_threads.h"
#include "heap/types/field.h"

enum { TYPE_WIDTH = 20 };
static const char unreadable[] = "unreadable";

static const struct column all_columns[] = {
	{ "mt", "MT", CELL_ADDRESS_WIDE, 16 },    { "token", "Field", CELL_TOKEN, 8 },
	{ "offset", "Offset", CELL_HEX, 8 },      { NULL, "Type", CELL_TEXT, TYPE_WIDTH },
	{ "type", NULL, CELL_TEXT, 0 },           { NULL, "VT", CELL_TEXT, 4 },
	{ "is_value_type", NULL, CELL_VALUE, 0 }, { NULL, "Attr", CELL_TEXT, 8 },
	{ "is_static", NULL, CELL_VALUE, 0 },     { NULL, "Value", CELL_TEXT, 16 },
	{ "name", "Name", CELL_TEXT, 0 },         { "value", NULL, CELL_VALUE, 0 },
	{ "address", NULL, CELL_ADDRESS, 0 },     { "state", NULL, CELL_TEXT, 0 },
};
enum { COLUMNS = COUNT_OF(all_columns) };

void columns_for(enum field_table_form form, struct column *columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (form == FIELDS_TEXT)
			columns[i].key = NULL;
		if (form == FIELDS_JSON)
			columns[i].title = NULL;
	}
}

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

/* What a row says of its value. */
struct place {
	struct value value;
	const char *state; /* NULL: there is a value; else why there is none */
};

static struct error *static_place(struct command_call *call, const struct type_field *field,
				  const struct clr_thread *thread, struct place *ret)
{
	enum static_state state;
	uint64_t address;
	ret->state = unreadable;
	struct error *error =
		field_static_address(call->question.heap, field, thread, &state, &address);
	if (!error && state == STATIC_NOT_INITIALIZED)
		ret->state = "uninitialized";
	if (!error && state == STATIC_READY) {
		error = value_of_field(call->question.heap, field, address, &ret->value);
		if (!error)
			ret->state = NULL;
	}
	if (error_take_damage(&error) || error_take(&error, ERROR_UNSUPPORTED))
		ret->state = unreadable;
	TRY(error);
	if (ret->state == unreadable)
		question_missing(&call->question, 0, "the static %s could not be read",
				 field->name);
	return NULL;
}

static struct error *place_of(struct command_call *call, const struct field_table *table,
			      const struct type_field *field, struct place *ret)
{
	*ret = (struct place){ 0 };
	if (field->is_thread_static) {
		ret->state = "per thread";
		return NULL;
	}
	if (field->is_static) {
		TRY(static_place(call, field, NULL, ret));
	} else if (table->base) {
		TRY(value_of_field(call->question.heap, field, table->base, &ret->value));
	} else {
		ret->state = "";
		return NULL;
	}
	/* So that JSON's null is not taken for a null reference. */
	if (!ret->state && ret->value.kind == VALUE_UNREADABLE) {
		ret->state = unreadable;
		question_missing(&call->question, ret->value.width,
				 "the field %s could not be read", field->name);
	}
	return NULL;
}

/* The value itself for JSON, then the object's address, where a string's content hides it. */
static struct error *value_cells(struct command_call *call, const struct place *place)
{
	struct output *out = call->out;
	if (place->state) {
		if (*place->state)
			output_null(out);
		else
			output_skip(out);
		output_skip(out);
	} else {
		TRY(render_value(call, &place->value, LIMIT_SHOWN_STRUCTS));
		if (place->value.kind == VALUE_REFERENCE)
			output_address(out, place->value.bits);
		else
			output_skip(out);
	}
	if (place->state && *place->state)
		output_text(out, place->state);
	else
		output_skip(out);
	return NULL;
}

static struct error *row(struct command_call *call, const struct field_table *table,
			 const struct type_field *field)
{
	struct output *out = call->out;
	const struct type *type = NULL;
	struct place place;
	struct error *error = field_type(call->question.heap, field, &type);
	if (error && !error_is_fatal(error)) {
		error_free(error);
		error = NULL;
		type = NULL;
		question_missing(&call->question, 0, "the type of the field %s could not be read",
				 field->name);
	}
	TRY(error);
	TRY(place_of(call, table, field, &place));
	bool is_value = type ? !type_is_reference(type) && type->kind != TYPE_POINTER &&
					type->kind != TYPE_FUNCTION_POINTER
			     : false;
	output_row_begin(out);
	output_address(out, type ? type->handle : 0);
	output_unsigned(out, field->token);
	output_unsigned(out, field->offset + table->header); /* of statics too, as SOS does */
	output_text(out, type ? cut_name(call, type_sos_name(call->question.heap, type)) : "");
	output_text(out, type ? type_name(call->question.heap, type, NULL) : "");
	output_text(out, is_value ? "Yes" : "No");
	output_bool(out, is_value);
	output_text(out, field->is_thread_static ? "TLstatic"
			 : field->is_static      ? "static"
						 : "instance");
	output_bool(out, field->is_static);
	output_text(out, place.state ? place.state : render_sos_text(call, &place.value));
	output_text(out, field->name);
	TRY(value_cells(call, &place));
	output_row_end(out);
	return NULL;
}

/* Thread statics: one row a thread that has a value, under "thread_statics". */
static struct error *thread_rows(struct command_call *call, const struct type_field *field,
				 const struct column *columns, size_t column_count, bool *open)
{
	const struct clr_threads *threads = call->question.heap->threads;
	struct output *out = call->out;
	for (size_t i = 0; i < threads->count; i++) {
		struct place place = { 0 };
		TRY(task_check(call->question.task, "reading thread statics"));
		TRY(static_place(call, field, &threads->threads[i], &place));
		if (place.state)
			continue;
		if (!*open)
			output_table_begin(out, "thread_statics", columns, column_count, true);
		*open = true;
		output_row_begin(out);
		output_text(out, field->name);
		output_unsigned(out, threads->threads[i].managed_id);
		output_text(out, render_sos_text(call, &place.value));
		TRY(render_value(call, &place.value, LIMIT_SHOWN_STRUCTS));
		output_row_end(out);
	}
	return NULL;
}

static struct error *thread_statics(struct command_call *call, const struct field_table *table,
				    const struct type_field **fields, size_t count)
{
	struct column columns[] = {
		{ "name", "    >> Thread static", CELL_TEXT, -30 },
		{ "managed_id", "Thread", CELL_INTEGER, 6 },
		{ NULL, "Value", CELL_TEXT, 16 },
		{ "value", NULL, CELL_VALUE, 0 },
	};
	bool open = false;
	columns_for(table->form, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++)
		if (fields[i]->is_thread_static)
			TRY(thread_rows(call, fields[i], columns, COUNT_OF(columns), &open));
	if (open)
		output_table_end(call->out);
	return NULL;
}

struct error *field_table_print(struct command_call *call, const struct field_table *table)
{
	const struct type_field **fields;
	size_t count;
	struct column columns[COLUMNS];
	memcpy(columns, all_columns, sizeof(columns));
	columns_for(table->form, columns, COLUMNS);
	TRY(type_all_fields(call->question.heap, table->type, true, call->question.scratch, &fields,
			    &count));
	const char *key = table->nested || table->form == FIELDS_TEXT ? NULL : "fields";
	bool titled = table->form != FIELDS_JSON && !table->untitled;
	if (titled)
		output_line(call->out, "Fields:");
	if (titled && !count)
		output_line(call->out, "None");
	output_table_begin(call->out, key, columns, COLUMNS, count > 0);
	for (size_t i = 0; i < count && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "showing the fields"));
		TRY(row(call, table, fields[i]));
	}
	output_table_end(call->out);
	if (table->form == FIELDS_BOTH)
		TRY(thread_statics(call, table, fields, count));
	return NULL;
}
