/*
 * Filters of an answer's lines: what follows ` |> `. A filter takes line after line and hands on
 * what it lets through; nothing but sort and tail holds lines, and those have a cap. A line of
 * titles is not counted, and goes before the first row of its table that is shown.
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include "cli/line.h"
#include "commands/interpreter/filters.h"

struct filter;

struct filter_kind {
	const struct filter_text *text;
	size_t size; /* of the filter's own struct, which begins with struct filter */
	struct error *(*open)(struct filter *filter, const struct arguments *arguments);
	struct error *(*line)(struct filter *filter, const struct line *line);
	struct error *(*end)(struct filter *filter); /* may be NULL */
	void (*close)(struct filter *filter);        /* may be NULL */
};

struct filter {
	const struct filter_kind *kind;
	struct filter *next; /* NULL: the last */
	const struct task *task;
	bool enough;     /* it will take no more: the command may stop */
	bool broken;     /* set before its end(): the answer broke off */
	bool has_titles; /* `titles` wait for a row that is shown */
	struct text titles;
	struct line_parser parser; /* for lines that were kept */
};

/* A zeroed filter of its kind's size, opened. ERROR_USAGE. `arena` holds what *arguments needs; the
 * task, which may be NULL, is looked at where lines that were kept are many. */
MUST_CHECK struct error *filter_new(const struct filter_kind *kind, const char *words,
				    struct arena *arena, const struct task *task,
				    struct filter **ret);
void filter_free(struct filter *filter); /* NULL: nothing */

/* To the next filter. */
MUST_CHECK struct error *filter_pass(struct filter *filter, const struct line *line);
/* The same of a line that was kept as it came. */
MUST_CHECK struct error *filter_pass_kept(struct filter *filter, const char *marked, size_t length);

/* Every line first: keeps titles (true: it was one), forgets them where their table ends. */
bool filter_keeps_titles(struct filter *filter, const struct line *line);
/* filter_pass(), after the titles that wait for it. */
MUST_CHECK struct error *filter_show(struct filter *filter, const struct line *line);

/* A text that is made here: wc's. */
MUST_CHECK struct error *filter_pass_text(struct filter *filter, const char *format, ...)
	PRINTF_LIKE(2, 3);

#endif
