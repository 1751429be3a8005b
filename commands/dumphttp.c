/* dumphttp: the requests that the process sent by HttpClient. */
#include "commands/command.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/shared/web_strings.h"
#include "heap/tasks/members.h"
#include "inspect/heap_filter.h"
#include "inspect/line_count.h"
#include "inspect/type_bytes.h"

#include <inttypes.h>

enum message { NO_MESSAGE, REQUEST, RESPONSE };

struct request {
	uint64_t address, method_table;
	const char *method, *uri; /* NULL: unreadable */
	int status;               /* of its response; 0: none was found */
	size_t order;
};

struct requests {
	struct command_call *call;
	const char *uri;
	uint64_t status; /* UINT64_MAX: any */
	bool pending, completed;
	struct type_bytes messages; /* enum message plus one */
	struct request *list;
	size_t count, capacity;
};

static void requests_cleanup(struct requests *requests)
{
	type_bytes_deinit(&requests->messages);
	free(requests->list);
}

static struct error *message_of(struct requests *requests, uint32_t index, enum message *ret)
{
	struct heap *heap = requests->call->question.heap;
	uint8_t *known;
	TRY(type_byte(&requests->messages, index, &known));
	if (!*known) {
		const struct type *type = type_by_index(heap, index);
		*known = 1 + (type_is(heap, type, "System.Net.Http.HttpRequestMessage") ? REQUEST
			      : type_is(heap, type, "System.Net.Http.HttpResponseMessage")
				      ? RESPONSE
				      : NO_MESSAGE);
	}
	*ret = (enum message)(*known - 1);
	return NULL;
}

static struct error *add(struct requests *requests, uint64_t address, int status)
{
	TRY(LIST_GROW(requests->list, requests->count, requests->capacity));
	requests->list[requests->count] =
		(struct request){ .address = address, .status = status, .order = requests->count };
	requests->count++;
	return NULL;
}

static struct error *take(struct requests *requests, const struct gc_object *object)
{
	struct heap *heap = requests->call->question.heap;
	enum message message;
	uint64_t request, status;
	bool read;
	TRY(message_of(requests, object->type, &message));
	if (message == REQUEST)
		return add(requests, object->address, 0);
	if (message != RESPONSE)
		return NULL;
	TRY(member_object(heap, object->address, "_requestMessage", &request));
	TRY(member_number(heap, object->address, "_statusCode", &status, &read));
	if (!read)
		question_missing(&requests->call->question, 0,
				 "responses without a readable _statusCode");
	return request && read ? add(requests, request, (int)status) : NULL;
}

static struct error *visit(const struct gc_object *object, void *context)
{
	return object->is_free ? NULL : take(context, object);
}

