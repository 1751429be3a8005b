/*
 * What clrpod says of itself, all of it from the tables: --help, the two man pages, and what bash
 * and zsh complete.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/options.h"
#include "commands/command.h"

extern const char manual_about[]; /* a paragraph */

void manual_overview(FILE *to);
void manual_verb(FILE *to, const struct verb *verb);
/* What help of a command in place of a verb has besides the command's own: how it is called. */
void manual_command(FILE *to, const struct command *command);

void manual_print_man(FILE *to);          /* roff, for man/clrpod.1: verbs */
void manual_print_man_commands(FILE *to); /* roff, for man/clrpod-commands.7 */

void manual_print_bash(FILE *to); /* share/clrpod.bash */
void manual_print_zsh(FILE *to);  /* share/_clrpod */

#endif
