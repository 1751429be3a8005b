/* The code that a borrowed thread runs, made for registers of our own and, on this machine, run. */
#include "attach/seccomp_program.h"
#include "attach/syscall_code.h"
#include "base/list.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(the_mark)
{
	uint8_t bytes[SYSCALL_CODE_BYTES];
	struct syscall_code code = { .address = 0x10000, .forks = true };
#if defined(__aarch64__)
	code.home.pc = 0x20000;
#endif
	CHECK(syscall_code_make(&code, bytes));
	CHECK(syscall_code_is_marked(bytes));
	bytes[0]++;
	CHECK(!syscall_code_is_marked(bytes));
	CHECK(syscall_code_entry(0x10000) > 0x10000);
}

static uint32_t answer_of(const struct sock_filter *program, size_t count, int number,
			  uint64_t flags)
{
	struct seccomp_data call = { .nr = number, .args = { flags } };
	return seccomp_program_run(program, count, &call);
}

/* As container runtimes forbid a clone(2) with namespaces. */
TEST(a_filter_looks_at_arguments)
{
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7e020000),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	enum { STEPS = COUNT_OF(program) };
	CHECK(answer_of(program, STEPS, SYS_clone, 0x400) == SECCOMP_RET_ALLOW);
	CHECK(answer_of(program, STEPS, SYS_clone, 0x20000) == (SECCOMP_RET_ERRNO | EPERM));
	CHECK(answer_of(program, STEPS, SYS_wait4, 0x400) == SECCOMP_RET_KILL_PROCESS);
}

TEST(a_filter_that_the_kernel_would_not_take_kills)
{
	const struct sock_filter programs[][2] = {
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) },
		{ BPF_STMT(BPF_ST, BPF_MEMWORDS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) },
		{ BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
		  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) },
		{ BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
		  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD) },
	};
	for (size_t i = 0; i < COUNT_OF(programs); i++)
		CHECK(answer_of(programs[i], 2, SYS_clone, 0) != SECCOMP_RET_ALLOW);
}

#if defined(__x86_64__)

/* The last words are the registers: rax first, then what the calls change, the place, the mask. */
enum { RAX = 0, RIP = 8, MASK = 9, WORDS = 10 };
static uint64_t word_of(const struct syscall_code *code, unsigned word)
{
	uint8_t bytes[SYSCALL_CODE_BYTES];
	uint64_t value;
	if (!syscall_code_make(code, bytes))
		return 0;
	memcpy(&value, bytes + sizeof(bytes) - (WORDS - word) * sizeof(value), sizeof(value));
	return value;
}

static struct syscall_code in_call(int64_t answer, int64_t number)
{
	return (struct syscall_code){
		.mask = 0x55,
		.home = { .rip = 0x1002, .rax = (uint64_t)answer, .orig_rax = (uint64_t)number }
	};
}

TEST(an_interrupted_call_is_made_again)
{
	for (int64_t answer = -514; answer <= -512; answer++) {
		struct syscall_code code = in_call(answer, SYS_read);
		CHECK_NUMBER(word_of(&code, RIP), 0x1000);
		CHECK_NUMBER(word_of(&code, RAX), SYS_read);
	}
	struct syscall_code code = in_call(-516, SYS_nanosleep);
	CHECK_NUMBER(word_of(&code, RIP), 0x1000);
	CHECK_NUMBER(word_of(&code, RAX), SYS_restart_syscall);
	CHECK_NUMBER(word_of(&code, MASK), 0x55);
}

TEST(a_call_that_has_answered_is_not)
{
	struct syscall_code code = in_call(-EINTR, SYS_epoll_wait);
	CHECK_NUMBER(word_of(&code, RIP), 0x1002);
	CHECK_NUMBER(word_of(&code, RAX), (uint64_t)-EINTR);
	code = in_call(-512, -1); /* a thread that computes with this number */
	CHECK_NUMBER(word_of(&code, RIP), 0x1002);
	CHECK_NUMBER(word_of(&code, RAX), (uint64_t)-512);
}

#else

TEST(home_is_within_reach)
{
	uint8_t bytes[SYSCALL_CODE_BYTES];
	struct syscall_code code = { .address = 1ull << 40 };
	code.home.pc = code.address + (127ull << 20);
	CHECK(syscall_code_make(&code, bytes));
	code.home.pc = code.address - (127ull << 20);
	CHECK(syscall_code_make(&code, bytes));
	code.home.pc = code.address + (129ull << 20);
	CHECK(!syscall_code_make(&code, bytes));
	code.home.pc = code.address - (129ull << 20);
	CHECK(!syscall_code_make(&code, bytes));
}

#endif

/* A copy that is not held: the part of the code that a clone's child runs. It is found by its call:
 * a process that enters the code with a call that answers 0 takes the child's way. */
static void run_as_child(void)
{
	uint8_t bytes[SYSCALL_CODE_BYTES];
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct syscall_code code = { .address = (uintptr_t)page, .forks = true };
#if defined(__aarch64__)
	code.home.pc = code.address;
#endif
	if (page == MAP_FAILED || !syscall_code_make(&code, bytes))
		_exit(1);
	memcpy(page, bytes, sizeof(bytes));
	__builtin___clear_cache((char *)page, (char *)page + sizeof(bytes));
	uint64_t entry = syscall_code_entry((uintptr_t)page);
#if defined(__x86_64__)
	__asm__ volatile("mov $0x18, %%eax\n\tjmp *%0" : : "r"(entry) : "rax"); /* sched_yield */
#elif defined(__aarch64__)
	__asm__ volatile("mov x8, #124\n\tbr %0" : : "r"(entry) : "x8"); /* sched_yield */
#endif
	_exit(2);
}

TEST(a_copy_that_nobody_holds_ends)
{
	int status = 0;
	pid_t child = fork();
	if (!child)
		run_as_child();
	CHECK_NUMBER(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_NUMBER(WEXITSTATUS(status), SYSCALL_COPY_STATUS);
}

static const struct tap_case cases[] = {
	CASE(the_mark),
	CASE(a_filter_looks_at_arguments),
	CASE(a_filter_that_the_kernel_would_not_take_kills),
#if defined(__x86_64__)
	CASE(an_interrupted_call_is_made_again),
	CASE(a_call_that_has_answered_is_not),
#else
	CASE(home_is_within_reach),
#endif
	CASE_ONCE(a_copy_that_nobody_holds_ends),
};
TAP_MAIN(cases)
