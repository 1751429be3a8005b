/*
 * Collections of the base library as what they are to their owner: elements, or keys and values, in
 * the order in which the program enumerates them, without free slots and nodes of service.
 *
 * A collection is recognised by the fields of its own class, found by name, and its elements by the
 * fields of the entry's or node's class; a wrapper (ReadOnlyDictionary, Collection …) is what it
 * wraps. Names as in dotnet/runtime src/libraries/System.Private.CoreLib, System.Collections,
 * System.Collections.Concurrent, System.Collections.Immutable, System.ObjectModel and
 * System.Collections.NonGeneric, versions 8.0 to 10.0.
 *
 * Bounded: never more elements than its arrays hold, than its own count says, or than a chain
 * without a cycle has. What ends early says so in `damage`.
 */
#ifndef HEAP_COLLECTIONS_COLLECTION_H
#define HEAP_COLLECTIONS_COLLECTION_H

#include "heap/values/value.h"

enum collection_kind {
	COLLECTION_DICTIONARY, /* keys and values */
	COLLECTION_SET,        /* values that are their own keys */
	COLLECTION_SEQUENCE,
};

struct collection_shape;

struct collection {
	struct heap *heap;
	struct arena *arena;
	enum collection_kind kind;
	const char *name;        /* what it was recognised as: "Dictionary", "List" … */
	const struct type *type; /* the class inside all wrappers */
	uint64_t address;        /* its object, or its first byte when it is a struct; 0: null */
	const struct type *key_type, *value_type; /* as declared; NULL: not known */
	bool count_known;
	uint64_t count;     /* what the collection itself says, when count_known */
	bool count_inexact; /* a concurrent one: the count may lag behind its elements */
	bool foreign;       /* no class of the base library, only made like this one */
	uint64_t found;     /* elements given so far */
	const char *damage; /* why it ended before its end; NULL: it did not. In the arena */
	const struct collection_shape *shape;
	void *cursor;
	uint64_t unreadable_run;
};

/* What is in `value` (an object, or a struct such as ImmutableArray) as a collection, before its
 * first element. It lives in arena, which grows only on opening. *ret_is false: it is none (then
 * *ret is unspecified). ERROR_FAULT or ERROR_BAD_DATA when it is one whose backing cannot be
 * read; see value_check(). */
MUST_CHECK struct error *collection_open(struct heap *heap, const struct value *value,
					 struct arena *arena, struct collection *ret, bool *ret_is);

/* The next element. Sets and sequences: *key stays as it is. *ret_index: from 0. *ret_found false:
 * the end; see `damage`. An element whose bytes are not there is VALUE_UNREADABLE. ERROR_NO_MEMORY,
 * and ERROR_CANCELLED by the heap's task. */
MUST_CHECK struct error *collection_next(struct collection *collection, struct value *key,
					 struct value *value, uint64_t *ret_index, bool *ret_found);

/* Passes over the next `count` elements, at once where elements can be counted off. */
MUST_CHECK struct error *collection_skip(struct collection *collection, uint64_t count);

/* A value as one looks at it: of a boxed value type what is in the box, else the value itself. */
MUST_CHECK struct error *value_unbox(struct heap *heap, struct value *value);

/* How many elements it has: what it says, or counted on a copy of it. ERROR_FAULT when they cannot
 * be counted to the end. */
MUST_CHECK struct error *collection_count(struct heap *heap, const struct value *value,
					  const struct task *task, uint64_t *ret);

#endif
