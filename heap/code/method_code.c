#include "heap/code/method_code.h"

#include "base/list.h"
#include "heap/code/method_parts.h"
#include "heap/code/precode.h"
#include "heap/types/type_system.h"

const char *method_state_name(enum method_state state)
{
	static const char *const names[] = { "NONE", "JIT", "PreJIT" };
	return names[state];
}

struct error *method_of_token(struct heap *heap, const struct clr_module *module, uint32_t token,
			      uint64_t *ret)
{
	struct field map;
	if (!contract_field(heap->contract, "Module", "MethodDefToDescMap", &map))
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks Module.MethodDefToDescMap");
	*ret = token_table(token) == TABLE_METHOD_DEF
		       ? type_map_find(heap, module, map, token_row(token))
		       : 0;
	return NULL;
}

/* What the MethodDesc itself holds: the code of its first version. */
static struct error *first_code(struct heap *heap, const struct method_parts *parts,
				const struct method *method, const struct method_flags *flags,
				uint64_t *ret)
{
	uint64_t address;
	*ret = 0;
	TRY(method_part_address(parts, method->address, flags, METHOD_HAS_CODE_SLOT, &address));
	if (address)
		return reader_pointer(&heap->reader, address, "a method's code", ret);
	if (!(flags->flags_3 & METHOD_STABLE_ENTRY) || flags->flags_3 & METHOD_HAS_PRECODE)
		return NULL;
	struct error *error = method_entry_point(heap, method, ret);
	return error_take(&error, ERROR_UNSUPPORTED) ? NULL : error;
}

/* CodeVersions.md; OptimizationTier: src/coreclr/vm/codeversion.h. */
enum {
	STATE_FIRST_IS_ACTIVE = 4, /* MethodDescVersioningState.Flags */
	NODE_IS_ACTIVE = 1,        /* NativeCodeVersionNode.Flags */
};

struct version_layout {
	struct field versioning, first_tier; /* MethodDescCodeData */
	struct field state_method, state_flags, first_node;
	struct field code, node_method, next, flags, tier; /* NativeCodeVersionNode */
	struct field state_map, map_table, map_size;       /* before .NET 9 */
};

#define SLOT(name) offsetof(struct version_layout, name)
static const struct field_binding bindings[] = {
	{ "MethodDescCodeData", "VersioningState", SLOT(versioning), false, 8 },
	{ "MethodDescCodeData", "OptimizationTier", SLOT(first_tier), false, 4 },
	{ "MethodDescVersioningState", "MethodDesc", SLOT(state_method), false, 8 },
	{ "MethodDescVersioningState", "Flags", SLOT(state_flags), true, 1 },
	{ "MethodDescVersioningState", "NativeCodeVersionNode", SLOT(first_node), true, 8 },
	{ "NativeCodeVersionNode", "NativeCode", SLOT(code), true, 8 },
	{ "NativeCodeVersionNode", "MethodDesc", SLOT(node_method), true, 8 },
	{ "NativeCodeVersionNode", "Next", SLOT(next), true, 8 },
	{ "NativeCodeVersionNode", "Flags", SLOT(flags), true, 4 },
	{ "NativeCodeVersionNode", "OptimizationTier", SLOT(tier), false, 4 },
	{ "AppDomain", "MethodDescVersioningStateMap", SLOT(state_map), false, 0 },
	{ "SHash", "Table", SLOT(map_table), false, 8 },
	{ "SHash", "TableSize", SLOT(map_size), false, 4 },
};

