/*
 * An exception with what it leads to: its strings, the frames of its stack trace by method and
 * file, the type of its inner exception.
 */
#ifndef INSPECT_EXCEPTION_VIEW_H
#define INSPECT_EXCEPTION_VIEW_H

#include "heap/values/exception.h"
#include "inspect/question.h"

struct shown_frame {
	struct exception_frame frame;
	const char *method; /* NULL: unknown */
	const char *module; /* the file's name; NULL: none, or unknown */
	uint64_t offset;    /* of the IP in the method's code */
	bool offset_known;
};

enum view_string_state { VIEW_STRING_NONE, VIEW_STRING_READ, VIEW_STRING_UNREADABLE };
struct view_string {
	enum view_string_state state;
	const uint16_t *units; /* `count` of the `length` that it has */
	size_t count;
	uint64_t length;
};

struct exception_view {
	struct exception exception;
	struct view_string message, stack_trace_string;
	const struct type *inner_type; /* NULL: there is no inner exception, or it is unreadable */
	struct shown_frame *frames;
	size_t frame_count;
	bool frames_unreadable;
};

/* In the question's scratch arena, names too. What of the exception is not in the dump is counted
 * with question_missing(), but for the object itself, of which the error is exception_read()'s, and
 * the type of the inner exception, which most do not show. */
MUST_CHECK struct error *exception_view_read(const struct question *question, uint64_t address,
					     struct exception_view *ret);

/* The beginning of the String at `string` (0: VIEW_STRING_NONE), in the question's scratch arena;
 * one that cannot be read is counted with question_missing(). */
MUST_CHECK struct error *view_string_read(const struct question *question, uint64_t string,
					  struct view_string *ret);

#endif
