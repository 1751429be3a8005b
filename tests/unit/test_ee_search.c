/* Types by a part of their name and by their token, on fake modules with metadata. */
#include "base/cleanup.h"
#include "base/list.h"
#include "inspect/ee_search.h"
#include "tests/unit/fake_types.h"
#include "tests/unit/tap.h"

struct scene {
	struct fake_types *types;
	uint64_t gateway;
	struct arena scratch;
	struct coverage coverage;
	struct remarks remarks;
	struct question question;
	struct clr_module *app;
	struct ee_match match; /* the last one */
	size_t matches;
};

static void scene_cleanup(struct scene *scene)
{
	coverage_deinit(&scene->coverage);
	remarks_deinit(&scene->remarks);
	arena_deinit(&scene->scratch);
	fake_types_cleanup(&scene->types);
}

static struct error *scene_open(struct scene *scene)
{
	scene->types = fake_types_new(FAKE_LAYOUT_10_0);
	arena_init(&scene->scratch);
	scene->gateway =
		fake_types_class(scene->types, &(struct fake_class){ .module = scene->types->app,
								     .row = APP_GATEWAY });
	TRY(fake_types_open(scene->types));
	scene->question = (struct question){ .target = scene->types->heap.target,
					     .heap = &scene->types->heap,
					     .scratch = &scene->scratch,
					     .coverage = &scene->coverage,
					     .remarks = &scene->remarks };
	return clr_module_at(&scene->types->heap, scene->types->app, &scene->app);
}

static struct error *see(const struct ee_match *match, void *context)
{
	struct scene *scene = context;
	scene->match = *match;
	scene->matches++;
	return NULL;
}

static struct error *find_name(struct scene *scene, const char *text, bool exact, bool *ret_found)
{
	struct ee_name name;
	scene->matches = 0;
	TRY(ee_name_make(&scene->question, text, exact, &name));
	return ee_find_name(&scene->question, &name, scene->app, see, scene, ret_found);
}

TEST(a_name_is_taken_apart)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	struct ee_name name;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(ee_name_make(&scene.question, "Demo.Outer/Inner.Member", false, &name));
	CHECK_TEXT(name.whole, "Demo.Outer+Inner.Member");
	CHECK_TEXT(name.owner, "Demo.Outer+Inner");
	CHECK_TEXT(name.member, "Member");
	CHECK_OK(ee_name_make(&scene.question, "Demo.Gateway..ctor", true, &name));
	CHECK_TEXT(name.owner, "Demo.Gateway");
	CHECK_TEXT(name.member, ".ctor");
	CHECK_OK(ee_name_make(&scene.question, "Gateway", true, &name));
	CHECK(!name.member && name.exact);
}

TEST(a_type_is_found_by_its_name)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	bool found = false;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(find_name(&scene, "gateWAY", false, &found));
	REQUIRE(found && scene.matches == 1);
	CHECK_NUMBER(scene.match.kind, EE_TYPE);
	CHECK_NUMBER(scene.match.handle, scene.gateway);
	CHECK_NUMBER(scene.match.token, token_make(TABLE_TYPE_DEF, APP_GATEWAY));
	CHECK_OK(find_name(&scene, "gateWAY", true, &found));
	CHECK(!found && !scene.matches);
	CHECK_OK(find_name(&scene, "Demo.Gateway", true, &found));
	CHECK(found);
	CHECK_OK(find_name(&scene, "Demo.Gateway.None", true, &found));
	CHECK(!found);
}

static struct error *refuse(const struct ee_match *match, void *context)
{
	(void)match;
	(void)context;
	return error_fault(0x10, "the visitor cannot read");
}

/* Nothing of the search is missing when it is the visitor that cannot go on. */
TEST(a_visitors_error_is_handed_on)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	struct ee_name name;
	bool found = false;
	CHECK_OK(scene_open(&scene));
	CHECK_OK(ee_name_make(&scene.question, "Demo.Gateway", true, &name));
	CHECK_FAILS(ee_find_name(&scene.question, &name, scene.app, refuse, &scene, &found),
		    ERROR_FAULT, "the visitor cannot read");
	CHECK(found);
	CHECK(!scene.coverage.incomplete);
}

TEST(a_token_stands_for_what_the_module_has)
{
	CLEANUP(scene_cleanup) struct scene scene = { 0 };
	bool found = false;
	CHECK_OK(scene_open(&scene));
	const struct question *question = &scene.question;
	uint32_t gateway = token_make(TABLE_TYPE_DEF, APP_GATEWAY);
	uint32_t outer = token_make(TABLE_TYPE_DEF, APP_OUTER);
	CHECK_OK(ee_find_token(question, gateway, true, scene.app, see, &scene, &found));
	REQUIRE(found && scene.matches == 1);
	CHECK_NUMBER(scene.match.handle, scene.gateway);
	CHECK_OK(ee_find_token(question, outer, true, scene.app, see, &scene, &found));
	CHECK(!found);
	CHECK_OK(ee_find_token(question, outer, false, scene.app, see, &scene, &found));
	CHECK(found);
	CHECK_NUMBER(scene.match.handle, 0);
	CHECK_OK(ee_find_token(question, token_make(TABLE_TYPE_DEF, 999), false, scene.app, see,
			       &scene, &found));
	CHECK(!found);
	CHECK_NUMBER(scene.matches, 2);
}

static const struct tap_case cases[] = {
	CASE(a_name_is_taken_apart),
	CASE(a_type_is_found_by_its_name),
	CASE(a_visitors_error_is_handed_on),
	CASE(a_token_stands_for_what_the_module_has),
};
TAP_MAIN(cases)
