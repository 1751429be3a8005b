/*
 * Where a process's memory is: the GC's heap, files, and the rest, against what is resident and
 * what its control group allows. Of a process, and of a dump whose writer noted it, these are the
 * kernel's figures; of another dump what it holds, which for any but a full one is not all.
 */
#ifndef INSPECT_MEMORY_USE_H
#define INSPECT_MEMORY_USE_H

#include "attach/target/target.h"
#include "inspect/question.h"

struct memory_use {
	/* Of a dump without a note: resident_bytes is what it holds, time_s and the limit are 0. */
	struct target_usage usage;
	bool is_of_dump;         /* that */
	uint64_t heap_committed; /* of all segments of the GC's heap, touched or not */
	uint64_t heap_allocated; /* of that, up to where objects were allocated, free places too */
	/* Anonymous memory that is not the GC's heap: native allocations, stacks, the runtime's
	 * own. A heap that was committed and hardly touched makes it look smaller; it is never
	 * below 0.
	 */
	uint64_t native_bytes;
};

/* What cannot be read of a process is counted with question_missing(). ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *memory_use_read(const struct question *question, struct memory_use *ret);

#endif
