#include "cli/screen.h"

#include "base/escape.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/patient_writer.h"
#include "cli/say.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* A name is not cut to less than this: the terminal wraps it then. */
enum { NAME_COLUMNS_MIN = 16 };

bool screen_size(int fd, unsigned *ret_rows, unsigned *ret_columns)
{
	struct winsize size;
	*ret_rows = *ret_columns = 0;
	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size))
		return false;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return size.ws_row && size.ws_col;
}

size_t screen_fit(const char *text, size_t length, size_t columns, size_t *ret_columns)
{
	size_t at = 0, used = 0;
	mbstate_t state = { 0 };
	while (at < length) {
		wchar_t character;
		size_t size = mbrtowc(&character, text + at, length - at, &state);
		int width = 1;
		if (size == 0 || size == (size_t)-1 || size == (size_t)-2) {
			size = 1;
			state = (mbstate_t){ 0 };
		} else {
			width = wcwidth(character);
		}
		if (used + (size_t)(width < 0 ? 1 : width) > columns)
			break;
		used += (size_t)(width < 0 ? 1 : width);
		at += size;
	}
	*ret_columns = used;
	return at;
}

static struct error *write_failed(const struct screen *screen)
{
	char what[LIMIT_PATH_BYTES];
	int number = errno ? errno : EIO;
	snprintf(what, sizeof(what), "cannot write %s", screen->path ? screen->path : "the answer");
	return patient_write_error(number, what);
}

static struct error *put(const struct screen *screen, const char *bytes, size_t size)
{
	errno = 0;
	if (!escape_write_lines(screen->to, bytes, size))
		return write_failed(screen);
	return NULL;
}

/* Whether the log could be written is asked after the command: app_run_command(). */
static void put_log(const struct screen *screen, const char *bytes, size_t size)
{
	FILE *log = screen->session && !screen->path ? session_log(screen->session) : NULL;
	if (log)
		(void)!escape_write_lines(log, bytes, size);
}

struct error *screen_write(struct screen *screen, const char *bytes, size_t size)
{
	if (screen->terminal)
		progress_end(screen->progress);
	put_log(screen, bytes, size);
	for (size_t i = 0; i < size; i++)
		screen->lines += bytes[i] == '\n';
	return put(screen, bytes, size);
}

enum { KEY_ESCAPE = 27, KEY_OTHER = 1 };

/* What a key sends after ESC, as terminals like xterm do (ECMA-48: CSI; SS3). */
static const struct {
	const char *sent;
	char means;
} sequences[] = {
	{ "[F", 'G' },  { "OF", 'G' },  { "[4~", 'G' }, { "[8~", 'G' }, /* End */
	{ "[6~", ' ' }, { "[B", '\n' }, { "OB", '\n' },                 /* Page Down, Down */
};

/* The rest of the key's bytes are there, or follow at once; ESC alone has none. */
static char read_sequence(struct termios *raw)
{
	enum { TENTH_OF_A_SECOND = 1 };
	char sent[8] = "";
	raw->c_cc[VMIN] = 0;
	raw->c_cc[VTIME] = TENTH_OF_A_SECOND;
	tcsetattr(STDIN_FILENO, TCSANOW, raw);
	for (size_t length = 0; length < sizeof(sent) - 1; length++) {
		if (read(STDIN_FILENO, sent + length, 1) != 1)
			break;
		if (length && sent[length] >= '@') /* its last */
			break;
	}
	for (size_t i = 0; i < COUNT_OF(sequences); i++)
		if (!strcmp(sent, sequences[i].sent))
			return sequences[i].means;
	return KEY_OTHER;
}

/* The key that was pressed; 0: none any more. */
static char read_key(struct hold *hold)
{
	struct termios before, raw;
	char key = 0;
	if (tcgetattr(STDIN_FILENO, &before))
		return 0;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	if (hold_read(hold, STDIN_FILENO, &key, 1) != 1)
		key = 0;
	if (key == KEY_ESCAPE)
		key = read_sequence(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return key;
}

/* A full screen: waits for a key that says how to go on. */
static void stop(struct screen *screen, unsigned height)
{
	static const char hint[] = "-- more: space, Enter, G or End: to the end, q: leave --";
	int room = screen->columns > 1 ? (int)screen->columns - 1 : 1;
	say_status(screen->to, "%.*s", room, hint);
	for (bool waits = true; waits;) {
		waits = false;
		switch (read_key(screen->hold)) {
		case ' ':
		case 'f':
			screen->used = 0;
			break;
		case '\n':
		case '\r':
		case 'j':
			screen->used -= height < screen->used ? height : screen->used;
			break;
		case 'a':
		case 'G':
			screen->paging = false;
			break;
		case 0:
		case 4: /* Ctrl-D */
		case 'q':
		case 'Q':
			screen->filter.enough = true;
			break;
		default:
			waits = true;
		}
	}
	say_status_end(screen->to);
	/* It may have another size by now. */
	screen_size(STDOUT_FILENO, &screen->rows, &screen->columns);
}

/* How much of the line is shown: all of it, or up to where the name at its end is cut. */
static size_t shown_length(const struct screen *screen, const struct line *line,
			   size_t *ret_columns)
{
	size_t all = screen_fit(line->text, line->length, SIZE_MAX, ret_columns);
	if (*ret_columns <= screen->columns || screen->wide || line->kind != LINE_ROW ||
	    !screen->columns || !line->cell_count)
		return all;
	const struct line_cell *last = &line->cells[line->cell_count - 1];
	size_t before;
	screen_fit(line->text, last->start, SIZE_MAX, &before);
	if (last->mark != OUTPUT_MARK_NAME || before + NAME_COLUMNS_MIN > screen->columns)
		return all;
	return screen_fit(line->text, line->length, screen->columns - 1, ret_columns);
}

static struct error *put_terminal_line(struct screen *screen, const struct line *line)
{
	static const char ellipsis[] = "\u2026";
	size_t columns;
	progress_end(screen->progress);
	size_t length = shown_length(screen, line, &columns);
	unsigned height = 1;
	if (screen->columns && columns > screen->columns)
		height = (unsigned)((columns + screen->columns - 1) / screen->columns);
	if (screen->paging && screen->rows && screen->used &&
	    screen->used + height >= screen->rows) {
		stop(screen, height);
		if (screen->filter.enough)
			return NULL;
		length = shown_length(screen, line, &columns);
	}
	screen->used += height;
	TRY(put(screen, line->text, length));
	if (length < line->length)
		TRY(put(screen, ellipsis, sizeof(ellipsis) - 1));
	return put(screen, "\n", 1);
}

static struct error *screen_line(struct filter *filter, const struct line *line)
{
	struct screen *screen = (struct screen *)filter;
	screen->lines++;
	if (screen->terminal)
		TRY(put_terminal_line(screen, line));
	if (filter->enough)
		return NULL;
	put_log(screen, line->text, line->length);
	put_log(screen, "\n", 1);
	if (screen->terminal)
		return NULL;
	TRY(put(screen, line->text, line->length));
	return put(screen, "\n", 1);
}

static struct error *screen_end(struct filter *filter)
{
	const struct screen *screen = (const struct screen *)filter;
	errno = 0;
	return fflush(screen->to) ? write_failed(screen) : NULL;
}

const struct filter_kind filter_screen = {
	.size = sizeof(struct screen),
	.line = screen_line,
	.end = screen_end,
};
