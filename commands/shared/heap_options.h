/*
 * The switches that dumpheap and its like share: -type -exact -mt -min -max -gen -segment -heap and
 * a range of addresses.
 */
#ifndef COMMANDS_SHARED_HEAP_OPTIONS_H
#define COMMANDS_SHARED_HEAP_OPTIONS_H

#include "commands/command.h"
#include "inspect/heap_filter.h"
#include "inspect/heap_statistics.h"

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

/* Their words: [START [END | L<length in hex>]]. */
extern const char *const heap_filter_words[];

/* A filter by the call's arguments; to be deinitialised in any case. */
MUST_CHECK struct error *heap_options_read(struct command_call *call, struct heap_filter *ret);

/* Counts by type the objects that the call's arguments choose; a remark when no type is called so.
 * *ret begins zeroed, and is the caller's to deinitialise in any case. */
MUST_CHECK struct error *heap_options_count(struct command_call *call, struct heap_statistics *ret);

#endif
