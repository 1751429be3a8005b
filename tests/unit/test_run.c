/* Dispatch, the table of commands, and what remains of running a line. */
#include "base/list.h"
#include "commands/interpreter/absent.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/session.h"
#include "commands/interpreter/subject.h"
#include "commands/interpreter/usage.h"
#include "heap/gc/gc_heap.h"
#include "tests/unit/fake_runtime.h"
#include "tests/unit/tap.h"

TEST(the_table_is_sorted_and_names_are_one_command_each)
{
	for (const struct command *const *at = all_commands; *at; at++) {
		const struct command *command = *at;
		CHECK(!at[1] || strcmp(command->name, at[1]->name) < 0);
		CHECK(command_find(command->name) == command);
		CHECK(command->summary && *command->summary);
		CHECK(!command->usage || text_begins_with(command->usage, command->name));
		CHECK(command->examples && command->examples[0]);
		for (const char *const *alias = command->aliases; alias && *alias; alias++)
			CHECK(command_find(*alias) == command);
		for (const struct option *option = command->options; option && option->name;
		     option++)
			CHECK(option->name[0] == '-' && option->help && *option->help);
	}
	CHECK(command_find("HELP") == command_find("help"));
	CHECK(!command_find("") && !command_find("hel"));
	struct meant_name halp = { .wanted = "halp" }, none = { .wanted = "zzzzzz" };
	command_offer_names(&halp);
	CHECK_TEXT(halp.name, "help");
	command_offer_names(&none);
	CHECK(!none.name);
}

TEST(the_word_that_names_a_command)
{
	static const char *const lines[][2] = {
		{ "help", "help" },
		{ "  HELP x", "HELP" },
		{ "sos help -a", "help" },
		{ "ext  !help", "help" },
		{ "!help\n", "help" },
		{ "sosx", "sosx" },
		{ "sos", "" },
		{ "", "" },
		{ "!", "" },
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		size_t length;
		const char *word = command_word(lines[i][0], &length);
		CHECK(length == strlen(lines[i][1]) && !strncmp(word, lines[i][1], length));
		CHECK(!command_of_line(lines[i][0]) == !!strcasecmp(lines[i][1], "help"));
	}
}

struct scene {
	struct session *session;
	struct output *out;
	struct arena scratch;
	FILE *stream;
	char *bytes;
	size_t size;
	struct command_outcome outcome;
};

static void scene_cleanup(struct scene *scene)
{
	error_free(scene->outcome.error);
	output_free(scene->out);
	session_free(scene->session);
	arena_deinit(&scene->scratch);
	if (scene->stream)
		fclose(scene->stream);
	free(scene->bytes);
}

static bool scene_open(struct scene *scene)
{
	scene->stream = open_memstream(&scene->bytes, &scene->size);
	scene->out = scene->stream ? output_new(OUTPUT_JSON, scene->stream) : NULL;
	scene->session = session_new();
	return scene->out && scene->session;
}

static void run_for(struct scene *scene, const char *line, const struct task *task)
{
	struct command_runner runner = { .session = scene->session,
					 .out = scene->out,
					 .scratch = &scene->scratch,
					 .task = task };
	command_run_line(&runner, line, &scene->outcome);
}

static void run(struct scene *scene, const char *line)
{
	run_for(scene, line, NULL);
}

/* The error of a run, handed over. */
static struct error *take(struct scene *scene)
{
	struct error *error = scene->outcome.error;
	scene->outcome.error = NULL;
	return error;
}

#define SCENE(name)                                                                                \
	CLEANUP(scene_cleanup) struct scene name = { 0 };                                          \
	REQUIRE(scene_open(&(name)))

TEST(what_clrpod_has_not_of_SOS_is_told)
{
	CHECK(absent_command("clrstack") && absent_command("CLRStack") && absent_command("dso"));
	CHECK(!absent_command("") && !absent_command(" ") && !absent_command("clr"));
	CHECK(!absent_command("clrstack dumpstack") && !absent_command("clrstacks"));
	for (const struct command *const *at = all_commands; *at; at++)
		if (absent_command((*at)->name))
			printf("# %s is there and in absent.c\n", (*at)->name);
}

TEST(a_command_runs_and_answers)
{
	SCENE(scene);
	run(&scene, " sos Help exit ");
	CHECK_OK(take(&scene));
	CHECK(strstr(scene.bytes, "\"command\":\" sos Help exit \",\"data\":{\"name\":\"exit\""));
	CHECK(!session_exit_requested(scene.session));
	run(&scene, "exit");
	CHECK_OK(take(&scene));
	CHECK(session_exit_requested(scene.session));
}

