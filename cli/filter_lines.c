/* Filters that hold nothing but, for tail, its lines. */
#include "cli/filters.h"

#include "base/limits.h"

#include <inttypes.h>
#include <strings.h>

enum { LINES_DEFAULT = 10, LINES_BETWEEN_LOOKS = 256 };

/* "20", "-20" as in a shell, or -n 20. */
static struct error *line_count(const struct arguments *arguments, uint64_t *ret)
{
	const char *text = arguments_positional(arguments, 0);
	*ret = LINES_DEFAULT;
	TRY(arguments_number(arguments, "-n", ret));
	return text ? parse_number(text + (*text == '-'), ret) : NULL;
}

struct head {
	struct filter filter;
	uint64_t left;
};

static struct error *head_open(struct filter *filter, const struct arguments *arguments)
{
	return line_count(arguments, &((struct head *)filter)->left);
}

static struct error *head_line(struct filter *filter, const struct line *line)
{
	struct head *head = (struct head *)filter;
	if (filter_keeps_titles(filter, line))
		return NULL;
	if (head->left) {
		head->left--;
		TRY(filter_show(filter, line));
	}
	filter->enough |= !head->left;
	return NULL;
}

const struct filter_kind filter_head = {
	.text = &filter_head_text,
	.size = sizeof(struct head),
	.open = head_open,
	.line = head_line,
};

struct kept {
	char *marked;
	size_t length;
	bool titles;
};

struct tail {
	struct filter filter;
	uint64_t wanted;
	struct kept *lines; /* a ring */
	size_t capacity, first, count;
	uint64_t counted; /* of count: those that are no titles */
	size_t bytes;
	struct line_parser parser;
};

static struct error *tail_open(struct filter *filter, const struct arguments *arguments)
{
	struct tail *tail = (struct tail *)filter;
	TRY(line_count(arguments, &tail->wanted));
	if (tail->wanted > LIMIT_TAIL_LINES)
		return error_new(ERROR_USAGE, "at most %d lines", LIMIT_TAIL_LINES);
	return NULL;
}

static struct error *grow(struct tail *tail)
{
	size_t capacity = tail->capacity ? 2 * tail->capacity : 64;
	struct kept *lines = calloc(capacity, sizeof(*lines));
	if (!lines)
		return &error_no_memory;
	for (size_t i = 0; i < tail->count; i++)
		lines[i] = tail->lines[(tail->first + i) % tail->capacity];
	free(tail->lines);
	tail->lines = lines;
	tail->capacity = capacity;
	tail->first = 0;
	return NULL;
}

/* Lets the oldest line go; its titles stay for the rows after it. */
static void drop_first(struct tail *tail)
{
	struct kept *kept = &tail->lines[tail->first];
	struct line line = { .kind = LINE_OTHER };
	line.marked = kept->marked;
	line.marked_length = kept->length;
	if (kept->titles)
		line.kind = LINE_TITLES;
	else if (kept->length && kept->marked[0] == OUTPUT_MARK_ROW)
		line.kind = LINE_ROW;
	filter_keeps_titles(&tail->filter, &line);
	tail->counted -= !kept->titles;
	tail->bytes -= kept->length;
	free(kept->marked);
	*kept = (struct kept){ 0 };
	tail->first = (tail->first + 1) % tail->capacity;
	tail->count--;
}

static struct error *tail_line(struct filter *filter, const struct line *line)
{
	struct tail *tail = (struct tail *)filter;
	if (tail->count == tail->capacity)
		TRY(grow(tail));
	char *copy = malloc(line->marked_length + 1);
	if (!copy)
		return &error_no_memory;
	memcpy(copy, line->marked, line->marked_length);
	copy[line->marked_length] = '\0';
	bool titles = line->kind == LINE_TITLES;
	tail->lines[(tail->first + tail->count++) % tail->capacity] =
		(struct kept){ copy, line->marked_length, titles };
	tail->counted += !titles;
	tail->bytes += line->marked_length;
	while (tail->counted > tail->wanted)
		drop_first(tail);
	if (tail->bytes > LIMIT_KEPT_LINES_BYTES)
		return error_new(ERROR_UNSUPPORTED,
				 "|> tail keeps %d MiB of lines at most, and these are longer: "
				 "ask for fewer",
				 LIMIT_KEPT_LINES_BYTES >> 20);
	return NULL;
}

