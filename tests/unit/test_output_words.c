/* Sentences over cells, and cells whose text is another than their JSON. */
#include "base/list.h"
#include "tests/unit/capture.h"
#include "tests/unit/tap.h"

/* One fact a column: JSON has the cells, text the sentences over them. */
static const struct column worded_columns[] = {
	{ "total", IN_WORDS, CELL_COUNT, 0 },      { "name", IN_WORDS, CELL_TEXT, -6 },
	{ "address", IN_WORDS, CELL_POINTER, 0 },  { "hidden", NULL, CELL_INTEGER, 0 },
	{ NULL, "Words: ", CELL_TEXT, 0 },         { "list", IN_WORDS, CELL_VALUE, 0 },
	{ "titled", "Titled: ", CELL_INTEGER, 0 },
};

static void put_words(struct output *out, const char *key)
{
	output_record_begin(out, key, worded_columns, COUNT_OF(worded_columns));
	output_unsigned(out, 1234);
	output_text(out, "{a}\n");
	output_address(out, 0xabc);
	output_unsigned(out, 5);
	output_words(out, "{name}, {total}");
	output_array_begin(out, NULL);
	output_unsigned(out, 1);
	output_text(out, "{total}");
	output_array_end(out);
	output_sentence(out, "of {total}:\n\n{name}|0x{address} {list}");
	output_unsigned(out, 7);
	output_sentence(out, "");
	output_sentence(out, "{total} again\n");
	output_record_end(out);
}

TEST(a_sentence_is_made_of_cells_in_text)
{
	CAPTURE(text, OUTPUT_TEXT);
	output_indent(text.out, 1);
	put_words(text.out, NULL);
	CHECK_ANSWER(text, "    Words: {a}\\n , 1,234\n    of 1,234:\n\n"
			   "    {a}\\n |0x0000000000000ABC [1, {total}]\n    Titled: 7\n\n"
			   "    1,234 again\n\n");
}

TEST(a_sentence_is_nothing_in_json)
{
	CAPTURE(json, OUTPUT_JSON);
	put_words(json.out, "worded");
	CHECK_ANSWER(json,
		     HEAD "\"worded\":{\"total\":1234,\"name\":\"{a}\\n\",\"address\":"
			  "\"0xabc\",\"hidden\":5,\"list\":[1,\"{total}\"],\"titled\":7}}," TAIL);
}

#define BLANKS_32 "                                "
#define BLANKS_256 BLANKS_32 BLANKS_32 BLANKS_32 BLANKS_32 BLANKS_32 BLANKS_32 BLANKS_32 BLANKS_32

/* Rows, with rows in them: each sees its own cells. */
static void put_worded_rows(struct output *out)
{
	static const struct column outer[] = { { "name", IN_WORDS, CELL_TEXT, 0 },
					       { "rows", IN_WORDS, CELL_VALUE, 0 } };
	static const struct column inner[] = { { "depth", IN_WORDS, CELL_DEPTH, 0 },
					       { "name", IN_WORDS, CELL_TEXT, 0 },
					       { "rest", IN_WORDS, CELL_TEXT, 0 } };
	output_table_begin(out, "outer", outer, COUNT_OF(outer), true);
	for (unsigned i = 0; i < 2; i++) {
		output_row_begin(out);
		output_text(out, i ? "second" : "first");
		output_sentence(out, "<{name}>");
		output_table_begin(out, NULL, inner, COUNT_OF(inner), true);
		for (unsigned j = 0; j < i + 1; j++) {
			output_row_begin(out);
			output_unsigned(out, j * 200);
			output_text(out, j ? "y" : "x");
			output_skip(out);
			output_sentence(out, j ? "{depth}-{name}{rest}" : "{depth}+{name}{rest}");
			output_row_end(out);
		}
		output_table_end(out);
		output_sentence(out, "</{name}>");
		output_row_end(out);
	}
	output_table_end(out);
}

TEST(rows_in_rows_have_their_own_sentences)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_worded_rows(text.out);
	CHECK_ANSWER(text, "<first>\n+x\n</first>\n<second>\n+x\n" BLANKS_256 "-y\n</second>\n");
}

