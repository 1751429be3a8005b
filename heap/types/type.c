#include "heap/types/type.h"

#include "base/chain_guard.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "heap/types/type_system.h"

#define SLOT(name) offsetof(struct type_layout, name)
static const struct field_binding bindings[] = {
	{ "MethodTable", "MTFlags", SLOT(flags), true, 4 },
	{ "MethodTable", "BaseSize", SLOT(base_size), true, 4 },
	{ "MethodTable", "MTFlags2", SLOT(flags_2), false, 4 },
	{ "MethodTable", "TypeDefRid", SLOT(type_def_rid), false, 2 },
	{ "MethodTable", "ParentMethodTable", SLOT(parent), true, 8 },
	{ "MethodTable", "Module", SLOT(module), true, 8 },
	{ "MethodTable", "EEClassOrCanonMT", SLOT(class_or_canonical), true, 8 },
	{ "MethodTable", "PerInstInfo", SLOT(instantiation), true, 8 },
	{ "MethodTable", "MultipurposeFlags", SLOT(multipurpose_flags), false, 2 },
	{ "MethodTable", "NumVirtuals", SLOT(virtual_count), false, 2 },
	{ "EEClass", "MethodTable", SLOT(class_method_table), true, 8 },
	{ "EEClass", "CorTypeAttr", SLOT(class_attributes), false, 4 },
	{ "EEClass", "InternalCorElementType", SLOT(class_element_type), true, 1 },
	{ "EEClass", "BaseSizePadding", SLOT(class_padding), false, 1 },
	{ "ArrayClass", "Rank", SLOT(array_rank), false, 1 },
	{ "GenericsDictInfo", "NumDicts", SLOT(dictionaries), true, 2 },
	{ "GenericsDictInfo", "NumTypeArgs", SLOT(arguments), true, 2 },
	{ "TypeDesc", "TypeAndFlags", SLOT(desc_flags), false, 4 },
	{ "ParamTypeDesc", "TypeArg", SLOT(desc_argument), false, 8 },
	{ "TypeVarTypeDesc", "Module", SLOT(variable_module), false, 8 },
	{ "TypeVarTypeDesc", "Token", SLOT(variable_token), false, 4 },
	{ "FnPtrTypeDesc", "NumArgs", SLOT(function_arguments), false, 4 },
	{ "FnPtrTypeDesc", "CallConv", SLOT(function_convention), false, 1 },
	{ "FnPtrTypeDesc", "RetAndArgTypes", SLOT(function_types), false, 0 },
	{ "Module", "TypeDefToMethodTableMap", SLOT(type_def_map), false, 0 },
	{ "Module", "TypeRefToMethodTableMap", SLOT(type_ref_map), false, 0 },
	{ "Module", "AvailableTypeParams", SLOT(available), false, 8 },
	{ "ModuleLookupMap", "TableData", SLOT(map_data), false, 8 },
	{ "ModuleLookupMap", "Next", SLOT(map_next), false, 8 },
	{ "ModuleLookupMap", "Count", SLOT(map_count), false, 4 },
	{ "EETypeHashTable", "Buckets", SLOT(hash_buckets), false, 8 },
	{ "EETypeHashTable", "VolatileEntryValue", SLOT(hash_value), false, 8 },
	{ "EETypeHashTable", "VolatileEntryNextEntry", SLOT(hash_next), false, 8 },
};

enum { POINTER_BYTES = 8 };

static struct error *layout_bind(struct heap *heap, struct type_system *types)
{
	struct type_layout *layout = &types->layout;
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), layout));
	if (!layout->array_rank.present)
		TRY(contract_require_global(heap->contract, "ArrayBaseSize",
					    &layout->array_base_size));
	const struct field *read_at_once[] = {
		&layout->flags,        &layout->base_size,     &layout->flags_2,
		&layout->type_def_rid, &layout->parent,        &layout->class_or_canonical,
		&layout->module,       &layout->instantiation,
	};
	for (size_t i = 0; i < COUNT_OF(read_at_once); i++) {
		struct field field = *read_at_once[i];
		if (field.present && field.offset > LIMIT_METHOD_TABLE_BYTES)
			return error_new(ERROR_BAD_DATA,
					 "the descriptor puts a field of MethodTable at offset %u",
					 field.offset);
		if (field.present && field.offset + field.width > types->method_table_bytes)
			types->method_table_bytes = field.offset + field.width;
	}
	return NULL;
}

