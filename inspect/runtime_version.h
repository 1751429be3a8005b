/* The version of the runtime, and the commit that it was built of. */
#ifndef INSPECT_RUNTIME_VERSION_H
#define INSPECT_RUNTIME_VERSION_H

#include "inspect/question.h"

/* Of the runtime that is present; see heap_runtime_version(). *ret NULL is counted with
 * question_missing(). */
MUST_CHECK struct error *runtime_version(const struct question *question, const char **ret);

/* "10.0.12+95017c…" of CoreLib's AssemblyInformationalVersion: the commit is after the plus. In the
 * question's scratch arena; *ret NULL: CoreLib's metadata is not there. ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *runtime_informational_version(const struct question *question,
						       const char **ret);

#endif
