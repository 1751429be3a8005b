/* Binary trees in order: red-black ones (SortedSet.cs) and the AVL trees of the immutable ones. */
#include "heap/collections/internal.h"

enum { TREE_LEFT, TREE_RIGHT, TREE_KEY, TREE_VALUE };

/* The path to the next node; a node's depth, not the height of the stack, is what is bounded: a
 * right link that leads back up does not raise the stack. */
struct tree_walk {
	struct node_fields nodes;
	bool has_empty_node; /* immutable trees: a leaf's children are a node without children */
	size_t height;
	struct {
		struct place node;
		unsigned depth;
	} path[LIMIT_TREE_DEPTH];
};

enum tree_content {
	TREE_ITEMS,      /* the key is the element */
	TREE_PAIRS,      /* the key is a KeyValuePair */
	TREE_KEY_VALUES, /* key and value are in the node */
	TREE_BUCKETS,    /* the value is a HashBucket: elements with the same hash code */
};

struct tree {
	enum tree_content content;
	struct tree_walk walk;
	struct tree_walk bucket; /* ImmutableList<T>.Node: the bucket's elements but its first */
	struct node_fields bucket_fields;
};

enum { BUCKET_FIRST, BUCKET_MORE };

static const struct node_fields immutable_nodes = { .names = { "_left", "_right", "_key",
							       "_value" } };

static struct error *tree_descend(struct tree_walk *walk, struct place node, unsigned depth)
{
	while (node.base) {
		struct place left;
		TRY(node_link(&walk->nodes, &node, TREE_LEFT, &left));
		if (walk->has_empty_node && !left.base)
			return NULL;
		if (depth == LIMIT_TREE_DEPTH)
			return error_new(ERROR_BAD_DATA, "its tree is deeper than %d nodes",
					 LIMIT_TREE_DEPTH);
		walk->path[walk->height].node = node;
		walk->path[walk->height++].depth = depth++;
		node = left;
	}
	return NULL;
}

static struct error *tree_pop(struct tree_walk *walk, struct place *ret, bool *ret_found)
{
	struct place right;
	*ret_found = walk->height != 0;
	if (!*ret_found)
		return NULL;
	*ret = walk->path[--walk->height].node;
	TRY(node_link(&walk->nodes, ret, TREE_RIGHT, &right));
	return tree_descend(walk, right, walk->path[walk->height].depth + 1);
}

static struct error *tree_new(struct collection *collection, enum tree_content content,
			      struct tree **ret)
{
	TRY(collection_cursor(collection, sizeof(**ret), ret));
	(*ret)->content = content;
	(*ret)->walk.nodes = immutable_nodes;
	(*ret)->walk.has_empty_node = true;
	(*ret)->bucket.nodes = immutable_nodes;
	(*ret)->bucket.has_empty_node = true;
	(*ret)->bucket_fields =
		(struct node_fields){ .names = { "_firstValue", "_additionalElements" } };
	return NULL;
}

static struct error *open_red_black(struct collection *collection, const struct place *set,
				    enum tree_content content)
{
	struct tree *tree;
	struct place root;
	TRY(tree_new(collection, content, &tree));
	tree->walk.nodes = (struct node_fields){ .names = { "Left", "Right", "Item" } };
	tree->walk.has_empty_node = false;
	collection->count_known = true;
	TRY(place_count(set, "count", &collection->count));
	TRY(place_inner(set, "root", &root));
	return tree_descend(&tree->walk, root, 0);
}

static struct error *element_of_set(struct heap *heap, const struct place *set,
				    const struct type **ret)
{
	const struct type_field *root;
	*ret = NULL;
	TRY(field_by_name(heap, set->type, "root", false, &root));
	if (!root || root->declaring->argument_count != 1)
		return NULL;
	return type_at(heap, root->declaring->arguments[0], ret);
}

/* A view of a part of another set (TreeSubSet) shares its nodes: its root is not its own. */
struct error *sorted_set_open(struct collection *collection, const struct place *place,
			      bool *ret_is)
{
	bool is_view;
	TRY(place_has(place, "_underlying", &is_view));
	*ret_is = !is_view;
	if (is_view)
		return NULL;
	TRY(element_of_set(collection->heap, place, &collection->value_type));
	return open_red_black(collection, place, TREE_ITEMS);
}

struct error *sorted_dictionary_open(struct collection *collection, const struct place *place,
				     bool *ret_is)
{
	struct place set;
	const struct type *pair;
	bool has_root;
	*ret_is = false;
	TRY(place_inner(place, "_set", &set));
	if (!set.base)
		return NULL;
	TRY(place_has(&set, "root", &has_root));
	TRY(element_of_set(collection->heap, &set, &pair));
	TRY(pair_types(collection, pair, ret_is));
	*ret_is = *ret_is && has_root;
	return *ret_is ? open_red_black(collection, &set, TREE_PAIRS) : NULL;
}

