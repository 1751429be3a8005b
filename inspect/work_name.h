/* How threadpoolqueue calls a work item. */
#ifndef INSPECT_WORK_NAME_H
#define INSPECT_WORK_NAME_H

#include "heap/tasks/thread_pool.h"
#include "inspect/question.h"

/* The method that it calls, with a task's scheduler where that is not the default one; of one
 * without a method what it is. "": neither is known. In scratch, or the heap's. */
MUST_CHECK struct error *work_item_name(const struct question *question,
					const struct work_item *item, const char **ret);

#endif
