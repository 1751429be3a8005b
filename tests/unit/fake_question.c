#include "tests/unit/fake_question.h"

struct error *fake_question_open(struct fake_question *question, struct fake_runtime *runtime)
{
	*question = (struct fake_question){ .runtime = runtime };
	arena_init(&question->scratch);
	TRY(fake_runtime_open(runtime, &question->heap));
	question->question = (struct question){ .target = question->heap->target,
						.heap = question->heap,
						.present = question->heap,
						.scratch = &question->scratch,
						.coverage = &question->coverage,
						.remarks = &question->remarks };
	return NULL;
}

void fake_question_cleanup(struct fake_question *question)
{
	coverage_deinit(&question->coverage);
	remarks_deinit(&question->remarks);
	arena_deinit(&question->scratch);
	heap_close(question->heap);
	fake_runtime_cleanup(&question->runtime);
}

bool fake_question_lacks(const struct fake_question *question, const char *text)
{
	const struct coverage *coverage = &question->coverage;
	for (size_t i = 0; i < coverage->reason_count; i++)
		if (!strcmp(coverage->reasons[i], text) ||
		    !strcmp(coverage->reasons[i], "memory ran out"))
			return coverage->incomplete;
	return false;
}
