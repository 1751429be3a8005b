/*
 * The end of a pipeline: lines go to the terminal, to stdout that is none, or to a file; what is
 * shown goes to the session's log too. On a terminal a name at the end of a row of a table is cut
 * at its width, with a … at the end; anything else is wrapped by the terminal itself. With paging
 * an answer waits at each screenful: space goes on, Enter by a line, `a` to the end, `q` or Ctrl-C
 * leaves.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "cli/filter.h"
#include "cli/hold.h"
#include "cli/progress.h"
#include "commands/interpreter/session.h"

struct screen {
	struct filter filter; /* kind: filter_screen */
	FILE *to;
	const char *path; /* of a file; NULL: stdout */
	struct progress *progress;
	struct session *session; /* has the log; may be NULL */
	struct hold *hold;       /* see hold_read() */
	bool terminal, paging, wide;
	unsigned rows, columns; /* 0: unknown */
	unsigned used;          /* rows since the last stop */
	uint64_t lines;         /* all that were written */
};

extern const struct filter_kind filter_screen;

/* What is no line: JSON. ERROR_OS. */
MUST_CHECK struct error *screen_write(struct screen *screen, const char *bytes, size_t size);

/* Of the terminal at `fd`; false: it is none, or does not say. */
bool screen_size(int fd, unsigned *ret_rows, unsigned *ret_columns);

/* How many bytes of UTF-8 fit into `columns` columns; *ret_columns: how many they take. */
size_t screen_fit(const char *text, size_t length, size_t columns, size_t *ret_columns);

#endif
