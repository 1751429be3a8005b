#include "cli/say.h"

#include "base/cleanup.h"
#include "base/escape.h"

enum { SHORT_BYTES = 512 };

PRINTF_LIKE(2, 0)
static bool put(FILE *to, const char *format, va_list arguments)
{
	char brief[SHORT_BYTES];
	CLEANUP(free_cleanup) char *whole = NULL;
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(brief, sizeof(brief), format, arguments);
	if (length >= SHORT_BYTES && vasprintf(&whole, format, again) < 0)
		whole = NULL;
	va_end(again);
	const char *text = whole ? whole : length < 0 ? format : brief;
	return escape_write(to, text, strlen(text));
}

void say_va(FILE *to, const char *before, const char *format, va_list arguments)
{
	fputs(before, to);
	if (put(to, format, arguments))
		fputc('\n', to);
}

void say(FILE *to, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say_va(to, "", format, arguments);
	va_end(arguments);
}

void say_status(FILE *to, const char *format, ...)
{
	va_list arguments;
	say_status_end(to);
	va_start(arguments, format);
	if (put(to, format, arguments))
		fflush(to);
	va_end(arguments);
}

void say_status_end(FILE *to)
{
	fputs("\r\033[K", to); /* erase to the end of the line: ECMA-48, EL */
}
