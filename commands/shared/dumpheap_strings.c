#include "commands/shared/dumpheap_strings.h"

#include "base/bytes.h"
#include "base/list.h"
#include "heap/values/value.h"

#include <inttypes.h>

enum {
	KEY_UNITS = 1024,         /* SOS compares this many characters */
	SHOWN_UNITS = 128,        /* and shows this many */
	CONTENT_BYTES = 20 << 20, /* the cap on contents kept */
	FIRST_CAPACITY = 1 << 12,
	COUNT_WIDTH = 14,
};

struct string_entry {
	uint64_t hash, size_bytes, count, length;
	const uint16_t *units; /* in the table's arena; NULL: an empty slot */
	uint32_t unit_count;   /* kept */
	uint32_t order;
};

struct string_table {
	struct command_call *call;
	struct reader reader;
	struct arena arena;
	struct string_entry *entries;
	size_t count, capacity;
	uint64_t left_out, left_out_bytes, unreadable, total, total_bytes;
};

struct error *string_table_new(struct command_call *call, struct string_table **ret)
{
	struct string_table *table = calloc(1, sizeof(*table));
	if (!table)
		return &error_no_memory;
	table->call = call;
	arena_init(&table->arena);
	*ret = table;
	return reader_init(&table->reader, call->question.heap->target);
}

void string_table_free(struct string_table *table)
{
	if (!table)
		return;
	reader_deinit(&table->reader);
	arena_deinit(&table->arena);
	free(table->entries);
	free(table);
}

static uint64_t hash_of(const uint8_t *bytes, size_t size, uint64_t seed)
{
	uint64_t hash = seed ^ 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}

static struct string_entry *slot_of(struct string_entry *entries, size_t capacity, uint64_t hash,
				    uint64_t size_bytes, const uint8_t *bytes, size_t byte_count)
{
	size_t i = hash & (capacity - 1);
	while (entries[i].units) {
		const struct string_entry *entry = &entries[i];
		if (entry->hash == hash && entry->size_bytes == size_bytes &&
		    (!bytes || memcmp(entry->units, bytes, byte_count) == 0))
			break;
		i = (i + 1) & (capacity - 1);
	}
	return &entries[i];
}

static struct error *grow(struct string_table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
	struct string_entry *entries = calloc(capacity, sizeof(*entries));
	if (!entries)
		return &error_no_memory;
	for (size_t i = 0; i < table->capacity; i++) {
		const struct string_entry *entry = &table->entries[i];
		if (entry->units)
			*slot_of(entries, capacity, entry->hash, entry->size_bytes,
				 (const uint8_t *)entry->units, entry->unit_count * 2) = *entry;
	}
	free(table->entries);
	table->entries = entries;
	table->capacity = capacity;
	return NULL;
}

static bool is_full(const struct string_table *table)
{
	return table->arena.total_bytes + table->capacity * sizeof(*table->entries) > CONTENT_BYTES;
}

struct error *string_table_add(struct string_table *table, const struct gc_object *object)
{
	uint32_t length, kept;
	const uint8_t *bytes;
	table->total++;
	table->total_bytes += object->size;
	TRY(string_borrow(table->call->question.heap, &table->reader, object->address, KEY_UNITS,
			  &bytes, &kept, &length));
	if (!bytes) {
		table->unreadable++;
		return NULL;
	}
	if (table->count * 2 >= table->capacity && !is_full(table))
		TRY(grow(table));
	uint64_t hash = hash_of(bytes, kept * 2u, object->size);
	struct string_entry *entry =
		slot_of(table->entries, table->capacity, hash, object->size, bytes, kept * 2u);
	if (!entry->units) {
		if (is_full(table) || table->count * 2 >= table->capacity) {
			table->left_out++;
			table->left_out_bytes += object->size;
			return NULL;
		}
		char *copy = arena_copy_text(&table->arena, (const char *)bytes, kept * 2u);
		if (!copy)
			return &error_no_memory;
		*entry = (struct string_entry){ .hash = hash,
						.size_bytes = object->size,
						.units = (const uint16_t *)(const void *)copy,
						.unit_count = kept,
						.length = length,
						.order = (uint32_t)table->count++ };
	}
	entry->count++;
	return NULL;
}

static uint64_t total_size(const struct string_entry *entry)
{
	return entry->count * entry->size_bytes;
}

static int by_size(const void *left, const void *right)
{
	const struct string_entry *a = left, *b = right;
	if (total_size(a) != total_size(b))
		return total_size(a) < total_size(b) ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int by_count_then_size(const void *left, const void *right)
{
	const struct string_entry *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return by_size(left, right);
}

static void print_entries(struct string_table *table)
{
	static const struct column columns[] = {
		{ "count", "Count", CELL_COUNT, COUNT_WIDTH },
		{ "total_size", "TotalSize", CELL_COUNT, COUNT_WIDTH },
		{ "value", "", CELL_TEXT, 0 },
	};
	struct output *out = table->call->out;
	output_table_begin(out, "strings", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < table->count && !output_broken(out); i++) {
		const struct string_entry *entry = &table->entries[i];
		uint32_t shown = entry->unit_count < SHOWN_UNITS ? entry->unit_count : SHOWN_UNITS;
		output_row_begin(out);
		output_unsigned(out, entry->count);
		output_unsigned(out, total_size(entry));
		output_utf16(out, entry->units, shown, entry->length, false);
		output_row_end(out);
	}
	output_table_end(out);
}

struct error *string_table_print(struct string_table *table, bool by_count)
{
	static const struct column totals[] = {
		{ "count", IN_WORDS, CELL_COUNT, 0 },
		{ "size", IN_WORDS, CELL_COUNT, 0 },
		{ "distinct", NULL, CELL_COUNT, 0 },
	};
	struct output *out = table->call->out;
	/* The table has done its work: its slots become the sorted list. */
	size_t count = 0;
	for (size_t i = 0; i < table->capacity; i++)
		if (table->entries[i].units)
			table->entries[count++] = table->entries[i];
	if (count)
		qsort(table->entries, count, sizeof(*table->entries),
		      by_count ? by_count_then_size : by_size);
	if (count)
		output_line(out, "Statistics:");
	print_entries(table);
	output_record_begin(out, "total", totals, COUNT_OF(totals));
	output_unsigned(out, table->total);
	output_unsigned(out, table->total_bytes);
	output_unsigned(out, table->count);
	output_sentence(out, "Total {count} strings, {size} bytes");
	output_record_end(out);
	if (table->left_out)
		question_missing(&table->call->question, 0,
				 "%" PRIu64 " strings (%" PRIu64
				 " bytes) are not in the statistics: the memory for "
				 "contents was used up; narrow the walk with -min, -gen or a range",
				 table->left_out, table->left_out_bytes);
	if (table->unreadable)
		question_missing(&table->call->question, 0, "%" PRIu64 " strings could not be read",
				 table->unreadable);
	return NULL;
}
