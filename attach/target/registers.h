/*
 * The general registers of a thread, or of a frame of its stack, as far as they are known: a value
 * each, by the architecture's numbers (attach/target/architecture.h), and where the thread keeps
 * it. A plain value: assigning copies it, nothing is to be freed, and it outlives the visit that
 * the thread was seen in.
 *
 * Of the innermost frame every register is in itself. Of a frame above, a register that a callee
 * has saved is in the target's memory; that address is the place of a root of the GC.
 */
#ifndef ATTACH_TARGET_REGISTERS_H
#define ATTACH_TARGET_REGISTERS_H

#include "attach/target/target.h"

struct register_place {
	enum register_place_kind {
		REGISTER_NOWHERE,   /* calculated, as the caller's stack pointer is; or unknown */
		REGISTER_IN_ITSELF, /* the thread has it in the register of that number */
		REGISTER_IN_MEMORY, /* at the address */
	} kind;
	uint64_t address; /* of REGISTER_IN_MEMORY: where REGISTER_BYTES of the target hold it */
};

struct registers {
	const struct architecture *architecture;
	uint64_t known; /* a bit each, from bit 0 for register 0 */
	uint64_t values[REGISTERS_MAX];
	struct register_place places[REGISTERS_MAX];
};

/* None is known. */
void registers_init(struct registers *registers, const struct architecture *architecture);

/* From here on it is known. `number` is below the architecture's register_count. */
void registers_set(struct registers *registers, unsigned number, uint64_t value,
		   struct register_place place);
void registers_forget(struct registers *registers, unsigned number);

/* False: it is not known, or the architecture has no such register (REGISTER_NONE). */
bool registers_get(const struct registers *registers, unsigned number, uint64_t *ret);

/* REGISTER_NOWHERE of one that is not known. */
struct register_place registers_place(const struct registers *registers, unsigned number);

/* False: it is not known. */
bool registers_pc(const struct registers *registers, uint64_t *ret);
bool registers_sp(const struct registers *registers, uint64_t *ret);
bool registers_fp(const struct registers *registers, uint64_t *ret);

/* From the `size` bytes of a user_regs_struct, which NT_PRSTATUS has from pr_reg on
 * (attach/target/architecture.h), or as many as there are of it: each in itself, with the bytes
 * that count of it; those that the bytes do not hold whole are not known. */
void registers_from_prstatus(struct registers *ret, const struct architecture *architecture,
			     const uint8_t *bytes, size_t size);

/* A thread's, as target_visit_threads() shows it: none is known of one without a note, or of an
 * unknown architecture. */
void registers_of_thread(struct registers *ret, const struct target *target,
			 const struct target_thread *thread);

#endif
