/*
 * The address space of a target, cut at what is known of it: what can be read (program headers of a
 * core, /proc/PID/maps), the files mapped into it (NT_FILE), and what the runtime says it is: heap
 * segments, the GC's own memory, handle tables; stacks by the threads' stack pointers. Kinds have
 * the names of SOS's maddress.
 */
#ifndef HEAP_ADDRESS_SPACE_H
#define HEAP_ADDRESS_SPACE_H

#include "attach/target/target.h"
#include "base/arena.h"
#include "base/task.h"

struct heap;

enum memory_kind {
	MEMORY_OTHER,   /* anonymous: named by its protection */
	MEMORY_MAPPED,  /* of a file that is no image: named by its protection */
	MEMORY_IMAGE,   /* of a program, a library, a .NET assembly */
	MEMORY_STACK,   /* a thread's stack pointer is in it */
	MEMORY_GC_HEAP, /* committed */
	MEMORY_GC_HEAP_RESERVE,
	MEMORY_BOOKKEEPING, /* card tables and their like */
	MEMORY_BOOKKEEPING_RESERVE,
	MEMORY_HANDLE_TABLE,
};

struct memory_range {
	uint64_t start, end;
	enum memory_kind kind;
	bool is_reserved;    /* address space without memory */
	bool is_readable;    /* else the target has none of its bytes */
	unsigned protection; /* PF_R, PF_W, PF_X; of what is not readable: unknown */
	const char *path;    /* of the mapped file; NULL: none */
};

struct address_space {
	struct memory_range *ranges; /* ascending, not overlapping */
	size_t count;
	const char *no_bookkeeping, *no_handles; /* why these are not reported; NULL: they are */
};

/* `heap` may be NULL: no runtime. In arena. */
MUST_CHECK struct error *address_space_read(struct target *target, struct heap *heap,
					    const struct task *task, struct arena *arena,
					    struct address_space *ret);

/* "GCHeap", "PAGE_READWRITE" …: SOS's "Memory Kind". */
const char *memory_kind_name(const struct memory_range *range);
/* "PAGE_READWRITE"; "PAGE_UNKNOWN" of what the target does not have. */
const char *memory_protection_name(const struct memory_range *range);

#endif
