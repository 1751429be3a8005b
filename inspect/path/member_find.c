/* What a name means in a class: a field, a property, a constant; and what names there are. */
#include "inspect/path/steps.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/text.h"
#include "inspect/near_names.h"

/* ECMA-335 II.23.1.5 (FieldAttributes), II.23.1.10 (MethodAttributes). */
enum { FIELD_LITERAL = 0x40, METHOD_STATIC = 0x10 };

/* "<Name>k__BackingField" is Name's; also of an explicit implementation, "<Namespace.IFace.Name>…".
 */
static bool backs(const char *field, const char *name, bool explicitly)
{
	size_t length = strlen(name);
	const char *end = strchr(field, '>');
	if (field[0] != '<' || !end || (size_t)(end - field - 1) < length)
		return false;
	if (strcmp(end, ">k__BackingField") && strcmp(end, ">i__Field") && strcmp(end, ">P"))
		return false;
	if (strncmp(end - length, name, length))
		return false;
	char before = end[-(ptrdiff_t)length - 1];
	return explicitly ? before == '.' : before == '<';
}

static bool is_explicit_name(const char *property, const char *name)
{
	const char *dot = strrchr(property, '.');
	return dot && !strcmp(dot + 1, name);
}

static struct error *find_own_field(struct heap *heap, const struct type *type, const char *name,
				    bool statics, bool explicitly, struct member_found *ret)
{
	const struct type_field *fields;
	size_t count;
	TRY(type_own_fields(heap, type, &fields, &count));
	for (size_t i = 0; i < count; i++) {
		bool same = !explicitly && !strcmp(fields[i].name, name);
		if (fields[i].is_static != statics ||
		    (!same && !backs(fields[i].name, name, explicitly)))
			continue;
		*ret = (struct member_found){ MEMBER_FIELD, type, &fields[i], 0 };
		if (same)
			return NULL;
	}
	return NULL;
}

static void find_own_constant(const struct metadata *metadata, const struct type *type,
			      const char *name, struct member_found *ret)
{
	struct type_def definition;
	if (!metadata_type_def(metadata, token_row(type->token), &definition))
		return;
	for (uint32_t i = 0; i < definition.field_count && i < LIMIT_FIELDS; i++) {
		struct member field;
		uint32_t row = metadata_field_row(metadata, definition.first_field + i);
		if (!metadata_field(metadata, row, &field) || !(field.flags & FIELD_LITERAL) ||
		    strcmp(field.name, name))
			continue;
		*ret = (struct member_found){ MEMBER_CONSTANT, type, NULL, row };
		return;
	}
}

static struct error *find_own_property(const struct heap *heap, const struct metadata *metadata,
				       const struct type *type, const char *name, bool statics,
				       bool explicitly, struct member_found *ret)
{
	const char *property;
	uint32_t getter;
	for (uint32_t i = 0; i < LIMIT_FIELDS; i++) {
		struct member method;
		TRY(task_check(heap->task, "looking for a property"));
		if (!metadata_property(metadata, token_row(type->token), i, &property, &getter))
			return NULL;
		bool same = explicitly ? is_explicit_name(property, name) : !strcmp(property, name);
		if (!same || !getter || !metadata_method(metadata, getter, &method) ||
		    !!(method.flags & METHOD_STATIC) != statics)
			continue;
		*ret = (struct member_found){ MEMBER_PROPERTY, type, NULL, getter };
		return NULL;
	}
	return NULL;
}

static struct error *find_own(struct heap *heap, const struct type *type, const char *name,
			      bool statics, bool explicitly, struct member_found *ret)
{
	struct metadata *metadata;
	TRY(find_own_field(heap, type, name, statics, explicitly, ret));
	if (ret->kind != MEMBER_NONE)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, type->token ? type->module : NULL, &metadata));
	if (metadata && statics && !explicitly)
		find_own_constant(metadata, type, name, ret);
	if (metadata && ret->kind == MEMBER_NONE)
		TRY(find_own_property(heap, metadata, type, name, statics, explicitly, ret));
	return NULL;
}

struct error *member_find(struct heap *heap, const struct type *type, const char *name,
			  bool statics, struct member_found *ret)
{
	*ret = (struct member_found){ 0 };
	for (int explicitly = 0; explicitly < 2 && ret->kind == MEMBER_NONE; explicitly++) {
		const struct type *level = type;
		while (level) {
			TRY(find_own(heap, level, name, statics, explicitly, ret));
			if (ret->kind != MEMBER_NONE)
				break;
			TRY(type_parent(heap, level, &level));
		}
	}
	return NULL;
}

/* As a user writes it. */
static struct error *offer_field(struct near_names *near, const char *name)
{
	const char *end = strchr(name, '>');
	if (name[0] != '<' || !end || end == name + 1 || strncmp(end, ">k__", 4) != 0)
		return near_names_offer(near, name);
	CLEANUP(text_deinit) struct text property = { 0 };
	text_printf(&property, "%.*s", (int)(end - name - 1), name + 1);
	return text_failed(&property) ? &error_no_memory
				      : near_names_offer(near, text_string(&property));
}

static struct error *offer_own(struct heap *heap, const struct type *type, bool statics,
			       enum member_set set, struct near_names *near)
{
	const struct type_field *fields;
	struct metadata *metadata;
	size_t count;
	TRY(type_own_fields(heap, type, &fields, &count));
	for (size_t i = 0; i < count; i++)
		if (fields[i].is_static == statics)
			TRY(offer_field(near, fields[i].name));
	if (set == FIELDS_ONLY)
		return NULL;
	TRY(clr_module_metadata_or_none(heap, type->token ? type->module : NULL, &metadata));
	for (uint32_t i = 0; metadata && i < LIMIT_FIELDS; i++) {
		const char *property;
		uint32_t getter;
		struct member method;
		TRY(task_check(heap->task, "listing members"));
		if (!metadata_property(metadata, token_row(type->token), i, &property, &getter))
			break;
		if (getter && metadata_method(metadata, getter, &method) &&
		    !!(method.flags & METHOD_STATIC) == statics)
			TRY(near_names_offer(near, property));
	}
	return NULL;
}

struct error *member_list(struct heap *heap, const struct type *type, const char *name,
			  bool statics, enum member_set set, struct text *to)
{
	CLEANUP(arena_deinit) struct arena arena = { .limit_bytes = LIMIT_SCRATCH_BYTES };
	struct near_names near = { .wanted = name, .limit = NEAR_NAMES_MAX, .arena = &arena };
	const struct type *level = type;
	while (level) {
		TRY(offer_own(heap, level, statics, set, &near));
		TRY(type_parent(heap, level, &level));
	}
	if (!near.count)
		text_printf(to, " it has no %s%s", statics ? "static " : "",
			    set == FIELDS_ONLY ? "fields" : "members");
	else
		text_printf(to, " it has %s%s", set == FIELDS_ONLY ? "the fields " : "",
			    near.offered > near.count ? "(among others) " : "");
	near_names_list(&near, "", to);
	return text_failed(to) ? &error_no_memory : NULL;
}
