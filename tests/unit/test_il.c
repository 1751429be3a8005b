#include "heap/metadata/il.h"

#include "base/list.h"
#include "tests/unit/tap.h"

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

enum { USES = 16 };
struct found {
	struct il_use uses[USES];
	size_t count, stop_at;
};

static struct error *note(const struct il_use *use, void *context)
{
	struct found *found = context;
	if (found->stop_at && found->count == found->stop_at)
		return error_new(ERROR_CANCELLED, "enough");
	if (found->count < USES)
		found->uses[found->count++] = *use;
	return NULL;
}

static void check_use(const struct found *found, size_t index, enum il_use_kind kind,
		      uint32_t token, uint32_t offset)
{
	REQUIRE(index < found->count);
	CHECK_NUMBER(found->uses[index].kind, kind);
	CHECK_NUMBER(found->uses[index].token, token);
	CHECK_NUMBER(found->uses[index].offset, offset);
}

TEST(fields_and_calls)
{
	struct found found = { 0 };
	CHECK_OK(il_visit_uses(BYTES(0x02, 0x7b, 1, 0, 0, 4,                   /* ldarg.0; ldfld */
				     0x7c, 2, 0, 0, 4,                         /* ldflda */
				     0x7e, 3, 0, 0, 4, 0x7f, 4, 0, 0, 4,       /* ldsfld; ldsflda */
				     0x7d, 5, 0, 0, 4, 0x80, 6, 0, 0, 4,       /* stfld; stsfld */
				     0x28, 1, 0, 0, 0x0a, 0x6f, 2, 0, 0, 0x2b, /* call; callvirt */
				     0x73, 3, 0, 0, 6, 0x27, 4, 0, 0, 6, 0x2a), /* newobj; jmp */
			       note, &found));
	CHECK_NUMBER(found.count, 10);
	check_use(&found, 0, IL_LOADS_FIELD, 0x04000001, 1);
	check_use(&found, 1, IL_LOADS_FIELD_ADDRESS, 0x04000002, 6);
	check_use(&found, 2, IL_LOADS_STATIC, 0x04000003, 11);
	check_use(&found, 3, IL_LOADS_STATIC_ADDRESS, 0x04000004, 16);
	check_use(&found, 4, IL_STORES_FIELD, 0x04000005, 21);
	check_use(&found, 5, IL_STORES_FIELD, 0x04000006, 26);
	check_use(&found, 6, IL_CALLS, 0x0a000001, 31);
	check_use(&found, 7, IL_CALLS, 0x2b000002, 36);
	check_use(&found, 8, IL_CALLS, 0x06000003, 41);
	check_use(&found, 9, IL_CALLS, 0x06000004, 46);
}

