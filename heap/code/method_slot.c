/* Where a MethodDesc keeps its parts, and the slots of its class. */
#include "base/list.h"
#include "heap/code/method_code.h"
#include "heap/code/method_parts.h"
#include "heap/types/field.h"
#include "heap/types/type_system.h"

#define SLOT(name) offsetof(struct method_parts, name)
static const struct field_binding bindings[] = {
	{ "MethodDesc", "Flags", SLOT(flags), true, 2 },
	{ "MethodDesc", "Flags3AndTokenRemainder", SLOT(flags_3), true, 2 },
	{ "MethodDesc", "Slot", SLOT(slot), true, 2 },
	{ "MethodDesc", "CodeData", SLOT(code_data), false, 8 },
	{ "MethodDescChunk", "MethodTable", SLOT(chunk_table), true, 8 },
	{ "MethodDescChunk", "Next", SLOT(chunk_next), true, 8 },
	{ "MethodDescChunk", "Count", SLOT(chunk_count), true, 1 },
	{ "MethodDescChunk", "Size", SLOT(chunk_size), true, 1 },
	{ "MethodTable", "NumVirtuals", SLOT(virtual_count), true, 2 },
	{ "MethodTable", "NumInterfaces", SLOT(interface_count), true, 2 },
	{ "MethodTable", "AuxiliaryData", SLOT(auxiliary), false, 8 },
	{ "MethodTable", "MultipurposeFlags", SLOT(optional_flags), false, 2 },
	{ "MethodTable", "PerInstInfo", SLOT(first_optional), true, 8 },
	{ "MethodTableAuxiliaryData", "OffsetToNonVirtualSlots", SLOT(non_virtual), false, 2 },
	{ "EEClass", "MethodDescChunk", SLOT(chunks), false, 8 },
	{ "EEClass", "NumMethods", SLOT(method_count), false, 2 },
};

struct error *method_parts_bind(struct heap *heap, struct method_parts *ret)
{
	static const char *const kinds[] = {
		[METHOD_IL] = "MethodDesc",
		[METHOD_FCALL] = "FCallMethodDesc",
		[METHOD_PINVOKE] = "PInvokeMethodDesc",
		[METHOD_EE_IMPLEMENTED] = "EEImplMethodDesc",
		[METHOD_ARRAY] = "ArrayMethodDesc",
		[METHOD_INSTANTIATED] = "InstantiatedMethodDesc",
		[METHOD_DYNAMIC] = "DynamicMethodDesc",
	};
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), ret));
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (!kinds[i] || !contract_type_size(heap->contract, kinds[i], &ret->bytes[i]))
			ret->bytes[i] = 0;
	if (contract_type_size(heap->contract, "MethodDescChunk", &ret->chunk_bytes) &&
	    contract_type_size(heap->contract, "MethodTable", &ret->table_bytes) &&
	    contract_type_size(heap->contract, "MethodImpl", &ret->implementation_bytes) &&
	    ret->bytes[METHOD_IL])
		return contract_require_global(heap->contract, "MethodDescAlignment",
					       &ret->alignment);
	return error_new(ERROR_UNSUPPORTED, "this runtime's methods have an unknown form");
}

struct error *method_state_read(struct heap *heap, const struct method_parts *parts,
				uint64_t method, struct method_flags *ret)
{
	static const char what[] = "a method";
	TRY(read_field(&heap->reader, method, parts->flags, what, &ret->flags));
	TRY(read_field(&heap->reader, method, parts->flags_3, what, &ret->flags_3));
	return read_field(&heap->reader, method, parts->slot, what, &ret->slot);
}

struct error *method_part_address(const struct method_parts *parts, uint64_t method,
				  const struct method_flags *flags, unsigned part, uint64_t *ret)
{
	uint32_t bytes = parts->bytes[flags->flags & METHOD_KIND_MASK];
	*ret = 0;
	if (!bytes)
		return error_new(ERROR_UNSUPPORTED, "the size of the method at %#llx is unknown",
				 (unsigned long long)method);
	if (!(flags->flags & part))
		return NULL;
	*ret = method + bytes;
	if (part != METHOD_HAS_SLOT && flags->flags & METHOD_HAS_SLOT)
		*ret += sizeof(uint64_t);
	if (part == METHOD_HAS_CODE_SLOT && flags->flags & METHOD_HAS_IMPLEMENTATION)
		*ret += parts->implementation_bytes;
	return NULL;
}

struct error *method_slot(struct heap *heap, uint64_t method, uint32_t *ret)
{
	struct method_parts parts;
	struct method_flags flags;
	TRY(method_parts_bind(heap, &parts));
	TRY(method_state_read(heap, &parts, method, &flags));
	*ret = (uint32_t)flags.slot;
	return NULL;
}

