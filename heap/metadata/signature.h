/*
 * Signatures (ECMA-335 II.23.2): a field's type as a flat list of nodes in prefix order, decoded
 * without recursion. A node's children follow it; `next` skips a whole subtree. Custom modifiers
 * and `pinned` are dropped. ELEMENT_* are the CorElementType values of II.23.1.16, as the runtime
 * uses them too (dotnet/runtime src/coreclr/inc/corhdr.h: CorElementType).
 */
#ifndef HEAP_METADATA_SIGNATURE_H
#define HEAP_METADATA_SIGNATURE_H

#include "base/arena.h"
#include "base/limits.h"

enum element_type {
	ELEMENT_END = 0x00,
	ELEMENT_VOID = 0x01,
	ELEMENT_BOOLEAN = 0x02,
	ELEMENT_CHAR = 0x03,
	ELEMENT_I1 = 0x04,
	ELEMENT_U1 = 0x05,
	ELEMENT_I2 = 0x06,
	ELEMENT_U2 = 0x07,
	ELEMENT_I4 = 0x08,
	ELEMENT_U4 = 0x09,
	ELEMENT_I8 = 0x0a,
	ELEMENT_U8 = 0x0b,
	ELEMENT_R4 = 0x0c,
	ELEMENT_R8 = 0x0d,
	ELEMENT_STRING = 0x0e,
	ELEMENT_PTR = 0x0f,         /* one child */
	ELEMENT_BYREF = 0x10,       /* one child */
	ELEMENT_VALUETYPE = 0x11,   /* token */
	ELEMENT_CLASS = 0x12,       /* token */
	ELEMENT_VAR = 0x13,         /* number: the class's generic argument */
	ELEMENT_ARRAY = 0x14,       /* one child; number = rank */
	ELEMENT_GENERICINST = 0x15, /* token, is_value_type; children = arguments */
	ELEMENT_TYPEDBYREF = 0x16,
	ELEMENT_I = 0x18,
	ELEMENT_U = 0x19,
	ELEMENT_FNPTR =
		0x1b, /* children = return type, then parameters; number = calling convention */
	ELEMENT_OBJECT = 0x1c,
	ELEMENT_SZARRAY = 0x1d,  /* one child */
	ELEMENT_MVAR = 0x1e,     /* number: the method's generic argument */
	ELEMENT_INTERNAL = 0x21, /* runtime-made: a TypeHandle's address follows, in `handle` */
};

/* Bytes of a primitive, pointers among them, on a 64-bit target (ECMA-335 III.1.1); 0: not one. */
uint8_t element_width(uint8_t element_type);

/* "Int32", "String", "Object" …: the class in namespace System of CoreLib; NULL: not one. */
const char *element_class_name(uint8_t element_type);

struct signature_node {
	uint8_t element_type;
	bool is_value_type; /* GENERICINST over a value type */
	uint32_t token;     /* TypeDef, TypeRef or TypeSpec token */
	uint32_t number;
	uint64_t handle;
	uint32_t children; /* how many */
	uint32_t next;     /* index of the node after this subtree */
};

struct signature {
	const struct signature_node *nodes;
	uint32_t count;
};

/* FieldSig (II.23.2.4): the field's type is nodes[0]. Lives in arena. ERROR_BAD_DATA when it is not
 * one or exceeds LIMIT_SIGNATURE_NODES. */
MUST_CHECK struct error *signature_of_field(const uint8_t *bytes, uint32_t size,
					    struct arena *arena, struct signature *ret);

/* TypeSpec (II.23.2.14): nodes[0]. As above. */
MUST_CHECK struct error *signature_of_type(const uint8_t *bytes, uint32_t size, struct arena *arena,
					   struct signature *ret);

/* MethodDefSig, MethodRefSig (II.23.2.1): nodes[0] is a FNPTR whose children are the return type
 * and the parameters. As above. */
MUST_CHECK struct error *signature_of_method(const uint8_t *bytes, uint32_t size,
					     struct arena *arena, struct signature *ret);

#endif
