/* The requests that the process sent by HttpClient: the messages of the heap. */
#ifndef INSPECT_SENT_REQUESTS_H
#define INSPECT_SENT_REQUESTS_H

#include "inspect/line_count.h"
#include "inspect/question.h"
#include "inspect/type_bytes.h"

struct sent_request {
	uint64_t address, method_table;
	const char *method, *uri; /* in the question's scratch arena; NULL: unreadable */
	int status;               /* of its response; 0: none was found */
	size_t order;
};

struct sent_requests {
	const struct question *question; /* borrowed */
	struct {
		const char *uri;         /* what the URI contains; NULL: anything */
		uint64_t status;         /* UINT64_MAX: any */
		bool pending, completed; /* neither or both: all */
	} wanted;
	struct sent_request *list; /* those that are wanted: with a response first */
	size_t count, capacity;
	struct type_bytes messages; /* what a type is */
};

void sent_requests_deinit(struct sent_requests *requests);
/* Begins with question and wanted; the rest zeroed. What cannot be read of a request is counted
 * with question_missing(). */
MUST_CHECK struct error *sent_requests_read(struct sent_requests *requests);

/* As Uri.Host: without user and port; "" when there is none. In the question's scratch arena; NULL:
 * memory ran out. */
const char *sent_request_host(const struct question *question, const char *uri);

/* How many there are of each method, status and host, the most first: the `order` of a line is the
 * place in the list of the first of its requests. */
MUST_CHECK struct error *sent_requests_count(const struct sent_requests *requests,
					     struct line_count *counts);

#endif
