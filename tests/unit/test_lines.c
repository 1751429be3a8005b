/* Lines with marks, filters of them, the pipe in a command line, and what completes one. */
#include "base/cleanup.h"
#include "base/list.h"
#include "cli/completion.h"
#include "cli/filters.h"
#include "cli/pipeline.h"
#include "tests/unit/tap.h"

#include <locale.h>

/* The last of a chain: what comes out. */
struct sink {
	struct filter filter;
	struct text text;
};

static struct error *sink_line(struct filter *filter, const struct line *line)
{
	struct sink *sink = (struct sink *)filter;
	text_append(&sink->text, line->text);
	text_append_char(&sink->text, '\n');
	return NULL;
}

static const struct filter_kind sink_kind = { .line = sink_line };

/* The lines through one filter; what comes out, or the error, in *ret. */
static struct error *through(const char *filter, const char *const *lines, struct text *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	struct sink sink = { .filter.kind = &sink_kind };
	struct filter *first = NULL;
	struct line_parser parser = { 0 };
	size_t length = strcspn(filter, " ");
	arena_init(&arena);
	struct error *error =
		filter_new(filter_find(filter, length), filter + length, &arena, NULL, &first);
	if (!error)
		first->next = &sink.filter;
	for (; *lines && !error && !first->enough; lines++) {
		struct line line;
		error = line_parse(&parser, *lines, strlen(*lines), &line);
		if (!error)
			error = first->kind->line(first, &line);
	}
	if (!error && first->kind->end)
		error = first->kind->end(first);
	filter_free(first);
	line_parser_deinit(&parser);
	*ret = sink.text;
	return !error && text_failed(&sink.text) ? &error_no_memory : error;
}

#define T "\1\3"
#define R "\2\3"
static const char *const table[] = {
	"First:",
	T "  MT \5Count \4Class Name",
	R " 9ff \5  900 \4System.String",
	R "100a \0052,000 \4Demo.Policy",
	R "  1b \5   -3 \4A type",
	"Total 3",
	R "  20 \5    1 \4No titles",
	R "   3 \5    2 \4none",
	NULL,
};

static void check(const char *filter, const char *wanted)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	struct error *error = through(filter, table, &text);
	if (!error)
		CHECK_TEXT(text_string(&text), wanted);
	CHECK_OK(error);
}

TEST(lines_are_filtered)
{
	check("head 2", "First:\n  MT Count Class Name\n 9ff   900 System.String\n");
	check("head -1", "First:\n");
	check("head 0", "");
	check("tail 2", "  20     1 No titles\n   3     2 none\n");
	check("tail 4", "  MT Count Class Name\n  1b    -3 A type\nTotal 3\n"
			"  20     1 No titles\n   3     2 none\n");
	check("grep -i POLICY", "  MT Count Class Name\n100a 2,000 Demo.Policy\n");
	check("grep No", "  20     1 No titles\n");
	check("grep -v o", "First:\n  MT Count Class Name\n 9ff   900 System.String\n"
			   "  1b    -3 A type\n");
	check("wc -l", "7\n");
	check("wc", "5 rows of tables; 7 lines, 20 words, 118 bytes\n");
}

#define SORTED(a, b, c, d, e) "First:\n  MT Count Class Name\n" a b c "Total 3\n" d e
#define STRING " 9ff   900 System.String\n"
#define POLICY "100a 2,000 Demo.Policy\n"
#define A_TYPE "  1b    -3 A type\n"
#define NO_TITLES "  20     1 No titles\n"
#define NONE "   3     2 none\n"

TEST(rows_are_sorted_by_a_column)
{
	check("sort", SORTED(A_TYPE, STRING, POLICY, NONE, NO_TITLES));
	check("sort 2", SORTED(A_TYPE, STRING, POLICY, NO_TITLES, NONE));
	check("sort count -r", SORTED(POLICY, STRING, A_TYPE, NO_TITLES, NONE));
	check("sort \"class name\"", SORTED(A_TYPE, POLICY, STRING, NO_TITLES, NONE));
	check("sort -r classname", SORTED(STRING, POLICY, A_TYPE, NO_TITLES, NONE));
}

TEST(filters_refuse)
{
	static const char *const bad[][2] = {
		{ "grep", "it wants a TEXT" },
		{ "head x", "is not a number" },
		{ "tail 1048577", "at most 1048576 lines" },
		{ "sort 0", "counted from 1" },
		{ "sort 1025", "no table has 1024" },
		{ "sort 9",
		  "no table of this answer has a column 9: there are MT, Count, Class Name" },
		{ "sort 1 2", "one word too many" },
		{ "sort Colour",
		  "no table of this answer has a column Colour: there are MT, Count, Class Name" },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CLEANUP(text_deinit) struct text text = { 0 };
		CHECK_FAILS(through(bad[i][0], table, &text), ERROR_USAGE, bad[i][1]);
		CHECK(!text.length); /* nothing that looks like an answer */
	}
	CHECK(!filter_find("he", 2) && !filter_find("", 0));
}

TEST(a_sort_tells_the_titles_of_each_table)
{
	static const char *const tables[] = {
		T "MT \4Size", R "1 \0042", T "Size", R "1", T "MT \4Size", R "3 \0044", NULL,
	};
	CLEANUP(text_deinit) struct text text = { 0 };
	CHECK_FAILS(through("sort Colour", tables, &text), ERROR_USAGE,
		    "a column Colour: there are MT, Size; Size");
	CHECK_FAILS(through("sort 3", tables, &text), ERROR_USAGE,
		    "a column 3: there are MT, Size; Size");
}

