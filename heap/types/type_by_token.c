/* From definitions and constructions to loaded types: tokens, TypeRefs, AvailableTypeParams. */
#include "base/list.h"
#include "heap/types/type_system.h"

enum { HASH_FACTOR_SHIFT = 29 };

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> HASH_FACTOR_SHIFT;
}

static uint64_t construction_hash(enum element_type kind, uint64_t module, uint32_t row,
				  uint32_t rank, const uint64_t *arguments, uint32_t count)
{
	uint64_t hash = mix(mix(kind, module), (uint64_t)rank << 32 | row);
	for (uint32_t i = 0; i < count; i++)
		hash = mix(hash, arguments[i]);
	return hash ? hash : 1;
}

/* A construction as it is in the target. */
struct raw_construction {
	enum element_type kind; /* ELEMENT_END: none that is looked for */
	uint64_t module;
	uint32_t row, rank, count;
	uint64_t arguments[LIMIT_GENERIC_ARGUMENTS];
};

static void raw_of_method_table(struct heap *heap, uint64_t handle, struct raw_construction *raw)
{
	const struct type_system *types = heap->types;
	struct method_table table;
	uint64_t place;
	if (method_table_read(types, &heap->reader, handle, &table) != 1)
		return;
	if (method_table_is_array(&table)) {
		raw->arguments[0] = table.instantiation;
		raw->count = 1;
		if ((table.flags & METHOD_TABLE_CATEGORY_MASK) == METHOD_TABLE_CATEGORY_SZARRAY) {
			raw->kind = ELEMENT_SZARRAY;
		} else {
			raw->kind = ELEMENT_ARRAY;
			raw->rank = method_table_rank(types, &heap->reader, &table);
		}
		return;
	}
	if (!method_table_is_generic(&table) ||
	    (table.flags & METHOD_TABLE_GENERICS_MASK) == METHOD_TABLE_GENERICS_TYPICAL ||
	    !method_table_arguments(types, &heap->reader, &table, &place, &raw->count) ||
	    !reader_copy(&heap->reader, place, raw->arguments,
			 raw->count * sizeof(*raw->arguments)))
		return;
	raw->kind = ELEMENT_GENERICINST;
	raw->module = table.module;
	raw->row = table.row;
}

static void raw_of_type_desc(struct heap *heap, uint64_t handle, struct raw_construction *raw)
{
	const struct type_layout *layout = &heap->types->layout;
	struct reader *reader = &heap->reader;
	uint64_t address = handle & ~(uint64_t)TYPE_HANDLE_TYPE_DESC, flags, count, convention;
	if (!type_load(reader, address, layout->desc_flags, &flags))
		return;
	enum element_type kind = flags & TYPE_DESC_KIND_MASK;
	if (kind == ELEMENT_PTR || kind == ELEMENT_BYREF) {
		raw->count = 1;
		if (type_load(reader, address, layout->desc_argument, &raw->arguments[0]))
			raw->kind = kind;
	} else if (kind == ELEMENT_FNPTR && layout->function_types.present &&
		   type_load(reader, address, layout->function_arguments, &count) &&
		   type_load(reader, address, layout->function_convention, &convention) &&
		   count < LIMIT_GENERIC_ARGUMENTS &&
		   reader_copy(reader, address + layout->function_types.offset, raw->arguments,
			       ((size_t)count + 1) * sizeof(*raw->arguments))) {
		raw->kind = kind;
		raw->rank = (uint32_t)convention;
		raw->count = (uint32_t)count + 1;
	}
}

static struct error *instance_add(struct type_system *types, uint64_t hash,
				  const struct type_instance *instance)
{
	if (types->instance_count >= LIMIT_TYPES)
		return NULL;
	TRY(LIST_GROW(types->instances, types->instance_count, types->instance_capacity));
	uint32_t index = (uint32_t)types->instance_count, first = UINT32_MAX;
	id_map_find(&types->instance_hashes, hash, &first);
	TRY(id_map_put(&types->instance_hashes, hash, index));
	types->instances[index] = *instance;
	types->instances[index].next = first;
	types->instance_count++;
	return NULL;
}

static struct error *available_visited(uint64_t handle, void *context)
{
	struct heap *heap = context;
	struct raw_construction raw;
	raw.kind = ELEMENT_END;
	raw.module = raw.row = raw.rank = raw.count = 0;
	if (handle & TYPE_HANDLE_TYPE_DESC)
		raw_of_type_desc(heap, handle, &raw);
	else
		raw_of_method_table(heap, handle, &raw);
	if (raw.kind == ELEMENT_END)
		return NULL;
	struct type_instance instance = { handle, raw.module, raw.row, UINT32_MAX };
	return instance_add(heap->types,
			    construction_hash(raw.kind, raw.module, raw.row, raw.rank,
					      raw.arguments, raw.count),
			    &instance);
}

