#include "cli/command_verb.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "cli/analyze.h"
#include "cli/manual.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "commands/interpreter/subject.h"

#include <ctype.h>
#include <unistd.h>

/* Of analyze's options those that are about several commands, or the prompt. */
static const char *const options_of_many[] = { "-c", "-x", "-i", "--keep-going", "--no-pager" };

/* argv, sorted out. */
struct split {
	const struct command *command; /* NULL: SOS's, and not there */
	struct verb verb;              /* analyze, by the command's name */
	struct invocation invocation;  /* what is analyze's */
	const char **words;            /* what is the command's, its name first */
	size_t count;
	size_t first;     /* of `words`: the first that is neither an option nor a value */
	size_t not_first; /* how many such come after it */
};

bool command_verb_takes(const struct option *option)
{
	for (size_t i = 0; i < COUNT_OF(options_of_many); i++)
		if (!strcmp(option->name, options_of_many[i]))
			return false;
	return true;
}

static void add_plain(struct split *split, const char *word)
{
	if (split->first)
		split->not_first++;
	else
		split->first = split->count;
	split->words[split->count++] = word;
}

/* The word at argv[*at], before any --: an option of analyze's wins over one of the command's that
 * is spelled alike. */
static struct error *take_word(struct split *split, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	const struct option *options = split->command ? split->command->options : NULL;
	const struct option *ours = invocation_option(&split->invocation, word);
	bool dashed = word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
	bool has_value = false;
	const struct option *own = option_find(options, word, &has_value);
	bool help = !strcmp(word, "-h") || !strcmp(word, "-help");
	if (!strcmp(word, "--help") || (help && !own)) {
		split->invocation.help = true;
	} else if (dashed && ours && command_verb_takes(ours)) {
		return invocation_add_option(&split->invocation, argc, argv, at);
	} else if (own) {
		split->words[split->count++] = word;
		if (own->value && !has_value && *at + 1 < argc)
			split->words[split->count++] = argv[++*at];
	} else if (dashed) {
		split->words[split->count++] = word; /* refused by name later */
	} else if (!strcmp(word, "|>") || !strcmp(word, "|>>")) {
		return error_new(
			ERROR_USAGE,
			"%s: filters and files follow a command of -c: clrpod analyze DUMP -c '%s %s …'",
			split->verb.name, split->verb.name, word);
	} else {
		add_plain(split, word);
	}
	return NULL;
}

static struct error *split_words(struct split *split, int argc, char **argv, struct arena *arena)
{
	bool only_own = false;
	split->verb = verb_analyze;
	split->verb.name = argv[1];
	split->command = command_find(argv[1]);
	split->words = arena_allocate_array(arena, (size_t)argc, sizeof(*split->words));
	if (!split->words)
		return &error_no_memory;
	TRY(invocation_begin(&split->verb, argc, arena, &split->invocation));
	split->words[split->count++] = argv[1];
	for (int i = 2; i < argc; i++) {
		if (only_own)
			split->words[split->count++] = argv[i];
		else if (!strcmp(argv[i], "--"))
			only_own = true;
		else
			TRY(take_word(split, argc, argv, &i));
	}
	return NULL;
}

static bool has_process(const struct split *split)
{
	return invocation_has(&split->invocation, "-p") || invocation_has(&split->invocation, "-n");
}

/* The dump is the first plain word, where no process is named; without any the only .NET process
 * is meant. It is not stopped for a command that lacks its own word besides. */
static struct error *take_dump(struct split *split)
{
	const char *name = split->verb.name;
	const struct command *command = split->command;
	if (has_process(split))
		return NULL;
	if (!split->first && command_word_count(command) && !command_word_optional(command, 0))
		return error_new(
			ERROR_USAGE,
			"%s what? Name a dump: clrpod %s DUMP %s, or a process: clrpod %s -p PID %s",
			name, name, command_word_name(command, 0), name,
			command_word_name(command, 0));
	if (!split->first)
		return NULL;
	invocation_add_word(&split->invocation, split->words[split->first]);
	split->count--;
	memmove(&split->words[split->first], &split->words[split->first + 1],
		(split->count - split->first) * sizeof(*split->words));
	return NULL;
}

