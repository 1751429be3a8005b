/*
 * What the program says beside its answers: errors, warnings, greetings, progress, Tab's list, the
 * lines of the log and of the history. The texts in it come from anywhere (base/escape.h): each
 * function escapes its whole line, newlines too, so one call is one line and no name is a second.
 * The sequences of a terminal that clrpod itself needs are here alone.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/error.h"

/* A line; its newline is added. Without memory a long one is cut. Whether the stream failed, its
 * owner asks it (ferror). */
void say(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);
/* With a word of our own before it. */
void say_va(FILE *to, const char *before, const char *format, va_list arguments) PRINTF_LIKE(3, 0);

/* A line without its end, in the place of the one at the terminal's cursor; flushed. */
void say_status(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);
/* Takes that away. */
void say_status_end(FILE *to);

#endif
