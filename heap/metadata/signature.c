#include "heap/metadata/signature.h"

#include "base/bytes.h"
#include "base/list.h"
#include "heap/metadata/compressed_number.h"
#include "heap/metadata/metadata.h"

/* Bytes of signatures that are no nodes: II.23.1.16, and the runtime's own (corhdr.h:
 * CorElementType). */
enum {
	MODIFIER_REQUIRED = 0x1f,
	MODIFIER_OPTIONAL = 0x20,
	MODIFIER_INTERNAL = 0x22, /* runtime-made: one byte "required", then a TypeHandle */
	SENTINEL = 0x41,          /* before the variable arguments of a call */
	PINNED = 0x45,
};

/* II.23.2.1 .. II.23.2.4: the first byte. */
enum {
	CONVENTION_MASK = 0x0f,
	CONVENTION_FIELD = 0x06,
	CONVENTION_GENERIC = 0x10,
};

/* A node whose children are still being read. */
struct open_node {
	uint32_t index, children_left;
};

/* Two passes over the same bytes: the first, with nodes NULL, counts. */
struct decoder {
	const uint8_t *bytes;
	size_t size, position;
	struct signature_node *nodes;
	uint32_t count;
	struct open_node open[LIMIT_NESTING];
	unsigned depth;
	bool is_method; /* the first node is a method's signature, without FNPTR before it */
};

uint8_t element_width(uint8_t element_type)
{
	switch (element_type) {
	case ELEMENT_BOOLEAN:
	case ELEMENT_I1:
	case ELEMENT_U1:
		return 1;
	case ELEMENT_CHAR:
	case ELEMENT_I2:
	case ELEMENT_U2:
		return 2;
	case ELEMENT_I4:
	case ELEMENT_U4:
	case ELEMENT_R4:
		return 4;
	case ELEMENT_I8:
	case ELEMENT_U8:
	case ELEMENT_R8:
	case ELEMENT_I:
	case ELEMENT_U:
	case ELEMENT_PTR:
	case ELEMENT_BYREF:
	case ELEMENT_FNPTR:
		return 8;
	default:
		return 0;
	}
}

const char *element_class_name(uint8_t element_type)
{
	static const char *const names[] = {
		[ELEMENT_VOID] = "Void",     [ELEMENT_BOOLEAN] = "Boolean",
		[ELEMENT_CHAR] = "Char",     [ELEMENT_I1] = "SByte",
		[ELEMENT_U1] = "Byte",       [ELEMENT_I2] = "Int16",
		[ELEMENT_U2] = "UInt16",     [ELEMENT_I4] = "Int32",
		[ELEMENT_U4] = "UInt32",     [ELEMENT_I8] = "Int64",
		[ELEMENT_U8] = "UInt64",     [ELEMENT_R4] = "Single",
		[ELEMENT_R8] = "Double",     [ELEMENT_STRING] = "String",
		[ELEMENT_I] = "IntPtr",      [ELEMENT_U] = "UIntPtr",
		[ELEMENT_OBJECT] = "Object", [ELEMENT_TYPEDBYREF] = "TypedReference",
	};
	return element_type < COUNT_OF(names) ? names[element_type] : NULL;
}

static struct error *bad(const struct decoder *decoder, const char *what)
{
	return error_new(ERROR_BAD_DATA, "a metadata signature of %zu bytes %s at byte %zu",
			 decoder->size, what, decoder->position);
}

static struct error *number(struct decoder *decoder, uint32_t *ret)
{
	if (!compressed_number(decoder->bytes, decoder->size, &decoder->position, ret))
		return bad(decoder, "ends too soon");
	return NULL;
}

static struct error *byte(struct decoder *decoder, uint8_t *ret)
{
	if (decoder->position >= decoder->size)
		return bad(decoder, "ends too soon");
	*ret = decoder->bytes[decoder->position++];
	return NULL;
}

