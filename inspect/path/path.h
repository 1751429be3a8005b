/*
 * The path of `get`: a root and steps. Nothing of it is looked up here.
 *
 *	Demo.Payments.Gateway.Instance.Policies["payments"].EnableFallback
 *	7f0a4c0135e0._policies[Mode.Strict]
 *
 * The root is an address (hex with 0x, or 12 hex digits at least) or else the first names. A name
 * ends at a '.' or '[' outside <…>. Between brackets: "text" with \" \\ \n \t \r \0 \uXXXX, 'c', or
 * words up to the ',' or ']' that is outside (…), {…} and <…>.
 */
#ifndef INSPECT_PATH_PATH_H
#define INSPECT_PATH_PATH_H

#include "base/arena.h"

struct path_key {
	const char *text;      /* UTF-8, without the quotes, escapes resolved */
	const uint16_t *units; /* the same in UTF-16: with lone surrogates as they were written */
	size_t unit_count;
	bool is_quoted;
};

struct path_step {
	const char *name; /* NULL: an index */
	const struct path_key *keys;
	size_t key_count;
	size_t end; /* bytes of the path's text up to and with this step */
};

struct path {
	const char *text;
	bool has_address;
	uint64_t address;
	size_t root_end; /* bytes of the address; 0: none */
	const struct path_step *steps;
	size_t step_count;
};

/* ERROR_USAGE naming the place. Lives in arena. */
MUST_CHECK struct error *path_parse(const char *text, struct arena *arena, struct path *ret);

/* A key that is given by itself (dumpdict -key): taken as it is. */
MUST_CHECK struct error *path_key_of_text(const char *text, struct arena *arena,
					  struct path_key *ret);

/* The text up to and with `steps` steps, in arena. NULL: out of memory. */
const char *path_prefix(const struct path *path, size_t steps, struct arena *arena);

#endif
