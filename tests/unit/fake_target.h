/*
 * A target made of the test's own bytes. Its scenery never fails; its reads fail on order
 * (tests/unit/alloc_fail.h) or when reads_left is used up.
 *
 *	CLEANUP(fake_target_cleanup) struct fake_target *fake = fake_target_new(&architecture_x64);
 *	fake_target_zeros(fake, 0x10000, 0x2000);
 *	fake_put(fake, 0x10008, 0x12345, 8);
 *	... &fake->base ...
 *
 * A caller that hands &fake->base to an owner (an overlay) sets the variable to NULL.
 */
#ifndef TESTS_UNIT_FAKE_TARGET_H
#define TESTS_UNIT_FAKE_TARGET_H

#include "attach/target/target.h"
#include "base/error.h"

struct fake_range {
	uint64_t address;
	uint8_t *bytes;
	size_t size;
	unsigned protection; /* PF_R, PF_W, PF_X */
};

struct fake_target {
	struct target base;
	struct fake_range *ranges; /* ascending */
	size_t range_count;
	struct mapping *mappings; /* ascending; paths are copies */
	size_t mapping_count;
	struct target_thread *threads; /* registers are copies */
	size_t thread_count;
	uint64_t auxv[64];    /* pairs, AT_NULL after them */
	size_t auxv_count;    /* of numbers */
	bool lends;           /* answers borrow(); otherwise, as a live target, it cannot */
	size_t reads_left;    /* SIZE_MAX: no end */
	size_t reads;         /* made so far */
	const char *root;     /* where its files are: the test's; NULL: no files of its own */
	struct target *under; /* fake_target_over(): what the reads are handed to */
};

struct fake_target *fake_target_new(const struct architecture *architecture);
void fake_target_cleanup(struct fake_target **fake);

/* A target that hands everything to `under` (which it closes), but fails on order: for testing on a
 * real core. */
struct fake_target *fake_target_over(struct target *under);

/* Memory at address: zeros, or a copy of bytes; readable and writable. Ranges must not overlap. The
 * answer is the fake's own memory, to be changed at will until the next range is added. */
uint8_t *fake_target_zeros(struct fake_target *fake, uint64_t address, size_t size);
uint8_t *fake_target_bytes(struct fake_target *fake, uint64_t address, const void *bytes,
			   size_t size);
/* The protection of the range that starts at address. */
void fake_target_protect(struct fake_target *fake, uint64_t address, unsigned protection);

/* Changes memory that is there (aborts where there is none). width 1, 2, 4 or 8. */
void fake_put(struct fake_target *fake, uint64_t address, uint64_t number, unsigned width);
void fake_put_bytes(struct fake_target *fake, uint64_t address, const void *bytes, size_t size);

/* Where the fake's bytes for [address, address + size) are; NULL: no such memory. */
uint8_t *fake_target_at(struct fake_target *fake, uint64_t address, size_t size);

void fake_target_mapping(struct fake_target *fake, uint64_t start, uint64_t end,
			 uint64_t file_offset, const char *path);
void fake_target_thread(struct fake_target *fake, int tid, int signal, const void *registers,
			size_t registers_size);
void fake_target_auxv(struct fake_target *fake, uint64_t type, uint64_t value);

#endif
