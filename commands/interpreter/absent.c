#include "commands/interpreter/absent.h"

#include "base/list.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define WINDOWS "is for Windows processes only"
#define LIVE "works in a debugger that runs the process; clrpod only reads"
#define STACKS "needs a walk of the stacks, which clrpod does not make yet"
#define ROOTS "needs the roots of the heap, which clrpod does not follow yet"
#define HISTORY "needs the runtime's stress log, which clrpod does not read"

struct absent {
	const char *names; /* " a b ": between blanks */
	const char *reason;
};

/* A later name of the same command is beside the first. */
static const struct absent absents[] = {
	{ " clrstack parallelstacks pstacks dumpstack eestack ",
	  STACKS ": threads and registers show where each thread stands, clrthreads and "
		 "printexception what it threw" },
	{ " dumpstackobjects dso ", STACKS ": dumpheap lists the objects of the heap" },
	{ " gcroot pathto objsize findroots notreachableinrange ",
	  ROOTS ": dumpheap and dumpobj show the objects, get follows a path through them" },
	{ " traverseheap ", "is not built: dumpheap --jsonl writes the heap for other programs" },
	{ " ehinfo gcinfo u clru ", "reads compiled code, which clrpod does not decode" },
	{ " dumpsig dumpsigelem ", "is not built: dumpmt and dumpclass show decoded signatures" },
	{ " dumplog histinit histobj histobjfind hof histroot histstats histclear ", HISTORY },
	{ " dumpgcdata ", "is not built: gcheapstat and eeheap -gc show the heap's state" },
	{ " gctonative findpointersin ",
	  "is not built: maddress lists the memory, dp shows pointers in it" },
	{ " ephtoloh ", "is not built: ephrefs shows what old objects refer to young ones, and "
			"dumpheap -gen loh the large ones" },
	{ " findappdomain ", "is not needed: .NET has one application domain" },
	{ " clrma ", "is of Windows' crash analysis: printexception shows the exception" },
	{ " comstate dumprcw dumpccw rcwcleanuplist dumppermissionset watsonbuckets vmmap vmstat "
	  "procinfo savemodule saveallmodules savestate watch minidumpmode exposedml tracetocode "
	  "stoponexception dumpgclog dumpgcconfiglog verifygmt verifystacktrace ",
	  WINDOWS },
	{ " bpmd stoponcatch suppressjitoptimization ", LIVE },
	{ " sethostruntime setsostid ", "is of lldb's plugin and not needed here" },
};

/* Is the name a word of the list? */
static int has_word(const char *words, const char *name, size_t length)
{
	for (const char *at = words; *at; at++)
		if (*at == ' ' && !strncasecmp(at + 1, name, length) && at[length + 1] == ' ')
			return 1;
	return 0;
}

const char *absent_command(const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; length && !strchr(name, ' ') && i < COUNT_OF(absents); i++)
		if (has_word(absents[i].names, name, length))
			return absents[i].reason;
	return NULL;
}
