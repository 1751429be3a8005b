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
	{ "index", NULL, CELL_INTEGER, 0 },
	{ "awaiting", NULL, CELL_VALUE, 0 },
	{ "frames", NULL, CELL_VALUE, 0 },
};
static const struct column frame_columns[] = {
	{ "depth", NULL, CELL_INTEGER, 0 },   { "address", NULL, CELL_ADDRESS, 0 },
	{ "mt", NULL, CELL_ADDRESS, 0 },      { "await_state", NULL, CELL_INTEGER, 0 },
	{ "task_flags", NULL, CELL_TEXT, 0 }, { "type", NULL, CELL_TEXT, 0 },
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

/* "(0)" of a method, "(Started)" of a task. */
static const char *state_text(struct async_view *view, const struct async_node *node)
{
	if (node->kind == MANAGED_TASK_METHOD && node->machine.state_read)
		return arena_printf(view->call->question.scratch, "%" PRId32, node->machine.state);
	if (node->kind == MANAGED_TASK_METHOD)
		return "?";
	return managed_task_flags_text(node->flags, view->call->question.scratch);
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
	if (!*ret_shown) {
		output_skip(call->out);
		return NULL;
	}
	const char *name = type_name(call->question.heap, awaiter.type, NULL);
	output_line(call->out, "<< Awaiting: %016" PRIx64 " %016" PRIx64 " %s >>", address,
		    awaiter.type->handle, name);
	output_object_begin(call->out, NULL);
	output_member(call->out, "address");
	output_address(call->out, address);
	output_member(call->out, "mt");
	output_address(call->out, awaiter.type->handle);
	output_member(call->out, "type");
	output_text(call->out, name);
	output_object_end(call->out);
	return NULL;
}

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
	output_line(call->out, "%*s%016" PRIx64 " %016" PRIx64 " (%s) %s", async_view_indent(depth),
		    "", object, mt, state, name);
	output_row_begin(call->out);
	output_unsigned(call->out, depth);
	output_address(call->out, object);
	output_address(call->out, mt);
	output_skip(call->out);
	output_text(call->out, strcmp(state, " ") ? state : "");
	output_text(call->out, name);
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

static struct error *frame_print(struct async_view *view, const struct async_node *node,
				 uint64_t depth)
{
	struct output *out = view->call->out;
	const char *name, *state = state_text(view, node);
	if (!state)
		return &error_no_memory;
	TRY(async_view_name(view, node->address, &name));
	output_line(out, "%*s%016" PRIx64 " %016" PRIx64 " (%s) %s", async_view_indent(depth), "",
		    node->address, node->type->handle, state, name);
	output_row_begin(out);
	output_unsigned(out, depth);
	output_address(out, node->address);
	output_address(out, node->type->handle);
	if (node->kind == MANAGED_TASK_METHOD && node->machine.state_read)
		output_signed(out, node->machine.state);
	else
		output_skip(out);
	if (node->kind == MANAGED_TASK_METHOD)
		output_skip(out);
	else
		output_text(out, strcmp(state, " ") ? state : "");
	output_text(out, name);
	struct error *error = frame_fields(view, node, depth);
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
	output_line(out, "STACK %" PRIu64, index);
	output_row_begin(out);
	output_unsigned(out, index);
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
