/* Raw reading: MethodTables, instantiations, and a module's tables of types. */
#include "heap/types/type_system.h"

bool type_load(struct reader *reader, uint64_t base, struct field field, uint64_t *ret)
{
	uint64_t address;
	if (!field.present || __builtin_add_overflow(base, field.offset, &address))
		return false;
	const uint8_t *bytes = reader_borrow(reader, address, field.width);
	if (!bytes)
		return false;
	*ret = load_unsigned(bytes, field.width);
	return true;
}

static uint64_t pick(const uint8_t *bytes, struct field field)
{
	return field.present ? load_unsigned(bytes + field.offset, field.width) : 0;
}

/* What proves a MethodTable: its class points back at the canonical one (class.h:
 * EEClass::m_pMethodTable; RuntimeTypeSystem.md, "validate"). The MethodTables of continuations,
 * one for each layout, share a class that leads to none of them
 * (src/coreclr/vm/asynccontinuations.cpp:
 * AsyncContinuationsManager::CreateNewContinuationMethodTable). */
static int class_read(const struct type_system *types, struct reader *reader, uint64_t address,
		      uint64_t class_or_canonical, struct method_table *ret)
{
	const struct type_layout *layout = &types->layout;
	uint64_t class = class_or_canonical, back;
	ret->canonical = address;
	if (class & CANONICAL_TAG) {
		ret->canonical = class & ~(uint64_t)CANONICAL_TAG;
		if (ret->canonical % sizeof(uint64_t) || !ret->canonical)
			return 0;
		if (!type_load(reader, ret->canonical, layout->class_or_canonical, &class))
			return -1;
	}
	if (!class || class % sizeof(uint64_t))
		return 0;
	if (!type_load(reader, class, layout->class_method_table, &back))
		return -1;
	ret->ee_class = class;
	ret->is_continuation = class == types->continuation_class && ret->parent &&
			       ret->parent == types->continuation_method_table;
	if (ret->is_continuation)
		return 1;
	return back == ret->canonical;
}

/*
 * Before .NET 9 the Module of a MethodTable is where it was allocated, which for instantiations
 * over a collectible assembly's types is not the definition's: that is the canonical MethodTable's
 * module, or an override in one of its optional slots, which are in the order of their flags: the
 * first two inside the structure (PerInstInfo is the first of the places; an interface map alone is
 * in the second and leaves the first to the next), the others after the structure and the vtable's
 * chunks (src/coreclr/vm/methodtable.h and methodtable.cpp of release/8.0: GetModule,
 * MultipurposeSlotOffset).
 */
static bool definition_module(const struct type_system *types, struct reader *reader,
			      struct method_table *table)
{
	const struct type_layout *layout = &types->layout;
	uint64_t flags, virtuals, place;
	if (!layout->multipurpose_flags.present || method_table_is_array(table))
		return true;
	if (!type_load(reader, table->canonical, layout->multipurpose_flags, &flags) ||
	    !type_load(reader, table->canonical, layout->virtual_count, &virtuals) ||
	    !type_load(reader, table->canonical, layout->module, &table->module))
		return false;
	if (!(flags & MULTIPURPOSE_MODULE_OVERRIDE))
		return true;
	unsigned lower = flags & MULTIPURPOSE_LOWER_MASK;
	unsigned before =
		lower == MULTIPURPOSE_INTERFACES ? 0 : (unsigned)__builtin_popcount(lower);
	place = table->canonical + layout->instantiation.offset + before * sizeof(uint64_t);
	if (before >= 2)
		place +=
			(virtuals + VIRTUALS_PER_CHUNK - 1) / VIRTUALS_PER_CHUNK * sizeof(uint64_t);
	return reader_u64(reader, place, &table->module);
}

