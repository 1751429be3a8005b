#include "inspect/string_counts.h"

#include "base/cleanup.h"
#include "base/sort.h"
#include "heap/types/field_layout.h"
#include "heap/values/value.h"

#include <inttypes.h>

enum {
	KEY_UNITS = 1024, /* SOS compares this many characters */
	ENTRIES_BETWEEN_LOOKS = 1 << 12,
};

/* What a thread found of one string. */
struct string_row {
	struct gc_object object;
	struct keyed_hash hash;
	uint32_t length;
	bool readable;
};

/* One thread's. */
struct part {
	struct string_counts *counts;
	struct reader reader;
};

struct error *string_counts_new(const struct question *question, struct string_counts **ret)
{
	struct string_counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return &error_no_memory;
	counts->question = question;
	counts->key = hash_key_make();
	string_table_init(&counts->table, question->budget, question->task);
	*ret = counts;
	return reader_init(&counts->reader, question->heap->target);
}

void string_counts_free(struct string_counts *counts)
{
	if (!counts)
		return;
	reader_deinit(&counts->reader);
	string_table_deinit(&counts->table);
	memory_budget_give(counts->question->budget, counts->capacity * sizeof(*counts->entries));
	free(counts->entries);
	free(counts);
}

static struct error *part_init(void *context, void *counts, const struct task *task)
{
	struct part *part = context;
	(void)task;
	part->counts = counts;
	return reader_init(&part->reader, part->counts->question->heap->target);
}

static void part_deinit(void *context)
{
	struct part *part = context;
	reader_deinit(&part->reader);
}

/* Threads look at the range while the caller's narrows it: what is put in vain is not counted. */
static bool is_wanted(const struct string_counts *counts, const struct keyed_hash *hash)
{
	return hash->high >= counts->from &&
	       hash->high <= __atomic_load_n(&counts->last, __ATOMIC_RELAXED);
}

static struct error *string_look(struct part *part, const struct gc_object *object,
				 struct string_row *ret)
{
	const struct string_counts *counts = part->counts;
	uint32_t kept;
	const uint8_t *bytes;
	*ret = (struct string_row){ .object = *object };
	TRY(string_borrow(counts->question->heap, &part->reader, object->address, KEY_UNITS, &bytes,
			  &kept, &ret->length));
	ret->readable = bytes != NULL;
	if (bytes)
		ret->hash = keyed_hash(&counts->key, bytes, kept * sizeof(uint16_t));
	return NULL;
}

static struct error *strings_look(struct walk_worker *worker, const struct gc_object *objects,
				  size_t count)
{
	struct part *part = worker->part;
	struct string_row row;
	for (size_t i = 0; i < count; i++) {
		TRY(task_check(worker->task, "reading strings"));
		TRY(string_look(part, &objects[i], &row));
		if (part->counts->first || (row.readable && is_wanted(part->counts, &row.hash)))
			TRY(walk_put(worker, &row));
	}
	return NULL;
}

/* The upper half of the hashes is for another walk. */
static struct error *range_halve(struct string_counts *counts)
{
	uint64_t half = (counts->last - counts->from) / 2;
	if (!half)
		return error_new(ERROR_BAD_DATA, "too many strings have the same hash");
	__atomic_store_n(&counts->last, counts->from + half, __ATOMIC_RELAXED);
	return string_table_cut(&counts->table, counts->last + 1);
}

/* The table is full. When that happens first, half of its memory is left to what is kept of other
 * ranges; how much that is does not depend on the hashes. */
static struct error *range_narrow(struct string_counts *counts)
{
	struct string_table *table = &counts->table;
	bool is_first = table->most == UINT32_MAX;
	if (is_first)
		table->most = table->count / 2 + 1;
	do
		TRY(range_halve(counts));
	while (table->count >= table->most);
	if (is_first)
		string_table_shrink(table);
	return NULL;
}

static struct error *row_count(struct string_counts *counts, const struct string_row *row)
{
	const struct string_count met = { row->hash, row->object.address, 1, row->object.size,
					  row->length };
	bool full = true;
	while (full && is_wanted(counts, &met.hash)) {
		TRY(string_table_add(&counts->table, &met, &full));
		if (full)
			TRY(range_narrow(counts));
	}
	return NULL;
}

/* Of the first walk alone. */
static struct error *row_visit(struct string_counts *counts, const struct string_row *row)
{
	struct error *error = counts->visit ? counts->visit(&row->object, counts->context) : NULL;
	if (error == &error_stop) {
		counts->stopped = true;
		counts->end = row->object.address;
	}
	TRY(error);
	counts->total++;
	counts->total_bytes += row->object.size;
	counts->unreadable += !row->readable;
	return NULL;
}

static struct error *rows_count(const void *rows, size_t count, void *context)
{
	struct string_counts *counts = context;
	const struct string_row *row = rows;
	for (size_t i = 0; i < count; i++) {
		if (counts->first)
			TRY(row_visit(counts, &row[i]));
		else if (counts->stopped && row[i].object.address >= counts->end)
			return &error_stop;
		if (row[i].readable)
			TRY(row_count(counts, &row[i]));
	}
	return NULL;
}

/* Does `a` go before `b` where there is no room for both? */
static bool is_smaller(const struct string_count *a, const struct string_count *b)
{
	uint64_t a_bytes = string_count_bytes(a), b_bytes = string_count_bytes(b);
	return a_bytes != b_bytes ? a_bytes < b_bytes : a->address > b->address;
}

