#include "tests/unit/capture.h"
#include "tests/unit/tap.h"

#include <errno.h>

static const struct column heap_columns[] = {
	{ "address", "Address", CELL_ADDRESS, 12 },
	{ "mt", "MT", CELL_ADDRESS_WIDE, 16 },
	{ "size", "Size", CELL_COUNT, 12 },
	{ "type", "Class Name", CELL_TEXT, -12 },
	{ NULL, "Free", CELL_TEXT, 0 },
	{ "hidden", NULL, CELL_INTEGER, 0 },
};

static void put_heap_row(struct output *out, uint64_t address, uint64_t size, const char *type)
{
	output_row_begin(out);
	output_address(out, address);
	output_address(out, address + 1);
	output_unsigned(out, size);
	output_text(out, type);
	size == 24 ? output_text(out, "Free") : output_skip(out);
	output_signed(out, -3);
	output_row_end(out);
}

static void put_heap(struct output *out)
{
	output_table_begin(out, "objects", heap_columns, 6, true);
	put_heap_row(out, 0x7f0a4c0135e0, 24, "A");
	put_heap_row(out, 0x10, 1234567, "Demo.Gateway<System.Int32>");
	output_table_end(out);
}

TEST(a_table_in_text)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_heap(text.out);
	CHECK_ANSWER(text,
		     "     Address               MT         Size Class Name   Free\n"
		     "7f0a4c0135e0 00007f0a4c0135e1           24 A            Free\n"
		     "000000000010 0000000000000011    1,234,567 Demo.Gateway<System.Int32>\n");
}

TEST(a_table_in_json)
{
	CAPTURE(json, OUTPUT_JSON);
	put_heap(json.out);
	CHECK_ANSWER(
		json, HEAD
		"\"objects\":[{\"address\":\"0x7f0a4c0135e0\",\"mt\":\"0x7f0a4c0135e1\","
		"\"size\":24,\"type\":\"A\",\"hidden\":-3},{\"address\":\"0x10\",\"mt\":\"0x11\","
		"\"size\":1234567,\"type\":\"Demo.Gateway<System.Int32>\",\"hidden\":-3}]}," TAIL);
}

TEST(a_table_in_json_lines)
{
	CAPTURE(lines, OUTPUT_JSON_LINES);
	output_member(lines.out, "before");
	output_bool(lines.out, true);
	put_heap(lines.out);
	output_member(lines.out, "after");
	output_unsigned(lines.out, 1);
	output_array_begin(lines.out, "elements");
	output_null(lines.out);
	output_object_begin(lines.out, NULL);
	output_member(lines.out, "x");
	output_unsigned(lines.out, 2);
	output_object_end(lines.out);
	output_array_end(lines.out);
	CHECK_ANSWER(lines,
		     "{\"table\":\"objects\",\"address\":\"0x7f0a4c0135e0\",\"mt\":"
		     "\"0x7f0a4c0135e1\",\"size\":24,\"type\":\"A\",\"hidden\":-3}\n"
		     "{\"table\":\"objects\",\"address\":\"0x10\",\"mt\":\"0x11\",\"size\":1234567,"
		     "\"type\":\"Demo.Gateway<System.Int32>\",\"hidden\":-3}\n"
		     "{\"table\":\"elements\",\"value\":null}\n"
		     "{\"table\":\"elements\",\"value\":{\"x\":2}}\n" HEAD
		     "\"before\":true,\"after\":1}," TAIL);
}

static const struct column object_columns[] = {
	{ "type", "Name:        ", CELL_TEXT, 0 },
	{ "mt", "MethodTable: ", CELL_ADDRESS_WIDE, 0 },
	{ "size", "Size:        ", CELL_BYTES_SOS, 0 },
	{ "file", NULL, CELL_TEXT, 0 },
	{ NULL, "Only here: ", CELL_TEXT, 0 },
	{ "token", "Token: ", CELL_TOKEN, 0 },
	{ "offset", "Offset: ", CELL_HEX, 8 },
};

