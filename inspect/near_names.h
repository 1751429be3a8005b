/*
 * Names near to one that was not found: those with the least edits (a letter changed, added or left
 * out, whatever its case), the nearest first.
 */
#ifndef INSPECT_NEAR_NAMES_H
#define INSPECT_NEAR_NAMES_H

#include "base/arena.h"
#include "base/text.h"

enum { NEAR_NAMES_MAX = 10 };

struct near_names {
	const char *wanted;
	size_t limit;        /* at most NEAR_NAMES_MAX */
	struct arena *arena; /* for copies of the names */
	const char *names[NEAR_NAMES_MAX];
	unsigned distances[NEAR_NAMES_MAX];
	size_t count;
	uint64_t offered; /* all names; each once while there are not more than `limit` */
};

/* Notes the name when it is among the nearest; twice the same counts once. */
MUST_CHECK struct error *near_names_offer(struct near_names *near, const char *name);

/* Edits between the two, as far as 64 bytes go. */
unsigned near_names_edits(const char *from, const char *to);

/* The name that a word was meant for, among few: "did you mean". Give it `wanted`, offer each name,
 * look at `name`. One that begins with the word (two characters of it, at least) comes first, then
 * those that are two edits away, or one edit when the word has three characters or less; of equals
 * the one that was offered first. */
struct meant_name {
	const char *wanted;
	const char *name; /* borrowed from the offering caller; NULL: none is near */
	unsigned edits;   /* to it; 0: it begins with `wanted` */
};
void meant_name_offer(struct meant_name *meant, const char *name);

/* Appends the names with ", " between, each between `quote`s ("" for none). */
void near_names_list(const struct near_names *near, const char *quote, struct text *to);

#endif
