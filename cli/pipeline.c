#include "cli/pipeline.h"

#include "attach/credentials.h"
#include "attach/pod_room.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cli/app.h"
#include "cli/filters.h"
#include "cli/quotes.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "dump/collect/output_file.h"
#include "dump/collect/text_file.h"
#include "inspect/near_names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

/* Programs of a shell that a user may look for here: no files of these names by mistake. */
static const char *const shell_programs[] = { "awk",   "cat",   "cut", "jq",   "less",
					      "more",  "sed",   "tee", "uniq", "xargs",
					      "egrep", "fgrep", "nl",  NULL };

static const struct option file_options[] = { { "-f", NULL, "overwrite the file", NULL }, { 0 } };

const char *pipeline_mark(const char *line)
{
	char quote = '\0';
	for (const char *at = line; *at; at = quotes_pass(at, &quote))
		if (!quote && at[0] == '|' && at[1] == '>' &&
		    (at == line || isblank((unsigned char)at[-1])))
			return at;
	return NULL;
}

static bool is_blank_text(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

/* A word that is more likely a mistyped filter than a file. */
static struct error *check_file_name(const char *name)
{
	struct meant_name meant = { .wanted = name };
	const char *const *program = shell_programs;
	if (strpbrk(name, "/."))
		return NULL;
	for (const struct filter_text *const *text = all_filter_texts; *text; text++)
		meant_name_offer(&meant, (*text)->name);
	if (meant.name)
		return error_new(ERROR_USAGE, "|> %s: did you mean %s? a file of that name is ./%s",
				 name, meant.name, name);
	while (*program && strcmp(name, *program) != 0)
		program++;
	if (!*program)
		return NULL;
	CLEANUP(text_deinit) struct text names = { 0 };
	filter_names_append(&names);
	return error_new(ERROR_USAGE,
			 "|> %s: there is no such filter, only %s; a file of that name is ./%s",
			 name, text_string(&names), name);
}

static int open_file(const char *path, bool append, bool overwrite, bool *created)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat status;
	*created = fd >= 0;
	if (fd >= 0 || errno != EEXIST)
		return fd;
	bool regular = !stat(path, &status) && S_ISREG(status.st_mode);
	if (regular && !append && !overwrite) {
		errno = EEXIST;
		return -1;
	}
	/* Regular files do not know O_NONBLOCK; of the others, this is a description of our own. */
	return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
				  (append      ? O_APPEND
				   : overwrite ? O_TRUNC
					       : 0));
}

static bool is_fifo(const char *path)
{
	struct stat status;
	int before = errno;
	bool fifo = !stat(path, &status) && S_ISFIFO(status.st_mode);
	errno = before;
	return fifo;
}

/* A FIFO that is not open to read: waits for that, as long as for a reader that takes nothing. */
static int open_patiently(const struct app *app, const char *path, bool append, bool overwrite,
			  bool *created)
{
	enum { TICK_US = 50 * 1000 };
	uint64_t start_ms = clock_ms(), most_ms = app->writer.stall_seconds * UINT64_C(1000);
	for (;;) {
		int fd = open_file(path, append, overwrite, created);
		if (fd >= 0 || errno != ENXIO || !is_fifo(path))
			return fd;
		if (signals_received() || (most_ms && clock_ms() - start_ms >= most_ms)) {
			errno = signals_received() ? ECANCELED : PATIENT_STALLED;
			return -1;
		}
		clock_sleep_us(TICK_US);
	}
}

static struct error *write_failed(struct pipeline *pipeline, const char *path, int os_errno)
{
	const char *what = arena_printf(&pipeline->arena, "cannot write %s", path);
	return what ? patient_write_error(os_errno, what) : &error_no_memory;
}

static struct error *nothing_follows(void)
{
	CLEANUP(text_deinit) struct text names = { 0 };
	filter_names_append(&names);
	return error_new(ERROR_USAGE, "|> wants a filter (%s) or a file after it",
			 text_string(&names));
}