/* What a global of the runtime points to; 0: there is no such global, or nothing yet. */
static uint64_t pointer_global(struct heap *heap, const char *name)
{
	uint64_t variable, value;
	if (!contract_global(heap->contract, name, &variable) ||
	    !reader_u64(&heap->reader, variable, &value))
		return 0;
	return value;
}

struct error *type_system_open(struct heap *heap, struct type_system **ret)
{
	struct type_system *types = calloc(1, sizeof(*types));
	if (!types)
		return &error_no_memory;
	*ret = types;
	heap->types = types;
	TRY(type_index_init(&types->index));
	types->free_method_table = pointer_global(heap, "FreeObjectMethodTable");
	types->canon_method_table = pointer_global(heap, "CanonMethodTable");
	types->continuation_method_table = pointer_global(heap, "ContinuationMethodTable");
	types->continuation_class = pointer_global(heap, "ContinuationSingletonEEClass");
	return layout_bind(heap, types);
}

void type_system_close(struct type_system *types)
{
	if (!types)
		return;
	id_map_deinit(&types->by_handle);
	id_map_deinit(&types->not_types);
	id_map_deinit(&types->unloaded);
	id_map_deinit(&types->instance_hashes);
	free(types->unloaded_types);
	free(types->instances);
	type_index_deinit(&types->index);
	free(types);
}

static struct error *type_add(struct heap *heap, const struct type *model)
{
	struct type_system *types = heap->types;
	TRY(type_index_reserve(&types->index));
	struct type_record *record = arena_allocate(&heap->arena, sizeof(*record));
	if (!record)
		return &error_no_memory;
	uint32_t index = type_count(heap);
	TRY(id_map_put(&types->by_handle, model->handle, index));
	record->public = *model;
	record->public.index = index;
	const struct type_walk_entry entry = {
		.base_size = model->base_size,
		.component_size = (uint16_t)model->component_size,
		.valid = true,
		.is_free = model->kind == TYPE_FREE,
		.index = index,
	};
	type_index_add(&types->index, &record->public, &entry);
	return NULL;
}

struct error *type_new_unloaded(struct heap *heap, const struct type *model,
				struct type_record **ret)
{
	struct type_record *record = arena_allocate(&heap->arena, sizeof(*record));
	if (!record)
		return &error_no_memory;
	record->public = *model;
	record->public.handle = 0;
	record->public.index = UINT32_MAX;
	*ret = record;
	return NULL;
}

static const struct type *known(const struct heap *heap, uint64_t handle)
{
	uint32_t index;
	return id_map_find(&heap->types->by_handle, handle, &index)
		       ? type_index_at(&heap->types->index, index)
		       : NULL;
}

/* System.Enum -> System.ValueType -> System.Object: an enum has one ancestor more than a struct. */
static bool parent_is_enum(const struct type_system *types, struct reader *reader, uint64_t parent)
{
	const struct field *up = &types->layout.parent;
	uint64_t value_type, object;
	return type_load(reader, parent, *up, &value_type) && value_type &&
	       type_load(reader, value_type, *up, &object) && object;
}

static void fill_value_type(const struct type_system *types, struct reader *reader,
			    const struct method_table *table, struct type *type)
{
	uint64_t element = ELEMENT_VALUETYPE, padding = 0;
	type->kind = TYPE_STRUCT;
	type->element_type = ELEMENT_VALUETYPE;
	type_load(reader, table->ee_class, types->layout.class_element_type, &element);
	if (!type_load(reader, table->ee_class, types->layout.class_padding, &padding))
		padding = 2 * POINTER_BYTES; /* header and MethodTable */
	type->value_size = padding < table->base_size ? table->base_size - (uint32_t)padding : 0;
	switch (table->flags & METHOD_TABLE_CATEGORY_MASK) {
	case METHOD_TABLE_CATEGORY_TRUE_PRIMITIVE:
		if (element != ELEMENT_TYPEDBYREF)
			type->kind = TYPE_PRIMITIVE;
		type->element_type = (uint8_t)element;
		break;
	case METHOD_TABLE_CATEGORY_PRIMITIVE:
		if (!parent_is_enum(types, reader, table->parent))
			break;
		type->kind = TYPE_ENUM;
		type->element_type = (uint8_t)element;
		break;
	case METHOD_TABLE_CATEGORY_NULLABLE:
		type->is_nullable = true;
		break;
	default:
		break;
	}
}

