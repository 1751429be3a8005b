#include "inspect/tally.h"

void tally_deinit(struct tally *tally)
{
	free(tally->entries);
	free(tally->slots);
	tally->entries = NULL;
	tally->slots = NULL;
	tally->count = tally->slot_count = 0;
}

/* FNV-1a; a NULL is not the empty text. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	enum { NULL_MARK = 0x100 };
	const uint64_t prime = 0x100000001b3;
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * prime;
	return (hash ^ (text ? 0 : NULL_MARK)) * prime;
}

static bool same(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

/* The slot of the thing, or the free one where it would go. */
static uint32_t *slot_of(const struct tally *tally, const char *name, const char *detail)
{
	uint64_t hash = hash_text(hash_text(0xcbf29ce484222325, name), detail);
	for (size_t at = hash % tally->slot_count;; at = (at + 1) % tally->slot_count) {
		uint32_t *slot = &tally->slots[at];
		if (!*slot)
			return slot;
		const struct tally_entry *entry = &tally->entries[*slot - 1];
		if (same(entry->name, name) && same(entry->detail, detail))
			return slot;
	}
}

/* Doubles both; slots are never more than half full. */
static struct error *grow(struct tally *tally)
{
	size_t capacity = tally->slot_count ? tally->slot_count : 64;
	struct tally_entry *entries =
		reallocarray(tally->entries, capacity, sizeof(*tally->entries));
	if (!entries)
		return &error_no_memory;
	tally->entries = entries;
	uint32_t *slots = calloc(capacity * 2, sizeof(*slots));
	if (!slots)
		return &error_no_memory;
	free(tally->slots);
	tally->slots = slots;
	tally->slot_count = capacity * 2;
	for (size_t i = 0; i < tally->count; i++)
		*slot_of(tally, entries[i].name, entries[i].detail) = (uint32_t)i + 1;
	return NULL;
}

static struct error *copy(struct tally *tally, const char *text, const char **ret)
{
	*ret = text ? arena_copy_text(tally->arena, text, strlen(text)) : NULL;
	return *ret || !text ? NULL : &error_no_memory;
}

struct error *tally_add(struct tally *tally, const char *name, const char *detail)
{
	if (tally->count * 2 == tally->slot_count)
		TRY(grow(tally));
	uint32_t *slot = slot_of(tally, name, detail);
	tally->total++;
	if (*slot) {
		tally->entries[*slot - 1].count++;
		return NULL;
	}
	if (tally->count == TALLY_ENTRIES_MAX) {
		tally->others++;
		return NULL;
	}
	struct tally_entry entry = { .count = 1 };
	TRY(copy(tally, name, &entry.name));
	TRY(copy(tally, detail, &entry.detail));
	tally->entries[tally->count] = entry;
	*slot = (uint32_t)++tally->count;
	return NULL;
}

static int compare_texts(const char *one, const char *other)
{
	return strcmp(one ? one : "", other ? other : "");
}

static int by_count(const void *left, const void *right)
{
	const struct tally_entry *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	int order = compare_texts(a->name, b->name);
	if (!order)
		order = compare_texts(a->detail, b->detail);
	return order ? order : (a->detail != NULL) - (b->detail != NULL);
}

void tally_sort(struct tally *tally)
{
	if (tally->count)
		qsort(tally->entries, tally->count, sizeof(*tally->entries), by_count);
	free(tally->slots);
	tally->slots = NULL;
	tally->slot_count = 0;
}
