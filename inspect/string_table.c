#include "inspect/string_table.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAPACITY = 1 << 6,
	SLOTS_EACH = 2, /* at least, of an entry's: they are never more than half full */
	BETWEEN_LOOKS = 1 << 14,
};

void string_table_init(struct string_table *table, struct memory_budget *budget,
		       const struct task *task)
{
	*table = (struct string_table){ .budget = budget, .task = task, .most = UINT32_MAX };
}

void string_table_deinit(struct string_table *table)
{
	memory_budget_give(table->budget, table->capacity * sizeof(*table->entries) +
						  table->slot_count * sizeof(*table->slots));
	free(table->entries);
	free(table->slots);
	string_table_init(table, table->budget, table->task);
}

/* The slot of the content, or the free one where it would go. */
static uint32_t *slot_of(const struct string_table *table, const struct string_count *met)
{
	for (size_t at = met->hash.low & (table->slot_count - 1);;
	     at = (at + 1) & (table->slot_count - 1)) {
		uint32_t *slot = &table->slots[at];
		if (!*slot)
			return slot;
		const struct string_count *entry = &table->entries[*slot - 1];
		if (entry->hash.low == met->hash.low && entry->hash.high == met->hash.high &&
		    entry->size_bytes == met->size_bytes)
			return slot;
	}
}

static struct error *slots_fill(struct string_table *table)
{
	memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
	for (size_t i = 0; i < table->count; i++) {
		if (i % BETWEEN_LOOKS == 0)
			TRY(task_check(table->task, "counting strings"));
		*slot_of(table, &table->entries[i]) = (uint32_t)i + 1;
	}
	return NULL;
}

/* The old ones are given back first: they are made of the entries again. */
static struct error *slots_grow(struct string_table *table, bool *ret)
{
	*ret = false;
	size_t old = table->slot_count * sizeof(*table->slots);
	size_t count = table->slot_count ? table->slot_count * 2 : FIRST_CAPACITY * SLOTS_EACH;
	if (!memory_budget_try(table->budget, count * sizeof(*table->slots) - old))
		return NULL;
	uint32_t *slots = realloc(table->slots, count * sizeof(*slots));
	if (!slots) {
		memory_budget_give(table->budget, count * sizeof(*slots) - old);
		return NULL;
	}
	table->slots = slots;
	table->slot_count = count;
	*ret = true;
	return slots_fill(table);
}

bool string_counts_grow(struct memory_budget *budget, struct string_count **items, size_t count,
			size_t *capacity)
{
	if (count < *capacity)
		return true;
	size_t wanted = *capacity ? *capacity + *capacity / 2 : FIRST_CAPACITY;
	uint64_t bytes = (wanted - *capacity) * sizeof(**items);
	if (!memory_budget_try(budget, bytes))
		return false;
	struct string_count *grown = reallocarray(*items, wanted, sizeof(**items));
	if (!grown) {
		memory_budget_give(budget, bytes);
		return false;
	}
	*items = grown;
	*capacity = wanted;
	return true;
}

static struct error *room_make(struct string_table *table, bool *ret)
{
	*ret = table->count < table->most;
	if (*ret && (table->count + 1) * SLOTS_EACH > table->slot_count)
		TRY(slots_grow(table, ret));
	*ret = *ret &&
	       string_counts_grow(table->budget, &table->entries, table->count, &table->capacity);
	return NULL;
}

struct error *string_table_add(struct string_table *table, const struct string_count *met,
			       bool *ret_full)
{
	*ret_full = false;
	uint32_t *slot = table->slot_count ? slot_of(table, met) : NULL;
	if (slot && *slot) {
		table->entries[*slot - 1].count += met->count;
		return NULL;
	}
	bool has_room;
	TRY(room_make(table, &has_room));
	if (!has_room) {
		*ret_full = true;
		return table->count
			       ? NULL
			       : memory_budget_refusal(table->budget, FIRST_CAPACITY * sizeof(*met),
						       "the statistics of strings");
	}
	table->entries[table->count++] = *met;
	*slot_of(table, met) = (uint32_t)table->count;
	return NULL;
}

struct error *string_table_cut(struct string_table *table, uint64_t from)
{
	size_t count = 0;
	for (size_t i = 0; i < table->count; i++)
		if (table->entries[i].hash.high < from)
			table->entries[count++] = table->entries[i];
	table->count = count;
	return slots_fill(table);
}

void string_table_shrink(struct string_table *table)
{
	struct string_count *entries =
		reallocarray(table->entries, table->most, sizeof(*table->entries));
	if (!entries)
		return;
	memory_budget_give(table->budget, (table->capacity - table->most) * sizeof(*entries));
	table->entries = entries;
	table->capacity = table->most;
}

void string_table_clear(struct string_table *table)
{
	table->count = 0;
	if (table->slot_count)
		memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
}
