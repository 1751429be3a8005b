/* Tasks: what their flags mean, and the graph of what continues what, where it needs no target. */
#include "base/list.h"
#include "heap/tasks/async_graph.h"
#include "inspect/line_count.h"
#include "tests/unit/tap.h"

TEST(flags_have_a_status)
{
	static const struct {
		uint32_t flags;
		const char *status;
	} cases[] = {
		{ 0, "Created" },
		{ 0x10000, "WaitingToRun" },
		{ 0x30000, "Running" },
		{ 0x2000400, "WaitingForActivation" },
		{ 0x830000, "WaitingForChildrenToComplete" },
		{ 0x1000000, "RanToCompletion" },
		{ 0x1030000, "RanToCompletion" },
		{ 0x5400000, "Canceled" },
		{ 0x1230000, "Faulted" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_TEXT(managed_task_status(cases[i].flags), cases[i].status);
	CHECK(!managed_task_status(1));
	CHECK(!managed_task_is_completed(0x2000400));
	CHECK(managed_task_is_completed(0x200000));
}

TEST(flags_are_told_by_name)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	CHECK_TEXT(managed_task_flags_text(0x2000400, &arena), " ");
	CHECK_TEXT(managed_task_flags_text(0x10000, &arena), "Started");
	const char *text = managed_task_flags_text(0x230000, &arena);
	CHECK_OK(text ? NULL : &error_no_memory);
	CHECK_TEXT(text, "Started|DelegateInvoked|Faulted");
}

/* Three tasks as they are met on the heap, the second one at the highest address: 30 -> 10 -> 20 ->
 * 10, a circle after a root. */
TEST(a_circle_has_no_root)
{
	static const struct async_node nodes[] = {
		{ .address = 0x30, .edge = 0, .edge_count = 1 },
		{ .address = 0x20, .edge = 1, .edge_count = 1 },
		{ .address = 0x10, .edge = 2, .edge_count = 2 },
	};
	static const uint64_t edges[] = { 0x10, 0x10, 0x20, 0x999 };
	CLEANUP(async_graph_deinit) struct async_graph graph = { .count = 3, .edge_count = 4 };
	graph.nodes = malloc(sizeof(nodes));
	graph.edges = malloc(sizeof(edges));
	CHECK_OK(graph.nodes && graph.edges ? NULL : &error_no_memory);
	memcpy(graph.nodes, nodes, sizeof(nodes));
	memcpy(graph.edges, edges, sizeof(edges));
	CHECK_OK(async_graph_link(&graph, NULL));
	CHECK_NUMBER(graph.nodes[graph.order[0]].address, 0x30);
	CHECK_NUMBER(graph.nodes[graph.order[2]].address, 0x10);
	CHECK(!async_graph_find(&graph, 0x30)->is_continuation);
	CHECK(async_graph_find(&graph, 0x20)->is_continuation);
	CHECK(async_graph_find(&graph, 0x10)->is_continuation);
	CHECK(!async_graph_find(&graph, 0x999));
	size_t rootless;
	CHECK_OK(async_graph_count_rootless(&graph, NULL, &rootless));
	CHECK_NUMBER(rootless, 0);
	graph.nodes[2].edge_count = 0; /* 0x30 leads nowhere: the circle hangs in the air */
	CHECK_OK(async_graph_count_rootless(&graph, NULL, &rootless));
	CHECK_NUMBER(rootless, 2);
}

TEST(an_empty_graph_has_nothing)
{
	CLEANUP(async_graph_deinit) struct async_graph graph = { 0 };
	CHECK_OK(async_graph_link(&graph, NULL));
	CHECK(!async_graph_find(&graph, 0x10));
}

TEST(linking_ends_with_its_task)
{
	static const volatile sig_atomic_t stop = SIGINT;
	static const struct task stopped = { .stop = &stop };
	CLEANUP(async_graph_deinit) struct async_graph graph = { .edge_count = 1 };
	size_t rootless;
	graph.nodes = calloc(1, sizeof(*graph.nodes));
	graph.edges = calloc(1, sizeof(*graph.edges));
	CHECK_OK(graph.nodes && graph.edges ? NULL : &error_no_memory);
	graph.count = graph.nodes[0].edge_count = 1;
	CHECK_FAILS(async_graph_read_edges(&graph, 0, &stopped), ERROR_CANCELLED, "continues");
	CHECK_FAILS(async_graph_link(&graph, &stopped), ERROR_CANCELLED, "continues");
	CHECK_FAILS(async_graph_count_rootless(&graph, &stopped, &rootless), ERROR_CANCELLED,
		    "continues");
}

TEST(lines_alike_are_counted)
{
	static const char *const lines[] = { "b", "a", "b", "c", "a", "b" };
	CLEANUP(line_count_deinit) struct line_count counts = { 0 };
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		CHECK_OK(line_count_add(&counts, lines[i]));
	CHECK_OK(line_count_sort(&counts, NULL));
	CHECK_NUMBER(counts.count, 3);
	CHECK_TEXT(counts.lines[0].line, "c");
	CHECK_TEXT(counts.lines[1].line, "a");
	CHECK_TEXT(counts.lines[2].line, "b");
	CHECK_NUMBER(counts.lines[2].count, 3);
}

static const struct tap_case cases[] = {
	CASE(flags_have_a_status),     CASE(flags_are_told_by_name),
	CASE(a_circle_has_no_root),    CASE(an_empty_graph_has_nothing),
	CASE(lines_alike_are_counted), CASE(linking_ends_with_its_task),
};
TAP_MAIN(cases)
