#include "heap/types/method.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/types/method_signature.h"
#include "heap/types/type_system.h"

struct method_layout {
	struct field chunk_index, flags, token_remainder, slot; /* MethodDesc */
	struct field virtual_count;                             /* MethodTable */
	struct field method_table, flags_and_token_range;       /* MethodDescChunk */
	struct field instantiation, argument_count;             /* InstantiatedMethodDesc */
	struct field dynamic_name, signature, signature_size;   /* DynamicMethodDesc */
	uint64_t alignment, remainder_bits;
	uint32_t chunk_bytes; /* of a MethodDescChunk's own fields */
};

#define SLOT(name) offsetof(struct method_layout, name)
static const struct field_binding bindings[] = {
	{ "MethodDesc", "ChunkIndex", SLOT(chunk_index), true, 1 },
	{ "MethodDesc", "Flags", SLOT(flags), true, 2 },
	{ "MethodDesc", "Flags3AndTokenRemainder", SLOT(token_remainder), true, 2 },
	{ "MethodDesc", "Slot", SLOT(slot), true, 2 },
	{ "MethodTable", "NumVirtuals", SLOT(virtual_count), true, 2 },
	{ "MethodDescChunk", "MethodTable", SLOT(method_table), true, 8 },
	{ "MethodDescChunk", "FlagsAndTokenRange", SLOT(flags_and_token_range), true, 2 },
	{ "InstantiatedMethodDesc", "PerInstInfo", SLOT(instantiation), true, 8 },
	{ "InstantiatedMethodDesc", "NumGenericArgs", SLOT(argument_count), true, 2 },
	{ "DynamicMethodDesc", "MethodName", SLOT(dynamic_name), true, 8 },
	{ "StoredSigMethodDesc", "Sig", SLOT(signature), true, 8 },
	{ "StoredSigMethodDesc", "cSig", SLOT(signature_size), true, 4 },
};

enum { KIND_MASK = 7, TOKEN_BITS = 24 };

static struct error *layout_bind(struct heap *heap, struct method_layout *ret)
{
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), ret));
	TRY(contract_require_global(heap->contract, "MethodDescAlignment", &ret->alignment));
	TRY(contract_require_global(heap->contract, "MethodDescTokenRemainderBitCount",
				    &ret->remainder_bits));
	if (!contract_type_size(heap->contract, "MethodDescChunk", &ret->chunk_bytes) ||
	    ret->remainder_bits >= TOKEN_BITS)
		return error_new(ERROR_UNSUPPORTED, "this runtime's methods have an unknown form");
	return NULL;
}

/* The token's high bits are in the chunk, the others in the MethodDesc; no row: none. */
static uint32_t token_of(const struct method_layout *layout, uint64_t range, uint64_t remainder)
{
	uint32_t low = ((uint32_t)1 << layout->remainder_bits) - 1;
	uint32_t high = ((uint32_t)1 << (TOKEN_BITS - layout->remainder_bits)) - 1;
	uint32_t row =
		((uint32_t)range & high) << layout->remainder_bits | ((uint32_t)remainder & low);
	return row ? token_make(TABLE_METHOD_DEF, row) : 0;
}

/* A wrong token would give another method's name: the metadata must have it in the owner's class.
 */
static struct error *owner_check(struct heap *heap, const struct method *method)
{
	struct metadata *metadata;
	TRY(clr_module_metadata_or_none(heap, method->owner->module, &metadata));
	if (!metadata || !method->token ||
	    metadata_method_owner(metadata, token_row(method->token)) ==
		    token_row(method->owner->token))
		return NULL;
	return error_new(ERROR_BAD_DATA,
			 "there is no method at %#llx: %s has none with the token %08x",
			 (unsigned long long)method->address, type_name(heap, method->owner, NULL),
			 method->token);
}

