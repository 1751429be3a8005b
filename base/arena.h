/*
 * An arena: memory with one lifetime, given back all at once. There are two in the program: the
 * session's (contract, names, segments; freed at close) and a command's scratch (reset after every
 * command). Memory is zeroed and 16-byte aligned. Functions answer NULL when memory is out: the
 * caller returns &error_no_memory.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/error.h"

#include <stddef.h>

struct arena_chunk;
struct memory_budget; /* base/memory_budget.h */

struct arena {
	struct arena_chunk *chunks;
	size_t total_bytes;   /* handed out since the last reset */
	size_t limit_bytes;   /* of these; 0: none */
	bool full;            /* more was wanted than that, in this arena or in one within it */
	struct arena *within; /* NULL: nothing */
	struct memory_budget *budget; /* borrowed: what chunks are taken of; NULL: no limit */
	size_t refused_bytes; /* wanted, in this arena or in one within it, and the budget had no
				 room; 0: nothing was refused */
};

void arena_init(struct arena *arena);

/* A new one with the limit and the budget of `parent`, which outlives it and learns when it is full
 * or refused. */
struct arena arena_within(struct arena *parent);
void arena_deinit(struct arena *arena);

/* Forget everything that was handed out, and that it was full or refused; keeps one chunk for
 * reuse.
 */
void arena_reset(struct arena *arena);

MUST_CHECK void *arena_allocate(struct arena *arena, size_t size);

/* count * size with the overflow checked. */
MUST_CHECK void *arena_allocate_array(struct arena *arena, size_t count, size_t size);

/* A copy of length bytes and a NUL. */
MUST_CHECK char *arena_copy_text(struct arena *arena, const char *text, size_t length);

MUST_CHECK char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
