/* dumpstring: the whole of a string, a char[] or a StringBuilder. */
#include "commands/command.h"

#include "base/chain_guard.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "heap/types/type.h"
#include "heap/values/value.h"

#include <inttypes.h>

enum { PART_UNITS = 16 * 1024 };

static const struct column columns[] = {
	{ "address", NULL, CELL_ADDRESS, 0 }, { "mt", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "type", NULL, CELL_TEXT, 0 },       { "length", NULL, CELL_INTEGER, 0 },
	{ "value", "", CELL_VALUE, 0 },
};

/* Units that stand together. */
struct piece {
	uint64_t address, left;
};

struct content {
	struct command_call *call;
	struct piece *pieces; /* malloc'd; taken from the last one to the first */
	size_t count, capacity;
	uint64_t length, unread; /* units */
	uint64_t unread_address;
	struct error *error; /* cancelled */
	uint16_t units[PART_UNITS];
};

static void content_free(struct content **content)
{
	if (!*content)
		return;
	error_free((*content)->error);
	free((*content)->pieces);
	free(*content);
}

static struct error *piece_add(struct content *content, uint64_t address, uint64_t units)
{
	if (!units)
		return NULL;
	TRY(LIST_GROW(content->pieces, content->count, content->capacity));
	content->pieces[content->count++] = (struct piece){ address, units };
	content->length += units;
	return NULL;
}

static struct error *characters_add(struct content *content, uint64_t object, uint64_t limit)
{
	struct array_shape shape;
	TRY(array_read(content->call->question.heap, object, &shape));
	if (!shape.element || shape.element->element_type != ELEMENT_CHAR)
		return error_new(ERROR_BAD_DATA,
				 "the object at %#" PRIx64 " is %s, no string, char[] or "
				 "StringBuilder",
				 object, type_name(content->call->question.heap, shape.type, NULL));
	if (limit != UINT64_MAX && limit > shape.count)
		return error_new(ERROR_BAD_DATA,
				 "a chunk of the StringBuilder has more characters than its "
				 "char[] at %#" PRIx64,
				 object);
	return piece_add(content, shape.data, limit < shape.count ? limit : shape.count);
}

/* A StringBuilder is the last of its chunks; each leads to the one before (StringBuilder.cs). */
static struct error *builder_add(struct content *content, uint64_t object)
{
	struct heap *heap = content->call->question.heap;
	struct chain_guard guard = { 0 };
	while (chain_guard_pass(&guard, object)) {
		struct value characters, previous, length;
		TRY(task_check(content->call->question.task,
			       "following the chunks of a StringBuilder"));
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

static struct error *content_find(struct content *content, uint64_t object, const struct type *type)
{
	const char *name = type_name(content->call->question.heap, type, NULL);
	if (type->kind == TYPE_STRING) {
		uint64_t address, length;
		TRY(string_place(content->call->question.heap, object, &address, &length));
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

/* The next units, at most PART_UNITS. A part that cannot be read ends the text. */
static size_t content_next(void *context, const uint16_t **ret)
{
	struct content *content = context;
	struct reader *reader = &content->call->question.heap->reader;
	while (content->count && !content->pieces[content->count - 1].left)
		content->count--;
	if (!content->error)
		content->error = task_check(content->call->question.task, "the string");
	if (!content->count || content->error || content->unread ||
	    output_broken(content->call->out))
		return 0;
	struct piece *piece = &content->pieces[content->count - 1];
	size_t count = piece->left < PART_UNITS ? (size_t)piece->left : PART_UNITS;
	if (!reader_copy(reader, piece->address, content->units, count * sizeof(uint16_t))) {
		size_t bytes =
			target_read_some(content->call->question.heap->target, piece->address,
					 content->units, count * sizeof(uint16_t));
		count = bytes / sizeof(uint16_t);
		for (size_t i = 0; i < content->count; i++)
			content->unread += content->pieces[i].left;
		content->unread -= count;
		content->unread_address = piece->address + count * sizeof(uint16_t);
	} else if (count > 1 && count < piece->left &&
		   (content->units[count - 1] & 0xfc00) == 0xd800) {
		count--; /* a pair of surrogates stays together */
	}
	piece->address += count * sizeof(uint16_t);
	piece->left -= count;
	*ret = content->units;
	return count;
}

static struct error *dumpstring_run(struct command_call *call)
{
	CLEANUP(content_free) struct content *content = calloc(1, sizeof(*content));
	struct output *out = call->out;
	const struct type *type;
	uint64_t object = call->subject.address, method_table;
	if (!content)
		return &error_no_memory;
	content->call = call;
	if (!heap_object_method_table(call->question.heap, object, &method_table))
		return error_new(ERROR_FAULT, "cannot read the object at %#" PRIx64, object);
	TRY(type_at(call->question.heap, method_table, &type));
	TRY(content_find(content, object, type));
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_address(out, object);
	output_address(out, method_table);
	output_text(out, type_name(call->question.heap, type, NULL));
	output_unsigned(out, content->length);
	output_utf16_stream(out, content_next, content);
	output_record_end(out);
	if (content->unread)
		question_missing(&call->question, content->unread * sizeof(uint16_t),
				 "the text's last %" PRIu64 " characters, from %#" PRIx64
				 " on, cannot be read",
				 content->unread, content->unread_address);
	struct error *error = content->error;
	content->error = NULL;
	return error;
}

static const char *const examples[] = { "dumpstring 7f68dd00d908",
					"dumpstring Demo.Running.Faults.Held._message", NULL };
const struct command command_dumpstring = {
	.name = "dumpstring",
	.summary = "show the whole of a string, a char[] or a StringBuilder",
	.usage = "dumpstring ADDRESS|PATH",
	.description =
		"However long it is; dumpobj cuts strings. Control characters are shown as "
		"in C (\\n, \\u001b). The characters of a char[] are all of it, those behind "
		"its text too.",
	.subject = { .kind = SUBJECT_OBJECT, .what = "a string" },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpstring_run,
};
