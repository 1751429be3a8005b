/* dumphttp: the requests that the process sent by HttpClient. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/sent_requests.h"

static void status_cell(struct output *out, int status)
{
	if (status)
		output_signed(out, status);
	else
		output_nothing(out, "");
}

static void total_print(struct output *out, const struct sent_requests *requests)
{
	static const struct column total[] = { { "total", IN_WORDS, CELL_INTEGER, 0 } };
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, requests->count);
	output_sentence(out, question_is_whole(requests->question)
				     ? "Total {total} requests"
				     : "Total {total} requests, of what could be read");
	output_record_end(out);
}

static void list_print(struct output *out, const struct sent_requests *requests)
{
	static const struct column columns[] = {
		{ "address", "Address", CELL_ADDRESS, 16 },
		{ "mt", "MethodTable", CELL_ADDRESS, 16 },
		{ "method", "Method", CELL_TEXT, -6 },
		{ "status_code", "StatusCode", CELL_INTEGER, 10 },
		{ "uri", "Uri", CELL_TEXT, 0 },
	};
	output_table_begin(out, "requests", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < requests->count && !output_broken(out); i++) {
		const struct sent_request *request = &requests->list[i];
		output_row_begin(out);
		output_address(out, request->address);
		output_address(out, request->method_table);
		output_text_or(out, request->method, "<unreadable>");
		status_cell(out, request->status);
		output_text_or(out, request->uri, "<unreadable>");
		output_row_end(out);
	}
	output_table_end(out);
	total_print(out, requests);
}

static struct error *summary_print(struct output *out, const struct sent_requests *requests)
{
	static const struct column columns[] = {
		{ "count", "Count", CELL_COUNT, 14 },
		{ "method", "Method", CELL_TEXT, -6 },
		{ "status_code", "StatusCode", CELL_INTEGER, 10 },
		{ "host", "Host", CELL_TEXT, 0 },
	};
	CLEANUP(line_count_deinit) struct line_count counts = { 0 };
	TRY(sent_requests_count(requests, &counts));
	output_line(out, "Statistics:");
	output_table_begin(out, "statistics", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < counts.count && !output_broken(out); i++) {
		/* A group looks like the first of its requests. */
		const struct sent_request *request = &requests->list[counts.lines[i].order];
		output_row_begin(out);
		output_unsigned(out, counts.lines[i].count);
		output_text_or(out, request->method, "<unreadable>");
		status_cell(out, request->status);
		output_text_or(out, sent_request_host(requests->question, request->uri),
			       "<unreadable>");
		output_row_end(out);
	}
	output_table_end(out);
	total_print(out, requests);
	return NULL;
}

static struct error *dumphttp_run(struct command_call *call)
{
	const struct arguments *arguments = call->arguments;
	CLEANUP(sent_requests_deinit)
	struct sent_requests requests = {
		.question = &call->question,
		.wanted = { .uri = arguments_value(arguments, "-uri"),
			    .status = UINT64_MAX,
			    .pending = arguments_has(arguments, "-pending"),
			    .completed = arguments_has(arguments, "-completed") },
	};
	TRY(arguments_number(arguments, "-statuscode", &requests.wanted.status));
	TRY(sent_requests_read(&requests));
	if (arguments_has(arguments, "-stats"))
		return summary_print(call->out, &requests);
	list_print(call->out, &requests);
	return NULL;
}

static const struct option options[] = {
	{ "-stats", NULL, "count requests by method, status and host", NULL },
	{ "-pending", NULL, "only requests without a response", NULL },
	{ "-completed", NULL, "only requests with a response", NULL },
	{ "-uri", "TEXT", "only requests whose URI contains TEXT", NULL },
	{ "-statuscode", "NUMBER", "only requests whose response has this status", NULL },
	{ 0 },
};
static const char *const examples[] = { "dumphttp", "dumphttp --stats", "dumphttp --pending",
					NULL };
const struct command command_dumphttp = {
	.name = "dumphttp",
	.summary = "list the HTTP requests that the process sent by HttpClient",
	.description =
		"Every request and response message of the heap, also those that nobody refers to any more. A request without a response waits for it, was given up, or its response is gone already. Requests that the process receives: dumprequests.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumphttp_run,
};
