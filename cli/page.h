/* What is shown of ourselves, before and without any app: help, the version, documents. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "cli/exit_status.h"

#include <stdio.h>

/* Has `what` printed to the standard output. When that cannot be written the reason is reported on
 * stderr: STATUS_FAILED; but a closed pipe is no news: STATUS_INCOMPLETE. */
enum exit_status page_show(void (*print)(FILE *to, const void *what), const void *what);

#endif
