/*
 * An exception's cells, for printexception, dumpexceptions and crashinfo. Each has columns of its
 * own, with these keys in this order: address, mt, type, message, inner_exception, hresult,
 * stack_trace_string, frames; text has what their sentences say.
 */
#ifndef COMMANDS_SHARED_EXCEPTION_CELLS_H
#define COMMANDS_SHARED_EXCEPTION_CELLS_H

#include "commands/command.h"
#include "inspect/exception_view.h"

/* What text has. */
struct exception_words {
	const char *type;
	const char *none;  /* for a string that is null */
	const char *inner; /* NULL: it does not show the inner exception */
};
/* All but the frames. */
void exception_cells(struct command_call *call, const struct exception_view *view,
		     const struct exception_words *words);

/* A string of an exception, or another, as the next cell; `none` in text when it is null. */
void view_string_cell(struct output *out, const struct view_string *string, const char *none);

/* How text shows a frame: sentences over sp, ip, method_desc, method, module and offset. */
struct frame_words {
	const struct column *columns; /* FRAME_COLUMNS of them, with these keys in this order */
	const char *no_module, *no_method;
	const char *with_offset, *without_offset;
	const char *without_method; /* NULL: as those that have one */
};
enum { FRAME_COLUMNS = 6 };
/* As printexception shows them. */
extern const struct frame_words sos_frame_words;
/* The next cell: a table of the frames. */
MUST_CHECK struct error *exception_frame_rows(struct command_call *call,
					      const struct exception_view *view,
					      const struct frame_words *words);

#endif
