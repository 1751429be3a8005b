/*
 * A command in place of a verb: `clrpod dumpheap DUMP -stat` answers what `clrpod analyze DUMP -c
 * 'dumpheap -stat'` does, byte for byte, with its exit status. Words are not split again.
 */
#ifndef CLI_COMMAND_VERB_H
#define CLI_COMMAND_VERB_H

#include "cli/options.h"

/* What the documents say of it: no verb of this name is there. */
extern const struct verb verb_command;

/* Is the option, one of analyze's, taken with a command too? */
bool command_verb_takes(const struct option *option);

/* argv[1]: a command's name or alias, or a command of SOS that is not there, which is refused. */
enum exit_status command_verb_run(int argc, char **argv);

/* What help says of a name, in the form that argv asks for: --json; or text, then with how the
 * command is called in place of a verb. */
enum exit_status command_verb_help(const char *name, int argc, char **argv);

#endif
