/* dumpconcurrentdictionary and dumpconcurrentqueue: SOS's own form of dumpdict and dumpcollection.
 */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "commands/shared/collection_rows.h"
#include "commands/shared/render.h"

#include <inttypes.h>

enum { SHOWN_UNITS = 100 };

static const char rule[] = "---------------------------------------------";

static struct error *open_as(struct command_call *call, const char *name,
			     struct collection_view *view)
{
	TRY(collection_view_open(call, view));
	const char *full = type_name(call->question.heap, view->collection.type, NULL);
	if (strcmp(view->collection.name, name) == 0 && !view->collection.foreign)
		return NULL;
	return error_new(
		ERROR_UNSUPPORTED, "%012" PRIx64 " is not a %s but an instance of %s: %s shows it",
		view->address, name, full,
		view->collection.kind == COLLECTION_SEQUENCE ? "dumpcollection" : "dumpdict");
}

/* Cut as SOS cuts it. */
static struct error *string_text(struct command_call *call, const struct value *value,
				 struct text *to)
{
	const uint16_t *units;
	size_t count;
	uint64_t length;
	struct error *error = string_read(call->question.heap, value->bits, SHOWN_UNITS,
					  call->question.scratch, &units, &count, &length);
	if (error_take_damage(&error)) {
		text_append(to, "<unreadable>");
		return NULL;
	}
	TRY(error);
	text_append_char(to, '"');
	text_append_utf16(to, units, count);
	text_append(to, length > count ? "..." : "\"");
	return NULL;
}

/* What SOS says of a value: itself when it is simple, else the command that shows it, with `prefix`
 * before its addresses. */
static struct error *value_text(struct command_call *call, const struct value *value,
				const char *prefix, struct text *to)
{
	switch (value->kind) {
	case VALUE_NULL:
		text_append(to, "null");
		return NULL;
	case VALUE_BOOLEAN:
		text_append(to, value->bits ? "True" : "False");
		return NULL;
	case VALUE_CHAR:
		text_printf(to, value->bits >= ' ' && value->bits <= '~' ? "'%c'" : "'\\u%04x'",
			    (unsigned)value->bits);
		return NULL;
	case VALUE_REFERENCE:
		if (value->type && value->type->kind == TYPE_STRING)
			return string_text(call, value, to);
		text_printf(to, "%s %s%016" PRIx64,
			    value->type && value->type->kind == TYPE_ARRAY ? "dumparray"
									   : "dumpobj",
			    prefix, value->bits);
		return NULL;
	case VALUE_STRUCT:
	case VALUE_ENUM:
		text_printf(to, "dumpvc %s%016" PRIx64 " %s%016" PRIx64, prefix,
			    value->type ? value->type->handle : 0, prefix, value->address);
		return NULL;
	case VALUE_UNREADABLE:
		text_append(to, "<unreadable>");
		return NULL;
	default:
		text_append(to, render_sos_text(call, value));
		return NULL;
	}
}

static struct error *show_line(struct command_call *call, const char *before,
			       const struct value *value, const char *prefix)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	TRY(value_text(call, value, prefix, &text));
	if (text_failed(&text))
		return &error_no_memory;
	output_line(call->out, "%s%s", before, text_string(&text));
	return NULL;
}

static struct error *show_entry(struct command_call *call, bool is_pair, uint64_t index,
				const struct value *key, const struct value *value)
{
	char before[32];
	if (is_pair) {
		output_line(call->out, "    -----");
		TRY(show_line(call, "      Key: ", key, ""));
		TRY(show_line(call, "    Value: ", value, ""));
	} else {
		snprintf(before, sizeof(before), "%4" PRIu64 " - ", index + 1);
		TRY(show_line(call, before, value, "0x"));
	}
	output_row_begin(call->out);
	output_unsigned(call->out, index);
	struct error *error = is_pair ? render_value(call, key, LIMIT_SHOWN_STRUCTS) : NULL;
	if (!error)
		error = render_value(call, value, LIMIT_SHOWN_STRUCTS);
	output_row_end(call->out);
	return error;
}