/* Before .NET 9 a table of the AppDomain leads from methods to their states. */
static struct error *state_in_table(struct heap *heap, const struct version_layout *layout,
				    uint64_t method, uint64_t *ret)
{
	static const char what[] = "the table of methods with several versions";
	struct reader *reader = &heap->reader;
	uint64_t variable, domain, table, size, state, owner;
	TRY(contract_require_global(heap->contract, "AppDomain", &variable));
	TRY(reader_pointer(reader, variable, "the AppDomain", &domain));
	uint64_t map = domain + layout->state_map.offset;
	TRY(read_field(reader, map, layout->map_table, what, &table));
	TRY(read_field(reader, map, layout->map_size, what, &size));
	if (size > LIMIT_HASH_BUCKETS)
		return error_new(ERROR_BAD_DATA, "%s at %#llx is damaged", what,
				 (unsigned long long)table);
	for (uint64_t i = 0; i < size; i++) {
		TRY(task_check(heap->task, what));
		TRY(reader_pointer(reader, table + i * sizeof(uint64_t), what, &state));
		if (!state || state == UINT64_MAX)
			continue;
		TRY(read_field(reader, state, layout->state_method, what, &owner));
		if (owner == method) {
			*ret = state;
			return NULL;
		}
	}
	return NULL;
}

/* The MethodDescVersioningState; *ret 0: the method has one version. */
static struct error *state_find(struct heap *heap, const struct method_parts *parts,
				const struct version_layout *layout, uint64_t method, uint64_t *ret)
{
	static const char what[] = "the versions of a method's code";
	uint64_t data;
	*ret = 0;
	if (parts->code_data.present && layout->versioning.present) {
		TRY(read_field(&heap->reader, method, parts->code_data, what, &data));
		return data ? read_field(&heap->reader, data, layout->versioning, what, ret) : NULL;
	}
	if (layout->state_map.present && layout->state_method.present)
		return state_in_table(heap, layout, method, ret);
	return error_new(ERROR_UNSUPPORTED,
			 "where this runtime keeps the versions of a method's code is unknown");
}

static const char *tier_name(uint64_t tier)
{
	static const char *const names[] = {
		"QuickJitted",
		"OptimizedTier1",
		"OptimizedTier1OSR",
		"Optimized",
		"QuickJitted + Instrumented",
		"OptimizedTier1 + Instrumented",
	};
	return tier < COUNT_OF(names) ? names[tier] : "Unknown Tier";
}

static struct error *version_state(struct heap *heap, struct code_version *version)
{
	struct code_place place;
	if (!version->code)
		return NULL;
	TRY(code_starting_at(heap, version->code, &place));
	if (place.kind == CODE_JITTED)
		version->state = METHOD_JITTED;
	if (place.kind == CODE_READY_TO_RUN) {
		version->state = METHOD_PREJITTED;
		version->tier = "ReadyToRun";
	}
	return NULL;
}

/* The version in the MethodDesc itself. Its tier is kept since .NET 11; before, code made by the
 * JIT of a tiered method is of the first tier. */
static struct error *first_version(struct heap *heap, const struct method_parts *parts,
				   const struct version_layout *layout, const struct method *method,
				   struct code_version *ret)
{
	struct method_flags flags;
	uint64_t data = 0, tier = UINT32_MAX;
	*ret = (struct code_version){ .is_active = true };
	TRY(method_state_read(heap, parts, method->address, &flags));
	TRY(first_code(heap, parts, method, &flags, &ret->code));
	if (layout->first_tier.present && parts->code_data.present) {
		TRY(read_field(&heap->reader, method->address, parts->code_data, "a method",
			       &data));
		if (data)
			TRY(read_field(&heap->reader, data, layout->first_tier, "a method", &tier));
	}
	if (flags.flags_3 & METHOD_IS_TIERED)
		ret->tier = tier_name(tier == UINT32_MAX ? 0 : tier);
	return version_state(heap, ret);
}

static struct error *version_read(struct heap *heap, const struct version_layout *layout,
				  uint64_t node, struct code_version *ret)
{
	static const char what[] = "a version of a method's code";
	uint64_t flags, tier;
	*ret = (struct code_version){ .node = node };
	TRY(read_field(&heap->reader, node, layout->code, what, &ret->code));
	TRY(read_field(&heap->reader, node, layout->flags, what, &flags));
	ret->is_active = flags & NODE_IS_ACTIVE;
	if (layout->tier.present) {
		TRY(read_field(&heap->reader, node, layout->tier, what, &tier));
		ret->tier = tier_name(tier);
	}
	return version_state(heap, ret);
}