static void put_object(struct output *out, const char *key)
{
	output_record_begin(out, key, object_columns, 7);
	output_text(out, "Demo.Thing");
	output_address(out, 0x7f53f2139608);
	output_unsigned(out, 80);
	output_null(out);
	output_text(out, "shown");
	output_unsigned(out, 0x4000001);
	output_unsigned(out, 0x18);
	output_record_end(out);
}

TEST(a_record_in_text)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_object(text.out, NULL);
	output_line(text.out, "Fields:");
	output_line(text.out, "");
	output_indent(text.out, 1);
	output_line(text.out, "in %d", 1);
	output_indent(text.out, -1);
	CHECK_ANSWER(text, "Name:        Demo.Thing\nMethodTable: 00007f53f2139608\n"
			   "Size:        80(0x50) bytes\nOnly here: shown\nToken: 04000001\n"
			   "Offset:       18\nFields:\n\n    in 1\n");
}

TEST(a_record_in_json)
{
	CAPTURE(json, OUTPUT_JSON);
	put_object(json.out, NULL);
	put_object(json.out, "again");
	output_line(json.out, "not here");
#define OBJECT                                                                                     \
	"\"type\":\"Demo.Thing\",\"mt\":\"0x7f53f2139608\",\"size\":80,\"file\":null,"             \
	"\"token\":\"0x04000001\",\"offset\":24"
	CHECK_ANSWER(json, HEAD OBJECT ",\"again\":{" OBJECT "}}," TAIL);
}

static void put_nested(struct output *out)
{
	static const struct column columns[] = { { "index", "", CELL_INTEGER, 2 },
						 { "value", "Value", CELL_VALUE, 8 },
						 { "more", NULL, CELL_VALUE, 0 } };
	output_table_begin(out, "entries", columns, 3, false);
	output_row_begin(out);
	output_unsigned(out, 0);
	output_object_begin(out, NULL);
	output_member(out, "X");
	output_signed(out, -1);
	output_member(out, "Y");
	output_object_begin(out, NULL);
	output_member(out, "Z");
	output_digits(out, "2.5", false);
	output_object_end(out);
	output_member(out, "L");
	output_array_begin(out, NULL);
	output_unsigned(out, 1);
	output_text(out, "b");
	output_array_end(out);
	output_object_end(out);
	output_array_begin(out, NULL);
	output_unsigned(out, 7);
	output_array_end(out);
	output_table_begin(out, "inner", heap_columns, 1, true);
	output_row_begin(out);
	output_address(out, 16);
	output_row_end(out);
	output_table_end(out);
	output_row_end(out);
	output_row_begin(out);
	output_unsigned(out, 1);
	output_text(out, "short");
	output_skip(out);
	output_row_end(out);
	output_table_end(out);
}

TEST(values_in_values_in_text)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_nested(text.out);
	CHECK_ANSWER(text, " 0 {X: -1, Y: {Z: 2.5}, L: [1, b]}\n     Address\n000000000010\n"
			   " 1    short\n");
}

#define NESTED                                                                                     \
	"{\"index\":0,\"value\":{\"X\":-1,\"Y\":{\"Z\":2.5},\"L\":[1,\"b\"]},\"more\":[7],"        \
	"\"inner\":[{\"address\":\"0x10\"}]},{\"index\":1,\"value\":\"short\"}"

TEST(values_in_values_in_json)
{
	CAPTURE(json, OUTPUT_JSON);
	put_nested(json.out);
	CHECK_ANSWER(json, HEAD "\"entries\":[" NESTED "]}," TAIL);
}