/* In the order that they were given, quotes and blanks in them. */
TEST(a_command_runs_by_its_words)
{
	static const char *const help[] = { "help", "exit" }, *const none[] = { "help", "no \"e" };
	static const struct command_request good = { "LINE", help, 2 }, bad = { "LINE", none, 2 };
	static const char *const unknown[] = { "hepl" };
	SCENE(scene);
	struct command_runner runner = { scene.session, scene.out, &scene.scratch, NULL };
	CHECK_OK(command_check(&good, &scene.scratch));
	command_run(&runner, &good, &scene.outcome);
	CHECK_OK(take(&scene));
	CHECK(strstr(scene.bytes, "\"command\":\"LINE\",\"data\":{\"name\":\"exit\""));
	command_run(&runner, &bad, &scene.outcome);
	CHECK_FAILS(take(&scene), ERROR_USAGE, "there is no command no \"e: help lists them");
	CHECK_FAILS(command_check(&(struct command_request){ "", unknown, 1 }, &scene.scratch),
		    ERROR_USAGE, "there is no command hepl: did you mean help?");
}

TEST(an_unknown_command_is_bad_usage)
{
	SCENE(scene);
	run(&scene, "hepl me");
	CHECK_FAILS(take(&scene), ERROR_USAGE, "there is no command hepl: did you mean help?");
	run(&scene, "");
	CHECK_FAILS(take(&scene), ERROR_USAGE, "there is no command");
	run(&scene, "exit now");
	CHECK_FAILS(take(&scene), ERROR_USAGE, "exit: there is one word too many: now");
	run(&scene, "help zzz");
	CHECK_FAILS(take(&scene), ERROR_USAGE, "there is no command zzz");
}

static const char *word_name(const char *command, size_t index)
{
	return command_word_name(command_find(command), index);
}

TEST(words_of_a_command_begin_with_its_subject)
{
	CHECK_TEXT(word_name("dumpobj", 0), "ADDRESS|PATH");
	CHECK(!word_name("dumpobj", 1));
	CHECK_TEXT(word_name("token2ee", 1), "TOKEN");
	CHECK(!word_name("exit", 0) && !word_name("exit", 1));
	CHECK_NUMBER(command_word_count(command_find("dumpobj")), 1);
	CHECK_NUMBER(command_word_count(command_find("token2ee")), 2);
	CHECK_NUMBER(command_word_count(command_find("exit")), 0);
}

static struct error *usage(struct text *text, const struct command *command)
{
	text_clear(text);
	usage_append(text, command);
	return text_failed(text) ? &error_no_memory : NULL;
}

TEST(a_usage_comes_from_the_table)
{
	static const struct option options[] = { { "-md", NULL, "also methods", NULL },
						 { "-lines", NULL, "accepted", NULL },
						 { "-ccw", NULL, "refused", NULL },
						 { "-min", "BYTES", "at least", NULL },
						 { 0 } };
	static const char *const words[] = { "END", "[COUNT]", "[SIZE]", NULL };
	struct command command = { .name = "x" };
	CLEANUP(text_deinit) struct text text = { 0 };
	CHECK_OK(usage(&text, &command));
	CHECK_TEXT(text_string(&text), "x");
	command.options = options;
	command.subject.kind = SUBJECT_METHOD_TABLE;
	CHECK_OK(usage(&text, &command));
	CHECK_TEXT(text_string(&text), "x [-md] [-min BYTES] MT");
	command.positionals = words;
	CHECK_OK(usage(&text, &command));
	CHECK_TEXT(text_string(&text), "x [-md] [-min BYTES] MT END [COUNT [SIZE]]");
	command.options = NULL;
	command.positionals = NULL;
	command.subject = (struct subject){ SUBJECT_ADDRESS, NULL, "IP", true };
	CHECK_OK(usage(&text, &command));
	CHECK_TEXT(text_string(&text), "x [IP]");
	command.usage = "x by hand";
	CHECK_OK(usage(&text, &command));
	CHECK_TEXT(text_string(&text), "x by hand");
}

