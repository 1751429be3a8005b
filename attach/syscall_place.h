/*
 * Where the code of a borrowed call (attach/syscall_code.h) can lie in a process: executable bytes
 * that no thread runs, since a page is larger than what a file's code fills of it. That is the end
 * of the last page of an executable segment (System V ABI, chapter 5: the bytes after p_filesz),
 * when it reads as zeros: libc's is best, 3.8 KB on glibc x64, 1.9 KB on glibc arm64, 2 KB on musl.
 *
 * Each such end is cut into places of SYSCALL_CODE_BYTES. A place that holds the mark is or was
 * used by a clrpod: when that one was killed, a thread may still be in it, and it is left alone
 * until none is. What is written makes one page of the file's private to the process (4 KiB).
 */
#ifndef ATTACH_SYSCALL_PLACE_H
#define ATTACH_SYSCALL_PLACE_H

#include "attach/process_maps.h"
#include "attach/syscall_code.h"
#include "attach/target/target.h"
#include "attach/thread_stop.h"

enum { SYSCALL_PLACES_MAX = 64 };

struct syscall_place {
	uint64_t address;
	bool marked;
};

struct syscall_places {
	struct syscall_place places[SYSCALL_PLACES_MAX]; /* libc's first */
	size_t count;
};

/* Lists the places of the process that `target` reads, which is stopped; `maps` are its mappings.
 * None is no error; what cannot be read, or only from a disk, holds none. */
void syscall_places_find(struct target *target, const struct process_maps *maps,
			 struct syscall_places *ret);

/* Has the pages there by then: to be called before the process is stopped, as a disk may not
 * answer. Nothing else reads the end of a file's code. libc's will do, when a place in it is
 * free. */
void syscall_places_fetch(struct target *target, const struct process_maps *maps);

/* Is the stopped thread in a marked place? */
bool syscall_places_hold(const struct syscall_places *places, const struct stopped_thread *thread);

/* Writes the SYSCALL_CODE_BYTES of `bytes` at `address` through thread `tid`, which is in a ptrace
 * stop of the calling thread: the kernel lets a tracer write where the process may not
 * (mm/memory.c: ptrace_access_vm, FOLL_FORCE), also where it refuses that to /proc/PID/mem. The
 * mark is written first. 0 or an errno. */
int syscall_place_write(int tid, uint64_t address, const uint8_t bytes[static SYSCALL_CODE_BYTES]);

/* Makes it zeros again, the mark last. No thread may be in it. 0 or an errno. */
int syscall_place_clear(int tid, uint64_t address);

/* Clears the marked places of a process, all threads of which are stopped by the calling thread,
 * that no thread is in or comes back to: on no stack, from its pointer to its end, or for 8 MiB
 * where the end is not known (`maps` are the process's mappings), is an address within (a signal's
 * handler returns by one: sigreturn(2)). They are free then, in the list too. Nothing is cleared
 * when a stack cannot be read, or with very many threads, as that would take long; nor when another
 * process runs in the same memory, whose threads are not stopped. */
void syscall_places_clean(struct target *target, const struct process_maps *maps,
			  const struct thread_stop *stop, struct syscall_places *places);

#endif
