/* What a session may take of memory. */
#include "base/memory_budget.h"
#include "base/thread.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"
#include "dump/core/core_target.h"
#include "tests/unit/tap.h"

#include <errno.h>

enum { MIB = 1024 * 1024 };

TEST(what_is_taken_is_given_back)
{
	struct memory_budget budget;
	memory_budget_init(&budget, 100, "a test");
	CHECK_OK(memory_budget_take(&budget, 60, "a thing"));
	CHECK_NUMBER(memory_budget_left(&budget), 40);
	CHECK(!memory_budget_try(&budget, 41));
	CHECK(memory_budget_try(&budget, 40));
	CHECK(memory_budget_try(&budget, 0));
	CHECK(!memory_budget_try(&budget, 1));
	memory_budget_give(&budget, 60);
	CHECK_NUMBER(memory_budget_left(&budget), 60);
	CHECK(!memory_budget_try(&budget, UINT64_MAX));
	CHECK_OK(memory_budget_take(&budget, 60, "a thing"));
}

TEST(a_refusal_says_what_was_asked)
{
	struct memory_budget budget;
	memory_budget_init(&budget, 100 * MIB, "a limit");
	CHECK_OK(memory_budget_take(&budget, 90 * MIB, "a thing"));
	CHECK_FAILS(memory_budget_take(&budget, 20 * MIB, "the rest of a thing"), ERROR_NO_MEMORY,
		    "the rest of a thing would take 20.0 MiB more, and of the 100.0 MiB that a "
		    "limit leaves to clrpod 10.0 MiB are free");
	CHECK_NUMBER(memory_budget_left(&budget), 10 * MIB);
}

TEST(it_can_be_narrowed)
{
	struct memory_budget budget;
	memory_budget_init(&budget, 100 * MIB, "this machine");
	CHECK_OK(memory_budget_take(&budget, 50 * MIB, "a thing"));
	memory_budget_narrow(&budget, 200 * MIB, "a wide one");
	CHECK_NUMBER(memory_budget_left(&budget), 50 * MIB);
	memory_budget_narrow(&budget, 40 * MIB, "a narrow one");
	CHECK_NUMBER(memory_budget_left(&budget), 0);
	CHECK_FAILS(memory_budget_take(&budget, MIB, "a thing"), ERROR_NO_MEMORY,
		    "the 40.0 MiB that a narrow one leaves");
	memory_budget_give(&budget, 50 * MIB);
	CHECK_NUMBER(memory_budget_left(&budget), 40 * MIB);
}

TEST(no_budget_has_no_limit)
{
	CHECK_NUMBER(memory_budget_left(NULL), UINT64_MAX);
	CHECK_OK(memory_budget_take(NULL, UINT64_MAX, "a thing"));
	memory_budget_give(NULL, UINT64_MAX);
}

enum { THREADS = 4, ROUNDS = 20000, PIECE = 30, ROOM = 100 };

static void *take_and_give(void *context)
{
	struct memory_budget *budget = context;
	uintptr_t over = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!memory_budget_try(budget, PIECE))
			continue;
		over += atomic_load(&budget->taken_bytes) > ROOM;
		memory_budget_give(budget, PIECE);
	}
	return (void *)over;
}

TEST(threads_never_take_more_than_there_is)
{
	struct memory_budget budget;
	pthread_t threads[THREADS];
	void *over;
	memory_budget_init(&budget, ROOM, "a test");
	for (unsigned i = 0; i < THREADS; i++)
		REQUIRE(!thread_start(&threads[i], take_and_give, &budget));
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &over);
		CHECK(!over);
	}
	CHECK_NUMBER(memory_budget_left(&budget), ROOM);
}

/* A command that needs more than there is says so in the words of the budget. */
TEST(a_command_is_refused)
{
	struct target *core;
	struct arena scratch;
	struct memory_budget budget;
	struct command_outcome outcome;
	char *text = NULL;
	size_t size = 0;
	struct error *error = core_target_open("tests/dumps/small-conserve.core.zst", NULL, &core);
	if (error && error->os_errno == ENOENT) {
		error_free(error);
		SKIP("the sample dumps are not here");
	}
	CHECK_OK(error);
	struct session *session = session_new();
	CHECK_OK(session_open(session, core, "sample", NULL, NULL));
	memory_budget_init(&budget, 65 * 1024, "a test");
	session_set_budget(session, &budget);
	arena_init(&scratch);
	scratch.budget = &budget;
	FILE *stream = open_memstream(&text, &size);
	struct output *out = output_new(OUTPUT_JSON, stream);
	struct command_runner runner = { session, out, &scratch, NULL };
	command_run_line(&runner, "dumpexceptions", &outcome);
	CHECK_FAILS(outcome.error, ERROR_NO_MEMORY, "dumpexceptions would take ");
	output_free(out);
	fclose(stream);
	free(text);
	arena_deinit(&scratch);
	session_free(session);
	CHECK_NUMBER(memory_budget_taken(&budget), 0);
}

static const struct tap_case cases[] = {
	CASE(what_is_taken_is_given_back), CASE(a_refusal_says_what_was_asked),
	CASE(it_can_be_narrowed),          CASE(no_budget_has_no_limit),
	CASE_ONCE(a_command_is_refused),   CASE_ONCE(threads_never_take_more_than_there_is),
};
TAP_MAIN(cases)
