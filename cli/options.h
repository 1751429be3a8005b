/*
 * The program's own command line: a verb, then its options and words. A verb's table is its only
 * description: parsing, --help and the man page come from it.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/exit_status.h"
#include "commands/interpreter/arguments.h"
#include "commands/output/output.h"

struct invocation;

struct verb {
	const char *name, *summary, *usage;
	const char *description; /* lines; may be NULL */
	const struct option *options;
	const char *const *repeated;  /* options that may be given several times; may be NULL */
	const struct option *refused; /* come later: `help` says what to do instead; may be NULL */
	size_t max_positionals;
	const char *const *examples;
	enum exit_status (*run)(const struct invocation *invocation);
};

struct given {
	const struct option *option; /* NULL: a word */
	const char *text;            /* the option's value or the word; "" for a switch */
};

struct invocation {
	const struct verb *verb;
	struct given *given; /* in the order of the command line */
	size_t count;
	size_t *last; /* for each option of the verb's, 1 + where in `given` it came last; 0: never
		       */
	bool help;    /* --help or -h was among them */

	/* A command in place of a verb: its own words, without its name. */
	const char *const *own_words;
	size_t own_word_count;
};

/* Words from argv[first] on; what is kept lives in arena and argv. ERROR_USAGE. */
MUST_CHECK struct error *invocation_parse(const struct verb *verb, int argc, char **argv, int first,
					  struct arena *arena, struct invocation *ret);

/* The parts of that: nothing given yet, with room for argc words; is this word an option of the
 * verb's; an option at argv[*at], which moves to its value, taken in; a word. ERROR_USAGE. */
MUST_CHECK struct error *invocation_begin(const struct verb *verb, int argc, struct arena *arena,
					  struct invocation *ret);
const struct option *invocation_option(const struct invocation *invocation, const char *word);
MUST_CHECK struct error *invocation_add_option(struct invocation *invocation, int argc, char **argv,
					       int *at);
void invocation_add_word(struct invocation *invocation, const char *word);

/* The last value of an option, by its name in the table; NULL: absent. */
const char *invocation_value(const struct invocation *invocation, const char *name);
bool invocation_has(const struct invocation *invocation, const char *name);
const char *invocation_positional(const struct invocation *invocation, size_t index);

/* --json and --jsonl, also on a command line that is not understood. */
enum output_format options_format(int argc, char **argv);
enum output_format invocation_format(const struct invocation *invocation);

/* -p PID: 0 when absent. ERROR_USAGE when it is no process id. */
MUST_CHECK struct error *invocation_pid(const struct invocation *invocation, int *ret);

#endif
