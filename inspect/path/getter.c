/* Properties of a get path whose value no field of their own holds: what their getter's code says.
 */
#include "inspect/path/steps.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "heap/metadata/il.h"
#include "heap/metadata/pe_image.h"

#include <strings.h>

enum { USES_NAMED = 10 };
enum { FIELD_INIT_ONLY = 0x20 }; /* ECMA-335 II.23.1.5: readonly */
/* II.23.2.1: convention and the count of parameters precede a getter's type; II.23.2.4: one byte
 * before a field's. */
enum { BEFORE_METHOD_TYPE = 2, BEFORE_FIELD_TYPE = 1 };

struct getter {
	struct get *get;
	const struct member_found *property;
	struct metadata *metadata;
	const char *name;
	const uint8_t *il;
	size_t size;
	const char *reason; /* why the module's file could not give it; NULL or "": none */
};

static struct error *image_body(struct heap *heap, uint64_t base, uint64_t size, bool mapped,
				uint32_t rva, struct method_body *ret)
{
	struct pe_image image;
	if (!base)
		return error_fault(0, "there is no image");
	TRY(pe_image_open(&heap->reader, base, size, mapped, &image));
	return pe_image_method_body(&image, &heap->reader, rva, ret);
}

/* The getter's IL in scratch; size 0: it is not in the target. */
static struct error *read_target_il(struct getter *getter, uint32_t rva)
{
	struct heap *heap = getter->get->heap;
	const struct clr_module *module = getter->property->type->module;
	struct method_body body;
	struct error *error = image_body(heap, module->image_base, module->image_size,
					 module->image_mapped, rva, &body);
	if (error && !error_is_fatal(error) && module->flat_base) {
		error_free(error);
		error = image_body(heap, module->flat_base, module->flat_size, false, rva, &body);
	}
	if (error && !error_is_fatal(error)) {
		error_free(error);
		return NULL;
	}
	TRY(error);
	uint8_t *il = arena_allocate(getter->get->question->scratch, (size_t)body.il_size + 1);
	if (!il)
		return &error_no_memory;
	if (!reader_copy(&heap->reader, body.il_address, il, body.il_size))
		return NULL;
	getter->il = il;
	getter->size = body.il_size;
	return NULL;
}

/* What the target lacks of the code may be in the module's file; else the answer says so. */
static struct error *read_il(struct getter *getter)
{
	struct reader *reader = &getter->get->heap->reader;
	struct member method;
	bool admitted = false;
	if (!metadata_method(getter->metadata, getter->property->row, &method) || !method.rva)
		return NULL;
	bool tried = reader->tries;
	reader->tries = true;
	struct error *error = read_target_il(getter, method.rva);
	reader->tries = tried;
	TRY(error);
	if (!getter->size)
		TRY(clr_module_admit_file(getter->get->heap, getter->property->type->module,
					  &admitted, &getter->reason));
	return admitted ? read_target_il(getter, method.rva) : NULL;
}

/* The field that the code names, in the class or a parent: by its token where it is the same
 * module's, by its name for a generic class (II.22.25: the parent is then a TypeSpec). */
static struct error *field_of_token(const struct getter *getter, const struct type *type,
				    uint32_t token, bool is_static, const struct type_field **ret)
{
	struct heap *heap = getter->get->heap;
	const struct clr_module *module = getter->property->type->module;
	struct member member;
	*ret = NULL;
	if (!metadata_member(getter->metadata, token, &member))
		return NULL;
	bool by_token = token_table(token) == TABLE_FIELD;
	while (type) {
		const struct type_field *fields;
		size_t count;
		TRY(type_own_fields(heap, type, &fields, &count));
		for (size_t j = 0; j < count; j++) {
			bool same = by_token ? type->module == module && fields[j].token == token
					     : !strcmp(fields[j].name, member.name);
			if (!same || fields[j].is_static != is_static)
				continue;
			*ret = &fields[j];
			return NULL;
		}
		TRY(type_parent(heap, type, &type));
	}
	return NULL;
}

static struct error *note_via(struct get *get, const char *name, const char *field)
{
	get->via = arena_printf(get->question->scratch, "%s%s%s is %s", get->via ? get->via : "",
				get->via ? ", " : "", name, field);
	return get->via ? NULL : &error_no_memory;
}

/* _name, name, m_name, s_name of Name. */
static bool is_named_alike(const char *field, const char *property)
{
	if (field[0] && field[1] == '_' && strchr("mst", field[0]))
		field += 2;
	else if (field[0] == '_')
		field++;
	return !strcasecmp(field, property);
}

