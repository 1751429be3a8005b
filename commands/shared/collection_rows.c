#include "commands/shared/collection_rows.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/render.h"

#include <inttypes.h>

static struct error *not_a_collection(struct command_call *call, const struct collection_view *view)
{
	const struct type *type = view->value.type;
	if (!type)
		return error_new(ERROR_UNSUPPORTED,
				 "at %012" PRIx64 " is free space, and no collection",
				 view->address);
	const char *name = type_name(call->question.heap, type, NULL);
	if (type->kind == TYPE_STRING)
		return error_new(ERROR_UNSUPPORTED,
				 "%012" PRIx64 " is a string: do %012" PRIx64 " shows it",
				 view->address, view->address);
	if (view->value.kind != VALUE_REFERENCE)
		return error_new(ERROR_UNSUPPORTED,
				 "that is a %s, no collection that clrpod knows: get shows it",
				 name);
	return error_new(ERROR_UNSUPPORTED,
			 "%012" PRIx64 " is a %s, no collection that clrpod knows: do %012" PRIx64
			 " shows its "
			 "fields",
			 view->address, name, view->address);
}

struct error *collection_view_open(struct command_call *call, struct collection_view *ret)
{
	bool is_collection = false;
	*ret = (struct collection_view){ .address = call->subject.address,
					 .value = call->subject.value };
	if (ret->value.type)
		TRY(collection_open(call->question.heap, &ret->value, call->question.scratch,
				    &ret->collection, &is_collection));
	return is_collection ? NULL : not_a_collection(call, ret);
}

struct error *collection_view_header(struct command_call *call, struct collection_view *view)
{
	static const struct column columns[] = {
		{ "address", NULL, CELL_ADDRESS, 0 },
		{ "type", "Name:  ", CELL_TEXT, 0 },
		{ "count", "Count: ", CELL_COUNT, 0 },
	};
	struct collection *collection = &view->collection;
	uint64_t count = 0;
	struct error *error =
		collection_count(call->question.heap, &view->value, call->question.task, &count);
	bool counted = !error;
	if (!error_take_damage(&error)) /* which the rows will say */
		TRY(error);
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_address(call->out, view->address);
	output_text(call->out, type_name(call->question.heap, view->value.type, NULL));
	if (counted)
		output_unsigned(call->out, count);
	else
		output_nothing(call->out, "<unknown>");
	output_record_end(call->out);
	if (collection->type != view->value.type)
		output_note(call->out, "it is a wrapper around a %s",
			    type_name(call->question.heap, collection->type, NULL));
	if (collection->foreign)
		output_note(call->out,
			    "%s is no class of the base library: its fields are those of a %s and "
			    "it is shown as one",
			    type_name(call->question.heap, collection->type, NULL),
			    collection->name);
	return NULL;
}

/* Rows work in an arena of their own, which is reset after each: a collection may be long. */
struct rows {
	struct command_call call;
	struct arena arena;
};

static void rows_cleanup(struct rows *rows)
{
	arena_deinit(&rows->arena);
}

static struct error *put_value(struct command_call *call, struct value value)
{
	TRY(value_unbox(call->question.heap, &value));
	return render_value(call, &value, LIMIT_SHOWN_STRUCTS);
}

static struct error *put_row(struct rows *rows, const struct collection *collection, uint64_t index,
			     const struct value *key, const struct value *value)
{
	struct command_call *call = &rows->call;
	output_row_begin(call->out);
	output_unsigned(call->out, index);
	struct error *error = NULL;
	if (collection->kind == COLLECTION_DICTIONARY)
		error = put_value(call, *key);
	if (!error)
		error = put_value(call, *value);
	output_row_end(call->out);
	arena_reset(&rows->arena);
	return error;
}

static void begin_table(struct command_call *call, const struct collection *collection,
			const char *key)
{
	static const struct column pairs[] = {
		{ "index", "Index", CELL_INTEGER, 7 },
		{ "key", "Key", CELL_VALUE, -30 },
		{ "value", "Value", CELL_VALUE, 0 },
	};
	static const struct column items[] = {
		{ "index", "Index", CELL_INTEGER, 7 },
		{ "value", "Value", CELL_VALUE, 0 },
	};
	if (collection->kind == COLLECTION_DICTIONARY)
		output_table_begin(call->out, key, pairs, COUNT_OF(pairs), true);
	else
		output_table_begin(call->out, key, items, COUNT_OF(items), true);
}

static void say_damage(struct command_call *call, const struct collection *collection, bool to_end)
{
	if (collection->damage)
		question_missing(&call->question, 0,
				 "after %" PRIu64 " elements it could not be read further: %s",
				 collection->found, collection->damage);
	else if (to_end && collection->count_known && collection->found != collection->count)
		question_missing(&call->question, 0,
				 "it says that it has %" PRIu64 " elements, %" PRIu64 " were found",
				 collection->count, collection->found);
}

struct error *collection_view_rows(struct command_call *call, struct collection_view *view,
				   const char *table, uint64_t start, uint64_t length)
{
	CLEANUP(rows_cleanup) struct rows rows = { .call = *call };
	struct collection *collection = &view->collection;
	struct value key = { 0 }, value;
	uint64_t index, shown = 0;
	bool more = true;
	rows.call.question.scratch = &rows.arena;
	TRY(collection_skip(collection, start));
	begin_table(call, collection, table);
	for (; shown < length; shown++) {
		TRY(collection_next(collection, &key, &value, &index, &more));
		if (!more || output_broken(call->out))
			break;
		TRY(task_check(call->question.task, "showing elements"));
		TRY(put_row(&rows, collection, index, &key, &value));
	}
	output_table_end(call->out);
	say_damage(call, collection, !more);
	return NULL;
}

struct error *collection_view_row(struct command_call *call, struct collection_view *view,
				  const char *table, uint64_t index, const struct value *key,
				  const struct value *value)
{
	CLEANUP(rows_cleanup) struct rows rows = { .call = *call };
	rows.call.question.scratch = &rows.arena;
	begin_table(call, &view->collection, table);
	TRY(put_row(&rows, &view->collection, index, key, value));
	output_table_end(call->out);
	return NULL;
}
