#include "attach/target/target.h"
#include "tests/unit/tap.h"

#include <elf.h>

TEST(reads_say_how_far_they_came)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	uint8_t buffer[64] = { 0 };
	memset(fake_target_zeros(fake, 0x1000, 0x100), 7, 0x100);
	memset(fake_target_zeros(fake, 0x1100, 0x10), 8, 0x10);
	CHECK_NUMBER(target_read_some(&fake->base, 0x10f0, buffer, 64), 0x20);
	CHECK(buffer[0x0f] == 7 && buffer[0x10] == 8);
	CHECK_NUMBER(target_read_some(&fake->base, 0xfff, buffer, 1), 0);
	CHECK_NUMBER(target_read_some(&fake->base, 0x1000, buffer, 0), 0);
	CHECK_OK(target_read(&fake->base, 0x1100, buffer, 16));
	CHECK_FAILS(target_read(&fake->base, 0x1100, buffer, 17), ERROR_FAULT, "nothing at 0x1110");
	struct error *error = target_read(&fake->base, 0x1100, buffer, 17);
	uint64_t address = error ? error->address : 0;
	REQUIRE(!error_take(&error, ERROR_NO_MEMORY));
	error_free(error);
	CHECK_NUMBER(address, 0x1110);
}

TEST(reads_do_not_wrap_around_the_last_address)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	uint8_t buffer[32] = { 0 };
	memset(fake_target_zeros(fake, 0, 0x100), 1, 0x100);
	memset(fake_target_zeros(fake, UINT64_MAX - 15, 15), 2, 15);
	CHECK_NUMBER(target_read_some(&fake->base, UINT64_MAX - 7, buffer, 32), 7);
	CHECK_FAILS(target_read(&fake->base, UINT64_MAX - 7, buffer, 32), ERROR_FAULT, NULL);
	CHECK_NUMBER(target_read_some(&fake->base, UINT64_MAX, buffer, 8), 0);
}

TEST(arm64_ignores_the_top_byte)
{
	CLEANUP(fake_target_cleanup) struct fake_target *arm = fake_target_new(&architecture_arm64);
	CLEANUP(fake_target_cleanup) struct fake_target *x64 = fake_target_new(&architecture_x64);
	uint8_t byte = 0;
	memset(fake_target_zeros(arm, 0xffff58000000, 0x100), 5, 0x100);
	memset(fake_target_zeros(x64, 0x7fff58000000, 0x100), 5, 0x100);
	CHECK_NUMBER(target_read_some(&arm->base, 0xb400ffff58000000, &byte, 1), 1);
	CHECK_NUMBER(byte, 5);
	CHECK_NUMBER(target_read_some(&x64->base, 0xb4007fff58000000, &byte, 1), 0);
}

TEST(the_auxiliary_vector_ends_at_null)
{
	CLEANUP(fake_target_cleanup)
	struct fake_target *fake = fake_target_new(&architecture_arm64);
	uint64_t value = 0;
	CHECK(!target_auxv(&fake->base, AT_PHDR, &value));
	fake_target_auxv(fake, AT_PAGESZ, 65536);
	fake_target_auxv(fake, AT_PHDR, 0xaaaa0040);
	CHECK(target_auxv(&fake->base, AT_PHDR, &value));
	CHECK_NUMBER(value, 0xaaaa0040);
	CHECK(!target_auxv(&fake->base, AT_ENTRY, &value));
	fake->auxv[0] = AT_NULL; /* what is after it is no entry */
	CHECK(!target_auxv(&fake->base, AT_PHDR, &value));
}

static struct error *stop_at_second(const struct region *region, void *context)
{
	size_t *seen = context;
	++*seen;
	return region->start == 0x2000 ? error_new(ERROR_CANCELLED, "enough") : NULL;
}

TEST(a_visitors_error_ends_the_visit)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	size_t seen = 0;
	fake_target_zeros(fake, 0x3000, 16);
	fake_target_zeros(fake, 0x1000, 16);
	fake_target_zeros(fake, 0x2000, 16);
	CHECK_FAILS(target_visit_regions(&fake->base, stop_at_second, &seen), ERROR_CANCELLED,
		    "enough");
	CHECK_NUMBER(seen, 2);
}

