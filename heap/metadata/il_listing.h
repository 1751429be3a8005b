/*
 * IL, instruction by instruction, with names: for listings (ECMA-335 III). Works on bytes of our
 * own; allocates nothing, and goes through the bytes once.
 */
#ifndef HEAP_METADATA_IL_LISTING_H
#define HEAP_METADATA_IL_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum il_operand {
	IL_OPERAND_NONE,
	IL_OPERAND_TOKEN,     /* of a type or a member */
	IL_OPERAND_SIGNATURE, /* StandAloneSig */
	IL_OPERAND_STRING,    /* a token of the heap of user strings: 0x70 in its highest byte */
	IL_OPERAND_INTEGER,
	IL_OPERAND_REAL,
	IL_OPERAND_BRANCH, /* bits: the target's offset */
	IL_OPERAND_SWITCH, /* bits: how many targets */
	IL_OPERAND_VARIABLE,
};

struct il_instruction {
	uint32_t offset, end; /* bytes from the start of the IL */
	const char *name;
	enum il_operand operand;
	uint8_t operand_size; /* bytes */
	uint64_t bits;
	const uint8_t *targets; /* of a switch */
};

/* The instruction at *position, which moves to its end. false: the end, or what is there is none
 * (*position then stays). */
bool il_listing_next(const uint8_t *il, size_t size, size_t *position, struct il_instruction *ret);

/* The offset that a switch's case leads to. */
uint32_t il_switch_target(const struct il_instruction *instruction, uint32_t index);

#endif
