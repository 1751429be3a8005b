/* What a process was started with for its GC, by the environment that the kernel put on its stack:
 * on the fake runtime, which has no metadata, and so no properties. */
#include "base/cleanup.h"
#include "inspect/gc_settings.h"
#include "tests/unit/fake_question.h"
#include "tests/unit/tap.h"

#include <elf.h>

enum { STACK = 0xb00000, STACK_BYTES = 0x3000, PROGRAM = STACK + 0x2fe0 };
static const char no_properties[] =
	"GC settings: the properties of runtimeconfig.json, or some, are not in the dump";
static const char no_environment[] =
	"GC settings: the environment, or a part of it, is not in the dump";

/* Arguments and the environment, as they are below the program's name: `strings` of `size` bytes
 * that end there. `from`: what of the stack is in the dump. */
static struct fake_runtime *runtime_with_stack(const char *strings, size_t size, uint64_t from)
{
	struct fake_runtime *runtime = fake_runtime_new();
	uint64_t begin = PROGRAM - size, lost = from > begin ? from - begin : 0;
	fake_target_zeros(runtime->target, from, STACK + STACK_BYTES - from);
	fake_put_bytes(runtime->target, begin + lost, strings + lost, size - lost);
	fake_put_bytes(runtime->target, PROGRAM, "/app", 5);
	fake_target_auxv(runtime->target, AT_EXECFN, PROGRAM);
	return runtime;
}

/* Is it a reason? Where memory ran out for reasons, none is. */
static bool is_said(const struct fake_question *fake, const char *text)
{
	for (size_t i = 0; i < fake->coverage.reason_count; i++)
		if (!strcmp(fake->coverage.reasons[i], text))
			return true;
	return false;
}

static void check_setting(const struct gc_setting *setting, const char *name, const char *value)
{
	CHECK_TEXT(setting->name, name);
	CHECK_TEXT(setting->value, value);
	CHECK(setting->is_variable);
}

TEST(variables_of_the_gc_are_settings)
{
	static const char strings[] = "app\0DOTNET_GCarg\0HOME=/root\0DOTNET_gcServer=1\0"
				      "DOTNET_NOLOGO=1\0COMPlus_GCHeapHardLimit=C0000\0GCX=1";
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct gc_settings settings;
	CHECK_OK(fake_question_open(&fake, runtime_with_stack(strings, sizeof(strings), STACK)));
	CHECK_OK(gc_settings_read(&fake.question, &settings));
	REQUIRE(settings.count == 2);
	check_setting(&settings.settings[0], "COMPlus_GCHeapHardLimit", "C0000");
	check_setting(&settings.settings[1], "DOTNET_gcServer", "1");
	CHECK(fake_question_lacks(&fake, no_properties));
	CHECK(!is_said(&fake, no_environment));
}

/* Over several pages, of which one string fills more than one. */
TEST(a_large_environment_is_read_to_its_beginning)
{
	static const char beginning[] = "app\0DOTNET_GCHeapCount=2\0LARGE=";
	static char strings[0x2100];
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct gc_settings settings;
	memset(strings, 'x', sizeof(strings) - 1);
	memcpy(strings, beginning, sizeof(beginning) - 1);
	CHECK_OK(fake_question_open(&fake, runtime_with_stack(strings, sizeof(strings), STACK)));
	CHECK_OK(gc_settings_read(&fake.question, &settings));
	REQUIRE(settings.count == 1);
	check_setting(&settings.settings[0], "DOTNET_GCHeapCount", "2");
	CHECK(!is_said(&fake, no_environment));
}

TEST(a_setting_without_room_is_counted)
{
	enum { ONE = sizeof("DOTNET_GCx00=1") };
	static char strings[4 + (GC_SETTINGS_MAX + 2) * ONE] = "app";
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct gc_settings settings;
	for (int i = 0; i < GC_SETTINGS_MAX + 2; i++)
		snprintf(strings + 4 + i * ONE, ONE, "DOTNET_GCx%02u=1", (unsigned)i % 100);
	CHECK_OK(fake_question_open(&fake, runtime_with_stack(strings, sizeof(strings), STACK)));
	CHECK_OK(gc_settings_read(&fake.question, &settings));
	CHECK_NUMBER(settings.count, GC_SETTINGS_MAX);
	CHECK_NUMBER(settings.dropped, 2);
	CHECK(fake_question_lacks(&fake,
				  "GC settings: 2 of them have no room beside the first 64"));
}

TEST(an_environment_beyond_the_limit_is_given_up)
{
	enum { END = 0x40000000, BYTES = LIMIT_ENVIRONMENT_BYTES + 0x1000 };
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct gc_settings settings;
	struct fake_runtime *runtime = fake_runtime_new();
	uint8_t *strings = fake_target_zeros(runtime->target, END - BYTES, BYTES);
	memset(strings, 'x', BYTES - 1);
	fake_target_auxv(runtime->target, AT_EXECFN, END);
	CHECK_OK(fake_question_open(&fake, runtime));
	CHECK_OK(gc_settings_read(&fake.question, &settings));
	CHECK(fake_question_lacks(&fake, "GC settings: gave up on the environment, of which the "
					 "last 2097152 bytes were looked at"));
	CHECK(!is_said(&fake, no_environment));
}

TEST(an_environment_that_begins_before_the_dump_is_not_whole)
{
	static const char strings[] = "app\0DOTNET_gcServer=1\0A=\0DOTNET_GCgen0size=4000";
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct gc_settings settings;
	CHECK_OK(fake_question_open(&fake,
				    runtime_with_stack(strings, sizeof(strings), PROGRAM - 0x20)));
	CHECK_OK(gc_settings_read(&fake.question, &settings));
	CHECK(fake_question_lacks(&fake, no_environment));
}

TEST(without_a_stack_nothing_is_known)
{
	CLEANUP(fake_question_cleanup) struct fake_question fake = { 0 };
	struct gc_settings settings;
	CHECK_OK(fake_question_open(&fake, fake_runtime_new()));
	CHECK_OK(gc_settings_read(&fake.question, &settings));
	CHECK_NUMBER(settings.count, 0);
	CHECK(fake_question_lacks(&fake, no_environment));
	CHECK(fake_question_lacks(&fake, no_properties));
}

static const struct tap_case cases[] = {
	CASE(variables_of_the_gc_are_settings),
	CASE(a_large_environment_is_read_to_its_beginning),
	CASE(a_setting_without_room_is_counted),
	CASE(an_environment_beyond_the_limit_is_given_up),
	CASE(an_environment_that_begins_before_the_dump_is_not_whole),
	CASE(without_a_stack_nothing_is_known),
};
TAP_MAIN(cases)
