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

/* The version that people call it by: "10.0.12". Of the above, without the labels of builds that
 * are releases ("-servicing.…", "-rtm.…"); else of the folder that CoreLib was loaded from
 * (…/Microsoft.NETCore.App/10.0.12/); else what the runtime's descriptor says of it
 * (RuntimeProductVersionString); else of the line that its build leaves in libcoreclr.so or the
 * single file (attach/process_runtime.h: process_version_in_line). In the question's scratch arena,
 * or the heap's; *ret NULL: none of them is known. ERROR_NO_MEMORY and ERROR_CANCELLED only. */
MUST_CHECK struct error *runtime_product_version(const struct question *question, const char **ret);

#endif
