#include "inspect/async_stack.h"

#include "heap/tasks/members.h"

struct error *async_stack_begin(struct async_stack *stack, struct async_view *view,
				struct async_node *root, uint64_t depth)
{
	*stack = (struct async_stack){ .view = view,
				       .most_frames = async_graph_most_lines(&view->graph) };
	return async_steps_push(&stack->steps, root, depth);
}

void async_stack_deinit(struct async_stack *stack)
{
	async_path_back(&stack->path, 0);
	async_steps_deinit(&stack->steps);
	async_steps_deinit(&stack->path);
}

/* A continuation that is no task of the graph: it is the end of its branch. */
static struct error *leaf(struct async_stack *stack, uint64_t object, struct async_frame *ret)
{
	const struct question *question = stack->view->question;
	uint32_t flags;
	bool read;
	*ret = (struct async_frame){ .depth = stack->depth + 1, .address = object };
	TRY(object_type(question->heap, object, &ret->type));
	TRY(async_view_name(stack->view, object, &ret->name));
	TRY(managed_task_flags(question->heap, object, &flags, &read));
	if (read && ret->type &&
	    managed_task_kind(question->heap, ret->type) != MANAGED_TASK_NONE) {
		ret->flags = managed_task_flags_text(flags, question->scratch);
		if (!ret->flags)
			return &error_no_memory;
	}
	if (!ret->type)
		question_missing(question, 0,
				 "continuations could not be read whole: no object stands "
				 "where a task leads to");
	return NULL;
}

/* What continues the task shown last: a leaf at once, tasks later. SOS pops what it pushed: the
 * last continuation comes first, those that are no tasks before. */
static struct error *next_leaf(struct async_stack *stack, struct async_frame *ret, bool *ret_more)
{
	struct async_graph *graph = &stack->view->graph;
	*ret_more = false;
	while (stack->from && stack->edge < stack->from->edge_count) {
		uint64_t object = graph->edges[stack->from->edge + stack->edge++];
		struct async_node *next = async_graph_find(graph, object);
		TRY(task_check(stack->view->question->task, "showing stacks"));
		if (next) {
			TRY(async_steps_push(&stack->steps, next, stack->depth + 1));
			continue;
		}
		*ret_more = true;
		return leaf(stack, object, ret);
	}
	stack->from = NULL;
	return NULL;
}

static struct error *frame_of(struct async_stack *stack, const struct async_step *step,
			      struct async_frame *ret)
{
	const struct async_node *node = step->node;
	*ret = (struct async_frame){
		.depth = step->depth, .address = node->address, .type = node->type, .node = node
	};
	TRY(async_view_name(stack->view, node->address, &ret->name));
	if (managed_task_is_method(node->kind))
		return NULL;
	ret->flags = managed_task_flags_text(node->flags, stack->view->question->scratch);
	return ret->flags ? NULL : &error_no_memory;
}

/* From here on what continues the node comes, but what the stack has led to already is not followed
 * again. */
static struct error *follow(struct async_stack *stack, const struct async_step *step)
{
	if (step->node->on_path)
		return NULL;
	stack->from = step->node;
	stack->depth = step->depth;
	stack->edge = 0;
	return async_path_add(&stack->path, step->node, step->depth);
}

struct error *async_stack_next(struct async_stack *stack, struct async_frame *ret, bool *ret_more)
{
	TRY(next_leaf(stack, ret, ret_more));
	if (*ret_more || !stack->steps.count)
		return NULL;
	if (stack->frames++ == stack->most_frames) {
		stack->steps.count = 0;
		question_missing(stack->view->question, 0,
				 "stacks that join and part again and again were drawn in part");
		return NULL;
	}
	struct async_step step = stack->steps.steps[--stack->steps.count];
	TRY(task_check(stack->view->question->task, "showing stacks"));
	async_path_back(&stack->path, step.depth);
	*ret_more = true;
	TRY(frame_of(stack, &step, ret));
	return follow(stack, &step);
}
