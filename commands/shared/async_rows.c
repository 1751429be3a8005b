#include "commands/shared/async_rows.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/types/field.h"
#include "inspect/async_groups.h"
#include "inspect/async_stack.h"

#include <inttypes.h>

/* As CELL_DEPTH indents. */
enum { DEPTH_BLANKS = 2, DEEPEST = 128, FIELDS_INDENT = 8 };

static const struct column stack_columns[] = {
	{ "index", IN_WORDS, CELL_INTEGER, 0 },
	{ "frames", IN_WORDS, CELL_VALUE, 0 },
};
static const struct column awaiting_columns[] = {
	{ "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
	{ "source", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "source_type", IN_WORDS, CELL_TEXT, 0 },
};
static const struct column frame_columns[] = {
	{ "depth", IN_WORDS, CELL_DEPTH, 0 },     { "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 }, { "await_state", IN_WORDS, CELL_INTEGER, 0 },
	{ "task_flags", IN_WORDS, CELL_TEXT, 0 }, { "type", IN_WORDS, CELL_TEXT, 0 },
	{ "fields", NULL, CELL_VALUE, 0 },
};

struct stacks {
	struct command_call *call;
	struct async_view *view;
	bool with_fields;
};

static void awaiting_print(struct command_call *call, const struct async_awaiter *awaiter)
{
	output_record_begin(call->out, "awaiting", awaiting_columns, COUNT_OF(awaiting_columns));
	output_address(call->out, awaiter->address);
	output_address(call->out, awaiter->type->handle);
	output_text(call->out, type_name(call->question.heap, awaiter->type, NULL));
	if (awaiter->source_type) {
		output_address(call->out, awaiter->source);
		output_text(call->out, type_name(call->question.heap, awaiter->source_type, NULL));
		output_sentence(call->out, "<< Awaiting: {address} {mt} {type} of {source} "
					   "{source_type} >>");
	} else {
		output_sentence(call->out, "<< Awaiting: {address} {mt} {type} >>");
	}
	output_record_end(call->out);
}

static struct error *fields_print(struct command_call *call, const struct async_frame *frame)
{
	const struct async_node *node = frame->node;
	uint64_t depth = frame->depth < DEEPEST ? frame->depth : DEEPEST;
	int indent = (int)depth * DEPTH_BLANKS + FIELDS_INDENT;
	if (node->machine.type)
		return async_fields_print(call, node->machine.type, node->machine.address, indent);
	return async_fields_print(call, node->type, object_fields(node->address), indent);
}

/* What a method waits for, or the flags of another task. */
static void state_cells(struct output *out, const struct async_frame *frame)
{
	bool is_method = frame->node && managed_task_is_method(frame->node->kind);
	const char *flags = frame->flags ? frame->flags : "";
	if (is_method && frame->node->machine.state_read)
		output_signed(out, frame->node->machine.state);
	else
		output_skip(out);
	if (is_method)
		output_skip(out);
	else
		output_text_as(out, strcmp(flags, " ") ? flags : "", flags);
}

static const char *sentence_of(const struct async_frame *frame)
{
	if (!frame->node || !managed_task_is_method(frame->node->kind))
		return "{depth}{address} {mt} ({task_flags}) {type}";
	if (frame->node->machine.state_read)
		return "{depth}{address} {mt} ({await_state}) {type}";
	return frame->node->machine.has_no_state ? "{depth}{address} {mt} (-) {type}"
						 : "{depth}{address} {mt} (?) {type}";
}

static struct error *frame_print(struct stacks *stacks, const struct async_frame *frame)
{
	struct output *out = stacks->call->out;
	struct error *error = NULL;
	output_row_begin(out);
	output_unsigned(out, frame->depth);
	output_address(out, frame->address);
	output_address(out, frame->type ? frame->type->handle : 0);
	state_cells(out, frame);
	output_text(out, frame->name);
	output_sentence(out, sentence_of(frame));
	if (frame->node && stacks->with_fields)
		error = fields_print(stacks->call, frame);
	else
		output_skip(out);
	output_row_end(out);
	return error;
}

static struct error *frames_print(struct stacks *stacks, struct async_node *root, uint64_t depth)
{
	CLEANUP(async_stack_deinit) struct async_stack stack = { 0 };
	TRY(async_stack_begin(&stack, stacks->view, root, depth));
	while (!output_broken(stacks->call->out)) {
		struct async_frame frame;
		bool more;
		TRY(async_stack_next(&stack, &frame, &more));
		if (!more)
			break;
		TRY(frame_print(stacks, &frame));
	}
	return NULL;
}

static struct error *stack_print(struct stacks *stacks, struct async_node *root, uint64_t index)
{
	struct output *out = stacks->call->out;
	struct async_awaiter awaiter;
	TRY(async_view_awaiter(stacks->view, root, &awaiter));
	output_row_begin(out);
	output_unsigned(out, index);
	output_sentence(out, "STACK {index}");
	if (awaiter.type)
		awaiting_print(stacks->call, &awaiter);
	output_table_begin(out, NULL, frame_columns, COUNT_OF(frame_columns), false);
	struct error *error = frames_print(stacks, root, awaiter.type ? 1 : 0);
	output_table_end(out);
	output_row_end(out);
	output_line(out, "%s", "");
	return error;
}

struct error *async_stacks_print(struct command_call *call, struct async_view *view,
				 bool with_fields)
{
	struct stacks stacks = { call, view, with_fields };
	struct async_node *root;
	uint64_t index = 0;
	size_t at = 0;
	output_table_begin(call->out, "stacks", stack_columns, COUNT_OF(stack_columns), false);
	while (!output_broken(call->out)) {
		TRY(async_view_next_root(view, &at, &root));
		if (!root)
			break;
		TRY(stack_print(&stacks, root, ++index));
	}
	output_table_end(call->out);
	return NULL;
}

static void group_print(struct output *out, const struct async_group *group, uint64_t index)
{
	output_row_begin(out);
	output_unsigned(out, index);
	output_unsigned(out, group->depth);
	output_unsigned(out, group->count);
	output_address(out, group->method_table);
	output_text(out, group->name);
	if (group->depth == 0)
		output_sentence(out, "STACKS {stacks}");
	output_sentence(out, "{depth}[{count}] {mt} {type}");
	output_row_end(out);
}

struct error *async_groups_print(struct command_call *call, struct async_view *view)
{
	static const struct column columns[] = {
		{ "stacks", IN_WORDS, CELL_INTEGER, 0 }, { "depth", IN_WORDS, CELL_DEPTH, 0 },
		{ "count", IN_WORDS, CELL_INTEGER, 0 },  { "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
		{ "type", IN_WORDS, CELL_TEXT, 0 },
	};
	CLEANUP(async_groups_deinit) struct async_groups groups = { 0 };
	struct output *out = call->out;
	struct async_group group;
	uint64_t index = 0;
	bool more;
	TRY(async_groups_begin(&groups, view));
	output_table_begin(out, "coalesced", columns, COUNT_OF(columns), false);
	while (!output_broken(out)) {
		TRY(async_groups_next(&groups, &group, &more));
		if (!more)
			break;
		if (group.depth == 0 && index++)
			output_line(out, "%s", "");
		group_print(out, &group, index);
	}
	output_table_end(out);
	if (index)
		output_line(out, "%s", "");
	return NULL;
}
