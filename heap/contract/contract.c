#include "heap/contract/descriptor_parse.h"

enum { FIRST_CAPACITY = 1024 };

/* "Type.Field", "Type.!" (size), "global NAME", "contract NAME" -> number. One flat table: a few
 * hundred names, looked up at open only. */
struct contract_entry {
	const char *key; /* NULL: an empty slot */
	uint64_t number;
	uint8_t width;
	bool present;
};

struct contract {
	struct arena *arena;
	struct contract_entry *entries;
	size_t capacity, count;
	const char *layouts;
	unsigned major;
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
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++)
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
static struct error *merge_global(struct contract *contract, const cJSON *global,
				  const struct pointer_data *data)
{
	struct contract_entry entry = { .width = 8, .present = true };
	const cJSON *value = global, *type = NULL;
	bool indirect = false;
	if (cJSON_IsArray(value)) {
		indirect = cJSON_GetArraySize(value) == 1;
		type = cJSON_GetArrayItem(value, 1);
		value = cJSON_GetArrayItem(value, 0);
	}
	if (cJSON_IsArray(value)) {
		indirect = true;
		value = cJSON_GetArrayItem(value, 0);
	}
	if (cJSON_IsString(type))
		entry.width = width_of(type->valuestring);
	if (!descriptor_number(value, &entry.number))
		return NULL; /* a string global (Architecture): nothing here asks for those */
	if (indirect) {
		uint64_t index = entry.number;
		if (!data || index >= data->count || !data->known[index])
			return NULL;
		entry.number = data->pointers[index];
		if (entry.width && entry.width < 8)
			entry.number &= ((uint64_t)1 << entry.width * 8) - 1;
	}
	return put(contract, globals_prefix, global->string, &entry);
}

struct error *descriptor_merge(struct contract *contract, const cJSON *descriptor,
			       const struct pointer_data *data, const char *what)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(descriptor, "types"))
	{
		struct error *error = merge_type(contract, item);
		if (error)
			return error_context(error, "cannot use %s", what);
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(descriptor, "globals"))
		TRY(merge_global(contract, item, data));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(descriptor, "contracts"))
	{
		struct contract_entry entry = { .present = true };
		if (descriptor_number(item, &entry.number))
			TRY(put(contract, contracts_prefix, item->string, &entry));
	}
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
	if (!entry)
		return false;
	*ret = entry->number;
	return true;
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

unsigned contract_version(const struct contract *contract, const char *name)
{
	const struct contract_entry *entry = get(contract, contracts_prefix, name);
	return entry ? (unsigned)entry->number : 0;
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