/* Each is named before anything is read. */
TEST(a_subject_is_found_before_its_command_runs)
{
	SCENE(scene);
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CHECK_OK(session_open(scene.session, &fake->base, "fake", NULL, NULL));
	run(&scene, "d");
	CHECK_FAILS(take(&scene), ERROR_USAGE, "d: an address is missing");
	run(&scene, "d xyz");
	CHECK_FAILS(take(&scene), ERROR_USAGE, "an address: \"xyz\" is not an address");
	run(&scene, "d A.B");
	CHECK_FAILS(take(&scene), ERROR_UNSUPPORTED, "A.B is a path, and ");
}

TEST(a_command_that_needs_a_heap_wants_one)
{
	SCENE(scene);
	for (const struct command *const *at = all_commands; *at; at++) {
		if (!((*at)->needs & NEEDS_HEAP) || !command_word_count(*at))
			continue;
		run(&scene, (*at)->name);
		CHECK_FAILS(take(&scene), ERROR_UNSUPPORTED, "needs an open dump or process");
		CHECK(scene.outcome.no_target);
	}
}

TEST(what_a_stopped_command_says_does_not_hold)
{
	static const volatile sig_atomic_t stop = SIGINT;
	static const struct task stopped = { .stop = &stop };
	SCENE(scene);
	struct fake_target *fake = fake_target_new(&architecture_x64);
	CHECK_OK(session_open(scene.session, &fake->base, "fake", NULL, NULL));
	run(&scene, "sosstatus");
	CHECK_OK(take(&scene));
	run(&scene, "registers");
	CHECK_FAILS(take(&scene), ERROR_NOT_FOUND, NULL);
	run_for(&scene, "sosstatus", &stopped);
	CHECK_FAILS(take(&scene), ERROR_CANCELLED, "cancelled while answering");
	run_for(&scene, "registers", &stopped);
	CHECK_FAILS(take(&scene), ERROR_CANCELLED, "cancelled while answering");
	run_for(&scene, "help exit", &stopped);
	CHECK_OK(take(&scene));
}

/* What an answer lacks is the question's: inspect/question.h. */
TEST(what_is_missing_is_counted_once_a_reason)
{
	CLEANUP(coverage_deinit) struct coverage coverage = { 0 };
	const struct question question = { .coverage = &coverage };
	for (int i = 0; i < 3 * COVERAGE_REASONS_MAX; i++)
		question_missing(&question, 10, "region %d cannot be read", i / 2);
	question_missing(&question, UINT64_MAX, "region 0 cannot be read");
	CHECK(coverage.incomplete);
	CHECK_NUMBER(coverage.unreadable_bytes, UINT64_MAX);
	bool memory_ran_out = false;
	for (size_t i = 0; i < coverage.reason_count; i++)
		memory_ran_out |= !strcmp(coverage.reasons[i], "memory ran out");
	CHECK(memory_ran_out || coverage.reason_count == COVERAGE_REASONS_MAX);
	if (!memory_ran_out)
		CHECK_TEXT(coverage.reasons[1], "region 1 cannot be read");
	coverage_end(&coverage);
	coverage_end(&coverage);
	const char *last = coverage.reasons[coverage.reason_count - 1];
	CHECK(memory_ran_out || coverage.reason_count == COVERAGE_REASONS_MAX + 1);
	/* 24, each twice: 8 had no room. */
	CHECK(memory_ran_out || !strcmp(last, "memory ran out") ||
	      (coverage.others_lost ? !strncmp(last, "and more than ", 14)
				    : !strcmp(last, "and 8 more")));
}

TEST(what_was_asked_for_and_is_not_there_may_hold_what_was_not_found)
{
	CLEANUP(coverage_deinit) struct coverage coverage = { 0 };
	struct target target = { 0 };
	struct heap heap = { 0 };
	struct question question = { .target = &target, .coverage = &coverage };
	CHECK(question_is_whole(&question));
	target.lacks = 0x1000;
	CHECK(!question_is_whole(&question));
	CHECK_NUMBER(target_take_lacks(&target), 0x1000);
	CHECK(question_is_whole(&question));
	question.opened_lacks = 0x1000; /* of the heap, which is not asked */
	CHECK(question_is_whole(&question));
	question.heap = &heap;
	CHECK(!question_is_whole(&question));
}

TEST(reasons_that_a_part_lost_are_lost_to_the_whole)
{
	CLEANUP(coverage_deinit) struct coverage coverage = { 0 };
	const struct coverage part = { .incomplete = true, .others_lost = true };
	const struct question question = { .coverage = &coverage };
	question_missing_all(&question, &part);
	CHECK(coverage.others_lost);
}

