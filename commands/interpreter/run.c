#include "commands/interpreter/run.h"

#include "base/limits.h"
#include "base/memory_budget.h"
#include "commands/interpreter/absent.h"
#include "commands/interpreter/session.h"
#include "commands/interpreter/subject.h"
#include "commands/interpreter/unnamed.h"
#include "heap/heap.h"

#include <strings.h>

static bool is_prefix(const char *word, size_t length)
{
	return length == 3 && (!strncasecmp(word, "sos", 3) || !strncasecmp(word, "ext", 3));
}

const char *command_word(const char *line, size_t *ret_length)
{
	line += strspn(line, " \t");
	*ret_length = strcspn(line, " \t\r\n");
	if (is_prefix(line, *ret_length)) {
		line += *ret_length;
		line += strspn(line, " \t");
		*ret_length = strcspn(line, " \t\r\n");
	}
	if (*line == '!') {
		line++;
		--*ret_length;
	}
	return line;
}

const struct command *command_of_line(const char *line)
{
	char name[64];
	size_t length;
	const char *word = command_word(line, &length);
	if (length >= sizeof(name))
		return NULL;
	memcpy(name, word, length);
	name[length] = '\0';
	return command_find(name);
}

static struct error *no_such_command(const char *word)
{
	const char *absent = absent_command(word);
	if (absent)
		return error_new(ERROR_USAGE, "%s: the command of SOS %s", word, absent);
	struct meant_name meant = { .wanted = word };
	command_offer_names(&meant);
	if (meant.name)
		return error_new(ERROR_USAGE, "there is no command %s: did you mean %s?", word,
				 meant.name);
	return error_new(ERROR_USAGE, "there is no command %s: help lists them", word);
}

static struct error *find_in_line(const char **line, struct arena *scratch,
				  const struct command **ret)
{
	size_t length;
	const char *at = command_word(*line, &length);
	*ret = command_of_line(*line);
	*line = at + length;
	if (*ret)
		return NULL;
	const char *word = arena_copy_text(scratch, at, length);
	return word ? no_such_command(word) : &error_no_memory;
}

/* "dumpheap --help" in a line is "help dumpheap". */
static struct error *take_help(const char **line, struct arena *scratch,
			       const struct command **command)
{
	bool asked;
	TRY(arguments_ask_help(*line, (*command)->options, scratch, &asked));
	if (!asked)
		return NULL;
	*line = (*command)->name;
	*command = command_find("help");
	return NULL;
}

static struct error *parse_arguments(const struct command_request *request, const char *line,
				     struct arena *scratch, const struct command *command,
				     struct arguments **ret)
{
	const struct option *options = command->options;
	size_t most = command_word_count(command);
	if (!request->words)
		return arguments_parse(line, options, most, scratch, ret);
	return arguments_of_words(request->words + 1, request->word_count - 1, options, most,
				  scratch, ret);
}

/* The command and its arguments, which live in `scratch`. */
static struct error *understand(const struct command_request *request, struct arena *scratch,
				const struct command **ret, struct arguments **ret_arguments)
{
	const char *line = request->line;
	if (request->words)
		*ret = command_find(request->words[0]);
	else
		TRY(find_in_line(&line, scratch, ret));
	if (!*ret)
		return no_such_command(request->words[0]);
	struct error *error = request->words ? NULL : take_help(&line, scratch, ret);
	if (!error)
		error = parse_arguments(request, line, scratch, *ret, ret_arguments);
	if (!error)
		arguments_are_of(*ret_arguments, (*ret)->name);
	if (error && error->code == ERROR_USAGE)
		return error_context(error, "%s", (*ret)->name);
	return error;
}

struct error *command_check(const struct command_request *request, struct arena *scratch)
{
	const struct command *command;
	struct arguments *arguments;
	return understand(request, scratch, &command, &arguments);
}

