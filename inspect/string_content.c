#include "inspect/string_content.h"

#include "base/chain_guard.h"
#include "base/limits.h"
#include "base/list.h"
#include "heap/values/value.h"

#include <inttypes.h>

enum { PART_UNITS = 16 * 1024 };

/* Units that follow each other. */
struct piece {
	uint64_t address, left;
};

struct string_content {
	const struct question *question;
	struct piece *pieces; /* malloc'd; taken from the last one to the first */
	size_t count, capacity;
	uint64_t length, unread; /* units */
	uint64_t unread_address;
	struct error *error; /* cancelled */
	uint16_t units[PART_UNITS];
};

static struct error *piece_add(struct string_content *content, uint64_t address, uint64_t units)
{
	if (!units)
		return NULL;
	TRY(LIST_GROW(content->pieces, content->count, content->capacity));
	content->pieces[content->count++] = (struct piece){ address, units };
	content->length += units;
	return NULL;
}

static struct error *characters_add(struct string_content *content, uint64_t object, uint64_t limit)
{
	struct array_shape shape;
	TRY(array_read(content->question->heap, object, &shape));
	if (!shape.element || shape.element->element_type != ELEMENT_CHAR)
		return error_new(ERROR_BAD_DATA,
				 "the object at %#" PRIx64 " is %s, no string, char[] or "
				 "StringBuilder",
				 object, type_name(content->question->heap, shape.type, NULL));
	if (limit != UINT64_MAX && limit > shape.count)
		return error_new(ERROR_BAD_DATA,
				 "a chunk of the StringBuilder has more characters than its "
				 "char[] at %#" PRIx64,
				 object);
	return piece_add(content, shape.data, limit < shape.count ? limit : shape.count);
}

/* A StringBuilder is the last of its chunks; each leads to the one before (StringBuilder.cs). */
static struct error *builder_add(struct string_content *content, uint64_t object)
{
	struct heap *heap = content->question->heap;
	struct chain_guard guard = { 0 };
	while (chain_guard_pass(&guard, object)) {
		struct value characters, previous, length;
		TRY(task_check(content->question->task, "following the chunks of a StringBuilder"));
		TRY(value_field_of_object(heap, object, "m_ChunkChars", &characters));
		TRY(value_field_of_object(heap, object, "m_ChunkPrevious", &previous));
		TRY(value_field_of_object(heap, object, "m_ChunkLength", &length));
		if (characters.kind != VALUE_REFERENCE || length.kind != VALUE_SIGNED ||
		    (int64_t)length.bits < 0 ||
		    (previous.kind != VALUE_REFERENCE && previous.kind != VALUE_NULL))
			return error_new(ERROR_FAULT,
					 "a chunk of the StringBuilder at %#" PRIx64
					 " cannot be read",
					 object);
		TRY(characters_add(content, characters.bits, length.bits));
		if (content->length > LIMIT_STRING_UNITS ||
		    content->count == LIMIT_STRING_BUILDER_CHUNKS)
			break;
		if (previous.kind == VALUE_NULL)
			return NULL;
		object = previous.bits;
	}
	return error_new(ERROR_BAD_DATA,
			 "the chunks of the StringBuilder do not end: the one at %#" PRIx64
			 " leads back to one before it, or they are more than a string can hold",
			 object);
}

static struct error *content_find(struct string_content *content, uint64_t object,
				  const struct type *type)
{
	const char *name = type_name(content->question->heap, type, NULL);
	if (type->kind == TYPE_STRING) {
		uint64_t address, length;
		TRY(string_place(content->question->heap, object, &address, &length));
		return piece_add(content, address, length);
	}
	if (type->kind == TYPE_ARRAY)
		return characters_add(content, object, UINT64_MAX);
	if (!strcmp(name, "System.Text.StringBuilder"))
		return builder_add(content, object);
	return error_new(ERROR_BAD_DATA,
			 "the object at %#" PRIx64 " is %s, no string, char[] or StringBuilder: "
			 "dumpobj shows it",
			 object, name);
}

struct error *string_content_new(const struct question *question, uint64_t object,
				 const struct type *type, struct string_content **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return &error_no_memory;
	(*ret)->question = question;
	return content_find(*ret, object, type);
}

void string_content_free(struct string_content *content)
{
	if (!content)
		return;
	error_free(content->error);
	free(content->pieces);
	free(content);
}

uint64_t string_content_length(const struct string_content *content)
{
	return content->length;
}

/* As much of the part as can be read; all that comes after it is not. */
static size_t part_end(struct string_content *content, const struct piece *piece, size_t count)
{
	size_t bytes = target_read_some(content->question->heap->target, piece->address,
					content->units, count * sizeof(uint16_t));
	count = bytes / sizeof(uint16_t);
	for (size_t i = 0; i < content->count; i++)
		content->unread += content->pieces[i].left;
	content->unread -= count;
	content->unread_address = piece->address + count * sizeof(uint16_t);
	return count;
}

size_t string_content_next(struct string_content *content, const uint16_t **ret)
{
	struct reader *reader = &content->question->heap->reader;
	while (content->count && !content->pieces[content->count - 1].left)
		content->count--;
	if (!content->error)
		content->error = task_check(content->question->task, "the string");
	if (!content->count || content->error || content->unread)
		return 0;
	struct piece *piece = &content->pieces[content->count - 1];
	size_t count = piece->left < PART_UNITS ? (size_t)piece->left : PART_UNITS;
	if (!reader_copy(reader, piece->address, content->units, count * sizeof(uint16_t)))
		count = part_end(content, piece, count);
	else if (count > 1 && count < piece->left && (content->units[count - 1] & 0xfc00) == 0xd800)
		count--; /* a pair of surrogates stays together */
	piece->address += count * sizeof(uint16_t);
	piece->left -= count;
	*ret = content->units;
	return count;
}

struct error *string_content_end(struct string_content *content)
{
	if (content->unread)
		question_missing(content->question, content->unread * sizeof(uint16_t),
				 "the text's last %" PRIu64 " characters, from %#" PRIx64
				 " on, cannot be read",
				 content->unread, content->unread_address);
	struct error *error = content->error;
	content->error = NULL;
	return error;
}
