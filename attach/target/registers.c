#include "attach/target/registers.h"

#include "base/bytes.h"

#include <assert.h>

static_assert(REGISTERS_MAX <= 64, "the known ones are the bits of a word");

void registers_init(struct registers *registers, const struct architecture *architecture)
{
	*registers = (struct registers){ .architecture = architecture };
}

static uint64_t bit_of(unsigned number)
{
	return (uint64_t)1 << number;
}

void registers_set(struct registers *registers, unsigned number, uint64_t value,
		   struct register_place place)
{
	registers->known |= bit_of(number);
	registers->values[number] = value;
	registers->places[number] = place;
}

void registers_forget(struct registers *registers, unsigned number)
{
	registers->known &= ~bit_of(number);
	registers->values[number] = 0;
	registers->places[number] = (struct register_place){ .kind = REGISTER_NOWHERE };
}

bool registers_get(const struct registers *registers, unsigned number, uint64_t *ret)
{
	if (number >= REGISTERS_MAX || !(registers->known & bit_of(number)))
		return false;
	*ret = registers->values[number];
	return true;
}

struct register_place registers_place(const struct registers *registers, unsigned number)
{
	return number < REGISTERS_MAX ? registers->places[number] : (struct register_place){ 0 };
}

bool registers_pc(const struct registers *registers, uint64_t *ret)
{
	const struct architecture *architecture = registers->architecture;
	return architecture && registers_get(registers, architecture->instruction_pointer, ret);
}

bool registers_sp(const struct registers *registers, uint64_t *ret)
{
	const struct architecture *architecture = registers->architecture;
	return architecture && registers_get(registers, architecture->stack_pointer, ret);
}

bool registers_fp(const struct registers *registers, uint64_t *ret)
{
	const struct architecture *architecture = registers->architecture;
	return architecture && registers_get(registers, architecture->frame_pointer, ret);
}

void registers_from_prstatus(struct registers *ret, const struct architecture *architecture,
			     const uint8_t *bytes, size_t size)
{
	registers_init(ret, architecture);
	for (unsigned i = 0; i < architecture->register_count; i++) {
		size_t counts = architecture->registers[i].size;
		uint64_t value;
		if (!range_within(i * REGISTER_BYTES, REGISTER_BYTES, size))
			return;
		value = load_u64(bytes + i * REGISTER_BYTES);
		if (counts < sizeof(value))
			value &= ((uint64_t)1 << counts * 8) - 1;
		registers_set(ret, i, value, (struct register_place){ .kind = REGISTER_IN_ITSELF });
	}
}

void registers_of_thread(struct registers *ret, const struct target *target,
			 const struct target_thread *thread)
{
	if (target->architecture && thread->note_bytes)
		registers_from_prstatus(ret, target->architecture, thread->note_bytes,
					thread->note_size);
	else
		registers_init(ret, target->architecture);
}
