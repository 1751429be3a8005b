#include "heap/contract/contract.h"

#include "base/cleanup.h"
#include "heap/contract/descriptor_read.h"
#include "heap/contract/layouts.h"
#include "heap/contract/table_scan.h"

enum { TABLES_A_LAYOUT = 64 }; /* DAC tables looked at, per layout and module */

/* Contracts that show what a descriptor is of. */
static const char types_contract[] = "RuntimeTypeSystem", gc_contract[] = "GC";

struct search {
	struct reader *reader;
	struct arena *arena;
	const struct task *task;
	contract_acceptor accept;
	void *context;
	struct contract *found;
	struct error *reason; /* of the candidate that came furthest */
	unsigned reason_checks, checks;
};

static void json_cleanup(cJSON **json)
{
	cJSON_Delete(*json);
}

/* A shipped descriptor; without bytes: none. Its pointers are in another process. */
static struct error *merge_text(struct contract *contract, const struct layout_text *text)
{
	CLEANUP(json_cleanup) cJSON *json = NULL;
	if (!text->size)
		return NULL;
	TRY(descriptor_json(text->bytes, text->size, "a shipped descriptor", &json));
	return descriptor_merge(contract, json, NULL, "a shipped descriptor");
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
			      const struct shipped_layout *layout, const cJSON *additions)
{
	const cJSON *gc = gc_descriptor(additions);
	const cJSON *where = cJSON_GetObjectItemCaseSensitive(gc, "pointer_data");
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(where, "variable");
	uint64_t variable, vars, count = number_at(where, "count", 0);
	if (!cJSON_IsString(name) || !contract_global(contract, name->valuestring, &variable))
		return error_new(ERROR_UNSUPPORTED, "the layouts name no GC variables");
	TRY(reader_pointer(search->reader, variable, "the pointer to the GC's variables", &vars));
	struct pointer_data data;
	TRY(pointer_data_read(search->reader, search->arena, vars, count, &data));
	TRY(merge_text(contract, &layout->gc_descriptor));
	TRY(descriptor_merge(contract, gc, &data, "the shipped GC layouts"));
	return merge_offset_arrays(search, contract, gc);
}

/* What the runtime's own descriptors leave out, by the layouts and the DAC table. */
static struct error *merge_shipped(struct search *search, struct contract *contract,
				   const struct shipped_layout *layout, const cJSON *additions,
				   uint64_t table, const struct own_descriptors *own)
{
	const cJSON *where = cJSON_GetObjectItemCaseSensitive(additions, "pointer_data");
	struct pointer_data data;
	if (!own->count)
		TRY(merge_text(contract, &layout->descriptor));
	TRY(pointer_data_read(search->reader, search->arena, table, number_at(where, "count", 0),
			      &data));
	TRY(descriptor_merge(contract, additions, &data, "the shipped layouts"));
	if (own_descriptors_contract(own, gc_contract))
		return NULL;
	return merge_gc(search, contract, layout, additions);
}

/* Which version of a contract holds: the runtime's own word, or else the layouts'. */
static const char *version_of(const struct contract *contract, const struct own_descriptors *own,
			      const char *name)
{
	const cJSON *version = own_descriptors_contract(own, name);
	if (!version)
		return contract_version(contract, name);
	return cJSON_IsString(version) ? version->valuestring : "(not a name)";
}

/* What the contracts leave a reader to know beside the descriptor. A version that is not known is
 * another algorithm: what needs these constants then lacks them, and of the GC everything does. */
static struct error *merge_constants(struct contract *contract, const struct own_descriptors *own)
{
	const cJSON *constants;
	CLEANUP(json_cleanup) cJSON *json = NULL;
	struct layout_text text = shipped_constants();
	TRY(descriptor_json(text.bytes, text.size, "the shipped constants", &json));
	cJSON_ArrayForEach(constants, json)
	{
		const char *version = version_of(contract, own, constants->string);
		const cJSON *known = cJSON_GetObjectItemCaseSensitive(constants, version);
		if (version && !known && strcmp(constants->string, gc_contract) == 0)
			return error_new(ERROR_UNSUPPORTED,
					 "the runtime describes its %s by version %.32s of that "
					 "contract, which clrpod does not know",
					 constants->string, version);
		if (known)
			TRY(descriptor_merge(contract, known, NULL, "the shipped constants"));
	}
	return NULL;
}

/* One candidate: the runtime's own word, over a DAC table under a shipped layout (NULL: none). */
static struct error *candidate(struct search *search, const struct runtime_location *location,
			       const struct shipped_layout *layout, const cJSON *additions,
			       uint64_t table, const struct own_descriptors *own)
{
	struct contract *contract;
	const char *name = NULL;
	TRY(contract_new(search->arena, &contract));
	if (layout) {
		const cJSON *text = cJSON_GetObjectItemCaseSensitive(additions, "name");
		TRY(merge_shipped(search, contract, layout, additions, table, own));
		name = arena_printf(search->arena, "%s",
				    cJSON_IsString(text) ? text->valuestring : "unnamed");
		if (!name)
			return &error_no_memory;
	}
	TRY(merge_constants(contract, own));
	for (size_t i = 0; i < own->count; i++)
		TRY(descriptor_merge(contract, own->list[i].json, &own->list[i].data,
				     "the runtime's contract descriptor"));
	contract_set_origin(contract, name, layout ? (unsigned)number_at(additions, "major", 0) : 0,
			    own->count > 0, location);
	if (layout && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(additions, "unverified")))
		contract_set_unverified(contract);
	struct error *error = search->accept(contract, search->context);
	search->checks = contract_checks(contract);
	if (!error)
		search->found = contract;
	return error;
}