static void fill_kind(struct heap *heap, struct reader *reader, const struct method_table *table,
		      struct type *type)
{
	const struct type_system *types = heap->types;
	type->value_size = POINTER_BYTES;
	type->element_type = ELEMENT_CLASS;
	type->kind = TYPE_CLASS;
	if (table->is_free) {
		type->kind = TYPE_FREE;
	} else if (method_table_is_array(table)) {
		type->kind = TYPE_ARRAY;
		type->is_single_dimension = (table->flags & METHOD_TABLE_CATEGORY_MASK) ==
					    METHOD_TABLE_CATEGORY_SZARRAY;
		type->element_type = type->is_single_dimension ? ELEMENT_SZARRAY : ELEMENT_ARRAY;
		type->rank = type->is_single_dimension
				     ? 1
				     : (uint8_t)method_table_rank(types, reader, table);
		type->element = known(heap, table->instantiation);
	} else if ((table->flags & METHOD_TABLE_GROUP_MASK) == METHOD_TABLE_CATEGORY_INTERFACE) {
		type->kind = TYPE_INTERFACE;
	} else if ((table->flags & METHOD_TABLE_GROUP_MASK) == METHOD_TABLE_GROUP_VALUE_TYPE) {
		fill_value_type(types, reader, table, type);
	} else if (table->component_size) {
		type->kind = TYPE_STRING;
		type->element_type = ELEMENT_STRING;
	}
}

/* Arguments that cannot be read leave the type without any, and then without a name. */
static struct error *fill_arguments(struct heap *heap, struct reader *reader, uint64_t place,
				    uint32_t count, struct type *type)
{
	uint64_t *arguments = arena_allocate_array(&heap->arena, count, sizeof(*arguments));
	if (!arguments)
		return &error_no_memory;
	if (!reader_copy(reader, place, arguments, count * sizeof(*arguments)))
		return NULL;
	type->arguments = arguments;
	type->argument_count = count;
	return NULL;
}

/* The module of a type: one that is not a module refutes the type, one that cannot be read (a hole
 * in the dump) leaves it without a name. */
static struct error *fill_module(struct heap *heap, uint64_t address, struct type *type)
{
	struct error *error = clr_module_at(heap, address, &type->module);
	if (error_take(&error, ERROR_FAULT))
		type->module = NULL;
	return error;
}

static struct error *method_table_type(struct heap *heap, struct reader *reader, uint64_t handle,
				       struct type *type)
{
	const struct type_system *types = heap->types;
	struct method_table table;
	uint64_t place, attributes;
	uint32_t count;
	int answer = method_table_read(types, reader, handle, &table);
	if (answer < 0)
		return error_fault(handle, "cannot read the MethodTable at %#llx",
				   (unsigned long long)handle);
	if (!answer)
		return error_new(ERROR_BAD_DATA,
				 "%#llx is not a MethodTable: its class does not lead back to it",
				 (unsigned long long)handle);
	type->base_size = table.base_size;
	type->component_size = table.component_size;
	type->canonical = table.canonical;
	type->ee_class = table.ee_class;
	type->parent_handle = table.parent;
	type->is_continuation = table.is_continuation;
	type->contains_pointers = table.flags & METHOD_TABLE_CONTAINS_POINTERS;
	type->is_open = table.flags & METHOD_TABLE_CONTAINS_VARIABLES;
	fill_kind(heap, reader, &table, type);
	if (table.is_free)
		return NULL;
	if (type_load(reader, table.ee_class, types->layout.class_attributes, &attributes))
		type->attributes = (uint32_t)attributes;
	TRY(fill_module(heap, table.module, type));
	if (type->kind == TYPE_ARRAY) {
		type->module = type->element ? type->element->module : NULL;
		return NULL;
	}
	type->token = table.row ? token_make(TABLE_TYPE_DEF, table.row) : 0;
	if (!method_table_is_generic(&table))
		return NULL;
	uint32_t generics = table.flags & METHOD_TABLE_GENERICS_MASK;
	type->is_generic = true;
	type->is_shared = generics == METHOD_TABLE_GENERICS_SHARED;
	type->is_generic_definition = generics == METHOD_TABLE_GENERICS_TYPICAL;
	if (!method_table_arguments(types, reader, &table, &place, &count))
		return NULL;
	return fill_arguments(heap, reader, place, count, type);
}

