#include "inspect/method_slots.h"

#include "base/cleanup.h"
#include "inspect/method_view.h"

#include <stdlib.h>

struct visit {
	const struct question *question;
	const struct type *type;
	slot_visitor visit;
	void *context;
};

/* SOS: an FCALL's code is a function of the runtime itself. */
static struct error *state_text(const struct question *question, uint64_t address, const char **ret)
{
	struct method method;
	enum method_state state;
	uint64_t code;
	TRY(method_at(question->heap, address, &method));
	TRY(method_native_code(question->heap, &method, &code, &state));
	*ret = method_state_name(state);
	if (method.kind == METHOD_FCALL && code && state == METHOD_NOT_COMPILED)
		*ret = "FCALL";
	return NULL;
}

/* The method's name and state are found, then it is visited. */
static struct error *slot_visit(const struct visit *visit, struct slot_view *view)
{
	const struct question *question = visit->question;
	view->state = "NONE";
	if (view->method) {
		TRY(method_name_or_missing(question, view->method, &view->name));
		struct error *error = state_text(question, view->method, &view->state);
		if (error_take_damage(&error) || error_take(&error, ERROR_UNSUPPORTED)) {
			question_missing(question, 0, "the code of methods %s",
					 target_lacks_it(question->target));
			view->state = "?";
		}
		TRY(error);
	}
	return visit->visit(view, visit->context);
}

/* The methods of virtual slots that have no entry point yet: the nearest class's that introduces
 * the slot (src/coreclr/vm/methodtable.cpp, GetMethodDescForSlot_NoThrow). Each class is read once.
 */
struct introductions {
	uint64_t *methods; /* by slot; 0: of no class yet */
	uint32_t slot_count;
	const struct type *next; /* the class to be read next; NULL: all were */
};

static struct error *class_add(const struct question *question, struct introductions *introductions)
{
	CLEANUP(arena_deinit) struct arena arena = arena_within(question->scratch);
	uint64_t *methods;
	size_t count;
	TRY(methods_of_class(question->heap, introductions->next, &arena, &methods, &count));
	for (size_t i = 0; i < count; i++) {
		uint32_t slot;
		TRY(task_check(question->task, "listing a class's methods"));
		TRY(method_slot(question->heap, methods[i], &slot));
		if (slot < introductions->slot_count && !introductions->methods[slot])
			introductions->methods[slot] = methods[i];
	}
	return type_parent(question->heap, introductions->next, &introductions->next);
}

static struct error *introduced(const struct question *question,
				struct introductions *introductions, uint32_t slot, uint64_t *ret)
{
	while (!introductions->methods[slot] && introductions->next)
		TRY(class_add(question, introductions));
	*ret = introductions->methods[slot];
	return NULL;
}

static struct error *virtual_slot_find(const struct visit *visit,
				       struct introductions *introductions, struct slot_view *view)
{
	const struct question *question = visit->question;
	TRY(virtual_slot_read(question->heap, visit->type, view->slot, &view->entry));
	if (view->entry)
		TRY(method_of_entry(question->heap, view->entry, &view->method));
	else
		TRY(introduced(question, introductions, view->slot, &view->method));
	if (!view->method)
		question_missing(question, 0, "which methods are in some slots %s",
				 target_lacks_it(question->target));
	return NULL;
}

static struct error *virtual_slots_visit(const struct visit *visit, uint32_t count)
{
	struct introductions introductions = { .slot_count = count, .next = visit->type };
	introductions.methods = arena_allocate_array(visit->question->scratch, count,
						     sizeof(*introductions.methods));
	if (!introductions.methods)
		return &error_no_memory;
	for (uint32_t slot = 0; slot < count; slot++) {
		struct slot_view view = { .slot = slot };
		TRY(task_check(visit->question->task, "listing a class's methods"));
		TRY(virtual_slot_find(visit, &introductions, &view));
		TRY(slot_visit(visit, &view));
	}
	return NULL;
}

static int compare_slots(const void *left, const void *right)
{
	uint32_t a = ((const struct slot_view *)left)->slot,
		 b = ((const struct slot_view *)right)->slot;
	return a < b ? -1 : a > b;
}

static struct error *entry_read(const struct question *question, struct slot_view *view)
{
	struct method method;
	TRY(method_at(question->heap, view->method, &method));
	struct error *error = method_entry_point(question->heap, &method, &view->entry);
	view->entry_unknown = error != NULL;
	if (error_take(&error, ERROR_UNSUPPORTED) || error_take(&error, ERROR_FAULT))
		question_missing(question, 0,
				 "the entry points of some methods could not be found");
	return error;
}

/* Those that the class introduces and that are not virtual, by slot. */
static struct error *other_slots_find(const struct visit *visit, uint32_t virtual_count,
				      struct slot_view **ret, size_t *ret_count)
{
	const struct question *question = visit->question;
	uint64_t *methods;
	size_t count;
	TRY(methods_of_class(question->heap, visit->type, question->scratch, &methods, &count));
	struct slot_view *views = arena_allocate_array(question->scratch, count, sizeof(*views));
	if (!views)
		return &error_no_memory;
	*ret = views;
	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct slot_view view = { .method = methods[i] };
		TRY(method_slot(question->heap, methods[i], &view.slot));
		if (view.slot >= virtual_count)
			views[(*ret_count)++] = view;
	}
	if (*ret_count)
		qsort(views, *ret_count, sizeof(*views), compare_slots);
	return NULL;
}

static struct error *other_slots_visit(const struct visit *visit, uint32_t virtual_count)
{
	struct slot_view *views;
	size_t count;
	TRY(other_slots_find(visit, virtual_count, &views, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(task_check(visit->question->task, "listing a class's methods"));
		TRY(entry_read(visit->question, &views[i]));
		TRY(slot_visit(visit, &views[i]));
	}
	return NULL;
}

struct error *method_slots_visit(const struct question *question, const struct type *type,
				 const struct method_slots *slots, slot_visitor visit,
				 void *context)
{
	const struct visit visited = { question, type, visit, context };
	TRY(virtual_slots_visit(&visited, slots->virtual_count));
	return other_slots_visit(&visited, slots->virtual_count);
}