/* An operand's bytes look like opcodes: code that took a wrong size would see a use too many. */
TEST(operands_are_stepped_over)
{
	static const struct {
		uint8_t size, bytes[14];
	} instructions[] = {
		{ 2, { 0x1f, 0x7b } },                                           /* ldc.i4.s */
		{ 5, { 0x20, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* ldc.i4 */
		{ 9, { 0x21, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b } }, /* ldc.i8 */
		{ 5, { 0x22, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* ldc.r4 */
		{ 9, { 0x23, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b } }, /* ldc.r8 */
		{ 2, { 0x0e, 0x7b } },                                           /* ldarg.s */
		{ 2, { 0x2b, 0x7b } },                                           /* br.s */
		{ 5, { 0x38, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* br */
		{ 5, { 0x72, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* ldstr */
		{ 5, { 0x29, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* calli */
		{ 5, { 0xa5, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* unbox.any */
		{ 5, { 0xd0, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* ldtoken */
		{ 5, { 0xdd, 0x7b, 0x7b, 0x7b, 0x7b } },                         /* leave */
		{ 2, { 0xde, 0x7b } },                                           /* leave.s */
		{ 6, { 0xfe, 0x06, 0x7b, 0x7b, 0x7b, 0x7b } },                   /* ldftn */
		{ 4, { 0xfe, 0x09, 0x7b, 0x7b } },                               /* ldarg */
		{ 3, { 0xfe, 0x12, 0x7b } },                                     /* unaligned. */
		{ 2, { 0xfe, 0x13 } },                                           /* volatile. */
		{ 6, { 0xfe, 0x16, 0x7b, 0x7b, 0x7b, 0x7b } },                   /* constrained. */
		{ 13, { 0x45, 2, 0, 0, 0, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b, 0x7b } },
		{ 5, { 0x45, 0, 0, 0, 0 } }, /* a switch without targets */
	};
	for (size_t i = 0; i < COUNT_OF(instructions); i++) {
		struct found found = { 0 };
		CHECK_OK(il_visit_uses(instructions[i].bytes, instructions[i].size, note, &found));
		CHECK_NUMBER(found.count, 0);
		/* Cut short it is refused. */
		for (size_t cut = 1; cut < instructions[i].size; cut++)
			CHECK_FAILS(il_visit_uses(instructions[i].bytes, cut, note, &found),
				    ERROR_BAD_DATA, "byte 0");
	}
}

TEST(what_is_no_il)
{
	struct found found = { 0 };
	CHECK_FAILS(il_visit_uses(BYTES(0x00, 0x24), note, &found), ERROR_BAD_DATA, "byte 1");
	CHECK_FAILS(il_visit_uses(BYTES(0xa6), note, &found), ERROR_BAD_DATA, "byte 0");
	CHECK_FAILS(il_visit_uses(BYTES(0xff), note, &found), ERROR_BAD_DATA, "byte 0");
	CHECK_FAILS(il_visit_uses(BYTES(0xfe, 0x08), note, &found), ERROR_BAD_DATA, "byte 0");
	CHECK_FAILS(il_visit_uses(BYTES(0xfe, 0x7b), note, &found), ERROR_BAD_DATA, "byte 0");
	CHECK_FAILS(il_visit_uses(BYTES(0x45, 0xff, 0xff, 0xff, 0xff), note, &found),
		    ERROR_BAD_DATA, "byte 0");
	CHECK_OK(il_visit_uses(NULL, 0, note, &found));
}

TEST(a_visitor_can_stop)
{
	struct found found = { .stop_at = 1 };
	CHECK_FAILS(il_visit_uses(BYTES(0x7b, 1, 0, 0, 4, 0x7b, 1, 0, 0, 4), note, &found),
		    ERROR_CANCELLED, "enough");
	CHECK_NUMBER(found.count, 1);
}

TEST(trivial_getters)
{
	struct il_getter getter;
	REQUIRE(il_trivial_getter(BYTES(0x02, 0x7b, 5, 0, 0, 4, 0x2a), &getter));
	CHECK(!getter.is_static);
	CHECK_NUMBER(getter.field_count, 1);
	CHECK_NUMBER(getter.fields[0], 0x04000005);
	REQUIRE(il_trivial_getter(BYTES(0x7e, 6, 0, 0, 4, 0x7b, 7, 0, 0, 0x0a, 0x2a), &getter));
	CHECK(getter.is_static);
	CHECK_NUMBER(getter.field_count, 2);
	CHECK_NUMBER(getter.fields[0], 0x04000006);
	CHECK_NUMBER(getter.fields[1], 0x0a000007);
	REQUIRE(il_trivial_getter(BYTES(0x02, 0x2a), &getter));
	CHECK_NUMBER(getter.field_count, 0);
	/* volatile, and as a Debug build writes it */
	REQUIRE(il_trivial_getter(BYTES(0x02, 0xfe, 0x13, 0x7b, 5, 0, 0, 4, 0x2a), &getter));
	REQUIRE(il_trivial_getter(BYTES(0x00, 0x02, 0x7b, 5, 0, 0, 4, 0x0a, 0x2b, 0, 0x06, 0x2a),
				  &getter));
	CHECK_NUMBER(getter.fields[0], 0x04000005);
}

TEST(getters_that_compute)
{
	struct il_getter getter;
	CHECK(!il_trivial_getter(NULL, 0, &getter));
	CHECK(!il_trivial_getter(BYTES(0x17, 0x2a), &getter));                   /* ldc.i4.1; ret */
	CHECK(!il_trivial_getter(BYTES(0x03, 0x7b, 5, 0, 0, 4, 0x2a), &getter)); /* ldarg.1 */
	CHECK(!il_trivial_getter(BYTES(0x02, 0x7b, 5, 0, 0, 4), &getter));       /* no ret */
	CHECK(!il_trivial_getter(BYTES(0x02, 0x7b, 5, 0, 0, 4, 0x8e, 0x2a), &getter)); /* ldlen */
	CHECK(!il_trivial_getter(BYTES(0x02, 0x7c, 5, 0, 0, 4, 0x2a), &getter));       /* ldflda */
	CHECK(!il_trivial_getter(BYTES(0x02, 0x28, 5, 0, 0, 6, 0x2a), &getter));       /* call */
	CHECK(!il_trivial_getter(BYTES(0x02, 0x7b, 5, 0, 0, 4, 0x2a, 0x2a), &getter));
	CHECK(!il_trivial_getter(BYTES(0x02, 0x0a, 0x2b, 1, 0x06, 0x2a), &getter)); /* br.s +1 */
	CHECK(!il_trivial_getter(BYTES(0x02, 0x0a, 0x2b, 0, 0x07, 0x2a), &getter)); /* ldloc.1 */
	uint8_t chain[2 + (LIMIT_GETTER_FIELDS + 1) * 5] = { 0x02 };
	for (size_t i = 0; i <= LIMIT_GETTER_FIELDS; i++)
		memcpy(chain + 1 + i * 5, (const uint8_t[]){ 0x7b, 1, 0, 0, 4 }, 5);
	chain[sizeof(chain) - 1] = 0x2a;
	CHECK(!il_trivial_getter(chain, sizeof(chain), &getter));
	chain[sizeof(chain) - 6] = 0x2a;
	CHECK(il_trivial_getter(chain, sizeof(chain) - 5, &getter));
	CHECK_NUMBER(getter.field_count, LIMIT_GETTER_FIELDS);
}

static const struct tap_case cases[] = {
	CASE(fields_and_calls),   CASE(operands_are_stepped_over), CASE(what_is_no_il),
	CASE(a_visitor_can_stop), CASE(trivial_getters),           CASE(getters_that_compute),
};
TAP_MAIN(cases)
