#include "tests/unit/exclusive_target.h"

#include "base/clock.h"

static size_t exclusive_read_some(struct target *target, uint64_t address, void *buffer,
				  size_t size)
{
	enum { SHORT_US = 20 };
	struct exclusive_target *exclusive = (struct exclusive_target *)target;
	bool met = __atomic_fetch_add(&exclusive->inside, 1, __ATOMIC_SEQ_CST);
	if (++exclusive->reads % 8 == 0)
		clock_sleep_us(SHORT_US);
	size_t done = target_read_some(target->lower, address, buffer, size);
	met |= __atomic_fetch_sub(&exclusive->inside, 1, __ATOMIC_SEQ_CST) != 1;
	exclusive->met |= met;
	return done;
}

static struct error *exclusive_visit_regions(struct target *target, region_visitor visit,
					     void *context)
{
	return target_visit_regions(target->lower, visit, context);
}

static struct error *exclusive_visit_mappings(struct target *target, mapping_visitor visit,
					      void *context)
{
	return target_visit_mappings(target->lower, visit, context);
}

static struct error *exclusive_visit_threads(struct target *target, thread_visitor visit,
					     void *context)
{
	return target_visit_threads(target->lower, visit, context);
}

void exclusive_target_init(struct exclusive_target *exclusive, struct target *lower)
{
	static const struct target_ops ops = { .kind = "exclusive",
					       .read_some = exclusive_read_some,
					       .visit_mappings = exclusive_visit_mappings,
					       .visit_regions = exclusive_visit_regions,
					       .visit_threads = exclusive_visit_threads };
	*exclusive = (struct exclusive_target){ .base = *lower };
	exclusive->base.ops = &ops;
	exclusive->base.lower = lower;
}
