/*
 * Errors. A function that can fail returns one owned `struct error *`, or NULL when it succeeded.
 * The caller does exactly one of three things with it: frees it, returns it, or wraps it with
 * error_context(). The message is one sentence without a newline that names what was being read
 * and, where there is one, what to do.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/banned.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum error_code {
	ERROR_NO_MEMORY,
	ERROR_USAGE,       /* the caller's words: bad option, bad address, unknown command */
	ERROR_OS,          /* a system call failed; os_errno says how */
	ERROR_FAULT,       /* memory of the target that cannot be read; address says where */
	ERROR_BAD_DATA,    /* the target's data contradicts itself or exceeds a limit */
	ERROR_NOT_FOUND,   /* a type, field, key, process that is not there */
	ERROR_UNSUPPORTED, /* understood, and refused: the message says why */
	ERROR_CANCELLED,   /* the task was told to stop */
	ERROR_STOP,        /* error_stop alone */
};

struct error {
	enum error_code code;
	int os_errno;
	uint64_t address; /* ERROR_FAULT: the first byte that could not be read */
	char *message;
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* The only control-flow macro: hand the error of a call to our own caller. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		struct error *try_error = (call);                                                  \
		if (try_error)                                                                     \
			return try_error;                                                          \
	} while (0)

/* Errors that need no allocation; error_free() leaves them alone. */
extern struct error error_no_memory;

/* What a visitor answers to end a visit that has all it wanted. It is no failure: the caller of the
 * visit takes it (error_take_stop) and succeeds. A function that visits a piece of a larger visit
 * (one span of the heap, one object's references) hands it on, and says so. */
extern struct error error_stop;

/* A new error; &error_no_memory when even the message cannot be allocated. Never NULL. */
MUST_CHECK struct error *error_new(enum error_code code, const char *format, ...) PRINTF_LIKE(2, 3);

/* ERROR_OS with the text of `os_errno` after the message: "cannot open X: Permission denied". */
MUST_CHECK struct error *error_os(int os_errno, const char *format, ...) PRINTF_LIKE(2, 3);

/* ERROR_FAULT at `address`. */
MUST_CHECK struct error *error_fault(uint64_t address, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same error with "context: " put before its message. Takes `cause`, returns it or another. */
MUST_CHECK struct error *error_context(struct error *cause, const char *format, ...)
	PRINTF_LIKE(2, 3);

/* NULL is allowed. */
void error_free(struct error *error);

/*
 * An expected failure: when *slot holds an error of this code, drop it, set *slot to NULL and
 * answer true. Otherwise leave it and answer false.
 */
bool error_take(struct error **slot, enum error_code code);

/* The same, where the target is at fault: its memory cannot be read (ERROR_FAULT), or contradicts
 * itself (ERROR_BAD_DATA). */
bool error_take_damage(struct error **slot);

/* The same of error_stop. */
bool error_take_stop(struct error **slot);

/* Is it an error that would meet whatever is done next, too: memory is out, or the task was told to
 * stop? Such an error is never counted as a part of the target that is missing. NULL: false. */
bool error_is_fatal(const struct error *error);

#endif
