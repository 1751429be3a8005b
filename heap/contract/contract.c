#include "heap/contract/descriptor_parse.h"

#include "base/list.h"

enum { FIRST_CAPACITY = 1024 };

/* "Type.Field", "Type.!" (size), "global NAME", "contract NAME" -> number or text. One flat table:
 * a few hundred names, looked up at open only. */
struct contract_entry {
	const char *key; /* NULL: an empty slot */
	uint64_t number;
	const char *text; /* a string global, or a contract's version: then there is no number */
	uint8_t width;
	bool present;
};

struct contract {
	struct arena *arena;
	struct contract_entry *entries;
	size_t capacity, count;
	const char *layouts;
	unsigned major, checks;
	bool has_descriptor, unverified;
	struct runtime_location location;
};

static size_t hash(const char *key)
{
	uint64_t value = 0xcbf29ce484222325u; /* FNV-1a */
	for (; *key; key++)
		value = (value ^ (uint8_t)*key) * 0x100000001b3u;
	return (size_t)value;
}

static struct contract_entry *slot_of(struct contract_entry *entries, size_t capacity,
				      const char *key)
{
	size_t i = hash(key) & (capacity - 1);
	while (entries[i].key && strcmp(entries[i].key, key) != 0)
		i = (i + 1) & (capacity - 1);
	return &entries[i];
}

static struct error *grow(struct contract *contract)
{
	size_t capacity = contract->capacity ? contract->capacity * 2 : FIRST_CAPACITY;
	struct contract_entry *entries =
		arena_allocate_array(contract->arena, capacity, sizeof(*entries));
	if (!entries)
		return &error_no_memory;
	for (size_t i = 0; i < contract->capacity; i++)
		if (contract->entries[i].key)
			*slot_of(entries, capacity, contract->entries[i].key) =
				contract->entries[i];
	contract->entries = entries;
	contract->capacity = capacity;
	return NULL;
}

static struct error *put(struct contract *contract, const char *prefix, const char *name,
			 const struct contract_entry *value)
{
	if (contract->count * 2 >= contract->capacity)
		TRY(grow(contract));
	char *key = arena_printf(contract->arena, "%s.%s", prefix, name);
	if (!key)
		return &error_no_memory;
	struct contract_entry *entry = slot_of(contract->entries, contract->capacity, key);
	if (!entry->key) {
		contract->count++;
		entry->key = key;
	}
	entry->number = value->number;
	entry->text = value->text;
	entry->width = value->width;
	entry->present = value->present;
	return NULL;
}

static const struct contract_entry *get(const struct contract *contract, const char *prefix,
					const char *name)
{
	char key[256];
	int length = snprintf(key, sizeof(key), "%s.%s", prefix, name);
	if (length < 0 || (size_t)length >= sizeof(key) || !contract->capacity)
		return NULL;
	const struct contract_entry *entry = slot_of(contract->entries, contract->capacity, key);
	return entry->key && entry->present ? entry : NULL;
}

static const char globals_prefix[] = " global", contracts_prefix[] = " contract";

/* The type names of data_descriptor.md ("Primitive types"), and how wide they are in the target. */
static uint8_t width_of(const char *type)
{
	static const struct {
		const char *name;
		uint8_t width;
	} widths[] = {
		{ "int8", 1 },     { "uint8", 1 },     { "bool", 1 },   { "int16", 2 },
		{ "uint16", 2 },   { "int32", 4 },     { "uint32", 4 }, { "int64", 8 },
		{ "uint64", 8 },   { "nint", 8 },      { "nuint", 8 },  { "pointer", 8 },
		{ "intptr_t", 8 }, { "uintptr_t", 8 },
	};
	for (size_t i = 0; i < COUNT_OF(widths); i++)
		if (strcmp(type, widths[i].name) == 0)
			return widths[i].width;
	return 0;
}

bool descriptor_number(const cJSON *value, uint64_t *ret)
{
	if (cJSON_IsNumber(value)) {
		/* cJSON keeps doubles: exact to 2^53; the descriptor writes larger ones as strings.
		 */
		if (value->valuedouble < 0 || value->valuedouble > 9007199254740992.0)
			return false;
		*ret = (uint64_t)value->valuedouble;
		return true;
	}
	if (!cJSON_IsString(value) || !value->valuestring[0])
		return false;
	char *end;
	*ret = strtoull(value->valuestring, &end, 0);
	return *end == '\0';
}

static struct error *merge_type(struct contract *contract, const cJSON *type)
{
	const cJSON *field;
	if (!cJSON_IsObject(type))
		return error_new(ERROR_BAD_DATA, "the fields of %s are not a list of names",
				 type->string);
	cJSON_ArrayForEach(field, type)
	{
		const cJSON *offset = cJSON_IsArray(field) ? cJSON_GetArrayItem(field, 0) : field;
		const cJSON *name = cJSON_IsArray(field) ? cJSON_GetArrayItem(field, 1) : NULL;
		struct contract_entry entry = { .present = true };
		if (!descriptor_number(offset, &entry.number) || entry.number > UINT32_MAX)
			return error_new(ERROR_BAD_DATA, "the offset of %s.%s is not a number",
					 type->string, field->string);
		if (cJSON_IsString(name))
			entry.width = width_of(name->valuestring);
		TRY(put(contract, type->string, field->string, &entry));
	}
	return NULL;
}