struct error *type_instances_update(struct heap *heap)
{
	struct type_system *types = heap->types;
	struct target *target = heap->target;
	while (types->modules_indexed < heap->modules->count) {
		uint64_t before = target_take_lacks(target);
		struct error *error =
			type_available_visit(heap, heap->modules->modules[types->modules_indexed],
					     available_visited, heap);
		if (!types->instances_lack)
			types->instances_lack = target_take_lacks(target);
		target_note_lack(target, before);
		TRY(error);
		types->modules_indexed++;
	}
	target_note_lack(target, types->instances_lack);
	return NULL;
}

static bool constructed_so(const struct type *type, const struct type_construction *wanted)
{
	switch (wanted->kind) {
	case ELEMENT_GENERICINST:
		return type->is_generic && type->module == wanted->module &&
		       token_row(type->token) == wanted->row &&
		       type->argument_count == wanted->argument_count &&
		       memcmp(type->arguments, wanted->arguments,
			      wanted->argument_count * sizeof(*type->arguments)) == 0;
	case ELEMENT_FNPTR:
		return type->kind == TYPE_FUNCTION_POINTER && type->convention == wanted->rank &&
		       type->argument_count == wanted->argument_count &&
		       memcmp(type->arguments, wanted->arguments,
			      wanted->argument_count * sizeof(*type->arguments)) == 0;
	default:
		return type->element && type->element_type == wanted->kind &&
		       type->element->handle == wanted->arguments[0] &&
		       (wanted->kind != ELEMENT_ARRAY || type->rank == wanted->rank);
	}
}

struct error *type_instance_find(struct heap *heap, const struct type_construction *construction,
				 const struct type **ret)
{
	struct type_system *types = heap->types;
	uint32_t index;
	*ret = NULL;
	TRY(type_instances_update(heap));
	uint64_t hash = construction_hash(construction->kind,
					  construction->module ? construction->module->address : 0,
					  construction->row, construction->rank,
					  construction->arguments, construction->argument_count);
	if (!id_map_find(&types->instance_hashes, hash, &index))
		return NULL;
	for (uint32_t chain = 0; index != UINT32_MAX && chain < LIMIT_HASH_CHAIN; chain++) {
		const struct type *type;
		struct error *error = type_at(heap, types->instances[index].handle, &type);
		if (error_is_fatal(error))
			return error;
		if (!error && constructed_so(type, construction)) {
			*ret = type;
			return NULL;
		}
		error_free(error);
		index = types->instances[index].next;
	}
	return NULL;
}

/* One TypeRef scope or ExportedType implementation: the module it names; *ret NULL: not loaded. */
static struct error *module_of_scope(struct heap *heap, struct clr_module *module,
				     const struct metadata *metadata, uint32_t scope,
				     struct clr_module **ret)
{
	struct assembly_name name;
	*ret = NULL;
	if (token_table(scope) == TABLE_MODULE || !scope)
		*ret = module;
	else if (token_table(scope) == TABLE_ASSEMBLY_REF &&
		 metadata_assembly_ref(metadata, token_row(scope), &name) && name.name)
		return clr_module_find(heap, name.name, ret);
	return NULL;
}

/* A top-level type by name, followed through forwarders (II.22.14) to where it is defined. */
static struct error *definition_find(struct heap *heap, struct clr_module *module,
				     const struct type_ref *wanted, struct clr_module **ret,
				     uint32_t *ret_row)
{
	*ret = NULL;
	for (unsigned hops = 0; module && hops < LIMIT_NESTING; hops++) {
		struct metadata *metadata;
		struct exported_type exported;
		TRY(clr_module_metadata_or_none(heap, module, &metadata));
		if (!metadata)
			return NULL;
		*ret_row = metadata_find_type(metadata, wanted->name_space, wanted->name, 0);
		if (*ret_row) {
			*ret = module;
			return NULL;
		}
		uint32_t row =
			metadata_find_exported_type(metadata, wanted->name_space, wanted->name);
		TRY(task_check(heap->task, "looking for a type"));
		if (!row || !metadata_exported_type(metadata, row, &exported))
			return NULL;
		TRY(module_of_scope(heap, module, metadata, exported.implementation, &module));
	}
	return NULL;
}

/* The module and TypeDef row that a TypeRef means; *ret NULL: its assembly is not loaded or has no
 * such type. */