/* TypeDefOrRefOrSpecEncoded, II.23.2.8. */
static struct error *token(struct decoder *decoder, uint32_t *ret)
{
	static const uint8_t tables[] = { TABLE_TYPE_DEF, TABLE_TYPE_REF, TABLE_TYPE_SPEC };
	uint32_t coded = 0;
	TRY(number(decoder, &coded));
	if ((coded & 3) >= COUNT_OF(tables))
		return bad(decoder, "names a type by an unknown table");
	*ret = (uint32_t)tables[coded & 3] << 24 | coded >> 2;
	return NULL;
}

static struct error *handle(struct decoder *decoder, uint64_t *ret)
{
	if (decoder->size - decoder->position < sizeof(*ret))
		return bad(decoder, "ends too soon");
	*ret = load_u64(decoder->bytes + decoder->position);
	decoder->position += sizeof(*ret);
	return NULL;
}

/* The next byte that begins a type, after what is dropped. */
static struct error *skip_modifiers(struct decoder *decoder, uint8_t *ret)
{
	for (;;) {
		uint32_t modifier = 0;
		uint64_t modifier_handle = 0;
		uint8_t required = 0;
		TRY(byte(decoder, ret));
		switch (*ret) {
		case MODIFIER_REQUIRED:
		case MODIFIER_OPTIONAL:
			TRY(token(decoder, &modifier));
			break;
		case MODIFIER_INTERNAL:
			TRY(byte(decoder, &required));
			TRY(handle(decoder, &modifier_handle));
			break;
		case SENTINEL:
		case PINNED:
			break;
		default:
			return NULL;
		}
	}
}

/* GENERICINST, after its own byte: what is instantiated, and how many arguments follow. */
static struct error *generic_instance(struct decoder *decoder, struct signature_node *node)
{
	uint8_t kind = 0;
	TRY(byte(decoder, &kind));
	if (kind == ELEMENT_INTERNAL) {
		TRY(handle(decoder, &node->handle));
	} else if (kind == ELEMENT_CLASS || kind == ELEMENT_VALUETYPE) {
		node->is_value_type = kind == ELEMENT_VALUETYPE;
		TRY(token(decoder, &node->token));
	} else {
		return bad(decoder, "instantiates what is neither class nor struct");
	}
	TRY(number(decoder, &node->children));
	if (!node->children || node->children > LIMIT_GENERIC_ARGUMENTS)
		return bad(decoder, "has an impossible number of generic arguments");
	return NULL;
}

/* FNPTR, after its own byte: a method's convention and counts (II.23.2.1). */
static struct error *function_pointer(struct decoder *decoder, struct signature_node *node)
{
	uint8_t convention = 0;
	uint32_t generic = 0;
	TRY(byte(decoder, &convention));
	if (convention & CONVENTION_GENERIC)
		TRY(number(decoder, &generic));
	TRY(number(decoder, &node->children));
	if (node->children >= LIMIT_SIGNATURE_NODES)
		return bad(decoder, "has an impossible number of parameters");
	node->children++; /* the return type */
	node->number = convention;
	return NULL;
}

static struct error *read_node(struct decoder *decoder, struct signature_node *node)
{
	TRY(skip_modifiers(decoder, &node->element_type));
	switch (node->element_type) {
	case ELEMENT_PTR:
	case ELEMENT_BYREF:
	case ELEMENT_SZARRAY:
	case ELEMENT_ARRAY:
		node->children = 1;
		return NULL;
	case ELEMENT_VALUETYPE:
	case ELEMENT_CLASS:
		return token(decoder, &node->token);
	case ELEMENT_VAR:
	case ELEMENT_MVAR:
		return number(decoder, &node->number);
	case ELEMENT_GENERICINST:
		return generic_instance(decoder, node);
	case ELEMENT_INTERNAL:
		return handle(decoder, &node->handle);
	case ELEMENT_FNPTR:
		return function_pointer(decoder, node);
	case ELEMENT_TYPEDBYREF:
	case ELEMENT_I:
	case ELEMENT_U:
	case ELEMENT_OBJECT:
		return NULL;
	default:
		if (node->element_type >= ELEMENT_VOID && node->element_type <= ELEMENT_STRING)
			return NULL;
		decoder->position--;
		return bad(decoder, "has an unknown element type");
	}
}