/* The nodes after the first version; `versions` NULL: counts them. */
static struct error *nodes_read(struct heap *heap, const struct version_layout *layout,
				uint64_t state, const struct method *method,
				struct code_version *versions, size_t *count)
{
	static const char what[] = "the versions of a method's code";
	uint64_t node, owner;
	TRY(read_field(&heap->reader, state, layout->first_node, what, &node));
	for (*count = 0; node && *count < LIMIT_CODE_VERSIONS; ++*count) {
		TRY(read_field(&heap->reader, node, layout->node_method, what, &owner));
		if (owner != method->address)
			return error_new(ERROR_BAD_DATA,
					 "the versions of the method at %#llx are damaged",
					 (unsigned long long)method->address);
		if (versions)
			TRY(version_read(heap, layout, node, &versions[*count]));
		TRY(read_field(&heap->reader, node, layout->next, what, &node));
	}
	return NULL;
}

struct error *method_code_versions(struct heap *heap, const struct method *method,
				   struct arena *arena, struct code_version **ret,
				   size_t *ret_count)
{
	struct method_parts parts;
	struct version_layout layout;
	uint64_t state, flags = STATE_FIRST_IS_ACTIVE;
	size_t count = 0;
	*ret_count = 0;
	TRY(method_parts_bind(heap, &parts));
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &layout));
	TRY(state_find(heap, &parts, &layout, method->address, &state));
	if (state) {
		TRY(read_field(&heap->reader, state, layout.state_flags, "a method", &flags));
		TRY(nodes_read(heap, &layout, state, method, NULL, &count));
	}
	struct code_version *list = arena_allocate_array(arena, count + 1, sizeof(*list));
	if (!list)
		return &error_no_memory;
	TRY(first_version(heap, &parts, &layout, method, &list[0]));
	list[0].is_active = flags & STATE_FIRST_IS_ACTIVE;
	if (count)
		TRY(nodes_read(heap, &layout, state, method, list + 1, &count));
	*ret = list;
	*ret_count = count + 1;
	return NULL;
}

struct error *method_native_code(struct heap *heap, const struct method *method, uint64_t *ret,
				 enum method_state *ret_state)
{
	struct arena arena;
	struct code_version *versions;
	size_t count;
	*ret = 0;
	*ret_state = METHOD_NOT_COMPILED;
	arena_init(&arena);
	struct error *error = method_code_versions(heap, method, &arena, &versions, &count);
	for (size_t i = 0; !error && i < count; i++)
		if (versions[i].is_active) {
			*ret = versions[i].code;
			*ret_state = versions[i].state;
		}
	arena_deinit(&arena);
	return error;
}

static struct error *offset_find(struct heap *heap, const struct method *method, uint64_t ip,
				 struct arena *arena, uint64_t *ret_start)
{
	struct code_place place;
	struct code_version *versions;
	size_t count;
	*ret_start = 0;
	TRY(code_at(heap, ip, arena, &place));
	if (place.method == method->address)
		*ret_start = place.start;
	if (place.kind != CODE_READY_TO_RUN || place.method)
		return NULL;
	TRY(method_code_versions(heap, method, arena, &versions, &count));
	/* What was compiled ahead of time is the first version. */
	if (versions[0].state == METHOD_PREJITTED)
		*ret_start = versions[0].code;
	return NULL;
}

struct error *method_offset_of(struct heap *heap, const struct method *method, uint64_t ip,
			       struct arena *arena, uint64_t *ret, bool *ret_known)
{
	uint64_t start;
	struct error *error = offset_find(heap, method, ip, arena, &start);
	*ret_known = !error && start && ip >= start && ip - start < LIMIT_METHOD_CODE_BYTES;
	*ret = *ret_known ? ip - start : 0;
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

struct error *method_of_entry(struct heap *heap, uint64_t entry, uint64_t *ret)
{
	struct code_place place;
	*ret = 0;
	if (!entry)
		return NULL;
	TRY(precode_method(heap, entry, ret));
	if (*ret)
		return NULL;
	TRY(code_starting_at(heap, entry, &place));
	*ret = place.method;
	if (!*ret) /* it may be a precode that the target lacks, which is noted then */
		reader_borrow(&heap->reader, entry, sizeof(uint64_t));
	return NULL;
}