TEST(a_column_without_a_key_swallows_what_is_in_it)
{
	static const struct column columns[] = { { NULL, "text: ", CELL_VALUE, 0 },
						 { "json", NULL, CELL_VALUE, 0 } };
	for (int i = 0; i < 2; i++) {
		CAPTURE(either, i ? OUTPUT_JSON : OUTPUT_TEXT);
		output_record_begin(either.out, NULL, columns, 2);
		for (int j = 0; j < 2; j++) {
			output_object_begin(either.out, NULL);
			output_member(either.out, "a");
			output_array_begin(either.out, NULL);
			output_unsigned(either.out, 5);
			output_array_end(either.out);
			output_object_end(either.out);
		}
		output_record_end(either.out);
		CHECK_ANSWER(either, i ? HEAD "\"json\":{\"a\":[5]}}," TAIL : "text: {a: [5]}\n");
	}
}

TEST(strings_are_made_safe)
{
	static const uint16_t units[] = { 'a',    '"',    '\\', '\n',   0,     0xd83d,
					  0xde00, 0xd800, 'z',  0xdc01, 0x202e };
	static const char text[] = "q\"\\\t\x1b[2J\x7f\xc3\xa9\xff\xe2\x82\xac\xc0\x80";
	for (int i = 0; i < 2; i++) {
		CAPTURE(either, i ? OUTPUT_JSON : OUTPUT_TEXT);
		output_array_begin(either.out, "strings");
		output_text(either.out, text);
		output_utf16(either.out, units, 11, 11, false);
		output_utf16(either.out, units, 2, 50, true);
		output_array_end(either.out);
		CHECK_ANSWER(
			either,
			i ? HEAD "\"strings\":[\"q\\\"\\\\\\t\\u001b[2J\\u007f\xc3\xa9\xef\xbf\xbd"
				 "\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\","
				 "\"a\\\"\\\\\\n\\u0000\xf0\x9f\x98\x80\\ud800z\\udc01\\u202e\","
				 "{\"value\":\"a\\\"\",\"length\":50,\"truncated\":true}]}," TAIL
			  : "q\"\\\\t\\u001b[2J\\u007f\xc3\xa9\xef\xbf\xbd\xe2\x82\xac\xef\xbf\xbd"
			    "\xef\xbf\xbd\n"
			    "a\"\\\\n\\u0000\xf0\x9f\x98\x80\\ud800z\\udc01\\u202e\n"
			    "\"a\\\"\"... (50 characters)\n");
	}
}

/* A member may be a field or a key of the target: on a line of its own, and inside a value. */
TEST(no_name_is_a_second_line)
{
	CAPTURE(text, OUTPUT_TEXT);
	output_member(text.out, "a\n\x1b[2J");
	output_unsigned(text.out, 1);
	output_array_begin(text.out, "list");
	output_object_begin(text.out, NULL);
	output_member(text.out, "b\n\xe2\x80\xae");
	output_unsigned(text.out, 2);
	output_object_end(text.out);
	output_array_end(text.out);
	output_line(text.out, "%s", "c\nd");
	output_note(text.out, "%s", "e\nf");
	CHECK_ANSWER(text, "a\\n\\u001b[2J: 1\n{b\\n\\u202e: 2}\nc\\nd\ne\\nf\n");
}

TEST(an_error_in_mid_stream_closes_what_is_open)
{
	static const char *const reasons[] = { "region 3 is not in the dump" };
	struct output_coverage coverage = { .unreadable_bytes = 4096,
					    .reasons = reasons,
					    .reason_count = 1 };
	char message[] = "cannot \"x\"";
	struct error error = { .code = ERROR_FAULT, .address = 0x1000, .message = message };
	CAPTURE(json, OUTPUT_JSON);
	output_table_begin(json.out, "objects", heap_columns, 6, true);
	output_row_begin(json.out);
	output_address(json.out, 16);
	output_array_begin(json.out, NULL);
	output_object_begin(json.out, NULL);
	output_member(json.out, "never given");
	output_note(json.out, "note %d", 1);
	output_document_end(json.out, &coverage, &error);
	output_document_begin(json.out, "do it");
	output_document_end(json.out, NULL, NULL);
	CHECK_OK(output_finish(json.out));
	CHECK_TEXT(json.bytes, HEAD
		   "\"objects\":[{\"address\":\"0x10\",\"mt\":[{}]}]},\"notes\":[\"note 1\"],"
		   "\"coverage\":{\"complete\":false,\"unreadable_bytes\":4096,\"reasons\":["
		   "\"region 3 is not in the dump\"]},\"status\":\"error\",\"error\":{\"code\":"
		   "\"fault\",\"message\":\"cannot \\\"x\\\"\",\"address\":\"0x1000\"}}\n" HEAD
		   "}," TAIL);
}

