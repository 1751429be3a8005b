/*
 * Strong and pinned handles, and the first place in memory where the value of each is: one that is
 * nowhere keeps its object alive for no code.
 */
#ifndef INSPECT_HANDLE_SEARCH_H
#define INSPECT_HANDLE_SEARCH_H

#include "base/id_map.h"
#include "heap/gc/handles.h"
#include "inspect/question.h"

struct handle_use {
	struct gc_handle handle;
	uint64_t found_at; /* 0: nowhere yet */
};

/* A handle that was found; the use is there during the call. */
typedef struct error *(*handle_use_visitor)(const struct handle_use *use, void *context);

struct handle_search {
	const struct question *question; /* borrowed */
	struct handle_use *uses;         /* in the order of the handle tables */
	size_t count, capacity, found;
	/* Of the search. */
	struct id_map by_address;
	uint64_t lowest, highest; /* of the handles */
	uint8_t *buffer;
	uint64_t done, total; /* bytes of memory */
	handle_use_visitor visit;
	void *context;
};

/* Begins with the question; the rest zeroed. First the handles, then memory, once; what of either
 * cannot be read is counted with question_missing(). */
MUST_CHECK struct error *handle_search_collect(struct handle_search *search);
MUST_CHECK struct error *handle_search_memory(struct handle_search *search,
					      handle_use_visitor visit, void *context);
void handle_search_deinit(struct handle_search *search);

#endif