/* The form of a global, data_descriptor.md: value, [value, type], [[index], type], [index]. */
struct global_form {
	const cJSON *value, *type;
	bool indirect;
};

static struct global_form form_of(const cJSON *global)
{
	struct global_form form = { .value = global };
	if (cJSON_IsArray(form.value)) {
		form.indirect = cJSON_GetArraySize(form.value) == 1;
		form.type = cJSON_GetArrayItem(form.value, 1);
		form.value = cJSON_GetArrayItem(form.value, 0);
	}
	if (cJSON_IsArray(form.value)) {
		form.indirect = true;
		form.value = cJSON_GetArrayItem(form.value, 0);
	}
	return form;
}

bool descriptor_indirect(const cJSON *global, const struct pointer_data *data, uint64_t *ret)
{
	struct global_form form = form_of(global);
	uint64_t index;
	if (!form.indirect || !data || !descriptor_number(form.value, &index) ||
	    index >= data->count || !data->known[index])
		return false;
	*ret = data->pointers[index];
	return true;
}

/* A text that reads as a number is one, unless its type says otherwise. */
static struct error *merge_literal(struct contract *contract, const cJSON *global,
				   const struct global_form *form, bool is_own,
				   struct contract_entry *entry)
{
	bool is_text = cJSON_IsString(form->type) && strcmp(form->type->valuestring, "string") == 0;
	if (is_text || !descriptor_number(form->value, &entry->number)) {
		if (!cJSON_IsString(form->value) || !is_own)
			return NULL;
		entry->text = arena_printf(contract->arena, "%s", form->value->valuestring);
		if (!entry->text)
			return &error_no_memory;
	}
	return put(contract, globals_prefix, global->string, entry);
}

static struct error *merge_global(struct contract *contract, const cJSON *global,
				  const struct pointer_data *data)
{
	struct contract_entry entry = { .width = 8, .present = true };
	struct global_form form = form_of(global);
	if (cJSON_IsString(form.type))
		entry.width = width_of(form.type->valuestring);
	if (!form.indirect)
		return merge_literal(contract, global, &form, data != NULL, &entry);
	if (!descriptor_indirect(global, data, &entry.number))
		return NULL;
	if (entry.width && entry.width < 8)
		entry.number &= ((uint64_t)1 << entry.width * 8) - 1;
	return put(contract, globals_prefix, global->string, &entry);
}

/* A version is a name (datacontracts_design.md, "Versioning of contracts"): "c1" is another than
 * 1. */
static struct error *merge_version(struct contract *contract, const cJSON *version)
{
	struct contract_entry entry = { .present = true };
	uint64_t number;
	if (cJSON_IsString(version))
		entry.text = arena_printf(contract->arena, "%s", version->valuestring);
	else if (descriptor_number(version, &number))
		entry.text = arena_printf(contract->arena, "%llu", (unsigned long long)number);
	else
		return NULL;
	return entry.text ? put(contract, contracts_prefix, version->string, &entry)
			  : &error_no_memory;
}

/* One of the descriptor's three dictionaries; absent is empty. */
static struct error *dictionary(const cJSON *descriptor, const char *name, const cJSON **ret)
{
	*ret = cJSON_GetObjectItemCaseSensitive(descriptor, name);
	if (!*ret || cJSON_IsObject(*ret))
		return NULL;
	return error_new(ERROR_BAD_DATA, "its %s are not in the compact form", name);
}

static struct error *merge(struct contract *contract, const cJSON *descriptor,
			   const struct pointer_data *data)
{
	const cJSON *types, *globals, *contracts, *item;
	TRY(dictionary(descriptor, "types", &types));
	TRY(dictionary(descriptor, "globals", &globals));
	TRY(dictionary(descriptor, "contracts", &contracts));
	cJSON_ArrayForEach(item, types) TRY(merge_type(contract, item));
	cJSON_ArrayForEach(item, globals) TRY(merge_global(contract, item, data));
	cJSON_ArrayForEach(item, contracts) TRY(merge_version(contract, item));
	return NULL;
}

struct error *descriptor_merge(struct contract *contract, const cJSON *descriptor,
			       const struct pointer_data *data, const char *what)
{
	struct error *error = merge(contract, descriptor, data);
	return error ? error_context(error, "cannot use %s", what) : NULL;
}

struct error *pointer_data_read(struct reader *reader, struct arena *arena, uint64_t address,
				size_t count, struct pointer_data *ret)
{
	uint64_t *pointers = arena_allocate_array(arena, count, sizeof(*pointers));
	bool *known = arena_allocate_array(arena, count, sizeof(*known));
	if (!pointers || !known)
		return &error_no_memory;
	for (size_t i = 0; i < count; i++)
		known[i] = reader_u64(reader, address + i * sizeof(uint64_t), &pointers[i]);
	*ret = (struct pointer_data){ pointers, known, count };
	return NULL;
}

