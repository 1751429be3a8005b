/* The man pages. Roff's macros take words in quotes apart, so nothing of ours is an argument of
 * one: fonts are changed in the text. */
#include "base/cleanup.h"
#include "base/list.h"
#include "cli/command_verb.h"
#include "cli/manual.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "commands/interpreter/filters.h"
#include "commands/interpreter/usage.h"

/* Backslashes and dashes as they are, no line that begins like a request. */
static void put_roff(FILE *to, const char *text)
{
	if (*text == '.' || *text == '\'')
		fprintf(to, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			fprintf(to, "\\e");
		else if (*text == '-')
			fprintf(to, "\\-");
		else
			fputc(*text, to);
		if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
			fprintf(to, "\\&");
	}
}

/* A line in bold. */
static void put_bold(FILE *to, const char *before, const char *text)
{
	fprintf(to, "\\fB%s", before);
	put_roff(to, text);
	fprintf(to, "\\fP\n");
}

static void put_item(FILE *to, const char *tag, const char *text)
{
	fprintf(to, ".TP\n");
	put_bold(to, "", tag);
	put_roff(to, text);
	fputc('\n', to);
}

static void put_options(FILE *to, const struct option *options)
{
	for (; options && options->name; options++) {
		char tag[128];
		option_text(tag, sizeof(tag), options);
		put_item(to, tag, options->help);
	}
}

static void put_examples(FILE *to, const char *const *examples)
{
	if (!examples || !*examples)
		return;
	fprintf(to, ".PP\nExamples:\n.PP\n.nf\n.RS 4\n");
	for (; *examples; examples++) {
		put_roff(to, *examples);
		fputc('\n', to);
	}
	fprintf(to, ".RE\n.fi\n");
}

static void put_paragraph(FILE *to, const char *text)
{
	if (!text)
		return;
	fprintf(to, ".PP\n");
	put_roff(to, text);
	fputc('\n', to);
}

static void put_title(FILE *to, const char *macro, const char *title)
{
	fprintf(to, "%s ", macro);
	put_roff(to, title);
	fputc('\n', to);
}

static void put_verb_roff(FILE *to, const struct verb *verb)
{
	const char *before = "clrpod ";
	put_title(to, ".SS", verb->name);
	fprintf(to, ".nf\n");
	for (const char *at = verb->usage; *at; before = "") {
		char line[256];
		size_t length = strcspn(at, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)length, at);
		put_bold(to, before, line);
		at += length + (at[length] == '\n');
	}
	fprintf(to, ".fi\n");
	put_paragraph(to, verb->summary);
	put_paragraph(to, verb->description);
	put_options(to, verb->options);
	put_examples(to, verb->examples);
}

static void put_head(FILE *to, const char *option, const char *title, const char *name)
{
	fprintf(to, ".\\\" Made by clrpod %s; do not edit.\n", option);
	fprintf(to, ".TH %s \"\" \"clrpod " CLRPOD_VERSION "\"\n", title);
	fprintf(to, ".SH NAME\n%s\n", name);
}