/* Can the command be asked by itself, and of what? */
static struct error *check_alone(struct split *split)
{
	const struct command *command = split->command;
	if (command->in_session_only)
		return error_new(
			ERROR_USAGE,
			"%s means something in a session only: clrpod analyze DUMP opens one",
			command->name);
	if (command->needs != NEEDS_NOTHING)
		return take_dump(split);
	if (has_process(split))
		return error_new(ERROR_USAGE, "%s looks at no process: leave -p and -n out",
				 command->name);
	return NULL;
}

/* When the dump was forgotten, the command's own word is opened as one. */
static struct error *explain(const struct split *split, struct error *error)
{
	const char *dump = invocation_positional(&split->invocation, 0);
	bool forgotten = dump && command_word_count(split->command) && !split->not_first;
	if (!forgotten || !access(dump, F_OK))
		return error;
	return error_context(error, "the first word after %s is the dump", split->verb.name);
}

/* A command line that is not understood needs nothing opened: no process has to be stopped. */
static enum exit_status run_alone(const struct split *split)
{
	CLEANUP(app_cleanup) struct app app;
	const struct invocation *invocation = &split->invocation;
	const struct command_request request = { "", split->words, split->count };
	bool needs = split->command && split->command->needs != NEEDS_NOTHING;
	struct error *error = app_open(&app, invocation_format(invocation));
	if (!error && needs) {
		struct error *wrong = command_check(&request, &app.scratch);
		if (!wrong)
			error = analyze_open(&app, invocation);
		error_free(wrong); /* the command's own document says it */
	}
	enum exit_status status = exit_status_of_open(error);
	if (error)
		return app_fail(&app, "analyze", explain(split, error), status);
	return analyze_status(&app, invocation, app_run_words(&app, split->words, split->count));
}

static enum exit_status refuse(int argc, char **argv, struct error *error)
{
	CLEANUP(app_cleanup) struct app app;
	error_free(app_open(&app, options_format(argc, argv)));
	return app_fail(&app, argv[1], error, STATUS_USAGE);
}

enum exit_status command_verb_help(const char *name, int argc, char **argv)
{
	CLEANUP(app_cleanup) struct app app;
	struct error *error = app_open(&app, options_format(argc, argv));
	if (error)
		return app_fail(&app, name, error, STATUS_FAILED);
	enum exit_status status = app_run_words(&app, (const char *const[]){ "help", name }, 2);
	const struct command *command = command_find(name);
	if (!command || status != STATUS_WHOLE || app.format != OUTPUT_TEXT)
		return status;
	manual_command(app.answers, command);
	if (!fflush(app.answers))
		return STATUS_WHOLE;
	error = patient_write_error(app.writer.failed, "cannot write the answer");
	status = exit_status_of_command(error);
	return app_fail(&app, name, error, status);
}

enum exit_status command_verb_run(int argc, char **argv)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct split split = { 0 };
	arena_init(&arena);
	struct error *error = split_words(&split, argc, argv, &arena);
	if (!error && split.invocation.help)
		return command_verb_help(argv[1], argc, argv);
	if (!error && split.command)
		error = check_alone(&split);
	if (error)
		return refuse(argc, argv, error);
	split.invocation.own_words = split.words + 1;
	split.invocation.own_word_count = split.count - 1;
	signals_watch(LIMIT_DEAF_MS);
	return run_alone(&split);
}

static const char *const examples[] = {
	"clrpod dumpheap api.core -stat",
	"clrpod get -p 1 --json 'Gateway.Instance.Policies[\"payments\"].EnableFallback'",
	"clrpod modules api.core -- -n coreclr",
	NULL,
};

const struct verb verb_command = {
	.name = "COMMAND",
	.summary = "one command of analyze, by itself",
	.usage = "COMMAND [DUMP | -p PID | -n NAME] [OPTION]... [WORD]... [-- WORD...]",
	.description =
		"Answers what analyze -c COMMAND answers, with the same exit status. The first word is\n"
		"the dump, unless -p or -n names a process; without any word and without these it\n"
		"looks at the only .NET process. The other words are the command's, and are not\n"
		"split again: no quotes within quotes. Analyze's options that make sense for one\n"
		"command (all but -c, -x, -i, --keep-going, --no-pager) may stand anywhere, and win\n"
		"over those of the command that are spelled alike: what follows -- is the command's.\n"
		"No filters follow: they are of -c. A command that looks at no dump (threadstate)\n"
		"takes none; those that mean something among others only (exit, refresh, logopen,\n"
		"logclose) are refused.",
	.options = NULL,
	.examples = examples,
};