/* Fields whose type is worth a guess where the name says nothing (II.23.1.16): objects and arrays,
 * not the numbers and strings of which a class has many. */
static bool is_telling_type(uint8_t element)
{
	return element == ELEMENT_CLASS || element == ELEMENT_GENERICINST ||
	       element == ELEMENT_SZARRAY;
}

enum likeness { UNLIKE, SAME_TYPE, ALIKE, ALIKE_AND_TYPE, LIKENESSES };

static enum likeness likeness_of(const struct getter *getter, const struct type_field *field,
				 const struct member *method)
{
	struct member member;
	bool alike = is_named_alike(field->name, getter->name);
	if (!metadata_field(getter->metadata, token_row(field->token), &member) ||
	    member.signature_size <= BEFORE_FIELD_TYPE)
		return alike ? ALIKE : UNLIKE;
	const uint8_t *type = member.signature + BEFORE_FIELD_TYPE;
	size_t size = member.signature_size - BEFORE_FIELD_TYPE;
	bool same = method->signature_size == size + BEFORE_METHOD_TYPE &&
		    !memcmp(type, method->signature + BEFORE_METHOD_TYPE, size);
	if (alike)
		return same ? ALIKE_AND_TYPE : ALIKE;
	return same && is_telling_type(*type) ? SAME_TYPE : UNLIKE;
}

/* The field of the property's class that is most like it, by name and type, by name, or by type
 * alone; NULL: none, or several. */
static struct error *field_alike(const struct getter *getter, bool statics,
				 const struct type_field **ret, enum likeness *ret_likeness)
{
	const struct type_field *fields, *found[LIKENESSES] = { NULL };
	struct member method;
	size_t count, counts[LIKENESSES] = { 0 };
	*ret = NULL;
	*ret_likeness = UNLIKE;
	TRY(type_own_fields(getter->get->heap, getter->property->type, &fields, &count));
	if (!metadata_method(getter->metadata, getter->property->row, &method))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (fields[i].is_static != statics)
			continue;
		enum likeness likeness = likeness_of(getter, &fields[i], &method);
		found[likeness] = &fields[i];
		counts[likeness]++;
	}
	for (int likeness = ALIKE_AND_TYPE; likeness > UNLIKE && !*ret; likeness--)
		if (counts[likeness] == 1) {
			*ret = found[likeness];
			*ret_likeness = (enum likeness)likeness;
		}
	return NULL;
}

/*
 * Heap dumps lack the code of most getters. `private readonly Dictionary<…> _policies` is then
 * taken for what `Dictionary<…> Policies` returns: a readonly object of the property's very type
 * and name. Numbers, flags and strings never are: getters may well work them out (`=> _enabled &&
 * !_stopped`). It is not proven, so the answer counts as incomplete and says why (exit status 5).
 */
static struct error *infer(struct getter *getter, bool statics, bool *ret_done)
{
	struct get *get = getter->get;
	const struct type_field *field;
	const struct type *type;
	enum likeness likeness;
	TRY(field_alike(getter, statics, &field, &likeness));
	if (likeness != ALIKE_AND_TYPE || !(field->attributes & FIELD_INIT_ONLY))
		return NULL;
	TRY(field_type(get->heap, field, &type));
	if (!type_is_reference(type) || type->kind == TYPE_STRING)
		return NULL;
	uint64_t base = get->value.kind == VALUE_REFERENCE ? object_fields(get->value.bits)
							   : get->value.address;
	if (statics)
		TRY(get_static_field(get, field, field->name));
	else
		TRY(value_of_field(get->heap, field, base, &get->value));
	*ret_done = true;
	question_missing(get->question, 0,
			 "the code of %s %s: it was taken to return the readonly field %s, "
			 "whose type and name are the same (%s prove it)",
			 getter->name, target_lacks_it(get->question->target), field->name,
			 module_files_sysroot(get->heap->files)
				 ? "no file below --sysroot is there to"
				 : "--sysroot DIR with the program's files would");
	return NULL;
}

/* *ret_done false: it is more than a field, or one of another class. */
static struct error *follow(struct getter *getter, const struct il_getter *trivial, bool *ret_done)
{
	struct get *get = getter->get;
	struct value saved = get->value;
	const struct type_field *field = NULL;
	const struct type *type = getter->property->type;
	*ret_done = false;
	for (uint32_t i = 0; i < trivial->field_count; i++) {
		bool is_static = trivial->is_static && i == 0;
		const struct value value = get->value;
		if (i && value.kind != VALUE_REFERENCE && value.kind != VALUE_STRUCT)
			break;
		TRY(field_of_token(getter, i ? value.type : type, trivial->fields[i], is_static,
				   &field));
		if (!field)
			break;
		if (is_static)
			TRY(get_static_field(get, field, field->name));
		else
			TRY(value_of_field(get->heap, field,
					   value.kind == VALUE_REFERENCE ? object_fields(value.bits)
									 : value.address,
					   &get->value));
		TRY(note_via(get, getter->name, field->name));
		*ret_done = i + 1 == trivial->field_count;
	}
	if (!*ret_done)
		get->value = saved;
	return NULL;
}

