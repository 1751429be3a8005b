#include "commands/shared/object_expand.h"

#include "base/cleanup.h"
#include "base/id_map.h"
#include "base/limits.h"
#include "base/list.h"
#include "heap/types/field.h"

#include <inttypes.h>

struct expanded {
	uint64_t address, level;
	const char *path; /* from the object that was asked for: "_policies._entries[0]" */
};

struct expansion {
	struct command_call *call;
	struct command_call object_call; /* of one object: its scratch is reset after each */
	struct expanded *objects;        /* the queue; LIMIT_EXPANDED_OBJECTS of them */
	size_t count;
	struct id_map seen;
	bool cut;
};

static struct error *reach(struct expansion *expansion, const struct expanded *from,
			   const char *step, const struct value *value)
{
	uint32_t index;
	if (value->kind != VALUE_REFERENCE || id_map_find(&expansion->seen, value->bits, &index))
		return NULL;
	if (expansion->count == LIMIT_EXPANDED_OBJECTS) {
		expansion->cut = true;
		return NULL;
	}
	bool is_index = *step == '[';
	const char *path = arena_printf(expansion->call->question.scratch, "%s%s%s", from->path,
					*from->path && !is_index ? "." : "", step);
	if (!path)
		return &error_no_memory;
	TRY(id_map_put(&expansion->seen, value->bits, (uint32_t)expansion->count));
	expansion->objects[expansion->count++] =
		(struct expanded){ value->bits, from->level + 1, path };
	return NULL;
}

static struct error *reach_elements(struct expansion *expansion, const struct expanded *from,
				    const struct array_shape *shape)
{
	if (!shape->element || !type_is_reference(shape->element))
		return NULL;
	uint64_t count = shape->count;
	if (count > LIMIT_EXPANDED_ELEMENTS) {
		count = LIMIT_EXPANDED_ELEMENTS;
		expansion->cut = true;
	}
	for (uint64_t i = 0; i < count; i++) {
		char step[32];
		struct value value;
		snprintf(step, sizeof(step), "[%" PRIu64 "]", i);
		TRY(array_element(expansion->call->question.heap, shape, i, &value));
		TRY(reach(expansion, from, step, &value));
	}
	return NULL;
}

static struct error *reach_fields(struct expansion *expansion, const struct expanded *from,
				  const struct type *type)
{
	struct command_call *call = &expansion->object_call;
	const struct type_field **fields;
	size_t count;
	TRY(type_all_fields(call->question.heap, type, false, call->question.scratch, &fields,
			    &count));
	for (size_t i = 0; i < count; i++) {
		struct value value;
		TRY(value_of_field(call->question.heap, fields[i], object_fields(from->address),
				   &value));
		TRY(reach(expansion, from, fields[i]->name, &value));
	}
	return NULL;
}

/* An object that cannot be read is shown as such; what it leads to is not known. */
static struct error *view_or_missing(struct command_call *call, uint64_t address,
				     struct object_view *view, bool *ret_readable)
{
	struct error *error = object_view_read(&call->question, address, view);
	*ret_readable = !error;
	if (error_take_damage(&error))
		question_missing(&call->question, 0, "the object at %#" PRIx64 " could not be read",
				 address);
	return error;
}

static struct error *gather(struct expansion *expansion, uint64_t levels)
{
	for (size_t i = 0; i < expansion->count; i++) {
		const struct expanded from = expansion->objects[i];
		struct object_view view;
		bool readable;
		if (from.level == levels)
			return NULL;
		TRY(task_check(expansion->call->question.task, "following references"));
		TRY(view_or_missing(&expansion->object_call, from.address, &view, &readable));
		if (readable && view.is_array)
			TRY(reach_elements(expansion, &from, &view.shape));
		else if (readable && !view.is_string)
			TRY(reach_fields(expansion, &from, view.type));
		arena_reset(expansion->object_call.question.scratch);
	}
	return NULL;
}

static struct field_table fields_of(const struct object_view *view, enum field_table_form form)
{
	return (struct field_table){ .type = view->type,
				     .base = object_fields(view->object.address),
				     .is_object = true,
				     .form = form,
				     .nested = true };
}

static struct error *print_text(struct command_call *call, const struct expanded *object)
{
	struct object_view view;
	bool readable;
	TRY(view_or_missing(call, object->address, &view, &readable));
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

static struct error *print_row(struct command_call *call, const struct expanded *object)
{
	struct object_view view;
	bool readable;
	TRY(view_or_missing(call, object->address, &view, &readable));
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

/* Each object but the one that was asked for. */
static struct error *print_each(struct expansion *expansion,
				struct error *(*show)(struct command_call *call,
						      const struct expanded *object))
{
	struct command_call *call = &expansion->object_call;
	for (size_t i = 1; i < expansion->count && !output_broken(call->out); i++) {
		TRY(task_check(call->question.task, "showing the objects"));
		TRY(show(call, &expansion->objects[i]));
		arena_reset(call->question.scratch);
	}
	return NULL;
}

static struct error *print(struct expansion *expansion)
{
	static const struct column columns[] = {
		{ "level", NULL, CELL_INTEGER, 0 },
		{ "path", NULL, CELL_TEXT, 0 },
		{ "fields", NULL, CELL_VALUE, 0 },
	};
	struct output *out = expansion->call->out;
	TRY(print_each(expansion, print_text));
	output_table_begin(out, "expanded", columns, COUNT_OF(columns), false);
	TRY(print_each(expansion, print_row));
	output_table_end(out);
	if (expansion->cut)
		output_note(out,
			    "Only the first %d objects, and of each array the first %d elements, "
			    "were followed.",
			    LIMIT_EXPANDED_OBJECTS, LIMIT_EXPANDED_ELEMENTS);
	return NULL;
}

struct error *object_expand_print(struct command_call *call, uint64_t address, uint64_t levels)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	struct expansion expansion = { .call = call, .object_call = *call };
	expansion.object_call.question.scratch = &arena;
	expansion.objects = arena_allocate_array(call->question.scratch, LIMIT_EXPANDED_OBJECTS,
						 sizeof(*expansion.objects));
	if (!expansion.objects)
		return &error_no_memory;
	expansion.objects[expansion.count++] = (struct expanded){ address, 0, "" };
	struct error *error = id_map_put(&expansion.seen, address, 0);
	if (!error)
		error = gather(&expansion, levels);
	if (!error)
		error = print(&expansion);
	id_map_deinit(&expansion.seen);
	return error;
}
