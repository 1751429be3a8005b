#include "attach/seccomp_program.h"

#include "base/banned.h"

#include <stdbool.h>
#include <string.h>

struct machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
	bool bad;
};

static uint32_t *memory_word(struct machine *machine, uint32_t index)
{
	if (index < BPF_MEMWORDS)
		return &machine->memory[index];
	machine->bad = true;
	return &machine->memory[0];
}

static uint32_t load(struct machine *machine, const struct sock_filter *step,
		     const struct seccomp_data *call)
{
	uint32_t word = 0;
	switch (BPF_MODE(step->code)) {
	case BPF_IMM:
		return step->k;
	case BPF_LEN:
		return sizeof(*call);
	case BPF_MEM:
		return *memory_word(machine, step->k);
	case BPF_ABS:
		if (step->k % sizeof(word) == 0 && step->k < sizeof(*call)) {
			memcpy(&word, (const uint8_t *)call + step->k, sizeof(word));
			return word;
		}
		break;
	default:
		break;
	}
	machine->bad = true;
	return 0;
}

static uint32_t calculate(struct machine *machine, unsigned operation, uint32_t by)
{
	enum { BITS = 31 };
	uint32_t a = machine->a;
	switch (operation) {
	case BPF_ADD:
		return a + by;
	case BPF_SUB:
		return a - by;
	case BPF_MUL:
		return a * by;
	case BPF_DIV:
		machine->bad |= !by;
		return by ? a / by : 0;
	case BPF_OR:
		return a | by;
	case BPF_AND:
		return a & by;
	case BPF_XOR:
		return a ^ by;
	case BPF_LSH:
		return a << (by & BITS);
	case BPF_RSH:
		return a >> (by & BITS);
	case BPF_NEG:
		return 0 - a;
	default:
		machine->bad = true;
		return 0;
	}
}

/* How many steps are jumped over. */
static uint32_t jump(struct machine *machine, const struct sock_filter *step, uint32_t with)
{
	switch (BPF_OP(step->code)) {
	case BPF_JA:
		return step->k;
	case BPF_JEQ:
		return machine->a == with ? step->jt : step->jf;
	case BPF_JGT:
		return machine->a > with ? step->jt : step->jf;
	case BPF_JGE:
		return machine->a >= with ? step->jt : step->jf;
	case BPF_JSET:
		return machine->a & with ? step->jt : step->jf;
	default:
		machine->bad = true;
		return 0;
	}
}

uint32_t seccomp_program_run(const struct sock_filter *program, size_t count,
			     const struct seccomp_data *call)
{
	struct machine machine = { 0 };
	for (size_t at = 0; at < count && !machine.bad; at++) {
		const struct sock_filter *step = &program[at];
		uint32_t operand = BPF_SRC(step->code) == BPF_X ? machine.x : step->k;
		switch (BPF_CLASS(step->code)) {
		case BPF_LD:
			machine.a = load(&machine, step, call);
			break;
		case BPF_LDX:
			machine.x = load(&machine, step, call);
			break;
		case BPF_ST:
			*memory_word(&machine, step->k) = machine.a;
			break;
		case BPF_STX:
			*memory_word(&machine, step->k) = machine.x;
			break;
		case BPF_ALU:
			machine.a = calculate(&machine, BPF_OP(step->code), operand);
			break;
		case BPF_JMP:
			at += jump(&machine, step, operand);
			break;
		case BPF_RET:
			return BPF_RVAL(step->code) == BPF_A ? machine.a : step->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(step->code) == BPF_TXA)
				machine.a = machine.x;
			else
				machine.x = machine.a;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}
