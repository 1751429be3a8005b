/*
 * /proc/PID/maps, parsed. Format: proc(5) and the kernel's fs/proc/task_mmu.c: show_map_vma: a path
 * is the rest of the line, blanks included; a newline in it is written \012; " (deleted)" is
 * appended when the file was unlinked. Lines that make no sense are ERROR_BAD_DATA, never skipped.
 */
#ifndef ATTACH_PROCESS_MAPS_H
#define ATTACH_PROCESS_MAPS_H

#include "base/arena.h"

enum process_map_kind {
	PROCESS_MAP_ANONYMOUS, /* private memory: heap, stacks, what mmap gave, private huge pages
				*/
	PROCESS_MAP_FILE,      /* a regular file (or a device) */
	PROCESS_MAP_MEMORY,    /* shared memory: memfd, /dev/shm, /dev/zero, System V: pages that
				  were never touched come into being when they are read */
	PROCESS_MAP_KERNEL,    /* [vdso], [uprobes]: the kernel puts its pages there, with content,
				  when they are first used */
	PROCESS_MAP_SPECIAL,   /* [vvar], [vsyscall]: not memory of the process */
};

struct process_map {
	uint64_t start, end, file_offset;
	uint64_t inode;
	uint32_t device_major, device_minor;
	unsigned protection; /* PF_R, PF_W, PF_X of elf.h */
	bool shared;
	bool deleted;     /* the path ended in " (deleted)", which is cut off */
	const char *path; /* "" for anonymous memory; "[heap]", "[vdso]", "[anon:NAME]" … */
	enum process_map_kind kind;
};

struct process_maps {
	struct process_map *maps; /* ascending, never overlapping */
	size_t count;
};

/* Everything in *ret lives in `arena`. The text need not end in NUL. */
MUST_CHECK struct error *process_maps_parse(const char *text, size_t size, struct arena *arena,
					    struct process_maps *ret);

/* Is it of a device, or of something that only looks like a file (/[aio], memfd_secret)? Its file
 * is not to be opened. */
bool process_map_is_device(const struct process_map *map);

/* Is it private memory of huge pages (mmap with MAP_HUGETLB)? The page table alone has its pages.
 * The machine has so many of them: the kernel takes one from a copy or a child, without a word,
 * when the owner writes to it and no other is left (mm/hugetlb.c: hugetlb_wp, unmap_ref_private).
 */
bool process_map_is_huge(const struct process_map *map);

/* The first mapping that ends above the address; NULL: none. */
const struct process_map *process_maps_from(const struct process_maps *maps, uint64_t address);

/* The mapping that the address is in; NULL: none. */
const struct process_map *process_maps_find(const struct process_maps *maps, uint64_t address);

/* Reads and parses. ERROR_OS with os_errno EACCES, EPERM, ENOENT, ESRCH. */
MUST_CHECK struct error *process_maps_read(int pid, struct arena *arena, struct process_maps *ret);

#endif