void manual_print_man(FILE *to)
{
	put_head(to, "--print-man", "CLRPOD 1",
		 "clrpod \\- look inside .NET processes and dumps without .NET");
	fprintf(to, ".SH SYNOPSIS\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		fprintf(to, "%s.B clrpod %s\n[option]...\n", verb == all_verbs ? "" : ".br\n",
			(*verb)->name);
	fprintf(to, ".br\n.B clrpod COMMAND\nDUMP [option]... [word]...\n");
	fprintf(to, ".SH DESCRIPTION\n");
	put_roff(to, manual_about);
	fprintf(to, "\n.SH VERBS\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		put_verb_roff(to, *verb);
	put_verb_roff(to, &verb_command);
	fprintf(to, ".SH COMMANDS\nOf analyze, or in place of a verb; all of each is in "
		    "clrpod\\-commands(7).\n");
	for (const struct command *const *command = all_commands; *command; command++)
		put_item(to, (*command)->name, (*command)->summary);
	fprintf(to, ".SH EXIT STATUS\n");
	for (const struct exit_status_text *text = exit_status_texts; text->meaning; text++) {
		char tag[8];
		snprintf(tag, sizeof(tag), "%d", text->status);
		put_item(to, tag, text->meaning);
	}
	fprintf(to, ".SH SEE ALSO\nclrpod\\-commands(7)\n");
}

static void put_command_roff(FILE *to, const struct command *command)
{
	put_title(to, ".SS", command->name);
	CLEANUP(text_deinit) struct text usage = { 0 };
	usage_append(&usage, command);
	put_bold(to, "", text_string(&usage));
	put_paragraph(to, command->summary);
	if (command->aliases && *command->aliases) {
		fprintf(to, ".br\nOther names:");
		for (const char *const *alias = command->aliases; *alias; alias++) {
			fputc(' ', to);
			put_roff(to, *alias);
		}
		fputc('\n', to);
	}
	put_paragraph(to, command->description);
	put_options(to, command->options);
	put_examples(to, command->examples);
}

static const char filters_text[] =
	"A command may be followed by filters of its lines, and by a file at the end: COMMAND |> FILTER |> FILE.\n"
	"They are built in, at the prompt, in \\-c and in scripts; a shell is not needed. |> counts behind a blank and outside quotes.\n"
	"sort without a column takes the first; columns count from 1.\n"
	"A line of titles does not count, and goes before the first row of its table that is shown.\n"
	"Filters work on text; with \\-\\-json only a file may follow.";

static void put_filters(FILE *to)
{
	const char *examples[16] = { NULL };
	size_t count = 0;
	fprintf(to, ".SH FILTERS\n%s\n", filters_text);
	for (const struct filter_text *const *text = all_filter_texts; *text; text++) {
		put_item(to, (*text)->usage, (*text)->summary);
		if (count + 1 < COUNT_OF(examples))
			examples[count++] = (*text)->example;
		if ((*text)->options) {
			fprintf(to, ".RS\n");
			put_options(to, (*text)->options);
			fprintf(to, ".RE\n");
		}
	}
	for (const struct filter_text *const *text = file_texts; *text; text++)
		put_item(to, (*text)->usage, (*text)->summary);
	put_examples(to, examples);
}

static const struct option keys[] = {
	{ "Tab", NULL, "completes a command, an option, a type's name, a filter or a file", NULL },
	{ "Enter", NULL, "on an empty line repeats a command that shows memory, where it stopped",
	  NULL },
	{ "Ctrl-C", NULL,
	  "ends the command, or drops the line; a command that computes on for 2 s all the same, as over a forged dump, ends with clrpod",
	  NULL },
	{ "Ctrl-R", NULL, "looks for a line among those typed before", NULL },
	{ "Ctrl-D", NULL, "leaves, as exit does", NULL },
	{ 0 },
};

static const char prompt_text[] =
	"Lines are kept in $XDG_STATE_HOME/clrpod/history or ~/.local/state/clrpod/history, when that can be written.\n"
	"An answer longer than the terminal waits at each screenful: space goes on by a page, Enter by a line, a to the end, q leaves.\n"
	"A name at the end of a row is cut at the width of a terminal, which a … shows; |> wide and files have it whole.";

void manual_print_man_commands(FILE *to)
{
	put_head(to, "--print-man commands", "CLRPOD\\-COMMANDS 7",
		 "clrpod\\-commands \\- the commands of clrpod analyze");
	fprintf(to, ".SH DESCRIPTION\nThe commands of clrpod(1)'s verb analyze, for \\-c, for "
		    "scripts and for its prompt; each is also taken in place of a verb. Names and "
		    "options are case\\-insensitive; addresses "
		    "are hex, with or without 0x. A leading sos or ext is passed over.\n");
	fprintf(to, ".SH COMMANDS\n");
	for (const struct command *const *command = all_commands; *command; command++)
		put_command_roff(to, *command);
	put_filters(to);
	fprintf(to, ".SH THE PROMPT\n");
	put_roff(to, prompt_text);
	fputc('\n', to);
	put_options(to, keys);
	fprintf(to, ".SH SEE ALSO\nclrpod(1)\n");
}
