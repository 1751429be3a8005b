#include "commands/shared/object_expand.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "commands/shared/object_header.h"
#include "inspect/object_expansion.h"

#include <inttypes.h>

static struct field_table fields_of(const struct object_view *view, enum field_table_form form)
{
	return (struct field_table){ .type = view->type,
				     .base = object_fields(view->object.address),
				     .is_object = true,
				     .form = form,
				     .nested = true };
}

static struct error *print_text(struct command_call *call, const struct expanded_object *object)
{
	struct object_view view;
	bool readable;
	TRY(object_view_or_missing(&call->question, object->address, &view, &readable));
	output_line(call->out, "%s", "");
	output_line(call->out, "%s = %012" PRIx64 "%s", object->path, object->address,
		    readable ? "" : " (unreadable)");
	if (!readable)
		return NULL;
	output_indent(call->out, (int)object->level);
	struct field_table fields = fields_of(&view, FIELDS_TEXT);
	struct error *error = object_header_print(call, &view, FIELDS_TEXT, false);
	if (!error && !view.is_string && !view.is_array)
		error = field_table_print(call, &fields);
	output_indent(call->out, -(int)object->level);
	return error;
}

static struct error *print_row(struct command_call *call, const struct expanded_object *object)
{
	struct object_view view;
	bool readable;
	TRY(object_view_or_missing(&call->question, object->address, &view, &readable));
	output_row_begin(call->out);
	output_unsigned(call->out, object->level);
	output_text(call->out, object->path);
	if (readable) {
		struct field_table fields = fields_of(&view, FIELDS_JSON);
		TRY(object_header_print(call, &view, FIELDS_JSON, false));
		if (!view.is_string && !view.is_array)
			TRY(field_table_print(call, &fields));
	}
	output_row_end(call->out);
	return NULL;
}

/* Each object but the one that was asked for, in an arena that is reset after each. */
static struct error *print_each(struct command_call *call, const struct object_expansion *expansion,
				struct error *(*show)(struct command_call *call,
						      const struct expanded_object *object))
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	struct command_call one_call = *call;
	one_call.question.scratch = &arena;
	for (size_t i = 1; i < expansion->count && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "showing the objects"));
		TRY(show(&one_call, &expansion->objects[i]));
		arena_reset(&arena);
	}
	return NULL;
}

struct error *object_expand_print(struct command_call *call, uint64_t address, uint64_t levels)
{
	static const struct column columns[] = {
		{ "level", NULL, CELL_INTEGER, 0 },
		{ "path", NULL, CELL_TEXT, 0 },
		{ "fields", NULL, CELL_VALUE, 0 },
	};
	struct object_expansion expansion;
	TRY(object_expansion_read(&call->question, address, levels, &expansion));
	TRY(print_each(call, &expansion, print_text));
	output_table_begin(call->out, "expanded", columns, COUNT_OF(columns), false);
	TRY(print_each(call, &expansion, print_row));
	output_table_end(call->out);
	if (expansion.cut)
		output_note(call->out,
			    "Only the first %d objects, and of each array the first %d elements, "
			    "were followed.",
			    LIMIT_EXPANDED_OBJECTS, LIMIT_EXPANDED_ELEMENTS);
	return NULL;
}