struct error *method_at(struct heap *heap, uint64_t address, struct method *ret)
{
	static const char what[] = "a method";
	struct reader *reader = &heap->reader;
	struct method_layout layout;
	uint64_t index, flags, remainder, range, method_table;
	TRY(layout_bind(heap, &layout));
	if (address % layout.alignment || !address)
		return error_new(ERROR_BAD_DATA, "there is no method at %#llx",
				 (unsigned long long)address);
	TRY(read_field(reader, address, layout.chunk_index, what, &index));
	TRY(read_field(reader, address, layout.flags, what, &flags));
	TRY(read_field(reader, address, layout.token_remainder, what, &remainder));
	uint64_t chunk = address - layout.chunk_bytes - index * layout.alignment;
	TRY(read_field(reader, chunk, layout.flags_and_token_range, what, &range));
	TRY(read_field(reader, chunk, layout.method_table, what, &method_table));
	*ret = (struct method){ .address = address, .kind = flags & KIND_MASK };
	TRY(type_at(heap, method_table, &ret->owner));
	if (ret->kind == METHOD_DYNAMIC || ret->kind == METHOD_ARRAY)
		return NULL;
	ret->token = token_of(&layout, range, remainder);
	return owner_check(heap, ret);
}

/* A C string; false: unreadable, or longer than LIMIT_SYMBOL_NAME_BYTES. */
static bool append_string(struct reader *reader, uint64_t address, struct text *text)
{
	for (size_t length = 0; length < LIMIT_SYMBOL_NAME_BYTES; length++) {
		const uint8_t *byte = reader_borrow(reader, address + length, 1);
		if (!byte)
			return false;
		if (!*byte)
			return length > 0;
		text_append_char(text, (char)*byte);
	}
	return false;
}

/* A DynamicMethodDesc holds its name and signature itself; its owner is a class of the runtime's
 * making, which SOS calls so. */
static struct error *append_dynamic(struct heap *heap, const struct method *method,
				    const struct method_layout *layout, struct arena *arena,
				    struct text *text, bool *ret_known)
{
	uint64_t name, bytes, size;
	struct signature signature;
	struct reader *reader = &heap->reader;
	static const char what[] = "a dynamic method";
	TRY(read_field(reader, method->address, layout->dynamic_name, what, &name));
	TRY(read_field(reader, method->address, layout->signature, what, &bytes));
	TRY(read_field(reader, method->address, layout->signature_size, what, &size));
	text_append(text, "DynamicClass.");
	if (!append_string(reader, name, text) || size > LIMIT_SIGNATURE_NODES)
		return NULL;
	uint8_t *copy = arena_allocate_array(arena, size, 1);
	if (!copy)
		return &error_no_memory;
	if (!reader_copy(reader, bytes, copy, size))
		return NULL;
	TRY(signature_of_method(copy, (uint32_t)size, arena, &signature));
	return method_parameters_append(heap, &signature, &(struct method_context){ 0 }, text,
					ret_known);
}

enum { ARRAY_PARAMETERS = LIMIT_ARRAY_RANK * 2 }; /* the most: bounds of each dimension */

/* count numbers, then the element, if there is one. */
static struct error *append_array_parameters(struct heap *heap, uint64_t count,
					     const struct type *element, struct text *text,
					     bool *ret_known)
{
	struct signature_node nodes[ARRAY_PARAMETERS + 3] = { 0 };
	uint32_t used = 0;
	nodes[used++].element_type = ELEMENT_FNPTR;
	nodes[used++].element_type = ELEMENT_VOID;
	for (uint64_t i = 0; i < count && i < ARRAY_PARAMETERS; i++)
		nodes[used++].element_type = ELEMENT_I4;
	if (element)
		nodes[used++] = (struct signature_node){ .element_type = ELEMENT_INTERNAL,
							 .handle = element->handle };
	for (uint32_t i = 0; i < used; i++)
		nodes[i].next = i + 1;
	nodes[0].children = used - 1;
	nodes[0].next = used;
	const struct signature signature = { nodes, used };
	return method_parameters_append(heap, &signature, &(struct method_context){ 0 }, text,
					ret_known);
}

/* The runtime makes an array's methods in this order, after the virtual ones (src/coreclr/vm/
 * array.cpp). Of more dimensions there is a second constructor, with lower bounds; of an array of
 * arrays one for each depth. */
