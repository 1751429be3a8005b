/*
 * The unit tests' harness. A test file is a list of cases and one line after it:
 *
 *	TEST(reading_stops_at_a_hole)
 *	{
 *		CHECK_OK(thing_open(...));
 *		REQUIRE(thing);
 *		CHECK_NUMBER(thing->count, 3);
 *	}
 *	static const struct tap_case cases[] = { CASE(reading_stops_at_a_hole) };
 *	TAP_MAIN(cases)
 *
 * Each case is run once as it is, then again with the Nth allocation failing (alone, and with all
 * after it), then with the Nth read of the fake targets failing, for each N that the case reaches.
 * Whatever was allocated must be freed after each run. Output is TAP. Arguments: names of cases to
 * run (all without). TAP_BRIEF, for builds that are slow, leaves most of the failures out.
 * CASE_ONCE() is for cases too slow to be repeated.
 *
 * In the repeated runs an error reported to CHECK_OK is what is being asked for: from then on the
 * case's checks do not count. A failing allocation that is *not* reported must leave the answers
 * right, so CHECK still counts until then; REQUIRE, CHECK_FAILS and SKIP only leave. When a read
 * fails CHECK never counts: a hole in a dump makes other answers.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/list.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fake_target.h"

struct tap_case {
	const char *name;
	void (*run)(void);
	bool once;
};

#define TEST(name) static void name(void)
// clang-format off
#define CASE(name) { #name, name, false }
#define CASE_ONCE(name) { #name, name, true }
// clang-format on

#define TAP_MAIN(cases)                                                                            \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return tap_run(cases, COUNT_OF(cases), argc, argv);                                \
	}

/* A condition that must hold. */
#define CHECK(condition) ((void)tap_check((condition), __FILE__, __LINE__, #condition))

/* The same, and leaves the case when it does not hold. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!tap_require((condition), __FILE__, __LINE__, #condition))                     \
			return;                                                                    \
	} while (0)

/* A call that must succeed; frees its error. Leaves the case when it fails. */
#define CHECK_OK(call)                                                                             \
	do {                                                                                       \
		if (!tap_succeeds((call), __FILE__, __LINE__, #call))                              \
			return;                                                                    \
	} while (0)

/* A call that must fail with this code and, where `text` is not NULL, with it in the message. */
#define CHECK_FAILS(call, code, text) tap_fails((call), (code), (text), __FILE__, __LINE__, #call)

/* Integers; strings (either may be NULL). */
#define CHECK_NUMBER(actual, expected)                                                             \
	tap_number((uint64_t)(actual), (uint64_t)(expected), __FILE__, __LINE__, #actual)
#define CHECK_TEXT(actual, expected) tap_text((actual), (expected), __FILE__, __LINE__, #actual)

/* Leaves the case, which counts as skipped, for a reason. */
#define SKIP(reason)                                                                               \
	do {                                                                                       \
		tap_skip(reason);                                                                  \
		return;                                                                            \
	} while (0)

int tap_run(const struct tap_case *cases, size_t count, int argc, char **argv);
bool tap_check(bool holds, const char *file, int line, const char *what);
bool tap_require(bool holds, const char *file, int line, const char *what);
bool tap_succeeds(struct error *error, const char *file, int line, const char *what);
void tap_fails(struct error *error, enum error_code code, const char *text, const char *file,
	       int line, const char *what);
void tap_number(uint64_t actual, uint64_t expected, const char *file, int line, const char *what);
void tap_text(const char *actual, const char *expected, const char *file, int line,
	      const char *what);
void tap_skip(const char *reason);

#endif
