/* The file that collect writes to. */
#ifndef CLI_COLLECT_PATH_H
#define CLI_COLLECT_PATH_H

#include "base/arena.h"

/* Of what -o says: a file as it is; in a folder, or without -o (NULL) in the current one,
 * core_DATE_TIME, as dotnet-dump names its dumps, with .zst when it is `packed`. In `arena`.
 * ERROR_USAGE: there is no clock. ERROR_OS: a folder (it ends in /) that is not there. */
MUST_CHECK struct error *collect_path(const char *given, bool packed, struct arena *arena,
				      const char **ret);

#endif
