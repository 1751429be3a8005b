#include "commands/command.h"

#include <strings.h>

/* A line a command, sorted by name; tests/unit/test_run.c checks that. */
// clang-format off
#define COMMANDS(COMMAND) \
	COMMAND(analyzeoom) \
	COMMAND(clrmodules) \
	COMMAND(clrthreads) \
	COMMAND(crashinfo) \
	COMMAND(d) \
	COMMAND(da) \
	COMMAND(db) \
	COMMAND(dbgout) \
	COMMAND(dc) \
	COMMAND(dd) \
	COMMAND(diff) \
	COMMAND(dp) \
	COMMAND(dq) \
	COMMAND(du) \
	COMMAND(dumpalc) \
	COMMAND(dumparray) \
	COMMAND(dumpassembly) \
	COMMAND(dumpasync) \
	COMMAND(dumpclass) \
	COMMAND(dumpcollection) \
	COMMAND(dumpconcurrentdictionary) \
	COMMAND(dumpconcurrentqueue) \
	COMMAND(dumpdelegate) \
	COMMAND(dumpdict) \
	COMMAND(dumpdomain) \
	COMMAND(dumpexceptions) \
	COMMAND(dumpgen) \
	COMMAND(dumpheap) \
	COMMAND(dumphttp) \
	COMMAND(dumpil) \
	COMMAND(dumplocks) \
	COMMAND(dumpmd) \
	COMMAND(dumpmodule) \
	COMMAND(dumpmt) \
	COMMAND(dumpobj) \
	COMMAND(dumpobjgcrefs) \
	COMMAND(dumprequests) \
	COMMAND(dumpruntimetypes) \
	COMMAND(dumpstring) \
	COMMAND(dumpvc) \
	COMMAND(dw) \
	COMMAND(eeheap) \
	COMMAND(eeversion) \
	COMMAND(enummem) \
	COMMAND(ephrefs) \
	COMMAND(exit) \
	COMMAND(finalizequeue) \
	COMMAND(gchandleleaks) \
	COMMAND(gchandles) \
	COMMAND(gcheapstat) \
	COMMAND(gcwhere) \
	COMMAND(get) \
	COMMAND(help) \
	COMMAND(ip2md) \
	COMMAND(listnearobj) \
	COMMAND(loadsymbols) \
	COMMAND(logclose) \
	COMMAND(logging) \
	COMMAND(logopen) \
	COMMAND(maddress) \
	COMMAND(modules) \
	COMMAND(name2ee) \
	COMMAND(printexception) \
	COMMAND(refresh) \
	COMMAND(registers) \
	COMMAND(report) \
	COMMAND(runtimes) \
	COMMAND(setclrpath) \
	COMMAND(setsymbolserver) \
	COMMAND(sizestats) \
	COMMAND(sosflush) \
	COMMAND(sosstatus) \
	COMMAND(syncblk) \
	COMMAND(taskstate) \
	COMMAND(threadpool) \
	COMMAND(threadpoolqueue) \
	COMMAND(threads) \
	COMMAND(threadstate) \
	COMMAND(timerinfo) \
	COMMAND(token2ee) \
	COMMAND(verifyheap) \
	COMMAND(verifyobj)
// clang-format on

#define DECLARE(name) extern const struct command command_##name;
COMMANDS(DECLARE)

#define ADDRESS(name) &command_##name,
const struct command *const all_commands[] = { COMMANDS(ADDRESS) NULL };

static bool is_named(const struct command *command, const char *name)
{
	if (!strcasecmp(command->name, name))
		return true;
	for (const char *const *alias = command->aliases; alias && *alias; alias++)
		if (!strcasecmp(*alias, name))
			return true;
	return false;
}

const struct command *command_find(const char *name)
{
	for (const struct command *const *command = all_commands; *command; command++)
		if (is_named(*command, name))
			return *command;
	return NULL;
}

void command_offer_names(struct meant_name *meant)
{
	for (const struct command *const *command = all_commands; *command; command++)
		meant_name_offer(meant, (*command)->name);
}