/* II.23.2.13, after the element type: rank, sizes, lower bounds. */
static struct error *array_shape(struct decoder *decoder, uint32_t *ret_rank)
{
	TRY(number(decoder, ret_rank));
	if (!*ret_rank || *ret_rank > LIMIT_ARRAY_RANK)
		return bad(decoder, "has an array of impossible rank");
	for (unsigned list = 0; list < 2; list++) {
		uint32_t count = 0, bound = 0;
		TRY(number(decoder, &count));
		if (count > *ret_rank)
			return bad(decoder, "has an array with more bounds than dimensions");
		for (uint32_t i = 0; i < count; i++)
			TRY(number(decoder, &bound));
	}
	return NULL;
}

/* Ends the node on top, and those that end with it. */
static struct error *close_nodes(struct decoder *decoder, uint8_t *kinds)
{
	while (decoder->depth) {
		struct open_node *top = &decoder->open[decoder->depth - 1];
		if (top->children_left)
			return NULL;
		uint32_t rank = 0;
		if (kinds[decoder->depth - 1] == ELEMENT_ARRAY)
			TRY(array_shape(decoder, &rank));
		if (decoder->nodes) {
			struct signature_node *node = &decoder->nodes[top->index];
			node->next = decoder->count;
			if (node->element_type == ELEMENT_ARRAY)
				node->number = rank;
		}
		decoder->depth--;
	}
	return NULL;
}

/* One type, or a whole method as a function pointer: a node and all below it. */
static struct error *read_type(struct decoder *decoder)
{
	uint8_t kinds[LIMIT_NESTING]; /* element types of the open nodes */
	do {
		struct signature_node node = { 0 };
		if (decoder->depth)
			decoder->open[decoder->depth - 1].children_left--;
		if (decoder->is_method && !decoder->count) {
			node.element_type = ELEMENT_FNPTR;
			TRY(function_pointer(decoder, &node));
		} else {
			TRY(read_node(decoder, &node));
		}
		if (decoder->count >= LIMIT_SIGNATURE_NODES)
			return bad(decoder, "has too many types");
		if (decoder->depth >= LIMIT_NESTING)
			return bad(decoder, "nests too deep");
		if (decoder->nodes)
			decoder->nodes[decoder->count] = node;
		kinds[decoder->depth] = node.element_type;
		decoder->open[decoder->depth++] =
			(struct open_node){ decoder->count++, node.children };
		TRY(close_nodes(decoder, kinds));
	} while (decoder->depth);
	return NULL;
}

/* Twice: to count the nodes, and to keep them. */
static struct error *decode(struct decoder *decoder, struct arena *arena, struct signature *ret)
{
	size_t start = decoder->position;
	TRY(read_type(decoder));
	struct signature_node *nodes = arena_allocate_array(arena, decoder->count, sizeof(*nodes));
	if (!nodes)
		return &error_no_memory;
	decoder->nodes = nodes;
	decoder->count = 0;
	decoder->position = start;
	TRY(read_type(decoder));
	ret->nodes = nodes;
	ret->count = decoder->count;
	return NULL;
}

struct error *signature_of_field(const uint8_t *bytes, uint32_t size, struct arena *arena,
				 struct signature *ret)
{
	struct decoder decoder = { .bytes = bytes, .size = size };
	uint8_t convention = 0;
	*ret = (struct signature){ 0 };
	TRY(byte(&decoder, &convention));
	if ((convention & CONVENTION_MASK) != CONVENTION_FIELD)
		return bad(&decoder, "is not a field's");
	return decode(&decoder, arena, ret);
}

struct error *signature_of_type(const uint8_t *bytes, uint32_t size, struct arena *arena,
				struct signature *ret)
{
	struct decoder decoder = { .bytes = bytes, .size = size };
	*ret = (struct signature){ 0 };
	return decode(&decoder, arena, ret);
}

struct error *signature_of_method(const uint8_t *bytes, uint32_t size, struct arena *arena,
				  struct signature *ret)
{
	struct decoder decoder = { .bytes = bytes, .size = size, .is_method = true };
	*ret = (struct signature){ 0 };
	return decode(&decoder, arena, ret);
}
