/*
 * Numbers as users write them. Nothing may precede or follow the digits; *ret stays as it was where
 * the text is refused (ERROR_USAGE, which names the text).
 */
#ifndef BASE_NUMBER_TEXT_H
#define BASE_NUMBER_TEXT_H

#include "base/error.h"

/* Hex, with or without 0x; one WinDbg backtick between digits is tolerated: 7f0a`4c0135e0. */
MUST_CHECK struct error *parse_address(const char *text, uint64_t *ret);

/* Decimal, or hex with 0x. */
MUST_CHECK struct error *parse_number(const char *text, uint64_t *ret);

#endif
