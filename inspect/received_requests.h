/* The HTTP requests that ASP.NET Core is answering: contexts that belong to a connection. */
#ifndef INSPECT_RECEIVED_REQUESTS_H
#define INSPECT_RECEIVED_REQUESTS_H

#include "inspect/question.h"

struct received_request {
	uint64_t address;
	const char *method, *scheme, *url; /* in the question's scratch arena; NULL: unreadable */
};

struct received_requests {
	const struct question *question; /* borrowed */
	struct received_request *list;   /* as they are met */
	size_t count, capacity;
};

void received_requests_deinit(struct received_requests *requests);
/* Begins with the question; the rest zeroed. What cannot be read of a request is counted with
 * question_missing(). */
MUST_CHECK struct error *received_requests_read(struct received_requests *requests);

#endif