/* `words`: what is after |> or |>>. */
static struct error *to_file(struct pipeline *pipeline, const char *words, bool append)
{
	struct arguments *arguments;
	struct error *error = arguments_parse(words, file_options, 1, &pipeline->arena, &arguments);
	if (error)
		return error_context(error, "|>%s FILE", append ? ">" : "");
	const char *path = arguments_positional(arguments, 0);
	if (!path || !*path)
		return nothing_follows();
	if (!append)
		TRY(check_file_name(path));
	if (append || arguments_has(arguments, "-f"))
		TRY(text_file_check(path));
	int fd = open_patiently(pipeline->app, path, append, arguments_has(arguments, "-f"),
				&pipeline->created);
	if (fd < 0 && errno == EEXIST)
		return error_new(ERROR_USAGE,
				 "%s is there already: |>> %s adds to it, |> -f %s overwrites it",
				 path, path, path);
	if (fd < 0)
		return write_failed(pipeline, path, errno);
	pipeline->fd = fd;
	pipeline->adds = append;
	pipeline->path = strdup(path);
	patient_writer_open_own(&pipeline->writer, fd, &pipeline->app->task);
	pipeline->writer.stall_seconds = pipeline->app->writer.stall_seconds;
	pipeline->writer.most_bytes = pod_room_for_text(fd);
	pipeline->file = patient_writer_stream(&pipeline->writer);
	return pipeline->file && pipeline->path ? NULL : &error_no_memory;
}

static struct error *no_such_filter(const char *name, size_t length)
{
	CLEANUP(text_deinit) struct text names = { 0 };
	filter_names_append(&names);
	return error_new(ERROR_USAGE,
			 "there is no filter %.*s: there are %s, or the name of a file",
			 (int)length, name, text_string(&names));
}

/* One piece between two |>. Filters are hung after *last. */
static struct error *add_stage(struct pipeline *pipeline, const char *words, bool is_last,
			       struct filter ***last)
{
	bool append = *words == '>';
	words += append;
	words += strspn(words, " \t");
	size_t length = strcspn(words, " \t\r\n");
	const struct filter_kind *kind = append ? NULL : filter_find(words, length);
	if (!kind && is_last &&
	    (append || is_blank_text(words + length) || *words == '-' || *words == '"' ||
	     *words == '\''))
		return to_file(pipeline, words, append);
	if (!kind && !is_last && is_blank_text(words + length))
		return error_new(ERROR_USAGE, "|> %.*s: a file stands at the end of the line",
				 (int)length, words);
	if (!kind)
		return no_such_filter(words, length);
	if (pipeline->app->format != OUTPUT_TEXT)
		return error_new(ERROR_USAGE,
				 "|> %s works on lines of text: filter JSON with the shell's pipe, "
				 "or write it with |> FILE",
				 kind->text->name);
	TRY(filter_new(kind, words + length, &pipeline->arena, &pipeline->app->task, *last));
	pipeline->screen->wide |= kind == &filter_wide;
	*last = &(**last)->next;
	return NULL;
}

/* A line goes through all filters at once, each called by the one before. */
static struct error *parse(struct pipeline *pipeline, char *line)
{
	struct filter **last = &pipeline->first;
	char *mark = (char *)pipeline_mark(line);
	for (unsigned count = 0; mark; count++) {
		if (count == LIMIT_FILTERS)
			return error_new(ERROR_USAGE, "at most %d filters follow a command",
					 LIMIT_FILTERS);
		char *words = mark + 2, *end = mark;
		while (end > line && isblank((unsigned char)end[-1]))
			end--;
		*end = '\0';
		mark = (char *)pipeline_mark(words);
		size_t length = mark ? (size_t)(mark - words) : strlen(words);
		const char *stage = arena_copy_text(&pipeline->arena, words, length);
		if (!stage)
			return &error_no_memory;
		TRY(add_stage(pipeline, stage, !mark, &last));
	}
	return NULL;
}

