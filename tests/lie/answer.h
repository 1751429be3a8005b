/* The answer to a line, as JSON, and whether that of a dump with something hidden is honest. */
#ifndef TESTS_LIE_ANSWER_H
#define TESTS_LIE_ANSWER_H

#include "base/error.h"

#include <stddef.h>

struct session;

struct answer {
	char *json; /* its data: up to its notes */
	char *rest; /* its notes, coverage and status */
	bool incomplete, check_false, failed;
	enum error_code code; /* of what failed */
	char *message;
};

/* Runs the line. The texts live until answer_deinit(). */
void answer_ask(struct session *session, const char *line, struct answer *ret);
void answer_deinit(struct answer *answer);

enum verdict {
	SAME,       /* the whole dump's */
	INCOMPLETE, /* it says that it is */
	FAILED,     /* with a sentence */
	LISTED,     /* it is about the memory that there is: less is less */
	LIE,        /* neither */
	FALSE_ALARM /* nothing that was asked for is hidden, and it is another, or says so */
};

/* Of an answer that asked for what is hidden; and of one that did not. */
enum verdict answer_judge(const struct answer *whole, const struct answer *less);
enum verdict answer_judge_unasked(const struct answer *whole, const struct answer *less);

/* The first difference of two answers, as two lines. */
void answer_difference(const struct answer *whole, const struct answer *less, char *to,
		       size_t size);

#endif