static struct error *function_type(struct heap *heap, struct reader *reader, uint64_t address,
				   struct type *type)
{
	const struct type_layout *layout = &heap->types->layout;
	uint64_t count, convention;
	if (!layout->function_types.present ||
	    !type_load(reader, address, layout->function_arguments, &count) ||
	    !type_load(reader, address, layout->function_convention, &convention) ||
	    count >= LIMIT_GENERIC_ARGUMENTS)
		return NULL;
	type->convention = (uint8_t)convention;
	return fill_arguments(heap, reader, address + layout->function_types.offset,
			      (uint32_t)count + 1, type);
}

/* src/coreclr/vm/typedesc.h */
static struct error *type_desc_type(struct heap *heap, struct reader *reader, uint64_t handle,
				    struct type *type)
{
	const struct type_layout *layout = &heap->types->layout;
	uint64_t address = handle & ~(uint64_t)TYPE_HANDLE_TYPE_DESC, flags, place, token;
	if (address % sizeof(uint64_t) || !address)
		return error_new(ERROR_BAD_DATA, "%#llx is not a type handle",
				 (unsigned long long)handle);
	if (!type_load(reader, address, layout->desc_flags, &flags))
		return error_fault(address, "cannot read the TypeDesc at %#llx",
				   (unsigned long long)address);
	type->element_type = flags & TYPE_DESC_KIND_MASK;
	type->value_size = POINTER_BYTES;
	switch (type->element_type) {
	case ELEMENT_PTR:
	case ELEMENT_BYREF:
		type->kind = type->element_type == ELEMENT_PTR ? TYPE_POINTER : TYPE_BYREF;
		if (!type_load(reader, address, layout->desc_argument, &place))
			break;
		type->element = known(heap, place);
		type->module = type->element ? type->element->module : NULL;
		type->is_open = type->element && type->element->is_open;
		return NULL;
	case ELEMENT_FNPTR:
		type->kind = TYPE_FUNCTION_POINTER;
		return function_type(heap, reader, address, type);
	case ELEMENT_VAR:
	case ELEMENT_MVAR:
		type->kind = TYPE_VARIABLE;
		type->is_open = true;
		if (!type_load(reader, address, layout->variable_module, &place) ||
		    !type_load(reader, address, layout->variable_token, &token))
			break;
		type->token = (uint32_t)token;
		return fill_module(heap, place, type);
	default:
		return error_new(ERROR_BAD_DATA, "%#llx is not a TypeDesc",
				 (unsigned long long)address);
	}
	return error_fault(address, "cannot read the TypeDesc at %#llx",
			   (unsigned long long)address);
}

static struct error *create(struct heap *heap, struct reader *reader, uint64_t handle)
{
	struct type type = { .handle = handle };
	if (handle & TYPE_HANDLE_TYPE_DESC)
		TRY(type_desc_type(heap, reader, handle, &type));
	else
		TRY(method_table_type(heap, reader, handle, &type));
	return type_add(heap, &type);
}

struct handle_chain {
	uint64_t *handles;
	size_t count, capacity;
};

static void handle_chain_deinit(struct handle_chain *chain)
{
	free(chain->handles);
}

/* The handle, and after it the elements of what it is built of, as far as none is known. An element
 * that is none, or the thing itself, ends the chain. */
static struct error *chain_read(struct heap *heap, struct reader *reader, uint64_t handle,
				struct handle_chain *ret)
{
	struct chain_guard guard = { 0 };
	for (uint64_t next = handle; next && ret->count < LIMIT_ELEMENT_CHAIN &&
				     !known(heap, next) && chain_guard_pass(&guard, next);
	     next = type_element_handle(heap->types, reader, next)) {
		TRY(LIST_GROW(ret->handles, ret->count, ret->capacity));
		ret->handles[ret->count++] = next;
	}
	return NULL;
}

/* Element types are made before what is built of them: a chain, bounded, instead of a recursion. An
 * element that is none leaves the array without it. */
