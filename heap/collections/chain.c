/* Linked nodes. */
#include "heap/collections/internal.h"

#include "base/list.h"

/*
 * ConcurrentDictionary.cs: Tables._buckets holds the chains, as Node[] or, so that a read of an
 * element is volatile, as VolatileNode[] with one field _node.
 */
enum { NODE_KEY, NODE_VALUE, NODE_NEXT };

struct hash_chains {
	struct array_shape buckets;
	uint64_t position;
	struct place node; /* the next one */
	struct chain_guard guard;
	struct node_fields nodes, slots;
};

/* Each lock counts the nodes that it guards. */
static struct error *count_locks(struct collection *collection, const struct place *tables)
{
	struct array_shape counts;
	bool has_counts;
	TRY(place_has_array(tables, "_countPerLock", &has_counts));
	if (!has_counts)
		return NULL;
	TRY(place_array(tables, "_countPerLock", &counts));
	for (uint64_t i = 0; i < counts.count; i++) {
		struct value count;
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(array_element(collection->heap, &counts, i, &count));
		if (count.kind != VALUE_SIGNED)
			return NULL;
		collection->count += count.bits;
	}
	collection->count_known = true;
	collection->count_inexact = true;
	return NULL;
}

struct error *concurrent_dictionary_open(struct collection *collection, const struct place *place,
					 bool *ret_is)
{
	struct heap *heap = collection->heap;
	struct hash_chains *chains;
	struct place tables;
	const struct type *node;
	*ret_is = false;
	TRY(place_inner(place, "_tables", &tables));
	if (tables.base)
		TRY(place_has_array(&tables, "_buckets", ret_is));
	if (!*ret_is)
		return NULL;
	TRY(collection_cursor(collection, sizeof(*chains), &chains));
	chains->nodes = (struct node_fields){ .names = { "_key", "_value", "_next" } };
	chains->slots = (struct node_fields){ .names = { "_node" } };
	TRY(place_array(&tables, "_buckets", &chains->buckets));
	node = chains->buckets.element;
	if (node && !type_is_reference(node))
		TRY(collection_field_type(heap, node, "_node", &node));
	TRY(collection_field_type(heap, node, "_key", &collection->key_type));
	TRY(collection_field_type(heap, node, "_value", &collection->value_type));
	return count_locks(collection, &tables);
}

static struct error *next_chain(struct collection *collection, struct hash_chains *chains)
{
	while (!chains->node.base && chains->position < chains->buckets.count) {
		struct value slot;
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(array_element(collection->heap, &chains->buckets, chains->position++, &slot));
		struct place place = place_of_value(collection->heap, &slot);
		if (slot.kind == VALUE_STRUCT && place.base)
			TRY(node_link(&chains->slots, &place, 0, &place));
		else
			TRY(value_check(collection->heap, &slot));
		chains->node = place;
		chains->guard = (struct chain_guard){ 0 };
	}
	return NULL;
}

struct error *concurrent_dictionary_next(struct collection *collection, struct item *ret,
					 bool *ret_found)
{
	struct hash_chains *chains = collection->cursor;
	TRY(next_chain(collection, chains));
	struct place node = chains->node;
	*ret_found = node.base != 0;
	if (!*ret_found)
		return NULL;
	TRY(chain_guard_step(&chains->guard, node.base));
	TRY(node_value(&chains->nodes, &node, NODE_KEY, &ret->key));
	TRY(node_value(&chains->nodes, &node, NODE_VALUE, &ret->value));
	return node_link(&chains->nodes, &node, NODE_NEXT, &chains->node);
}

/* One chain, ended by null, by its first node (LinkedList.cs is a ring), or by a node without a
 * successor (ImmutableStack.cs: the empty stack). */
struct chain {
	struct place node;
	uint64_t first;
	struct chain_guard guard;
	struct node_fields nodes;
	bool has_empty_node;
};

static struct error *chain_new(struct collection *collection, const struct node_fields *nodes,
			       struct chain **ret)
{
	TRY(collection_cursor(collection, sizeof(**ret), ret));
	(*ret)->nodes = *nodes;
	return NULL;
}

struct error *chain_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct chain *chain = collection->cursor;
	struct place node = chain->node;
	*ret_found = false;
	if (!node.base)
		return NULL;
	TRY(node_link(&chain->nodes, &node, NODE_NEXT, &chain->node));
	if (chain->has_empty_node && !chain->node.base)
		return NULL;
	if (!chain->first)
		chain->first = node.base;
	if (chain->node.base == chain->first)
		chain->node.base = 0;
	TRY(chain_guard_step(&chain->guard, node.base));
	*ret_found = true;
	if (collection->kind == COLLECTION_DICTIONARY)
		TRY(node_value(&chain->nodes, &node, NODE_KEY, &ret->key));
	return node_value(&chain->nodes, &node, NODE_VALUE, &ret->value);
}

/* The class of its nodes was never loaded, or is not known: then it must be empty. */
static struct error *open_nodeless(struct collection *collection, const struct place *place,
				   const char *head, bool *ret_is)
{
	const struct type_field *field;
	struct value first;
	TRY(place_field(place, head, &field));
	TRY(place_value(place, head, &first));
	*ret_is = first.kind == VALUE_NULL;
	collection->count_known = true;
	const struct type *owner = field->declaring;
	return owner->argument_count != 1
		       ? NULL
		       : type_at(collection->heap, owner->arguments[0], &collection->value_type);
}

