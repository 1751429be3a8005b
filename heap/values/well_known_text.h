/*
 * The text of .NET's well-known structs, from their numbers: what ToString() gives in the invariant
 * culture, in the form that reads back. No target is involved. Each function appends to `text` and
 * answers false, having appended nothing, when the numbers are not of a valid value.
 */
#ifndef HEAP_VALUES_WELL_KNOWN_TEXT_H
#define HEAP_VALUES_WELL_KNOWN_TEXT_H

#include "base/text.h"

/* "D": 00112233-4455-6677-8899-aabbccddeeff. */
bool text_of_guid(struct text *text, const uint8_t bytes[16]);

/* "O": 2024-02-29T12:34:56.7890000, and Z for UTC. `data` is DateTime._dateData: ticks, the kind in
 * the two top bits. A local time's offset is known to the process only, not to its dump: " (local)"
 * is in its place. */
bool text_of_date_time(struct text *text, uint64_t data);

/* "O": 2024-02-29T12:34:56.0000000-03:30. `utc_data` as above, of the UTC time. */
bool text_of_date_time_offset(struct text *text, uint64_t utc_data, int64_t offset_minutes);

/* "O": 2024-02-29; day 0 is 0001-01-01. */
bool text_of_date_only(struct text *text, int64_t day_number);

/* "O": 23:59:58.9970000. */
bool text_of_time_only(struct text *text, int64_t ticks);

/* "c": [-][d.]hh:mm:ss[.fffffff]. */
bool text_of_time_span(struct text *text, int64_t ticks);

/* 12.500, -0.0001: the scale is kept. `flags` as decimal has it: scale in bits 16-23, sign in
 * bit 31. */
bool text_of_decimal(struct text *text, uint32_t flags, uint32_t high, uint64_t low);

bool text_of_int128(struct text *text, uint64_t upper, uint64_t lower, bool is_signed);

/* `bits`: an IEEE 754 binary16. */
bool text_of_half(struct text *text, uint16_t bits);

/* The character itself; U+001B for controls. false: a surrogate, or beyond U+10FFFF. */
bool text_of_rune(struct text *text, uint32_t scalar);

/* Index._value: ^1 is ~1. */
bool text_of_index(struct text *text, int32_t value);

/* A magnitude of 32-bit words, the lowest first. `words` is used up. */
bool text_of_big_integer(struct text *text, bool is_negative, uint32_t *words, size_t count);

#endif
