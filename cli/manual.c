#include "cli/manual.h"

#include "cli/command_verb.h"
#include "cli/verbs.h"
#include "commands/interpreter/filters.h"

const char manual_about[] =
	"clrpod opens any Linux CoreCLR process or dump on a machine without .NET: it finds the\n"
	"process, looks inside it or writes a dump of it, and answers SOS's commands, as text or as\n"
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

static void put_filters(FILE *to, const struct filter_text *const *texts)
{
	for (; *texts; texts++)
		fprintf(to, "  %-22s %s\n", (*texts)->usage, (*texts)->summary);
}

void manual_overview(FILE *to)
{
	fprintf(to, "%s\n\nUsage:\n", manual_about);
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		put_usage(to, *verb);
	put_usage(to, &verb_command);
	fprintf(to, "  clrpod --help | --version | VERB --help | COMMAND --help\n");
	fprintf(to, "  clrpod --print-man [commands] | --print-completion bash|zsh\n");
	fprintf(to, "\nVerbs:\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		fprintf(to, "  %-10s %s\n", (*verb)->name, (*verb)->summary);
	fprintf(to, "\nCommands of analyze, or in place of a verb:\n");
	for (const struct command *const *command = all_commands; *command; command++)
		fprintf(to, "  %-16s %s\n", (*command)->name, (*command)->summary);
	fprintf(to, "\nBehind a command (clrpod help head describes head, and so each):\n");
	put_filters(to, all_filter_texts);
	put_filters(to, file_texts);
	put_statuses(to);
}

void manual_command(FILE *to, const struct command *command)
{
	fprintf(to, "\nIn place of a verb:\n  ");
	if (command->in_session_only) {
		fprintf(to, "not taken: it means something in a session only, which clrpod "
			    "analyze opens\n");
		return;
	}
	if (command->needs == NEEDS_NOTHING)
		fprintf(to, "clrpod %s [OPTION]... [WORD]...\n", command->name);
	else
		fprintf(to, "clrpod %s %s\n", command->name,
			verb_command.usage + strlen("COMMAND "));
	fprintf(to, "  Options of analyze count too; they and the exit statuses are in: "
		    "clrpod analyze --help\n");
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
