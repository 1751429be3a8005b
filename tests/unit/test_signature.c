#include "heap/metadata/signature.h"

#include "base/list.h"
#include "heap/metadata/compressed_number.h"
#include "heap/metadata/metadata.h"
#include "tests/unit/tap.h"

#define ARENA(name)                                                                                \
	CLEANUP(arena_deinit) struct arena name;                                                   \
	arena_init(&name)
#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

static void check_node(const struct signature *signature, uint32_t index, uint8_t element_type,
		       uint32_t children, uint32_t next)
{
	REQUIRE(index < signature->count);
	const struct signature_node *node = &signature->nodes[index];
	CHECK_NUMBER(node->element_type, element_type);
	CHECK_NUMBER(node->children, children);
	CHECK_NUMBER(node->next, next);
}

TEST(compressed_numbers)
{
	static const struct {
		uint8_t bytes[4];
		uint32_t size, number;
	} examples[] = { /* II.23.2 */
			 { { 0x03 }, 1, 0x03 },
			 { { 0x7f }, 1, 0x7f },
			 { { 0x80, 0x80 }, 2, 0x80 },
			 { { 0xae, 0x57 }, 2, 0x2e57 },
			 { { 0xbf, 0xff }, 2, 0x3fff },
			 { { 0xc0, 0x00, 0x40, 0x00 }, 4, 0x4000 },
			 { { 0xdf, 0xff, 0xff, 0xff }, 4, 0x1fffffff }
	};
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		uint32_t number = 0;
		size_t position = 0;
		CHECK(compressed_number(examples[i].bytes, examples[i].size, &position, &number));
		CHECK_NUMBER(number, examples[i].number);
		CHECK_NUMBER(position, examples[i].size);
		position = 0;
		CHECK(!compressed_number(examples[i].bytes, examples[i].size - 1, &position,
					 &number));
		CHECK_NUMBER(position, 0);
	}
	uint32_t number = 0;
	size_t position = 0;
	CHECK(!compressed_number(BYTES(0xff, 0, 0, 0), &position, &number));
	CHECK(!compressed_number(BYTES(0xe0, 0, 0, 0), &position, &number));
}

TEST(simple_fields)
{
	ARENA(arena);
	struct signature signature;
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_I4), &arena, &signature));
	CHECK_NUMBER(signature.count, 1);
	check_node(&signature, 0, ELEMENT_I4, 0, 1);
	CHECK_OK(
		signature_of_field(BYTES(0x06, ELEMENT_VALUETYPE, 0x80, 0x8d), &arena, &signature));
	CHECK_NUMBER(signature.nodes[0].token, token_make(TABLE_TYPE_REF, 0x23));
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_CLASS, 0x12), &arena, &signature));
	CHECK_NUMBER(signature.nodes[0].token, token_make(TABLE_TYPE_SPEC, 4));
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_VAR, 1), &arena, &signature));
	CHECK_NUMBER(signature.nodes[0].number, 1);
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_BYREF, ELEMENT_TYPEDBYREF), &arena,
				    &signature));
	check_node(&signature, 0, ELEMENT_BYREF, 1, 2);
	check_node(&signature, 1, ELEMENT_TYPEDBYREF, 0, 2);
}

/* volatile int modreq(T)[]: modifiers may precede any type, and are dropped. */
TEST(modifiers_are_dropped)
{
	ARENA(arena);
	struct signature signature;
	CHECK_OK(signature_of_field(BYTES(0x06, 0x1f, 0x05, 0x22, 1, 1, 2, 3, 4, 5, 6, 7, 8,
					  ELEMENT_SZARRAY, 0x20, 0x09, 0x1f, 0x05, ELEMENT_I4),
				    &arena, &signature));
	CHECK_NUMBER(signature.count, 2);
	check_node(&signature, 0, ELEMENT_SZARRAY, 1, 2);
	check_node(&signature, 1, ELEMENT_I4, 0, 2);
}

