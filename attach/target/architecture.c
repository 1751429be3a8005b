#include "attach/target/architecture.h"

#include "base/list.h"

static const struct architecture *const architectures[] = {
	&architecture_x64,
	&architecture_arm64,
};

const struct architecture *architecture_of_elf_machine(uint16_t machine)
{
	for (size_t i = 0; i < COUNT_OF(architectures); i++)
		if (architectures[i]->elf_machine == machine)
			return architectures[i];
	return NULL;
}

const struct architecture *architecture_of_pe_machine(uint16_t machine)
{
	enum { LINUX_MASK = 0x7b79 };
	for (size_t i = 0; i < COUNT_OF(architectures); i++) {
		uint16_t own = architectures[i]->pe_machine;
		if (machine == own || machine == (own ^ LINUX_MASK))
			return architectures[i];
	}
	return NULL;
}

const char *architecture_name(const struct architecture *architecture)
{
	return architecture ? architecture->name : "unknown";
}

size_t architecture_registers_bytes(const struct architecture *architecture)
{
	return (size_t)architecture->register_count * REGISTER_BYTES;
}

unsigned architecture_register_of_dwarf(const struct architecture *architecture, unsigned dwarf)
{
	for (unsigned i = 0; i < architecture->register_count; i++)
		if (architecture->registers[i].dwarf >= 0 &&
		    (unsigned)architecture->registers[i].dwarf == dwarf)
			return i;
	return REGISTER_NONE;
}