TEST(remarks_are_kept_in_their_order)
{
	CLEANUP(remarks_deinit) struct remarks remarks = { 0 };
	CLEANUP(coverage_deinit) struct coverage coverage = { 0 };
	const struct question question = { .remarks = &remarks, .coverage = &coverage };
	for (int i = 0; i < 2 * REMARKS_MAX; i++)
		question_remark(&question, "remark %d", i);
	CHECK(remarks.count <= REMARKS_MAX);
	int last = -1;
	for (size_t i = 0; i < remarks.count; i++) {
		int number = atoi(remarks.texts[i] + sizeof("remark ") - 1);
		CHECK(number > last);
		CHECK(number == last + 1 || coverage.incomplete);
		last = number;
	}
	remarks_end(&remarks);
	CHECK(remarks.count <= REMARKS_MAX || coverage.incomplete ||
	      !strcmp(remarks.texts[REMARKS_MAX], "and 64 more"));
}

static void heap_cleanup(struct heap **heap)
{
	heap_close(*heap);
}

/* A command on a heap that no session opened. */
static struct error *run_on(struct heap *heap, struct scene *scene, const char *name,
			    const char *words, struct coverage *coverage)
{
	const struct command *command = command_find(name);
	struct arguments *arguments;
	TRY(arguments_parse(words, command->options, 0, &scene->scratch, &arguments));
	CLEANUP(remarks_deinit) struct remarks remarks = { 0 };
	struct command_call call = { .question = { .target = heap->target,
						   .heap = heap,
						   .scratch = &scene->scratch,
						   .coverage = coverage,
						   .remarks = &remarks },
				     .session = scene->session,
				     .out = scene->out,
				     .arguments = arguments };
	output_document_begin(scene->out, name);
	struct error *error = command->run(&call);
	output_document_end(scene->out, &(struct output_coverage){ .complete = true }, NULL);
	struct error *write_error = output_finish(scene->out);
	if (!error)
		return write_error;
	error_free(write_error);
	return error;
}

static bool says_collection(const struct coverage *coverage)
{
	return coverage->incomplete && coverage->reason_count >= 1 &&
	       (strstr(coverage->reasons[0], "a garbage collection was under way") ||
		!strcmp(coverage->reasons[0], "memory ran out"));
}

/* The heap is walked all the same. */
TEST(a_collection_under_way_is_said)
{
	CLEANUP(fake_runtime_cleanup)
	struct fake_runtime *runtime = fake_runtime_described(NULL, NULL);
	CLEANUP(heap_cleanup) struct heap *heap = NULL;
	CLEANUP(coverage_deinit) struct coverage coverage = { 0 };
	uint64_t variable;
	SCENE(scene);
	CHECK_OK(target_read(&runtime->target->base,
			     fake_gc_entry(runtime, "StructureInvalidCount"), &variable, 8));
	fake_put(runtime->target, variable, 1, 4);
	CHECK_OK(fake_runtime_open(runtime, &heap));
	CHECK_OK(run_on(heap, &scene, "dumpheap", "-stat", &coverage));
	CHECK(strstr(scene.bytes, "\"count\":340,"));
	CHECK(says_collection(&coverage));
	coverage_deinit(&coverage);
	CHECK_OK(run_on(heap, &scene, "eeheap", "-gc", &coverage));
	CHECK(says_collection(&coverage));
	heap->gc->structures_invalid = false;
	coverage_deinit(&coverage);
	CHECK_OK(run_on(heap, &scene, "eeheap", "-gc", &coverage));
	CHECK(!coverage.incomplete);
}

static const struct tap_case cases[] = {
	CASE(the_table_is_sorted_and_names_are_one_command_each),
	CASE(the_word_that_names_a_command),
	CASE(what_clrpod_has_not_of_SOS_is_told),
	CASE(a_command_runs_and_answers),
	CASE(a_command_runs_by_its_words),
	CASE(an_unknown_command_is_bad_usage),
	CASE(words_of_a_command_begin_with_its_subject),
	CASE(a_usage_comes_from_the_table),
	CASE(a_subject_is_found_before_its_command_runs),
	CASE(a_command_that_needs_a_heap_wants_one),
	CASE(what_a_stopped_command_says_does_not_hold),
	CASE(what_is_missing_is_counted_once_a_reason),
	CASE(what_was_asked_for_and_is_not_there_may_hold_what_was_not_found),
	CASE(reasons_that_a_part_lost_are_lost_to_the_whole),
	CASE(remarks_are_kept_in_their_order),
	CASE(a_collection_under_way_is_said),
};
TAP_MAIN(cases)