static struct error *make(struct heap *heap, struct reader *reader, uint64_t handle,
			  const struct type **ret)
{
	CLEANUP(handle_chain_deinit) struct handle_chain chain = { 0 };
	TRY(chain_read(heap, reader, handle, &chain));
	while (chain.count-- > 0) {
		if (known(heap, chain.handles[chain.count]))
			continue;
		struct error *error = create(heap, reader, chain.handles[chain.count]);
		if (error && (chain.count == 0 || error_is_fatal(error)))
			return error;
		error_free(error);
	}
	*ret = known(heap, handle);
	return *ret ? NULL
		    : error_new(ERROR_BAD_DATA, "%#llx is not a type handle",
				(unsigned long long)handle);
}

struct error *type_at(struct heap *heap, uint64_t handle, const struct type **ret)
{
	struct error *error = NULL;
	heap_lock(heap);
	*ret = known(heap, handle);
	if (!*ret)
		error = make(heap, &heap->reader, handle, ret);
	heap_unlock(heap);
	return error;
}

const struct type *type_by_index(struct heap *heap, uint32_t index)
{
	return type_index_at(&heap->types->index, index);
}

uint32_t type_count(const struct heap *heap)
{
	return type_index_count(&heap->types->index);
}

struct error *type_argument(struct heap *heap, const struct type *type, uint32_t index,
			    const struct type **ret)
{
	struct type_record *record = type_record_of(type);
	if (index >= type->argument_count)
		return error_new(ERROR_NOT_FOUND, "%#llx has no generic argument %u",
				 (unsigned long long)type->handle, index);
	if (!record->argument_types) {
		record->argument_types = arena_allocate_array(&heap->arena, type->argument_count,
							      sizeof(*record->argument_types));
		if (!record->argument_types)
			return &error_no_memory;
	}
	if (!record->argument_types[index])
		TRY(type_at(heap, type->arguments[index], &record->argument_types[index]));
	*ret = record->argument_types[index];
	return NULL;
}

bool type_is_reference(const struct type *type)
{
	switch (type->kind) {
	case TYPE_CLASS:
	case TYPE_INTERFACE:
	case TYPE_STRING:
	case TYPE_ARRAY:
	case TYPE_FREE:
		return true;
	default:
		return false;
	}
}

/* Refusals are remembered so that a damaged heap is not verified word by word, but not without
 * bound. */
enum refusal { IS_NO_TYPE, IS_UNREADABLE };

static struct error *refuse(struct type_system *types, uint64_t method_table, struct error *error)
{
	if (error_is_fatal(error))
		return error;
	enum refusal refusal = error->code == ERROR_FAULT ? IS_UNREADABLE : IS_NO_TYPE;
	error_free(error);
	if (types->not_types.count >= LIMIT_REFUSED_TYPES)
		id_map_deinit(&types->not_types);
	return id_map_put(&types->not_types, method_table, refusal);
}

bool type_walk_unreadable(struct heap *heap, uint64_t method_table)
{
	uint32_t refusal = IS_NO_TYPE;
	heap_lock(heap);
	bool refused = id_map_find(&heap->types->not_types, method_table, &refusal);
	heap_unlock(heap);
	return refused && refusal == IS_UNREADABLE;
}

const struct type_walk_entry *type_walk_entry_of(const struct heap *heap, uint32_t index)
{
	return type_index_entry(&heap->types->index, index);
}

static struct error *walk_find(struct heap *heap, struct reader *reader, uint64_t method_table,
			       const struct type_walk_entry **ret)
{
	struct type_system *types = heap->types;
	const struct type *type;
	uint32_t index;
	*ret = NULL;
	if (id_map_find(&types->by_handle, method_table, &index)) {
		*ret = type_index_entry(&types->index, index);
		return NULL;
	}
	if (method_table % sizeof(uint64_t) || !method_table)
		return NULL;
	if (id_map_find(&types->not_types, method_table, &index)) {
		if (index == IS_UNREADABLE && !reader->tries)
			target_note_lack(heap->target, method_table);
		return NULL;
	}
	struct error *error = make(heap, reader, method_table, &type);
	if (error)
		return refuse(types, method_table, error);
	*ret = type_index_entry(&types->index, type->index);
	return NULL;
}

struct error *type_walk_find(struct heap *heap, struct reader *reader, uint64_t method_table,
			     const struct type_walk_entry **ret)
{
	heap_lock(heap);
	struct error *error = walk_find(heap, reader, method_table, ret);
	heap_unlock(heap);
	return error;
}
