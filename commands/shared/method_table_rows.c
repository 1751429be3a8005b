#include "commands/shared/method_table_rows.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/method_view.h"

#include <stdlib.h>

static const struct column columns[] = {
	{ "entry", "Entry", CELL_POINTER, 16 }, { "method_desc", "MethodDesc", CELL_POINTER, 16 },
	{ "jit", "JIT", CELL_TEXT, 6 },         { "slot", "Slot", CELL_HEX_UPPER, -16 },
	{ "method", "Name", CELL_TEXT, 0 },
};

/* SOS: an FCALL's code is a function of the runtime itself. */
static struct error *state_text(struct command_call *call, uint64_t address, const char **ret)
{
	struct method method;
	enum method_state state;
	uint64_t code;
	TRY(method_at(call->question.heap, address, &method));
	TRY(method_native_code(call->question.heap, &method, &code, &state));
	*ret = method_state_name(state);
	if (method.kind == METHOD_FCALL && code && state == METHOD_NOT_COMPILED)
		*ret = "FCALL";
	return NULL;
}

struct row {
	uint64_t entry, method;
	uint32_t slot;
	bool entry_unknown;
};

static struct error *print_row(struct command_call *call, const struct row *row)
{
	uint64_t method = row->method;
	const char *name = NULL, *state = "NONE";
	if (method) {
		TRY(method_name_or_missing(&call->question, method, &name));
		struct error *error = state_text(call, method, &state);
		if (error_take_damage(&error) || error_take(&error, ERROR_UNSUPPORTED)) {
			question_missing(&call->question, 0, "the code of methods %s",
					 target_lacks_it(call->question.target));
			state = "?";
		}
		TRY(error);
	}
	output_row_begin(call->out);
	if (row->entry_unknown)
		output_nothing(call->out, "?");
	else
		output_address(call->out, row->entry);
	output_address(call->out, method);
	output_text(call->out, state);
	output_unsigned(call->out, row->slot);
	output_text_or(call->out, name, "<unknown method>");
	output_row_end(call->out);
	return NULL;
}

/* The methods of virtual slots that have no entry point yet: the nearest class's that introduces
 * the slot (src/coreclr/vm/methodtable.cpp, GetMethodDescForSlot_NoThrow). Each class is read once.
 */
struct introductions {
	uint64_t *methods; /* by slot; 0: of no class yet */
	uint32_t slot_count;
	const struct type *next; /* the class to be read next; NULL: all were */
};

static struct error *class_add(struct command_call *call, struct introductions *introductions)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	uint64_t *methods;
	size_t count;
	TRY(methods_of_class(call->question.heap, introductions->next, &arena, &methods, &count));
	for (size_t i = 0; i < count; i++) {
		uint32_t slot;
		TRY(task_check(call->question.task, "listing a class's methods"));
		TRY(method_slot(call->question.heap, methods[i], &slot));
		if (slot < introductions->slot_count && !introductions->methods[slot])
			introductions->methods[slot] = methods[i];
	}
	return type_parent(call->question.heap, introductions->next, &introductions->next);
}

static struct error *introduced(struct command_call *call, struct introductions *introductions,
				uint32_t slot, uint64_t *ret)
{
	while (!introductions->methods[slot] && introductions->next)
		TRY(class_add(call, introductions));
	*ret = introductions->methods[slot];
	return NULL;
}

static struct error *virtual_rows(struct command_call *call, const struct type *type,
				  uint32_t count)
{
	struct introductions introductions = { .slot_count = count, .next = type };
	introductions.methods =
		arena_allocate_array(call->question.scratch, count, sizeof(*introductions.methods));
	if (!introductions.methods)
		return &error_no_memory;
	for (uint32_t slot = 0; slot < count; slot++) {
		struct row row = { .slot = slot };
		TRY(task_check(call->question.task, "listing a class's methods"));
		TRY(virtual_slot_read(call->question.heap, type, slot, &row.entry));
		if (row.entry)
			TRY(method_of_entry(call->question.heap, row.entry, &row.method));
		else
			TRY(introduced(call, &introductions, slot, &row.method));
		if (!row.method)
			question_missing(&call->question, 0, "which methods are in some slots %s",
					 target_lacks_it(call->question.target));
		TRY(print_row(call, &row));
	}
	return NULL;
}

static int compare_slots(const void *left, const void *right)
{
	uint32_t a = ((const struct row *)left)->slot, b = ((const struct row *)right)->slot;
	return a < b ? -1 : a > b;
}

static struct error *entry_read(struct command_call *call, struct row *row)
{
	struct method method;
	TRY(method_at(call->question.heap, row->method, &method));
	struct error *error = method_entry_point(call->question.heap, &method, &row->entry);
	row->entry_unknown = error != NULL;
	if (error_take(&error, ERROR_UNSUPPORTED) || error_take(&error, ERROR_FAULT))
		question_missing(&call->question, 0,
				 "the entry points of some methods could not be found");
	return error;
}

/* By slot. (SOS on .NET 9 and later has those of an instantiation that shares its code in the order
 * of their MethodDescs.) */
static struct error *other_rows(struct command_call *call, const struct type *type,
				uint32_t virtual_count)
{
	uint64_t *methods;
	size_t count, rows_count = 0;
	TRY(methods_of_class(call->question.heap, type, call->question.scratch, &methods, &count));
	struct row *rows = arena_allocate_array(call->question.scratch, count, sizeof(*rows));
	if (!rows)
		return &error_no_memory;
	for (size_t i = 0; i < count; i++) {
		struct row row = { .method = methods[i] };
		TRY(method_slot(call->question.heap, methods[i], &row.slot));
		if (row.slot >= virtual_count)
			rows[rows_count++] = row;
	}
	if (rows_count)
		qsort(rows, rows_count, sizeof(*rows), compare_slots);
	for (size_t i = 0; i < rows_count; i++) {
		TRY(task_check(call->question.task, "listing a class's methods"));
		TRY(entry_read(call, &rows[i]));
		TRY(print_row(call, &rows[i]));
	}
	return NULL;
}

struct error *method_table_rows(struct command_call *call, const struct type *type)
{
	struct method_slots slots;
	TRY(method_slots_read(call->question.heap, type, &slots));
	output_line(call->out, "--------------------------------------");
	output_line(call->out, "MethodDesc Table");
	output_table_begin(call->out, "methods", columns, COUNT_OF(columns), true);
	struct error *error = virtual_rows(call, type, slots.virtual_count);
	if (!error)
		error = other_rows(call, type, slots.virtual_count);
	output_table_end(call->out);
	return error;
}
