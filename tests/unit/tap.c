#include "tests/unit/tap.h"

#include <time.h>

/* A case that allocates often is tried at its first allocations one by one, then in growing steps.
 */
#ifdef TAP_BRIEF
enum { ONE_BY_ONE = 8, MOST_SECONDS_A_CASE = 1 };
#else
enum { ONE_BY_ONE = 200, MOST_SECONDS_A_CASE = 5 };
#endif

enum mode { MODE_PLAIN, MODE_ALLOCATION, MODE_ALLOCATIONS, MODE_READ };

static struct {
	enum mode mode;
	size_t nth;      /* of the failing allocation or read, for the messages */
	bool error_seen; /* CHECK_OK saw the failure that was ordered */
	size_t problems; /* in this run */
	const char *skipped;
	size_t lines, failed_lines;
} tap;

static void complain(const char *file, int line, const char *what, const char *detail)
{
	static const char *const modes[] = { "", "allocation", "allocations from", "read" };
	tap.problems++;
	printf("# %s:%d: %s%s%s", file, line, what, *detail ? ": " : "", detail);
	if (tap.mode != MODE_PLAIN)
		printf(" (failing: %s %zu)", modes[tap.mode], tap.nth);
	printf("\n");
}

static bool counts(void)
{
	return tap.mode != MODE_READ && !tap.error_seen;
}

bool tap_check(bool holds, const char *file, int line, const char *what)
{
	if (!holds && counts())
		complain(file, line, what, "");
	return holds;
}

bool tap_require(bool holds, const char *file, int line, const char *what)
{
	if (!holds && tap.mode == MODE_PLAIN)
		complain(file, line, what, "");
	return holds;
}

bool tap_succeeds(struct error *error, const char *file, int line, const char *what)
{
	if (!error)
		return true;
	if (tap.mode == MODE_PLAIN)
		complain(file, line, what, error->message);
	tap.error_seen = true;
	error_free(error);
	return false;
}

void tap_fails(struct error *error, enum error_code code, const char *text, const char *file,
	       int line, const char *what)
{
	if (tap.mode == MODE_PLAIN) {
		if (!error)
			complain(file, line, what, "succeeded, and should have failed");
		else if (error->code != code)
			complain(file, line, what, error->message);
		else if (text && !strstr(error->message, text))
			complain(file, line, what, error->message);
	} else if (error && error->code != code) {
		tap.error_seen = true;
	}
	error_free(error);
}

void tap_number(uint64_t actual, uint64_t expected, const char *file, int line, const char *what)
{
	if (actual == expected || !counts())
		return;
	char detail[128];
	snprintf(detail, sizeof(detail), "%llu (%#llx), expected %llu (%#llx)",
		 (unsigned long long)actual, (unsigned long long)actual,
		 (unsigned long long)expected, (unsigned long long)expected);
	complain(file, line, what, detail);
}

void tap_text(const char *actual, const char *expected, const char *file, int line,
	      const char *what)
{
	bool equal = actual && expected ? !strcmp(actual, expected) : actual == expected;
	if (equal || !counts())
		return;
	char detail[1024];
	snprintf(detail, sizeof(detail), "'%s', expected '%s'", actual ? actual : "(null)",
		 expected ? expected : "(null)");
	complain(file, line, what, detail);
}

void tap_skip(const char *reason)
{
	tap.skipped = reason;
}

/* One run of a case; *ret_reached: how many allocations or reads it asked for. */
static void run_once(const struct tap_case *test, enum mode mode, size_t nth, size_t *ret_reached)
{
	size_t live = alloc_fail_live();
	tap.mode = mode;
	tap.nth = nth;
	tap.error_seen = false;
	alloc_fail_start(mode == MODE_ALLOCATION || mode == MODE_ALLOCATIONS ? nth : 0,
			 mode == MODE_ALLOCATIONS);
	read_fail_start(mode == MODE_READ ? nth : 0);
	test->run();
	size_t allocations = alloc_fail_stop(), reads = read_fail_stop();
	*ret_reached = mode == MODE_READ ? reads : allocations;
	if (alloc_fail_live() != live) {
		char detail[64];
		snprintf(detail, sizeof(detail), "%zu allocations were not freed",
			 alloc_fail_live() - live);
		complain(test->name, 0, "leak", detail);
	}
}

static void line(const char *name, const char *how)
{
	tap.lines++;
	if (tap.problems)
		tap.failed_lines++;
	printf("%sok %zu - %s%s%s%s\n", tap.problems ? "not " : "", tap.lines, name, how,
	       tap.skipped ? " # SKIP " : "", tap.skipped ? tap.skipped : "");
	fflush(stdout);
}

static void run_failing(const struct tap_case *test, enum mode mode, const char *what)
{
	size_t nth = 1, runs = 0, reached = 0;
	time_t start = time(NULL);
	tap.problems = 0;
	for (;;) {
		run_once(test, mode, nth, &reached);
		if (reached < nth || tap.problems || time(NULL) - start > MOST_SECONDS_A_CASE)
			break;
		runs++;
		nth += nth < ONE_BY_ONE ? 1 : nth / 8;
	}
	if (!runs && !tap.problems)
		return;
	char how[96];
	snprintf(how, sizeof(how), ": %s, tried %zu times", what, runs);
	line(test->name, how);
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int tap_run(const struct tap_case *cases, size_t count, int argc, char **argv)
{
	bool repeat = alloc_fail_available();
	for (size_t i = 0; i < count; i++) {
		if (!wanted(cases[i].name, argc, argv))
			continue;
		size_t reached = 0;
		tap.problems = 0;
		tap.skipped = NULL;
		run_once(&cases[i], MODE_PLAIN, 0, &reached);
		bool failed = tap.problems;
		line(cases[i].name, "");
		if (failed || tap.skipped || cases[i].once)
			continue;
		if (repeat) {
			run_failing(&cases[i], MODE_ALLOCATION, "one allocation fails");
			run_failing(&cases[i], MODE_ALLOCATIONS,
				    "all allocations from one on fail");
		}
		run_failing(&cases[i], MODE_READ, "one read fails");
	}
	printf("1..%zu\n", tap.lines);
	return tap.failed_lines ? 1 : 0;
}
