#include "heap/contract/contract.h"

#include "base/cleanup.h"
#include "heap/contract/descriptor_parse.h"
#include "heap/contract/layouts.h"
#include "heap/contract/table_scan.h"

/* contract-descriptor.md, "Contract descriptor in memory": struct DotNetRuntimeContractDescriptor.
 */
static const char descriptor_magic[8] = { 'D', 'N', 'C', 'C', 'D', 'A', 'C', '\0' };
enum {
	DESCRIPTOR_JSON_SIZE = 12,
	DESCRIPTOR_JSON = 16,
	DESCRIPTOR_POINTER_COUNT = 24,
	DESCRIPTOR_POINTERS = 32,
	DESCRIPTOR_BYTES = 40,
	TABLES_A_LAYOUT = 64, /* DAC tables looked at, per layout and module */
};

/* The runtime's own descriptor, read whole. */
struct own_descriptor {
	cJSON *json; /* NULL: none */
	struct pointer_data data;
};

struct search {
	struct reader *reader;
	struct arena *arena;
	contract_acceptor accept;
	void *context;
	struct contract *found;
	struct error *reason; /* of the candidate that came furthest */
};

static void json_cleanup(cJSON **json)
{
	cJSON_Delete(*json);
}

static struct error *pointers_read(struct search *search, uint64_t address, size_t count,
				   struct pointer_data *ret)
{
	uint64_t *pointers = arena_allocate_array(search->arena, count, sizeof(*pointers));
	bool *known = arena_allocate_array(search->arena, count, sizeof(*known));
	if (!pointers || !known)
		return &error_no_memory;
	for (size_t i = 0; i < count; i++)
		known[i] = reader_u64(search->reader, address + i * sizeof(uint64_t), &pointers[i]);
	*ret = (struct pointer_data){ pointers, known, count };
	return NULL;
}

static struct error *own_descriptor_read(struct search *search, uint64_t address,
					 struct own_descriptor *ret)
{
	const uint8_t *head = reader_borrow(search->reader, address, DESCRIPTOR_BYTES);
	if (!head)
		return error_fault(address,
				   "cannot read the runtime's contract descriptor at %#llx",
				   (unsigned long long)address);
	if (memcmp(head, descriptor_magic, sizeof(descriptor_magic)) != 0)
		return error_new(ERROR_BAD_DATA,
				 "the contract descriptor at %#llx lacks its magic number",
				 (unsigned long long)address);
	uint32_t json_size = load_u32(head + DESCRIPTOR_JSON_SIZE);
	uint64_t json_address = load_u64(head + DESCRIPTOR_JSON);
	uint32_t pointer_count = load_u32(head + DESCRIPTOR_POINTER_COUNT);
	uint64_t pointers = load_u64(head + DESCRIPTOR_POINTERS);
	if (json_size > LIMIT_DESCRIPTOR_JSON_BYTES || pointer_count > LIMIT_DESCRIPTOR_POINTERS)
		return error_new(
			ERROR_BAD_DATA,
			"the contract descriptor at %#llx is damaged: %u bytes, %u pointers",
			(unsigned long long)address, json_size, pointer_count);
	const uint8_t *text = reader_borrow(search->reader, json_address, json_size);
	if (!text)
		return error_fault(json_address,
				   "cannot read the contract descriptor's JSON at %#llx",
				   (unsigned long long)json_address);
	TRY(descriptor_json((const char *)text, json_size, "the runtime's contract descriptor",
			    &ret->json));
	return pointers_read(search, pointers, pointer_count, &ret->data);
}

static uint64_t number_at(const cJSON *object, const char *key, int item)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
	if (cJSON_IsArray(value))
		value = cJSON_GetArrayItem(value, item);
	uint64_t number = 0;
	return descriptor_number(value, &number) ? number : 0;
}

/* The index in pointer_data of an indirect global: [[INDEX], TYPE]. */
static uint64_t global_index(const cJSON *descriptor, const char *name)
{
	const cJSON *globals = cJSON_GetObjectItemCaseSensitive(descriptor, "globals");
	const cJSON *pair = cJSON_GetObjectItemCaseSensitive(globals, name);
	uint64_t index = 0;
	return descriptor_number(cJSON_GetArrayItem(cJSON_GetArrayItem(pair, 0), 0), &index) ? index
											     : 0;
}

static const cJSON *gc_descriptor(const cJSON *additions)
{
	return cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(additions, "sub_descriptors"), "GC");
}

static struct table_pattern pattern_of(const cJSON *additions)
{
	const cJSON *scan = cJSON_GetObjectItemCaseSensitive(additions, "scan");
	const cJSON *gc = gc_descriptor(additions);
	return (struct table_pattern){
		.gc_heap_type = number_at(scan, "gc_heap_type", 0),
		.gc_dac_globals = number_at(scan, "gc_dac_globals", 0),
		.generation_size_at = global_index(gc, "GenerationSize") * sizeof(uint64_t),
		.generation_count_at = global_index(gc, "TotalGenerationCount") * sizeof(uint64_t),
		.generation_size_min = number_at(scan, "generation_size", 0),
		.generation_size_max = number_at(scan, "generation_size", 1),
		.generation_count = number_at(scan, "generation_count", 0),
	};
}

