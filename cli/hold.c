#include "cli/hold.h"

#include "attach/target/target.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/signals.h"

#include <errno.h>

void hold_begin(struct hold *hold, int pid, unsigned seconds)
{
	hold->pid = pid;
	hold->seconds = seconds;
	hold->end_ms = seconds ? clock_ms() + seconds * UINT64_C(1000) : 0;
	hold->ended = false;
}

void hold_check(struct hold *hold)
{
	char time[32];
	struct target *target = session_target(hold->session);
	if (!target || !hold->end_ms || clock_ms() < hold->end_ms)
		return;
	hold->end_ms = 0;
	hold->ended = true;
	target_release(target);
	text_of_seconds(hold->seconds, time, sizeof(time));
	say(stderr,
	    "clrpod: process %d stood still for %s (--hold) and was let go: refresh stops it again",
	    hold->pid, time);
}

ssize_t hold_read(struct hold *hold, int fd, void *buffer, size_t size)
{
	for (;;) {
		int64_t wait_ms = -1;
		if (hold && hold->end_ms && session_target(hold->session)) {
			uint64_t now = clock_ms();
			wait_ms = now < hold->end_ms ? (int64_t)(hold->end_ms - now) : 0;
		}
		ssize_t length = signals_read(fd, buffer, size, wait_ms);
		if (length >= 0 || errno != ETIMEDOUT || !hold)
			return length;
		hold_check(hold);
	}
}
