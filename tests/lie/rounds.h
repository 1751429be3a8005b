/* The rounds of one dump: what is hidden, who is asked, and what came of it. */
#ifndef TESTS_LIE_ROUNDS_H
#define TESTS_LIE_ROUNDS_H

#include "tests/lie/answer.h"
#include "tests/lie/dump.h"
#include "tests/lie/lines.h"

enum { COMMANDS_MAX = 256, VERDICTS = FALSE_ALARM + 1 };

/* Shared by all processes; counted by atomic additions. */
struct figures {
	unsigned long variants; /* a hidden range each */
	unsigned long answers;  /* to lines that had read in it */
	unsigned long unasked;  /* to lines with a part hidden of what they had not read */
	unsigned long unasked_same;
	unsigned long verdicts[VERDICTS];
	unsigned long broken; /* dumps that could not be tried at all */
	bool answered[COMMANDS_MAX];
};

struct plan {
	uint64_t every;           /* one variant of so many */
	const char *line;         /* this one alone; NULL: all */
	struct hidden_range hide; /* this alone; .end 0: all */
	struct figures *figures;
};

/* Prints each lie and false alarm. A dump that cannot be tried ends the process with status 1. */
void rounds_run(const char *path, const struct plan *plan);

#endif
