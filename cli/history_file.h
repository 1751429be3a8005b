/*
 * The lines typed at the prompt, kept for the next session: $XDG_STATE_HOME/clrpod/history, else
 * ~/.local/state/clrpod/history; a line a command, mode 0600, the folders 0700. Where there is no
 * home, or none that can be written, nothing is kept and nothing said.
 */
#ifndef CLI_HISTORY_FILE_H
#define CLI_HISTORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum { HISTORY_LINES = 1000 };

/* Calls `add` with each of the last HISTORY_LINES lines, the oldest first, but none with what
 * cannot be shown (base/escape.h). A file with twice as many is cut to those. */
void history_file_read(void (*add)(const char *line, void *context), void *context);

/* Adds a line (without its newline) to the file; one with what cannot be shown is escaped. */
void history_file_add(const char *line);

#endif