static struct error *slots_read(struct heap *heap, const struct method_parts *parts,
				const struct type *type, struct method_slots *ret)
{
	uint64_t virtuals, interfaces;
	TRY(read_field(&heap->reader, type->handle, parts->virtual_count, "a MethodTable",
		       &virtuals));
	TRY(read_field(&heap->reader, type->handle, parts->interface_count, "a MethodTable",
		       &interfaces));
	*ret = (struct method_slots){ (uint32_t)virtuals, (uint32_t)interfaces };
	return NULL;
}

struct error *method_slots_read(struct heap *heap, const struct type *type,
				struct method_slots *ret)
{
	struct method_parts parts;
	TRY(method_parts_bind(heap, &parts));
	return slots_read(heap, &parts, type, ret);
}

/* Virtual slots are in chunks of eight, to which pointers after the MethodTable lead
 * (methodtable.h: VTableIndir_t). */
static struct error *virtual_address(struct heap *heap, const struct method_parts *parts,
				     const struct type *type, uint32_t slot, uint64_t *ret)
{
	uint64_t chunk;
	TRY(reader_pointer(&heap->reader,
			   type->handle + parts->table_bytes +
				   slot / VIRTUALS_PER_CHUNK * sizeof(uint64_t),
			   "a MethodTable's slots", &chunk));
	*ret = chunk + slot % VIRTUALS_PER_CHUNK * sizeof(uint64_t);
	return NULL;
}

struct error *virtual_slot_read(struct heap *heap, const struct type *type, uint32_t slot,
				uint64_t *ret)
{
	struct method_parts parts;
	uint64_t address;
	TRY(method_parts_bind(heap, &parts));
	TRY(virtual_address(heap, &parts, type, slot, &address));
	return reader_pointer(&heap->reader, address, "a MethodTable's slots", ret);
}

/* Before .NET 9 an optional part of the MethodTable is the one slot there is, or leads to all of
 * them. Optional parts are in the order of their flags, the first two inside the structure (a list
 * of interfaces always second), the others after the vtable's chunks (src/coreclr/vm/methodtable.h
 * of release/8.0: c_NonVirtualSlotsOffsets). */
enum {
	OPTIONAL_BEFORE_SLOTS = 0x7,
	OPTIONAL_INTERFACES = 0x2,
	OPTIONAL_SLOTS = 0x8,
	OPTIONAL_INSIDE = 2,
	SINGLE_SLOT = 0x4000,
};

static struct error *optional_slot_address(struct heap *heap, const struct method_parts *parts,
					   const struct type *type, uint64_t index, uint64_t *ret)
{
	static const char what[] = "a MethodTable's slots";
	uint64_t flags, virtuals, array;
	*ret = 0;
	if (!parts->optional_flags.present)
		return error_new(ERROR_UNSUPPORTED,
				 "where this runtime keeps slots that are not virtual is unknown");
	TRY(read_field(&heap->reader, type->handle, parts->optional_flags, what, &flags));
	TRY(read_field(&heap->reader, type->handle, parts->virtual_count, what, &virtuals));
	if (!(flags & OPTIONAL_SLOTS))
		return NULL;
	unsigned before = (unsigned)__builtin_popcountll(flags & OPTIONAL_BEFORE_SLOTS);
	if ((flags & OPTIONAL_BEFORE_SLOTS) == OPTIONAL_INTERFACES)
		before = 0;
	uint64_t place = type->handle + parts->first_optional.offset + before * sizeof(uint64_t);
	if (before >= OPTIONAL_INSIDE)
		place +=
			(virtuals + VIRTUALS_PER_CHUNK - 1) / VIRTUALS_PER_CHUNK * sizeof(uint64_t);
	if (flags & SINGLE_SLOT) {
		*ret = place;
		return NULL;
	}
	TRY(reader_pointer(&heap->reader, place, what, &array));
	*ret = array + index * sizeof(uint64_t);
	return NULL;
}

/* The others grow downwards before the auxiliary data (RuntimeTypeSystem.md,
 * GetAddressOfSlot). */
static struct error *non_virtual_address(struct heap *heap, const struct method_parts *parts,
					 const struct type *type, uint64_t index, uint64_t *ret)
{
	uint64_t data, offset;
	if (!parts->auxiliary.present || !parts->non_virtual.present)
		return optional_slot_address(heap, parts, type, index, ret);
	TRY(read_field(&heap->reader, type->handle, parts->auxiliary, "a MethodTable", &data));
	TRY(read_field(&heap->reader, data, parts->non_virtual, "a MethodTable", &offset));
	*ret = data + (uint64_t)(int64_t)(int16_t)offset - (1 + index) * sizeof(uint64_t);
	return NULL;
}

