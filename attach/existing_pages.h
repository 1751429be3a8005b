/*
 * Reading a process must not make it larger. A page of shared memory that was never touched comes
 * into being when it is read (mm/shmem.c: shmem_fault), for good and at the expense of the
 * process's memory limit; one of private memory costs page tables. So before memory is read it is
 * asked which of its pages exist; the others are zeros.
 */
#ifndef ATTACH_EXISTING_PAGES_H
#define ATTACH_EXISTING_PAGES_H

#include "attach/process_maps.h"
#include "attach/shared_memory.h"

enum page_state {
	PAGES_EXIST,     /* to be read (which may fail) */
	PAGES_UNTOUCHED, /* zeros */
	PAGES_UNKNOWN,   /* not known: not to be read */
};

struct existing_pages;

/* Of the process that `memory_id` names (attach/process_life.h), which has these mappings; they
 * live as long. ERROR_NO_MEMORY only. */
MUST_CHECK struct error *existing_pages_open(int memory_id, const struct process_maps *maps,
					     struct existing_pages **ret);
void existing_pages_close(struct existing_pages *pages); /* NULL is allowed */

/* What the bytes from `address` on are, below `end`; *ret_end > address: up to where. Pages of
 * files, and what is in no mapping, count as existing. */
enum page_state existing_pages_look(struct existing_pages *pages, uint64_t address, uint64_t end,
				    uint64_t *ret_end);

/* What knows where the files of the mappings lie. Lives as long as `pages`. */
struct shared_memory *existing_pages_memory(struct existing_pages *pages);

/* Is the address in a mapping of a file, on something else than a file system of memory? */
bool existing_pages_of_file(struct existing_pages *pages, uint64_t address);

#endif
