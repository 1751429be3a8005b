/*
 * Which objects a command wants: the switches that dumpheap and its like share (-type -exact -mt
 * -min -max -gen -segment -heap and a range of addresses), and the walk over what they leave. Lives
 * on the caller's stack; memory comes from the call's scratch arena.
 */
#ifndef COMMANDS_HEAP_FILTER_H
#define COMMANDS_HEAP_FILTER_H

#include "commands/command.h"
#include "commands/type_bytes.h"
#include "heap/gc/object_walk.h"

/* Entries for a command's own option table; `type_help` says how -type compares. */
#define HEAP_FILTER_OPTIONS_TYPE(type_help)                                                        \
	{ "-type", "TEXT", type_help, NULL },                                                      \
		{ "-exact", NULL, "with -type: the whole name, with or without its namespace",     \
		  NULL },                                                                          \
		{ "-mt", "ADDRESS", "only objects of this MethodTable", NULL },                    \
		{ "-min", "BYTES", "only objects of at least BYTES", NULL },                       \
		{ "-max", "BYTES", "only objects of at most BYTES", NULL },                        \
		{ "-gen", "GENERATION", "gen0, gen1, gen2, loh, poh or foh", NULL },               \
		{ "-segment", "ADDRESS", "only the segment or region that holds ADDRESS", NULL },  \
	{                                                                                          \
		"-heap", "NUMBER", "only this GC heap (server GC)", NULL                           \
	}
#define HEAP_FILTER_OPTIONS                                                                        \
	HEAP_FILTER_OPTIONS_TYPE("only types whose name contains TEXT (case-sensitive)")

struct heap_filter {
	struct command_call *call;
	const char *type;
	bool exact;
	uint64_t method_table, min, max, start, end; /* end 0: no range */
	enum gc_generation generation;               /* GENERATION_COUNT: any */
	uint32_t heap;                               /* UINT32_MAX: any */
	const struct gc_segment *segment;            /* NULL: any */
	bool found;                                  /* the walk met an object that passes */
	struct type_bytes verdicts;                  /* of `type`: 0 not yet asked */
};

/* From the call's arguments; positionals are the range: START [END | L<length in hex>]. */
MUST_CHECK struct error *heap_filter_init(struct heap_filter *filter, struct command_call *call);
/* Every object: for commands without these switches, which may set members themselves. */
void heap_filter_init_all(struct heap_filter *filter, struct command_call *call);
void heap_filter_deinit(struct heap_filter *filter);

/* Visits the objects that pass, in ascending order of their segments. What could not be read is
 * counted with question_missing(). The visitor answers false to stop. */
typedef bool (*filtered_visitor)(const struct gc_object *object, void *context);
MUST_CHECK struct error *heap_filter_walk(struct heap_filter *filter, filtered_visitor visit,
					  void *context);

/* A note when -type matched no type at all: how many match ignoring case, and which; and when -mt
 * names no MethodTable. */
void heap_filter_note_no_match(struct heap_filter *filter);

#endif
