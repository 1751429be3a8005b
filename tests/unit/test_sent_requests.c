/* Requests of HttpClient: their hosts, and how they are counted. What a heap holds of them the
 * golden tests of dumphttp see; the fake runtime, which has no names, holds none. */
#include "base/list.h"
#include "inspect/sent_requests.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

TEST(a_host_is_without_user_and_port)
{
	static const struct {
		const char *uri, *host;
	} cases[] = {
		{ "https://api.example.com/a?b#c", "api.example.com" },
		{ "http://user:pass@host:8080/x", "host" },
		{ "http://[::1]:5000/", "[::1]" },
		{ "http://host?at@b:1", "host" },
		{ "http://[broken", "[broken" },
		{ "https://", "" },
		{ "relative/path", "" },
		{ NULL, "" },
	};
	CLEANUP(arena_deinit) struct arena scratch = { 0 };
	arena_init(&scratch);
	const struct question question = { .scratch = &scratch };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *host = sent_request_host(&question, cases[i].uri);
		CHECK_OK(host ? NULL : &error_no_memory);
		CHECK_TEXT(host, cases[i].host);
	}
}

TEST(requests_are_counted_by_method_status_and_host)
{
	static struct sent_request list[] = {
		{ .method = "GET", .uri = "https://one/a", .status = 200 },
		{ .method = "GET", .uri = "https://two/b", .status = 200 },
		{ .method = "GET", .uri = "https://two/c", .status = 200 },
		{ .method = "POST", .uri = "https://two/d", .status = 0 },
		{ .method = NULL, .uri = NULL, .status = 0 },
	};
	CLEANUP(arena_deinit) struct arena scratch = { 0 };
	CLEANUP(line_count_deinit) struct line_count counts = { 0 };
	arena_init(&scratch);
	const struct question question = { .scratch = &scratch };
	const struct sent_requests requests = { .question = &question,
						.list = list,
						.count = COUNT_OF(list) };
	CHECK_OK(sent_requests_count(&requests, &counts));
	REQUIRE(counts.count == 4);
	CHECK_NUMBER(counts.lines[0].count, 2);
	CHECK_NUMBER(counts.lines[0].order, 1);
	CHECK_TEXT(counts.lines[0].line, "GET 200 two");
	CHECK_TEXT(counts.lines[3].line, " 0 ");
}

TEST(a_heap_without_requests_has_none)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	CLEANUP(sent_requests_deinit) struct sent_requests requests = { 0 };
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	requests.question = &fake.question;
	CHECK_OK(sent_requests_read(&requests));
	CHECK_NUMBER(requests.count, 0);
}

static const struct tap_case cases[] = {
	CASE(a_host_is_without_user_and_port),
	CASE(requests_are_counted_by_method_status_and_host),
	CASE(a_heap_without_requests_has_none),
};
TAP_MAIN(cases)