/* Dictionary<string, List<int>[,]>*[] */
TEST(nested_generics_and_arrays)
{
	ARENA(arena);
	struct signature signature;
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_SZARRAY, ELEMENT_PTR, ELEMENT_GENERICINST,
					  ELEMENT_CLASS, 0x09, 2, ELEMENT_STRING, ELEMENT_ARRAY,
					  ELEMENT_GENERICINST, ELEMENT_VALUETYPE, 0x0d, 1,
					  ELEMENT_I4, 2, 1, 5, 2, 0, 0x7f),
				    &arena, &signature));
	REQUIRE(signature.count == 7);
	check_node(&signature, 0, ELEMENT_SZARRAY, 1, 7);
	check_node(&signature, 1, ELEMENT_PTR, 1, 7);
	check_node(&signature, 2, ELEMENT_GENERICINST, 2, 7);
	check_node(&signature, 3, ELEMENT_STRING, 0, 4);
	check_node(&signature, 4, ELEMENT_ARRAY, 1, 7);
	check_node(&signature, 5, ELEMENT_GENERICINST, 1, 7);
	check_node(&signature, 6, ELEMENT_I4, 0, 7);
	CHECK(!signature.nodes[2].is_value_type);
	CHECK_NUMBER(signature.nodes[2].token, token_make(TABLE_TYPE_REF, 2));
	CHECK_NUMBER(signature.nodes[4].number, 2); /* rank */
	CHECK(signature.nodes[5].is_value_type);
}

/* delegate* unmanaged<int, ref long, void>, and a field after it in a generic. */
TEST(function_pointers)
{
	ARENA(arena);
	struct signature signature;
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_GENERICINST, ELEMENT_CLASS, 4, 2,
					  ELEMENT_FNPTR, 0x09, 2, ELEMENT_VOID, ELEMENT_I4,
					  ELEMENT_BYREF, ELEMENT_I8, ELEMENT_U1),
				    &arena, &signature));
	REQUIRE(signature.count == 7);
	check_node(&signature, 1, ELEMENT_FNPTR, 3, 6);
	CHECK_NUMBER(signature.nodes[1].number, 0x09);
	check_node(&signature, 2, ELEMENT_VOID, 0, 3);
	check_node(&signature, 4, ELEMENT_BYREF, 1, 6);
	check_node(&signature, 6, ELEMENT_U1, 0, 7);
	/* a generic one of an instance: T (string, T[]) */
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_FNPTR, 0x30, 1, 2, ELEMENT_MVAR, 0,
					  ELEMENT_STRING, ELEMENT_SZARRAY, ELEMENT_MVAR, 0),
				    &arena, &signature));
	REQUIRE(signature.count == 5);
	check_node(&signature, 0, ELEMENT_FNPTR, 3, 5);
	check_node(&signature, 1, ELEMENT_MVAR, 0, 2);
	check_node(&signature, 2, ELEMENT_STRING, 0, 3);
	check_node(&signature, 3, ELEMENT_SZARRAY, 1, 5);
	/* one with variable arguments, and one without parameters */
	CHECK_OK(signature_of_field(
		BYTES(0x06, ELEMENT_FNPTR, 0x05, 2, ELEMENT_VOID, ELEMENT_I4, 0x41, ELEMENT_R8),
		&arena, &signature));
	CHECK_NUMBER(signature.count, 4);
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_FNPTR, 0x20, 0, ELEMENT_STRING), &arena,
				    &signature));
	CHECK_NUMBER(signature.count, 2);
}

TEST(type_handles_of_the_runtime)
{
	ARENA(arena);
	struct signature signature;
	CHECK_OK(signature_of_field(BYTES(0x06, ELEMENT_GENERICINST, ELEMENT_INTERNAL, 1, 2, 3, 4,
					  5, 6, 7, 8, 1, ELEMENT_INTERNAL, 0x10, 0, 0, 0, 0, 0x7f,
					  0, 0),
				    &arena, &signature));
	REQUIRE(signature.count == 2);
	CHECK_NUMBER(signature.nodes[0].handle, 0x0807060504030201);
	CHECK_NUMBER(signature.nodes[1].handle, 0x00007f0000000010);
	CHECK_FAILS(signature_of_field(BYTES(0x06, ELEMENT_INTERNAL, 0, 0, 0, 0, 0, 0, 0), &arena,
				       &signature),
		    ERROR_BAD_DATA, "ends too soon");
}