/* "field_offset_arrays": offsets that the GC itself lists as an int array; -1: it lacks the field.
 * Where the array is not in the dump the shipped values stay. (gcinterface.dac.h: GcDacVars,
 * generation_field_offsets, gc_heap_field_offsets.) */
static struct error *merge_offset_arrays(struct search *search, struct contract *contract,
					 const cJSON *gc)
{
	const cJSON *type, *field;
	cJSON_ArrayForEach(type, cJSON_GetObjectItemCaseSensitive(gc, "field_offset_arrays"))
	{
		const cJSON *variable = cJSON_GetObjectItemCaseSensitive(type, "variable");
		uint64_t at;
		if (!cJSON_IsString(variable) ||
		    !contract_global(contract, variable->valuestring, &at) || !at)
			continue;
		cJSON_ArrayForEach(field, cJSON_GetObjectItemCaseSensitive(type, "fields"))
		{
			uint32_t offset;
			if (!cJSON_IsString(field) || !reader_u32(search->reader, at, &offset))
				break;
			at += sizeof(offset);
			bool present = (int32_t)offset >= 0;
			TRY(contract_set_field(contract, type->string, field->valuestring, present,
					       present ? offset : 0));
		}
	}
	return NULL;
}

static struct error *merge_gc(struct search *search, struct contract *contract,
			      const cJSON *additions)
{
	const cJSON *gc = gc_descriptor(additions);
	const cJSON *where = cJSON_GetObjectItemCaseSensitive(gc, "pointer_data");
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(where, "variable");
	uint64_t variable, vars, count = number_at(where, "count", 0);
	if (!cJSON_IsString(name) || !contract_global(contract, name->valuestring, &variable))
		return error_new(ERROR_UNSUPPORTED, "the layouts name no GC variables");
	TRY(reader_pointer(search->reader, variable, "the pointer to the GC's variables", &vars));
	struct pointer_data data;
	TRY(pointers_read(search, vars, count, &data));
	TRY(descriptor_merge(contract, gc, &data, "the shipped GC layouts"));
	return merge_offset_arrays(search, contract, gc);
}

/* One candidate: a DAC table (0: none) under a shipped layout (NULL: none) and the runtime's own
 * word. */
static struct error *candidate(struct search *search, const struct runtime_location *location,
			       const struct shipped_layout *layout, const cJSON *additions,
			       uint64_t table, const struct own_descriptor *own)
{
	struct contract *contract;
	TRY(contract_new(search->arena, &contract));
	if (layout && layout->descriptor.size) {
		CLEANUP(json_cleanup) cJSON *json = NULL;
		TRY(descriptor_json(layout->descriptor.bytes, layout->descriptor.size,
				    "a shipped descriptor", &json));
		TRY(descriptor_merge(contract, json, NULL, "a shipped descriptor"));
	}
	const char *name = "the runtime's descriptor";
	if (layout) {
		const cJSON *where = cJSON_GetObjectItemCaseSensitive(additions, "pointer_data");
		struct pointer_data data;
		TRY(pointers_read(search, table, number_at(where, "count", 0), &data));
		TRY(descriptor_merge(contract, additions, &data, "the shipped layouts"));
		TRY(merge_gc(search, contract, additions));
		const cJSON *text = cJSON_GetObjectItemCaseSensitive(additions, "name");
		name = arena_printf(search->arena, "%s",
				    cJSON_IsString(text) ? text->valuestring : "unnamed");
		if (!name)
			return &error_no_memory;
	}
	if (own->json)
		TRY(descriptor_merge(contract, own->json, &own->data,
				     "the runtime's contract descriptor"));
	contract_set_origin(contract, name, layout ? (unsigned)number_at(additions, "major", 0) : 0,
			    own->json != NULL, location);
	if (layout && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(additions, "unverified")))
		contract_set_unverified(contract);
	TRY(search->accept(contract, search->context));
	search->found = contract;
	return NULL;
}

/* Keep the reason of the candidate that came furthest: the last one that had a table. */
static struct error *refused(struct search *search, struct error *error)
{
	if (!error || error->code == ERROR_NO_MEMORY || error->code == ERROR_CANCELLED)
		return error;
	error_free(search->reason);
	search->reason = error;
	return NULL;
}

static struct error *try_layout(struct search *search, const struct runtime_location *location,
				const struct shipped_layout *layout,
				const struct own_descriptor *own)
{
	CLEANUP(json_cleanup) cJSON *additions = NULL;
	TRY(descriptor_json(layout->additions.bytes, layout->additions.size, "a shipped layout",
			    &additions));
	const cJSON *architecture = cJSON_GetObjectItemCaseSensitive(additions, "architecture");
	if (!cJSON_IsString(architecture) ||
	    strcmp(architecture->valuestring,
		   architecture_name(search->reader->target->architecture)) != 0)
		return NULL;
	struct table_pattern pattern = pattern_of(additions);
	uint64_t table = location->dac_table, cursor = 0;
	if (table) {
		if (!table_matches(search->reader, &pattern, table))
			return NULL;
		return refused(search, candidate(search, location, layout, additions, table, own));
	}
	for (int i = 0; i < TABLES_A_LAYOUT && !search->found; i++) {
		if (!table_scan(search->reader, &location->module, &pattern, &cursor, &table))
			break;
		TRY(refused(search, candidate(search, location, layout, additions, table, own)));
	}
	return NULL;
}