static struct error *type_ref_resolve(struct heap *heap, struct clr_module *module, uint32_t row,
				      struct clr_module **ret, uint32_t *ret_row)
{
	struct type_ref chain[LIMIT_NESTING];
	struct metadata *metadata;
	size_t depth = 0;
	*ret = NULL;
	TRY(clr_module_metadata(heap, module, &metadata));
	for (uint32_t scope = token_make(TABLE_TYPE_REF, row); token_table(scope) == TABLE_TYPE_REF;
	     scope = chain[depth++].scope)
		if (depth == LIMIT_NESTING ||
		    !metadata_type_ref(metadata, token_row(scope), &chain[depth]))
			return NULL;
	const struct type_ref *outermost = &chain[--depth];
	TRY(module_of_scope(heap, module, metadata, outermost->scope, &module));
	TRY(definition_find(heap, module, outermost, &module, ret_row));
	while (module && depth-- > 0) {
		TRY(clr_module_metadata(heap, module, &metadata));
		*ret_row = metadata_find_type(metadata, chain[depth].name_space, chain[depth].name,
					      *ret_row);
		if (!*ret_row)
			return task_check(heap->task, "looking for a type");
	}
	*ret = module;
	return NULL;
}

/* The element type of an enum's one instance field (II.14.3). */
static uint8_t enum_element(const struct metadata *metadata, const struct type_def *definition)
{
	enum { FIELD_STATIC = 0x10, SIGNATURE_FIELD = 0x06 }; /* II.23.1.5, II.23.2.4 */
	struct member field;
	for (uint32_t i = 0; i < definition->field_count && i < LIMIT_FIELDS; i++)
		if (metadata_field(metadata,
				   metadata_field_row(metadata, definition->first_field + i),
				   &field) &&
		    !(field.flags & FIELD_STATIC))
			return field.signature_size == 2 && field.signature[0] == SIGNATURE_FIELD
				       ? field.signature[1]
				       : ELEMENT_END;
	return ELEMENT_END;
}

/* Is the token System.NAME? Value types are those that extend ValueType or Enum (II.13). */
static bool token_is(const struct metadata *metadata, uint32_t token, const char *name)
{
	struct type_ref reference;
	struct type_def definition;
	if (token_table(token) == TABLE_TYPE_REF)
		return metadata_type_ref(metadata, token_row(token), &reference) &&
		       strcmp(reference.name, name) == 0 &&
		       strcmp(reference.name_space, "System") == 0;
	return token_table(token) == TABLE_TYPE_DEF &&
	       metadata_type_def(metadata, token_row(token), &definition) &&
	       strcmp(definition.name, name) == 0 && strcmp(definition.name_space, "System") == 0;
}

static void describe_unloaded(const struct metadata *metadata, uint32_t row, struct type *type)
{
	enum { CLASS_SEMANTICS_INTERFACE = 0x20 }; /* II.23.1.15 */
	struct type_def definition;
	type->kind = TYPE_CLASS;
	type->element_type = ELEMENT_CLASS;
	type->value_size = sizeof(uint64_t);
	if (!metadata_type_def(metadata, row, &definition))
		return;
	type->attributes = definition.flags;
	if (definition.flags & CLASS_SEMANTICS_INTERFACE) {
		type->kind = TYPE_INTERFACE;
	} else if (token_is(metadata, definition.extends, "Enum")) {
		type->kind = TYPE_ENUM;
		type->element_type = enum_element(metadata, &definition);
		uint8_t width = element_width(type->element_type);
		type->value_size = width ? width : sizeof(uint64_t);
	} else if (token_is(metadata, definition.extends, "ValueType") &&
		   !(strcmp(definition.name, "Enum") == 0 &&
		     strcmp(definition.name_space, "System") == 0)) {
		type->kind = TYPE_STRUCT;
		type->element_type = ELEMENT_VALUETYPE;
		type->value_size = 0;
	}
}

static struct error *unloaded_definition(struct heap *heap, struct clr_module *module, uint32_t row,
					 const struct type **ret)
{
	struct type_system *types = heap->types;
	uint64_t key = ((uint64_t)module->index + 1) << 32 | row;
	uint32_t index;
	struct metadata *metadata;
	struct type_record *record;
	struct type model = { .module = module, .token = token_make(TABLE_TYPE_DEF, row) };
	if (id_map_find(&types->unloaded, key, &index)) {
		*ret = types->unloaded_types[index];
		return NULL;
	}
	TRY(clr_module_metadata(heap, module, &metadata));
	describe_unloaded(metadata, row, &model);
	TRY(task_check(heap->task, "looking for a type")); /* or it is half described */
	if (types->unloaded_count >= LIMIT_TYPES)
		return error_new(ERROR_BAD_DATA, "more than %d types are not loaded", LIMIT_TYPES);
	TRY(LIST_GROW(types->unloaded_types, types->unloaded_count, types->unloaded_capacity));
	TRY(type_new_unloaded(heap, &model, &record));
	TRY(id_map_put(&types->unloaded, key, (uint32_t)types->unloaded_count));
	types->unloaded_types[types->unloaded_count++] = &record->public;
	*ret = &record->public;
	return NULL;
}

