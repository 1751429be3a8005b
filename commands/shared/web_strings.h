/*
 * Strings that stand in fields of objects, for dumphttp and dumprequests.
 */
#ifndef COMMANDS_SHARED_WEB_STRINGS_H
#define COMMANDS_SHARED_WEB_STRINGS_H

#include "commands/command.h"

/* The string in the first of these fields that the object has, as UTF-8 in scratch; names end with
 * NULL. "" for null; *ret NULL: it cannot be read (counted with question_missing()). */
MUST_CHECK struct error *web_string(struct command_call *call, uint64_t object,
				    const char *const *names, const char **ret);

/* A cell for it; NULL: <unreadable>, and null in JSON. */
void web_string_print(struct output *out, const char *text);

#endif
