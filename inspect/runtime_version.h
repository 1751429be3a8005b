/* The version of the runtime, with the commit that it was built of. */
#ifndef INSPECT_RUNTIME_VERSION_H
#define INSPECT_RUNTIME_VERSION_H

#include "inspect/question.h"

/* "10.0.12+95017c…" of CoreLib's AssemblyInformationalVersion: the commit is after the plus. In the
 * question's scratch arena; *ret NULL: CoreLib's metadata is not there. ERROR_NO_MEMORY and
 * ERROR_CANCELLED only. */
MUST_CHECK struct error *runtime_informational_version(const struct question *question,
						       const char **ret);

#endif