/* The marked lines of a text, from any pieces of it. */
static struct error *take_text(struct pipeline *pipeline, const char *bytes, size_t size)
{
	while (size) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end ? (size_t)(end - bytes) : size;
		struct line line;
		if (pipeline->begun.length || !end)
			text_append_bytes(&pipeline->begun, bytes, length);
		if (text_failed(&pipeline->begun))
			return &error_no_memory;
		if (pipeline->begun.length > LIMIT_KEPT_LINES_BYTES)
			return error_new(ERROR_UNSUPPORTED,
					 "a line of the answer is longer than %d MiB: too long for "
					 "a filter or a terminal",
					 LIMIT_KEPT_LINES_BYTES >> 20);
		if (!end)
			return NULL;
		if (pipeline->begun.length)
			TRY(line_parse(&pipeline->parser, text_string(&pipeline->begun),
				       pipeline->begun.length, &line));
		else
			TRY(line_parse(&pipeline->parser, bytes, length, &line));
		TRY(pipeline->first->kind->line(pipeline->first, &line));
		text_clear(&pipeline->begun);
		if (pipeline->first->enough)
			return NULL;
		bytes += length + 1;
		size -= length + 1;
	}
	return NULL;
}

static ssize_t take(void *cookie, const char *bytes, size_t size)
{
	struct pipeline *pipeline = cookie;
	pipeline->any = true;
	if (!pipeline->error && !pipeline->first->enough)
		pipeline->error = pipeline->app->format == OUTPUT_TEXT
					  ? take_text(pipeline, bytes, size)
					  : screen_write(pipeline->screen, bytes, size);
	if (!pipeline->error && !pipeline->first->enough)
		return (ssize_t)size;
	errno = EPIPE;
	return 0;
}

static struct error *open_stream(struct pipeline *pipeline)
{
	struct app *app = pipeline->app;
	struct screen *screen = pipeline->screen;
	bool terminal = !pipeline->file && isatty(STDOUT_FILENO);
	if (!terminal && !pipeline->file && pipeline->first == &screen->filter &&
	    !session_log(app->session))
		return NULL;
	screen->to = pipeline->file ? pipeline->file : app->answers;
	screen->path = pipeline->path;
	screen->progress = &app->progress;
	screen->session = app->session;
	screen->hold = &app->hold;
	screen->terminal = terminal;
	screen->paging = terminal && app->pages && isatty(STDIN_FILENO);
	if (terminal)
		screen_size(STDOUT_FILENO, &screen->rows, &screen->columns);
	pipeline->stream = fopencookie(pipeline, "w", (cookie_io_functions_t){ .write = take });
	if (!pipeline->stream)
		return &error_no_memory;
	setvbuf(pipeline->stream, NULL, _IONBF, 0);
	pipeline->out = output_new(app->format, pipeline->stream);
	if (!pipeline->out)
		return &error_no_memory;
	output_mark_lines(pipeline->out);
	if (terminal)
		output_flush_lines(pipeline->out);
	if (terminal && pipeline->first == &screen->filter)
		output_for_terminal(pipeline->out);
	return NULL;
}

struct error *pipeline_open(struct app *app, const char *line, struct pipeline *ret)
{
	*ret = (struct pipeline){ .app = app, .out = app->out, .fd = -1 };
	arena_init(&ret->arena);
	char *copy = arena_copy_text(&ret->arena, line, strlen(line));
	ret->screen = calloc(1, sizeof(*ret->screen));
	if (!copy || !ret->screen)
		return &error_no_memory;
	ret->screen->filter.kind = &filter_screen;
	ret->command = copy;
	struct error *error = parse(ret, copy);
	struct filter **last = &ret->first;
	while (*last)
		last = &(*last)->next;
	*last = &ret->screen->filter;
	return error ? error : open_stream(ret);
}

