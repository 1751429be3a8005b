/*
 * What may be at the cursor of a command line, from the tables and what is open: a command or one
 * of its other names, an option of the command, a type's name, a filter after |>, a file.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/arena.h"
#include "commands/interpreter/session.h"

struct completion {
	struct arena arena;
	const char **names; /* sorted, each once; in the arena */
	size_t count, capacity;
	size_t start;     /* of the word at the cursor, in the line; after a quote it begins with */
	char quote;       /* that; NUL: none */
	const char *word; /* as it is, in the arena */
	size_t left_out;  /* names beyond LIMIT_COMPLETIONS */
};

/* ERROR_NO_MEMORY only; *ret is to be given back in any case. `length`: where the cursor is. */
MUST_CHECK struct error *completion_find(const struct session *session, const char *line,
					 size_t length, struct completion *ret);
void completion_cleanup(struct completion *completion);

/* What all names have in common at their start, as far as it is plain (base/escape.h): never
 * shorter than the word, or 0. */
size_t completion_common(const struct completion *completion);

/* What goes in the place of the word: all that the names have in common, or the one name, closed
 * with a blank; quoted where it must be. NULL: nothing is gained. In the completion's arena. */
const char *completion_text(struct completion *completion);

/* The names in sorted columns, escaped, as many rows as fit; says how many do not. */
void completion_list(const struct completion *completion, FILE *to, unsigned rows,
		     unsigned columns);

#endif
