#include "inspect/sent_requests.h"

#include "base/list.h"
#include "base/sort.h"
#include "heap/tasks/members.h"
#include "inspect/heap_filter.h"
#include "inspect/web_string.h"

enum message { NOT_ASKED, NO_MESSAGE, REQUEST, RESPONSE }; /* as in requests->messages */

void sent_requests_deinit(struct sent_requests *requests)
{
	type_bytes_deinit(&requests->messages);
	free(requests->list);
}

static uint8_t message_of(struct heap *heap, const struct type *type)
{
	if (type_is(heap, type, "System.Net.Http.HttpRequestMessage"))
		return REQUEST;
	return type_is(heap, type, "System.Net.Http.HttpResponseMessage") ? RESPONSE : NO_MESSAGE;
}

static struct error *is_message(void *context, const struct type *type, bool *ret)
{
	const struct sent_requests *requests = context;
	*ret = message_of(requests->question->heap, type) != NO_MESSAGE;
	return NULL;
}

static struct error *add(struct sent_requests *requests, uint64_t address, int status)
{
	TRY(LIST_GROW(requests->list, requests->count, requests->capacity));
	requests->list[requests->count] = (struct sent_request){ .address = address,
								 .status = status,
								 .order = requests->count };
	requests->count++;
	return NULL;
}

static struct error *take(struct sent_requests *requests, const struct gc_object *object)
{
	struct heap *heap = requests->question->heap;
	uint8_t message;
	uint64_t request, status;
	bool read;
	TRY(type_byte_asked(&requests->messages, heap, object->type, message_of, &message));
	if (message == REQUEST)
		return add(requests, object->address, 0);
	if (message != RESPONSE)
		return NULL;
	TRY(member_object(heap, object->address, "_requestMessage", &request));
	TRY(member_number(heap, object->address, "_statusCode", &status, &read));
	if (!read)
		question_missing(requests->question, 0, "responses without a readable _statusCode");
	return request && read ? add(requests, request, (int)status) : NULL;
}

static struct error *sent_requests_visit(const struct gc_object *object, void *context)
{
	return take(context, object);
}

/* A request with its response before the same one met by itself; else as they were met. */
static int by_address(const void *left, const void *right, void *context)
{
	const struct sent_request *a = left, *b = right;
	(void)context;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (!a->status != !b->status)
		return a->status ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* SOS's order: those with a response first. */
static int by_order(const void *left, const void *right, void *context)
{
	const struct sent_request *a = left, *b = right;
	(void)context;
	if (!a->status != !b->status)
		return a->status ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static struct error *read_request(const struct question *question, struct sent_request *request)
{
	static const char *const method_names[] = { "_method", NULL };
	static const char *const uri_names[] = { "_string", NULL };
	uint64_t method, uri;
	const struct type *type;
	TRY(member_object(question->heap, request->address, "_method", &method));
	TRY(member_object(question->heap, request->address, "_requestUri", &uri));
	TRY(object_type(question->heap, request->address, &type));
	request->method_table = type ? type->handle : 0;
	TRY(web_string(question, method, method_names, &request->method));
	return web_string(question, uri, uri_names, &request->uri);
}

static bool is_wanted(const struct sent_requests *requests, const struct sent_request *request)
{
	if (requests->wanted.pending != requests->wanted.completed &&
	    requests->wanted.pending != (request->status == 0))
		return false;
	if (requests->wanted.status != UINT64_MAX &&
	    requests->wanted.status != (uint64_t)request->status)
		return false;
	return !requests->wanted.uri ||
	       (request->uri && strstr(request->uri, requests->wanted.uri));
}

static const char reading[] = "reading requests";

/* Each request once; those that are wanted, in SOS's order. */
static struct error *select_requests(struct sent_requests *requests)
{
	uint64_t last = 0;
	size_t kept = 0;
	const struct task *task = requests->question->task;
	TRY(sort_items(requests->list, requests->count, sizeof(*requests->list), by_address, NULL,
		       task, reading));
	for (size_t i = 0; i < requests->count; i++) {
		struct sent_request request = requests->list[i];
		if (request.address == last)
			continue;
		last = request.address;
		TRY(task_check(task, reading));
		TRY(read_request(requests->question, &request));
		if (is_wanted(requests, &request))
			requests->list[kept++] = request;
	}
	requests->count = kept;
	return sort_items(requests->list, kept, sizeof(*requests->list), by_order, NULL, task,
			  reading);
}

const char *sent_request_host(const struct question *question, const char *uri)
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
	return arena_copy_text(question->scratch, start, length);
}

static int most_first(const void *left, const void *right, void *context)
{
	const struct counted_line *a = left, *b = right;
	(void)context;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

struct error *sent_requests_count(const struct sent_requests *requests, struct line_count *counts)
{
	struct arena *scratch = requests->question->scratch;
	for (size_t i = 0; i < requests->count; i++) {
		const struct sent_request *request = &requests->list[i];
		TRY(task_check(requests->question->task, "counting the requests"));
		const char *host = sent_request_host(requests->question, request->uri);
		const char *key = host ? arena_printf(scratch, "%s %d %s",
						      request->method ? request->method : "",
						      request->status, host)
				       : NULL;
		if (!key)
			return &error_no_memory;
		TRY(line_count_add(counts, key));
	}
	TRY(line_count_sort(counts, requests->question->task));
	return sort_items(counts->lines, counts->count, sizeof(*counts->lines), most_first, NULL,
			  requests->question->task, reading);
}

struct error *sent_requests_read(struct sent_requests *requests)
{
	struct heap_filter filter;
	heap_filter_init_all(&filter, requests->question);
	filter.wants = is_message;
	filter.wants_context = requests;
	struct error *error = heap_filter_walk(&filter, sent_requests_visit, requests);
	heap_filter_deinit(&filter);
	TRY(error);
	return select_requests(requests);
}