void pipeline_cleanup(struct pipeline *pipeline)
{
	if (pipeline->stream && pipeline->out)
		output_free(pipeline->out);
	file_cleanup(&pipeline->stream);
	if (!pipeline->first && pipeline->screen)
		filter_free(&pipeline->screen->filter);
	for (struct filter *filter = pipeline->first, *next; filter; filter = next) {
		next = filter->next;
		filter_free(filter);
	}
	file_cleanup(&pipeline->file);
	fd_cleanup(&pipeline->fd);
	free(pipeline->path);
	text_deinit(&pipeline->begun);
	line_parser_deinit(&pipeline->parser);
	error_free(pipeline->error);
	arena_deinit(&pipeline->arena);
}

static struct error *end_filters(const struct pipeline *pipeline, bool broken)
{
	for (struct filter *filter = pipeline->first; filter; filter = filter->next) {
		filter->broken = broken;
		if (filter->kind->end)
			TRY(filter->kind->end(filter));
	}
	return NULL;
}

/* The file that we made, when the name is still its own. */
static void remove_made(const struct pipeline *pipeline, const struct stat *made)
{
	CLEANUP(credentials_resume)
	MAYBE_UNUSED struct as_ourselves before = credentials_as_ourselves();
	if (pipeline->created && file_has_name(made, AT_FDCWD, pipeline->path))
		unlink(pipeline->path);
}

/* A part that a full disk left is of no use under the name of the whole. What ends for a limit of
 * the pod, or because we were told to stop, is meant to be there as far as it goes. */
static bool is_useless_part(int failed_with)
{
	return failed_with && failed_with != PATIENT_TOO_MUCH && failed_with != ECANCELED;
}

static struct error *close_file(struct pipeline *pipeline, bool failed)
{
	struct stat made;
	if (!pipeline->file)
		return NULL;
	FILE *file = pipeline->file;
	pipeline->file = NULL;
	errno = 0;
	int failed_with = fclose(file) ? errno ? errno : EIO : 0;
	if (pipeline->writer.failed)
		failed_with = pipeline->writer.failed;
	bool seen = !fstat(pipeline->fd, &made);
	if (close(pipeline->fd) && !failed_with)
		failed_with = errno;
	pipeline->fd = -1;
	bool empty = failed && !failed_with && !pipeline->screen->lines;
	if (seen && (empty || (is_useless_part(failed_with) && !pipeline->adds)))
		remove_made(pipeline, &made);
	if (failed_with)
		return write_failed(pipeline, pipeline->path, failed_with);
	if (!empty && pipeline->app->interactive)
		say(stderr, "%" PRIu64 " lines are in %s.", pipeline->screen->lines,
		    pipeline->path);
	return NULL;
}

/* The stream took no more of it. */
static bool was_refused(const struct error *error)
{
	return error && error->code == ERROR_OS && error->os_errno == EPIPE;
}

struct error *pipeline_end(struct pipeline *pipeline, struct error *error, bool *ret_is_ours)
{
	*ret_is_ours = false;
	if (!pipeline->stream)
		return error;
	bool refused = was_refused(error), enough = refused && pipeline->first->enough;
	if (!pipeline->error && (pipeline->any || !error))
		pipeline->error = end_filters(pipeline, error && !enough);
	struct error *ours = pipeline->error;
	pipeline->error = NULL;
	if (error || ours)
		fflush(pipeline->screen->to); /* before what is reported of it */
	struct error *closed = close_file(pipeline, error || ours);
	if (!ours)
		ours = closed;
	else
		error_free(closed);
	if (ours && !pipeline->path && (ours->code == ERROR_OS || pipeline->app->writer.failed))
		pipeline->app->broken = true;
	if (!ours && !enough)
		return error;
	/* What a filter lacked is no reason why the answer broke off. */
	if (error && !refused && ours->code != ERROR_OS) {
		error_free(ours);
		return error;
	}
	error_free(error);
	*ret_is_ours = ours != NULL;
	return ours;
}
