/* Strings in fields of objects, for sent_requests and received_requests. */
#ifndef INSPECT_WEB_STRING_H
#define INSPECT_WEB_STRING_H

#include "inspect/question.h"

/* The string in the first of these fields that the object has, as UTF-8 in scratch; names end with
 * NULL. "" for null; *ret NULL: it cannot be read (counted with question_missing()). */
MUST_CHECK struct error *web_string(const struct question *question, uint64_t object,
				    const char *const *names, const char **ret);

#endif
