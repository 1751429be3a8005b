#include "cli/script.h"

#include "base/cleanup.h"
#include "cli/quotes.h"
#include "cli/signals.h"
#include "commands/session.h"

#include <errno.h>
#include <fcntl.h>

bool script_ended(const struct script *script)
{
	bool failed = script->status != STATUS_WHOLE && script->status != STATUS_INCOMPLETE;
	return (failed && !script->keep_going) || signals_received() ||
	       session_exit_requested(script->app->session) || output_broken(script->app->out) ||
	       script->app->broken;
}

/* Cuts the comment and the line's end off. */
static void cut_comment(char *line)
{
	char quote = '\0', before = ' ';
	for (char *at = line; *at; at = (char *)quotes_pass(at, &quote)) {
		bool comment = !quote && *at == '#' && (before == ' ' || before == '\t');
		if (*at == '\n' || *at == '\r' || comment) {
			*at = '\0';
			return;
		}
		before = *at;
	}
}

/* Runs the line that begins here; what is behind its end does not matter. */
static void run_line(struct script *script, const char *line)
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

void script_line(struct script *script, const char *line)
{
	while (line) {
		run_line(script, line);
		line = strchr(line, '\n');
		if (!line || !line[1] || script_ended(script))
			return;
		line++;
	}
}

static ssize_t read_script(void *cookie, char *buffer, size_t size)
{
	return signals_read(*(const int *)cookie, buffer, size);
}

/* Editors elsewhere begin a UTF-8 file with U+FEFF. */
static size_t mark_length(const char *line)
{
	return strncmp(line, "\xef\xbb\xbf", 3) ? 0 : 3;
}

static void run_stream(struct script *script, int fd, const char *name)
{
	CLEANUP(file_cleanup)
	FILE *stream = fopencookie(&fd, "r", (cookie_io_functions_t){ .read = read_script });
	CLEANUP(free_cleanup) char *line = NULL;
	size_t capacity = 0;
	if (!stream)
		script->status = app_fail(script->app, "script", &error_no_memory, STATUS_FAILED);
	for (bool first = true;
	     stream && !script_ended(script) && getline(&line, &capacity, stream) >= 0;
	     first = false)
		script_line(script, line + (first ? mark_length(line) : 0));
	if (signals_received())
		script->status = exit_status_worse(script->status, signals_status());
	else if (stream && ferror(stream))
		script->status =
			app_fail(script->app, "script",
				 error_os(errno, "cannot read the script %s", name), STATUS_USAGE);
}

void script_stream(struct script *script, int fd)
{
	run_stream(script, fd, "on stdin");
}

void script_file(struct script *script, const char *path)
{
	CLEANUP(fd_cleanup) int fd = -1;
	if (!strcmp(path, "-")) {
		script_stream(script, STDIN_FILENO);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		run_stream(script, fd, path);
	} else {
		struct error *error = error_os(errno, "cannot open the script %s", path);
		script->status = app_fail(script->app, path, error, STATUS_USAGE);
	}
}
