/* An output that writes into memory, and what it is to have written. */
#ifndef TESTS_UNIT_CAPTURE_H
#define TESTS_UNIT_CAPTURE_H

#include "commands/output/output.h"
#include "tests/unit/tap.h"

/* What is written into a file in memory. */
struct capture {
	struct output *out;
	FILE *stream;
	char *bytes;
	size_t size;
};

void capture_cleanup(struct capture *capture);
bool capture_open(struct capture *capture, enum output_format format);

#define CAPTURE(name, format)                                                                      \
	CLEANUP(capture_cleanup) struct capture name = { 0 };                                      \
	REQUIRE(capture_open(&(name), (format)));                                                  \
	output_document_begin((name).out, "do it")

#define CHECK_ANSWER(capture, expected)                                                            \
	do {                                                                                       \
		output_document_end((capture).out, NULL, NULL);                                    \
		CHECK_OK(output_finish((capture).out));                                            \
		CHECK_TEXT((capture).bytes, (expected));                                           \
	} while (0)

#define TAIL                                                                                       \
	"\"notes\":[],\"coverage\":{\"complete\":true,\"unreadable_bytes\":0,\"reasons\":[]},"     \
	"\"status\":\"ok\"}\n"
#define HEAD "{\"schema\":1,\"command\":\"do it\",\"data\":{"

#endif