TEST(a_sort_by_a_number_wants_one_table_that_has_it)
{
	static const char *const tables[] = {
		T "Size", R "2", R "1", T "MT \4Size", R "1 \0044", R "1 \0043", NULL,
	};
	static const char *const untitled[] = { T "Size",    R "2",       "Else",
						R "1 \0049", R "1 \0048", NULL };
	static const char *const prose[] = { "one", "two", NULL };
	CLEANUP(text_deinit) struct text text = { 0 };
	CHECK_OK(through("sort 2", tables, &text));
	CHECK_TEXT(text_string(&text), "Size\n2\n1\nMT Size\n1 3\n1 4\n");
	text_deinit(&text);
	CHECK_OK(through("sort 2", untitled, &text));
	CHECK_TEXT(text_string(&text), "Size\n2\nElse\n1 8\n1 9\n");
	text_deinit(&text);
	CHECK_OK(through("sort 2", prose, &text));
	CHECK_TEXT(text_string(&text), "one\ntwo\n");
}

TEST(a_sort_is_bounded)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	CLEANUP(free_cleanup) char *row = malloc((1 << 20) + 1);
	const char *rows[80] = { 0 };
	REQUIRE(row);
	memset(row, 'x', 1 << 20);
	row[0] = OUTPUT_MARK_ROW;
	row[1 << 20] = '\0';
	for (size_t i = 0; i < 70; i++)
		rows[i] = row;
	CHECK_FAILS(through("sort", rows, &text), ERROR_UNSUPPORTED, "64 MiB");
	text_deinit(&text);
	text = (struct text){ 0 };
	CHECK_FAILS(through("sort Colour", rows, &text), ERROR_UNSUPPORTED, "this answer has more");
	text_deinit(&text);
	text = (struct text){ 0 };
	CHECK_FAILS(through("tail 1000", rows, &text), ERROR_UNSUPPORTED, "64 MiB");
}

TEST(where_a_pipe_is)
{
	static const struct {
		const char *line;
		int at; /* -1: nowhere */
	} lines[] = {
		{ "a |> b", 2 },        { "a|> b", -1 },           { "a |>b", 2 },
		{ "a '|> b' |> c", 9 }, { "a \" |> b", -1 },       { "|> a", 0 },
		{ "a | > b", -1 },      { "a \"\\\" |>\" x", -1 }, { "a |>> b", 2 },
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const char *mark = pipeline_mark(lines[i].line);
		CHECK_NUMBER(mark ? mark - lines[i].line : -1, lines[i].at);
	}
}

TEST(wide_characters_take_two_columns)
{
	size_t columns;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return;
	CHECK_NUMBER(screen_fit("abc", 3, 80, &columns), 3);
	CHECK_NUMBER(columns, 3);
	CHECK_NUMBER(screen_fit("\u65e5\u672c", 6, 80, &columns), 6);
	CHECK_NUMBER(columns, 4);
	CHECK_NUMBER(screen_fit("\u65e5\u672c", 6, 3, &columns), 3);
	CHECK_NUMBER(columns, 2);
	CHECK_NUMBER(screen_fit("e\u0301x", 4, 1, &columns), 3);
	CHECK_NUMBER(screen_fit("\xff\xff", 2, 80, &columns), 2);
	CHECK_NUMBER(columns, 2);
}

static void completes(const char *line, const char *wanted)
{
	CLEANUP(completion_cleanup) struct completion completion;
	struct error *error = completion_find(NULL, line, strlen(line), &completion);
	const char *text = error ? NULL : completion_text(&completion);
	if (!error)
		CHECK_TEXT(text ? text : "", wanted);
	CHECK_OK(error);
}

TEST(lines_are_completed)
{
	completes("dumphe", "dumpheap ");
	completes("DUMPHE", "dumpheap ");
	completes("sos dumphe", "dumpheap ");
	completes("dumpheap -typ", "-type ");
	completes("dumpheap -type x -sta", "-stat ");
	completes("dumpheap |> gr", "grep ");
	completes("dumpheap |> grep -", "");
	completes("dumpheap |> grep x |> w", "");
	completes("dumpheap |> grep '|> x' |> wi", "wide ");
	completes("help gcw", "gcwhere ");
	completes("nosuch -x", "");
	completes("dumph \"", "");
	completes("eeversion |>> /dev/nul", "/dev/null ");
	completes("eeversion |>> \"/dev/nul", "/dev/null\" ");
	CLEANUP(completion_cleanup) struct completion completion;
	struct error *error = completion_find(NULL, "", 0, &completion);
	CHECK(error || (completion.count > 20 && !completion_text(&completion)));
	CHECK_OK(error);
}

static const struct tap_case cases[] = {
	CASE(lines_are_filtered),  CASE(rows_are_sorted_by_a_column),
	CASE(filters_refuse),      CASE(a_sort_by_a_number_wants_one_table_that_has_it),
	CASE(a_sort_is_bounded),   CASE(a_sort_tells_the_titles_of_each_table),
	CASE(where_a_pipe_is),     CASE(wide_characters_take_two_columns),
	CASE(lines_are_completed),
};
TAP_MAIN(cases)
