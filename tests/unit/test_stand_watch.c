/* A child that sleeps under the watch, and is killed by it. */
#include "attach/stand_watch.h"
#include "base/clock.h"
#include "tests/unit/tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AFTER_MS = 800, NAP_US = 20 * 1000 };

/* Sleeps so many times 20 ms under a watch; its end, as of waitpid(2). */
static int end_of_sleeper(bool renews, bool ends_watch, unsigned naps)
{
	int status = -1, pid = fork();
	if (pid)
		return waitpid(pid, &status, 0) == pid ? status : -1;
	struct stand_watch *watch;
	if (stand_watch_begin(AFTER_MS, &watch))
		_exit(1);
	if (ends_watch)
		stand_watch_end(watch);
	for (unsigned i = 0; i < naps; i++) {
		clock_sleep_us(NAP_US);
		if (renews)
			stand_watch_renew(watch);
	}
	_exit(0);
}

TEST(less_than_a_second)
{
	uint64_t begin = clock_ms();
	int status = end_of_sleeper(false, false, 150);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(clock_ms() - begin >= AFTER_MS);
}

TEST(a_renewed_one)
{
	CHECK_NUMBER(end_of_sleeper(true, false, 50), 0);
}

TEST(one_that_was_ended)
{
	CHECK_NUMBER(end_of_sleeper(false, true, 50), 0);
}

static const struct tap_case cases[] = {
	CASE_ONCE(less_than_a_second),
	CASE_ONCE(a_renewed_one),
	CASE_ONCE(one_that_was_ended),
};
TAP_MAIN(cases)
