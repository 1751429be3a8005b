/* What reading has in common, whatever the shape: a cursor, the next element, damage. */
#include "heap/collections/internal.h"

struct error *collection_cursor(struct collection *collection, size_t size, void *ret)
{
	collection->cursor = arena_allocate(collection->arena, size);
	if (!collection->cursor)
		return &error_no_memory;
	memcpy(ret, &collection->cursor, sizeof(collection->cursor));
	return NULL;
}

const char reading_a_collection[] = "reading a collection";

/* Damage ends the collection, not the answer. */
static struct error *end_damaged(struct collection *collection, struct error *error)
{
	if (error->code != ERROR_FAULT && error->code != ERROR_BAD_DATA)
		return error;
	collection->damage =
		arena_copy_text(collection->arena, error->message, strlen(error->message));
	error_free(error);
	return collection->damage ? NULL : &error_no_memory;
}

static struct error *end_with(struct collection *collection, const char *why)
{
	collection->damage = why;
	return NULL;
}

struct error *collection_next(struct collection *collection, struct value *key, struct value *value,
			      uint64_t *ret_index, bool *ret_found)
{
	struct item item = { 0 };
	bool found = false;
	*ret_found = false;
	if (collection->damage || !collection->cursor || !collection->shape)
		return NULL;
	TRY(task_check(collection->heap->task, reading_a_collection));
	struct error *error = collection->shape->next(collection, &item, &found);
	if (error)
		return end_damaged(collection, error);
	if (!found)
		return NULL;
	uint64_t lag = collection->count_inexact ? LIMIT_COUNT_LAG : 0;
	if (collection->count_known && collection->found >= lag &&
	    collection->found - lag >= collection->count)
		return end_with(collection, "it holds more elements than its own count says");
	collection->unreadable_run =
		item.value.kind == VALUE_UNREADABLE ? collection->unreadable_run + 1 : 0;
	if (collection->unreadable_run == LIMIT_UNREADABLE_RUN)
		return end_with(collection, "its elements from here on cannot be read");
	if (collection->kind == COLLECTION_DICTIONARY)
		*key = item.key;
	*value = item.value;
	*ret_index = collection->found++;
	*ret_found = true;
	return NULL;
}

struct error *collection_skip(struct collection *collection, uint64_t count)
{
	struct value key, value;
	uint64_t index;
	bool found = true;
	if (collection->shape && collection->cursor && collection->shape->skip)
		return collection->shape->skip(collection, count);
	while (count-- && found)
		TRY(collection_next(collection, &key, &value, &index, &found));
	return NULL;
}