/* LinkedList.cs, and ListDictionary.cs, whose nodes have keys. */
struct error *linked_open(struct collection *collection, const struct place *place, bool *ret_is)
{
	static const struct node_fields list_nodes = { .names = { NULL, "item", "next" } };
	static const struct node_fields pair_nodes = { .names = { "key", "value", "next" } };
	struct heap *heap = collection->heap;
	const struct type *node, *key;
	struct chain *chain;
	*ret_is = true;
	TRY(collection_field_type(heap, place->type, "head", &node));
	TRY(collection_field_type(heap, node, "key", &key));
	TRY(collection_field_type(heap, node, key ? "value" : "item", &collection->value_type));
	if (!collection->value_type)
		return open_nodeless(collection, place, "head", ret_is);
	collection->key_type = key;
	collection->kind = key ? COLLECTION_DICTIONARY : COLLECTION_SEQUENCE;
	collection->name = key ? "ListDictionary" : "LinkedList";
	collection->count_known = true;
	TRY(place_count(place, "count", &collection->count));
	TRY(chain_new(collection, key ? &pair_nodes : &list_nodes, &chain));
	return place_inner(place, "head", &chain->node);
}

struct error *concurrent_stack_open(struct collection *collection, const struct place *place,
				    bool *ret_is)
{
	static const struct node_fields nodes = { .names = { NULL, "_value", "_next" } };
	const struct type *node;
	struct chain *chain;
	*ret_is = true;
	TRY(collection_field_type(collection->heap, place->type, "_head", &node));
	TRY(collection_field_type(collection->heap, node, "_value", &collection->value_type));
	if (!collection->value_type)
		return open_nodeless(collection, place, "_head", ret_is);
	TRY(chain_new(collection, &nodes, &chain));
	return place_inner(place, "_head", &chain->node);
}

static const struct node_fields immutable_nodes = { .names = { NULL, "_head", "_tail" } };

struct error *immutable_stack_open(struct collection *collection, const struct place *place,
				   bool *ret_is)
{
	struct chain *chain;
	*ret_is = true;
	TRY(collection_field_type(collection->heap, place->type, "_head", &collection->value_type));
	TRY(chain_new(collection, &immutable_nodes, &chain));
	chain->has_empty_node = true;
	chain->node = *place;
	return NULL;
}

/*
 * ImmutableQueue.cs: a stack to take from, and one to which was added, whose last is the queue's
 * end; that one's nodes are recorded on opening.
 */
struct immutable_queue {
	struct node_fields nodes;
	struct chain_guard guard;
	struct place forwards;
	const struct type *type;
	uint64_t *backwards;
	size_t left, capacity;
};

static struct error *note_node(struct collection *collection, struct immutable_queue *queue,
			       uint64_t node)
{
	if (queue->left >= LIMIT_COLLECTION_NODES)
		return error_new(ERROR_BAD_DATA, "its chain is longer than %d nodes",
				 LIMIT_COLLECTION_NODES);
	TRY(LIST_GROW_IN(collection->arena, queue->backwards, queue->left, queue->capacity));
	queue->backwards[queue->left++] = node;
	return NULL;
}

static struct error *note_backwards(struct collection *collection, struct immutable_queue *queue,
				    struct place node)
{
	struct chain_guard guard = { 0 };
	while (node.base) {
		struct place next;
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(node_link(&queue->nodes, &node, NODE_NEXT, &next));
		if (!next.base)
			return NULL;
		TRY(chain_guard_step(&guard, node.base));
		TRY(note_node(collection, queue, node.base));
		queue->type = node.type;
		node = next;
	}
	return NULL;
}

struct error *immutable_queue_open(struct collection *collection, const struct place *place,
				   bool *ret_is)
{
	struct immutable_queue *queue;
	struct place backwards;
	*ret_is = true;
	TRY(collection_cursor(collection, sizeof(*queue), &queue));
	queue->nodes = immutable_nodes;
	TRY(place_inner(place, "_forwards", &queue->forwards));
	TRY(place_inner(place, "_backwards", &backwards));
	TRY(collection_field_type(collection->heap, queue->forwards.type, "_head",
				  &collection->value_type));
	return note_backwards(collection, queue, backwards);
}

struct error *immutable_queue_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct immutable_queue *queue = collection->cursor;
	struct place node = queue->forwards;
	*ret_found = true;
	if (node.base) {
		TRY(chain_guard_step(&queue->guard, node.base));
		TRY(node_link(&queue->nodes, &node, NODE_NEXT, &queue->forwards));
		if (queue->forwards.base)
			return node_value(&queue->nodes, &node, NODE_VALUE, &ret->value);
	}
	*ret_found = queue->left != 0;
	if (!*ret_found)
		return NULL;
	node = (struct place){ collection->heap, queue->type, queue->backwards[--queue->left] };
	return node_value(&queue->nodes, &node, NODE_VALUE, &ret->value);
}
