#include "inspect/gc_settings.h"

#include "attach/target/target.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/collections/collection.h"
#include "heap/tasks/members.h"

#include <elf.h>
#include <inttypes.h>
#include <strings.h>

enum { VALUE_CHARACTERS = 200, PIECE_BYTES = 4096 };

static struct error *setting_add(struct gc_settings *settings, const struct gc_setting *setting)
{
	if (!setting->name || !setting->value)
		return &error_no_memory;
	if (settings->count < GC_SETTINGS_MAX)
		settings->settings[settings->count++] = *setting;
	else
		settings->dropped++;
	return NULL;
}

/* src/coreclr/inc/clrconfignative.h, src/coreclr/vm/gcenv.ee.cpp: GetIntConfigValue. */
static bool is_gc_variable(const char *text)
{
	static const char *const prefixes[] = { "DOTNET_", "COMPlus_" };
	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (text_begins_with(text, prefixes[i]))
			return !strncasecmp(text + strlen(prefixes[i]), "gc", 2);
	return false;
}

static struct error *variable_add(const struct question *question, const char *text,
				  struct gc_settings *settings)
{
	const char *equals = strchr(text, '=');
	if (!equals || !is_gc_variable(text))
		return NULL;
	struct gc_setting setting = {
		.name = arena_copy_text(question->scratch, text, (size_t)(equals - text)),
		.value = arena_copy_text(question->scratch, equals + 1,
					 strnlen(equals + 1, VALUE_CHARACTERS)),
		.is_variable = true,
	};
	return setting_add(settings, &setting);
}

/* The strings of the environment, from its end backwards. */
struct environment {
	char *bytes; /* the last are before `end`; one more than there is room for */
	size_t first, size;
	uint64_t at;  /* the address of bytes[first] */
	bool gave_up; /* it is longer than there is room for */
};

/* One more piece before those that are there; false: it cannot be read, or has no room. */
static bool environment_extend(struct environment *environment, struct target *target)
{
	uint64_t piece = environment->at % PIECE_BYTES;
	piece = piece ? piece : PIECE_BYTES;
	environment->gave_up = piece > environment->first;
	if (environment->gave_up || piece > environment->at)
		return false;
	size_t first = environment->first - piece;
	if (target_read_some(target, environment->at - piece, environment->bytes + first, piece) <
	    piece)
		return false;
	environment->first = first;
	environment->at -= piece;
	return true;
}

/* The string that ends before `end`, where a NUL is. *ret NULL: it begins before what can be read.
 */
static char *string_before(struct environment *environment, struct target *target, size_t end)
{
	size_t at = end;
	for (;;) {
		while (at > environment->first && environment->bytes[at - 1])
			at--;
		if (at > environment->first)
			return environment->bytes + at;
		if (!environment_extend(environment, target))
			return NULL;
	}
}

/* How far the environment was read. */
enum reach { REACH_SOME, REACH_LIMIT, REACH_ALL };

/* Until what is no variable: the arguments come before. */
static struct error *variables_read(const struct question *question, uint64_t end,
				    struct gc_settings *settings, enum reach *ret)
{
	struct environment environment = { .size = LIMIT_ENVIRONMENT_BYTES, .at = end };
	environment.first = environment.size;
	environment.bytes = arena_allocate(question->scratch, environment.size + 1);
	*ret = REACH_SOME;
	if (!environment.bytes)
		return &error_no_memory;
	if (!environment_extend(&environment, question->target) ||
	    environment.bytes[environment.size - 1])
		return NULL;
	for (size_t last = environment.size - 1;;) {
		char *text = string_before(&environment, question->target, last);
		TRY(task_check(question->task, "reading the environment"));
		if (!text) {
			*ret = environment.gave_up ? REACH_LIMIT : REACH_SOME;
			return NULL;
		}
		const char *equals = strchr(text, '=');
		if (!equals || equals == text)
			break;
		TRY(variable_add(question, text, settings));
		last = (size_t)(text - environment.bytes) - 1;
	}
	*ret = REACH_ALL;
	return NULL;
}

static struct error *environment_read(const struct question *question, struct gc_settings *settings)
{
	uint64_t end;
	enum reach reach = REACH_SOME;
	if (target_auxv(question->target, AT_EXECFN, &end))
		TRY(variables_read(question, end, settings, &reach));
	if (reach == REACH_LIMIT)
		question_missing(question, 0,
				 "GC settings: gave up on the environment, of which the last %d "
				 "bytes were looked at",
				 LIMIT_ENVIRONMENT_BYTES);
	if (reach == REACH_SOME)
		question_missing(question, 0, "GC settings: the environment, or a part of it, %s",
				 target_lacks_it(question->target));
	return NULL;
}

/* The beginning of a string in UTF-8; *ret NULL: it is none, or cannot be read. */
static struct error *text_of(const struct question *question, const struct value *value,
			     const char **ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	const uint16_t *units;
	size_t count;
	uint64_t length;
	*ret = NULL;
	if (value->kind != VALUE_REFERENCE)
		return NULL;
	struct error *error = string_read(question->heap, value->bits, VALUE_CHARACTERS,
					  question->scratch, &units, &count, &length);
	if (error_take_damage(&error))
		return NULL;
	TRY(error);
	text_append_utf16(&text, units, count);
	if (text_failed(&text))
		return &error_no_memory;
	*ret = arena_copy_text(question->scratch, text_string(&text), text.length);
	return *ret ? NULL : &error_no_memory;
}

/* *ret: how many could not be read. */
static struct error *properties_list(const struct question *question, struct collection *store,
				     struct gc_settings *settings, uint64_t *ret)
{
	struct value key, value;
	uint64_t index;
	bool found;
	for (;;) {
		struct gc_setting setting = { 0 };
		TRY(collection_next(store, &key, &value, &index, &found));
		if (!found)
			return NULL;
		TRY(task_check(question->task, "reading the properties of the application"));
		TRY(text_of(question, &key, &setting.name));
		*ret += !setting.name;
		if (!setting.name || !text_begins_with(setting.name, "System.GC."))
			continue;
		TRY(text_of(question, &value, &setting.value));
		if (setting.value)
			TRY(setting_add(settings, &setting));
		else
			*ret += 1;
	}
}

/* Hosts always give properties: where there are none, they are not to be seen. */
static struct error *properties_read(const struct question *question, struct gc_settings *settings)
{
	static const char *const names[] = { "s_dataStore", NULL };
	struct value value;
	struct collection store = { 0 };
	uint64_t lost = 0;
	bool is_collection = false;
	TRY(member_static(question->heap, "System.AppContext", names, &value));
	struct error *error =
		collection_open(question->heap, &value, question->scratch, &store, &is_collection);
	if (!error && is_collection)
		error = properties_list(question, &store, settings, &lost);
	bool damaged = error || !is_collection || store.damage;
	if (error_is_fatal(error))
		return error;
	error_free(error);
	if (damaged || lost)
		question_missing(question, 0,
				 "GC settings: the properties of runtimeconfig.json, or some, %s",
				 target_lacks_them(question->target));
	return NULL;
}

struct error *gc_settings_read(const struct question *question, struct gc_settings *ret)
{
	*ret = (struct gc_settings){ 0 };
	TRY(environment_read(question, ret));
	TRY(properties_read(question, ret));
	if (ret->dropped)
		question_missing(question, 0,
				 "GC settings: %" PRIu64
				 " of them have no room beside the first %d",
				 ret->dropped, GC_SETTINGS_MAX);
	return NULL;
}
