/*
 * An exception as printexception and dumpexceptions show it: read once, then printed as text in
 * SOS's form and as JSON's cells.
 */
#ifndef COMMANDS_SHARED_EXCEPTION_VIEW_H
#define COMMANDS_SHARED_EXCEPTION_VIEW_H

#include "commands/command.h"
#include "heap/values/exception.h"

struct shown_frame {
	struct exception_frame frame;
	const char *method; /* NULL: unknown */
	const char *module; /* the file's name; NULL: none, or unknown */
	uint64_t offset;    /* of the IP in the method's code */
	bool offset_known;
};

struct exception_view {
	struct exception exception;
	struct shown_frame *frames;
	size_t frame_count;
	bool frames_unreadable;
};

/* In the call's scratch arena. What of it is not in the dump is counted with question_missing(),
 * but for the object itself: then the answer is exception_read()'s. */
MUST_CHECK struct error *exception_view_read(struct command_call *call, uint64_t address,
					     struct exception_view *ret);

/* Text only. */
MUST_CHECK struct error *exception_print_text(struct command_call *call,
					      const struct exception_view *view);

/* JSON only: the columns of a row or record, and their cells. */
#define EXCEPTION_COLUMNS                                                                          \
	{ "address", NULL, CELL_ADDRESS, 0 }, { "mt", NULL, CELL_ADDRESS, 0 },                     \
		{ "type", NULL, CELL_TEXT, 0 }, { "message", NULL, CELL_VALUE, 0 },                \
		{ "inner_exception", NULL, CELL_VALUE, 0 }, { "hresult", NULL, CELL_INTEGER, 0 },  \
		{ "stack_trace_string", NULL, CELL_VALUE, 0 },                                     \
	{                                                                                          \
		"frames", NULL, CELL_VALUE, 0                                                      \
	}
MUST_CHECK struct error *exception_print_cells(struct command_call *call,
					       const struct exception_view *view);

/* The message, or another string of the exception, as the next cell; `none` in text, null in JSON,
 * when there is no such string. */
MUST_CHECK struct error *exception_print_string(struct command_call *call, uint64_t string,
						const char *none);

#endif
