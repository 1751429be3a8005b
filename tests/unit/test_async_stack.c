/* Stacks and groups of tasks, over graphs that are made by hand: their nodes are objects of the
 * fake runtime, which has no task of its own. */
#include "base/list.h"
#include "inspect/async_groups.h"
#include "inspect/async_stack.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

enum { FIRST = FAKE_GEN2 + 0x28, OBJECT_BYTES = 24 };

struct scene {
	struct fake_question fake;
	struct async_view view;
};

static void scene_cleanup(struct scene *scene)
{
	async_view_deinit(&scene->view);
	fake_question_cleanup(&scene->fake);
}

static uint64_t object_at(unsigned index)
{
	return FIRST + (uint64_t)index * OBJECT_BYTES;
}

static struct error *scene_open(struct scene *scene)
{
	TRY(fake_question_open(&scene->fake, fake_runtime_new()));
	scene->view.question = &scene->fake.question;
	scene->view.graph.heap = scene->fake.heap;
	return NULL;
}

/* A method; its continuations are added by edge_add(). */
static struct error *node_add(struct scene *scene, unsigned index)
{
	struct async_graph *graph = &scene->view.graph;
	const struct type *type;
	TRY(type_at(scene->fake.heap, scene->fake.runtime->object_table, &type));
	TRY(LIST_GROW(graph->nodes, graph->count, graph->capacity));
	graph->nodes[graph->count++] = (struct async_node){
		.address = object_at(index),
		.type = type,
		.kind = MANAGED_TASK_METHOD,
		.machine = { .state = (int32_t)index, .state_read = true },
		.is_wanted = true,
	};
	return NULL;
}

/* Of the node that was added last. */
static struct error *edge_add(struct scene *scene, unsigned to)
{
	struct async_graph *graph = &scene->view.graph;
	struct async_node *node = &graph->nodes[graph->count - 1];
	TRY(LIST_GROW(graph->edges, graph->edge_count, graph->edge_capacity));
	if (!node->edge_count++)
		node->edge = graph->edge_count;
	graph->edges[graph->edge_count++] = object_at(to);
	return NULL;
}

/* 0 -> 1, 2, 9 (no task); 1 -> 0 again; 2 -> nothing. */
static struct error *circle_make(struct scene *scene)
{
	TRY(scene_open(scene));
	TRY(node_add(scene, 0));
	TRY(edge_add(scene, 1));
	TRY(edge_add(scene, 2));
	TRY(edge_add(scene, 9));
	TRY(node_add(scene, 1));
	TRY(edge_add(scene, 0));
	TRY(node_add(scene, 2));
	TRY(async_graph_link(&scene->view.graph, NULL));
	scene->view.graph.nodes[0].is_continuation = false; /* where the drawing begins */
	return NULL;
}

/* As "0:0 1:9 …", depth and index of each frame. */
static struct error *frames_text(struct async_view *view, char *to, size_t size)
{
	CLEANUP(async_stack_deinit) struct async_stack stack = { 0 };
	struct async_frame frame;
	size_t length = 0;
	bool more;
	TRY(async_stack_begin(&stack, view, &view->graph.nodes[0], 0));
	for (;;) {
		TRY(async_stack_next(&stack, &frame, &more));
		if (!more)
			return NULL;
		if (length < size)
			length += (size_t)snprintf(
				to + length, size - length, " %u:%u", (unsigned)frame.depth,
				(unsigned)((frame.address - FIRST) / OBJECT_BYTES));
	}
}

TEST(a_stack_is_walked_to_the_end_of_each_branch)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	char frames[256] = "", again[256] = "";
	CHECK_OK(circle_make(&scene));
	CHECK_OK(frames_text(&scene.view, frames, sizeof(frames)));
	/* What is no task at once, the last continuation first, the circle once around. */
	CHECK_TEXT(frames, " 0:0 1:9 1:2 1:1 2:0");
	CHECK_OK(frames_text(&scene.view, again, sizeof(again)));
	CHECK_TEXT(again, frames);
}

