#include "inspect/object_references.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/gc/references.h"
#include "heap/values/object_type.h"

#include <inttypes.h>

/* The instance field that holds the offset, and where in it; NULL: none does. The only field of an
 * inline array is the field of all its elements. */
static struct error *field_at(const struct question *question, const struct type *type,
			      uint32_t *offset, const struct type_field **ret,
			      const struct type **ret_type)
{
	const struct type_field **fields, *found = NULL;
	size_t count;
	*ret = NULL;
	CLEANUP(arena_deinit) struct arena arena = arena_within(question->scratch);
	TRY(type_all_fields(question->heap, type, false, &arena, &fields, &count));
	for (size_t i = 0; i < count; i++)
		if (fields[i]->offset <= *offset && (!found || fields[i]->offset >= found->offset))
			found = fields[i];
	if (!found)
		return NULL;
	TRY(field_type(question->heap, found, ret_type));
	uint32_t size = (*ret_type)->kind == TYPE_STRUCT ? (*ret_type)->value_size : 8;
	uint32_t inside = *offset - found->offset;
	if (!size || (inside >= size && count > 1))
		return NULL;
	*offset = inside % size;
	*ret = found;
	return NULL;
}

/* "_entry.Value": the fields that lead to the offset. */
static struct error *field_name(const struct question *question, const struct type *type,
				uint32_t offset, const char **ret)
{
	CLEANUP(text_deinit) struct text name = { 0 };
	for (unsigned i = 0; i < LIMIT_NESTING; i++) {
		const struct type_field *field;
		const struct type *inner;
		TRY(field_at(question, type, &offset, &field, &inner));
		if (!field)
			break;
		text_printf(&name, "%s%s", name.length ? "." : "", field->name);
		if (inner->kind != TYPE_STRUCT)
			break;
		type = inner;
	}
	*ret = arena_copy_text(question->scratch, text_string(&name), name.length);
	return *ret && !text_failed(&name) ? NULL : &error_no_memory;
}

/* *ret NULL: unreadable, and counted. */
static struct error *target_type(const struct question *question, uint64_t target, const char **ret)
{
	const struct type *type;
	*ret = NULL;
	TRY(object_type(question->heap, target, &type));
	if (!type) {
		question_missing(question, 0, "the object at %#" PRIx64 " cannot be read", target);
		return NULL;
	}
	TRY(type_name_prepare(question->heap, type));
	*ret = type_name(question->heap, type, NULL);
	return NULL;
}

/* A visitor whose errors are its own: damage that it answers is not the object's. */
struct watched {
	reference_visitor visit;
	void *context;
	struct error *error;
};

static struct error *watched_visit(uint32_t offset, uint64_t target, void *context)
{
	struct watched *watched = context;
	watched->error = watched->visit(offset, target, watched->context);
	return watched->error ? &error_stop : NULL;
}

static struct error *references_visit(const struct question *question,
				      const struct object_view *view, reference_visitor visit,
				      void *context)
{
	CLEANUP(reference_plans_deinit) struct reference_plans plans = { 0 };
	TRY(reference_plans_init(&plans, question->heap, question->task));
	struct watched watched = { visit, context, NULL };
	struct error *error =
		object_visit_references(&plans, &view->object, watched_visit, &watched);
	if (error_take_stop(&error)) {
		error_take_stop(&watched.error);
		return watched.error;
	}
	if (error_take_damage(&error))
		question_missing(question, 0, "the references of %#" PRIx64 " cannot all be read",
				 view->object.address);
	return error;
}

struct array_visit {
	const struct question *question;
	object_reference_visitor visit;
	void *context;
};

static struct error *array_reference(uint32_t offset, uint64_t target, void *context)
{
	const struct array_visit *array = context;
	struct object_reference reference = { offset - (uint32_t)object_fields(0), target, "",
					      NULL };
	TRY(target_type(array->question, target, &reference.type));
	return array->visit(&reference, array->context);
}

struct error *array_references_visit(const struct question *question,
				     const struct object_view *view, object_reference_visitor visit,
				     void *context)
{
	struct array_visit array = { question, visit, context };
	return references_visit(question, view, array_reference, &array);
}

struct kept {
	struct object_references *references;
	bool too_many;
};

static struct error *reference_keep(uint32_t offset, uint64_t target, void *context)
{
	struct kept *kept = context;
	struct object_references *to = kept->references;
	kept->too_many = to->count == LIMIT_KEPT_REFERENCES;
	if (kept->too_many)
		return &error_stop;
	TRY(LIST_GROW(to->items, to->count, to->capacity));
	to->items[to->count++] =
		(struct object_reference){ offset - (uint32_t)object_fields(0), target, "", NULL };
	return NULL;
}

void object_references_deinit(struct object_references *references)
{
	free(references->items);
	*references = (struct object_references){ 0 };
}

struct error *object_references_read(const struct question *question,
				     const struct object_view *view, struct object_references *ret)
{
	struct kept kept = { .references = ret };
	*ret = (struct object_references){ 0 };
	TRY(references_visit(question, view, reference_keep, &kept));
	if (kept.too_many)
		return error_new(ERROR_BAD_DATA,
				 "the object has more than %d references, and is no array",
				 LIMIT_KEPT_REFERENCES);
	for (size_t i = 0; i < ret->count; i++) {
		struct object_reference *reference = &ret->items[i];
		TRY(task_check(question->task, "naming the fields"));
		TRY(field_name(question, view->type, reference->offset, &reference->field));
		TRY(target_type(question, reference->target, &reference->type));
	}
	return NULL;
}
