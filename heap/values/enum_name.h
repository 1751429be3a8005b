/*
 * Which name System.Enum.ToString() gives a value: the part of it that needs no target. The rules
 * are System.Enum's since .NET 8 (src/libraries/System.Private.CoreLib/src/System/Enum.cs), so that
 * the text is the one a program would have logged.
 */
#ifndef HEAP_VALUES_ENUM_NAME_H
#define HEAP_VALUES_ENUM_NAME_H

#include "base/arena.h"

struct enum_constant {
	uint64_t value; /* the bits of the underlying type, zero-extended */
	const char *name;
};

/* By value, unsigned; equal ones keep their order. */
void enum_constants_sort(struct enum_constant *constants, size_t count);

/* `constants` sorted; `bits` zero-extended. *ret NULL: no constant fits, the number is shown. A
 * combined name is in arena. */
MUST_CHECK struct error *enum_name_of(const struct enum_constant *constants, size_t count,
				      uint64_t bits, bool is_flags, struct arena *arena,
				      const char **ret);

#endif
