/* threadstate: what the bits of a thread's state mean. */
#include "commands/command.h"

#include "base/list.h"

#include <inttypes.h>

/* Thread::ThreadState (src/coreclr/vm/threads.h of 8.0 to 11.0), by the names that SOS gives its
 * bits. Bits 2 and 6 mean another thing since .NET 5 than SOS says; those that 8.0 to 11.0 do not
 * use have SOS's name. */
static const char *const names[32] = {
	"Thread Abort Requested",
	"GC Suspend Pending",
	"GC Suspend Redirected",
	"Debug Suspend Pending",
	"GC On Transitions",
	"Legal to Join",
	"Executing On Alternate Stack",
	"Hijacked by the GC",
	"Blocking GC for Stack Overflow",
	"Background",
	"Unstarted",
	"Dead",
	"CLR Owns",
	"CoInitialized",
	"In Single Threaded Apartment",
	"In Multi Threaded Apartment",
	"Reported Dead",
	"Fully initialized",
	"Task Reset",
	"Sync Suspended",
	"Debug Will Sync",
	"Stack Crawl Needed",
	"Suspend Unstarted",
	"Aborted",
	"Thread Pool Worker Thread",
	"Interruptible",
	"Interrupted",
	"Completion Port Thread",
	"Abort Initiated",
	"Finalized",
	"Failed to Start",
	"Detached",
};

static const struct column columns[] = {
	{ "name", "", CELL_TEXT, 0 },
	{ "bit", NULL, CELL_INTEGER, 0 },
};

static struct error *threadstate_run(struct command_call *call)
{
	struct output *out = call->out;
	uint64_t state = call->subject.address;
	output_indent(out, 1);
	output_table_begin(out, "flags", columns, COUNT_OF(columns), false);
	for (unsigned i = 0; i < COUNT_OF(names); i++) {
		if (!(state >> i & 1))
			continue;
		output_row_begin(out);
		output_text(out, names[i]);
		output_unsigned(out, (uint64_t)1 << i);
		output_row_end(out);
	}
	output_table_end(out);
	if (!(uint32_t)state)
		output_line(out, "No thread states for '%s'",
			    arguments_positional(call->arguments, 0));
	output_indent(out, -1);
	if (state >> 32)
		output_note(out, "A thread's state has 32 bits: %#" PRIx64 " has more.", state);
	return NULL;
}

static const char *const examples[] = { "threadstate 2020020", NULL };
const struct command command_threadstate = {
	.name = "threadstate",
	.summary = "name the bits of a thread's state (the State column of clrthreads)",
	.description = "The state is hex.",
	.subject = { .kind = SUBJECT_ADDRESS, .what = "a state", .word = "STATE" },
	.examples = examples,
	.run = threadstate_run,
};
