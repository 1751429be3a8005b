/* What clrpod says of itself, all of it from the tables: --help, --version, and the man page. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/options.h"
#include "commands/command.h"

void manual_overview(FILE *to);
void manual_verb(FILE *to, const struct verb *verb);
void manual_print_man(FILE *to); /* roff, for man/clrpod.1 */

#endif
