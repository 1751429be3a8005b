/*
 * The number of a managed thread among those of the dump or process, which SOS calls DBG and takes
 * for the debugger's own: clrthreads, syncblk, dumplocks.
 */
#ifndef INSPECT_THREAD_INDEX_H
#define INSPECT_THREAD_INDEX_H

#include "inspect/question.h"

/* One for each of heap->threads, in their order: -1 when the target has no such thread (ended, or
 * not yet started). In scratch. */
MUST_CHECK struct error *thread_indexes(const struct question *question, int64_t **ret);

#endif
