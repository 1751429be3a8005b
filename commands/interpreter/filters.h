/*
 * What may stand behind a command and |>, described once: help, parsing, completion and the man
 * page come from it. cli/ has the filters themselves.
 */
#ifndef COMMANDS_INTERPRETER_FILTERS_H
#define COMMANDS_INTERPRETER_FILTERS_H

#include "commands/interpreter/arguments.h"

struct filter_text {
	const char *name, *usage, *summary;
	const struct option *options; /* may be NULL */
	size_t max_positionals;
	const char *example; /* behind a command; NULL: none */
};

extern const struct filter_text filter_grep_text, filter_head_text, filter_sort_text,
	filter_tail_text, filter_wc_text, filter_wide_text;

/* In the order of help, and what is said of files behind them; NULL-terminated. */
extern const struct filter_text *const all_filter_texts[];
extern const struct filter_text *const file_texts[];

const struct filter_text *filter_text_find(const char *name, size_t length); /* NULL: unknown */

#endif
