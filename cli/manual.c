#include "cli/manual.h"

#include "cli/version.h"

static const char about[] =
	"clrpod opens any Linux CoreCLR process or dump on a machine without .NET: it finds the\n"
	"process, looks inside it or writes a dump of it, and answers SOS's commands, as text or "
	"as\n"
	"JSON. The answer is on stdout, everything else on stderr.";

static void put_indented(FILE *to, const char *lines)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		fprintf(to, "  %.*s\n", (int)strcspn(lines, "\n"), lines);
}

static void put_usage(FILE *to, const struct verb *verb)
{
	fprintf(to, "  clrpod ");
	for (const char *at = verb->usage; *at; at++) {
		fputc(*at, to);
		if (*at == '\n')
			fprintf(to, "  ");
	}
	fputc('\n', to);
}

static void put_statuses(FILE *to)
{
	fprintf(to, "\nExit status:\n");
	for (const struct exit_status_text *text = exit_status_texts; text->meaning; text++)
		fprintf(to, "  %3d  %s\n", text->status, text->meaning);
}

/* "-p PID, --process-id PID" as one text. */
static int option_text(char *to, size_t size, const struct option *option)
{
	int length = snprintf(to, size, "%s", option->name);
	for (const char *const *alias = option->aliases; alias && *alias; alias++)
		length += snprintf(to + length, size - (size_t)length, ", %s", *alias);
	if (option->value)
		length += snprintf(to + length, size - (size_t)length,
				   option->value[0] == '[' ? "%s" : " %s", option->value);
	return length;
}

void manual_overview(FILE *to)
{
	fprintf(to, "%s\n\nUsage:\n", about);
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		put_usage(to, *verb);
	fprintf(to, "  clrpod --help | --version | --print-man | VERB --help | COMMAND --help\n");
	fprintf(to, "\nVerbs:\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		fprintf(to, "  %-10s %s\n", (*verb)->name, (*verb)->summary);
	fprintf(to, "\nCommands of analyze:\n");
	for (const struct command *const *command = all_commands; *command; command++)
		fprintf(to, "  %-16s %s\n", (*command)->name, (*command)->summary);
	put_statuses(to);
}

void manual_verb(FILE *to, const struct verb *verb)
{
	fprintf(to, "clrpod %s: %s\n\nUsage:\n", verb->name, verb->summary);
	put_usage(to, verb);
	fprintf(to, "\n");
	if (verb->description)
		put_indented(to, verb->description);
	fprintf(to, "\nOptions:\n");
	for (const struct option *option = verb->options; option && option->name; option++) {
		char text[128];
		option_text(text, sizeof(text), option);
		fprintf(to, "  %-24s %s\n", text, option->help);
	}
	fprintf(to, "\nExamples:\n");
	for (const char *const *example = verb->examples; *example; example++)
		fprintf(to, "  %s\n", *example);
	put_statuses(to);
}

/* Text for roff: backslashes and dashes as they are, no line that begins like a request. */
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

static void put_item(FILE *to, const char *tag, const char *text)
{
	fprintf(to, ".TP\n.B ");
	put_roff(to, tag);
	fputc('\n', to);
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
	fprintf(to, ".PP\nExamples:\n.nf\n");
	for (; *examples; examples++) {
		fprintf(to, "    ");
		put_roff(to, *examples);
		fputc('\n', to);
	}
	fprintf(to, ".fi\n");
}

static void put_paragraph(FILE *to, const char *request, const char *text)
{
	if (!text)
		return;
	fprintf(to, "%s\n", request);
	put_roff(to, text);
	fputc('\n', to);
}

static void put_verb_roff(FILE *to, const struct verb *verb)
{
	fprintf(to, ".SS ");
	put_roff(to, verb->name);
	fprintf(to, "\n.nf\n.B clrpod ");
	for (const char *at = verb->usage; *at;) {
		char line[256];
		size_t length = strcspn(at, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)length, at);
		put_roff(to, line);
		at += length + (at[length] == '\n');
		fprintf(to, *at ? "\n.B " : "\n");
	}
	fprintf(to, ".fi\n");
	put_paragraph(to, ".PP", verb->summary);
	put_paragraph(to, ".PP", verb->description);
	put_options(to, verb->options);
	put_examples(to, verb->examples);
}

static void put_command_roff(FILE *to, const struct command *command)
{
	fprintf(to, ".SS ");
	put_roff(to, command->name);
	fprintf(to, "\n.B ");
	put_roff(to, command->usage);
	fputc('\n', to);
	put_paragraph(to, ".PP", command->summary);
	if (command->aliases && *command->aliases) {
		fprintf(to, ".br\nOther names:");
		for (const char *const *alias = command->aliases; *alias; alias++) {
			fputc(' ', to);
			put_roff(to, *alias);
		}
		fputc('\n', to);
	}
	put_paragraph(to, ".PP", command->description);
	put_options(to, command->options);
	put_examples(to, command->examples);
}

void manual_print_man(FILE *to)
{
	fprintf(to, ".\\\" Made by clrpod --print-man; do not edit.\n");
	fprintf(to, ".TH CLRPOD 1 \"\" \"clrpod " CLRPOD_VERSION "\"\n");
	fprintf(to, ".SH NAME\nclrpod \\- look inside .NET processes and dumps without .NET\n");
	fprintf(to, ".SH SYNOPSIS\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		fprintf(to, "%s.B clrpod %s\n[option]...\n", verb == all_verbs ? "" : ".br\n",
			(*verb)->name);
	fprintf(to, ".SH DESCRIPTION\n");
	put_roff(to, about);
	fprintf(to, "\n.SH VERBS\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		put_verb_roff(to, *verb);
	fprintf(to, ".SH COMMANDS\nOf analyze. Names and options are case\\-insensitive; addresses "
		    "are hex, with or without 0x.\n");
	for (const struct command *const *command = all_commands; *command; command++)
		put_command_roff(to, *command);
	fprintf(to, ".SH EXIT STATUS\n");
	for (const struct exit_status_text *text = exit_status_texts; text->meaning; text++) {
		char tag[8];
		snprintf(tag, sizeof(tag), "%d", text->status);
		put_item(to, tag, text->meaning);
	}
}
