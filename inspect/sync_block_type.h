/* The object that a sync block is of. */
#ifndef INSPECT_SYNC_BLOCK_TYPE_H
#define INSPECT_SYNC_BLOCK_TYPE_H

#include "heap/locks/sync_blocks.h"
#include "heap/types/type.h"
#include "inspect/question.h"

/* The type of the block's object; *ret NULL: there is none, or it cannot be read, which is counted
 * with question_missing(). */
MUST_CHECK struct error *sync_block_type(const struct question *question,
					 const struct sync_block *block, const struct type **ret);

#endif
