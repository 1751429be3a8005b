#include "heap/gc/reference_plan.h"

#include "base/limits.h"
#include "base/list.h"
#include "heap/types/type.h"

struct error *reference_plans_init(struct reference_plans *plans, struct heap *heap,
				   const struct task *task)
{
	*plans = (struct reference_plans){ .heap = heap, .task = task };
	return reader_init(&plans->reader, heap->target);
}

void reference_plans_deinit(struct reference_plans *plans)
{
	reader_deinit(&plans->reader);
	id_map_deinit(&plans->by_type);
	free(plans->plans);
	free(plans->series);
	free(plans->runs);
}

static struct error *series_read(struct reference_plans *plans, uint64_t method_table,
				 uint64_t count, struct reference_plan *plan)
{
	for (; plan->count < count; plan->count++) {
		TRY(LIST_GROW(plans->series, plans->series_count, plans->series_capacity));
		TRY(gc_description_series(&plans->reader, method_table, plan->count,
					  &plans->series[plans->series_count]));
		plans->series_count++;
	}
	return NULL;
}

static struct error *runs_read(struct reference_plans *plans, uint64_t method_table, uint64_t count,
			       struct reference_plan *plan)
{
	TRY(gc_description_elements(&plans->reader, method_table, &plan->start));
	plan->kind = PLAN_ELEMENTS;
	for (; plan->count < count; plan->count++) {
		TRY(LIST_GROW(plans->runs, plans->run_count, plans->run_capacity));
		TRY(gc_description_run(&plans->reader, method_table, plan->count,
				       &plans->runs[plans->run_count]));
		plans->run_count++;
	}
	return NULL;
}

/* ERROR_FAULT when the rest of the description cannot be read. */
static struct error *description_read(struct reference_plans *plans, uint64_t method_table,
				      struct reference_plan *plan)
{
	int64_t number;
	plan->kind = PLAN_SERIES;
	plan->first = (uint32_t)plans->series_count;
	TRY(gc_description_count(&plans->reader, method_table, &number));
	uint64_t count = number > 0 ? (uint64_t)number : -(uint64_t)number;
	if (count > LIMIT_GC_SERIES) {
		plan->end = PLAN_TOO_LONG;
		return NULL;
	}
	if (number > 0)
		return series_read(plans, method_table, count, plan);
	plan->first = (uint32_t)plans->run_count;
	return runs_read(plans, method_table, count, plan);
}

static void forget_if_many(struct reference_plans *plans)
{
	if (plans->count < LIMIT_REFERENCE_PLANS && plans->series_count < LIMIT_REFERENCE_PARTS &&
	    plans->run_count < LIMIT_REFERENCE_PARTS)
		return;
	id_map_deinit(&plans->by_type);
	plans->count = plans->series_count = plans->run_count = 0;
}

static struct error *plan_make(struct reference_plans *plans, uint32_t type_index, uint32_t *ret)
{
	const struct type *type = type_by_index(plans->heap, type_index);
	struct reference_plan plan = { .base_size = type->base_size,
				       .component_size = type->component_size };
	struct error *error = NULL;
	forget_if_many(plans);
	TRY(LIST_GROW(plans->plans, plans->count, plans->capacity));
	if (type->contains_pointers)
		error = description_read(plans, type->handle, &plan);
	if (error && error->code == ERROR_FAULT) {
		plan.end = PLAN_UNREADABLE;
		plan.end_address = error->address;
	}
	if (!error_take(&error, ERROR_FAULT))
		TRY(error);
	TRY(id_map_put(&plans->by_type, (uint64_t)type_index + 1, (uint32_t)plans->count));
	*ret = (uint32_t)plans->count;
	plans->plans[plans->count++] = plan;
	return NULL;
}

struct error *reference_plan_of(struct reference_plans *plans, uint32_t type,
				const struct reference_plan **ret)
{
	uint32_t at;
	if (!id_map_find(&plans->by_type, (uint64_t)type + 1, &at))
		TRY(plan_make(plans, type, &at));
	*ret = &plans->plans[at];
	return NULL;
}