TEST(a_frame_says_what_it_is)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CLEANUP(async_stack_deinit) struct async_stack stack = { 0 };
	struct async_frame frame;
	bool more;
	CHECK_OK(circle_make(&scene));
	CHECK_OK(async_stack_begin(&stack, &scene.view, &scene.view.graph.nodes[0], 3));
	CHECK_OK(async_stack_next(&stack, &frame, &more));
	REQUIRE(more && frame.node);
	CHECK_NUMBER(frame.depth, 3);
	CHECK(frame.name && !frame.flags);
	CHECK_NUMBER(frame.type->handle, scene.fake.runtime->object_table);
	CHECK_OK(async_stack_next(&stack, &frame, &more));
	CHECK(more && !frame.node && frame.type && !frame.flags);
}

/* Each node leads twice to the next: 2^40 lines. */
TEST(branches_that_join_and_part_are_drawn_in_part)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CLEANUP(async_stack_deinit) struct async_stack stack = { 0 };
	struct async_frame frame;
	uint64_t count = 0;
	bool more = true;
	CHECK_OK(scene_open(&scene));
	for (unsigned i = 0; i < 40; i++) {
		CHECK_OK(node_add(&scene, i));
		CHECK_OK(edge_add(&scene, i + 1));
		CHECK_OK(edge_add(&scene, i + 1));
	}
	CHECK_OK(async_graph_link(&scene.view.graph, NULL));
	CHECK_OK(async_stack_begin(&stack, &scene.view, &scene.view.graph.nodes[0], 0));
	while (more) {
		CHECK_OK(async_stack_next(&stack, &frame, &more));
		if (more)
			count++;
		arena_reset(&scene.fake.scratch);
	}
	CHECK(count >= async_graph_most_lines(&scene.view.graph));
	CHECK(count < 4 * async_graph_most_lines(&scene.view.graph));
	CHECK(fake_question_lacks(&scene.fake, "stacks that join and part again and again were "
					       "drawn in part"));
}

TEST(what_looks_alike_is_a_group)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	CLEANUP(async_groups_deinit) struct async_groups groups = { 0 };
	struct async_group group;
	bool more;
	CHECK_OK(scene_open(&scene));
	for (unsigned i = 0; i < 3; i++) {
		CHECK_OK(node_add(&scene, i));
		CHECK_OK(edge_add(&scene, 20 + i));
		scene.view.graph.nodes[i].machine.state = i == 1 ? 7 : 0;
	}
	CHECK_OK(async_graph_link(&scene.view.graph, NULL));
	CHECK_OK(async_groups_begin(&groups, &scene.view));
	CHECK_OK(async_groups_next(&groups, &group, &more));
	REQUIRE(more);
	CHECK_NUMBER(group.count, 2);
	CHECK_NUMBER(group.depth, 0);
	CHECK(!strncmp(group.name, "(0) ", 4));
	CHECK_OK(async_groups_next(&groups, &group, &more));
	CHECK(more && group.depth == 1 && group.count == 2);
	CHECK_OK(async_groups_next(&groups, &group, &more));
	CHECK(more && group.depth == 0 && group.count == 1 && !strncmp(group.name, "(7) ", 4));
	CHECK_OK(async_groups_next(&groups, &group, &more));
	CHECK(more && group.depth == 1 && group.count == 1);
	CHECK_OK(async_groups_next(&groups, &group, &more));
	CHECK(!more);
}

static const struct tap_case cases[] = {
	CASE(a_stack_is_walked_to_the_end_of_each_branch),
	CASE(a_frame_says_what_it_is),
	CASE_ONCE(branches_that_join_and_part_are_drawn_in_part),
	CASE(what_looks_alike_is_a_group),
};
TAP_MAIN(cases)