struct error *method_entry_point(struct heap *heap, const struct method *method, uint64_t *ret)
{
	struct method_parts parts;
	struct method_flags flags;
	struct method_slots slots;
	uint64_t address;
	*ret = 0;
	TRY(method_parts_bind(heap, &parts));
	TRY(method_state_read(heap, &parts, method->address, &flags));
	TRY(method_part_address(&parts, method->address, &flags, METHOD_HAS_SLOT, &address));
	if (!address) {
		TRY(slots_read(heap, &parts, method->owner, &slots));
		if (flags.slot < slots.virtual_count)
			TRY(virtual_address(heap, &parts, method->owner, (uint32_t)flags.slot,
					    &address));
		else
			TRY(non_virtual_address(heap, &parts, method->owner,
						flags.slot - slots.virtual_count, &address));
	}
	return address ? reader_pointer(&heap->reader, address, "a method's slot", ret) : NULL;
}

/* The MethodDescs of one chunk, one after the other. */
static struct error *chunk_append(struct heap *heap, const struct method_parts *parts,
				  uint64_t chunk, uint64_t *list, size_t room, size_t *count)
{
	static const char what[] = "a class's methods";
	uint64_t last, at = chunk + parts->chunk_bytes;
	TRY(read_field(&heap->reader, chunk, parts->chunk_count, what, &last));
	for (uint64_t i = 0; i <= last && *count < room; i++) {
		struct method_flags flags;
		TRY(method_state_read(heap, parts, at, &flags));
		uint32_t bytes = parts->bytes[flags.flags & METHOD_KIND_MASK];
		if (!bytes)
			return error_new(ERROR_UNSUPPORTED,
					 "the size of the method at %#llx is unknown",
					 (unsigned long long)at);
		list[(*count)++] = at;
		bytes += flags.flags & METHOD_HAS_SLOT ? sizeof(uint64_t) : 0;
		bytes += flags.flags & METHOD_HAS_IMPLEMENTATION ? parts->implementation_bytes : 0;
		bytes += flags.flags & METHOD_HAS_CODE_SLOT ? sizeof(uint64_t) : 0;
		bytes += flags.flags & METHOD_HAS_ASYNC_DATA ? parts->async_bytes : 0;
		at += (bytes + parts->alignment - 1) / parts->alignment * parts->alignment;
	}
	return NULL;
}

struct error *methods_of_class(struct heap *heap, const struct type *type, struct arena *arena,
			       uint64_t **ret, size_t *ret_count)
{
	static const char what[] = "a class's methods";
	struct method_parts parts;
	uint64_t chunk;
	*ret_count = 0;
	TRY(method_parts_bind(heap, &parts));
	uint64_t *list = arena_allocate_array(arena, LIMIT_CLASS_METHODS, sizeof(*list));
	if (!list)
		return &error_no_memory;
	*ret = list;
	if (!type->ee_class)
		return NULL;
	contract_type_size(heap->contract, "AsyncMethodData", &parts.async_bytes);
	TRY(read_field(&heap->reader, type->ee_class, parts.chunks, what, &chunk));
	for (unsigned i = 0; chunk && i < LIMIT_CLASS_METHODS; i++) {
		uint64_t owner;
		TRY(read_field(&heap->reader, chunk, parts.chunk_table, what, &owner));
		if (owner != type->canonical)
			return error_new(ERROR_BAD_DATA,
					 "the methods of the class at %#llx are "
					 "damaged",
					 (unsigned long long)type->ee_class);
		TRY(chunk_append(heap, &parts, chunk, list, LIMIT_CLASS_METHODS, ret_count));
		TRY(read_field(&heap->reader, chunk, parts.chunk_next, what, &chunk));
	}
	return NULL;
}

bool method_count_of_class(struct heap *heap, const struct type *type, uint32_t *ret)
{
	struct method_parts parts;
	uint64_t count = 0;
	*ret = 0;
	if (!type->ee_class)
		return false;
	struct error *error = method_parts_bind(heap, &parts);
	if (!error && parts.method_count.present)
		error = read_field(&heap->reader, type->ee_class, parts.method_count, "a class",
				   &count);
	else if (!error)
		error = class_counted_methods(heap, type->ee_class, ret);
	if (count)
		*ret = (uint32_t)count;
	bool known = !error;
	error_free(error);
	return known;
}