static struct error *show_all(struct command_call *call, struct collection_view *view)
{
	static const struct column pairs[] = {
		{ "index", NULL, CELL_INTEGER, 0 },
		{ "key", NULL, CELL_VALUE, 0 },
		{ "value", NULL, CELL_VALUE, 0 },
	};
	static const struct column items[] = {
		{ "index", NULL, CELL_INTEGER, 0 },
		{ "value", NULL, CELL_VALUE, 0 },
	};
	CLEANUP(arena_deinit) struct arena arena = arena_within(call->question.scratch);
	struct command_call entry_call = *call; /* a long collection: a scratch of its own */
	struct collection *collection = &view->collection;
	bool is_pair = collection->kind == COLLECTION_DICTIONARY, more = true;
	struct value key = { 0 }, value;
	uint64_t index, shown = 0;
	entry_call.question.scratch = &arena;
	output_table_begin(call->out, is_pair ? "entries" : "elements", is_pair ? pairs : items,
			   is_pair ? 3 : 2, false);
	for (;; shown++) {
		TRY(collection_next(collection, &key, &value, &index, &more));
		if (!more || output_broken(call->out))
			break;
		TRY(task_check(call->question.task, "showing elements"));
		struct error *error = show_entry(&entry_call, is_pair, shown, &key, &value);
		arena_reset(&arena);
		TRY(error);
	}
	output_table_end(call->out);
	output_line(call->out, "%s", rule);
	output_line(call->out, "%" PRIu64 " items", shown);
	output_line(call->out, "%s", "");
	if (collection->damage)
		question_missing(&call->question, 0,
				 "after %" PRIu64 " elements it could not be read further: %s",
				 shown, collection->damage);
	return NULL;
}

static struct error *dumpconcurrent_run(struct command_call *call, const char *name)
{
	static const struct column columns[] = {
		{ "address", NULL, CELL_ADDRESS, 0 },
		{ "type", "", CELL_TEXT, 0 },
	};
	struct collection_view view;
	TRY(open_as(call, name, &view));
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_address(call->out, view.address);
	output_text(call->out, type_name(call->question.heap, view.value.type, NULL));
	output_record_end(call->out);
	return show_all(call, &view);
}

static struct error *dictionary_run(struct command_call *call)
{
	return dumpconcurrent_run(call, "ConcurrentDictionary");
}

static struct error *queue_run(struct command_call *call)
{
	return dumpconcurrent_run(call, "ConcurrentQueue");
}

static const char *const dictionary_aliases[] = { "dcd", NULL };
static const char *const dictionary_examples[] = {
	"dumpconcurrentdictionary Demo.Collections.Concurrents.Dictionary", NULL
};
const struct command command_dumpconcurrentdictionary = {
	.name = "dumpconcurrentdictionary",
	.aliases = dictionary_aliases,
	.summary = "show the entries of a ConcurrentDictionary, as SOS does",
	.description =
		"Objects and structs are given as the command that shows them. dumpdict shows their values, and has -key.",
	.subject = { .kind = SUBJECT_COLLECTION },
	.examples = dictionary_examples,
	.needs = NEEDS_HEAP,
	.run = dictionary_run,
};

static const char *const queue_aliases[] = { "dcq", NULL };
static const char *const queue_examples[] = {
	"dumpconcurrentqueue Demo.Collections.Concurrents.Queue", NULL
};
const struct command command_dumpconcurrentqueue = {
	.name = "dumpconcurrentqueue",
	.aliases = queue_aliases,
	.summary = "show the items of a ConcurrentQueue, the oldest first, as SOS does",
	.description =
		"Objects and structs are given as the command that shows them; only what is in the queue, not what its slots once held. dumpcollection shows the values.",
	.subject = { .kind = SUBJECT_COLLECTION },
	.examples = queue_examples,
	.needs = NEEDS_HEAP,
	.run = queue_run,
};
