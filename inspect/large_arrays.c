#include "inspect/large_arrays.h"

#include "base/list.h"
#include "base/text.h"
#include "heap/collections/collection.h"
#include "heap/gc/references.h"

/* The arrays in which collections keep their elements. */
static const char *const array_fields[] = { "_entries", "_items", "_array",  "_nodes",
					    "values",   "_slots", "_buckets" };
enum { PARENTS_MAX = 8 };

/* Is it, or a parent, a collection of the base library? */
static struct error *is_collection(struct heap *heap, const struct type *type, bool *ret)
{
	*ret = false;
	for (int i = 0; type && i < PARENTS_MAX && !*ret; i++) {
		const char *name = type_metadata_name(heap, type);
		*ret = name && text_begins_with(name, "System.Collections.");
		TRY(type_parent(heap, type, &type));
	}
	return NULL;
}

static struct error *word_find(struct heap *heap, const struct type *type, uint8_t *ret)
{
	const struct type_field *field = NULL;
	bool is;
	TRY(is_collection(heap, type, &is));
	for (size_t i = 0; is && !field && i < COUNT_OF(array_fields); i++)
		TRY(field_by_name(heap, type, array_fields[i], false, &field));
	uint64_t offset = field ? object_fields(field->offset) : 0;
	if (offset % sizeof(uint64_t) == 0 && offset / sizeof(uint64_t) < LARGE_WORDS)
		*ret = (uint8_t)(offset / sizeof(uint64_t));
	return NULL;
}

uint8_t large_word_of(struct heap *heap, const struct type *type)
{
	uint8_t word = 0;
	if (type->kind == TYPE_ARRAY)
		return LARGE_IS_ARRAY;
	if (type->kind == TYPE_CLASS)
		error_free(word_find(heap, type, &word));
	return word;
}

void large_part_init(struct large_part *part, const struct heap *heap)
{
	*part = (struct large_part){ .low = UINT64_MAX };
	for (size_t i = 0; i < heap->gc->segment_count; i++) {
		const struct gc_segment *segment = &heap->gc->segments[i];
		if (segment->generation != GENERATION_LARGE)
			continue;
		part->low = segment->start < part->low ? segment->start : part->low;
		part->high = segment->end > part->high ? segment->end : part->high;
	}
}

/* Of two alike the lower one comes first, whichever worker met which. */
static void array_put(struct large_part *part, const struct gc_object *array)
{
	size_t at = part->array_count < LARGE_ARRAYS ? part->array_count++ : LARGE_ARRAYS;
	for (; at; at--) {
		const struct gc_object *before = &part->arrays[at - 1];
		if (before->size > array->size ||
		    (before->size == array->size && before->address < array->address))
			break;
		if (at < LARGE_ARRAYS)
			part->arrays[at] = *before;
	}
	if (at < LARGE_ARRAYS)
		part->arrays[at] = *array;
}

static struct error *holder_put(struct large_part *part, const struct large_holder *holder)
{
	part->holders_lost |= part->holder_count == LARGE_HOLDERS;
	if (part->holders_lost)
		return NULL;
	TRY(LIST_GROW(part->holders, part->holder_count, part->holder_capacity));
	part->holders[part->holder_count++] = *holder;
	return NULL;
}

static struct error *few_grow(struct large_part *part, uint32_t type)
{
	size_t count = part->few_count ? part->few_count : 256;
	while (count <= type)
		count *= 2;
	struct large_few *few = realloc(part->few, count * sizeof(*few));
	if (!few)
		return &error_no_memory;
	memset(few + part->few_count, 0, (count - part->few_count) * sizeof(*few));
	part->few = few;
	part->few_count = count;
	return NULL;
}

static struct error *few_put(struct large_part *part, uint32_t type, uint64_t object)
{
	if (__builtin_expect(type >= part->few_count, 0))
		TRY(few_grow(part, type));
	struct large_few *few = &part->few[type];
	if (__builtin_expect(few->count < LARGE_FEW, 0))
		few->objects[few->count++] = object;
	return NULL;
}

struct error *large_meet(struct large_part *part, struct reader *reader,
			 const struct gc_object *object, uint8_t word, bool is_large)
{
	uint64_t array;
	if (word == LARGE_IS_ARRAY) {
		if (is_large)
			array_put(part, object);
		return NULL;
	}
	if (word && reader_u64(reader, object->address + word * sizeof(uint64_t), &array) &&
	    array >= part->low && array < part->high)
		TRY(holder_put(part,
			       &(struct large_holder){ object->address, array, object->type }));
	return few_put(part, object->type, object->address);
}

struct error *large_merge(struct large_part *to, const struct large_part *from)
{
	for (size_t i = 0; i < from->array_count; i++)
		array_put(to, &from->arrays[i]);
	for (size_t i = 0; i < from->holder_count; i++)
		TRY(holder_put(to, &from->holders[i]));
	to->holders_lost |= from->holders_lost;
	for (size_t i = 0; i < from->few_count; i++)
		for (uint32_t k = 0; k < from->few[i].count; k++)
			TRY(few_put(to, (uint32_t)i, from->few[i].objects[k]));
	return NULL;
}

void large_part_deinit(struct large_part *part)
{
	free(part->holders);
	free(part->few);
}

static struct error *count_read(const struct question *question, struct large_array *large)
{
	struct value value;
	struct error *error = value_of_object(
		question->heap, large->collection ? large->collection : large->array.address,
		&value);
	if (!error)
		error = collection_count(question->heap, &value, question->task, &large->count);
	if (error_is_fatal(error))
		return error;
	large->count_known = !error;
	error_free(error);
	return NULL;
}

