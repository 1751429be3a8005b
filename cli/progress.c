#include "cli/progress.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/say.h"

#include <poll.h>
#include <unistd.h>

enum { FIRST_AFTER_NS = 1000 * 1000 * 1000, EVERY_NS = 100 * 1000 * 1000 };

void progress_start(struct progress *progress)
{
	*progress = (struct progress){ .thread = pthread_self(),
				       .terminal = isatty(STDERR_FILENO),
				       .start_ns = clock_ns() };
}

/* Ctrl-S, a lost connection: not waited for. */
static bool is_stuck(void)
{
	struct pollfd terminal = { .fd = STDERR_FILENO, .events = POLLOUT };
	return poll(&terminal, 1, 0) <= 0;
}

static bool is_ours(const struct progress *progress)
{
	return pthread_equal(progress->thread, pthread_self());
}

void progress_end(struct progress *progress)
{
	if (!is_ours(progress))
		return;
	if (progress->shown && !is_stuck())
		say_status_end(stderr);
	progress->shown = false;
}

static void show_part(const struct progress *progress, const char *what, uint64_t done,
		      uint64_t total, double seconds)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	text_printf(&line, "%s: %u %%", what, (unsigned)((double)done * 100 / (double)total));
	if (progress->bytes)
		text_printf(&line, " of %llu MiB, %.0f MiB/s", (unsigned long long)(total >> 20),
			    (double)done / (1024 * 1024) / seconds);
	if (done)
		text_printf(&line, ", %.0f s left",
			    seconds * (double)(total - done) / (double)done);
	say_status(stderr, "%s", text_string(&line));
}

void progress_report(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct progress *progress = context;
	if (!progress->terminal || !is_ours(progress))
		return;
	uint64_t now = clock_ns();
	if (now - progress->start_ns < FIRST_AFTER_NS || now - progress->last_ns < EVERY_NS)
		return;
	progress->last_ns = now;
	if (is_stuck())
		return;
	progress->shown = true;
	if (total && done <= total)
		show_part(progress, what, done, total, (double)(now - progress->start_ns) / 1e9);
	else
		say_status(stderr, "%s: %llu", what, (unsigned long long)done);
}
