/* attach/syscall_code.h on x64. */
#if defined(__x86_64__)

#include "attach/syscall_code_internal.h"

#include "base/banned.h"
#include "base/list.h"

#include <assert.h>
#include <signal.h>
#include <sys/syscall.h>

#define PUT(writer, ...)                                                                           \
	code_put(writer, (const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }))

enum { INSTRUCTION_BYTES = 2 };

/* A word of the data; what refers to it does so from the end of its instruction. */
static void put_reference(struct code_writer *writer, const struct code_writer *data, unsigned word)
{
	int32_t distance =
		(int32_t)(data->at + word * WORD_BYTES - (writer->at + sizeof(distance)));
	code_put(writer, &distance, sizeof(distance));
}

static void put_number(struct code_writer *writer, uint32_t number)
{
	code_put(writer, &number, sizeof(number));
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

static void put_way_home(struct code_writer *code, const struct code_writer *data)
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

static void put_end_of_copy(struct code_writer *code)
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
	struct code_writer code = { .bytes = ret };
	struct code_writer data = { .bytes = ret, .at = SYSCALL_CODE_BYTES - sizeof(words) };
	code_put_mark(&code);
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
	code_put(&data, words, sizeof(words));
	return true;
}

#endif