/* Looks for what refers to the collections, or the arrays without one. */
struct owner_search {
	struct heap *heap;
	struct large_arrays *arrays;
	uint64_t object;
	uint32_t type;
};

/* Collections have helpers that refer to them: what is not the library's says more. */
static bool is_of_library(struct heap *heap, uint32_t type)
{
	return text_begins_with(type_name(heap, type_by_index(heap, type), NULL), "System.");
}

static bool is_better(const struct owner_search *search, const struct large_array *large)
{
	return !large->owner || (is_of_library(search->heap, large->owner_type) &&
				 !is_of_library(search->heap, search->type));
}

static struct error *reference_look(uint32_t offset, uint64_t target, void *context)
{
	struct owner_search *search = context;
	for (size_t i = 0; i < search->arrays->count; i++) {
		struct large_array *large = &search->arrays->arrays[i];
		uint64_t wanted = large->collection ? large->collection : large->array.address;
		if (target != wanted || search->object == wanted || !is_better(search, large))
			continue;
		large->owner = search->object;
		large->owner_type = search->type;
		large->owner_offset = offset;
	}
	return NULL;
}

static struct error *object_search(struct owner_search *search, struct reference_plans *plans,
				   uint64_t address)
{
	struct gc_object object;
	struct error *error = object_read(plans->heap, address, &object);
	search->object = address;
	if (!error)
		error = object_visit_references(plans, &object, reference_look, search);
	if (error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

static struct error *owners_search(const struct question *question, const struct large_part *part,
				   struct reference_plans *plans, struct large_arrays *arrays)
{
	struct owner_search search = { .heap = question->heap, .arrays = arrays };
	for (size_t i = 0; i < part->few_count; i++) {
		const struct large_few *few = &part->few[i];
		search.type = (uint32_t)i;
		if (few->count == LARGE_FEW) /* there may be more than these */
			continue;
		TRY(task_check(question->task, "looking for owners"));
		for (uint32_t k = 0; k < few->count; k++)
			TRY(object_search(&search, plans, few->objects[k]));
	}
	return NULL;
}

/* As a user knows it; what memory runs out for keeps its own name. */
static const char *shown_name(const struct question *question, const struct type_field *field)
{
	char text[FIELD_SHOWN_NAME_BYTES];
	const char *name = field_shown_name(field, text, sizeof(text));
	if (name == text)
		name = arena_copy_text(question->scratch, text, strlen(text));
	return name ? name : field->name;
}

/* The field of the owner at the reference. */
static struct error *field_name(const struct question *question, struct large_array *large)
{
	const struct type_field **fields;
	size_t count = 0;
	if (!large->owner)
		return NULL;
	struct error *error =
		type_all_fields(question->heap, type_by_index(question->heap, large->owner_type),
				false, question->scratch, &fields, &count);
	if (error_is_fatal(error))
		return error;
	for (size_t i = 0; !error && i < count; i++)
		if (object_fields(fields[i]->offset) == large->owner_offset)
			large->field = shown_name(question, fields[i]);
	error_free(error);
	return NULL;
}

static void collection_find(const struct large_part *part, struct large_array *large)
{
	for (size_t i = 0; i < part->holder_count && !large->collection; i++) {
		if (part->holders[i].array != large->array.address)
			continue;
		large->collection = part->holders[i].object;
		large->collection_type = part->holders[i].type;
	}
}

/* Of a ConcurrentDictionary the array is in its Tables. *ret: is the collection only that? */
static struct error *is_part(const struct question *question, const struct large_array *large,
			     bool *ret)
{
	static const char tables[] = "System.Collections.Concurrent.ConcurrentDictionary`2+Tables";
	const char *name =
		large->collection
			? type_metadata_name(question->heap,
					     type_by_index(question->heap, large->collection_type))
			: NULL;
	*ret = name && !strcmp(name, tables);
	return task_check(question->task, "looking for owners");
}

/* A part gives way to the collection that it is a part of, whose owner is looked for next. */
static struct error *parts_replace(const struct question *question, struct large_arrays *arrays,
				   bool *ret)
{
	*ret = false;
	for (size_t i = 0; i < arrays->count; i++) {
		struct large_array *large = &arrays->arrays[i];
		bool is;
		TRY(is_part(question, large, &is));
		if (!is)
			continue;
		large->collection = large->owner;
		large->collection_type = large->owner_type;
		large->owner = 0;
		*ret = true;
	}
	return NULL;
}

static struct error *owners_find(const struct question *question, const struct large_part *part,
				 struct large_arrays *arrays)
{
	struct reference_plans plans;
	bool again = false;
	struct error *error = reference_plans_init(&plans, question->heap, question->task);
	if (!error)
		error = owners_search(question, part, &plans, arrays);
	if (!error)
		error = parts_replace(question, arrays, &again);
	if (!error && again)
		error = owners_search(question, part, &plans, arrays);
	reference_plans_deinit(&plans);
	return error;
}

struct error *large_arrays_conclude(const struct question *question, const struct large_part *part,
				    struct large_arrays *ret)
{
	*ret = (struct large_arrays){ .count = part->array_count };
	for (size_t i = 0; i < ret->count; i++) {
		ret->arrays[i].array = part->arrays[i];
		collection_find(part, &ret->arrays[i]);
	}
	if (ret->count)
		TRY(owners_find(question, part, ret));
	for (size_t i = 0; i < ret->count; i++) {
		TRY(count_read(question, &ret->arrays[i]));
		TRY(field_name(question, &ret->arrays[i]));
	}
	return NULL;
}
