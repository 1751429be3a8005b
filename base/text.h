/*
 * A growing text. When memory runs out it stays as it was and remembers the failure: append freely,
 * ask text_failed() once at the end. Always NUL-terminated through text_string().
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/error.h"

#include <stddef.h>

struct text {
	char *bytes;
	size_t length, capacity;
	bool failed;
};

void text_deinit(struct text *text);
void text_clear(struct text *text); /* keeps the memory */
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t length);
void text_append_char(struct text *text, char character);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* One code unit sequence of UTF-16 as UTF-8; a lone surrogate becomes U+FFFD. */
void text_append_utf16(struct text *text, const uint16_t *units, size_t count);

/* As a shell takes it for one word: as it is, or in single quotes (POSIX.1-2017, 2.2.2). */
void text_append_shell_word(struct text *text, const char *word);

/* With thousands separators: 1,234,567. */
void text_append_count(struct text *text, uint64_t number);

bool text_begins_with(const char *text, const char *beginning);
bool text_ends_with(const char *text, const char *end);

/* The file name in a path: what follows its last slash. */
const char *path_file_name(const char *path);

/* Never NULL; "" when nothing was appended. Valid until the next change. */
const char *text_string(const struct text *text);
bool text_failed(const struct text *text);

/* "1 second", "90 seconds", "10 minutes". 32 bytes are enough. */
void text_of_seconds(unsigned seconds, char *buffer, size_t size);

#endif