static struct error *check_needs(const struct command *command, const struct session *session)
{
	if (command->needs & (NEEDS_TARGET | NEEDS_HEAP) && !session_target(session))
		return error_new(ERROR_UNSUPPORTED, "%s needs an open dump or process",
				 command->name);
	if (command->needs & NEEDS_LIVE && !session_is_live(session))
		return error_new(ERROR_UNSUPPORTED,
				 "%s needs a live process: clrpod analyze -p PID", command->name);
	if (!(command->needs & NEEDS_HEAP) || session_heap(session))
		return NULL;
	const struct error *reason = session_heap_error(session);
	return error_new(reason ? reason->code : ERROR_UNSUPPORTED, "%s: %s", session_name(session),
			 reason ? reason->message : "no .NET runtime was found");
}

/* Mini and triage dumps, and some that are cut short, hold the runtime and no heap. */
static struct error *check_objects(const struct command *command, const struct session *session)
{
	if (!(command->needs & NEEDS_OBJECTS) || !session_heap(session)->no_objects)
		return NULL;
	unsigned long long missing = session_target(session)->facts.missing_bytes;
	if (missing)
		return error_new(ERROR_UNSUPPORTED,
				 "%s needs the GC heap, and %s: the dump is cut short, %llu bytes "
				 "are not there; fetch the whole of it",
				 command->name, session_heap(session)->no_objects, missing);
	return error_new(
		ERROR_UNSUPPORTED,
		"%s needs the GC heap, and %s (mini and triage dumps leave it out): "
		"take one that has it with clrpod collect, createdump --withheap or dotnet-dump "
		"collect --type Heap",
		command->name, session_heap(session)->no_objects);
}

/* A process that ends under us would leave nothing but holes, and answers made of them. */
static struct error *check_target(const struct command *command, const struct session *session)
{
	bool needed = command->needs & (NEEDS_TARGET | NEEDS_HEAP);
	return needed ? target_check(session_target(session)) : NULL;
}

/* Once we are told to stop, a search finds nothing and a packed dump gives nothing: neither an
 * answer nor a lack that was met holds then. What else went wrong does. */
static struct error *check_stopped(const struct command *command,
				   const struct command_runner *runner, struct error *error)
{
	bool needed = command->needs & (NEEDS_TARGET | NEEDS_HEAP);
	bool holds = error && (error->code == ERROR_CANCELLED || error->code == ERROR_OS ||
			       error->code == ERROR_NO_MEMORY);
	if (!needed || holds || output_broken(runner->out))
		return error;
	struct error *cancelled = task_check(runner->task, "answering");
	if (!cancelled)
		return error;
	error_free(error);
	return cancelled;
}

static struct error *no_room(const struct command *command, const struct arena *scratch)
{
	if (scratch->refused_bytes)
		return memory_budget_refusal(scratch->budget, scratch->refused_bytes,
					     command->name);
	return error_new(
		ERROR_UNSUPPORTED,
		"%s needs more than %d MiB to work this out in: ask for less at a time, or "
		"the dump is damaged or forged",
		command->name, LIMIT_SCRATCH_BYTES >> 20);
}

static struct error *run_watched(const struct command *command, struct command_call *call)
{
	output_set_task(call->out, call->question.task);
	struct error *error = subject_find(command, call);
	if (!error)
		error = command->run(call);
	output_set_task(call->out, NULL);
	const struct arena *scratch = call->question.scratch;
	if (error != &error_no_memory || (!scratch->full && !scratch->refused_bytes))
		return error;
	return no_room(command, scratch);
}

/* What an earlier command could not read is remembered with the heap, and not asked for again: its
 * hole is one of each answer that goes by the heap. */
static struct error *run_counted(const struct command *command, struct command_call *call)
{
	struct target *target = call->question.target;
	call->question.met_before = target ? target->met : NULL;
	if (target && !(command->needs & NEEDS_HEAP))
		target->met = NULL;
	struct error *error = run_watched(command, call);
	session_turn_question(call->session, &call->question); /* refresh() has another target */
	if (command->needs & (NEEDS_TARGET | NEEDS_HEAP))
		question_missing_of_holes(&call->question);
	if (target && target == call->question.target && !target->met)
		target->met = call->question.met_before;
	return error;
}

