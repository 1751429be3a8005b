#include "commands/interpreter/subject.h"

#include "commands/interpreter/session.h"
#include "heap/types/type.h"
#include "inspect/path/resolve.h"

static const char *subject_word(const struct subject *subject)
{
	if (subject->word)
		return subject->word;
	return subject->kind == SUBJECT_METHOD_TABLE ? "MT" : "ADDRESS|PATH";
}

const char *command_word_name(const struct command *command, size_t index)
{
	const char *const *names = command->positionals;
	if (command->subject.kind != SUBJECT_NONE) {
		if (!index)
			return subject_word(&command->subject);
		index--;
	}
	while (names && *names && index--)
		names++;
	return names ? *names : NULL;
}

size_t command_word_count(const struct command *command)
{
	size_t count = 0;
	while (command_word_name(command, count))
		count++;
	return count;
}

/* A command that can do without a heap goes by it from here on. */
static struct error *find_by_path(const struct command_call *call, const char *path, uint64_t *ret)
{
	struct question question = call->question;
	if (!question.heap)
		question.heap = question_heap(&call->question);
	if (question.heap)
		return get_object(&question, path, ret);
	const struct error *reason = session_heap_error(call->session);
	return error_new(ERROR_UNSUPPORTED, "%s is a path, and %s: give an address", path,
			 reason ? reason->message : "there is no .NET runtime");
}

struct error *subject_find(const struct command *command, struct command_call *call)
{
	const struct subject *subject = &command->subject;
	const char *text = arguments_positional(call->arguments, 0);
	struct found_subject *found = &call->subject;
	if (subject->kind == SUBJECT_NONE || (subject->optional && !text))
		return NULL;
	found->given = true;
	if (subject->kind == SUBJECT_OBJECT && text && strpbrk(text, ".["))
		return find_by_path(call, text, &found->address);
	TRY(arguments_positional_address(call->arguments, 0, subject->what, &found->address));
	if (subject->kind == SUBJECT_METHOD_TABLE)
		TRY(type_at(call->question.heap, found->address, &found->type));
	return NULL;
}
