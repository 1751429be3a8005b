/*
 * The whole of a string, a char[] or a StringBuilder, by its parts: however long it is, no more
 * than one part is held.
 */
#ifndef INSPECT_STRING_CONTENT_H
#define INSPECT_STRING_CONTENT_H

#include "heap/types/type.h"
#include "inspect/question.h"

struct string_content;

/* Where the units of the object of this type are. The question is borrowed. ERROR_BAD_DATA when it
 * is none of the three, or its chunks do not end; ERROR_FAULT when they cannot be read. In any case
 * *ret is to be freed. */
MUST_CHECK struct error *string_content_new(const struct question *question, uint64_t object,
					    const struct type *type, struct string_content **ret);
void string_content_free(struct string_content *content); /* NULL is allowed */

uint64_t string_content_length(const struct string_content *content); /* units */

/* The next units, until the next call; 0: there are no more, or the rest cannot be read, or the
 * task was told to stop. A pair of surrogates is in one part. */
size_t string_content_next(struct string_content *content, const uint16_t **ret);

/* Counts what could not be read with question_missing(). ERROR_CANCELLED when the task was told to
 * stop. */
MUST_CHECK struct error *string_content_end(struct string_content *content);

#endif
