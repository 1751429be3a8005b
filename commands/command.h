/*
 * A command: one description from which dispatch, help, completion, the man page and the
 * documentation tests come. To add one: copy the shortest file of this folder (eeversion.c), change
 * its table and its run function, add its `const struct command` to registry.c, give it examples.
 *
 * run() asks the session's heap and writes to call->out. It never prints, exits, or reads options
 * other than its own. Errors: returned; the caller closes the document with them. Whatever could
 * not be read is counted with call_missing(), so that the answer says it is not whole (exit status
 * 5).
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "base/arena.h"
#include "base/task.h"
#include "commands/arguments.h"
#include "commands/output/output.h"

struct session;
struct heap;

enum needs {
	NEEDS_NOTHING = 0, /* help, exit */
	NEEDS_TARGET = 1,  /* an open dump or process */
	NEEDS_HEAP = 2,    /* a .NET runtime that passed its self-check */
	NEEDS_OBJECTS = 4, /* with NEEDS_HEAP: a GC heap that can be walked; mini dumps have none */
	NEEDS_LIVE = 8,    /* a process, held or not: not a dump */
};

struct command_call {
	struct session *session;
	struct heap *heap; /* the session's current one; NULL unless NEEDS_HEAP, see call_heap() */
	const char *met_before; /* holes that earlier commands met (target.h: met); NULL: none */
	struct output *out;
	struct arena *scratch; /* reset after the command */
	const struct arguments *arguments;
	const struct task *task;
	struct coverage *coverage;
};

struct command {
	const char *name;
	const char *const *aliases;     /* NULL-terminated; may be NULL */
	const char *summary;            /* one line */
	const char *usage;              /* "dumpheap [-stat] … [START [END]]" */
	const char *description;        /* a paragraph or more; may be NULL */
	const struct option *options;   /* ends with a zeroed one; may be NULL */
	const char *const *positionals; /* names of positional arguments; NULL-terminated */
	const char *const *examples;    /* NULL-terminated: each runs as a test */
	unsigned needs;
	bool repeats; /* an empty line at the prompt runs it again, without arguments */
	struct error *(*run)(struct command_call *call);
};

extern const struct command *const all_commands[]; /* registry.c: sorted by name, NULL-terminated */

/* By name or alias, case-insensitive (SOS registers CamelCase aliases); NULL: unknown. */
const struct command *command_find(const char *name);

/* The name most like this one, for "did you mean"; NULL: none is near. */
const char *command_nearest(const char *name);

/* What an answer lacks. Kept for the whole command; shown at its end, in text and in JSON. */
enum { COVERAGE_REASONS_MAX = 16 };
struct coverage {
	uint64_t unreadable_bytes;
	bool incomplete;
	bool check_false;    /* see call_check_false() */
	struct arena *texts; /* for the reasons: lives as long as the answer, however short a
			      * row's scratch lives */
	const char *reasons[COVERAGE_REASONS_MAX];
	size_t reason_count;
};

/* Count bytes that could not be read and say why, in one sentence. The first 16 reasons are kept.
 */
void call_missing(struct command_call *call, uint64_t bytes, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* call_missing() of what any answer about all of a dump lacks that is cut short, or whose notes are
 * damaged; and call_missing_of_runtime(). */
void call_missing_of_cut(struct command_call *call);

/* call_missing() of what any answer about threads lacks when notes are missing or damaged. */
void call_missing_of_threads(struct command_call *call);

/* The session's heap, NULL: none, for a command that can do without and goes by it now: what
 * earlier commands could not read into it is missing from this answer too. */
struct heap *call_heap(struct command_call *call);

/* call_missing() of memory that the command asked for and the file should hold and does not
 * (target.h: met), or that was asked for when the dump was opened, on which any answer may depend.
 * A check is not false then: what looks like damage may come of what is missing.
 */
void call_missing_of_holes(struct command_call *call);

/* call_missing() of a runtime that was not found where the file lacks what was asked for when it
 * was opened. */
void call_missing_of_runtime(struct command_call *call);

/* call_missing() of all that is read of a packed dump whose checksum is wrong. */
void call_missing_of_damage(struct command_call *call);

/* The answer is that something is not as it has to be, damaged: exit status 4. */
void call_check_false(struct command_call *call);

/* call_missing() of what any answer about the GC heap lacks: lists of segments that could not be
 * followed, and the order of things while a collection is under way. */
void call_missing_of_gc(struct command_call *call);

#endif
