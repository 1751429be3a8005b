#include "attach/target/recording_target.h"

#include "base/bytes.h"
#include "base/search.h"

struct recording_target {
	struct target base;
	struct region *pages; /* ascending, never adjacent; see reserve() */
	size_t count, capacity;
	uint64_t bytes, limit_bytes;
	bool is_full; /* a page was not recorded for that */
};

static struct recording_target *recording_of(const struct target *target)
{
	return (struct recording_target *)target;
}

/* Room for all runs that reads can add, so that none is lost: each is a page at least, and none is
 * added from the limit on. And for one that forgetting splits. */
static struct error *reserve(struct recording_target *recording)
{
	uint64_t left = recording->bytes < recording->limit_bytes
				? recording->limit_bytes - recording->bytes
				: 0;
	size_t needed = recording->count + (size_t)(left / recording->base.page_size) + 2;
	if (needed <= recording->capacity)
		return NULL;
	struct region *pages = reallocarray(recording->pages, needed, sizeof(*pages));
	if (!pages)
		return &error_no_memory;
	recording->pages = pages;
	recording->capacity = needed;
	return NULL;
}

/* The first run that ends at or after the address. */
static size_t run_at(const struct recording_target *recording, uint64_t address)
{
	return SEARCH_FIRST(recording->count, i, recording->pages[i].end >= address);
}

static void move(struct recording_target *recording, size_t from, size_t to)
{
	memmove(&recording->pages[to], &recording->pages[from],
		(recording->count - from) * sizeof(*recording->pages));
	recording->count += to;
	recording->count -= from;
}

/* Joins [start, end) with the runs that it meets. */
static void record(struct recording_target *recording, uint64_t start, uint64_t end)
{
	size_t first = run_at(recording, start), after = first;
	if (first < recording->count && recording->pages[first].start <= start &&
	    recording->pages[first].end >= end)
		return;
	if (recording->bytes >= recording->limit_bytes) {
		recording->is_full = true;
		return;
	}
	for (; after < recording->count && recording->pages[after].start <= end; after++) {
		const struct region *met = &recording->pages[after];
		start = met->start < start ? met->start : start;
		end = met->end > end ? met->end : end;
		recording->bytes -= met->end - met->start;
	}
	if (after == first)
		move(recording, first, first + 1);
	else
		move(recording, after, first + 1);
	recording->pages[first] = (struct region){ .start = start, .end = end };
	recording->bytes += end - start;
}

static size_t recording_read_some(struct target *target, uint64_t address, void *buffer,
				  size_t size)
{
	struct recording_target *recording = recording_of(target);
	size_t done = target_read_some(target->lower, address, buffer, size);
	uint64_t page = target->page_size;
	if (done)
		record(recording, address & ~(page - 1), align_up(address + done, page));
	return done;
}

static struct error *recording_visit_mappings(struct target *target, mapping_visitor visit,
					      void *context)
{
	return target_visit_mappings(target->lower, visit, context);
}

static struct error *recording_visit_regions(struct target *target, region_visitor visit,
					     void *context)
{
	return target_visit_regions(target->lower, visit, context);
}

static struct error *recording_visit_threads(struct target *target, thread_visitor visit,
					     void *context)
{
	return target_visit_threads(target->lower, visit, context);
}

static size_t recording_auxv(struct target *target, void *buffer, size_t size)
{
	struct target *lower = target->lower;
	return lower->ops->auxv ? lower->ops->auxv(lower, buffer, size) : 0;
}

static struct error *recording_check(struct target *target)
{
	return target_check(target->lower);
}

static int recording_open_file(struct target *target, const char *path)
{
	return target_open_file(target->lower, path);
}

static enum target_hole recording_explain_hole(struct target *target, uint64_t address)
{
	return target_explain_hole(target->lower, address);
}

static const char *recording_explain_missing(struct target *target, uint64_t address)
{
	return target_explain_missing(target->lower, address);
}

static void recording_close(struct target *target)
{
	free(recording_of(target)->pages);
	free(target);
}

struct error *recording_target_new(struct target *lower, uint64_t limit_bytes, struct target **ret)
{
	static const struct target_ops ops = { .kind = "recording",
					       .close = recording_close,
					       .read_some = recording_read_some,
					       .visit_mappings = recording_visit_mappings,
					       .visit_regions = recording_visit_regions,
					       .visit_threads = recording_visit_threads,
					       .auxv = recording_auxv,
					       .check = recording_check,
					       .open_file = recording_open_file,
					       .explain_hole = recording_explain_hole,
					       .explain_missing = recording_explain_missing };
	struct recording_target *recording = calloc(1, sizeof(*recording));
	if (!recording)
		return &error_no_memory;
	recording->base = *lower;
	recording->base.ops = &ops;
	recording->base.lower = lower;
	recording->base.is_concurrent = false; /* a read changes the record */
	recording->limit_bytes = limit_bytes;
	struct error *error = reserve(recording);
	if (error)
		free(recording);
	else
		*ret = &recording->base;
	return error;
}

struct error *recording_target_forget(struct target *target, uint64_t start, uint64_t end)
{
	struct recording_target *recording = recording_of(target);
	for (size_t i = run_at(recording, start);
	     i < recording->count && recording->pages[i].start < end;) {
		struct region *run = &recording->pages[i], before = *run;
		if (before.end <= start) {
			i++;
			continue;
		}
		recording->bytes -= (run->end < end ? run->end : end) -
				    (run->start > start ? run->start : start);
		if (before.start < start && before.end > end) { /* it goes on after it: two runs */
			move(recording, i, i + 1);
			recording->pages[i].end = start;
			recording->pages[i + 1].start = end;
			break;
		}
		if (before.start < start)
			run->end = start;
		else if (before.end > end)
			run->start = end;
		else
			move(recording, i + 1, i);
		i += before.start < start || before.end > end;
	}
	return reserve(recording);
}

bool recording_target_is_full(const struct target *target)
{
	return ((const struct recording_target *)target)->is_full;
}

const struct region *recording_target_pages(const struct target *target, size_t *ret_count)
{
	const struct recording_target *recording = recording_of(target);
	*ret_count = recording->count;
	return recording->pages;
}
