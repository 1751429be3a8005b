#include "commands/interpreter/subject.h"

#include "commands/interpreter/session.h"
#include "heap/gc/object_walk.h"
#include "heap/types/type.h"
#include "inspect/path/resolve.h"

/* What a kind is called where the command's table says nothing else. */
static const struct {
	const char *what, *word;
} kinds[] = {
	[SUBJECT_OBJECT] = { "an object", "ADDRESS|PATH" },
	[SUBJECT_COLLECTION] = { "the address of a collection, or a path to it as get takes it,",
				 "ADDRESS|PATH" },
	[SUBJECT_METHOD_TABLE] = { "a MethodTable", "MT" },
	[SUBJECT_ADDRESS] = { "an address", "ADDRESS" },
};

const char *command_word_name(const struct command *command, size_t index)
{
	const char *const *names = command->positionals;
	if (command->subject.kind != SUBJECT_NONE) {
		const struct subject *subject = &command->subject;
		if (!index)
			return subject->word ? subject->word : kinds[subject->kind].word;
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

bool command_word_optional(const struct command *command, size_t index)
{
	const char *name = command_word_name(command, index);
	if (!index && command->subject.kind != SUBJECT_NONE)
		return command->subject.optional;
	return name && *name == '[';
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

/* What the path leads to: an object, or a struct where it is. */
static struct error *collection_by_path(const struct command_call *call, const char *path,
					struct found_subject *found)
{
	struct get get;
	TRY(get_resolve(&call->question, path, NULL, &get));
	if (get.units)
		return error_new(ERROR_UNSUPPORTED, "%s is a string: get shows it", path);
	if (get.value.kind == VALUE_NULL)
		return error_new(ERROR_NOT_FOUND, "%s is null", path);
	struct error *error = value_check(call->question.heap, &get.value);
	if (error)
		return error_context(error, "%s", path);
	found->value = get.value;
	found->address = get.value.kind == VALUE_REFERENCE ? get.value.bits : get.value.address;
	return NULL;
}

static struct error *collection_at(struct heap *heap, uint64_t address, struct found_subject *found)
{
	struct gc_object object;
	found->address = address;
	TRY(object_read(heap, address, &object));
	return object.is_free ? NULL : value_of_object(heap, address, &found->value);
}

static struct error *find_collection(const struct command_call *call, const char *text,
				     struct found_subject *found)
{
	uint64_t address;
	struct error *error = parse_address(text, &address);
	if (error_take(&error, ERROR_USAGE))
		return collection_by_path(call, text, found);
	return error ? error : collection_at(call->question.heap, address, found);
}

struct error *subject_find(const struct command *command, struct command_call *call)
{
	const struct subject *subject = &command->subject;
	const char *text = arguments_positional(call->arguments, 0);
	struct found_subject *found = &call->subject;
	if (subject->kind == SUBJECT_NONE || (subject->optional && !text))
		return NULL;
	const char *what = subject->what ? subject->what : kinds[subject->kind].what;
	if (!text)
		return error_new(ERROR_USAGE, "%s: %s is missing", command->name, what);
	found->given = true;
	if (subject->kind == SUBJECT_OBJECT && strpbrk(text, ".["))
		return find_by_path(call, text, &found->address);
	if (subject->kind == SUBJECT_COLLECTION)
		return find_collection(call, text, found);
	TRY(arguments_positional_address(call->arguments, 0, what, &found->address));
	if (subject->kind == SUBJECT_METHOD_TABLE)
		TRY(type_at(call->question.heap, found->address, &found->type));
	return NULL;
}
