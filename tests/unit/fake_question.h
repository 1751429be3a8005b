/* A question to the heap of a fake runtime, with what its answer lacks. */
#ifndef TESTS_UNIT_FAKE_QUESTION_H
#define TESTS_UNIT_FAKE_QUESTION_H

#include "inspect/question.h"
#include "tests/unit/fake_runtime.h"

struct fake_question {
	struct fake_runtime *runtime;
	struct heap *heap;
	struct arena scratch;
	struct coverage coverage;
	struct remarks remarks;
	struct question question;
};

/* Takes the runtime, which is laid out before; opens its heap. In any case it is to be cleaned up.
 */
MUST_CHECK struct error *fake_question_open(struct fake_question *question,
					    struct fake_runtime *runtime);
void fake_question_cleanup(struct fake_question *question);

/* Is something missing for this reason? When memory ran out for a reason, it may be that one. */
bool fake_question_lacks(const struct fake_question *question, const char *text);

#endif