int method_table_read(const struct type_system *types, struct reader *reader, uint64_t address,
		      struct method_table *ret)
{
	const struct type_layout *layout = &types->layout;
	*ret = (struct method_table){ 0 };
	if (!address || address % sizeof(uint64_t))
		return 0;
	const uint8_t *bytes = reader_borrow(reader, address, types->method_table_bytes);
	if (!bytes)
		return -1;
	ret->flags = (uint32_t)pick(bytes, layout->flags);
	ret->base_size = (uint32_t)pick(bytes, layout->base_size);
	if (ret->flags & (uint32_t)METHOD_TABLE_HAS_COMPONENT_SIZE)
		ret->component_size = ret->flags & METHOD_TABLE_COMPONENT_SIZE_MASK;
	/* Free space has no module and no class. */
	if (address == types->free_method_table) {
		ret->is_free = true;
		ret->canonical = address;
		return ret->component_size == 1;
	}
	ret->parent = pick(bytes, layout->parent);
	ret->module = pick(bytes, layout->module);
	ret->instantiation = pick(bytes, layout->instantiation);
	/* Before .NET 9 the row is a field of its own. */
	ret->row = layout->type_def_rid.present
			   ? (uint32_t)pick(bytes, layout->type_def_rid)
			   : (uint32_t)pick(bytes, layout->flags_2) >> METHOD_TABLE_RID_SHIFT;
	if (!ret->module || ret->module % sizeof(uint64_t))
		return 0;
	int answer =
		class_read(types, reader, address, pick(bytes, layout->class_or_canonical), ret);
	if (answer == 1 && !definition_module(types, reader, ret))
		return -1;
	return answer;
}

bool method_table_arguments(const struct type_system *types, struct reader *reader,
			    const struct method_table *table, uint64_t *ret, uint32_t *ret_count)
{
	/* GenericsDictInfo is right before the dictionaries' pointers; this class's own dictionary
	 * is the last of them, the parents' come first. */
	uint64_t info = table->instantiation - sizeof(uint64_t), dictionaries, arguments;
	if (table->instantiation < sizeof(uint64_t) ||
	    !type_load(reader, info, types->layout.dictionaries, &dictionaries) ||
	    !type_load(reader, info, types->layout.arguments, &arguments) || !dictionaries ||
	    dictionaries > LIMIT_PARENT_CHAIN || !arguments || arguments > LIMIT_GENERIC_ARGUMENTS)
		return false;
	*ret_count = (uint32_t)arguments;
	return reader_u64(reader, table->instantiation + (dictionaries - 1) * sizeof(uint64_t),
			  ret) &&
	       *ret;
}

/* Each dimension has two numbers before the elements, its length and its lower bound (Array's form:
 * src/coreclr/vm/object.h, ArrayBase). */
enum { DIMENSION_BYTES = 2 * sizeof(uint32_t) };

uint32_t method_table_rank(const struct type_system *types, struct reader *reader,
			   const struct method_table *table)
{
	const struct type_layout *layout = &types->layout;
	uint64_t rank = 0;
	if (layout->array_rank.present)
		type_load(reader, table->ee_class, layout->array_rank, &rank);
	else if (table->base_size > layout->array_base_size)
		rank = (table->base_size - layout->array_base_size) / DIMENSION_BYTES;
	return rank <= LIMIT_ARRAY_RANK ? (uint32_t)rank : 0;
}

uint64_t type_element_handle(const struct type_system *types, struct reader *reader,
			     uint64_t handle)
{
	struct method_table table;
	uint64_t address = handle & ~(uint64_t)TYPE_HANDLE_TYPE_DESC, flags, element;
	if (!(handle & TYPE_HANDLE_TYPE_DESC))
		return method_table_read(types, reader, handle, &table) == 1 &&
				       method_table_is_array(&table)
			       ? table.instantiation
			       : 0;
	if (!type_load(reader, address, types->layout.desc_flags, &flags))
		return 0;
	flags &= TYPE_DESC_KIND_MASK;
	if ((flags != ELEMENT_PTR && flags != ELEMENT_BYREF) ||
	    !type_load(reader, address, types->layout.desc_argument, &element))
		return 0;
	return element;
}

struct map_block {
	uint64_t data, next;
	uint32_t count;
};

static bool map_block_read(struct heap *heap, uint64_t address, struct map_block *ret)
{
	const struct type_layout *layout = &heap->types->layout;
	uint64_t count;
	if (!type_load(&heap->reader, address, layout->map_data, &ret->data) ||
	    !type_load(&heap->reader, address, layout->map_next, &ret->next) ||
	    !type_load(&heap->reader, address, layout->map_count, &count) ||
	    count > LIMIT_LOOKUP_MAP_ENTRIES)
		return false;
	ret->count = (uint32_t)count;
	return true;
}

/* Entries carry flags below the alignment of what they point to (Loader.md, SupportedFlagsMask). */
static uint64_t map_entry(uint64_t raw)
{
	return raw & ~(uint64_t)(sizeof(uint64_t) - 1);
}

