/*
 * Commands of SOS that clrpod does not have: what to say in place of "there is no command".
 */
#ifndef COMMANDS_INTERPRETER_ABSENT_H
#define COMMANDS_INTERPRETER_ABSENT_H

/* One sentence; NULL: not a command of SOS either. Case-insensitive. */
const char *absent_command(const char *name);

#endif
