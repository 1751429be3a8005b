#include "base/arena.h"

#include "base/memory_budget.h"

enum { CHUNK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t capacity, used;
	_Alignas(ALIGNMENT) char bytes[];
};

static struct arena_chunk *chunk_new(struct arena *arena, size_t capacity)
{
	if (!memory_budget_try(arena->budget, capacity)) {
		for (struct arena *at = arena; at; at = at->within)
			at->refused_bytes = capacity;
		return NULL;
	}
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + capacity);
	if (!chunk) {
		memory_budget_give(arena->budget, capacity);
		return NULL;
	}
	chunk->next = arena->chunks;
	chunk->capacity = capacity;
	chunk->used = 0;
	return chunk;
}

static void chunks_free(struct arena *arena, struct arena_chunk *chunk)
{
	while (chunk) {
		struct arena_chunk *next = chunk->next;
		memory_budget_give(arena->budget, chunk->capacity);
		free(chunk);
		chunk = next;
	}
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){ 0 };
}

struct arena arena_within(struct arena *parent)
{
	return (struct arena){ .limit_bytes = parent->limit_bytes,
			       .within = parent,
			       .budget = parent->budget };
}

void arena_deinit(struct arena *arena)
{
	chunks_free(arena, arena->chunks);
	*arena = (struct arena){ 0 };
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *keep = arena->chunks;
	if (keep) {
		chunks_free(arena, keep->next);
		keep->next = NULL;
		keep->used = 0;
	}
	arena->total_bytes = 0;
	arena->full = false;
	arena->refused_bytes = 0;
}

static bool has_room(struct arena *arena, size_t size)
{
	if (!arena->limit_bytes || (arena->total_bytes <= arena->limit_bytes &&
				    size <= arena->limit_bytes - arena->total_bytes))
		return true;
	for (; arena; arena = arena->within)
		arena->full = true;
	return false;
}

void *arena_allocate(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - 2 * ALIGNMENT)
		return NULL;
	size_t rounded = size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
	if (!has_room(arena, rounded))
		return NULL;
	struct arena_chunk *chunk = arena->chunks;
	if (!chunk || chunk->capacity - chunk->used < rounded) {
		chunk = chunk_new(arena, rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES);
		if (!chunk)
			return NULL;
		arena->chunks = chunk;
	}
	void *memory = chunk->bytes + chunk->used;
	chunk->used += rounded;
	arena->total_bytes += rounded;
	return memset(memory, 0, rounded);
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_allocate(arena, total);
}

char *arena_copy_text(struct arena *arena, const char *text, size_t length)
{
	if (length == SIZE_MAX)
		return NULL;
	char *copy = arena_allocate(arena, length + 1);
	if (copy && length)
		memcpy(copy, text, length);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	char *text = length < 0 ? NULL : arena_allocate(arena, (size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(arguments);
	return text;
}
