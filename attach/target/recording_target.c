#include "attach/target/recording_target.h"

#include "base/bytes.h"
#include "base/list.h"
#include "base/search.h"

struct recording_target {
	struct target base;
	struct target *lower;
	struct region *pages; /* ascending, never adjacent */
	size_t count, capacity;
	uint64_t bytes, limit_bytes;
	bool out_of_memory;
};

static struct recording_target *recording_of(const struct target *target)
{
	return (struct recording_target *)target;
}

/* The first run that ends at or behind the address. */
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
static void take_down(struct recording_target *recording, uint64_t start, uint64_t end)
{
	size_t first = run_at(recording, start), behind = first;
	if (first < recording->count && recording->pages[first].start <= start &&
	    recording->pages[first].end >= end)
		return;
	if (recording->bytes >= recording->limit_bytes)
		return;
	recording->out_of_memory |=
		LIST_GROW(recording->pages, recording->count, recording->capacity) != NULL;
	if (recording->out_of_memory)
		return;
	for (; behind < recording->count && recording->pages[behind].start <= end; behind++) {
		const struct region *met = &recording->pages[behind];
		start = met->start < start ? met->start : start;
		end = met->end > end ? met->end : end;
		recording->bytes -= met->end - met->start;
	}
	if (behind == first)
		move(recording, first, first + 1);
	else
		move(recording, behind, first + 1);
	recording->pages[first] = (struct region){ .start = start, .end = end };
	recording->bytes += end - start;
}

static size_t recording_read_some(struct target *target, uint64_t address, void *buffer,
				  size_t size)
{
	struct recording_target *recording = recording_of(target);
	size_t done = target_read_some(recording->lower, address, buffer, size);
	uint64_t page = target->page_size;
	if (done)
		take_down(recording, address & ~(page - 1), align_up(address + done, page));
	return done;
}

static struct error *recording_visit_mappings(struct target *target, mapping_visitor visit,
					      void *context)
{
	return target_visit_mappings(recording_of(target)->lower, visit, context);
}

static struct error *recording_visit_regions(struct target *target, region_visitor visit,
					     void *context)
{
	return target_visit_regions(recording_of(target)->lower, visit, context);
}

static struct error *recording_visit_threads(struct target *target, thread_visitor visit,
					     void *context)
{
	return target_visit_threads(recording_of(target)->lower, visit, context);
}

static size_t recording_auxv(struct target *target, void *buffer, size_t size)
{
	struct target *lower = recording_of(target)->lower;
	return lower->ops->auxv ? lower->ops->auxv(lower, buffer, size) : 0;
}

static struct error *recording_check(struct target *target)
{
	return target_check(recording_of(target)->lower);
}

static int recording_open_file(struct target *target, const char *path)
{
	return target_open_file(recording_of(target)->lower, path);
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
					       .open_file = recording_open_file };
	struct recording_target *recording = calloc(1, sizeof(*recording));
	if (!recording)
		return &error_no_memory;
	recording->base = *lower;
	recording->base.ops = &ops;
	recording->lower = lower;
	recording->limit_bytes = limit_bytes;
	*ret = &recording->base;
	return NULL;
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
		if (before.start < start && before.end > end) { /* it goes on behind: two runs */
			TRY(LIST_GROW(recording->pages, recording->count, recording->capacity));
			move(recording, i, i + 1);
			recording->pages[i].end = start;
			recording->pages[i + 1].start = end;
			return NULL;
		}
		if (before.start < start)
			run->end = start;
		else if (before.end > end)
			run->start = end;
		else
			move(recording, i + 1, i);
		i += before.start < start || before.end > end;
	}
	return NULL;
}

struct error *recording_target_pages(const struct target *target, const struct region **ret,
				     size_t *ret_count)
{
	const struct recording_target *recording = recording_of(target);
	*ret = recording->pages;
	*ret_count = recording->count;
	return recording->out_of_memory ? &error_no_memory : NULL;
}