static struct error *try_location(struct search *search, const struct runtime_location *location)
{
	struct own_descriptor own = { 0 };
	if (location->descriptor) {
		struct error *error = own_descriptor_read(search, location->descriptor, &own);
		TRY(refused(search, error));
	}
	CLEANUP(json_cleanup) cJSON *json = own.json;
	for (size_t i = 0; i < shipped_layout_count() && !search->found; i++) {
		struct shipped_layout layout = shipped_layout_at(i);
		TRY(try_layout(search, location, &layout, &own));
	}
	if (!search->found && json && !search->reason)
		TRY(refused(search, candidate(search, location, NULL, NULL, 0, &own)));
	return NULL;
}

/* The release that a shared framework's folder is named by: …/Microsoft.NETCore.App/7.0.20/…. */
static const char *release_by_path(const char *path, unsigned *ret_major)
{
	static const char folder[] = "/Microsoft.NETCore.App/";
	const char *found = strstr(path, folder);
	const char *release = found ? found + strlen(folder) : NULL;
	*ret_major = release ? (unsigned)strtoul(release, NULL, 10) : 0;
	return *ret_major ? release : NULL;
}

/* "the runtime is .NET 7.0.20 …": its release is not among those whose layouts are shipped, and it
 * brought none itself. NULL: it is, or it is not known. */
static struct error *unknown_release(const char *path, struct arena *arena)
{
	unsigned major;
	const char *release = release_by_path(path, &major), *majors = "";
	for (size_t i = 0; release && i < shipped_layout_count(); i++) {
		struct shipped_layout layout = shipped_layout_at(i);
		CLEANUP(json_cleanup) cJSON *additions = NULL;
		TRY(descriptor_json(layout.additions.bytes, layout.additions.size,
				    "a shipped layout", &additions));
		unsigned shipped = (unsigned)number_at(additions, "major", 0);
		const char *text = arena_printf(arena, "%u", shipped);
		if (!text)
			return &error_no_memory;
		if (shipped == major)
			return NULL;
		if (!strstr(majors, text))
			majors = arena_printf(arena, "%s%s%s", text, *majors ? ", " : "", majors);
		if (!majors)
			return &error_no_memory;
	}
	if (!release)
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "the runtime is .NET %.*s by its path %s: layouts are shipped for %s",
			 (int)strcspn(release, "/"), release, path, majors);
}

struct error *contract_find(struct reader *reader, const struct runtime_location *locations,
			    size_t count, struct arena *arena, const struct task *task,
			    contract_acceptor accept, void *context, struct contract **ret)
{
	struct search search = { reader, arena, accept, context, NULL, NULL };
	struct error *error = NULL;
	for (size_t i = 0; i < count && !search.found && !error; i++) {
		error = task_check(task, "looking for the .NET runtime");
		if (!error)
			error = try_location(&search, &locations[i]);
	}
	if (!error && !search.found)
		error = reader_check(reader);
	if (error || search.found) {
		error_free(search.reason);
		*ret = search.found;
		return error;
	}
	const char *path = count ? locations[0].module.path : "this target";
	if (count && !locations[0].descriptor)
		error = unknown_release(path, arena);
	if (error) {
		error_free(search.reason);
		return error;
	}
	if (search.reason) {
		bool is_hole = search.reason->code == ERROR_FAULT;
		search.reason->code = ERROR_UNSUPPORTED;
		const char *cut = "";
		if (reader->target->missing_bytes) {
			cut = arena_printf(arena, " (%llu of the dump's %llu bytes are missing)",
					   (unsigned long long)reader->target->missing_bytes,
					   (unsigned long long)reader->target->whole_bytes);
			is_hole = false;
		}
		return error_context(search.reason, "the .NET runtime in %s cannot be verified%s%s",
				     path, cut ? cut : "",
				     is_hole ? ", since memory of it is missing (in place of a "
					       "mini or triage dump take one with clrpod collect "
					       "or createdump --withheap)"
					     : "");
	}
	const struct target *target = reader->target;
	if (target->missing_bytes)
		return error_new(ERROR_UNSUPPORTED,
				 "no table of the .NET runtime is left of %s: the dump is cut "
				 "short, %llu of its %llu bytes are not there",
				 path, (unsigned long long)target->missing_bytes,
				 (unsigned long long)target->whole_bytes);
	return error_new(
		ERROR_UNSUPPORTED,
		"no table of the .NET runtime was found in %s with the layouts shipped for %s; "
		"pass --sysroot DIR with the very libcoreclr.so of the dump",
		path, architecture_name(reader->target->architecture));
}
