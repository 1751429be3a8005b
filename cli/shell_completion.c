/*
 * What bash and zsh complete: verbs and commands, their options, and after -c commands with theirs.
 * Words that the program itself takes need no quoting in either shell but for what put_quoted()
 * does.
 */
#include "cli/command_verb.h"
#include "cli/manual.h"
#include "cli/verbs.h"

static const char *const top_options[] = { "--help", "--version", "--print-man",
					   "--print-completion", NULL };

/* "?" is a pattern in both shells. */
static bool is_plain(const char *alias)
{
	return strcmp(alias, "?") != 0;
}

static void put_option_name(FILE *to, const struct option *option)
{
	fprintf(to, " %s", option->name);
	for (const char *const *alias = option->aliases; alias && *alias; alias++)
		fprintf(to, " %s", *alias);
}

static void put_option_names(FILE *to, const struct option *options)
{
	for (; options && options->name; options++)
		put_option_name(to, options);
}

/* What may follow an option, by what its table calls the value. */
static const char *bash_values(const char *value)
{
	if (!strcmp(value, "PID"))
		return "_clrpod_words \"$(cd /proc && echo [0-9]*)\"";
	if (!strcmp(value, "FILE") || !strcmp(value, "SCRIPT"))
		return "_clrpod_files -f";
	if (!strcmp(value, "DIR"))
		return "_clrpod_files -d";
	if (!strcmp(value, "COMMAND"))
		return "_clrpod_command";
	return NULL;
}

static void put_bash_value(FILE *to, const char *verb, const struct option *option)
{
	const char *values = option->value ? bash_values(option->value) : NULL;
	if (!option->value || option->value[0] == '[')
		return;
	fprintf(to, "\t%s:%s", verb, option->name);
	for (const char *const *alias = option->aliases; alias && *alias; alias++)
		fprintf(to, " | %s:%s", verb, *alias);
	fprintf(to, ")\n\t\t");
	if (values) {
		fprintf(to, "%s", values);
	} else if (strchr(option->value, '|')) {
		fprintf(to, "_clrpod_words '");
		for (const char *at = option->value; *at; at++)
			fputc(*at == '|' ? ' ' : *at, to);
		fputc('\'', to);
	}
	fprintf(to, "%sreturn ;;\n", values || strchr(option->value, '|') ? "\n\t\t" : "");
}

static const char bash_head[] =
	"# Completion of clrpod's command line in bash. Made by clrpod --print-completion bash; do not edit.\n"
	"_clrpod_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\"); }\n"
	"_clrpod_files() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$word\"); }\n"
	"\n"
	"# Adds to $options those of a command.\n"
	"_clrpod_options_of()\n"
	"{\n"
	"\tcase $1 in\n";
static const char bash_command_tail[] = "\tesac\n"
					"}\n"
					"\n"
					"# The word after -c: a command, then its options.\n"
					"_clrpod_command()\n"
					"{\n"
					"\tlocal options=\n"
					"\tcase $word in\n"
					"\t*' '*) ;;\n"
					"\t*) _clrpod_words \"$commands\"; return ;;\n"
					"\tesac\n"
					"\t_clrpod_options_of \"${word%% *}\"\n"
					"\tlocal before=${word% *} word=${word##* }\n"
					"\t[[ $word == -* ]] || return\n"
					"\t_clrpod_words \"$options\"\n"
					"\tCOMPREPLY=(\"${COMPREPLY[@]/#/$before }\")\n"
					"}\n"
					"\n";
static const char bash_body[] =
	"\tlocal word=$2 last=$3 verb=${COMP_WORDS[1]}\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	"\t\t_clrpod_words \"$verbs $commands\"\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t[[ \" $verbs \" == *\" $verb \"* ]] || { _clrpod_options_of \"$verb\"; verb=COMMAND; }\n"
	"\tcase $verb:$last in\n";
static const char bash_tail[] = "\tif [[ $word == -* ]]; then\n"
				"\t\t_clrpod_words \"$options --help\"\n"
				"\telse\n"
				"\t\t_clrpod_files -f\n"
				"\tfi\n"
				"}\n"
				"complete -F _clrpod clrpod\n";

static void put_bash_commands(FILE *to)
{
	for (const struct command *const *command = all_commands; *command; command++) {
		if (!(*command)->options || !(*command)->options->name)
			continue;
		fprintf(to, "\t%s", (*command)->name);
		for (const char *const *alias = (*command)->aliases; alias && *alias; alias++)
			if (is_plain(*alias))
				fprintf(to, " | %s", *alias);
		fprintf(to, ") options+='");
		put_option_names(to, (*command)->options);
		fprintf(to, "' ;;\n");
	}
}

/* Values of the verbs' options, and of those that a command takes in place of a verb. */
static void put_bash_values(FILE *to)
{
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		for (const struct option *option = (*verb)->options; option->name; option++)
			put_bash_value(to, (*verb)->name, option);
	for (const struct option *option = verb_analyze.options; option->name; option++)
		if (command_verb_takes(option))
			put_bash_value(to, verb_command.name, option);
}

