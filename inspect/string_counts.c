#include "inspect/string_counts.h"

#include "base/bytes.h"
#include "heap/values/value.h"

#include <inttypes.h>

enum {
	KEY_UNITS = 1024,         /* SOS compares this many characters */
	CONTENT_BYTES = 20 << 20, /* the cap on contents kept */
	FIRST_CAPACITY = 1 << 12,
};

struct error *string_counts_new(const struct question *question, struct string_counts **ret)
{
	struct string_counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return &error_no_memory;
	counts->question = question;
	arena_init(&counts->arena);
	*ret = counts;
	return reader_init(&counts->reader, question->heap->target);
}

void string_counts_free(struct string_counts *counts)
{
	if (!counts)
		return;
	reader_deinit(&counts->reader);
	arena_deinit(&counts->arena);
	free(counts->entries);
	free(counts);
}

static uint64_t hash_of(const uint8_t *bytes, size_t size, uint64_t seed)
{
	uint64_t hash = seed ^ 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}

static struct string_count *slot_of(struct string_count *entries, size_t capacity, uint64_t hash,
				    uint64_t size_bytes, const uint8_t *bytes, size_t byte_count)
{
	size_t i = hash & (capacity - 1);
	while (entries[i].units) {
		const struct string_count *entry = &entries[i];
		if (entry->hash == hash && entry->size_bytes == size_bytes &&
		    (!bytes || memcmp(entry->units, bytes, byte_count) == 0))
			break;
		i = (i + 1) & (capacity - 1);
	}
	return &entries[i];
}

static struct error *grow(struct string_counts *counts)
{
	size_t capacity = counts->capacity ? counts->capacity * 2 : FIRST_CAPACITY;
	struct string_count *entries = calloc(capacity, sizeof(*entries));
	if (!entries)
		return &error_no_memory;
	for (size_t i = 0; i < counts->capacity; i++) {
		const struct string_count *entry = &counts->entries[i];
		if (entry->units)
			*slot_of(entries, capacity, entry->hash, entry->size_bytes,
				 (const uint8_t *)entry->units, entry->unit_count * 2) = *entry;
	}
	free(counts->entries);
	counts->entries = entries;
	counts->capacity = capacity;
	return NULL;
}

static bool is_full(const struct string_counts *counts)
{
	return counts->arena.total_bytes + counts->capacity * sizeof(*counts->entries) >
	       CONTENT_BYTES;
}

struct error *string_counts_add(struct string_counts *counts, const struct gc_object *object)
{
	uint32_t length, kept;
	const uint8_t *bytes;
	counts->total++;
	counts->total_bytes += object->size;
	TRY(string_borrow(counts->question->heap, &counts->reader, object->address, KEY_UNITS,
			  &bytes, &kept, &length));
	if (!bytes) {
		counts->unreadable++;
		return NULL;
	}
	if (counts->count * 2 >= counts->capacity && !is_full(counts))
		TRY(grow(counts));
	uint64_t hash = hash_of(bytes, kept * 2u, object->size);
	struct string_count *entry =
		slot_of(counts->entries, counts->capacity, hash, object->size, bytes, kept * 2u);
	if (!entry->units) {
		if (is_full(counts) || counts->count * 2 >= counts->capacity) {
			counts->left_out++;
			counts->left_out_bytes += object->size;
			return NULL;
		}
		char *copy = arena_copy_text(&counts->arena, (const char *)bytes, kept * 2u);
		if (!copy)
			return &error_no_memory;
		*entry = (struct string_count){ .hash = hash,
						.size_bytes = object->size,
						.units = (const uint16_t *)(const void *)copy,
						.unit_count = kept,
						.length = length,
						.order = (uint32_t)counts->count++ };
	}
	entry->count++;
	return NULL;
}

static int by_size(const void *left, const void *right)
{
	const struct string_count *a = left, *b = right;
	if (string_count_bytes(a) != string_count_bytes(b))
		return string_count_bytes(a) < string_count_bytes(b) ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int by_count_then_size(const void *left, const void *right)
{
	const struct string_count *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return by_size(left, right);
}

void string_counts_end(struct string_counts *counts, bool by_count)
{
	/* The slots have done their work: they become the sorted list. */
	size_t count = 0;
	for (size_t i = 0; i < counts->capacity; i++)
		if (counts->entries[i].units)
			counts->entries[count++] = counts->entries[i];
	if (count)
		qsort(counts->entries, count, sizeof(*counts->entries),
		      by_count ? by_count_then_size : by_size);
	if (counts->left_out)
		question_missing(counts->question, 0,
				 "%" PRIu64 " strings (%" PRIu64
				 " bytes) are not in the statistics: the memory for "
				 "contents was used up; narrow the walk with -min, -gen or a range",
				 counts->left_out, counts->left_out_bytes);
	if (counts->unreadable)
		question_missing(counts->question, 0, "%" PRIu64 " strings could not be read",
				 counts->unreadable);
}
