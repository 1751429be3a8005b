#include "tests/lie/answer.h"

#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"

#include <stdlib.h>

/* Where the data end and the notes begin. */
static char *rest_of(char *json)
{
	char *end = NULL;
	for (char *at = json; (at = strstr(at, ",\"notes\":")); at++)
		end = at;
	if (end)
		*end++ = '\0';
	return end;
}

void answer_ask(struct session *session, const char *line, struct answer *ret)
{
	struct arena scratch;
	size_t size = 0;
	*ret = (struct answer){ 0 };
	FILE *stream = open_memstream(&ret->json, &size);
	struct output *out = output_new(OUTPUT_JSON, stream);
	struct command_runner runner = { session, out, &scratch, NULL };
	struct command_outcome outcome;
	arena_init(&scratch);
	command_run_line(&runner, line, &outcome);
	ret->incomplete = outcome.incomplete;
	ret->check_false = outcome.check_false;
	ret->failed = outcome.error != NULL;
	if (outcome.error) {
		ret->code = outcome.error->code;
		ret->message = strdup(outcome.error->message);
	}
	error_free(outcome.error);
	output_free(out);
	fclose(stream);
	arena_deinit(&scratch);
	ret->rest = rest_of(ret->json);
}

void answer_deinit(struct answer *answer)
{
	free(answer->json);
	free(answer->message);
	*answer = (struct answer){ 0 };
}

static bool same_data(const struct answer *one, const struct answer *other)
{
	return !strcmp(one->json, other->json);
}

/* The caller's words cannot be wrong that were right before. */
static bool fails_honestly(const struct answer *less)
{
	return less->incomplete || (less->code != ERROR_USAGE && less->code != ERROR_NOT_FOUND);
}

enum verdict answer_judge(const struct answer *whole, const struct answer *less)
{
	if (less->failed)
		return fails_honestly(less) ? FAILED : LIE;
	if (less->check_false && !whole->check_false)
		return LIE;
	if (less->incomplete)
		return INCOMPLETE;
	return same_data(whole, less) ? SAME : LIE;
}

enum verdict answer_judge_unasked(const struct answer *whole, const struct answer *less)
{
	bool same = same_data(whole, less) && !less->failed &&
		    less->check_false == whole->check_false && !strcmp(whole->rest, less->rest);
	return same ? SAME : FALSE_ALARM;
}

void answer_difference(const struct answer *whole, const struct answer *less, char *to, size_t size)
{
	enum { BEFORE = 80, SHOWN = 200 };
	const char *one = whole->json, *other = less->json;
	if (less->failed) {
		snprintf(to, size, "whole: %.*s\nless: %s", SHOWN, one, less->message);
		return;
	}
	if (same_data(whole, less)) {
		one = whole->rest;
		other = less->rest;
	}
	size_t at = 0;
	while (one[at] && one[at] == other[at])
		at++;
	at = at > BEFORE ? at - BEFORE : 0;
	snprintf(to, size, "whole: %.*s\nless:  %.*s", SHOWN, one + at, SHOWN, other + at);
}
