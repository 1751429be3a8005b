/*
 * Floating-point numbers as .NET writes them in the invariant culture: the fewest digits that read
 * back as the same number; an exponent where it is below -4, or where more than 15 digits (single
 * precision: 7, or as many as the number has) would precede the point. (dotnet/runtime
 * src/libraries/System.Private.CoreLib/src/System/Number.Formatting.cs: DoublePrecision,
 * SinglePrecision, NumberToString 'R'.)
 */
#ifndef BASE_REAL_TEXT_H
#define BASE_REAL_TEXT_H

#include "base/error.h"

enum { REAL_TEXT_BYTES = 64 };

/* NaN, Infinity and -Infinity by name; always NUL-terminated. */
void real_text(double number, bool is_single, char to[REAL_TEXT_BYTES]);

#endif
