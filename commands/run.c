#include "commands/run.h"

#include "base/limits.h"
#include "commands/absent.h"
#include "commands/session.h"
#include "commands/unnamed.h"
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

static struct error *find_command(const char **line, struct arena *scratch,
				  const struct command **ret)
{
	size_t length;
	const char *at = command_word(*line, &length);
	*ret = command_of_line(*line);
	*line = at + length;
	if (*ret)
		return NULL;
	const char *word = arena_copy_text(scratch, at, length);
	if (!word)
		return &error_no_memory;
	const char *absent = absent_command(word), *nearest = command_nearest(word);
	if (absent)
		return error_new(ERROR_USAGE, "%s: the command of SOS %s", word, absent);
	if (nearest)
		return error_new(ERROR_USAGE, "there is no command %s: did you mean %s?", word,
				 nearest);
	return error_new(ERROR_USAGE, "there is no command %s: help lists them", word);
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
	unsigned long long missing = session_target(session)->missing_bytes;
	if (missing)
		return error_new(ERROR_UNSUPPORTED,
				 "%s needs the GC heap, and %s: the dump is cut short, %llu bytes "
				 "are not there; fetch the whole of it",
				 command->name, session_heap(session)->no_objects, missing);
	return error_new(ERROR_UNSUPPORTED,
			 "%s needs the GC heap, and %s, as in every mini or triage dump: take one "
			 "that has it with clrpod collect, createdump --withheap or dotnet-dump "
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

static size_t count_names(const char *const *names)
{
	size_t count = 0;
	while (names && names[count])
		count++;
	return count;
}

static struct error *no_room(const struct command *command)
{
	return error_new(
		ERROR_UNSUPPORTED,
		"%s needs more than %d MiB to work this out in: ask for less at a time, or "
		"the dump is damaged or forged",
		command->name, LIMIT_SCRATCH_BYTES >> 20);
}

static struct error *run_watched(const struct command *command, struct command_call *call)
{
	output_set_task(call->out, call->task);
	struct error *error = command->run(call);
	if (!error)
		error = output_check_whole(call->out);
	output_set_task(call->out, NULL);
	return error && error->code == ERROR_NO_MEMORY && call->scratch->full ? no_room(command)
									      : error;
}

/* What an earlier command could not read is remembered with the heap, and not asked for again: its
 * hole is one of each answer that goes by the heap. */
static struct error *run_counted(const struct command *command, struct command_call *call)
{
	struct target *target = session_target(call->session);
	call->met_before = target ? target->met : NULL;
	if (target && !(command->needs & NEEDS_HEAP))
		target->met = NULL;
	struct error *error = run_watched(command, call);
	if (command->needs & (NEEDS_TARGET | NEEDS_HEAP))
		call_missing_of_holes(call);
	if (target && target == session_target(call->session) && !target->met)
		target->met = call->met_before;
	return error;
}

static struct error *run(const struct command_runner *runner, const char *line,
			 struct coverage *coverage, struct command_outcome *outcome)
{
	const struct command *command;
	struct arguments *arguments;
	TRY(find_command(&line, runner->scratch, &command));
	struct error *error =
		arguments_parse(line, command->options, count_names(command->positionals),
				runner->scratch, &arguments);
	if (error && error->code == ERROR_USAGE)
		return error_context(error, "%s", command->name);
	if (error)
		return error;
	error = check_needs(command, runner->session);
	if (!error)
		error = check_target(command, runner->session);
	if (error) {
		outcome->no_target = true;
		return error;
	}
	struct command_call call = {
		.session = runner->session,
		.heap = command->needs & NEEDS_HEAP ? session_heap(runner->session) : NULL,
		.out = runner->out,
		.scratch = runner->scratch,
		.arguments = arguments,
		.task = runner->task,
		.coverage = coverage,
	};
	error = check_objects(command, runner->session);
	if (command->needs & (NEEDS_TARGET | NEEDS_HEAP))
		call_missing_of_damage(&call);
	if (!error)
		error = run_counted(command, &call);
	unnamed_explain(&call);
	struct error *gone = check_target(command, runner->session);
	if (!gone)
		return check_stopped(command, runner, error);
	outcome->no_target = true;
	error_free(error);
	return gone;
}

void command_run_line(const struct command_runner *runner, const char *line,
		      struct command_outcome *ret)
{
	struct coverage coverage = { .texts = runner->scratch };
	*ret = (struct command_outcome){ 0 };
	arena_reset(runner->scratch);
	runner->scratch->limit_bytes = LIMIT_SCRATCH_BYTES;
	output_document_begin(runner->out, line);
	struct error *error = run(runner, line, &coverage, ret);
	ret->incomplete = coverage.incomplete;
	ret->check_false = coverage.check_false;
	output_document_end(
		runner->out,
		&(struct output_coverage){ .complete = !coverage.incomplete,
					   .unreadable_bytes = coverage.unreadable_bytes,
					   .reasons = coverage.reasons,
					   .reason_count = coverage.reason_count },
		error);
	struct error *write_error = output_finish(runner->out);
	if (!error)
		error = write_error;
	else
		error_free(write_error);
	ret->error = error;
}
