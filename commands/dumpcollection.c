/* dumpcollection: the elements of any collection. */
#include "commands/command.h"

#include "commands/shared/collection_rows.h"

static struct error *dumpcollection_run(struct command_call *call)
{
	uint64_t start = 0, length = UINT64_MAX;
	struct collection_view view;
	TRY(arguments_number(call->arguments, "-start", &start));
	TRY(arguments_number(call->arguments, "-length", &length));
	TRY(collection_view_open(call, &view));
	TRY(collection_view_header(call, &view));
	return collection_view_rows(call, &view, "elements", start, length);
}

static const struct option options[] = {
	{ "-start", "N", "from the Nth element on, counted from 0", NULL },
	{ "-length", "N", "at most N elements", NULL },
	{ 0 },
};
static const char *const examples[] = {
	"dumpcollection Gateway.Instance._history",
	"dumpcollection -length 3 Concurrents.Queue",
	"dumpcollection Immutables.Array",
	NULL,
};

const struct command command_dumpcollection = {
	.name = "dumpcollection",
	.summary = "show the elements of a collection",
	.description =
		"In the order in which the program enumerates them, of List, Queue, Stack, LinkedList, PriorityQueue, of the immutable, concurrent and read-only ones, of arrays, and of whatever dumpdict takes.\n"
		"Values that are objects show their address, for do. In place of an address: a path as get takes it.",
	.options = options,
	.subject = { .kind = SUBJECT_COLLECTION },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpcollection_run,
};
