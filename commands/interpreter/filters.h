/*
 * What may follow a command and |>, described once: help, parsing, completion and the man
 * page come from it. cli/ has the filters themselves.
 */
#ifndef COMMANDS_INTERPRETER_FILTERS_H
#define COMMANDS_INTERPRETER_FILTERS_H

#include "base/text.h"
#include "commands/interpreter/arguments.h"

struct filter_text {
	const char *name, *usage, *summary;
	const struct option *options; /* may be NULL */
	size_t max_positionals;
	const char *example; /* after a command; NULL: none */
};

/* The filters that there are, in the order of help. cli/filters.h has what each does. */
// clang-format off
#define FILTERS(FILTER) \
	FILTER(head) \
	FILTER(tail) \
	FILTER(grep) \
	FILTER(sort) \
	FILTER(wc) \
	FILTER(wide)
// clang-format on

#define FILTER_TEXT(name) extern const struct filter_text filter_##name##_text;
FILTERS(FILTER_TEXT)
#undef FILTER_TEXT

/* The filters, and what is said of files after them; NULL-terminated. */
extern const struct filter_text *const all_filter_texts[];
extern const struct filter_text *const file_texts[];

const struct filter_text *filter_text_find(const char *name, size_t length); /* NULL: unknown */

/* "head, tail and wc", of all filters. */
void filter_names_append(struct text *to);

#endif
