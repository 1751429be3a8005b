/*
 * A shipped dump from which one object, or its MethodTable, is hidden, as if the dump had been
 * written without it: whatever leads there says that it cannot be read, and marks which one it is.
 */
#include "attach/target/hiding_target.h"
#include "base/number_text.h"
#include "base/list.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"
#include "dump/core/core_target.h"
#include "tests/unit/tap.h"

static const char dump[] = "tests/dumps/sample-10.0-wks.core.zst";

enum { HEAD_BYTES = 16 }; /* of what is hidden: enough that it is not there */

struct answer {
	char *json;
	bool whole, failed;
};

static void answer_deinit(struct answer *answer)
{
	free(answer->json);
}

static void ask(struct session *session, const char *line, struct answer *ret)
{
	struct arena scratch;
	size_t size = 0;
	FILE *stream = open_memstream(&ret->json, &size);
	struct output *out = output_new(OUTPUT_JSON, stream);
	struct command_runner runner = { session, out, &scratch, NULL };
	struct command_outcome outcome;
	arena_init(&scratch);
	command_run_line(&runner, line, &outcome);
	ret->failed = outcome.error != NULL;
	ret->whole = !ret->failed && !outcome.incomplete;
	error_free(outcome.error);
	output_free(out);
	fclose(stream);
	arena_deinit(&scratch);
}

static struct error *ask_without(struct target *core, const struct hidden_range *hidden,
				 size_t count, const char *line, struct answer *ret)
{
	struct target *target;
	struct session *session = session_new();
	struct error *error = hiding_target_new(core, hidden, count, &target);
	if (!error)
		error = session_open(session, target, "sample", NULL, NULL);
	if (!error)
		ask(session, line, ret);
	session_free(session);
	return error;
}

/* The address in an answer's member; 0: it has none. */
static uint64_t address_of(const struct answer *answer, const char *member)
{
	char name[32], digits[20] = "";
	uint64_t address = 0;
	snprintf(name, sizeof(name), "\"%s\":\"", member);
	const char *at = answer->json ? strstr(answer->json, name) : NULL;
	if (at)
		snprintf(digits, sizeof(digits), "%.14s", at + strlen(name));
	error_free(parse_address(digits, &address));
	return address;
}

struct hidden_case {
	const char *line;     /* what is asked */
	const char *expected; /* is in the answer */
	bool fails;           /* it is an error; else it is not whole */
};

/* Hides the object that a path leads to, or its MethodTable (member "mt"). */
static void hide(const char *path, const char *member, const struct hidden_case *cases,
		 size_t count)
{
	char line[128];
	struct target *core;
	CLEANUP(answer_deinit) struct answer place = { 0 };
	CHECK_OK(core_target_open(dump, NULL, &core));
	snprintf(line, sizeof(line), "do %s", path);
	CHECK_OK(ask_without(core, NULL, 0, line, &place));
	struct hidden_range hidden = { .start = address_of(&place, member) };
	REQUIRE(hidden.start);
	hidden.end = hidden.start + HEAD_BYTES;
	for (size_t i = 0; i < count; i++) {
		CLEANUP(answer_deinit) struct answer answer = { 0 }, whole = { 0 };
		CHECK_OK(ask_without(core, NULL, 0, cases[i].line, &whole));
		CHECK(whole.whole);
		CHECK_OK(ask_without(core, &hidden, 1, cases[i].line, &answer));
		bool as_expected = !answer.whole && answer.failed == cases[i].fails &&
				   answer.json && strstr(answer.json, cases[i].expected);
		if (!as_expected)
			printf("# %s: %.400s\n", cases[i].line, answer.json ? answer.json : "");
		CHECK(as_expected);
	}
	target_close(core);
}

#define UNREADABLE "it, or its type, is not in the dump"

