/*
 * What dumpdict and dumpcollection share: opening the object that the user named, and the table of
 * its elements.
 */
#ifndef COMMANDS_SHARED_COLLECTION_ROWS_H
#define COMMANDS_SHARED_COLLECTION_ROWS_H

#include "commands/command.h"
#include "heap/collections/collection.h"

struct collection_view {
	uint64_t address;
	struct value value; /* the object */
	struct collection collection;
};

/* The subject of the call (SUBJECT_COLLECTION) as a collection, in scratch. ERROR_UNSUPPORTED when
 * it is none: says what it is and which command shows it. */
MUST_CHECK struct error *collection_view_open(struct command_call *call,
					      struct collection_view *ret);

/* {address, type, count}, in text a line each. */
MUST_CHECK struct error *collection_view_header(struct command_call *call,
						struct collection_view *view);

/* A table under `key` of `length` elements from the `start`th on, and what there is to say about
 * them: damage, a count that differs. */
MUST_CHECK struct error *collection_view_rows(struct command_call *call,
					      struct collection_view *view, const char *key,
					      uint64_t start, uint64_t length);

/* The same table with one element. */
MUST_CHECK struct error *collection_view_row(struct command_call *call,
					     struct collection_view *view, const char *table,
					     uint64_t index, const struct value *key,
					     const struct value *value);

#endif