static void put_next(struct output *out)
{
	output_line(out, "%s", "the answer");
	output_next(out, "dumpheap -stat");
	output_next(out, "do %d", 10);
}

TEST(what_to_type_next_is_said_on_a_terminal)
{
	CAPTURE(text, OUTPUT_TEXT);
	output_for_terminal(text.out);
	put_next(text.out);
	CHECK_ANSWER(text, "the answer\n-> dumpheap -stat    do 10\n");
}

TEST(what_to_type_next_is_for_nobody_else)
{
	CAPTURE(text, OUTPUT_TEXT);
	put_next(text.out);
	CHECK_ANSWER(text, "the answer\n");
	CAPTURE(json, OUTPUT_JSON);
	output_for_terminal(json.out);
	put_next(json.out);
	CHECK_ANSWER(json, HEAD "}," TAIL);
}

TEST(text_says_what_is_missing)
{
	static const char *const reasons[] = { "region 3 is not in the dump" };
	CAPTURE(text, OUTPUT_TEXT);
	output_note(text.out, "a remark");
	output_document_end(text.out,
			    &(struct output_coverage){ .unreadable_bytes = 4096,
						       .reasons = reasons,
						       .reason_count = 1 },
			    NULL);
	CHECK_OK(output_finish(text.out));
	CHECK_TEXT(text.bytes,
		   "a remark\nThis answer is not whole: 4,096 bytes could not be read:\n"
		   "  region 3 is not in the dump\n");
}

TEST(nesting_without_end_is_cut)
{
	CAPTURE(json, OUTPUT_JSON);
	output_array_begin(json.out, "deep");
	for (int i = 0; i < 1000; i++)
		output_array_begin(json.out, NULL);
	output_unsigned(json.out, 1);
	for (int i = 0; i < 1000; i++)
		output_array_end(json.out);
	output_array_end(json.out);
	output_document_end(json.out, NULL, NULL);
	CHECK_OK(output_finish(json.out));
	CHECK(strstr(json.bytes, "[]]"));
	CHECK(strstr(json.bytes, "\"notes\":[\"something is nested too deeply to be shown\"]"));
}

TEST(too_many_notes_are_counted)
{
	CAPTURE(text, OUTPUT_TEXT);
	for (int i = 0; i < 1000; i++)
		output_note(text.out, "note %d", i);
	output_document_end(text.out, NULL, NULL);
	CHECK_OK(output_finish(text.out));
	CHECK(strstr(text.bytes, "note 254\n745 more remarks were left out\n"));
}

static ssize_t write_nothing(void *cookie, const char *bytes, size_t size)
{
	(void)cookie, (void)bytes, (void)size;
	errno = EPIPE;
	return 0;
}

/* The parts of a long string. */
struct parts {
	const uint16_t *units;
	size_t left;
};

static size_t parts_next(void *context, const uint16_t **ret)
{
	struct parts *parts = context;
	size_t count = parts->left < 3 ? parts->left : 3;
	*ret = parts->units;
	parts->units += count;
	parts->left -= count;
	return count;
}

