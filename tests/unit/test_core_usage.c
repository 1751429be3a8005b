/* The note of what a process took when its core was written. */
#include "base/list.h"
#include "dump/core/core_mark.h"
#include "dump/core/core_target.h"
#include "tests/unit/core_builder.h"
#include "tests/unit/tap.h"

static void close_target(struct target **target)
{
	target_close(*target);
}

/* By collect; what a later version has added to it is passed over. */
TEST(what_the_process_took_is_noted)
{
	const struct {
		struct target_usage usage;
		uint64_t added;
	} noted = { { .resident_bytes = 300, .limit_bytes = 1000, .time_s = 1790000000 }, 7 };
	static const size_t sizes[] = { sizeof(noted), sizeof(noted.usage),
					sizeof(noted.usage) - 1 };
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		CLEANUP(core_builder_deinit) struct core_builder core;
		core_builder_init(&core, EM_X86_64);
		CLEANUP(close_target) struct target *target = NULL;
		size_t size;
		core_builder_text(&core, 0x400000, "text", 0x1000, 0x1000);
		core_builder_note(&core, CORE_MARK_OWNER, CORE_USAGE_NOTE, &noted, sizes[i]);
		const uint8_t *image = core_builder_finish(&core, &size);
		CHECK_OK(core_target_open_bytes("test.core", image, size, &target));
		const struct target_usage *usage = &target->facts.usage;
		CHECK_NUMBER(usage->resident_bytes, i < 2 ? 300 : 0);
		CHECK_NUMBER(usage->limit_bytes, i < 2 ? 1000 : 0);
		CHECK_NUMBER((uint64_t)usage->time_s, i < 2 ? 1790000000 : 0);
	}
}

static const struct tap_case cases[] = { CASE(what_the_process_took_is_noted) };
TAP_MAIN(cases)