uint64_t type_map_find(struct heap *heap, const struct clr_module *module, struct field map,
		       uint32_t row)
{
	uint64_t address = module->address + map.offset, raw;
	if (!map.present || !row)
		return 0;
	for (uint32_t blocks = 0; address && blocks < LIMIT_LOOKUP_MAP_BLOCKS; blocks++) {
		struct map_block block;
		if (!map_block_read(heap, address, &block))
			return 0;
		if (row < block.count)
			return reader_u64(&heap->reader,
					  block.data + (uint64_t)row * sizeof(uint64_t), &raw)
				       ? map_entry(raw)
				       : 0;
		row -= block.count;
		address = block.next;
	}
	return 0;
}

struct error *type_map_visit(struct heap *heap, const struct clr_module *module, struct field map,
			     token_visitor visit, void *context)
{
	uint64_t address = module->address + map.offset, raw;
	uint32_t row = 0;
	if (!map.present)
		return NULL;
	for (uint32_t blocks = 0; address && blocks < LIMIT_LOOKUP_MAP_BLOCKS; blocks++) {
		struct map_block block;
		if (!map_block_read(heap, address, &block))
			return error_new(ERROR_FAULT, "a map of the tokens of %s cannot be read",
					 *module->path ? module->path : "a dynamic module");
		for (uint32_t i = 0; i < block.count; i++, row++) {
			TRY(task_check(heap->task, "reading a module's map of tokens"));
			if (row > LIMIT_LOOKUP_MAP_ENTRIES)
				return NULL;
			if (!reader_u64(&heap->reader, block.data + (uint64_t)i * sizeof(uint64_t),
					&raw))
				return error_new(ERROR_FAULT,
						 "a map of the tokens of %s cannot be read",
						 *module->path ? module->path : "a dynamic module");
			if (row && map_entry(raw))
				TRY(visit(row, map_entry(raw), context));
		}
		address = block.next;
	}
	return NULL;
}

struct error *type_definitions_visit(struct heap *heap, const struct clr_module *module,
				     token_visitor visit, void *context)
{
	return type_map_visit(heap, module, heap->types->layout.type_def_map, visit, context);
}

struct error *type_references_visit(struct heap *heap, const struct clr_module *module,
				    token_visitor visit, void *context)
{
	return type_map_visit(heap, module, heap->types->layout.type_ref_map, visit, context);
}

/* DacEnumerableHash (Loader.md; src/coreclr/vm/dacenumerablehash.h): the bucket array's first three
 * slots are its length, the next array and the end sentinel; a chain ends at an odd value. The low
 * bit of a value is a flag. */
enum { HASH_SPECIAL_SLOTS = 3, HASH_END = 1, HASH_VALUE_FLAG = 1 };

struct error *type_available_visit(struct heap *heap, const struct clr_module *module,
				   handle_visitor visit, void *context)
{
	const struct type_layout *layout = &heap->types->layout;
	struct reader *reader = &heap->reader;
	uint64_t table, buckets, length, entry, value, visited = 0;
	if (!type_load(reader, module->address, layout->available, &table) || !table ||
	    !type_load(reader, table, layout->hash_buckets, &buckets) || !buckets ||
	    !reader_u64(reader, buckets, &length) || length > LIMIT_HASH_BUCKETS)
		return NULL;
	for (uint64_t i = HASH_SPECIAL_SLOTS; i < length + HASH_SPECIAL_SLOTS; i++) {
		TRY(task_check(heap->task, "reading a module's table of types"));
		if (!reader_u64(reader, buckets + i * sizeof(uint64_t), &entry))
			return NULL;
		for (uint32_t chain = 0; entry && !(entry & HASH_END); chain++) {
			if (chain > LIMIT_HASH_CHAIN || ++visited > LIMIT_TYPES ||
			    !type_load(reader, entry, layout->hash_value, &value))
				break;
			uint64_t node = entry;
			if (value & ~(uint64_t)HASH_VALUE_FLAG)
				TRY(visit(value & ~(uint64_t)HASH_VALUE_FLAG, context));
			if (!type_load(reader, node, layout->hash_next, &entry))
				break;
		}
	}
	return NULL;
}

uint64_t type_shown_class(const struct heap *heap, const struct type *type)
{
	uint64_t version;
	return contract_global(heap->contract, "SOSBreakingChangeVersion", &version)
		       ? type->canonical
		       : type->ee_class;
}

struct error *type_string_table(struct heap *heap, uint64_t *ret)
{
	uint64_t variable;
	TRY(contract_require_global(heap->contract, "StringMethodTable", &variable));
	return reader_pointer(&heap->reader, variable, "the pointer to String's MethodTable", ret);
}