static struct error *tail_end(struct filter *filter)
{
	struct tail *tail = (struct tail *)filter;
	for (size_t i = 0; i < tail->count && !filter->enough; i++) {
		const struct kept *kept = &tail->lines[(tail->first + i) % tail->capacity];
		struct line line;
		if (i % LINES_BETWEEN_LOOKS == 0)
			TRY(task_check(filter->task, "showing the last lines"));
		TRY(line_parse(&tail->parser, kept->marked, kept->length, &line));
		if (line.kind != LINE_ROW)
			filter->has_titles = false;
		TRY(filter_show(filter, &line));
	}
	return NULL;
}

static void tail_close(struct filter *filter)
{
	struct tail *tail = (struct tail *)filter;
	for (size_t i = 0; i < tail->count; i++)
		free(tail->lines[(tail->first + i) % tail->capacity].marked);
	free(tail->lines);
	line_parser_deinit(&tail->parser);
}

const struct filter_kind filter_tail = {
	.text = &filter_tail_text,
	.size = sizeof(struct tail),
	.open = tail_open,
	.line = tail_line,
	.end = tail_end,
	.close = tail_close,
};

struct grep {
	struct filter filter;
	bool invert, ignore_case;
	char *wanted;
};

static struct error *grep_open(struct filter *filter, const struct arguments *arguments)
{
	struct grep *grep = (struct grep *)filter;
	const char *wanted = arguments_positional(arguments, 0);
	grep->invert = arguments_has(arguments, "-v");
	grep->ignore_case = arguments_has(arguments, "-i");
	if (!wanted)
		return error_new(ERROR_USAGE, "it wants a TEXT to look for");
	grep->wanted = strdup(wanted);
	return grep->wanted ? NULL : &error_no_memory;
}

static struct error *grep_line(struct filter *filter, const struct line *line)
{
	const struct grep *grep = (const struct grep *)filter;
	if (filter_keeps_titles(filter, line))
		return NULL;
	bool found = grep->ignore_case ? strcasestr(line->text, grep->wanted) != NULL
				       : strstr(line->text, grep->wanted) != NULL;
	return found != grep->invert ? filter_show(filter, line) : NULL;
}

static void grep_close(struct filter *filter)
{
	free(((struct grep *)filter)->wanted);
}

const struct filter_kind filter_grep = {
	.text = &filter_grep_text,
	.size = sizeof(struct grep),
	.open = grep_open,
	.line = grep_line,
	.close = grep_close,
};

struct wc {
	struct filter filter;
	bool only_lines;
	uint64_t rows, lines, words, bytes;
};

static struct error *wc_open(struct filter *filter, const struct arguments *arguments)
{
	((struct wc *)filter)->only_lines = arguments_has(arguments, "-l");
	return NULL;
}

static struct error *wc_line(struct filter *filter, const struct line *line)
{
	struct wc *wc = (struct wc *)filter;
	if (line->kind == LINE_TITLES)
		return NULL;
	wc->rows += line->kind == LINE_ROW;
	wc->lines++;
	wc->bytes += line->length + 1;
	for (const char *at = line->text; *(at += strspn(at, " \t")); at += strcspn(at, " \t"))
		wc->words++;
	return NULL;
}

static struct error *wc_end(struct filter *filter)
{
	const struct wc *wc = (const struct wc *)filter;
	if (wc->only_lines)
		return filter_pass_text(filter, "%" PRIu64, wc->lines);
	return filter_pass_text(filter,
				"%" PRIu64 " rows of tables; %" PRIu64 " lines, %" PRIu64
				" words, %" PRIu64 " bytes",
				wc->rows, wc->lines, wc->words, wc->bytes);
}

const struct filter_kind filter_wc = {
	.text = &filter_wc_text,
	.size = sizeof(struct wc),
	.open = wc_open,
	.line = wc_line,
	.end = wc_end,
};

/* The pipeline sees that it is there; see pipeline.c. */
const struct filter_kind filter_wide = {
	.text = &filter_wide_text,
	.size = sizeof(struct filter),
	.line = filter_pass,
};
