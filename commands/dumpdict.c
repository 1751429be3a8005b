/* dumpdict: the keys and values of a dictionary, or the elements of a set. */
#include "commands/command.h"

#include "commands/shared/collection_rows.h"
#include "inspect/path/key.h"

#include <inttypes.h>

static const char entries[] = "entries";

static struct error *check_kind(struct command_call *call, const struct collection_view *view)
{
	if (view->collection.kind != COLLECTION_SEQUENCE)
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "%012" PRIx64 " is a %s, which has no keys: dumpcollection %012" PRIx64
			 " shows its "
			 "elements",
			 view->address, type_name(call->question.heap, view->value.type, NULL),
			 view->address);
}

static struct error *show_key(struct command_call *call, struct collection_view *view,
			      const char *text)
{
	struct path_key wanted;
	struct key_match match;
	TRY(path_key_of_text(text, call->question.scratch, &wanted));
	TRY(collection_find_key(&view->collection, &wanted, call->question.task, &match));
	if (!match.found && view->collection.damage)
		return error_fault(view->address,
				   "the key \"%s\" is not among the first %" PRIu64
				   " elements, after which it could not be read further: %s",
				   text, match.searched, view->collection.damage);
	if (!match.found)
		return collection_no_such_key(call->question.heap, &view->value, &wanted, &match,
					      call->question.task);
	TRY(collection_view_header(call, view));
	return collection_view_row(call, view, entries, match.index, &match.key, &match.value);
}

static struct error *dumpdict_run(struct command_call *call)
{
	uint64_t start = 0, length = UINT64_MAX;
	struct collection_view view;
	const char *key = arguments_value(call->arguments, "-key");
	TRY(arguments_number(call->arguments, "-start", &start));
	TRY(arguments_number(call->arguments, "-length", &length));
	TRY(collection_view_open(call, &view));
	TRY(check_kind(call, &view));
	if (key)
		return show_key(call, &view, key);
	TRY(collection_view_header(call, &view));
	return collection_view_rows(call, &view, entries, start, length);
}

static const struct option options[] = {
	{ "-key", "VALUE", "only the entry with this key", NULL },
	{ "-start", "N", "from the Nth entry on, counted from 0", NULL },
	{ "-length", "N", "at most N entries", NULL },
	{ 0 },
};
static const char *const examples[] = {
	"dumpdict Gateway.Instance._policies",
	"dumpdict -key payments Gateway.Instance._policies",
	"dumpdict -start 10 -length 5 Dictionaries.Names",
	"dumpdict Sets.Texts",
	NULL,
};

const struct command command_dumpdict = {
	.name = "dumpdict",
	.summary = "show the entries of a dictionary or set",
	.description =
		"Live entries only, in the order in which the program enumerates them: of Dictionary, ConcurrentDictionary, SortedDictionary, SortedList, HashSet, SortedSet, Hashtable, of the immutable, frozen and read-only ones.\n"
		"-key takes a string's content, a number, an enum's name, a Guid, (a, tuple) or {Name: value} as they are shown; the case must be right.\n"
		"Values that are objects show their address, for do. In place of an address: a path as get takes it.",
	.options = options,
	.subject = { .kind = SUBJECT_COLLECTION },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpdict_run,
};