TEST(a_collection)
{
	static const struct hidden_case cases[] = {
		{ "dumpcollection Gateway.Instance._history", UNREADABLE, true },
		{ "get Gateway.Instance._history.Count", UNREADABLE, true },
		{ "get Gateway.Instance._history[1].Name", UNREADABLE, true },
		{ "get Gateway.Instance._history", "<unreadable>", false },
		{ "do Gateway.Instance", "the object at ", false },
		{ "do Gateway.Instance._history", "not in the dump", true },
		{ "dumpobjgcrefs Gateway.Instance", "the object at ", false },
		{ "listnearobj Gateway.Instance._history", UNREADABLE, false },
		{ "verifyobj Gateway.Instance._history", "could not be read", false },
	};
	hide("Gateway.Instance._history", "address", cases, COUNT_OF(cases));
}

TEST(the_type_of_a_collection)
{
	static const struct hidden_case cases[] = {
		{ "dumpcollection Gateway.Instance._history", UNREADABLE, true },
		{ "get Gateway.Instance._history.Count", UNREADABLE, true },
		{ "get Gateway.Instance._history", "<unreadable>", false },
		{ "do Gateway.Instance", "the object at ", false },
		{ "do Gateway.Instance._history", "its MethodTable", true },
		{ "dumpobjgcrefs Gateway.Instance", "the object at ", false },
		{ "listnearobj Gateway.Instance._history", UNREADABLE, false },
	};
	hide("Gateway.Instance._history", "mt", cases, COUNT_OF(cases));
}

TEST(the_array_of_a_collection)
{
	static const struct hidden_case cases[] = {
		{ "dumpcollection Gateway.Instance._history", UNREADABLE, true },
		{ "get Gateway.Instance._history[0].Name", UNREADABLE, true },
		{ "dumparray Gateway.Instance._history._items", "not in the dump", true },
	};
	hide("Gateway.Instance._history._items", "address", cases, COUNT_OF(cases));
}

TEST(an_element)
{
	static const struct hidden_case cases[] = {
		{ "dumpcollection Gateway.Instance._history", "<unreadable>", false },
		{ "dumparray Gateway.Instance._history._items", "<unreadable>", false },
		{ "dumparray -details Gateway.Instance._history._items", "<unreadable>", false },
		{ "dumpdict Gateway.Instance._policies", "<unreadable>", false },
		{ "get Gateway.Instance._history[1]", "<unreadable>", false },
		{ "get Gateway.Instance._history[1].Name", UNREADABLE, true },
	};
	hide("Gateway.Instance._history[1]", "address", cases, COUNT_OF(cases));
}

TEST(a_key)
{
	static const struct hidden_case cases[] = {
		{ "dumpdict Gateway.Instance._policies", "<unreadable>", false },
		{ "dumpdict -key payments Gateway.Instance._policies", "1 of the 4 keys cannot be",
		  true },
		{ "get Gateway.Instance._policies[\"payments\"].Name", "1 of the 4 keys cannot be",
		  true },
	};
	hide("Gateway.Instance._policies._entries[1].key", "address", cases, COUNT_OF(cases));
}

TEST(a_node_of_a_chain)
{
	static const struct hidden_case cases[] = {
		{ "dumpcollection Demo.Collections.Concurrents.Stack", UNREADABLE, false },
		{ "get Demo.Collections.Concurrents.Stack.Count", "cannot be counted", true },
	};
	hide("Demo.Collections.Concurrents.Stack._head._next", "address", cases, COUNT_OF(cases));
}

TEST(a_task)
{
	static const struct hidden_case cases[] = {
		{ "taskstate Demo.Running.Asyncs.Pending", "cannot read an object", true },
	};
	hide("Demo.Running.Asyncs.Pending", "address", cases, COUNT_OF(cases));
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_collection),
	CASE_ONCE(the_type_of_a_collection),
	CASE_ONCE(the_array_of_a_collection),
	CASE_ONCE(an_element),
	CASE_ONCE(a_key),
	CASE_ONCE(a_node_of_a_chain),
	CASE_ONCE(a_task),
};
TAP_MAIN(cases)
