/* What help says comes from the commands' tables alone. */
#include "commands/command.h"
#include "commands/interpreter/filters.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "commands/interpreter/absent.h"
#include "commands/interpreter/usage.h"

enum { HELP_COLUMNS = 90 };

static void list_filters(struct output *out)
{
	static const struct column columns[] = { { "usage", "", CELL_TEXT, -22 },
						 { "summary", "", CELL_TEXT, 0 } };
	const struct filter_text *const *const lists[] = { all_filter_texts, file_texts };
	output_line(out, "Behind a command:");
	output_table_begin(out, "filters", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (const struct filter_text *const *text = lists[i]; *text; text++) {
			output_row_begin(out);
			output_text(out, (*text)->usage);
			output_text(out, (*text)->summary);
			output_row_end(out);
		}
	output_table_end(out);
}

static struct error *list_commands(struct output *out)
{
	static const struct column columns[] = { { "name", "", CELL_TEXT, -18 },
						 { "summary", "", CELL_TEXT, 0 },
						 { "aliases", NULL, CELL_VALUE, 0 } };
	output_table_begin(out, "commands", columns, COUNT_OF(columns), false);
	for (const struct command *const *command = all_commands; *command; command++) {
		output_row_begin(out);
		output_text(out, (*command)->name);
		output_text(out, (*command)->summary);
		output_array_begin(out, NULL);
		for (const char *const *alias = (*command)->aliases; alias && *alias; alias++)
			output_text(out, *alias);
		output_array_end(out);
		output_row_end(out);
	}
	output_table_end(out);
	output_line(out, "");
	list_filters(out);
	output_line(out, "");
	output_line(out, "help COMMAND tells more. Names and options are case-insensitive.");
	return NULL;
}

static void put_texts(struct output *out, const char *key, const char *title,
		      const char *const *texts)
{
	static const struct column columns[] = { { "text", "", CELL_TEXT, 0 } };
	if (!texts || !*texts)
		return;
	output_line(out, "");
	output_line(out, "%s", title);
	output_indent(out, 1);
	output_table_begin(out, key, columns, COUNT_OF(columns), false);
	for (; *texts; texts++) {
		output_row_begin(out);
		output_text(out, *texts);
		output_row_end(out);
	}
	output_table_end(out);
	output_indent(out, -1);
}

static void put_options(struct output *out, const struct option *options)
{
	static const struct column columns[] = { { NULL, "", CELL_TEXT, -22 },
						 { "help", "", CELL_TEXT, 0 },
						 { "name", NULL, CELL_TEXT, 0 },
						 { "value", NULL, CELL_TEXT, 0 },
						 { "aliases", NULL, CELL_VALUE, 0 } };
	if (!options || !options->name)
		return;
	output_line(out, "");
	output_line(out, "Options:");
	output_indent(out, 1);
	output_table_begin(out, "options", columns, COUNT_OF(columns), false);
	for (; options->name; options++) {
		char text[128];
		output_row_begin(out);
		option_text(text, sizeof(text), options);
		output_text(out, text);
		output_text(out, options->help);
		output_text(out, options->name);
		output_text_or_null(out, options->value);
		output_array_begin(out, NULL);
		for (const char *const *alias = options->aliases; alias && *alias; alias++)
			output_text(out, *alias);
		output_array_end(out);
		output_row_end(out);
	}
	output_table_end(out);
	output_indent(out, -1);
}

/* Lines of at most HELP_COLUMNS; a newline in the text ends a paragraph. */
static void put_wrapped(struct output *out, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n"), cut = length;
		if (length > HELP_COLUMNS) {
			cut = HELP_COLUMNS;
			while (cut && text[cut] != ' ')
				cut--;
			cut = cut ? cut : length;
		}
		output_line(out, "%.*s", (int)cut, text);
		text += cut + (text[cut] != '\0');
	}
}

static struct error *describe_command(struct output *out, const struct command *command)
{
	static const struct column columns[] = { { "name", NULL, CELL_TEXT, 0 },
						 { "usage", "Usage: ", CELL_TEXT, 0 },
						 { "summary", NULL, CELL_TEXT, 0 },
						 { "description", NULL, CELL_TEXT, 0 } };
	CLEANUP(text_deinit) struct text usage = { 0 };
	usage_append(&usage, command);
	if (text_failed(&usage))
		return &error_no_memory;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text(out, command->name);
	output_text(out, text_string(&usage));
	output_text(out, command->summary);
	output_text_or_null(out, command->description);
	output_record_end(out);
	output_line(out, "");
	output_line(out, "%s", command->summary);
	if (command->description)
		put_wrapped(out, command->description);
	put_options(out, command->options);
	put_texts(out, "aliases", "Other names:", command->aliases);
	put_texts(out, "examples", "Examples:", command->examples);
	return NULL;
}

static void describe_filter(struct output *out, const struct filter_text *filter)
{
	static const struct column columns[] = { { "name", NULL, CELL_TEXT, 0 },
						 { "usage", "Usage: COMMAND ", CELL_TEXT, 0 },
						 { "summary", NULL, CELL_TEXT, 0 } };
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text(out, filter->name);
	output_text(out, filter->usage);
	output_text(out, filter->summary);
	output_record_end(out);
	output_line(out, "");
	put_wrapped(out, filter->summary);
	put_options(out, filter->options);
	put_texts(out, "examples", "Examples:", (const char *const[]){ filter->example, NULL });
}

static struct error *help_run(struct command_call *call)
{
	const char *name = arguments_positional(call->arguments, 0);
	if (!name)
		return list_commands(call->out);
	if (!strcmp(name, "|>") || !strcmp(name, "|>>")) {
		list_filters(call->out);
		return NULL;
	}
	const struct command *command = command_find(name);
	const struct filter_text *filter = filter_text_find(name, strlen(name));
	if (!command && filter) {
		describe_filter(call->out, filter);
		return NULL;
	}
	const char *absent = absent_command(name);
	if (!command && absent)
		return error_new(ERROR_USAGE, "%s: the command of SOS %s", name, absent);
	if (!command)
		return error_new(ERROR_USAGE, "there is no command %s: help lists them", name);
	return describe_command(call->out, command);
}

static const char *const aliases[] = { "?", "soshelp", NULL };
static const char *const positionals[] = { "[COMMAND]", NULL };
static const char *const examples[] = { "help", "help help", "help sort", "help \"|>\"", NULL };

const struct command command_help = {
	.name = "help",
	.aliases = aliases,
	.summary = "list the commands, or describe one",
	.positionals = positionals,
	.examples = examples,
	.run = help_run,
};