static void sift_down(struct string_counts *counts, size_t at)
{
	struct string_count *entries = counts->entries;
	for (size_t child; (child = at * 2 + 1) < counts->count; at = child) {
		struct string_count entry = entries[at];
		if (child + 1 < counts->count && is_smaller(&entries[child + 1], &entries[child]))
			child++;
		if (!is_smaller(&entries[child], &entry))
			return;
		entries[at] = entries[child];
		entries[child] = entry;
	}
}

/* In the place of the smallest, or not at all. */
static struct error *keep_larger(struct string_counts *counts, const struct string_count *entry)
{
	struct string_count out = *entry;
	for (size_t i = counts->count / 2; !counts->heaped && i; i--) {
		if (i % ENTRIES_BETWEEN_LOOKS == 0)
			TRY(task_check(counts->question->task, "counting strings"));
		sift_down(counts, i - 1);
	}
	counts->heaped = true;
	if (is_smaller(&counts->entries[0], entry)) {
		out = counts->entries[0];
		counts->entries[0] = *entry;
		sift_down(counts, 0);
	}
	counts->left_out += out.count;
	counts->left_out_bytes += string_count_bytes(&out);
	counts->left_out_contents++;
	return NULL;
}

static struct error *keep(struct string_counts *counts, const struct string_count *entry)
{
	struct memory_budget *budget = counts->question->budget;
	if (!counts->heaped &&
	    string_counts_grow(budget, &counts->entries, counts->count, &counts->capacity))
		counts->entries[counts->count++] = *entry;
	else if (counts->count)
		return keep_larger(counts, entry);
	else
		return memory_budget_refusal(budget, sizeof(*entry), "the statistics of strings");
	return NULL;
}

/* The table has all contents of the range: they are kept, and the next range begins. */
static struct error *range_end(struct string_counts *counts)
{
	struct string_table *table = &counts->table;
	if (counts->first && counts->last == UINT64_MAX) {
		counts->entries = table->entries;
		counts->count = table->count;
		counts->capacity = table->capacity;
		table->entries = NULL;
		table->count = table->capacity = 0;
	}
	for (size_t i = 0; i < table->count; i++) {
		if (i % ENTRIES_BETWEEN_LOOKS == 0)
			TRY(task_check(counts->question->task, "counting strings"));
		TRY(keep(counts, &table->entries[i]));
	}
	string_table_clear(table);
	return NULL;
}

static struct error *ranges_walk(struct string_counts *counts, struct heap_filter *filter)
{
	const struct filtered_work work = { .part_bytes = sizeof(struct part),
					    .part_init = part_init,
					    .part_deinit = part_deinit,
					    .objects = strings_look,
					    .row_bytes = sizeof(struct string_row),
					    .rows = rows_count,
					    .context = counts };
	const struct question *asked = filter->question;
	CLEANUP(coverage_deinit) struct coverage again = { 0 };
	struct question quiet = *asked;
	struct error *error = NULL;
	quiet.coverage = &again; /* what the answer lacks the first walk has said */
	counts->first = true;
	for (bool over = false; !over && !error; counts->first = false) {
		counts->last = UINT64_MAX;
		error = heap_filter_work(filter, &work);
		if (!error)
			error = range_end(counts);
		over = counts->last == UINT64_MAX;
		counts->from = counts->last + 1;
		filter->question = &quiet;
	}
	filter->question = asked;
	return error;
}

static void missing_tell(const struct string_counts *counts)
{
	if (counts->left_out)
		question_missing(counts->question, 0,
				 "%" PRIu64 " strings (%" PRIu64 " bytes) of the %" PRIu64
				 " contents that take the least are not in the statistics: they "
				 "need more memory than there is; narrow the walk with -min, -gen "
				 "or a range",
				 counts->left_out, counts->left_out_bytes,
				 counts->left_out_contents);
	if (counts->unreadable)
		question_missing(counts->question, 0, "%" PRIu64 " strings could not be read",
				 counts->unreadable);
}

struct error *string_counts_read(struct string_counts *counts, struct heap_filter *filter,
				 filtered_visitor visit, void *context)
{
	const struct field_layout *layout;
	counts->visit = visit;
	counts->context = context;
	/* Before threads ask for it. */
	TRY(field_layout_get(counts->question->heap, &layout));
	TRY(ranges_walk(counts, filter));
	missing_tell(counts);
	return NULL;
}

static int by_size(const void *left, const void *right, void *context)
{
	const struct string_count *a = left, *b = right;
	(void)context;
	if (string_count_bytes(a) != string_count_bytes(b))
		return string_count_bytes(a) < string_count_bytes(b) ? -1 : 1;
	return a->address < b->address ? -1 : a->address > b->address;
}

static int by_count_then_size(const void *left, const void *right, void *context)
{
	const struct string_count *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return by_size(left, right, context);
}

struct error *string_counts_sort(struct string_counts *counts, bool by_count)
{
	return sort_items(counts->entries, counts->count, sizeof(*counts->entries),
			  by_count ? by_count_then_size : by_size, NULL, counts->question->task,
			  "sorting the strings");
}

struct error *string_counts_units(struct string_counts *counts, const struct string_count *entry,
				  uint16_t *ret, uint32_t *ret_count, bool *ret_readable)
{
	uint32_t length;
	const uint8_t *bytes;
	TRY(string_borrow(counts->question->heap, &counts->reader, entry->address, *ret_count,
			  &bytes, ret_count, &length));
	*ret_readable = bytes != NULL;
	if (bytes)
		memcpy(ret, bytes, *ret_count * sizeof(*ret));
	else
		question_missing(counts->question, 0,
				 "the string at %#" PRIx64 " cannot be read any more",
				 entry->address);
	return NULL;
}
