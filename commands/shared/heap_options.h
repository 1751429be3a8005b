/*
 * The switches that dumpheap and its like share: -type -exact -mt -min -max -gen -segment -heap and
 * a range of addresses.
 */
#ifndef COMMANDS_SHARED_HEAP_OPTIONS_H
#define COMMANDS_SHARED_HEAP_OPTIONS_H

#include "commands/command.h"
#include "inspect/heap_filter.h"

/* Entries for a command's own option table; `type_help` says how -type compares. */
// clang-format off
#define HEAP_FILTER_OPTIONS_TYPE(type_help) \
	{ "-type", "TEXT", type_help, NULL }, \
	{ "-exact", NULL, "with -type: the whole name, with or without its namespace", NULL }, \
	{ "-mt", "ADDRESS", "only objects of this MethodTable", NULL }, \
	{ "-min", "BYTES", "only objects of at least BYTES", NULL }, \
	{ "-max", "BYTES", "only objects of at most BYTES", NULL }, \
	{ "-gen", "GENERATION", "gen0, gen1, gen2, loh, poh or foh", NULL }, \
	{ "-segment", "ADDRESS", "only the segment or region that holds ADDRESS", NULL }, \
	{ "-heap", "NUMBER", "only this GC heap (server GC)", NULL }
// clang-format on
#define HEAP_FILTER_OPTIONS                                                                        \
	HEAP_FILTER_OPTIONS_TYPE("only types whose name contains TEXT (case-sensitive)")

/* A filter by the call's arguments; positionals are the range: START [END | L<length in hex>]. */
MUST_CHECK struct error *heap_options_read(struct command_call *call, struct heap_filter *ret);

#endif