/* What was not found in what could be read is not known to be missing. */
static struct error *qualify(struct error *error, const struct coverage *coverage)
{
	bool claims = error && (error->code == ERROR_NOT_FOUND || error->code == ERROR_BAD_DATA ||
				error->code == ERROR_UNSUPPORTED);
	return claims && coverage->incomplete ? error_context(error, "as far as can be read")
					      : error;
}

/* What is written down beside the answer while it is worked out. */
struct beside {
	struct coverage coverage;
	struct remarks remarks;
};

static struct question question_of(const struct command *command,
				   const struct command_runner *runner, struct beside *beside)
{
	struct question question = {
		.heap = command->needs & NEEDS_HEAP ? session_heap(runner->session) : NULL,
		.scratch = runner->scratch,
		.budget = session_budget(runner->session),
		.task = runner->task,
		.coverage = &beside->coverage,
		.remarks = &beside->remarks,
	};
	session_turn_question(runner->session, &question);
	return question;
}

static struct error *run(const struct command_runner *runner, const struct command_request *request,
			 struct beside *beside, struct command_outcome *outcome)
{
	const struct command *command;
	struct arguments *arguments;
	TRY(understand(request, runner->scratch, &command, &arguments));
	struct error *error = check_needs(command, runner->session);
	if (!error)
		error = check_target(command, runner->session);
	if (error) {
		outcome->no_target = true;
		return error;
	}
	struct command_call call = {
		.command = command,
		.question = question_of(command, runner, beside),
		.session = runner->session,
		.out = runner->out,
		.arguments = arguments,
	};
	error = check_objects(command, runner->session);
	if (call.question.target)
		call.question.target->lacks = 0;
	if (command->needs & (NEEDS_TARGET | NEEDS_HEAP))
		question_missing_of_damage(&call.question);
	if (!error)
		error = run_counted(command, &call);
	unnamed_explain(&call);
	/* An address that cannot be read is its own answer: maybe nothing was ever there. */
	if (command->needs & (NEEDS_TARGET | NEEDS_HEAP) && !(error && error->code == ERROR_FAULT))
		question_missing_of_lacks(&call.question);
	error = qualify(error, &beside->coverage);
	struct error *gone = check_target(command, runner->session);
	if (!gone)
		return check_stopped(command, runner, error);
	outcome->no_target = true;
	error_free(error);
	return gone;
}

void command_run(const struct command_runner *runner, const struct command_request *request,
		 struct command_outcome *ret)
{
	struct beside beside = { 0 };
	const struct coverage *coverage = &beside.coverage;
	*ret = (struct command_outcome){ 0 };
	arena_reset(runner->scratch);
	runner->scratch->limit_bytes = LIMIT_SCRATCH_BYTES;
	output_document_begin(runner->out, request->line);
	struct error *error = run(runner, request, &beside, ret);
	ret->incomplete = coverage->incomplete;
	ret->check_false = coverage->check_false;
	coverage_end(&beside.coverage);
	remarks_end(&beside.remarks);
	for (size_t i = 0; i < beside.remarks.count; i++)
		output_note(runner->out, "%s", beside.remarks.texts[i]);
	output_document_end(
		runner->out,
		&(struct output_coverage){ .complete = !coverage->incomplete,
					   .unreadable_bytes = coverage->unreadable_bytes,
					   .reasons = (const char *const *)coverage->reasons,
					   .reason_count = coverage->reason_count },
		error);
	coverage_deinit(&beside.coverage);
	remarks_deinit(&beside.remarks);
	struct error *write_error = output_finish(runner->out);
	if (!error)
		error = write_error;
	else
		error_free(write_error);
	ret->error = error;
}

void command_run_line(const struct command_runner *runner, const char *line,
		      struct command_outcome *ret)
{
	command_run(runner, &(struct command_request){ .line = line }, ret);
}
