#include "inspect/heap_verification.h"

#include "heap/gc/heap_walk.h"

#include <inttypes.h>

struct search {
	struct heap_verification *found;
	struct object_marks *marks; /* NULL: each reference is followed */
	corruption_visitor visit;
	void *context; /* the visitor's */
};

void verify_count_add(struct verify_count *count, const struct corruption *corruption)
{
	if (corruption_is_unreadable(corruption->kind))
		count->unreadable++;
	else
		count->damaged++;
}

/* One thread's. */
struct part {
	struct object_verifier verifier;
	struct walk_worker *worker;
	uint64_t expected; /* where the next object has to be */
	uint64_t objects;
};

static struct error *corruption_put(const struct corruption *corruption, void *context)
{
	const struct part *part = context;
	return walk_put(part->worker, corruption);
}

static struct error *part_init(struct walk_worker *worker)
{
	struct part *part = worker->part;
	const struct search *search = worker->context;
	part->worker = worker;
	TRY(object_verifier_init(&part->verifier, worker->walker.heap, worker->task, corruption_put,
				 part));
	part->verifier.marks = search->marks;
	return NULL;
}

static struct error *part_sum(struct walk_worker *worker)
{
	const struct part *part = worker->part;
	struct search *search = worker->context;
	search->found->objects += part->objects;
	search->found->count.unreadable_references += part->verifier.unreadable_references;
	return NULL;
}

static void part_deinit(void *context)
{
	struct part *part = context;
	object_verifier_deinit(&part->verifier);
}

static struct error *span_begins(struct walk_worker *worker)
{
	struct part *part = worker->part;
	part->expected = worker->span->start;
	return NULL;
}

/* The walk steps over what is no object: here that is what is looked for. */
static struct error *objects_verify(struct walk_worker *worker, struct gc_object *objects,
				    size_t count)
{
	struct part *part = worker->part;
	for (size_t i = 0; i < count; i++) {
		const struct gc_object *object = &objects[i];
		if (object->address != part->expected)
			TRY(address_verify(&part->verifier, part->expected));
		part->expected = object->address + align_up(object->size, sizeof(uint64_t));
		part->objects++;
		/* What it refers to may be anywhere, and slow to be read. */
		TRY(task_check(worker->task, "verifying the heap"));
		TRY(object_verify(&part->verifier, object));
	}
	return NULL;
}

static struct error *span_ended(struct walk_worker *worker)
{
	struct part *part = worker->part;
	return part->expected < worker->span->end ? address_verify(&part->verifier, part->expected)
						  : NULL;
}

static struct error *corruptions_visit(const void *rows, size_t count, void *context)
{
	struct search *search = context;
	const struct corruption *corruption = rows;
	for (size_t i = 0; i < count; i++) {
		verify_count_add(&search->found->count, &corruption[i]);
		TRY(search->visit(&corruption[i], search->context));
	}
	return NULL;
}

struct error *heap_verify(const struct question *question, corruption_visitor visit, void *context,
			  struct heap_verification *ret)
{
	struct search search = { .found = ret, .visit = visit, .context = context };
	const struct heap_walk_plan plan = { .spans = question->heap->gc->spans,
					     .span_count = question->heap->gc->span_count,
					     .threads = question_threads(question),
					     .task = question->task,
					     .what = "verifying the heap",
					     .unit_bytes = question_thread_bytes(question),
					     .row_bytes = sizeof(struct corruption),
					     .part_bytes = sizeof(struct part),
					     .part_init = part_init,
					     .part_sum = part_sum,
					     .part_deinit = part_deinit,
					     .context = &search,
					     .span_begins = span_begins,
					     .objects = objects_verify,
					     .span_ended = span_ended,
					     .rows = corruptions_visit };
	struct walk_damage damage = { 0 };
	struct error *error = object_marks_make(question->heap, plan.threads, plan.unit_bytes,
						question->budget, question->task, &search.marks);
	if (!error)
		error = heap_walk(question->heap, &plan, &damage);
	object_marks_free(search.marks);
	question_missing_of_gc(question);
	if (damage.unreadable_bytes)
		question_missing(question, damage.unreadable_bytes,
				 "%" PRIu64 " bytes of the heap %s", damage.unreadable_bytes,
				 target_lacks_them(question->target));
	return error;
}
