#include "cli/script.h"

#include "base/cleanup.h"
#include "cli/signals.h"
#include "commands/session.h"

#include <errno.h>

bool script_ended(const struct script *script)
{
	bool failed = script->status != STATUS_WHOLE && script->status != STATUS_INCOMPLETE;
	return (failed && !script->keep_going) || signals_received() ||
	       session_exit_requested(script->app->session) || output_broken(script->app->out);
}

/* Cuts the comment and the line's end off. */
static void cut_comment(char *line)
{
	char quote = '\0', before = ' ';
	for (char *at = line; *at; before = *at++) {
		if (*at == '\n' || *at == '\r') {
			*at = '\0';
			return;
		}
		if (!quote && *at == '#' && (before == ' ' || before == '\t')) {
			*at = '\0';
			return;
		}
		if (!quote && (*at == '"' || *at == '\''))
			quote = *at;
		else if (*at == quote)
			quote = '\0';
	}
}

void script_line(struct script *script, const char *line)
{
	CLEANUP(free_cleanup) char *copy = strdup(line);
	if (!copy) {
		script->status = app_fail(script->app, line, &error_no_memory, STATUS_FAILED);
		return;
	}
	cut_comment(copy);
	if (!copy[strspn(copy, " \t")])
		return;
	script->status = exit_status_worse(script->status, app_run_command(script->app, copy));
}

void script_stream(struct script *script, FILE *stream)
{
	CLEANUP(free_cleanup) char *line = NULL;
	size_t capacity = 0;
	while (!script_ended(script) && getline(&line, &capacity, stream) >= 0)
		script_line(script, line);
	if (signals_received())
		script->status = exit_status_worse(script->status, signals_status());
}

void script_file(struct script *script, const char *path)
{
	CLEANUP(file_cleanup) FILE *file = strcmp(path, "-") ? fopen(path, "re") : NULL;
	if (file) {
		script_stream(script, file);
	} else if (!strcmp(path, "-")) {
		script_stream(script, stdin);
	} else {
		struct error *error = error_os(errno, "cannot open the script %s", path);
		script->status = app_fail(script->app, path, error, STATUS_USAGE);
	}
}
