/* What name2ee and token2ee find, in modules with metadata that are made by hand. */
#include "base/cleanup.h"
#include "inspect/ee_view.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

enum { TYPE_DEF = 0x02000000, FIELD_DEF = 0x04000001, METHOD_DEF = 0x06000001, NOWHERE = 0x10 };

struct scene {
	struct fake_types *types;
	struct arena scratch;
	struct coverage coverage;
	struct question question;
	struct clr_module *app;
};

static void scene_cleanup(struct scene *scene)
{
	coverage_deinit(&scene->coverage);
	arena_deinit(&scene->scratch);
	fake_types_cleanup(&scene->types);
}

static struct error *scene_open(struct scene *scene)
{
	arena_init(&scene->scratch);
	TRY(fake_types_open(scene->types));
	scene->question = (struct question){ .target = scene->types->heap.target,
					     .heap = &scene->types->heap,
					     .scratch = &scene->scratch,
					     .coverage = &scene->coverage };
	scene->app = scene->types->heap.modules->modules[2];
	return NULL;
}

TEST(a_type_has_its_name_before_it_is_loaded)
{
	CLEANUP(scene_cleanup) struct scene scene = { .types = fake_types_new(FAKE_LAYOUT_10_0) };
	struct ee_view match;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(ee_view_type(&scene.question, scene.app, TYPE_DEF | APP_GATEWAY, 0, &match));
	CHECK_TEXT(match.kind, "type");
	CHECK_TEXT(match.name, "Demo.Gateway");
	CHECK(!match.type);
	CHECK_NUMBER(match.token, TYPE_DEF | APP_GATEWAY);
	CHECK(!scene.coverage.incomplete);
}

TEST(a_loaded_type_that_cannot_be_read_is_counted)
{
	CLEANUP(scene_cleanup) struct scene scene = { .types = fake_types_new(FAKE_LAYOUT_10_0) };
	struct ee_view match;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(ee_view_type(&scene.question, scene.app, TYPE_DEF | APP_GATEWAY, NOWHERE, &match));
	CHECK_TEXT(match.name, "Demo.Gateway");
	CHECK(!match.type);
	CHECK(scene.coverage.incomplete);
}

TEST(a_field_has_its_owner)
{
	CLEANUP(scene_cleanup) struct scene scene = { .types = fake_types_new(FAKE_LAYOUT_10_0) };
	struct ee_view match;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(ee_view_field(&scene.question, scene.app, FIELD_DEF, "count",
			       TYPE_DEF | APP_GATEWAY, 0, &match));
	CHECK_TEXT(match.kind, "field");
	CHECK_TEXT(match.name, "count");
	CHECK_TEXT(match.owner_name, "Demo.Gateway");
	CHECK_OK(ee_view_field(&scene.question, scene.app, FIELD_DEF, "count", 0, 0, &match));
	CHECK(!match.owner_name);
}

TEST(a_method_that_is_not_there_has_neither_name_nor_code)
{
	CLEANUP(scene_cleanup) struct scene scene = { .types = fake_types_new(FAKE_LAYOUT_10_0) };
	struct ee_view match;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(ee_view_method(&scene.question, scene.app, METHOD_DEF + 0xffff, &match));
	CHECK_TEXT(match.kind, "method");
	CHECK(!match.name && !match.method_desc && !match.code && !match.code_known);
}

static const struct tap_case cases[] = {
	CASE(a_type_has_its_name_before_it_is_loaded),
	CASE(a_loaded_type_that_cannot_be_read_is_counted),
	CASE(a_field_has_its_owner),
	CASE(a_method_that_is_not_there_has_neither_name_nor_code),
};
TAP_MAIN(cases)
