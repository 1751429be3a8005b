#include "commands/shared/object_expand.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/field_table.h"
#include "commands/shared/object_header.h"
#include "inspect/object_expansion.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "level", NULL, CELL_INTEGER, 0 },
	{ "path", IN_WORDS, CELL_TEXT, 0 },
	{ "fields", "", CELL_VALUE, 0 },
};

/* The object as dumpobj shows it. */
static struct error *object_print(struct command_call *call, const struct object_view *view)
{
	const struct field_table fields = { .type = view->type,
					    .base = object_fields(view->object.address),
					    .is_object = true,
					    .nested = true };
	TRY(object_header_print(call, view, false));
	if (view->is_string || view->is_array)
		return NULL;
	return field_table_print(call, &fields);
}

static struct error *path_cell(struct command_call *call, const struct expanded_object *object,
			       bool readable)
{
	const char *shown =
		arena_printf(call->question.scratch, "%s = %012" PRIx64 "%s", object->path,
			     object->address, readable ? "" : " (unreadable)");
	if (!shown)
		return &error_no_memory;
	output_text_as(call->out, object->path, shown);
	return NULL;
}

static struct error *object_expand_row(struct command_call *call,
				       const struct expanded_object *object)
{
	struct object_view view;
	struct error *error = NULL;
	bool readable;
	TRY(object_view_or_missing(&call->question, object->address, &view, &readable));
	output_row_begin(call->out);
	output_unsigned(call->out, object->level);
	TRY(path_cell(call, object, readable));
	output_sentence(call->out, "\n{path}");
	output_indent(call->out, (int)object->level);
	if (readable)
		error = object_print(call, &view);
	output_indent(call->out, -(int)object->level);
	output_row_end(call->out);
	return error;
}

/* Each object but the one that was asked for, in an arena that is reset after each. */
static struct error *object_expand_rows(struct command_call *call,
					const struct object_expansion *expansion)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	struct command_call one_call = *call;
	one_call.question.scratch = &arena;
	for (size_t i = 1; i < expansion->count && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "showing the objects"));
		TRY(object_expand_row(&one_call, &expansion->objects[i]));
		arena_reset(&arena);
	}
	return NULL;
}

struct error *object_expand_print(struct command_call *call, uint64_t address, uint64_t levels)
{
	struct object_expansion expansion;
	TRY(object_expansion_read(&call->question, address, levels, &expansion));
	output_table_begin(call->out, "expanded", columns, COUNT_OF(columns), false);
	TRY(object_expand_rows(call, &expansion));
	output_table_end(call->out);
	if (expansion.cut)
		output_note(call->out,
			    "Only the first %d objects, and of each array the first %d elements, "
			    "were followed.",
			    LIMIT_EXPANDED_OBJECTS, LIMIT_EXPANDED_ELEMENTS);
	return NULL;
}