TEST(a_target_that_cannot_lend_says_so)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	size_t size = 99;
	fake_target_zeros(fake, 0x1000, 16);
	CHECK(!target_borrow(&fake->base, 0x1000, &size));
	fake->lends = true;
	CHECK(target_borrow(&fake->base, 0x1004, &size) == fake_target_at(fake, 0x1004, 1));
	CHECK_NUMBER(size, 12);
	target_close(NULL);
}

static const char *says_gone(struct target *target, uint64_t address)
{
	(void)target;
	(void)address;
	return "gone";
}

/* As of a packed dump: what cannot be lent may well be there. */
TEST(only_a_read_meets_what_is_missing)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	struct target_ops ops = *fake->base.ops;
	uint8_t byte;
	size_t size;
	ops.explain_missing = says_gone;
	fake->base.ops = &ops;
	fake_target_zeros(fake, 0x1000, 16);
	CHECK(!target_borrow(&fake->base, 0x1000, &size));
	CHECK_NUMBER(target_read_some(&fake->base, 0x1000, &byte, 1), 1);
	CHECK(!fake->base.met);
	CHECK_NUMBER(target_read_some(&fake->base, 0x2000, &byte, 1), 0);
	CHECK_TEXT(fake->base.met, "gone");
}

TEST(the_lowest_lack_is_noted)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	struct target *target = &fake->base;
	uint8_t buffer[64];
	fake_target_zeros(fake, 0x10000, 0x100);
	target_read_some(target, 0x10000, buffer, 64);
	CHECK_NUMBER(target->lacks, 0);
	target_try_some(target, 0x100f0, buffer, 64);
	target_read_ahead(target, 0x100f0, buffer, 64);
	CHECK_NUMBER(target->lacks, 0);
	target_read_some(target, 0x20000, buffer, 64);
	CHECK_NUMBER(target->lacks, 0x20000);
	target_read_some(target, 0x100f0, buffer, 64);
	CHECK_NUMBER(target->lacks, 0x10100);
	target_read_some(target, 0x30000, buffer, 64);
	CHECK_NUMBER(target_take_lacks(target), 0x10100);
	CHECK_NUMBER(target->lacks, 0);
	target_read_some(target, 8, buffer, 64);
	target_read_some(target, UINT64_C(0xcccccccccccccccc), buffer, 64);
	CHECK_NUMBER(target->lacks, 0);
}

TEST(nothing_lacks_far_below_all_memory)
{
	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
	uint8_t byte;
	fake_target_zeros(fake, 0x7f0000000000, 0x100);
	fake_target_zeros(fake, 0x7f0000001000, 0x100);
	CHECK_NUMBER(target_read_some(&fake->base, 0x414141, &byte, 1), 0);
	CHECK_NUMBER(target_take_lacks(&fake->base), 0x414141);
	CHECK_OK(target_find_lowest(&fake->base));
	CHECK_NUMBER(fake->base.lowest, 0x7f0000000000);
	CHECK_NUMBER(target_read_some(&fake->base, 0x414141, &byte, 1), 0);
	CHECK_NUMBER(target_take_lacks(&fake->base), 0);
	CHECK_NUMBER(target_read_some(&fake->base, 0x7effc0000000, &byte, 1), 0);
	CHECK_NUMBER(target_take_lacks(&fake->base), 0x7effc0000000);
	CHECK_NUMBER(target_read_some(&fake->base, 0x7effbfffffff, &byte, 1), 0);
	CHECK_NUMBER(target_take_lacks(&fake->base), 0);
}

static const struct tap_case cases[] = {
	CASE(the_lowest_lack_is_noted),          CASE(nothing_lacks_far_below_all_memory),
	CASE(reads_say_how_far_they_came),       CASE(reads_do_not_wrap_around_the_last_address),
	CASE(arm64_ignores_the_top_byte),        CASE(the_auxiliary_vector_ends_at_null),
	CASE(a_visitors_error_ends_the_visit),   CASE(a_target_that_cannot_lend_says_so),
	CASE(only_a_read_meets_what_is_missing),
};
TAP_MAIN(cases)
