/* dumprequests: the HTTP requests that ASP.NET Core is answering. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/received_requests.h"

static int width_for(int width, const char *text)
{
	int length = text ? (int)strlen(text) : 0;
	return length > width ? length : width;
}

static void print(struct output *out, const struct received_requests *requests)
{
	struct column columns[] = {
		{ "address", "Address", CELL_ADDRESS, -12 },
		{ "method", "Method", CELL_TEXT, 0 },
		{ "scheme", "Scheme", CELL_TEXT, 0 },
		{ "url", "Url", CELL_TEXT, 0 },
	};
	int method = 6, scheme = 6;
	for (size_t i = 0; i < requests->count; i++) {
		method = width_for(method, requests->list[i].method);
		scheme = width_for(scheme, requests->list[i].scheme);
	}
	columns[1].width = -method;
	columns[2].width = -scheme;
	output_table_begin(out, "requests", columns, COUNT_OF(columns), requests->count != 0);
	for (size_t i = 0; i < requests->count && !output_broken(out); i++) {
		output_row_begin(out);
		output_address(out, requests->list[i].address);
		output_text_or(out, requests->list[i].method, "<unreadable>");
		output_text_or(out, requests->list[i].scheme, "<unreadable>");
		output_text_or(out, requests->list[i].url, "<unreadable>");
		output_row_end(out);
	}
	output_table_end(out);
	if (requests->count)
		output_line(out, "Found %zu active requests", requests->count);
	else
		output_line(out, question_is_whole(requests->question)
					 ? "No requests found"
					 : "No requests found in what could be read");
}

static struct error *dumprequests_run(struct command_call *call)
{
	CLEANUP(received_requests_deinit)
	struct received_requests requests = { .question = &call->question };
	TRY(received_requests_read(&requests));
	print(call->out, &requests);
	return NULL;
}

static const char *const examples[] = { "dumprequests", NULL };
const struct command command_dumprequests = {
	.name = "dumprequests",
	.summary = "list the HTTP requests that ASP.NET Core is answering",
	.description =
		"The contexts that belong to a connection. A connection keeps its context between requests: one that is idle shows its last request. Requests that the process sent: dumphttp.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumprequests_run,
};
