#include "inspect/object_expansion.h"

#include "base/cleanup.h"
#include "base/id_map.h"
#include "base/limits.h"
#include "heap/types/field.h"

#include <inttypes.h>

struct search {
	const struct question *question;
	struct question object_question; /* of one object: its scratch is reset after each */
	struct object_expansion *found;  /* also the queue: LIMIT_EXPANDED_OBJECTS have room */
	struct id_map seen;
};

static void search_cleanup(struct search *search)
{
	id_map_deinit(&search->seen);
}

static struct error *reach(struct search *search, const struct expanded_object *from,
			   const char *step, const struct value *value)
{
	uint32_t index;
	if (value->kind != VALUE_REFERENCE || id_map_find(&search->seen, value->bits, &index))
		return NULL;
	if (search->found->count == LIMIT_EXPANDED_OBJECTS) {
		search->found->cut = true;
		return NULL;
	}
	bool is_index = *step == '[';
	const char *path = arena_printf(search->question->scratch, "%s%s%s", from->path,
					*from->path && !is_index ? "." : "", step);
	if (!path)
		return &error_no_memory;
	TRY(id_map_put(&search->seen, value->bits, (uint32_t)search->found->count));
	search->found->objects[search->found->count++] =
		(struct expanded_object){ value->bits, from->level + 1, path };
	return NULL;
}

static struct error *reach_elements(struct search *search, const struct expanded_object *from,
				    const struct array_shape *shape)
{
	if (!shape->element || !type_is_reference(shape->element))
		return NULL;
	uint64_t count = shape->count;
	if (count > LIMIT_EXPANDED_ELEMENTS) {
		count = LIMIT_EXPANDED_ELEMENTS;
		search->found->cut = true;
	}
	for (uint64_t i = 0; i < count; i++) {
		char step[32];
		struct value value;
		snprintf(step, sizeof(step), "[%" PRIu64 "]", i);
		TRY(array_element(search->question->heap, shape, i, &value));
		TRY(reach(search, from, step, &value));
	}
	return NULL;
}

static struct error *reach_fields(struct search *search, const struct expanded_object *from,
				  const struct type *type)
{
	const struct question *question = &search->object_question;
	const struct type_field **fields;
	size_t count;
	TRY(type_all_fields(question->heap, type, false, question->scratch, &fields, &count));
	for (size_t i = 0; i < count; i++) {
		struct value value;
		TRY(value_of_field(question->heap, fields[i], object_fields(from->address),
				   &value));
		TRY(reach(search, from, fields[i]->name, &value));
	}
	return NULL;
}

static struct error *gather(struct search *search, uint64_t levels)
{
	for (size_t i = 0; i < search->found->count; i++) {
		const struct expanded_object from = search->found->objects[i];
		struct object_view view;
		bool readable;
		if (from.level == levels)
			return NULL;
		TRY(task_check(search->question->task, "following references"));
		TRY(object_view_or_missing(&search->object_question, from.address, &view,
					   &readable));
		if (readable && view.is_array)
			TRY(reach_elements(search, &from, &view.shape));
		else if (readable && !view.is_string)
			TRY(reach_fields(search, &from, view.type));
		arena_reset(search->object_question.scratch);
	}
	return NULL;
}

struct error *object_expansion_read(const struct question *question, uint64_t address,
				    uint64_t levels, struct object_expansion *ret)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(question->scratch);
	CLEANUP(search_cleanup)
	struct search search = { .question = question, .object_question = *question, .found = ret };
	search.object_question.scratch = &arena;
	*ret = (struct object_expansion){ 0 };
	ret->objects = arena_allocate_array(question->scratch, LIMIT_EXPANDED_OBJECTS,
					    sizeof(*ret->objects));
	if (!ret->objects)
		return &error_no_memory;
	ret->objects[ret->count++] = (struct expanded_object){ address, 0, "" };
	TRY(id_map_put(&search.seen, address, 0));
	return gather(&search, levels);
}
