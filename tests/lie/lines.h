/*
 * The lines that each command of the registry is asked with: its own examples, addresses in them
 * replaced by those that the dump has of what the command is about. So a new command joins by its
 * table.
 */
#ifndef TESTS_LIE_LINES_H
#define TESTS_LIE_LINES_H

#include "commands/command.h"

struct line {
	const struct command *command;
	char *text;
};

struct lines {
	struct line *items;
	size_t count, capacity;
};

/* Of all commands that read a dump, as many as there are subjects for. The session is of the whole
 * dump at `path`. */
MUST_CHECK struct error *lines_find(struct session *session, const char *path, struct lines *ret);

/* Does the command read what is open, so that it needs a line? */
bool command_reads_dump(const struct command *command);

#endif
