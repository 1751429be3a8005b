#include "heap/gc/object_verify.h"

#include "heap/types/type.h"

struct error *object_verifier_init(struct object_verifier *verifier, struct heap *heap,
				   const struct task *task, corruption_visitor visit, void *context)
{
	*verifier = (struct object_verifier){ .heap = heap, .visit = visit, .context = context };
	TRY(walker_init(&verifier->referred, heap));
	return reference_plans_init(&verifier->references, heap, task);
}

void object_verifier_deinit(struct object_verifier *verifier)
{
	walker_deinit(&verifier->referred);
	reference_plans_deinit(&verifier->references);
}

/* The segment that holds an address; most references stay in the one of the reference before. */
static const struct gc_segment *segment_of(struct object_verifier *verifier, uint64_t address)
{
	const struct gc_segment *last = verifier->last;
	if (last && address >= last->start && address < last->end)
		return last;
	const struct gc_segment *segment = gc_segment_of(verifier->heap->gc, address);
	if (segment)
		verifier->last = segment;
	return segment;
}

static struct error *report(struct object_verifier *verifier, enum corruption_kind kind,
			    uint64_t object, uint32_t offset, uint64_t value)
{
	struct corruption corruption = { kind, object, offset, value };
	return verifier->visit(&corruption, verifier->context);
}

struct reference_check {
	struct object_verifier *verifier;
	const struct gc_object *object;
};

static struct error *check_reference(uint32_t offset, uint64_t target, void *context)
{
	const struct reference_check *check = context;
	struct object_verifier *verifier = check->verifier;
	struct heap *heap = verifier->heap;
	uint64_t object = check->object->address, method_table;
	if (target % sizeof(uint64_t))
		return report(verifier, CORRUPTION_REFERENCE_NOT_ALIGNED, object, offset, target);
	const struct type_walk_entry *entry = NULL;
	const struct gc_segment *segment = segment_of(verifier, target);
	bool on_heap = segment != NULL;
	if (on_heap && verifier->marks && object_marks_have(verifier->marks, segment, target))
		return NULL;
	if (on_heap && !reader_u64(&verifier->referred.reader, target, &method_table)) {
		verifier->unreadable_references++;
		return NULL;
	}
	if (on_heap)
		TRY(walker_type(&verifier->referred, method_table & ~heap->object_unmask, &entry));
	if (!entry)
		return report(verifier, CORRUPTION_REFERENCE, object, offset, target);
	if (entry->is_free)
		return report(verifier, CORRUPTION_FREE_REFERENCE, object, offset, target);
	return NULL;
}

static struct error *check_references(struct object_verifier *verifier,
				      const struct gc_object *object)
{
	struct reference_check check = { verifier, object };
	struct error *error =
		object_visit_references(&verifier->references, object, check_reference, &check);
	if (error_take(&error, ERROR_FAULT))
		error = report(verifier, CORRUPTION_UNREADABLE, object->address, 0, object->size);
	else if (error_take(&error, ERROR_BAD_DATA))
		error = report(verifier, CORRUPTION_UNREADABLE_DESCRIPTION, object->address, 0,
			       object->method_table);

	return error;
}

struct error *object_verify(struct object_verifier *verifier, const struct gc_object *object)
{
	const struct gc_segment *segment = segment_of(verifier, object->address);
	if (!segment)
		return report(verifier, CORRUPTION_NOT_ON_HEAP, object->address, 0, 0);
	if (object->size > segment->end - object->address)
		TRY(report(verifier, CORRUPTION_TOO_LARGE, object->address, 0, object->size));
	return check_references(verifier, object);
}

struct error *address_verify(struct object_verifier *verifier, uint64_t address)
{
	struct gc_object object;
	uint64_t word;
	if (address % sizeof(uint64_t))
		return report(verifier, CORRUPTION_NOT_ALIGNED, address, 0, 0);
	if (!segment_of(verifier, address))
		return report(verifier, CORRUPTION_NOT_ON_HEAP, address, 0, 0);
	struct error *error = walker_object(&verifier->referred, address, &object);
	if (error_take(&error, ERROR_FAULT))
		return report(verifier, CORRUPTION_UNREADABLE, address, 0, 0);
	if (error_take(&error, ERROR_BAD_DATA)) {
		if (!reader_u64(&verifier->referred.reader, address, &word))
			word = 0;
		return report(verifier, CORRUPTION_METHOD_TABLE, address, 0, word);
	}
	TRY(error);
	return object_verify(verifier, &object);
}

bool corruption_is_unreadable(enum corruption_kind kind)
{
	return kind == CORRUPTION_UNREADABLE || kind == CORRUPTION_UNREADABLE_DESCRIPTION;
}

const char *corruption_name(enum corruption_kind kind)
{
	static const char *const names[] = {
		"ObjectNotOnTheHeap",
		"ObjectNotPointerAligned",
		"ObjectTooLarge",
		"InvalidMethodTable",
		"ObjectReferenceNotPointerAligned",
		"InvalidObjectReference",
		"FreeObjectReference",
		"CouldNotReadObject",
		"CouldNotReadGCDesc",
	};
	return names[kind];
}