static struct error *append_array(struct heap *heap, const struct method *method,
				  const struct method_layout *layout, struct text *text,
				  bool *ret_known)
{
	static const char *const names[] = { "Get", "Set", "Address", ".ctor" };
	enum { SET = 1, CONSTRUCTOR = 3 };
	static const char what[] = "a method of an array";
	const struct type *owner = method->owner;
	uint64_t slot, virtuals;
	bool owner_known;
	TRY(read_field(&heap->reader, method->address, layout->slot, what, &slot));
	TRY(read_field(&heap->reader, owner->handle, layout->virtual_count, what, &virtuals));
	type_name(heap, owner, &owner_known);
	if (slot < virtuals || !owner_known || !owner->element || !owner->rank)
		return NULL;
	uint64_t index = slot - virtuals, count = owner->rank;
	if (index > CONSTRUCTOR)
		count *= index - CONSTRUCTOR + 1;
	if (count > (owner->rank > 1 ? 2u * owner->rank : ARRAY_PARAMETERS))
		return NULL;
	text_printf(text, "%s.%s", type_sos_name(heap, owner),
		    names[index < CONSTRUCTOR ? index : CONSTRUCTOR]);
	return append_array_parameters(heap, count, index == SET ? owner->element : NULL, text,
				       ret_known);
}

/* The arguments of a generic method: handles in its dictionary. */
static struct error *arguments_read(struct heap *heap, const struct method *method,
				    const struct method_layout *layout, struct arena *arena,
				    struct method_context *context)
{
	uint64_t dictionary, count;
	static const char what[] = "a generic method";
	TRY(read_field(&heap->reader, method->address, layout->instantiation, what, &dictionary));
	TRY(read_field(&heap->reader, method->address, layout->argument_count, what, &count));
	if (!dictionary || !count)
		return NULL;
	if (count > LIMIT_GENERIC_ARGUMENTS)
		return error_new(ERROR_BAD_DATA, "the method at %#llx has %llu generic arguments",
				 (unsigned long long)method->address, (unsigned long long)count);
	uint64_t *handles = arena_allocate_array(arena, count, sizeof(*handles));
	if (!handles)
		return &error_no_memory;
	for (uint64_t i = 0; i < count; i++)
		TRY(reader_pointer(&heap->reader, dictionary + i * sizeof(*handles), what,
				   &handles[i]));
	context->arguments = handles;
	context->argument_count = (uint32_t)count;
	return NULL;
}

static struct error *append_arguments(struct heap *heap, const struct method_context *context,
				      struct arena *arena, struct text *text)
{
	const struct type **types =
		arena_allocate_array(arena, context->argument_count, sizeof(*types));
	if (!types)
		return &error_no_memory;
	for (uint32_t i = 0; i < context->argument_count; i++)
		TRY(type_at(heap, context->arguments[i], &types[i]));
	return type_append_brackets(heap, types, context->argument_count, text);
}

static struct error *append_defined(struct heap *heap, const struct method *method,
				    const struct method_layout *layout, struct arena *arena,
				    struct text *text, bool *ret_known)
{
	struct metadata *metadata;
	struct member member;
	struct signature signature;
	struct method_context context = { .module = method->owner->module, .owner = method->owner };
	bool owner_known;
	TRY(clr_module_metadata_or_none(heap, context.module, &metadata));
	if (!metadata || !metadata_method(metadata, token_row(method->token), &member))
		return NULL;
	type_name(heap, method->owner, &owner_known);
	if (!owner_known)
		return NULL;
	text_printf(text, "%s.%s", type_sos_name(heap, method->owner), member.name);
	if (method->kind == METHOD_INSTANTIATED)
		TRY(arguments_read(heap, method, layout, arena, &context));
	if (context.argument_count)
		TRY(append_arguments(heap, &context, arena, text));
	TRY(signature_of_method(member.signature, member.signature_size, arena, &signature));
	return method_parameters_append(heap, &signature, &context, text, ret_known);
}

struct error *method_name(struct heap *heap, const struct method *method, struct arena *arena,
			  const char **ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	struct method_layout layout;
	bool known = false;
	*ret = NULL;
	TRY(layout_bind(heap, &layout));
	struct error *error = NULL;
	if (method->kind == METHOD_DYNAMIC)
		error = append_dynamic(heap, method, &layout, arena, &text, &known);
	else if (method->kind == METHOD_ARRAY)
		error = append_array(heap, method, &layout, &text, &known);
	else if (method->token)
		error = append_defined(heap, method, &layout, arena, &text, &known);
	if (error_is_fatal(error))
		return error;
	known = known && !error;
	error_free(error);
	if (text_failed(&text))
		return &error_no_memory;
	if (known)
		*ret = arena_copy_text(arena, text_string(&text), text.length);
	return known && !*ret ? &error_no_memory : NULL;
}
