#include "cli/script.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/quotes.h"
#include "cli/signals.h"
#include "commands/interpreter/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* What is incomplete or damaged has been answered all the same. */
static bool is_failure(enum exit_status status)
{
	return status != STATUS_WHOLE && status != STATUS_INCOMPLETE &&
	       status != STATUS_CHECK_FALSE;
}

bool script_ended(const struct script *script)
{
	return (is_failure(script->status) && !script->keep_going) || signals_received() ||
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

/* Runs the line that begins here; what is after its end does not matter. */
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

struct source {
	struct app *app;
	int fd;
	uint64_t left;     /* bytes of the file */
	size_t line_bytes; /* of the line that has begun */
	bool too_long;
};

/* A line without an end is no line of commands. */
static ssize_t read_script(void *cookie, char *buffer, size_t size)
{
	struct source *source = cookie;
	size = size < source->left ? size : source->left;
	ssize_t length = size ? hold_read(&source->app->hold, source->fd, buffer, size) : 0;
	const char *end = length > 0 ? memrchr(buffer, '\n', (size_t)length) : NULL;
	if (length <= 0)
		return length;
	source->left -= (uint64_t)length;
	source->line_bytes =
		end ? (size_t)(buffer + length - end) : source->line_bytes + (size_t)length;
	if (source->line_bytes <= LIMIT_SCRIPT_LINE_BYTES)
		return length;
	source->too_long = true;
	return 0;
}

/* A file is as long as it is when its first line runs: its commands may log to it. (Those of /proc
 * have no size.) */
static uint64_t bytes_left(int fd)
{
	struct stat status;
	off_t at = lseek(fd, 0, SEEK_CUR);
	bool is_file = at >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode);
	return is_file && status.st_size > at ? (uint64_t)(status.st_size - at) : UINT64_MAX;
}

/* Editors elsewhere begin a UTF-8 file with U+FEFF. */
static size_t mark_length(const char *line)
{
	return strncmp(line, "\xef\xbb\xbf", 3) ? 0 : 3;
}

/* C texts end at a NUL: what follows it on its line would not be run, without a word. */
static struct error *check_line(const char *line, size_t length, const char *name, size_t number)
{
	if (!memchr(line, '\0', length))
		return NULL;
	return error_new(ERROR_USAGE,
			 "line %zu of the script %s holds a NUL byte: a script is text, as UTF-8",
			 number, name);
}

static const char on_stdin[] = "on stdin";

/* A failure names the place: "FILE:3". What comes on stdin has none that could be looked up. */
static void run_numbered(struct script *script, const char *line, const char *name, size_t number)
{
	script->app->script = name == on_stdin ? NULL : name;
	script->app->script_line = number;
	script_line(script, line);
	script->app->script = NULL;
}

static void run_stream(struct script *script, int fd, const char *name)
{
	struct source source = { .app = script->app, .fd = fd, .left = bytes_left(fd) };
	CLEANUP(file_cleanup)
	FILE *stream = fopencookie(&source, "r", (cookie_io_functions_t){ .read = read_script });
	CLEANUP(free_cleanup) char *line = NULL;
	size_t capacity = 0, number = 0;
	ssize_t length;
	struct error *error = NULL;
	if (!stream)
		script->status = app_fail(script->app, "script", &error_no_memory, STATUS_FAILED);
	while (stream && !error && !script_ended(script) &&
	       (length = getline(&line, &capacity, stream)) >= 0) {
		error = check_line(line, (size_t)length, name, ++number);
		if (!error && source.too_long)
			error = error_new(ERROR_USAGE,
					  "line %zu of the script %s is longer than %d KiB", number,
					  name, LIMIT_SCRIPT_LINE_BYTES / 1024);
		if (!error)
			run_numbered(script, line + (number == 1 ? mark_length(line) : 0), name,
				     number);
	}
	if (error)
		script->status = exit_status_worse(
			script->status, app_fail(script->app, name, error, STATUS_USAGE));
	else if (signals_received())
		script->status = exit_status_worse(script->status, signals_status());
	else if (stream && ferror(stream))
		script->status =
			app_fail(script->app, "script",
				 error_os(errno, "cannot read the script %s", name), STATUS_USAGE);
}

void script_stream(struct script *script, int fd)
{
	run_stream(script, fd, on_stdin);
}

void script_file(struct script *script, const char *path)
{
	CLEANUP(fd_cleanup) int fd = -1;
	if (!strcmp(path, "-")) {
		script_stream(script, STDIN_FILENO);
		return;
	}
	/* A FIFO without a writer yet is waited for where time is looked at: hold_read(). */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0) {
		run_stream(script, fd, path);
	} else {
		struct error *error = error_os(errno, "cannot open the script %s", path);
		script->status = app_fail(script->app, path, error, STATUS_USAGE);
	}
}