struct uses {
	const struct getter *getter;
	const char *fields[USES_NAMED], *calls[USES_NAMED];
	size_t field_count, call_count;
};

static void add_name(const char **names, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(names[i], name))
			return;
	if (*count < USES_NAMED)
		names[(*count)++] = name;
}

static struct error *note_use(const struct il_use *use, void *context)
{
	struct uses *uses = context;
	struct member member;
	if (!metadata_member(uses->getter->metadata, use->token, &member) || member.name[0] == '.')
		return NULL;
	if (use->kind == IL_CALLS)
		add_name(uses->calls, &uses->call_count,
			 strncmp(member.name, "get_", 4) ? member.name : member.name + 4);
	else
		add_name(uses->fields, &uses->field_count, member.name);
	return NULL;
}

static void list_names(struct text *to, const char *before, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_printf(to, "%s%s", i ? ", " : before, names[i]);
}

/* A field of this value that the code reads, for the next try. */
static struct error *suggest(const struct getter *getter, const struct uses *uses, bool statics,
			     struct text *to)
{
	struct get *get = getter->get;
	for (size_t i = 0; i < uses->field_count; i++) {
		struct member_found found;
		TRY(member_find(get->heap, getter->property->type, uses->fields[i], statics,
				&found));
		if (found.kind != MEMBER_FIELD)
			continue;
		text_printf(to, ": try get %s.%s", get_so_far(get), uses->fields[i]);
		return NULL;
	}
	return NULL;
}

/* The rest of the path as it was typed: after the property that is being read. */
static const char *behind_property(const struct get *get)
{
	return get->path.text + get->path.steps[get->steps_done].end;
}

static struct error *computed(const struct getter *getter, bool statics)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	struct get *get = getter->get;
	struct uses uses = { .getter = getter };
	text_printf(&text, "%s.%s is a property without a field of its own", get_so_far(get),
		    getter->name);
	if (getter->size) {
		text_clear(&text);
		text_printf(&text, "%s.%s is computed by code, which clrpod does not run",
			    get_so_far(get), getter->name);
		struct error *error = il_visit_uses(getter->il, getter->size, note_use, &uses);
		if (error_take(&error, ERROR_BAD_DATA))
			uses.field_count = uses.call_count = 0;
		TRY(error);
		list_names(&text, "; it reads ", uses.fields, uses.field_count);
		list_names(&text, uses.field_count ? " and calls " : "; it calls ", uses.calls,
			   uses.call_count);
		TRY(suggest(getter, &uses, statics, &text));
	} else {
		const struct type_field *field;
		enum likeness likeness;
		bool has_reason = getter->reason && *getter->reason;
		text_printf(&text, ", and its code %s (%s%s%s give it)",
			    target_lacks_it(get->question->target),
			    has_reason ? getter->reason : "", has_reason ? "; " : "",
			    module_files_sysroot(get->heap->files)
				    ? "no file below --sysroot is there to"
				    : "--sysroot DIR with the program's files would");
		TRY(field_alike(getter, statics, &field, &likeness));
		if (field)
			text_printf(&text, "; it may be a field: try get %s.%s%s", get_so_far(get),
				    field->name, behind_property(get));
		else
			text_append(&text, ";");
		if (!field)
			TRY(member_list(get->heap, getter->property->type, getter->name, statics,
					FIELDS_ONLY, &text));
	}
	if (text_failed(&text))
		return &error_no_memory;
	return error_new(ERROR_UNSUPPORTED, "%s", text_string(&text));
}

struct error *get_getter(struct get *get, const struct member_found *property, const char *name,
			 bool statics)
{
	struct getter getter = { .get = get, .property = property, .name = name };
	struct il_getter trivial;
	bool done = false;
	TRY(clr_module_metadata(get->heap, property->type->module, &getter.metadata));
	TRY(read_il(&getter));
	bool is_trivial = getter.size && il_trivial_getter(getter.il, getter.size, &trivial);
	if (is_trivial && trivial.field_count && (trivial.is_static || !statics))
		TRY(follow(&getter, &trivial, &done));
	if (!getter.size)
		TRY(infer(&getter, statics, &done));
	return done ? NULL : computed(&getter, statics);
}