/* A request with its response before the same one met by itself; else as they were met. */
static int by_address(const void *left, const void *right)
{
	const struct request *a = left, *b = right;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (!a->status != !b->status)
		return a->status ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* SOS's order: those with a response first. */
static int by_order(const void *left, const void *right)
{
	const struct request *a = left, *b = right;
	if (!a->status != !b->status)
		return a->status ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static struct error *read_request(struct command_call *call, struct request *request)
{
	static const char *const method_names[] = { "_method", NULL };
	static const char *const uri_names[] = { "_string", NULL };
	uint64_t method, uri;
	const struct type *type;
	TRY(member_object(call->question.heap, request->address, "_method", &method));
	TRY(member_object(call->question.heap, request->address, "_requestUri", &uri));
	TRY(member_type(call->question.heap, request->address, &type));
	request->method_table = type ? type->handle : 0;
	TRY(web_string(call, method, method_names, &request->method));
	return web_string(call, uri, uri_names, &request->uri);
}

static bool is_wanted(const struct requests *requests, const struct request *request)
{
	if (requests->pending != requests->completed && requests->pending != (request->status == 0))
		return false;
	if (requests->status != UINT64_MAX && requests->status != (uint64_t)request->status)
		return false;
	return !requests->uri || (request->uri && strstr(request->uri, requests->uri));
}

/* Each request once; those that are wanted, in SOS's order. */
static struct error *select_requests(struct requests *requests)
{
	uint64_t last = 0;
	size_t kept = 0;
	if (!requests->count)
		return NULL;
	qsort(requests->list, requests->count, sizeof(*requests->list), by_address);
	for (size_t i = 0; i < requests->count; i++) {
		struct request request = requests->list[i];
		if (request.address == last)
			continue;
		last = request.address;
		TRY(task_check(requests->call->question.task, "reading requests"));
		TRY(read_request(requests->call, &request));
		if (is_wanted(requests, &request))
			requests->list[kept++] = request;
	}
	requests->count = kept;
	qsort(requests->list, kept, sizeof(*requests->list), by_order);
	return NULL;
}

static void status_cell(struct output *out, int status)
{
	if (status)
		output_signed(out, status);
	else
		output_nothing(out, "");
}

static void total_print(const struct requests *requests)
{
	static const struct column total[] = { { "total", IN_WORDS, CELL_INTEGER, 0 } };
	struct output *out = requests->call->out;
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, requests->count);
	output_sentence(out, "Total {total} requests");
	output_record_end(out);
}

static void list_print(const struct requests *requests)
{
	static const struct column columns[] = {
		{ "address", "Address", CELL_ADDRESS, 16 },
		{ "mt", "MethodTable", CELL_ADDRESS, 16 },
		{ "method", "Method", CELL_TEXT, -6 },
		{ "status_code", "StatusCode", CELL_INTEGER, 10 },
		{ "uri", "Uri", CELL_TEXT, 0 },
	};
	struct output *out = requests->call->out;
	output_table_begin(out, "requests", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < requests->count && !output_broken(out); i++) {
		const struct request *request = &requests->list[i];
		output_row_begin(out);
		output_address(out, request->address);
		output_address(out, request->method_table);
		web_string_print(out, request->method);
		status_cell(out, request->status);
		web_string_print(out, request->uri);
		output_row_end(out);
	}
	output_table_end(out);
	total_print(requests);
}

/* As Uri.Host: without user and port; "" when there is none. */
static const char *host_of(struct command_call *call, const char *uri)
{
	const char *start = uri ? strstr(uri, "://") : NULL;
	if (!start)
		return "";
	start += 3;
	size_t length = strcspn(start, "/?#");
	const char *at = memrchr(start, '@', length);
	if (at) {
		length -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	const char *bracket = *start == '[' ? memchr(start, ']', length) : NULL;
	const char *colon = memchr(start, ':', length);
	if (bracket)
		length = (size_t)(bracket + 1 - start);
	else if (colon)
		length = (size_t)(colon - start);
	return arena_copy_text(call->question.scratch, start, length);
}

static int most_first(const void *left, const void *right)
{
	const struct counted_line *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static struct error *count_all(const struct requests *requests, struct line_count *counts)
{
	struct arena *scratch = requests->call->question.scratch;
	for (size_t i = 0; i < requests->count; i++) {
		const struct request *request = &requests->list[i];
		TRY(task_check(requests->call->question.task, "counting the requests"));
		const char *host = host_of(requests->call, request->uri);
		const char *key = host ? arena_printf(scratch, "%s %d %s",
						      request->method ? request->method : "",
						      request->status, host)
				       : NULL;
		if (!key)
			return &error_no_memory;
		TRY(line_count_add(counts, key));
	}
	line_count_sort(counts);
	if (counts->count)
		qsort(counts->lines, counts->count, sizeof(*counts->lines), most_first);
	return NULL;
}

static struct error *summary_print(const struct requests *requests)
{
	static const struct column columns[] = {
		{ "count", "Count", CELL_COUNT, 14 },
		{ "method", "Method", CELL_TEXT, -6 },
		{ "status_code", "StatusCode", CELL_INTEGER, 10 },
		{ "host", "Host", CELL_TEXT, 0 },
	};
	CLEANUP(line_count_deinit) struct line_count counts = { 0 };
	struct output *out = requests->call->out;
	TRY(count_all(requests, &counts));
	output_line(out, "Statistics:");
	output_table_begin(out, "statistics", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < counts.count && !output_broken(out); i++) {
		/* A group looks like the first of its requests. */
		const struct request *request = &requests->list[counts.lines[i].order];
		output_row_begin(out);
		output_unsigned(out, counts.lines[i].count);
		web_string_print(out, request->method);
		status_cell(out, request->status);
		web_string_print(out, host_of(requests->call, request->uri));
		output_row_end(out);
	}
	output_table_end(out);
	total_print(requests);
	return NULL;
}

static struct error *collect(struct requests *requests)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, &requests->call->question);
	struct error *error = heap_filter_walk(&filter, visit, requests);
	heap_filter_deinit(&filter);
	TRY(error);
	return select_requests(requests);
}

static struct error *dumphttp_run(struct command_call *call)
{
	const struct arguments *arguments = call->arguments;
	CLEANUP(requests_cleanup)
	struct requests requests = {
		.call = call,
		.uri = arguments_value(arguments, "-uri"),
		.status = UINT64_MAX,
		.pending = arguments_has(arguments, "-pending"),
		.completed = arguments_has(arguments, "-completed"),
	};
	TRY(arguments_number(arguments, "-statuscode", &requests.status));
	TRY(collect(&requests));
	if (arguments_has(arguments, "-stats"))
		return summary_print(&requests);
	list_print(&requests);
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
	.usage = "dumphttp [--stats] [--pending] [--completed] [--uri TEXT] [--statuscode NUMBER]",
	.description =
		"Every request and response message of the heap, also those that nobody refers "
		"to any more. A request without a response waits for it, was given up, or its "
		"response is gone already. Requests that the process receives: dumprequests.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumphttp_run,
};