TEST(rows_in_rows_with_sentences_are_json)
{
	CAPTURE(json, OUTPUT_JSON);
	put_worded_rows(json.out);
	CHECK_ANSWER(json,
		     HEAD "\"outer\":[{\"name\":\"first\",\"rows\":[{\"depth\":0,\"name\":"
			  "\"x\"}]},{\"name\":\"second\",\"rows\":[{\"depth\":0,\"name\":\"x\"},"
			  "{\"depth\":200,\"name\":\"y\"}]}]}," TAIL);
}

/* A row with a sentence, in a cell of another row. */
static void put_row_in_cell(struct output *out)
{
	static const struct column outer[] = { { "name", "Name", CELL_TEXT, -6 },
					       { "inner", "Inner", CELL_VALUE, 0 },
					       { "words", "Words", CELL_TEXT, 0 } };
	static const struct column inner[] = { { "size", "Size", CELL_COUNT, 0 },
					       { "kind", IN_WORDS, CELL_TEXT, 0 } };
	output_table_begin(out, "rows", outer, COUNT_OF(outer), true);
	output_row_begin(out);
	output_text(out, "a");
	output_array_begin(out, NULL);
	output_record_begin(out, NULL, inner, COUNT_OF(inner));
	output_unsigned(out, 5);
	output_text(out, "big");
	output_sentence(out, "it is {kind}");
	output_record_end(out);
	output_array_end(out);
	output_words(out, "in words");
	output_row_end(out);
	output_table_end(out);
}

TEST(inside_a_cell_there_are_no_sentences)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_row_in_cell(text.out);
	CHECK_ANSWER(text, "Name   Inner Words\na      [{size: 5}] in words\n");
}

TEST(words_are_nothing_in_json_whatever_their_column)
{
	CAPTURE(json, OUTPUT_JSON);
	put_row_in_cell(json.out);
	CHECK_ANSWER(
		json, HEAD
		"\"rows\":[{\"name\":\"a\",\"inner\":[{\"size\":5,\"kind\":\"big\"}]}]}," TAIL);
}

TEST(titles_come_again_in_text)
{
	static const struct column columns[] = { { "size", "Size", CELL_COUNT, 6 },
						 { "name", "Name", CELL_TEXT, 0 } };
	for (int form = 0; form < 2; form++) {
		CAPTURE(capture, form ? OUTPUT_JSON : OUTPUT_TEXT);
		output_table_begin(capture.out, "rows", columns, 2, false);
		for (unsigned i = 0; i < 2; i++) {
			output_table_titles(capture.out);
			output_row_begin(capture.out);
			output_unsigned(capture.out, i);
			output_text(capture.out, "a");
			output_row_end(capture.out);
		}
		output_table_end(capture.out);
		CHECK_ANSWER(capture, form ? HEAD "\"rows\":[{\"size\":0,\"name\":\"a\"},"
						  "{\"size\":1,\"name\":\"a\"}]}," TAIL
					   : "  Size Name\n     0 a\n  Size Name\n     1 a\n");
	}
}

/* Inside a cell there is no line for a sentence: its cells are not shown twice, nor at all. */
TEST(words_inside_a_cell_are_not_shown)
{
	static const struct column columns[] = { { "value", "", CELL_VALUE, 0 } };
	CAPTURE(text, OUTPUT_TEXT);
	output_table_begin(text.out, "rows", columns, 1, false);
	output_row_begin(text.out);
	output_array_begin(text.out, NULL);
	output_unsigned(text.out, 3);
	output_record_begin(text.out, NULL, worded_columns, 2);
	output_unsigned(text.out, 1);
	output_text(text.out, "n");
	output_record_end(text.out);
	output_array_end(text.out);
	output_row_end(text.out);
	output_table_end(text.out);
	CHECK_ANSWER(text, "[3, {}]\n");
}

