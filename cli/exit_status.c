#include "cli/exit_status.h"

#include "base/patient_writer.h"
#include "cli/signals.h"

#include <errno.h>

const struct exit_status_text exit_status_texts[] = {
	{ STATUS_WHOLE, "the whole answer" },
	{ STATUS_FAILED, "a command failed" },
	{ STATUS_USAGE, "bad usage: an unknown verb, command, option or word" },
	{ STATUS_NO_TARGET, "the dump or process cannot be opened, reached or understood" },
	{ STATUS_CHECK_FALSE, "a check was false: verifyheap or verifyobj found damage" },
	{ STATUS_INCOMPLETE, "answered or written, but incomplete (--partial-ok makes it 0)" },
	{ STATUS_INTERRUPTED,
	  "interrupted by SIGINT: in a batch, or a command was deaf to it for 2 s" },
	{ STATUS_TERMINATED,
	  "ended by SIGTERM or SIGHUP: in a batch, or a command was deaf to it for 2 s" },
	{ STATUS_WHOLE, NULL },
};

enum exit_status exit_status_of_command(const struct error *error)
{
	if (!error)
		return STATUS_WHOLE;
	if (error->code == ERROR_USAGE)
		return STATUS_USAGE;
	if (error->code == ERROR_CANCELLED && signals_received())
		return signals_status();
	/* The reader of the answer has gone, or is stuck: it got a part of it. */
	if ((error->code == ERROR_OS && error->os_errno == EPIPE) || patient_write_stalled(error))
		return STATUS_INCOMPLETE;
	return STATUS_FAILED;
}

enum exit_status exit_status_of_open(const struct error *error)
{
	enum exit_status status = exit_status_of_command(error);
	return status == STATUS_FAILED ? STATUS_NO_TARGET : status;
}

static int rank(enum exit_status status)
{
	switch (status) {
	case STATUS_WHOLE:
		return 0;
	case STATUS_INCOMPLETE:
		return 1;
	case STATUS_CHECK_FALSE:
		return 2;
	case STATUS_FAILED:
		return 3;
	case STATUS_USAGE:
		return 4;
	case STATUS_NO_TARGET:
		return 5;
	case STATUS_INTERRUPTED:
	case STATUS_TERMINATED:
		break;
	}
	return 6;
}

enum exit_status exit_status_worse(enum exit_status one, enum exit_status other)
{
	return rank(other) > rank(one) ? other : one;
}