/* Keep the reason of the candidate that passed most checks; of equals the last one's, but memory
 * that is missing says less than memory that is otherwise. */
static struct error *refused(struct search *search, struct error *error)
{
	unsigned checks = search->checks;
	search->checks = 0;
	if (!error || error_is_fatal(error))
		return error;
	if (search->reason && (checks < search->reason_checks ||
			       (checks == search->reason_checks && error->code == ERROR_FAULT &&
				search->reason->code != ERROR_FAULT))) {
		error_free(error);
		return NULL;
	}
	error_free(search->reason);
	search->reason = error;
	search->reason_checks = checks;
	return NULL;
}

static struct error *try_layout(struct search *search, const struct runtime_location *location,
				const struct shipped_layout *layout,
				const struct own_descriptors *own)
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
	struct scan_place place = { search->reader, &location->module, search->task };
	uint64_t table = location->dac_table, cursor = 0;
	bool found;
	if (table) {
		if (!table_matches(search->reader, &pattern, table))
			return NULL;
		return refused(search, candidate(search, location, layout, additions, table, own));
	}
	for (int i = 0; i < TABLES_A_LAYOUT && !search->found; i++) {
		TRY(table_scan(&place, &pattern, &cursor, &found, &table));
		if (!found)
			break;
		TRY(refused(search, candidate(search, location, layout, additions, table, own)));
	}
	return NULL;
}

/* No symbol says where the descriptor is: its magic number does. A module may have several; the
 * runtime's is the one that describes types. One that cannot be read is none. */
static struct error *own_look_for(struct search *search, const struct elf_module *module,
				  struct own_descriptors *ret)
{
	struct scan_place place = { search->reader, module, search->task };
	uint64_t cursor = 0, address;
	struct error *left_out;
	bool found;
	for (int i = 0; i < LIMIT_DESCRIPTORS; i++) {
		TRY(descriptor_scan(&place, &cursor, &found, &address));
		if (!found)
			break;
		struct error *error = own_descriptors_read(search->reader, search->arena, address,
							   ret, &left_out);
		if (error_is_fatal(error))
			return error;
		if (!error && own_descriptors_contract(ret, types_contract))
			return refused(search, left_out);
		error_free(error);
		error_free(left_out);
		own_descriptors_deinit(ret);
	}
	return NULL;
}

static struct error *own_find(struct search *search, const struct runtime_location *location,
			      struct own_descriptors *ret)
{
	struct error *left_out = NULL;
	if (!location->descriptor)
		return own_look_for(search, &location->module, ret);
	TRY(refused(search, own_descriptors_read(search->reader, search->arena,
						 location->descriptor, ret, &left_out)));
	return refused(search, left_out);
}

/* A runtime that describes all of itself needs no layouts; they are for what is left out. */
static struct error *try_location(struct search *search, const struct runtime_location *location)
{
	CLEANUP(own_descriptors_deinit) struct own_descriptors own = { 0 };
	TRY(own_find(search, location, &own));
	if (own_descriptors_contract(&own, gc_contract))
		TRY(refused(search, candidate(search, location, NULL, NULL, 0, &own)));
	for (size_t i = 0; i < shipped_layout_count() && !search->found; i++) {
		struct shipped_layout layout = shipped_layout_at(i);
		TRY(try_layout(search, location, &layout, &own));
	}
	if (!search->found && own.count && !search->reason)
		search->reason = error_new(ERROR_UNSUPPORTED,
					   "the runtime's contract descriptor does not describe "
					   "its GC, and none of the shipped layouts fits");
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
	struct search search = {
		.reader = reader, .arena = arena, .task = task, .accept = accept, .context = context
	};
	struct error *error = NULL;
	for (size_t i = 0; i < count && !search.found && !error; i++) {
		error = task_check(task, "looking for the .NET runtime");
		if (!error)
			error = try_location(&search, &locations[i]);
	}

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
		if (reader->target->facts.missing_bytes) {
			cut = arena_printf(arena, " (%llu of the dump's %llu bytes are missing)",
					   (unsigned long long)reader->target->facts.missing_bytes,
					   (unsigned long long)reader->target->facts.whole_bytes);
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
	if (target->facts.missing_bytes)
		return error_new(ERROR_UNSUPPORTED,
				 "no table of the .NET runtime is left of %s: the dump is cut "
				 "short, %llu of its %llu bytes are not there",
				 path, (unsigned long long)target->facts.missing_bytes,
				 (unsigned long long)target->facts.whole_bytes);
	/* createdump's heap dumps hold of a program only what was written. */
	bool single_file = count && !strstr(path_file_name(path), ".so");
	return error_new(
		ERROR_UNSUPPORTED,
		"no table of the .NET runtime was found in %s with the layouts shipped for %s; %s",
		path, architecture_name(reader->target->architecture),
		single_file ? "a heap dump of createdump lacks it of such a single-file program: "
			      "take a full one, or one with clrpod collect"
			    : "pass --sysroot DIR with the very libcoreclr.so of the dump");
}
