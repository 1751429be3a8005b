#include "commands/shared/object_references.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/gc/references.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ NULL, "", CELL_TEXT, 0 },          { "field", NULL, CELL_TEXT, 0 },
	{ "offset", NULL, CELL_INTEGER, 0 }, { "object", NULL, CELL_ADDRESS, 0 },
	{ "type", NULL, CELL_VALUE, 0 },
};
enum { FIELD_WIDTH = sizeof("Field") - 1, OFFSET_WIDTH = sizeof("Offset") - 1 };

struct reference {
	uint32_t offset; /* bytes, from the object's first field */
	uint64_t target;
	const char *field; /* in scratch; "": an array's element */
};

struct references {
	struct command_call *call;
	struct reference
		*items; /* malloc'd; of an array none: its rows are shown as they are met */
	size_t count, capacity;
	bool is_array, too_many;
};

static void references_cleanup(struct references *references)
{
	free(references->items);
}

static struct error *reference_keep(struct references *to, const struct reference *reference)
{
	to->too_many = to->count == LIMIT_KEPT_REFERENCES;
	if (to->too_many)
		return &error_stop;
	TRY(LIST_GROW(to->items, to->count, to->capacity));
	to->items[to->count++] = *reference;
	return NULL;
}

/* The instance field that holds the offset, and where in it; NULL: none does. The only field of an
 * inline array stands for all its elements. */
static struct error *field_at(struct command_call *call, const struct type *type, uint32_t *offset,
			      const struct type_field **ret, const struct type **ret_type)
{
	const struct type_field **fields, *found = NULL;
	size_t count;
	*ret = NULL;
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	TRY(type_all_fields(call->question.heap, type, false, &arena, &fields, &count));
	for (size_t i = 0; i < count; i++)
		if (fields[i]->offset <= *offset && (!found || fields[i]->offset >= found->offset))
			found = fields[i];
	if (!found)
		return NULL;
	TRY(field_type(call->question.heap, found, ret_type));
	uint32_t size = (*ret_type)->kind == TYPE_STRUCT ? (*ret_type)->value_size : 8;
	uint32_t inside = *offset - found->offset;
	if (!size || (inside >= size && count > 1))
		return NULL;
	*offset = inside % size;
	*ret = found;
	return NULL;
}

/* "_entry.Value": the fields that lead to the offset. */
static struct error *field_name(struct command_call *call, const struct type *type, uint32_t offset,
				const char **ret)
{
	CLEANUP(text_deinit) struct text name = { 0 };
	for (unsigned i = 0; i < LIMIT_NESTING; i++) {
		const struct type_field *field;
		const struct type *inner;
		TRY(field_at(call, type, &offset, &field, &inner));
		if (!field)
			break;
		text_printf(&name, "%s%s", name.length ? "." : "", field->name);
		if (inner->kind != TYPE_STRUCT)
			break;
		type = inner;
	}
	*ret = arena_copy_text(call->question.scratch, text_string(&name), name.length);
	return *ret && !text_failed(&name) ? NULL : &error_no_memory;
}

static const char *target_type(struct command_call *call, uint64_t target)
{
	const struct type *type;
	uint64_t method_table;
	if (!heap_object_method_table(call->question.heap, target, &method_table))
		return NULL;
	struct error *error = type_at(call->question.heap, method_table, &type);
	if (!error)
		return type_name(call->question.heap, type, NULL);
	error_free(error);
	return NULL;
}

static void row_print(struct command_call *call, const struct reference *reference, int width)
{
	struct output *out = call->out;
	const char *type = target_type(call, reference->target);
	char offset[16];
	if (!type)
		question_missing(&call->question, 0, "the object at %#" PRIx64 " cannot be read",
				 reference->target);
	snprintf(offset, sizeof(offset), "0x%02" PRIx32, reference->offset);
	output_row_begin(out);
	output_textf(out, "%-*s %*s %16.12" PRIx64 " %s", width, reference->field, OFFSET_WIDTH,
		     offset, reference->target, type ? type : "<unreadable>");
	output_text(out, reference->field);
	output_unsigned(out, reference->offset);
	output_address(out, reference->target);
	output_text_or_null(out, type);
	output_row_end(out);
}

/* Before the first row, or without one. */
static void head_print(struct output *out, bool any, int width)
{
	output_line(out, any ? "GC Refs:" : "GC Refs: none");
	if (any)
		output_line(out, "%-*s %*s %16s Type", width, "Field", OFFSET_WIDTH, "Offset",
			    "Object");
	output_table_begin(out, "references", columns, COUNT_OF(columns), false);
}

static struct error *reference_visit(uint32_t offset, uint64_t target, void *context)
{
	struct references *references = context;
	struct output *out = references->call->out;
	const struct reference reference = { offset - (uint32_t)object_fields(0), target, "" };
	if (!references->is_array)
		return reference_keep(references, &reference);
	if (!references->count++)
		head_print(out, true, FIELD_WIDTH);
	row_print(references->call, &reference, FIELD_WIDTH);
	return output_broken(out) ? &error_stop : NULL;
}

static struct error *references_find(const struct object_view *view, struct references *references)
{
	struct command_call *call = references->call;
	CLEANUP(reference_plans_deinit) struct reference_plans plans = { 0 };
	TRY(reference_plans_init(&plans, call->question.heap));
	struct error *error =
		object_visit_references(&plans, &view->object, reference_visit, references);
	error_take_stop(&error);
	if (error_take_damage(&error))
		question_missing(&call->question, 0,
				 "the references of %#" PRIx64 " cannot all be read",
				 view->object.address);
	if (!error && references->too_many)
		return error_new(ERROR_BAD_DATA,
				 "the object has more than %d references, and is no array",
				 LIMIT_KEPT_REFERENCES);
	return error;
}

/* The column is as wide as the widest name. */
static struct error *rows_print(struct references *references, const struct type *type)
{
	struct command_call *call = references->call;
	int width = FIELD_WIDTH;
	for (size_t i = 0; i < references->count; i++) {
		struct reference *reference = &references->items[i];
		TRY(task_check(call->question.task, "naming the fields"));
		TRY(field_name(call, type, reference->offset, &reference->field));
		if ((int)strlen(reference->field) > width)
			width = (int)strlen(reference->field);
	}
	head_print(call->out, references->count, width);
	for (size_t i = 0; i < references->count && !output_broken(call->out); i++)
		row_print(call, &references->items[i], width);
	return NULL;
}

struct error *object_references_print(struct command_call *call, const struct object_view *view)
{
	CLEANUP(references_cleanup)
	struct references references = { .call = call, .is_array = view->is_array };
	TRY(references_find(view, &references));
	if (!references.is_array)
		TRY(rows_print(&references, view->type));
	else if (!references.count)
		head_print(call->out, false, FIELD_WIDTH);
	output_table_end(call->out);
	return NULL;
}
