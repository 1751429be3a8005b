/* Commands that dotnet-dump needs and clrpod does not: accepted, so that scripts and habits go on
 * working, and answered with one sentence. */
#include "commands/command.h"

#include "base/list.h"

static const struct column columns[] = { { "message", "", CELL_TEXT, 0 } };

static struct error *say(struct command_call *call, const char *message)
{
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	output_text(call->out, message);
	output_record_end(call->out);
	return NULL;
}

static const struct option no_options[] = { { 0 } };
static const struct option dbgout_options[] = { { "-off", NULL, "accepted", NULL }, { 0 } };

static const char *const clear_aliases[] = { "-c", NULL };
static const struct option setclrpath_options[] = {
	{ "-clear", NULL, "accepted", clear_aliases },
	{ 0 },
};

static const char *const disable_aliases[] = { "-clear", NULL };
static const struct option setsymbolserver_options[] = {
	{ "-ms", NULL, "accepted", NULL },
	{ "-mi", NULL, "accepted", NULL },
	{ "-interactive", NULL, "accepted", NULL },
	{ "-disable", NULL, "accepted", disable_aliases },
	{ "-reset", NULL, "accepted", NULL },
	{ "-cache", "DIR", "accepted", NULL },
	{ "-nocache", NULL, "accepted", NULL },
	{ "-directory", "DIR", "accepted; clrpod analyze --sysroot DIR is what finds files", NULL },
	{ "-pat", "TOKEN", "accepted", NULL },
	{ "-timeout", "MINUTES", "accepted", NULL },
	{ "-retrycount", "N", "accepted", NULL },
	{ "-loadsymbols", NULL, "accepted", NULL },
	{ 0 },
};

static const char *const no_words[] = { NULL };
static const char *const path_words[] = { "[PATH]", NULL };
static const char *const url_words[] = { "[URL]", NULL };

/* NAME, its words, what it was for, an example, and the sentence. */
#define NOT_NEEDED(NAME, WORDS, PURPOSE, EXAMPLE, MESSAGE)                                         \
	static struct error *NAME##_run(struct command_call *call)                                 \
	{                                                                                          \
		return say(call, MESSAGE);                                                         \
	}                                                                                          \
	static const char *const NAME##_examples[] = { EXAMPLE, NULL };                            \
	const struct command command_##NAME = {                                                    \
		.name = #NAME,                                                                     \
		.summary = "not needed here: " PURPOSE,                                            \
		.options = NAME##_options,                                                         \
		.positionals = WORDS,                                                              \
		.examples = NAME##_examples,                                                       \
		.run = NAME##_run,                                                                 \
	}

#define enummem_options no_options
#define loadsymbols_options no_options
#define sosflush_options no_options

NOT_NEEDED(dbgout, no_words, "tracing inside SOS", "dbgout",
	   "Not needed: there is no SOS here whose inside could be traced.");
NOT_NEEDED(enummem, no_words, "a test of the DAC", "enummem",
	   "Not needed: it tests the DAC, and clrpod reads dumps without one.");
NOT_NEEDED(
	loadsymbols, no_words, "downloading symbols", "loadsymbols",
	"Not needed: clrpod reads no symbols; names come from the metadata in the dump or below --sysroot.");
NOT_NEEDED(
	setclrpath, path_words, "the folder of the DAC", "setclrpath /usr/share/dotnet",
	"Not needed: clrpod reads dumps without a DAC. Files that a dump lacks are found below DIR of clrpod analyze --sysroot DIR.");
NOT_NEEDED(
	setsymbolserver, url_words, "downloading symbols and the DAC", "setsymbolserver -ms",
	"Not needed: clrpod downloads nothing. In place of -directory DIR, files that a dump lacks are found below DIR of clrpod analyze --sysroot DIR.");
NOT_NEEDED(
	sosflush, no_words, "emptying SOS's caches", "sosflush",
	"Not needed: nothing is kept that could be out of date. Of a live process, refresh takes a new snapshot.");
