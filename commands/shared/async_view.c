/* dumpasync: a stack from each task that continues no other. */
#include "commands/shared/async_view.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/tasks/callback.h"
#include "heap/tasks/members.h"
#include "heap/types/field.h"

#include <inttypes.h>

enum { FIELDS_INDENT = 8 };

static const struct column stack_columns[] = {
	{ "index", IN_WORDS, CELL_INTEGER, 0 },
	{ "frames", IN_WORDS, CELL_VALUE, 0 },
};
static const struct column awaiting_columns[] = {
	{ "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
};
static const struct column frame_columns[] = {
	{ "depth", IN_WORDS, CELL_DEPTH, 0 },     { "address", IN_WORDS, CELL_ADDRESS_WIDE, 0 },
	{ "mt", IN_WORDS, CELL_ADDRESS_WIDE, 0 }, { "await_state", IN_WORDS, CELL_INTEGER, 0 },
	{ "task_flags", IN_WORDS, CELL_TEXT, 0 }, { "type", IN_WORDS, CELL_TEXT, 0 },
	{ "fields", NULL, CELL_VALUE, 0 },
};

struct error *async_view_wants(struct async_view *view, struct async_node *root, bool *ret)
{
	CLEANUP(async_steps_deinit) struct async_steps steps = { 0 };
	struct async_graph *graph = &view->graph;
	bool wanted = false, method = view->with_tasks;
	uint64_t mark = ++graph->marks;
	TRY(async_steps_push(&steps, root, 0));
	root->mark = mark;
	while (steps.count && !(wanted && method)) {
		struct async_node *node = steps.steps[--steps.count].node;
		wanted |= node->is_wanted;
		method |= node->kind == MANAGED_TASK_METHOD;
		for (uint64_t i = 0; i < node->edge_count; i++) {
			TRY(task_check(view->call->question.task, "looking for stacks"));
			struct async_node *next =
				async_graph_find(graph, graph->edges[node->edge + i]);
			if (!next || next->mark == mark)
				continue;
			next->mark = mark;
			TRY(async_steps_push(&steps, next, 0));
		}
	}
	*ret = wanted && method;
	return NULL;
}

/* Behind a task's type the method that it runs: {Demo.Pool.Work()}. */
static struct error *append_action(struct command_call *call, uint64_t task, const char **name)
{
	struct method method = { 0 };
	const char *signature = NULL;
	uint64_t action;
	TRY(member_object(call->question.heap, task, "m_action", &action));
	if (action)
		TRY(callback_method(call->question.heap, action, &method));
	if (method.address)
		TRY(method_name(call->question.heap, &method, call->question.scratch, &signature));
	if (!signature)
		return NULL;
	*name = arena_printf(call->question.scratch, "%s {%s}", *name, signature);
	return *name ? NULL : &error_no_memory;
}

struct error *async_view_name(struct async_view *view, uint64_t object, const char **ret)
{
	const struct type *type;
	if (view->sentinel && object == view->sentinel) {
		*ret = "TaskCompletionSentinel";
		return NULL;
	}
	TRY(member_type(view->call->question.heap, object, &type));
	if (!type) {
		*ret = "<unreadable>";
		return NULL;
	}
	TRY(managed_task_name(view->call->question.heap, object, type, ret));
	if (managed_task_kind(view->call->question.heap, type) != MANAGED_TASK_PLAIN)
		return NULL;
	return append_action(view->call, object, ret);
}

static struct error *awaiting_print(struct async_view *view, const struct async_node *root,
				    bool *ret_shown)
{
	struct command_call *call = view->call;
	struct value awaiter = { .kind = VALUE_UNREADABLE };
	if (root->kind == MANAGED_TASK_METHOD && !managed_task_is_completed(root->flags))
		TRY(state_machine_awaiter(call->question.heap, &root->machine, &awaiter));
	uint64_t address = awaiter.kind == VALUE_REFERENCE ? awaiter.bits : awaiter.address;
	*ret_shown =
		awaiter.type && (awaiter.kind == VALUE_REFERENCE || awaiter.kind == VALUE_STRUCT);
	if (!*ret_shown)
		return NULL;
	output_record_begin(call->out, "awaiting", awaiting_columns, COUNT_OF(awaiting_columns));
	output_address(call->out, address);
	output_address(call->out, awaiter.type->handle);
	output_text(call->out, type_name(call->question.heap, awaiter.type, NULL));
	output_sentence(call->out, "<< Awaiting: {address} {mt} {type} >>");
	output_record_end(call->out);
	return NULL;
}

/* SOS has a blank for no flags. */
static void task_flags_cell(struct output *out, const char *flags)
{
	output_text_as(out, strcmp(flags, " ") ? flags : "", flags);
}

static const char flags_sentence[] = "{depth}{address} {mt} ({task_flags}) {type}";

/* A continuation that is no task: it is the end of its branch. */
static struct error *leaf_print(struct async_view *view, uint64_t object, uint64_t depth)
{
	struct command_call *call = view->call;
	const struct type *type;
	const char *name, *state = "";
	uint32_t flags;
	bool read;
	TRY(member_type(call->question.heap, object, &type));
	TRY(async_view_name(view, object, &name));
	TRY(managed_task_flags(call->question.heap, object, &flags, &read));
	if (read && type && managed_task_kind(call->question.heap, type) != MANAGED_TASK_NONE)
		state = managed_task_flags_text(flags, call->question.scratch);
	if (!state)
		return &error_no_memory;
	uint64_t mt = type ? type->handle : 0;
	if (!type)
		question_missing(&call->question, 0,
				 "continuations could not be read whole: no object stands "
				 "where a task leads to");
	output_row_begin(call->out);
	output_unsigned(call->out, depth);
	output_address(call->out, object);
	output_address(call->out, mt);
	output_skip(call->out);
	task_flags_cell(call->out, state);
	output_text(call->out, name);
	output_sentence(call->out, flags_sentence);
	output_skip(call->out);
	output_row_end(call->out);
	return NULL;
}

static struct error *frame_fields(struct async_view *view, const struct async_node *node,
				  uint64_t depth)
{
	int indent = async_view_indent(depth) + FIELDS_INDENT;
	if (!view->with_fields) {
		output_skip(view->call->out);
		return NULL;
	}
	if (node->machine.type)
		return async_view_fields(view->call, node->machine.type, node->machine.address,
					 indent);
	return async_view_fields(view->call, node->type, object_fields(node->address), indent);
}

/* What a method waits for, or the flags of another task, and its name. */
static struct error *state_cells(struct async_view *view, const struct async_node *node,
				 const char *name)
{
	struct output *out = view->call->out;
	bool is_method = node->kind == MANAGED_TASK_METHOD;
	bool is_read = is_method && node->machine.state_read;
	if (is_read)
		output_signed(out, node->machine.state);
	else
		output_skip(out);
	if (is_method) {
		output_skip(out);
	} else {
		const char *flags =
			managed_task_flags_text(node->flags, view->call->question.scratch);
		if (!flags)
			return &error_no_memory;
		task_flags_cell(out, flags);
	}
	output_text(out, name);
	output_sentence(out, is_read     ? "{depth}{address} {mt} ({await_state}) {type}"
			     : is_method ? "{depth}{address} {mt} (?) {type}"
					 : flags_sentence);
	return NULL;
}

static struct error *frame_print(struct async_view *view, const struct async_node *node,
				 uint64_t depth)
{
	struct output *out = view->call->out;
	const char *name;
	TRY(async_view_name(view, node->address, &name));
	output_row_begin(out);
	output_unsigned(out, depth);
	output_address(out, node->address);
	output_address(out, node->type->handle);
	struct error *error = state_cells(view, node, name);
	if (!error)
		error = frame_fields(view, node, depth);
	output_row_end(out);
	return error;
}

/* SOS pops what it pushed: the last continuation comes first, those that are no tasks before. */
static struct error *follow(struct async_view *view, const struct async_step *step,
			    struct async_steps *steps)
{
	struct async_graph *graph = &view->graph;
	for (uint64_t i = 0; i < step->node->edge_count; i++) {
		uint64_t object = graph->edges[step->node->edge + i];
		struct async_node *next = async_graph_find(graph, object);
		TRY(task_check(view->call->question.task, "showing stacks"));
		if (next)
			TRY(async_steps_push(steps, next, step->depth + 1));
		else
			TRY(leaf_print(view, object, step->depth + 1));
	}
	return NULL;
}

static struct error *frames_print(struct async_view *view, struct async_node *root, uint64_t depth)
{
	CLEANUP(async_steps_deinit) struct async_steps steps = { 0 };
	CLEANUP(async_steps_deinit) struct async_steps path = { 0 };
	uint64_t lines = 0, most = async_graph_most_lines(&view->graph);
	TRY(async_steps_push(&steps, root, depth));
	while (steps.count && lines++ < most && !output_broken(view->call->out)) {
		struct async_step step = steps.steps[--steps.count];
		async_path_back(&path, step.depth);
		TRY(frame_print(view, step.node, step.depth));
		TRY(task_check(view->call->question.task, "showing stacks"));
		if (step.node->on_path)
			continue;
		TRY(async_path_add(&path, step.node, step.depth));
		TRY(follow(view, &step, &steps));
	}
	async_path_back(&path, 0);
	if (steps.count)
		question_missing(&view->call->question, 0,
				 "stacks that join and part again and again were drawn in part");
	return NULL;
}

static struct error *stack_print(struct async_view *view, struct async_node *root, uint64_t index)
{
	struct output *out = view->call->out;
	bool awaiting = false;
	output_row_begin(out);
	output_unsigned(out, index);
	output_sentence(out, "STACK {index}");
	struct error *error = awaiting_print(view, root, &awaiting);
	if (!error) {
		output_table_begin(out, NULL, frame_columns, COUNT_OF(frame_columns), false);
		error = frames_print(view, root, awaiting ? 1 : 0);
		output_table_end(out);
	}
	output_row_end(out);
	output_line(out, "%s", "");
	return error;
}

struct error *async_view_stacks(struct async_view *view)
{
	struct async_graph *graph = &view->graph;
	uint64_t index = 0;
	output_table_begin(view->call->out, "stacks", stack_columns, COUNT_OF(stack_columns),
			   false);
	for (size_t i = 0; i < graph->count; i++) {
		struct async_node *root = &graph->nodes[graph->order[i]];
		bool wanted = false;
		if (root->is_continuation || output_broken(view->call->out))
			continue;
		TRY(task_check(view->call->question.task, "looking for stacks"));
		TRY(async_view_wants(view, root, &wanted));
		if (wanted)
			TRY(stack_print(view, root, ++index));
	}
	output_table_end(view->call->out);
	return NULL;
}
