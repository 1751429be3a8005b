/*
 * The memory of a process as a target reads it: what a live process (attach/live_target.h) and a
 * snapshot of one (attach/snapshot_target.h) have in common. Memory is read with pread on
 * /proc/PID/mem, or with process_vm_readv; what was never touched is zeros without being asked for
 * (attach/existing_pages.h), and what a disk would have to bring is read of its file
 * (attach/mapped_pages.h).
 *
 * Files are opened as the process sees them (attach/process_file.h): in a container ours of the
 * same path are others.
 */
#ifndef ATTACH_PROCESS_MEMORY_H
#define ATTACH_PROCESS_MEMORY_H

#include "attach/existing_pages.h"
#include "attach/mapped_pages.h"
#include "attach/target/target.h"

enum { PROCESS_AUXV_BYTES_MAX = 4096 };

/* First member of each target whose memory is a process's: the functions below that take a target
 * take one of those alone. */
struct process_memory {
	struct target base;
	int id;       /* owns these files of /proc: process_memory_id(), or a snapshot's copy */
	int fd;       /* of its mem; -1: process_vm_readv instead */
	bool assumed; /* a read has believed the page table that a page is not there; the reader
			 sets it to false before */
	struct process_maps maps;     /* borrowed: the opener of the target has them in an arena */
	struct mapped_pages mapped;   /* of these */
	struct existing_pages *pages; /* of these, owned; NULL: all are believed to be there */
	uint8_t auxv[PROCESS_AUXV_BYTES_MAX];
	size_t auxv_size; /* bytes */
};

/* --- opening: in this order */

/* Nothing is opened yet. `pid` names the process in messages, and as the target's. */
void process_memory_init(struct process_memory *ret, const struct target_ops *ops, int pid);

/* `id` is the process whose files of /proc are read. *memory stays where it is from here on. */
void process_memory_begin(struct process_memory *memory, int id);

/* Has each read ask first which pages exist; `maps` is set. `process_id` is as in struct
 * mapped_pages. Without it reads ask nothing: for a few bytes that are known to be there.
 * ERROR_NO_MEMORY only. */
MUST_CHECK struct error *process_memory_open_pages(struct process_memory *memory, int process_id);

enum process_memory_way {
	/* Where its mem cannot be opened by process_vm_readv, when that reads a byte. */
	PROCESS_MEMORY_ANY_WAY,
	/* Of a copy: process_vm_readv would pin its pages, which makes the kernel copy each. */
	PROCESS_MEMORY_BY_PREAD,
};

/* Opens the memory, and reads the auxiliary vector; `maps` is set. ERROR_OS: not allowed (the
 * message names what is missing). ERROR_NO_MEMORY. */
MUST_CHECK struct error *process_memory_open(struct process_memory *memory,
					     enum process_memory_way way);

/* Also of one that was only initialized, or whose opening failed. */
void process_memory_deinit(struct process_memory *memory);

/* --- reading */

/* As target_read_some(), by id, page table and files. */
size_t process_memory_read(struct process_memory *memory, uint64_t address, void *buffer,
			   size_t size);

/* A process without memory has an empty page table: what a read assumed by that was wrong. A read
 * of any address says so before it looks at that (fs/proc/base.c: mem_rw). True also when memory is
 * not read with pread, which alone shows it. */
bool process_memory_is_there(const struct process_memory *memory);

/* Has the thread that owns these files ended, or is it about to? */
bool process_memory_has_ended(const struct process_memory *memory);

/* As target_read_some(), but only what the process's page table has: nothing is read from a disk,
 * which may not answer (reading what is swapped out excepted). 0 when a page is missing. Where the
 * table cannot be read it is read all the same. */
size_t process_memory_read_mapped(struct target *target, uint64_t address, void *buffer,
				  size_t size);

/* As target_read_some(), and the process's page table has it then: what a file has is read of the
 * file first, so that only we wait for a disk. Of a process that runs. */
size_t process_memory_read_through(struct target *target, uint64_t address, void *buffer,
				   size_t size);

/* --- what is known of it */

/* The process whose files of /proc show its memory: process_memory_id(), or the snapshot's copy. */
int process_memory_files_id(const struct target *target);

/* As they were when it was opened; they live as long as the target. */
const struct process_maps *process_memory_maps(const struct target *target);

/* --- for struct target_ops */

/* The mappings that have a path. */
MUST_CHECK struct error *process_memory_visit_mappings(struct target *target, mapping_visitor visit,
						       void *context);

/* What is readable, without what is not memory of the process ([vvar]). */
MUST_CHECK struct error *process_memory_visit_regions(struct target *target, region_visitor visit,
						      void *context);
size_t process_memory_auxv(struct target *target, void *buffer, size_t size);
int process_memory_open_file(struct target *target, const char *path);

#endif