/* The type that an entry of a lookup map leads to; *ret NULL: none, or not a type. */
static struct error *mapped_type(struct heap *heap, const struct clr_module *module,
				 struct field map, uint32_t row, const struct type **ret)
{
	uint64_t handle = type_map_find(heap, module, map, row);
	*ret = NULL;
	struct error *error = handle ? type_at(heap, handle, ret) : NULL;
	if (error_take_damage(&error))
		*ret = NULL;
	return error;
}

/* The name of a TypeRef with its enclosing ones, as far as it goes; NULL: out of memory. */
static const char *reference_name(struct heap *heap, const struct metadata *metadata, uint32_t row)
{
	struct type_ref reference;
	const char *name = NULL;
	uint32_t scope = token_make(TABLE_TYPE_REF, row);
	for (unsigned depth = 0; token_table(scope) == TABLE_TYPE_REF && depth < LIMIT_NESTING;
	     depth++) {
		if (!metadata_type_ref(metadata, token_row(scope), &reference))
			break;
		name = arena_printf(&heap->arena, "%s%s%s%s%s", reference.name_space,
				    *reference.name_space ? "." : "", reference.name,
				    name ? "+" : "", name ? name : "");
		if (!name)
			return NULL;
		scope = reference.scope;
	}
	return name ? name : "<unknown type>";
}

/* Named by a TypeRef only: its assembly is not loaded. */
static struct error *unresolved_reference(struct heap *heap, struct clr_module *module,
					  uint32_t row, const struct type **ret)
{
	struct metadata *metadata;
	struct type_record *record;
	struct type model = { .kind = TYPE_CLASS,
			      .element_type = ELEMENT_CLASS,
			      .value_size = sizeof(uint64_t) };
	TRY(clr_module_metadata(heap, module, &metadata));
	TRY(type_new_unloaded(heap, &model, &record));
	const char *name = reference_name(heap, metadata, row);
	record->public.name = record->public.sos_name = record->metadata_name = name;
	record->name_known = record->metadata_name_tried = true;
	*ret = &record->public;
	return name ? NULL : &error_no_memory;
}

struct error *type_of_token(struct heap *heap, struct clr_module *module, uint32_t token,
			    const struct type **ret)
{
	const struct type_layout *layout = &heap->types->layout;
	uint32_t row = token_row(token);
	struct clr_module *definer;
	switch (token_table(token)) {
	case TABLE_TYPE_DEF:
		TRY(mapped_type(heap, module, layout->type_def_map, row, ret));
		return *ret ? NULL : unloaded_definition(heap, module, row, ret);
	case TABLE_TYPE_REF:
		TRY(mapped_type(heap, module, layout->type_ref_map, row, ret));
		if (*ret)
			return NULL;
		TRY(type_ref_resolve(heap, module, row, &definer, &row));
		if (definer)
			return type_of_token(heap, definer, token_make(TABLE_TYPE_DEF, row), ret);
		return unresolved_reference(heap, module, token_row(token), ret);
	default:
		return error_new(ERROR_BAD_DATA, "the token %08x of %s is no type's", token,
				 module->path);
	}
}

struct error *type_of_element(struct heap *heap, enum element_type element, const struct type **ret)
{
	struct metadata *metadata;
	const char *name = element_class_name(element);
	if (!name)
		return error_new(ERROR_BAD_DATA, "the element type %#x is no primitive's", element);
	*ret = heap->types->elements[element];
	if (*ret)
		return NULL;
	struct clr_module *core = heap->modules->core_library;
	if (!core)
		return error_new(ERROR_NOT_FOUND, "System.Private.CoreLib is not known");
	TRY(clr_module_metadata(heap, core, &metadata));
	uint32_t row = metadata_find_type(metadata, "System", name, 0);
	TRY(task_check(heap->task, "looking for a type"));
	if (!row)
		return error_new(ERROR_NOT_FOUND, "%s has no System.%s", core->path, name);
	TRY(type_of_token(heap, core, token_make(TABLE_TYPE_DEF, row), ret));
	heap->types->elements[element] = *ret;
	return NULL;
}
