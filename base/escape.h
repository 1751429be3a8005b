/*
 * Texts that come from outside (a dump, a process, a file's name) as a terminal may get them.
 *
 * A name in a dump can hold anything: escape sequences that set a title, the clipboard (OSC 52) or
 * the colours; newlines that forge a row; bidirectional controls that turn a line round; characters
 * that take no room, so that two names look like one. So a text stays as it is inside the program
 * (names are compared, JSON wants them whole) and is made safe where it becomes part of a line:
 *
 *   an answer   commands/output/ escapes each text that it is given (escape_append);
 *   a message   cli/say.h escapes the whole line: errors, warnings, notes, progress, the log,
 *               the history, Tab's list;
 *   the line that is edited takes no more of a name than is plain (escape_plain_length).
 *
 * Both of the first two write through escape_write_lines() or escape_write(), which let nothing
 * else out, whatever was forgotten above them. tests/lint/raw_output sees that no code writes
 * beside them.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/text.h"

/*
 * UTF-8 made safe to show or to embed: bytes that are not UTF-8 become U+FFFD. What is no character
 * to see is escaped as in C and JSON, \n or \u001b, beyond U+FFFF as a pair of surrogates: C0, DEL,
 * C1, line and paragraph separators, bidirectional controls, and what takes no room (Unicode's
 * Default_Ignorable_Code_Point, DerivedCoreProperties.txt, but for the variation selectors U+FE00
 * to U+FE0F, which choose how the character before is drawn). Quoted and in JSON also quotes and
 * backslashes (RFC 8259, section 7).
 */
enum escape { ESCAPE_TEXT, ESCAPE_TEXT_QUOTED, ESCAPE_JSON };
void escape_append(struct text *to, const char *text, size_t length, enum escape escape);

/* The same for UTF-16; a lone surrogate is \uXXXX in every form. */
void escape_append_utf16(struct text *to, const uint16_t *units, size_t count, enum escape escape);

/* How many bytes at the start of `text` are whole characters that are not escaped. */
size_t escape_plain_length(const char *text, size_t length);
/* All of it? */
bool escape_is_plain(const char *text);

/*
 * Writes `length` bytes of whole characters, what ESCAPE_TEXT escapes escaped on the way. Needs no
 * memory; false: the stream failed, errno says how.
 */
MUST_CHECK bool escape_write(FILE *to, const char *text, size_t length);
/* The same, but newlines pass: of lines that were made here. */
MUST_CHECK bool escape_write_lines(FILE *to, const char *lines, size_t size);

#endif
