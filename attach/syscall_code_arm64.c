/* attach/syscall_code.h on arm64. */
#if defined(__aarch64__)

#include "attach/syscall_code_internal.h"

#include "base/banned.h"

#include <assert.h>
#include <signal.h>
#include <sys/syscall.h>

enum { INSTRUCTION_BYTES = 4, NUMBER = 8 }; /* x8 */

/* What the two calls change: the kernel keeps every other register (syscall(2)). */
enum { X0, X1, X2, X3, X4, X8, MASK, WORDS };
static const unsigned restored[] = {
	[X0] = 0, [X1] = 1, [X2] = 2, [X3] = 3, [X4] = 4, [X8] = NUMBER
};

/* Arm Architecture Reference Manual, C6.2. */
static void put_instruction(struct code_writer *code, uint32_t instruction)
{
	code_put(code, &instruction, sizeof(instruction));
}

static void put_move(struct code_writer *code, unsigned number, unsigned value)
{
	put_instruction(code, 0xd2800000 | value << 5 | number); /* movz */
}

static void put_call(struct code_writer *code)
{
	put_instruction(code, 0xd4000001); /* svc #0 */
}

static uint32_t distance(const struct code_writer *code, size_t to)
{
	return (uint32_t)((int64_t)to - (int64_t)code->at);
}

static void put_way_home(struct code_writer *code, const struct code_writer *data)
{
	put_move(code, 0, SIG_SETMASK);
	uint32_t mask = distance(code, data->at + MASK * WORD_BYTES); /* adr x1, mask */
	put_instruction(code, 0x10000001 | (mask & 3) << 29 | (mask >> 2 & 0x7ffff) << 5);
	put_move(code, 2, 0);
	put_move(code, 3, MASK_BYTES);
	put_move(code, NUMBER, SYS_rt_sigprocmask);
	put_call(code);
	for (unsigned word = 0; word < MASK; word++) { /* ldr xN, word */
		uint32_t words = distance(code, data->at + word * WORD_BYTES) >> 2;
		put_instruction(code, 0x58000000 | (words & 0x7ffff) << 5 | restored[word]);
	}
}

static void put_end_of_copy(struct code_writer *code)
{
	size_t start = code->at;
	put_move(code, 0, SYSCALL_COPY_STATUS);
	put_move(code, NUMBER, SYS_exit_group);
	put_call(code);
	put_move(code, NUMBER, SYS_exit);
	put_call(code);
	put_instruction(code, 0x14000000 | (distance(code, start) >> 2 & 0x3ffffff)); /* b start */
}

/* b: a direct branch, 26 bits of instructions either way. */
static bool put_branch_home(struct code_writer *code, uint64_t from, uint64_t to)
{
	const int64_t reach = 128 * 1024 * 1024;
	int64_t far = (int64_t)(to - from);
	if (far < -reach || far >= reach || far % INSTRUCTION_BYTES)
		return false;
	put_instruction(code, 0x14000000 | ((uint32_t)(far / INSTRUCTION_BYTES) & 0x3ffffff));
	return true;
}

bool syscall_code_make(const struct syscall_code *request, uint8_t ret[static SYSCALL_CODE_BYTES])
{
	uint64_t words[WORDS] = { [MASK] = request->mask };
	for (unsigned word = 0; word < MASK; word++)
		words[word] = request->home.regs[restored[word]];
	memset(ret, 0, SYSCALL_CODE_BYTES);
	struct code_writer code = { .bytes = ret };
	struct code_writer data = { .bytes = ret, .at = SYSCALL_CODE_BYTES - sizeof(words) };
	code_put_mark(&code);
	put_call(&code);
	size_t branch = code.at;
	if (request->forks)
		put_instruction(&code, 0); /* cbz x0, the end of the copy: below */
	put_way_home(&code, &data);
	if (!put_branch_home(&code, request->address + code.at, request->home.pc))
		return false;
	if (request->forks) {
		uint32_t words_on = (uint32_t)(code.at - branch) / INSTRUCTION_BYTES;
		uint32_t cbz = 0xb4000000 | words_on << 5;
		memcpy(ret + branch, &cbz, sizeof(cbz));
	}
	put_end_of_copy(&code);
	assert(code.at <= data.at);
	code_put(&data, words, sizeof(words));
	return true;
}

#endif
