#include "cli/filter.h"

#include "base/cleanup.h"

struct error *filter_new(const struct filter_kind *kind, const char *words, struct arena *arena,
			 const struct task *task, struct filter **ret)
{
	struct arguments *arguments;
	struct error *error = arguments_parse(words, kind->text->options,
					      kind->text->max_positionals, arena, &arguments);
	struct filter *filter = error ? NULL : calloc(1, kind->size);
	if (!error && !filter)
		return &error_no_memory;
	if (!error) {
		filter->kind = kind;
		filter->task = task;
		error = kind->open ? kind->open(filter, arguments) : NULL;
	}
	if (!error) {
		*ret = filter;
		return NULL;
	}
	filter_free(filter);
	return error->code == ERROR_USAGE ? error_context(error, "|> %s", kind->text->name) : error;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	if (filter->kind->close)
		filter->kind->close(filter);
	text_deinit(&filter->titles);
	line_parser_deinit(&filter->parser);
	free(filter);
}

struct error *filter_pass(struct filter *filter, const struct line *line)
{
	struct filter *next = filter->next;
	if (!next->enough)
		TRY(next->kind->line(next, line));
	filter->enough |= next->enough;
	return NULL;
}

struct error *filter_pass_kept(struct filter *filter, const char *marked, size_t length)
{
	struct line line;
	TRY(line_parse(&filter->parser, marked, length, &line));
	return filter_pass(filter, &line);
}

bool filter_keeps_titles(struct filter *filter, const struct line *line)
{
	if (line->kind == LINE_ROW)
		return false;
	filter->has_titles = line->kind == LINE_TITLES;
	text_clear(&filter->titles);
	if (filter->has_titles)
		text_append_bytes(&filter->titles, line->marked, line->marked_length);
	return filter->has_titles;
}

struct error *filter_show(struct filter *filter, const struct line *line)
{
	if (filter->has_titles) {
		filter->has_titles = false;
		if (text_failed(&filter->titles))
			return &error_no_memory;
		TRY(filter_pass_kept(filter, text_string(&filter->titles), filter->titles.length));
	}
	return filter_pass(filter, line);
}

struct error *filter_pass_text(struct filter *filter, const char *format, ...)
{
	CLEANUP(free_cleanup) char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		return &error_no_memory;
	}
	return filter_pass_kept(filter, text, (size_t)length);
}
