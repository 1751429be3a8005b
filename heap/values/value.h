/*
 * A value: what is in a field, an array element, a static, a dictionary's entry. Made in one place
 * (value_read), shown in one place (commands/shared/render.h). Enough is kept to render it later:
 * kind, type, and its bits or the address of its bytes.
 */
#ifndef HEAP_VALUES_VALUE_H
#define HEAP_VALUES_VALUE_H

#include "heap/types/field.h"

enum value_kind {
	VALUE_UNREADABLE, /* its bytes are not in the target */
	VALUE_NULL,       /* a reference that is null, or a Nullable without a value */
	VALUE_BOOLEAN,
	VALUE_CHAR,
	VALUE_SIGNED,   /* bits, sign-extended; width bytes */
	VALUE_UNSIGNED, /* bits; width bytes */
	VALUE_SINGLE,   /* bits: an IEEE single */
	VALUE_DOUBLE,
	VALUE_POINTER,   /* native pointers, function pointers, nint/nuint are SIGNED/UNSIGNED */
	VALUE_REFERENCE, /* bits: the object's address; type: the object's own type */
	VALUE_STRUCT,    /* address: of its first byte */
	VALUE_ENUM,      /* bits as its primitive, sign-extended when that is signed; width bytes */
};

struct value {
	enum value_kind kind;
	uint8_t width;           /* bytes of a number */
	const struct type *type; /* of the value; references: the object's own type; may be NULL */
	const struct type *declared; /* of the place it was read from; may be NULL */
	uint64_t bits;
	uint64_t address; /* where its bytes are; 0: nowhere (made up) */
};

/* The value of this type whose bytes are at `address`. A Nullable becomes its value or VALUE_NULL;
 * a reference's type is read from the object. Unreadable bytes are VALUE_UNREADABLE, not an
 * error. */
MUST_CHECK struct error *value_read(struct heap *heap, const struct type *type, uint64_t address,
				    struct value *ret);

/* The value of an object: a boxed value type gives what is in the box, else a VALUE_REFERENCE. */
MUST_CHECK struct error *value_of_object(struct heap *heap, uint64_t object, struct value *ret);

/* ERROR_FAULT when it is unreadable, or refers to an object that is or whose type is: what it is,
 * and what it has, is not known then. */
MUST_CHECK struct error *value_check(struct heap *heap, const struct value *value);

/* A field of the object or struct whose first field byte is at `base` (object + 8 for objects). */
MUST_CHECK struct error *value_of_field(struct heap *heap, const struct type_field *field,
					uint64_t base, struct value *ret);

/* The instance field of this name (field_by_name) of an object or of a struct at `address` of type
 * `type`. VALUE_UNREADABLE when there is no such field, or nothing to read: for the runtime's own
 * and the library's types, whose fields the caller knows. */
MUST_CHECK struct error *value_field_of_object(struct heap *heap, uint64_t object, const char *name,
					       struct value *ret);
MUST_CHECK struct error *value_field_of_struct(struct heap *heap, const struct type *type,
					       uint64_t address, const char *name,
					       struct value *ret);

/* The name of an enum's value: "Green", "Read, Write" for [Flags], NULL when no constant fits.
 * In arena. (As System.Enum.ToString decides it.) */
MUST_CHECK struct error *value_enum_name(struct heap *heap, const struct value *value,
					 struct arena *arena, const char **ret);

/* Types that people read as one thing: Guid, DateTime, DateTimeOffset, DateOnly, TimeOnly,
 * TimeSpan, decimal, Int128, UInt128, Half, BigInteger (small), Rune, Index, Range… recognised by
 * their definition in CoreLib. Invariant form, round-trippable ("2024-02-29T12:00:00.0000000Z",
 * "00:00:05", "12.5"). *ret NULL: not such a type. In arena. */
MUST_CHECK struct error *value_well_known_text(struct heap *heap, const struct value *value,
					       struct arena *arena, const char **ret);

/* A System.String object's units: *ret_length is its whole length, *ret_count what was read (at
 * most `limit`), in arena. ERROR_BAD_DATA when the object is no string. */
MUST_CHECK struct error *string_read(struct heap *heap, uint64_t object, size_t limit,
				     struct arena *arena, const uint16_t **ret, size_t *ret_count,
				     uint64_t *ret_length);

/* Where the units of a System.String object are, and how many there are. ERROR_BAD_DATA when the
 * object is no string. */
MUST_CHECK struct error *string_place(struct heap *heap, uint64_t object, uint64_t *ret_address,
				      uint64_t *ret_length);

/* The first `limit` units of the string at `object`, lent by the reader until its next use. *ret
 * NULL: they cannot be read. *ret_length: how many there are, as it says. ERROR_UNSUPPORTED and
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *string_borrow(struct heap *heap, struct reader *reader, uint64_t object,
				       uint32_t limit, const uint8_t **ret, uint32_t *ret_count,
				       uint32_t *ret_length);

/* Arrays: bounds, and the address and type of elements. */
struct array_shape {
	const struct type *type, *element;
	uint64_t count; /* of all elements */
	uint8_t rank;
	uint32_t lengths[LIMIT_ARRAY_RANK];
	int32_t lower_bounds[LIMIT_ARRAY_RANK];
	uint64_t data; /* address of element 0 */
	uint32_t element_size;
};
MUST_CHECK struct error *array_read(struct heap *heap, uint64_t object, struct array_shape *ret);
MUST_CHECK struct error *array_element(struct heap *heap, const struct array_shape *shape,
				       uint64_t index, struct value *ret);

/* A struct that is an array in itself: [InlineArray(n)] and C#'s fixed buffers. Its elements are
 * read with array_element(). false: an ordinary struct. */
MUST_CHECK struct error *inline_array_read(struct heap *heap, const struct value *value,
					   struct array_shape *ret, bool *ret_is);

#endif
