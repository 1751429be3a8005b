#include "attach/syscall_code.h"

#include "base/banned.h"
#include "base/list.h"

#include <assert.h>
#include <signal.h>
#include <sys/syscall.h>

/* The first word is the mark, that of every version: it alone is written by the time that a killed
 * writer has written anything. */
static const char mark[] = "clrpod's call 1";

enum { WORD_BYTES = 8, MASK_BYTES = 8 };

struct writer {
	uint8_t *bytes;
	size_t at;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	memcpy(writer->bytes + writer->at, bytes, size);
	writer->at += size;
}

uint64_t syscall_code_entry(uint64_t address)
{
	return address + sizeof(mark);
}

bool syscall_code_is_marked(const uint8_t *bytes)
{
	return !memcmp(bytes, mark, SYSCALL_CODE_MARK_BYTES);
}

#if defined(__x86_64__)

#define PUT(writer, ...)                                                                           \
	put(writer, (const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

enum { INSTRUCTION_BYTES = 2 };

/* A word of the data; what refers to it does so from the end of its instruction. */
static void put_reference(struct writer *writer, const struct writer *data, unsigned word)
{
	int32_t distance =
		(int32_t)(data->at + word * WORD_BYTES - (writer->at + sizeof(distance)));
	put(writer, &distance, sizeof(distance));
}

static void put_number(struct writer *writer, uint32_t number)
{
	put(writer, &number, sizeof(number));
}

/* Where the thread goes on, and with what in rax: an interrupted call is made once more. */
static void find_home(const struct user_regs_struct *registers, uint64_t *ret_rip,
		      uint64_t *ret_rax)
{
	int64_t answer = -(int64_t)registers->rax;
	bool again = answer >= RESTART_FIRST && answer <= RESTART_LAST;
	*ret_rip = registers->rip;
	*ret_rax = registers->rax;
	if ((int64_t)registers->orig_rax < 0 || (!again && answer != RESTART_BLOCK))
		return;
	*ret_rip = registers->rip - INSTRUCTION_BYTES;
	*ret_rax = again ? registers->orig_rax : SYS_restart_syscall;
}

/* What the system call instruction and rt_sigprocmask change. */
enum { RAX, RCX, RDX, RSI, RDI, R8, R10, R11, RIP, MASK, WORDS };

static void put_way_home(struct writer *code, const struct writer *data)
{
	static const struct {
		uint8_t rex, register_bits;
	} loads[] = { [RAX] = { 0x48, 0x05 }, [RCX] = { 0x48, 0x0d }, [RDX] = { 0x48, 0x15 },
		      [RSI] = { 0x48, 0x35 }, [RDI] = { 0x48, 0x3d }, [R8] = { 0x4c, 0x05 },
		      [R10] = { 0x4c, 0x15 }, [R11] = { 0x4c, 0x1d } };
	PUT(code, 0xbf); /* mov edi, SIG_SETMASK */
	put_number(code, SIG_SETMASK);
	PUT(code, 0x48, 0x8d, 0x35); /* lea rsi, [mask] */
	put_reference(code, data, MASK);
	PUT(code, 0xba, 0, 0, 0, 0); /* mov edx, 0 */
	PUT(code, 0x41, 0xba);       /* mov r10d, 8 */
	put_number(code, MASK_BYTES);
	PUT(code, 0xb8); /* mov eax, rt_sigprocmask */
	put_number(code, SYS_rt_sigprocmask);
	PUT(code, 0x0f, 0x05); /* syscall */
	for (unsigned word = 0; word < RIP; word++) {
		PUT(code, loads[word].rex, 0x8b, loads[word].register_bits);
		put_reference(code, data, word);
	}
	PUT(code, 0xff, 0x25); /* jmp [rip] */
	put_reference(code, data, RIP);
}

static void put_end_of_copy(struct writer *code)
{
	static const uint32_t calls[] = { SYS_exit_group, SYS_exit };
	size_t start = code->at;
	PUT(code, 0xbf); /* mov edi, status */
	put_number(code, SYSCALL_COPY_STATUS);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		PUT(code, 0xb8); /* mov eax, call */
		put_number(code, calls[i]);
		PUT(code, 0x0f, 0x05);
	}
	PUT(code, 0xeb, (uint8_t)(start - (code->at + 2))); /* jmp start */
}

bool syscall_code_make(const struct syscall_code *request, uint8_t ret[static SYSCALL_CODE_BYTES])
{
	const struct user_regs_struct *home = &request->home;
	uint64_t words[WORDS] = {
		[RCX] = home->rcx, [RDX] = home->rdx, [RSI] = home->rsi, [RDI] = home->rdi,
		[R8] = home->r8,   [R10] = home->r10, [R11] = home->r11, [MASK] = request->mask
	};
	find_home(home, &words[RIP], &words[RAX]);
	memset(ret, 0, SYSCALL_CODE_BYTES);
	struct writer code = { .bytes = ret };
	struct writer data = { .bytes = ret, .at = SYSCALL_CODE_BYTES - sizeof(words) };
	put(&code, mark, sizeof(mark));
	PUT(&code, 0x0f, 0x05); /* syscall */
	size_t branch = 0;
	if (request->forks) {
		PUT(&code, 0x48, 0x91, 0xe3, 0); /* xchg rax, rcx; jrcxz: neither changes flags */
		branch = code.at;
	}
	put_way_home(&code, &data);
	if (branch)
		ret[branch - 1] = (uint8_t)(code.at - branch);
	put_end_of_copy(&code);
	assert(code.at <= data.at);
	put(&data, words, sizeof(words));
	return true;
}

#elif defined(__aarch64__)

enum { INSTRUCTION_BYTES = 4, NUMBER = 8 }; /* x8 */

/* What the two calls change: the kernel keeps every other register (syscall(2)). */
enum { X0, X1, X2, X3, X4, X8, MASK, WORDS };
static const unsigned restored[] = {
	[X0] = 0, [X1] = 1, [X2] = 2, [X3] = 3, [X4] = 4, [X8] = NUMBER
};

/* Arm Architecture Reference Manual, C6.2. */
static void put_instruction(struct writer *code, uint32_t instruction)
{
	put(code, &instruction, sizeof(instruction));
}

static void put_move(struct writer *code, unsigned number, unsigned value)
{
	put_instruction(code, 0xd2800000 | value << 5 | number); /* movz */
}

static void put_call(struct writer *code)
{
	put_instruction(code, 0xd4000001); /* svc #0 */
}

static uint32_t distance(const struct writer *code, size_t to)
{
	return (uint32_t)((int64_t)to - (int64_t)code->at);
}

static void put_way_home(struct writer *code, const struct writer *data)
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

static void put_end_of_copy(struct writer *code)
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
static bool put_branch_home(struct writer *code, uint64_t from, uint64_t to)
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
	struct writer code = { .bytes = ret };
	struct writer data = { .bytes = ret, .at = SYSCALL_CODE_BYTES - sizeof(words) };
	put(&code, mark, sizeof(mark));
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
	put(&data, words, sizeof(words));
	return true;
}

#endif