/* What the nodes hold, by the root's own fields; the root of an empty one is a node as well. */
static struct error *immutable_content(struct collection *collection, const struct place *place,
				       const struct place *root, enum tree_content *ret)
{
	struct heap *heap = collection->heap;
	const struct type *value, *first;
	bool has_comparer, has_value, is_pair;
	TRY(place_has(root, "_value", &has_value));
	if (!has_value) {
		TRY(place_has(place, "_comparer", &has_comparer));
		collection->kind = has_comparer ? COLLECTION_SET : COLLECTION_SEQUENCE;
		collection->name = has_comparer ? "ImmutableSortedSet" : "ImmutableList";
		*ret = TREE_ITEMS;
		return collection_field_type(heap, root->type, "_key", &collection->value_type);
	}
	TRY(collection_field_type(heap, root->type, "_value", &value));
	TRY(collection_field_type(heap, value, "_firstValue", &first));
	if (!first) {
		*ret = TREE_KEY_VALUES;
		collection->kind = COLLECTION_DICTIONARY;
		collection->name = "ImmutableSortedDictionary";
		collection->value_type = value;
		return collection_field_type(heap, root->type, "_key", &collection->key_type);
	}
	*ret = TREE_BUCKETS;
	TRY(pair_types(collection, first, &is_pair));
	collection->kind = is_pair ? COLLECTION_DICTIONARY : COLLECTION_SET;
	collection->name = is_pair ? "ImmutableDictionary" : "ImmutableHashSet";
	if (!is_pair)
		collection->value_type = first;
	return NULL;
}

struct error *immutable_tree_open(struct collection *collection, const struct place *place,
				  bool *ret_is)
{
	struct tree *tree;
	struct place root;
	enum tree_content content;
	bool has_left, has_count;
	*ret_is = false;
	TRY(place_inner(place, "_root", &root));
	if (!root.base)
		return NULL;
	TRY(place_has(&root, "_left", &has_left));
	if (!has_left)
		return NULL;
	*ret_is = true;
	TRY(immutable_content(collection, place, &root, &content));
	TRY(tree_new(collection, content, &tree));
	TRY(place_has(place, "_count", &has_count));
	TRY(place_count(has_count ? place : &root, "_count", &collection->count));
	collection->count_known = true;
	return tree_descend(&tree->walk, root, 0);
}

static struct error *next_in_buckets(struct collection *collection, struct tree *tree,
				     struct value *ret, bool *ret_found)
{
	struct place node, more;
	struct value bucket;
	TRY(tree_pop(&tree->bucket, &node, ret_found));
	if (*ret_found)
		return node_value(&tree->bucket.nodes, &node, TREE_KEY, ret);
	for (;;) {
		TRY(task_check(collection->heap->task, reading_a_collection));
		TRY(tree_pop(&tree->walk, &node, ret_found));
		if (!*ret_found)
			return NULL;
		TRY(node_value(&tree->walk.nodes, &node, TREE_VALUE, &bucket));
		struct place place = place_of_value(collection->heap, &bucket);
		if (!place.base)
			return error_new(ERROR_BAD_DATA, "a node of its tree has no bucket");
		TRY(node_link(&tree->bucket_fields, &place, BUCKET_MORE, &more));
		if (!more.base)
			continue; /* an empty bucket: HashBucket.IsEmpty */
		TRY(tree_descend(&tree->bucket, more, 0));
		return node_value(&tree->bucket_fields, &place, BUCKET_FIRST, ret);
	}
}

struct error *tree_next(struct collection *collection, struct item *ret, bool *ret_found)
{
	struct tree *tree = collection->cursor;
	struct place node;
	struct value element;
	if (tree->content == TREE_BUCKETS) {
		TRY(next_in_buckets(collection, tree, &element, ret_found));
	} else {
		TRY(tree_pop(&tree->walk, &node, ret_found));
		if (*ret_found)
			TRY(node_value(&tree->walk.nodes, &node, TREE_KEY, &element));
	}
	if (!*ret_found)
		return NULL;
	if (tree->content == TREE_KEY_VALUES) {
		ret->key = element;
		return node_value(&tree->walk.nodes, &node, TREE_VALUE, &ret->value);
	}
	if (collection->kind == COLLECTION_DICTIONARY)
		return pair_split(collection->heap, &element, ret);
	ret->value = element;
	return NULL;
}