static void put_bash_options(FILE *to)
{
	for (const struct verb *const *verb = all_verbs; *verb; verb++) {
		fprintf(to, "\t%s) options='", (*verb)->name);
		put_option_names(to, (*verb)->options);
		fprintf(to, "' ;;\n");
	}
	fprintf(to, "\t%s) options+='", verb_command.name);
	for (const struct option *option = verb_analyze.options; option->name; option++)
		if (command_verb_takes(option))
			put_option_name(to, option);
	fprintf(to, "' ;;\n");
}

void manual_print_bash(FILE *to)
{
	fprintf(to, "%s", bash_head);
	put_bash_commands(to);
	fprintf(to, "%s_clrpod()\n{\n\tlocal options= commands='", bash_command_tail);
	for (const struct command *const *command = all_commands; *command; command++) {
		fprintf(to, "\n\t\t%s", (*command)->name);
		for (const char *const *alias = (*command)->aliases; alias && *alias; alias++)
			if (is_plain(*alias))
				fprintf(to, " %s", *alias);
	}
	fprintf(to, "'\n\tlocal verbs='");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		fprintf(to, "%s ", (*verb)->name);
	for (const char *const *option = top_options; *option; option++)
		fprintf(to, "%s%s", *option, option[1] ? " " : "'\n");
	fprintf(to, "%s", bash_body);
	put_bash_values(to);
	fprintf(to, "\tesac\n\tcase $verb in\n");
	put_bash_options(to);
	fprintf(to,
		"\t--print-completion) _clrpod_words 'bash zsh'; return ;;\n"
		"\t--print-man) _clrpod_words commands; return ;;\n"
		"\tesac\n%s",
		bash_tail);
}

/* Inside '…', of an _arguments or _describe specification: brackets and colons are its own. */
static void put_quoted(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fprintf(to, "'\\''");
		else if (strchr("[]:\\", *text))
			fprintf(to, "\\%c", *text);
		else
			fputc(*text == '\n' ? ' ' : *text, to);
	}
}

static const char *zsh_values(const char *value)
{
	if (!strcmp(value, "PID"))
		return "_pids";
	if (!strcmp(value, "FILE") || !strcmp(value, "SCRIPT"))
		return "_files";
	if (!strcmp(value, "DIR"))
		return "_files -/";
	return strcmp(value, "COMMAND") ? " " : "_clrpod_command";
}

static void put_zsh_option(FILE *to, const char *name, const struct option *option)
{
	bool choice = option->value && strchr(option->value, '|');
	bool optional = option->value && option->value[0] == '[';
	fprintf(to, "\t\t\t'*%s%s[", name,
		option->value && name[1] == '-' ? optional ? "=-" : "=" : "");
	put_quoted(to, option->help);
	fprintf(to, "]");
	if (optional) {
		fprintf(to, "::value: ");
	} else if (choice) {
		fprintf(to, ":value:(");
		for (const char *at = option->value; *at; at++)
			fputc(*at == '|' ? ' ' : *at, to);
		fprintf(to, ")");
	} else if (option->value) {
		fprintf(to, ":%s:%s", option->value, zsh_values(option->value));
	}
	fprintf(to, "' \\\n");
}

/* `pattern`: of the verb, in a case. */
static void put_zsh_verb(FILE *to, const char *pattern, const struct option *options,
			 bool of_command)
{
	fprintf(to, "\t%s)\n\t\t_arguments \\\n", pattern);
	for (const struct option *option = options; option->name; option++) {
		if (of_command && !command_verb_takes(option))
			continue;
		put_zsh_option(to, option->name, option);
		for (const char *const *alias = option->aliases; alias && *alias; alias++)
			put_zsh_option(to, *alias, option);
	}
	fprintf(to, "\t\t\t'*:file:_files' ;;\n");
}

static void put_zsh_pair(FILE *to, const char *name, const char *summary)
{
	fprintf(to, "\t\t'");
	put_quoted(to, name);
	fputc(':', to);
	put_quoted(to, summary);
	fprintf(to, "'\n");
}

void manual_print_zsh(FILE *to)
{
	fprintf(to, "#compdef clrpod\n# Completion of clrpod's command line in zsh. Made by clrpod "
		    "--print-completion zsh; do not edit.\n\n_clrpod_command()\n{\n\tlocal -a "
		    "commands=(\n");
	for (const struct command *const *command = all_commands; *command; command++) {
		put_zsh_pair(to, (*command)->name, (*command)->summary);
		for (const char *const *alias = (*command)->aliases; alias && *alias; alias++)
			if (is_plain(*alias))
				put_zsh_pair(to, *alias, (*command)->summary);
	}
	fprintf(to, "\t)\n\t_describe command commands\n}\n\n_clrpod()\n{\n\tlocal -a verbs=(\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		put_zsh_pair(to, (*verb)->name, (*verb)->summary);
	fprintf(to, "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe verb "
		    "verbs\n\t\t_clrpod_command\n"
		    "\t\treturn\n\tfi\n"
		    "\tlocal verb=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $verb in\n");
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		put_zsh_verb(to, (*verb)->name, (*verb)->options, false);
	put_zsh_verb(to, "*", verb_analyze.options, true);
	fprintf(to, "\tesac\n}\n\n_clrpod \"$@\"\n");
}
