/*
 * Pages of a process's mappings, without waiting for a disk on its behalf and without making it
 * larger: which of them its page table has, and what the file of a mapping has. A page of a file
 * that the page table has not is the file's; a read through the process, when it is not there yet,
 * holds the address space for as long as the disk takes (mm/gup.c: get_user_pages_remote with
 * mmap_lock held; of a copy, whose lock no thread needs, its memory: fs/proc/base.c: mem_rw), and
 * makes a page of a tmpfs's hole (mm/shmem.c: shmem_fault).
 */
#ifndef ATTACH_MAPPED_PAGES_H
#define ATTACH_MAPPED_PAGES_H

#include "attach/page_map.h"
#include "attach/process_maps.h"
#include "attach/shared_memory.h"
#include "attach/target/target.h"

struct mapped_pages {
	int memory_id;  /* owns these files of /proc: process_memory_id(), or a snapshot's copy */
	int process_id; /* of a copy, which has not inherited all: the process itself; else 0 */
	const struct process_maps *maps;
	struct shared_memory *memory; /* knows where files lie */
	uint64_t page_size;
	struct page_map *table; /* NULL: cannot be read, or was not asked for yet */
	bool table_asked;
	bool began_asked;
	int64_t began_ns; /* of CLOCK_REALTIME as it is set now: no mapping is older. A clock that
			     was set forward since hides a file that was written to */
	const struct process_map *map; /* its file was opened last */
	int fd;         /* of it; -1: it cannot be opened, or another one has its name */
	bool dated;     /* its time has to show that it is as old as the mapping */
	bool rewritten; /* it does not */
	uint64_t withheld_start, withheld_end; /* what was last found to be MAPPED_WITHHELD */
};

/* `maps` live as long, and `memory`, which may be NULL when only mapped_pages_have() is called.
 * Nothing is opened yet. */
void mapped_pages_begin(struct mapped_pages *ret, int memory_id, const struct process_maps *maps,
			uint64_t page_size);

/* Also of a zeroed one that was never begun. */
void mapped_pages_end(struct mapped_pages *pages);

/* Does the process's page table have all of it? Where the table cannot be read, yes. */
bool mapped_pages_have(struct mapped_pages *pages, uint64_t address, size_t size);

enum mapped_state {
	MAPPED_READY,    /* to be read through the process, which may fail */
	MAPPED_IN_FILE,  /* to be read of its file: mapped_pages_read_file() */
	MAPPED_WITHHELD, /* not to be read: the process may wait for it, or grow by it. Its file
			    cannot be opened, is another one, or is rewritten and has a hole here */
};

/* What is to be done with the bytes from `address` on, below `end`, of a mapping whose pages exist;
 * *ret_end > address: up to where. Before bytes are read through the process the kernel is made to
 * read them of the file, so that only we wait; of a rewritten one it reads what the mapping has
 * not, and the process may wait for its disk. */
enum mapped_state mapped_pages_look(struct mapped_pages *pages, uint64_t address, uint64_t end,
				    uint64_t *ret_end);

/* Copies what a mapping has of its file, up to the end of the page that the file ends in, `size`
 * bytes at most within the mapping. 0: it cannot be read, or was written to after
 * mapped_pages_look() had said MAPPED_IN_FILE: asked again, that says something else. */
size_t mapped_pages_read_file(struct mapped_pages *pages, uint64_t address, void *buffer,
			      size_t size);

/* Says why a page of a file's mapping, the last one that was asked for, could not be read. After
 * the end of the file is nothing; where the file cannot be opened, what the page table has is
 * something. HOLE_WITHHELD: mapped_pages_look() said so, or a copy does not have the mapping
 * (`inherited` is false) and the file is none to be believed. Only we wait. */
enum target_hole mapped_pages_explain_hole(struct mapped_pages *pages, uint64_t address,
					   bool inherited);

#endif
