#include "commands/interpreter/usage.h"

#include "commands/interpreter/subject.h"

/* Those that change nothing, or are refused, say so first. */
static bool does_nothing(const struct option *option)
{
	return text_begins_with(option->help, "accepted") ||
	       text_begins_with(option->help, "refused");
}

static void append_options(struct text *to, const struct option *options)
{
	for (; options && options->name; options++) {
		if (does_nothing(options))
			continue;
		text_printf(to, " [%s%s%s]", options->name, options->value ? " " : "",
			    options->value ? options->value : "");
	}
}

/* "START [END]": a word that may be left out takes those after it with it. */
static void append_words(struct text *to, const struct command *command)
{
	size_t open = 0;
	for (size_t i = 0; command_word_name(command, i); i++) {
		const char *name = command_word_name(command, i);
		bool optional = command_word_optional(command, i);
		text_append(to, optional ? " [" : " ");
		text_append_bytes(to, name + (*name == '['), strlen(name) - 2 * (*name == '['));
		open += optional;
	}
	while (open--)
		text_append_char(to, ']');
}

void usage_append(struct text *to, const struct command *command)
{
	if (command->usage) {
		text_append(to, command->usage);
		return;
	}
	text_append(to, command->name);
	append_options(to, command->options);
	append_words(to, command);
}
