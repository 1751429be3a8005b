/*
 * A question to what is open: what is asked (a target, and the .NET heap in it), what it may work
 * with, and where it writes down what its answer lacks. Everything in inspect/ takes a question and
 * returns data; it knows no text, no JSON, no arguments and no session.
 */
#ifndef INSPECT_QUESTION_H
#define INSPECT_QUESTION_H

#include "base/arena.h"
#include "base/id_map.h"
#include "base/task.h"

struct heap;
struct memory_budget; /* base/memory_budget.h */
struct target;

/* What an answer lacks. Kept for the whole answer; owns its texts: coverage_deinit(). Begins
 * zeroed. */
enum { COVERAGE_REASONS_MAX = 16 };
struct coverage {
	uint64_t unreadable_bytes;
	bool incomplete;
	bool check_false; /* see question_check_false() */
	char *reasons[COVERAGE_REASONS_MAX + 1];
	size_t reason_count;
	struct id_map others; /* reasons that had no room, by their hashes */
	bool others_lost;     /* not all of them: more than LIMIT_REASONS, or memory ran out */
};
void coverage_deinit(struct coverage *coverage);

/* After the answer: says how many reasons had no room, as the last one. */
void coverage_end(struct coverage *coverage);

/* What is to be said of an answer beside it, in the order in which it was met; owns its texts:
 * remarks_deinit(). Begins zeroed. Of more than REMARKS_MAX the rest is counted. */
enum { REMARKS_MAX = 64 };
struct remarks {
	char *texts[REMARKS_MAX + 1];
	size_t count, others;
};
void remarks_deinit(struct remarks *remarks);
void remarks_end(struct remarks *remarks); /* as coverage_end() */

struct question {
	struct target *target; /* NULL: nothing is open */
	struct heap *heap;     /* NULL: the question can do without; see question_heap() */
	struct heap *present; /* what there is, asked for or not; NULL: no .NET runtime was found */
	/* Of what was asked for when the target was opened, what its file should hold and does not:
	 * one clause; NULL: nothing. */
	const char *opened_without;
	uint64_t opened_lacks; /* of what was asked for then, the lowest address that had nothing */
	const char *met_before; /* holes that earlier questions met (target.h: met); NULL: none */
	/* That may walk the heap; 0: one. Where the user asked for no number, a small heap is not
	 * worth all of them. */
	unsigned threads;
	bool threads_asked;
	struct arena *scratch;        /* reset after the answer */
	struct memory_budget *budget; /* for what is too large for scratch; NULL: no limit */
	const struct task *task;
	struct coverage *coverage;
	struct remarks *remarks;
};

/* How many threads a walk of the heap may have, at least 1; and what of the heap, in bytes, one of
 * them is worth: 0 where just so many are asked for (heap/gc/heap_walk.h: unit_bytes). */
unsigned question_threads(const struct question *question);
uint64_t question_thread_bytes(const struct question *question);

/* What is present, for a question that can do without and goes by it now: what earlier questions
 * could not read into it is missing from this answer too. NULL: nothing is. */
struct heap *question_heap(const struct question *question);

/* What is present, for a question that takes from the heap only what was read when the target was
 * opened: what opening asked for and was not there (opened_lacks) is missing from this answer too.
 * NULL: nothing is present. */
struct heap *question_present(const struct question *question);

/* Counts bytes that could not be read and says why, in one sentence. The first 16 reasons are kept,
 * the others counted, each once. */
void question_missing(const struct question *question, uint64_t bytes, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The same of all that another answer lacks, which is a part of this one. */
void question_missing_all(const struct question *question, const struct coverage *from);

/* Has all that was asked for been read, so far, and has each type a name? If not, what was not
 * found may be there. */
bool question_is_whole(const struct question *question);

/* A sentence of its own beside the answer; one that memory runs out for is missing from it. */
void question_remark(const struct question *question, const char *format, ...) PRINTF_LIKE(2, 3);

/* The answer is that something is not as it has to be, damaged: exit status 4. */
void question_check_false(const struct question *question);

/* question_missing() of what any answer about all of a dump lacks that is cut short, or whose notes
 * are damaged; and question_missing_of_runtime(). */
void question_missing_of_cut(const struct question *question);

/* … of what any answer about threads lacks when notes are missing or damaged. */
void question_missing_of_threads(const struct question *question);

/* … of memory that was asked for and the file should hold and does not (target.h: met), or that was
 * asked for when the dump was opened, on which any answer may depend. A check is not false then:
 * what looks like damage may come of what is missing. */
void question_missing_of_holes(const struct question *question);

/* … of memory that was asked for and is not there, though nothing says that it should be
 * (target.h: lacks): where no other reason is known. What was asked for when the dump was opened
 * counts for an answer that goes by the heap (question.heap, question_heap(), question_present()).
 * A check is not false then either. */
void question_missing_of_lacks(const struct question *question);

/* … of a runtime that was not found where the file lacks what was asked for when it was opened. */
void question_missing_of_runtime(const struct question *question);

/* … of all that is read of a packed dump whose checksum is wrong. */
void question_missing_of_damage(const struct question *question);

/* … of what any answer about the GC heap lacks: lists of segments that could not be followed, and
 * the order of things while a collection is under way. */
void question_missing_of_gc(const struct question *question);

#endif