struct error *descriptor_json(const char *bytes, size_t size, const char *what, cJSON **ret)
{
	if (size > LIMIT_DESCRIPTOR_JSON_BYTES)
		return error_new(ERROR_BAD_DATA, "%s is %zu bytes long, more than %d", what, size,
				 LIMIT_DESCRIPTOR_JSON_BYTES);
	cJSON *json = cJSON_ParseWithLength(bytes, size);
	if (!json)
		return error_new(ERROR_BAD_DATA, "%s is not JSON", what);
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		return error_new(ERROR_BAD_DATA, "%s is not a JSON object", what);
	}
	*ret = json;
	return NULL;
}

struct error *contract_new(struct arena *arena, struct contract **ret)
{
	struct contract *contract = arena_allocate(arena, sizeof(*contract));
	if (!contract)
		return &error_no_memory;
	contract->arena = arena;
	*ret = contract;
	return NULL;
}

struct error *contract_set_field(struct contract *contract, const char *type, const char *field,
				 bool present, uint32_t offset)
{
	return put(contract, type, field,
		   &(struct contract_entry){ .number = offset, .present = present });
}

void contract_set_origin(struct contract *contract, const char *layouts, unsigned major,
			 bool has_descriptor, const struct runtime_location *location)
{
	contract->layouts = layouts;
	contract->major = major;
	contract->has_descriptor = has_descriptor;
	contract->location = *location;
}

bool contract_field(const struct contract *contract, const char *type, const char *field,
		    struct field *ret)
{
	const struct contract_entry *entry = get(contract, type, field);
	if (!entry)
		return false;
	*ret = (struct field){ (uint32_t)entry->number, entry->width, true };
	return true;
}

bool contract_type_size(const struct contract *contract, const char *type, uint32_t *ret)
{
	const struct contract_entry *entry = get(contract, type, "!");
	if (!entry)
		return false;
	*ret = (uint32_t)entry->number;
	return true;
}

struct error *contract_bind(const struct contract *contract, const struct field_binding *bindings,
			    size_t count, void *layout)
{
	for (size_t i = 0; i < count; i++) {
		const struct field_binding *binding = &bindings[i];
		struct field field = { 0 };
		if (!contract_field(contract, binding->type, binding->field, &field) &&
		    binding->required)
			return error_new(ERROR_UNSUPPORTED,
					 "this runtime's descriptor (layouts %s) lacks %s.%s",
					 contract_layouts(contract), binding->type, binding->field);
		if (!field.width)
			field.width = binding->width ? binding->width : sizeof(uint64_t);
		memcpy((char *)layout + binding->slot, &field, sizeof(field));
	}
	return NULL;
}

bool contract_global(const struct contract *contract, const char *name, uint64_t *ret)
{
	const struct contract_entry *entry = get(contract, globals_prefix, name);
	if (!entry || entry->text)
		return false;
	*ret = entry->number;
	return true;
}

const char *contract_text(const struct contract *contract, const char *name)
{
	const struct contract_entry *entry = get(contract, globals_prefix, name);
	return entry ? entry->text : NULL;
}

struct error *contract_require_size(const struct contract *contract, const char *type,
				    uint32_t *ret)
{
	if (contract_type_size(contract, type, ret) && *ret)
		return NULL;
	return error_new(ERROR_UNSUPPORTED, "this runtime's descriptor lacks the size of %s", type);
}

struct error *contract_require_global(const struct contract *contract, const char *name,
				      uint64_t *ret)
{
	if (contract_global(contract, name, ret))
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "this runtime's descriptor (layouts %s) lacks the global %s",
			 contract_layouts(contract), name);
}

const char *contract_version(const struct contract *contract, const char *name)
{
	const struct contract_entry *entry = get(contract, contracts_prefix, name);
	return entry ? entry->text : NULL;
}

void contract_set_unverified(struct contract *contract)
{
	contract->unverified = true;
}

bool contract_unverified(const struct contract *contract)
{
	return contract->unverified;
}

const char *contract_layouts(const struct contract *contract)
{
	return contract->layouts ? contract->layouts : "none";
}

unsigned contract_major(const struct contract *contract)
{
	return contract->major;
}

void contract_checked(struct contract *contract)
{
	contract->checks++;
}

unsigned contract_checks(const struct contract *contract)
{
	return contract->checks;
}

const char *contract_found_by(const struct contract *contract)
{
	return contract->location.found_by;
}

const char *contract_single_file(const struct contract *contract)
{
	const char *path = contract->location.module.path;
	return path && *path && !strstr(path_file_name(path), ".so") ? path : NULL;
}

bool contract_has_descriptor(const struct contract *contract)
{
	return contract->has_descriptor;
}

struct error *read_field(struct reader *reader, uint64_t base, struct field field, const char *what,
			 uint64_t *ret)
{
	if (!field.present)
		return error_new(ERROR_UNSUPPORTED, "this runtime's descriptor lacks a field of %s",
				 what);
	return reader_unsigned(reader, base + field.offset, field.width, what, ret);
}
