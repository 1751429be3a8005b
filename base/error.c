#include "base/error.h"

/* Never freed, never written: the casts only fit the type of the others' messages. */
struct error error_no_memory = { .code = ERROR_NO_MEMORY, .message = (char *)"out of memory" };
struct error error_stop = { .code = ERROR_STOP, .message = (char *)"the visit ended early" };

static bool is_static(const struct error *error)
{
	return error == &error_no_memory || error == &error_stop;
}

PRINTF_LIKE(2, 0)
static struct error *error_new_va(enum error_code code, const char *format, va_list arguments)
{
	struct error *error = calloc(1, sizeof(*error));
	if (!error)
		return &error_no_memory;
	error->code = code;
	if (vasprintf(&error->message, format, arguments) < 0) {
		free(error);
		return &error_no_memory;
	}
	return error;
}

void error_free(struct error *error)
{
	if (!error || is_static(error))
		return;
	free(error->message);
	free(error);
}

bool error_take(struct error **slot, enum error_code code)
{
	if (!*slot || (*slot)->code != code)
		return false;
	error_free(*slot);
	*slot = NULL;
	return true;
}

bool error_take_damage(struct error **slot)
{
	return error_take(slot, ERROR_FAULT) || error_take(slot, ERROR_BAD_DATA);
}

bool error_take_stop(struct error **slot)
{
	return error_take(slot, ERROR_STOP);
}

bool error_is_fatal(const struct error *error)
{
	return error && (error->code == ERROR_NO_MEMORY || error->code == ERROR_CANCELLED);
}

struct error *error_new(enum error_code code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct error *error = error_new_va(code, format, arguments);
	va_end(arguments);
	return error;
}

struct error *error_os(int os_errno, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct error *error = error_new_va(ERROR_OS, format, arguments);
	va_end(arguments);
	if (error == &error_no_memory)
		return error;
	error->os_errno = os_errno;
	char *whole = NULL;
	if (asprintf(&whole, "%s: %s", error->message, strerror(os_errno)) < 0)
		return error;
	free(error->message);
	error->message = whole;
	return error;
}

struct error *error_fault(uint64_t address, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct error *error = error_new_va(ERROR_FAULT, format, arguments);
	va_end(arguments);
	if (error != &error_no_memory)
		error->address = address;
	return error;
}

struct error *error_context(struct error *cause, const char *format, ...)
{
	if (is_static(cause))
		return cause;
	va_list arguments;
	va_start(arguments, format);
	char *context = NULL, *whole = NULL;
	if (vasprintf(&context, format, arguments) < 0)
		context = NULL;
	va_end(arguments);
	if (context && asprintf(&whole, "%s: %s", context, cause->message) >= 0) {
		free(cause->message);
		cause->message = whole;
	}
	free(context);
	return cause;
}