TEST(a_string_is_written_by_its_parts)
{
	static const struct column columns[] = { { "length", NULL, CELL_INTEGER, 0 },
						 { "value", "Value: ", CELL_VALUE, 0 } };
	static const uint16_t units[] = { 'a', '"', '\n', 0xd83d, 0xde00, 'b', 'c', 0xd800 };
	static const char *const expected[] = {
		"Value: a\"\\n\xf0\x9f\x98\x80"
		"bc\\ud800\n",
		HEAD "\"length\":8,\"value\":\"a\\\"\\n\xf0\x9f\x98\x80"
		     "bc\\ud800\"}," TAIL,
	};
	for (int form = 0; form < 2; form++) {
		struct parts parts = { units, 8 };
		CAPTURE(capture, form ? OUTPUT_JSON : OUTPUT_TEXT);
		output_record_begin(capture.out, NULL, columns, 2);
		output_unsigned(capture.out, 8);
		output_utf16_stream(capture.out, parts_next, &parts);
		output_record_end(capture.out);
		CHECK_ANSWER(capture, expected[form]);
	}
}

TEST(a_broken_pipe_is_told_and_ends_the_writing)
{
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_nothing });
	REQUIRE(stream);
	setvbuf(stream, NULL, _IONBF, 0);
	struct output *out = output_new(OUTPUT_JSON, stream);
	struct error *error = NULL;
	if (out) {
		output_document_begin(out, "x");
		for (int i = 0; i < 10000 && !output_broken(out); i++)
			output_note(out, "%d", i), put_heap(out);
		CHECK(output_broken(out));
		output_document_end(out, NULL, NULL);
		error = output_finish(out);
		CHECK(error && (error->code == ERROR_NO_MEMORY || error->os_errno == EPIPE));
	}
	error_free(error);
	output_free(out);
	fclose(stream);
}

TEST(an_answer_that_is_told_to_stop_ends)
{
	volatile sig_atomic_t stop = 0, heard = 0;
	const struct task task = { .stop = &stop, .heard = &heard };
	CAPTURE(it, OUTPUT_JSON);
	output_set_task(it.out, &task);
	CHECK(!output_broken(it.out));
	stop = SIGINT;
	CHECK(output_broken(it.out) && heard);
	output_set_task(it.out, NULL);
	CHECK(!output_broken(it.out));
}

TEST(a_row_without_end_ends_the_answer)
{
	enum { PART = 1024 * 1024 };
	static const struct column endless[] = { { "endless", "", CELL_VALUE, 0 } };
	CAPTURE(it, OUTPUT_TEXT);
	char *part = calloc(PART + 1, 1);
	REQUIRE(part);
	memset(part, 'a', PART);
	unsigned parts = 0;
	output_table_begin(it.out, "rows", endless, 1, false);
	output_row_begin(it.out);
	output_array_begin(it.out, NULL);
	while (parts < 200 && !output_broken(it.out)) {
		output_text(it.out, part);
		parts++;
	}
	free(part);
	output_array_end(it.out);
	output_row_end(it.out);
	output_table_end(it.out);
	CHECK(parts < 200);
	CHECK_FAILS(output_finish(it.out), ERROR_UNSUPPORTED, "longer than 64 MiB");
}

static const struct tap_case cases[] = {
	CASE(a_table_in_text),
	CASE(a_table_in_json),
	CASE(a_table_in_json_lines),
	CASE(a_record_in_text),
	CASE(a_record_in_json),
	CASE(values_in_values_in_text),
	CASE(values_in_values_in_json),
	CASE(a_column_without_a_key_swallows_what_is_in_it),
	CASE(strings_are_made_safe),
	CASE(no_name_is_a_second_line),
	CASE(an_error_in_mid_stream_closes_what_is_open),
	CASE(what_to_type_next_is_said_on_a_terminal),
	CASE(what_to_type_next_is_for_nobody_else),
	CASE(text_says_what_is_missing),
	CASE(nesting_without_end_is_cut),
	CASE(too_many_notes_are_counted),
	CASE(a_string_is_written_by_its_parts),
	CASE(a_broken_pipe_is_told_and_ends_the_writing),
	CASE_ONCE(an_answer_that_is_told_to_stop_ends),
	CASE_ONCE(a_row_without_end_ends_the_answer),
};
TAP_MAIN(cases)
