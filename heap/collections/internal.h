/*
 * The inside of collection.h, shared by this folder's files: places (an object or a struct whose
 * fields are read by name), what reading has in common (collection.c), a file a kind of shape on
 * these, and the table of shapes on top (shapes.c: collection_open()).
 */
#ifndef HEAP_COLLECTIONS_INTERNAL_H
#define HEAP_COLLECTIONS_INTERNAL_H

#include "base/chain_guard.h"
#include "base/limits.h"
#include "heap/collections/collection.h"

/* An instance whose fields begin at `base`: field.h, type_field.offset. base 0: null. */
struct place {
	struct heap *heap;
	const struct type *type;
	uint64_t base;
};

/* Of a reference or a struct; anything else is a null place. */
struct place place_of_value(struct heap *heap, const struct value *value);

/* The field, which must be there: ERROR_BAD_DATA otherwise. */
MUST_CHECK struct error *place_field(const struct place *place, const char *name,
				     const struct type_field **ret);
MUST_CHECK struct error *place_has(const struct place *place, const char *name, bool *ret);
/* Its value, which place_check() has passed. */
MUST_CHECK struct error *place_value(const struct place *place, const char *name,
				     struct value *ret);
/* ERROR_FAULT when what was read from the field is unreadable, or refers to an object that is. */
MUST_CHECK struct error *place_check(const struct place *place, const char *name,
				     const struct value *value);
/* ERROR_FAULT when it is unreadable, ERROR_BAD_DATA when it is no integer. */
MUST_CHECK struct error *place_integer(const struct place *place, const char *name, int64_t *ret);
/* The same, and not negative. */
MUST_CHECK struct error *place_count(const struct place *place, const char *name, uint64_t *ret);
/* What a field refers to or holds: null when it is null. */
MUST_CHECK struct error *place_inner(const struct place *place, const char *name,
				     struct place *ret);
/* An array's shape; one of no elements when it is null. ERROR_BAD_DATA when it is no array. */
MUST_CHECK struct error *place_array(const struct place *place, const char *name,
				     struct array_shape *ret);
/* Is there such a field, and is its value null or an array? */
MUST_CHECK struct error *place_has_array(const struct place *place, const char *name, bool *ret);

/* The fields of nodes, which are mostly of one class: looked up when the class changes. */
enum { NODE_FIELDS = 4 };
struct node_fields {
	const char *names[NODE_FIELDS]; /* NULL: not used */
	const struct type *type;
	const struct type_field *fields[NODE_FIELDS]; /* NULL: the class has none of this name */
};
/* ERROR_BAD_DATA when the class has no such field. A link is null or leads to a node: ERROR_FAULT
 * when that cannot be read. */
MUST_CHECK struct error *node_value(struct node_fields *nodes, const struct place *node,
				    size_t field, struct value *ret);
MUST_CHECK struct error *node_link(struct node_fields *nodes, const struct place *node,
				   size_t field, struct place *ret);

/* ERROR_BAD_DATA when the node was there before. */
MUST_CHECK struct error *chain_guard_step(struct chain_guard *guard, uint64_t node);

/* For task_check(), in loops that pass over what is no element. */
extern const char reading_a_collection[];

struct item {
	struct value key, value;
};

struct collection_shape {
	const char *name;
	const char *home;      /* the first field's class must begin so; NULL: any class's may */
	const char *fields[4]; /* all of these, instance fields */
	/* Fills in what collection_open() cannot know. *ret_is false: it is none after all. */
	struct error *(*open)(struct collection *collection, const struct place *place,
			      bool *ret_is);
	/* Copied by open() into the collection when it is another's. */
	struct error *(*next)(struct collection *collection, struct item *ret, bool *ret_found);
	struct error *(*skip)(struct collection *collection, uint64_t count); /* may be NULL */
};

MUST_CHECK struct error *collection_cursor(struct collection *collection, size_t size, void *ret);
/* The declared type of a field of `type`; NULL when there is none or it is not known. */
MUST_CHECK struct error *collection_field_type(struct heap *heap, const struct type *type,
					       const char *name, const struct type **ret);
/* A KeyValuePair's halves. */
MUST_CHECK struct error *pair_split(struct heap *heap, const struct value *pair, struct item *ret);
/* key_type and value_type from a KeyValuePair's type; false: it is none. */
MUST_CHECK struct error *pair_types(struct collection *collection, const struct type *pair,
				    bool *ret_is);

/* Arrays and what is a part of one: range.c. */
struct error *array_open(struct collection *collection, const struct value *value);
struct error *list_open(struct collection *, const struct place *, bool *);
struct error *stack_open(struct collection *, const struct place *, bool *);
struct error *queue_open(struct collection *, const struct place *, bool *);
struct error *sorted_list_open(struct collection *, const struct place *, bool *);
struct error *priority_queue_open(struct collection *, const struct place *, bool *);
struct error *immutable_array_open(struct collection *, const struct place *, bool *);
struct error *array_segment_open(struct collection *, const struct place *, bool *);
struct error *memory_open(struct collection *, const struct place *, bool *);
struct error *immutable_builder_open(struct collection *, const struct place *, bool *);
struct error *frozen_dictionary_open(struct collection *, const struct place *, bool *);
struct error *frozen_integers_open(struct collection *, const struct place *, bool *);
struct error *frozen_set_open(struct collection *, const struct place *, bool *);
struct error *range_next(struct collection *, struct item *, bool *);
struct error *range_skip(struct collection *, uint64_t);

/* Arrays of entries some of which are free: entries.c. */
struct error *entries_open(struct collection *, const struct place *, bool *);
struct error *entries_next(struct collection *, struct item *, bool *);
struct error *hashtable_open(struct collection *, const struct place *, bool *);
struct error *hashtable_next(struct collection *, struct item *, bool *);
struct error *bit_array_open(struct collection *, const struct place *, bool *);
struct error *bit_array_next(struct collection *, struct item *, bool *);

/* Trees: tree.c. */
struct error *sorted_dictionary_open(struct collection *, const struct place *, bool *);
struct error *sorted_set_open(struct collection *, const struct place *, bool *);
struct error *immutable_tree_open(struct collection *, const struct place *, bool *);
struct error *tree_next(struct collection *, struct item *, bool *);

/* Linked nodes: chain.c. */
struct error *concurrent_dictionary_open(struct collection *, const struct place *, bool *);
struct error *concurrent_dictionary_next(struct collection *, struct item *, bool *);
struct error *linked_open(struct collection *, const struct place *, bool *);
struct error *concurrent_stack_open(struct collection *, const struct place *, bool *);
struct error *immutable_stack_open(struct collection *, const struct place *, bool *);
struct error *chain_next(struct collection *, struct item *, bool *);
struct error *immutable_queue_open(struct collection *, const struct place *, bool *);
struct error *immutable_queue_next(struct collection *, struct item *, bool *);

/* Linked arrays: segments.c. */
struct error *concurrent_queue_open(struct collection *, const struct place *, bool *);
struct error *concurrent_queue_next(struct collection *, struct item *, bool *);
struct error *concurrent_bag_open(struct collection *, const struct place *, bool *);
struct error *concurrent_bag_next(struct collection *, struct item *, bool *);

#endif
