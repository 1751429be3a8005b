#include "attach/target/hiding_target.h"

#include "base/search.h"

struct hiding_target {
	struct target base;
	struct hidden_range *ranges; /* ascending, never overlapping, none empty */
	size_t count;
};

static struct hiding_target *hiding_of(struct target *target)
{
	return (struct hiding_target *)target;
}

static void hiding_close(struct target *target)
{
	free(hiding_of(target)->ranges);
	free(target);
}

/* The first hidden range that ends after the address. */
static size_t range_at(const struct hiding_target *hiding, uint64_t address)
{
	return SEARCH_FIRST(hiding->count, i, hiding->ranges[i].end > address);
}

/* How many of `size` bytes from the address on can be seen before the next hidden range. */
static uint64_t visible(const struct hiding_target *hiding, uint64_t address, uint64_t size)
{
	size_t i = range_at(hiding, address);
	if (i == hiding->count)
		return size;
	uint64_t start = hiding->ranges[i].start;
	uint64_t bytes = start > address ? start - address : 0;
	return bytes < size ? bytes : size;
}

static size_t hiding_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct hiding_target *hiding = hiding_of(target);
	return target_read_some(target->lower, address, buffer,
				(size_t)visible(hiding, address, size));
}

static const uint8_t *hiding_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	struct hiding_target *hiding = hiding_of(target);
	size_t lent = 0;
	*ret_size = 0;
	if (!visible(hiding, address, 1))
		return NULL;
	const uint8_t *bytes = target_borrow(target->lower, address, &lent);
	if (bytes)
		*ret_size = (size_t)visible(hiding, address, lent);
	return bytes;
}

static void hiding_expect(struct target *target, uint64_t address, size_t size)
{
	target_expect(target->lower, address, size);
}

static struct error *hiding_visit_mappings(struct target *target, mapping_visitor visit,
					   void *context)
{
	return target_visit_mappings(target->lower, visit, context);
}

struct region_visit {
	const struct hiding_target *hiding;
	region_visitor visit;
	void *context;
};

/* The parts of a region between hidden ranges. */
static struct error *region_parts(const struct region *region, void *context)
{
	const struct region_visit *to = context;
	const struct hiding_target *hiding = to->hiding;
	struct region part = *region;
	size_t i = range_at(hiding, region->start);
	for (; i < hiding->count && hiding->ranges[i].start < region->end; i++) {
		part.end = hiding->ranges[i].start;
		if (part.end > part.start)
			TRY(to->visit(&part, to->context));
		part.start = hiding->ranges[i].end;
	}
	part.end = region->end;
	return part.end > part.start ? to->visit(&part, to->context) : NULL;
}

static struct error *hiding_visit_regions(struct target *target, region_visitor visit,
					  void *context)
{
	struct region_visit to = { hiding_of(target), visit, context };
	return target_visit_regions(target->lower, region_parts, &to);
}

static struct error *hiding_visit_threads(struct target *target, thread_visitor visit,
					  void *context)
{
	return target_visit_threads(target->lower, visit, context);
}

static size_t hiding_auxv(struct target *target, void *buffer, size_t size)
{
	struct target *lower = target->lower;
	return lower->ops->auxv ? lower->ops->auxv(lower, buffer, size) : 0;
}

static struct error *hiding_check(struct target *target)
{
	return target_check(target->lower);
}

static int hiding_open_file(struct target *target, const char *path)
{
	return target_open_file(target->lower, path);
}

static bool hiding_release(struct target *target)
{
	return target_release(target->lower);
}

static enum target_hole hiding_explain_hole(struct target *target, uint64_t address)
{
	struct hiding_target *hiding = hiding_of(target);
	return visible(hiding, address, 1) ? target_explain_hole(target->lower, address)
					   : HOLE_EMPTY;
}

/* Nothing should be where something is hidden. */
static const char *hiding_explain_missing(struct target *target, uint64_t address)
{
	return visible(hiding_of(target), address, 1)
		       ? target_explain_missing(target->lower, address)
		       : NULL;
}

static int by_start(const void *left, const void *right)
{
	const struct hidden_range *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* Sorts the ranges, and joins those that touch. */
static size_t join(struct hidden_range *ranges, size_t count)
{
	size_t joined = 0;
	if (count)
		qsort(ranges, count, sizeof(*ranges), by_start);
	for (size_t i = 0; i < count; i++) {
		struct hidden_range *last = joined ? &ranges[joined - 1] : NULL;
		if (ranges[i].end <= ranges[i].start)
			continue;
		if (!last || ranges[i].start > last->end)
			ranges[joined++] = ranges[i];
		else if (ranges[i].end > last->end)
			last->end = ranges[i].end;
	}
	return joined;
}

static const struct target_ops hiding_ops = {
	.kind = "hiding",
	.close = hiding_close,
	.read_some = hiding_read_some,
	.borrow = hiding_borrow,
	.expect = hiding_expect,
	.visit_mappings = hiding_visit_mappings,
	.visit_regions = hiding_visit_regions,
	.visit_threads = hiding_visit_threads,
	.auxv = hiding_auxv,
	.check = hiding_check,
	.open_file = hiding_open_file,
	.release = hiding_release,
	.explain_hole = hiding_explain_hole,
	.explain_missing = hiding_explain_missing,
};

struct error *hiding_target_hide(struct target *target, const struct hidden_range *ranges,
				 size_t count)
{
	struct hiding_target *hiding = hiding_of(target);
	struct hidden_range *all =
		reallocarray(hiding->ranges, hiding->count + count + 1, sizeof(*all));
	if (!all)
		return &error_no_memory;
	if (count)
		memcpy(&all[hiding->count], ranges, count * sizeof(*ranges));
	hiding->ranges = all;
	hiding->count = join(all, hiding->count + count);
	return NULL;
}

struct error *hiding_target_new(struct target *lower, const struct hidden_range *ranges,
				size_t count, struct target **ret)
{
	struct hiding_target *hiding = calloc(1, sizeof(*hiding));
	if (!hiding)
		return &error_no_memory;
	hiding->base = *lower;
	hiding->base.ops = &hiding_ops;
	hiding->base.lower = lower;
	struct error *error = hiding_target_hide(&hiding->base, ranges, count);
	if (error)
		free(hiding);
	else
		*ret = &hiding->base;
	return error;
}
