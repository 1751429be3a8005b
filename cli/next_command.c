#include "cli/next_command.h"

#include "attach/process_place.h"
#include "base/limits.h"

#include <errno.h>
#include <unistd.h>

/* " -p 1", " --zstd=3", " --force", " api.core" */
static void append_given(struct text *text, const struct given *given)
{
	const struct option *option = given->option;
	text_append_char(text, ' ');
	if (!option) {
		text_append_shell_word(text, given->text);
		return;
	}
	text_append(text, option->name);
	if (!*given->text)
		return;
	text_append_char(text, option->value[0] == '[' ? '=' : ' ');
	text_append_shell_word(text, given->text);
}

static bool is_one_of(const struct given *given, const char *const *names)
{
	for (; given->option && *names; names++)
		if (!strcmp(given->option->name, *names))
			return true;
	return false;
}

static void append_all_but(struct text *text, const struct invocation *invocation,
			   const char *const *names)
{
	for (size_t i = 0; i < invocation->count; i++)
		if (!is_one_of(&invocation->given[i], names))
			append_given(text, &invocation->given[i]);
}

/* "clrpod collect -p 1", as it was given, without the options of these names. */
static void append_without(struct text *text, const struct invocation *invocation,
			   const char *const *names)
{
	text_append_shell_word(text, program_invocation_name);
	text_printf(text, " %s", invocation->verb->name);
	append_all_but(text, invocation, names);
}

/* After --, where every word is the command's. */
static void append_own_words(struct text *text, const struct invocation *invocation)
{
	text_append(text, invocation->own_word_count ? " --" : "");
	for (size_t i = 0; i < invocation->own_word_count; i++) {
		text_append_char(text, ' ');
		text_append_shell_word(text, invocation->own_words[i]);
	}
}

/* The options that choose how a process is looked at. */
static const char *const ways[] = { "--freeze", "--no-stop", "--snapshot", NULL };

static const char *keep(struct text *text, struct arena *arena)
{
	const char *copy =
		text_failed(text) ? NULL : arena_copy_text(arena, text_string(text), text->length);
	text_deinit(text);
	return copy;
}

const char *next_command_insist(const struct invocation *invocation, struct arena *arena)
{
	struct text text = { 0 };
	append_without(&text, invocation, ways);
	text_append(&text, " --snapshot");
	append_own_words(&text, invocation);
	return keep(&text, arena);
}

const char *next_command_any_way(const struct invocation *invocation, struct arena *arena)
{
	struct text text = { 0 };
	append_without(&text, invocation, ways);
	append_own_words(&text, invocation);
	return keep(&text, arena);
}

const char *next_command_stream(const struct invocation *invocation, int pid, struct arena *arena)
{
	static const char *const replaced[] = { "-p", "-n", "-o", "--zstd", "--force", NULL };
	struct process_place place;
	struct text text = { 0 };
	char program[LIMIT_PATH_BYTES];
	process_place_find((int)getpid(), &place);
	if (!*place.pod_uid)
		return NULL;
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	text_printf(&text, "kubectl exec %s -c %s -- ", process_place_pod(&place),
		    process_place_container(&place));
	text_append_shell_word(&text, length > 0 ? program : program_invocation_name);
	text_printf(&text, " %s -p %d", invocation->verb->name, pid);
	append_all_but(&text, invocation, replaced);
	text_printf(&text, " -o - --zstd > %s.core.zst", process_place_pod(&place));
	return keep(&text, arena);
}