TEST(what_is_no_signature)
{
	ARENA(arena);
	struct signature signature;
	static const struct {
		uint8_t size, bytes[8];
		const char *complaint;
	} bad[] = {
		{ 0, { 0 }, "ends too soon" },
		{ 1, { 0x06 }, "ends too soon" },
		{ 2, { 0x20, ELEMENT_I4 }, "not a field's" },
		{ 2, { 0x06, ELEMENT_END }, "unknown element type" },
		{ 2, { 0x06, 0x17 }, "unknown element type" },
		{ 2, { 0x06, ELEMENT_CLASS }, "ends too soon" },
		{ 3, { 0x06, ELEMENT_CLASS, 0x07 }, "unknown table" },
		{ 2, { 0x06, ELEMENT_SZARRAY }, "ends too soon" },
		{ 3, { 0x06, ELEMENT_ARRAY, ELEMENT_I4 }, "ends too soon" },
		{ 6, { 0x06, ELEMENT_ARRAY, ELEMENT_I4, 0, 0, 0 }, "impossible rank" },
		{ 6, { 0x06, ELEMENT_ARRAY, ELEMENT_I4, 33, 0, 0 }, "impossible rank" },
		{ 6, { 0x06, ELEMENT_ARRAY, ELEMENT_I4, 1, 2, 0 }, "more bounds" },
		{ 5, { 0x06, ELEMENT_GENERICINST, ELEMENT_OBJECT, 4, 1 }, "neither class" },
		{ 5, { 0x06, ELEMENT_GENERICINST, ELEMENT_CLASS, 4, 0 }, "generic arguments" },
		{ 6, { 0x06, ELEMENT_GENERICINST, ELEMENT_CLASS, 4, 0xbf, 0xff }, "generic arg" },
		{ 5, { 0x06, ELEMENT_GENERICINST, ELEMENT_CLASS, 4, 2 }, "ends too soon" },
		{ 7, { 0x06, ELEMENT_FNPTR, 0x20, 0xc0, 0, 0x10, 0 }, "number of parameters" },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK_FAILS(signature_of_field(bad[i].bytes, bad[i].size, &arena, &signature),
			    ERROR_BAD_DATA, bad[i].complaint);
}

TEST(depth_and_number_of_types_are_limited)
{
	ARENA(arena);
	struct signature signature;
	uint8_t bytes[LIMIT_SIGNATURE_NODES + 8];
	memset(bytes, ELEMENT_PTR, sizeof(bytes));
	bytes[0] = 0x06;
	bytes[LIMIT_NESTING] = ELEMENT_I4;
	CHECK_OK(signature_of_field(bytes, LIMIT_NESTING + 1, &arena, &signature));
	CHECK_NUMBER(signature.count, LIMIT_NESTING);
	bytes[LIMIT_NESTING] = ELEMENT_PTR;
	CHECK_FAILS(signature_of_field(bytes, sizeof(bytes), &arena, &signature), ERROR_BAD_DATA,
		    "too deep");
	/* As many types as there may be, the pointer and what it returns among them; and one more.
	 */
	memset(bytes, ELEMENT_I4, sizeof(bytes));
	bytes[0] = 0x06;
	bytes[1] = ELEMENT_FNPTR;
	bytes[2] = 0x00;
	bytes[3] = 0x80 | (LIMIT_SIGNATURE_NODES - 2) >> 8;
	bytes[4] = (LIMIT_SIGNATURE_NODES - 2) & 0xff;
	CHECK_OK(signature_of_field(bytes, sizeof(bytes), &arena, &signature));
	CHECK_NUMBER(signature.count, LIMIT_SIGNATURE_NODES);
	bytes[5] = ELEMENT_SZARRAY;
	CHECK_FAILS(signature_of_field(bytes, sizeof(bytes), &arena, &signature), ERROR_BAD_DATA,
		    "too many types");
}

static const struct tap_case cases[] = {
	CASE(compressed_numbers),    CASE(simple_fields),
	CASE(modifiers_are_dropped), CASE(nested_generics_and_arrays),
	CASE(function_pointers),     CASE(type_handles_of_the_runtime),
	CASE(what_is_no_signature),  CASE(depth_and_number_of_types_are_limited),
};
TAP_MAIN(cases)
