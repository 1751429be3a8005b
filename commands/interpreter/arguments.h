/*
 * A command line of the interpreter, split and checked against the command's own table of options.
 * Words are split at blanks; '…' and "…" keep blanks together ("" inside a get path is kept as it
 * is: see arguments_parse). Options are named with one dash as in SOS, two are accepted; names are
 * case-insensitive. Numbers are decimal or 0x…; addresses are hex with or without 0x, and one
 * WinDbg backtick is tolerated.
 */
#ifndef COMMANDS_INTERPRETER_ARGUMENTS_H
#define COMMANDS_INTERPRETER_ARGUMENTS_H

#include "base/arena.h"
#include "base/number_text.h"
#include "base/text.h"

struct option {
	const char *name;           /* "-type" */
	const char *value;          /* "TEXT", or NULL for a switch; of verbs also "[=TEXT]" */
	const char *help;           /* one line */
	const char *const *aliases; /* other spellings; NULL-terminated; may be NULL */
};

/* "-p, --process-id PID", for help and the man pages. */
void option_text(char *to, size_t size, const struct option *option);

struct arguments;

/* ERROR_USAGE naming the word that was not understood. `options` may be NULL. */
MUST_CHECK struct error *arguments_parse(const char *line, const struct option *options,
					 size_t max_positionals, struct arena *arena,
					 struct arguments **ret);

/* The same of words that are split already: they are taken as they are, quotes too. They are
 * borrowed, and have to last as long as *ret. */
MUST_CHECK struct error *arguments_of_words(const char *const *words, size_t count,
					    const struct option *options, size_t max_positionals,
					    struct arena *arena, struct arguments **ret);

/* Is --help, -help or -h among the words, as an option that is not in the table? ERROR_USAGE: the
 * line cannot be split. */
MUST_CHECK struct error *arguments_ask_help(const char *line, const struct option *options,
					    struct arena *arena, bool *ret);

/* The word as a line has it, so that arguments_parse() finds the same one: in "" where it is not
 * plain. */
void arguments_append_word(struct text *to, const char *word);

/* The option that a word spells, as arguments_parse() takes it; *ret_has_value: its value is in the
 * word (-type=TEXT). NULL: none. */
const struct option *option_find(const struct option *options, const char *word,
				 bool *ret_has_value);

bool arguments_has(const struct arguments *arguments, const char *name);
const char *arguments_value(const struct arguments *arguments, const char *name); /* NULL: absent */
size_t arguments_count(const struct arguments *arguments);                        /* positionals */
const char *arguments_positional(const struct arguments *arguments,
				 size_t index); /* NULL past the end */

/* Whose they are: errors of the values below begin with it. Borrowed. */
void arguments_are_of(struct arguments *arguments, const char *command);

/* The option's value as a number; *ret keeps what it holds when the option is absent. */
MUST_CHECK struct error *arguments_number(const struct arguments *arguments, const char *name,
					  uint64_t *ret);
MUST_CHECK struct error *arguments_address(const struct arguments *arguments, const char *name,
					   uint64_t *ret);

/* A positional that must be there, as an address. */
MUST_CHECK struct error *arguments_positional_address(const struct arguments *arguments,
						      size_t index, const char *what,
						      uint64_t *ret);

#endif
