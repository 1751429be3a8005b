/*
 * A command: one description from which dispatch, help, completion, the man page and the
 * documentation tests come. To add one: copy the shortest file of this folder (eeversion.c), change
 * its table and its run function, add its `const struct command` to registry.c, give it examples.
 *
 * run() asks the session's heap and writes to call->out. It never prints, exits, or reads options
 * other than its own. Errors: returned; the caller closes the document with them. Whatever could
 * not be read is counted with question_missing(), so that the answer says it is not whole (exit
 * status 5).
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include "base/arena.h"
#include "base/task.h"
#include "commands/interpreter/arguments.h"
#include "commands/output/output.h"
#include "heap/values/value.h"
#include "inspect/near_names.h"
#include "inspect/question.h"

struct session;
struct heap;
struct type;

enum needs {
	NEEDS_NOTHING = 0, /* help, exit */
	NEEDS_TARGET = 1,  /* an open dump or process */
	NEEDS_HEAP = 2,    /* a .NET runtime that passed its self-check */
	NEEDS_OBJECTS = 4, /* with NEEDS_HEAP: a GC heap that can be walked; mini dumps have none */
	NEEDS_LIVE = 8,    /* a process, held or not: not a dump */
};

/* What a command is about, by its first word. */
enum subject_kind {
	SUBJECT_NONE,
	SUBJECT_OBJECT, /* ADDRESS|PATH: an object's address, or a path to one as get takes it */
	SUBJECT_COLLECTION,   /* ADDRESS|PATH: also to a struct, which has no address of its own */
	SUBJECT_METHOD_TABLE, /* MT: of a type */
	SUBJECT_ADDRESS,      /* an address of something else, in hex */
};

struct subject {
	enum subject_kind kind;
	/* NULL: the kind's own (commands/interpreter/subject.c). */
	const char *what; /* "an array", where it is missing, or is none */
	const char *word; /* "MODULE", in the usage */
	bool optional;
};

/* That of a call, found before run(). */
struct found_subject {
	bool given; /* else the rest is zero: it is optional */
	uint64_t address;
	struct value value;      /* SUBJECT_COLLECTION: may be none; .type NULL: free space */
	const struct type *type; /* SUBJECT_METHOD_TABLE */
};

struct command_call {
	const struct command *command; /* whose call it is */
	struct question question;      /* its heap: NULL unless NEEDS_HEAP */
	struct session *session;
	struct output *out;
	const struct arguments *arguments;
	struct found_subject subject;
};

struct command {
	const char *name;
	const char *const *aliases;     /* NULL-terminated; may be NULL */
	const char *summary;            /* one line */
	const char *usage;              /* NULL: by the table: commands/interpreter/usage.h */
	const char *description;        /* a paragraph or more; may be NULL */
	const struct option *options;   /* ends with a zeroed one; may be NULL */
	struct subject subject;         /* the first word; may be left out */
	const char *const *positionals; /* the words after it: "NAME", "[NAME]"; NULL-terminated */
	const char *const *examples;    /* NULL-terminated: each runs as a test */
	unsigned needs;
	bool in_session_only; /* means something among other commands only: no verb */
	bool repeats;         /* an empty line at the prompt runs it again, without arguments */
	struct error *(*run)(struct command_call *call);
};

extern const struct command *const all_commands[]; /* registry.c: sorted by name, NULL-terminated */

/* By name or alias, case-insensitive (SOS registers CamelCase aliases); NULL: unknown. */
const struct command *command_find(const char *name);

/* Each command's name, for "did you mean". */
void command_offer_names(struct meant_name *meant);

#endif
