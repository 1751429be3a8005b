#include "cli/repl.h"

#include "attach/snapshot.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/completion.h"
#include "cli/history_file.h"
#include "cli/open.h"
#include "cli/say.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "commands/interpreter/session.h"

#include <histedit.h>
#include <limits.h>
#include <unistd.h>
#include <wchar.h>

struct prompt {
	struct app *app;
	char text[32];
	FILE *messages;
	History *history;
	EditLine *edit;
	unsigned rows, columns; /* of the terminal, as libedit knows it */
	char repeated[64];      /* what an empty line runs; "": nothing */
};

static char no_prompt[] = "> ";

/* What a snapshot costs by now: "+12 MiB> ". */
static char *prompt_text(EditLine *edit)
{
	enum { MIB = 1024 * 1024 };
	struct prompt *prompt;
	uint64_t cost;
	if (el_get(edit, EL_CLIENTDATA, &prompt))
		return no_prompt;
	struct snapshot *snapshot = open_snapshot(prompt->app);
	const char *before = "";
	if (snapshot && snapshot_dropped(snapshot))
		before = "dropped";
	else if (prompt->app->hold.ended)
		before = "let go";
	snprintf(prompt->text, sizeof(prompt->text), "%s> ", before);
	if (snapshot && snapshot_cost(snapshot, &cost))
		snprintf(prompt->text, sizeof(prompt->text), "+%llu MiB> ",
			 (unsigned long long)(cost + MIB - 1) / MIB);
	return prompt->text;
}

/* libedit learns a new size of the terminal when a key is pressed. */
static void follow_size(EditLine *edit)
{
	struct prompt *prompt;
	unsigned rows, columns;
	if (el_get(edit, EL_CLIENTDATA, &prompt) || !screen_size(STDOUT_FILENO, &rows, &columns) ||
	    (rows == prompt->rows && columns == prompt->columns))
		return;
	prompt->rows = rows;
	prompt->columns = columns;
	el_resize(edit);
}

/* One character from the terminal; a signal ends the line (libedit itself would read on). */
static int read_character(EditLine *edit, wchar_t *ret)
{
	struct prompt *prompt;
	mbstate_t state = { 0 };
	if (el_get(edit, EL_CLIENTDATA, &prompt))
		return 0;
	for (int i = 0; i < MB_LEN_MAX; i++) {
		char byte;
		if (hold_read(&prompt->app->hold, STDIN_FILENO, &byte, 1) != 1)
			return 0;
		follow_size(edit);
		size_t length = mbrtowc(ret, &byte, 1, &state);
		if (length != (size_t)-2 && length != (size_t)-1)
			return 1;
		if (length == (size_t)-1)
			break;
	}
	*ret = L'?';
	return 1;
}

static size_t count_characters(const char *text, size_t length)
{
	size_t count = 0;
	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* What all names have in common is put in; where that is nothing more, the names are shown. */
static unsigned char complete(EditLine *edit, int character)
{
	(void)character;
	CLEANUP(completion_cleanup) struct completion completion;
	struct prompt *prompt;
	unsigned rows, columns;
	if (el_get(edit, EL_CLIENTDATA, &prompt))
		return CC_ERROR;
	const LineInfo *line = el_line(edit);
	size_t length = (size_t)(line->cursor - line->buffer);
	struct error *error =
		completion_find(prompt->app->session, line->buffer, length, &completion);
	const char *text = error ? NULL : completion_text(&completion);
	if (error || !completion.count) {
		error_free(error);
		return CC_ERROR;
	}
	if (text) {
		size_t word = strlen(completion.word);
		if (word)
			el_deletestr(edit, (int)count_characters(completion.word, word));
		return el_insertstr(edit, text) ? CC_ERROR : CC_REFRESH;
	}
	if (!screen_size(STDOUT_FILENO, &rows, &columns))
		return CC_ERROR;
	say(stdout, "");
	completion_list(&completion, stdout, rows, columns);
	fflush(stdout);
	return CC_REDISPLAY;
}

static void add_history(const char *line, void *context)
{
	const struct prompt *prompt = context;
	HistEvent event;
	history(prompt->history, &event, H_ENTER, line);
}

static void prompt_cleanup(struct prompt *prompt)
{
	if (prompt->edit)
		el_end(prompt->edit);
	if (prompt->history)
		history_end(prompt->history);
	file_cleanup(&prompt->messages);
}

/* false: out of memory. */
static bool prompt_open(struct prompt *ret)
{
	HistEvent event;
	/* What libedit says of a terminal without a description is of no use here: it goes
	 * nowhere, without needing /dev/null. */
	ret->messages = fopencookie(NULL, "w", (cookie_io_functions_t){ 0 });
	ret->history = history_init();
	if (!ret->messages || !ret->history)
		return false;
	history(ret->history, &event, H_SETSIZE, HISTORY_LINES);
	history(ret->history, &event, H_SETUNIQUE, 1);
	ret->edit =
		el_init("clrpod", stdin, isatty(STDOUT_FILENO) ? stdout : stderr, ret->messages);
	if (!ret->edit)
		return false;
	history_file_read(add_history, ret);
	screen_size(STDOUT_FILENO, &ret->rows, &ret->columns);
	el_set(ret->edit, EL_CLIENTDATA, ret);
	el_set(ret->edit, EL_PROMPT, prompt_text);
	el_set(ret->edit, EL_EDITOR, "emacs");
	el_set(ret->edit, EL_GETCFN, read_character);
	el_set(ret->edit, EL_HIST, history, ret->history);
	el_set(ret->edit, EL_ADDFN, "complete", "completes a name", complete);
	el_set(ret->edit, EL_BIND, "^I", "complete", NULL);
	return true;
}

/* Without the end of the line, and not twice the same. A line with what cannot be shown is not
 * kept: the editor would show it as it is, and escaped it is another command. */
static void remember(struct prompt *prompt, const char *line)
{
	CLEANUP(free_cleanup) char *copy = strndup(line, strcspn(line, "\r\n"));
	HistEvent event;
	if (!copy || !escape_is_plain(copy) ||
	    (!history(prompt->history, &event, H_FIRST) && !strcmp(event.str, copy)))
		return;
	add_history(copy, prompt);
	history_file_add(copy);
}

/* An empty line goes on where the last command stopped, when that is one that can. */
static void run_line(struct prompt *prompt, struct app *app, const char *line)
{
	struct script script = { .app = app, .keep_going = true };
	size_t length;
	if (!line[strspn(line, " \t\r\n")]) {
		if (prompt->repeated[0])
			script_line(&script, prompt->repeated);
		return;
	}
	remember(prompt, line);
	script_line(&script, line);
	const char *word = command_word(line, &length);
	const struct command *command = command_of_line(line);
	prompt->repeated[0] = '\0';
	if (command && command->repeats && length < sizeof(prompt->repeated))
		snprintf(prompt->repeated, sizeof(prompt->repeated), "%.*s", (int)length, word);
}

void repl_run(struct app *app)
{
	CLEANUP(prompt_cleanup) struct prompt prompt = { .app = app };
	if (!prompt_open(&prompt)) {
		app_fail(app, "", &error_no_memory, STATUS_FAILED);
		return;
	}
	app->interactive = true;
	while (!session_exit_requested(app->session) && !app->broken) {
		int count = 0;
		signals_clear();
		const char *line = el_gets(prompt.edit, &count);
		if (signals_received() == SIGINT) {
			say(stderr, "");
			el_reset(prompt.edit);
			continue;
		}
		if (!line || count <= 0 || signals_received()) {
			say(stderr, "");
			break;
		}
		run_line(&prompt, app, line);
	}
}