static void put_kinds(struct output *out)
{
	static const struct column columns[] = {
		{ "upper", "upper ", CELL_HEX_UPPER, 4 },
		{ "hresult", "hresult ", CELL_HEX_UPPER, 8 },
		{ "lower", "lower ", CELL_HEX, 0 },
		{ "bytes", "bytes ", CELL_BYTES_HEX, 0 },
		{ "thread", "thread ", CELL_THREAD_ID, 0 },
		{ "process", "process ", CELL_ID, 0 },
		{ "is_current", "star ", CELL_STAR, 0 },
		{ "is_other", "no star|", CELL_STAR, 2 },
		{ "index", "index ", CELL_INTEGER, 0 },
		{ "type", "type ", CELL_TEXT, 0 },
		{ "changed", "changed ", CELL_INTEGER, 0 },
		{ "wide", "wide ", CELL_VALUE, 0 },
		{ "real", "real ", CELL_VALUE, 0 },
		{ "slot", "slot ", CELL_HEX_UPPER, -4 },
		{ "token", "token ", CELL_TOKEN_WIDE, 0 },
		{ "same", "pointer ", CELL_TOKEN_POINTER, 0 },
		{ "address", "address ", CELL_ADDRESS, 0 },
		{ "is_jitted", "jitted ", CELL_VALUE, 0 },
	};
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_unsigned(out, 0x2f);
	output_signed(out, -2146233088);
	output_signed(out, -2146233088);
	output_unsigned(out, 80);
	output_unsigned(out, 47);
	output_unsigned(out, 48);
	output_bool(out, true);
	output_bool(out, false);
	output_text_or(out, NULL, "XX\nXX");
	output_text_as(out, "A<B>", "A`1[[B]]\x1b");
	output_number_as(out, -12, "-00012");
	output_digits(out, "18446744073709551615", true);
	output_digits(out, "0.25", false);
	output_unsigned(out, 0xc);
	output_unsigned(out, 0x600000a);
	output_unsigned(out, 0x600000a);
	output_address_as(out, 0xabc, "null");
	output_bool_as(out, true, "yes");
	output_record_end(out);
}

TEST(kinds_of_cells_in_text)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_kinds(text.out);
	CHECK_ANSWER(text,
		     "upper 002F\nhresult 80131500\nlower 80131500\nbytes 0x50 (80)\nthread "
		     "0x002F (47)\nprocess 48 (0x30)\n"
		     "star *\nno star|  \nindex XX\\nXX\ntype A`1[[B]]\\u001b\n"
		     "changed -00012\nwide 18446744073709551615\nreal 0.25\n"
		     "slot 000C\ntoken 000000000600000a\npointer 000000000600000A\naddress null\n"
		     "jitted yes\n");
}

TEST(kinds_of_cells_in_json)
{
	CAPTURE(json, OUTPUT_JSON);
	put_kinds(json.out);
	CHECK_ANSWER(json, HEAD
		     "\"upper\":47,\"hresult\":-2146233088,\"lower\":-2146233088,\"bytes\":80,"
		     "\"thread\":47,\"process\":48,"
		     "\"is_current\":true,\"is_other\":false,\"index\":null,\"type\":\"A<B>\","
		     "\"changed\":-12,\"wide\":\"18446744073709551615\",\"real\":0.25,\"slot\":12,"
		     "\"token\":\"0x0600000a\",\"same\":"
		     "\"0x0600000a\",\"address\":\"0xabc\",\"is_jitted\":true}," TAIL);
}

static const struct tap_case cases[] = {
	CASE(inside_a_cell_there_are_no_sentences),
	CASE(words_are_nothing_in_json_whatever_their_column),
	CASE(a_sentence_is_made_of_cells_in_text),
	CASE(a_sentence_is_nothing_in_json),
	CASE(rows_in_rows_have_their_own_sentences),
	CASE(rows_in_rows_with_sentences_are_json),
	CASE(titles_come_again_in_text),
	CASE(words_inside_a_cell_are_not_shown),
	CASE(kinds_of_cells_in_text),
	CASE(kinds_of_cells_in_json),
};
TAP_MAIN(cases)
