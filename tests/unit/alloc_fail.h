/*
 * Failures on order: the Nth allocation or the Nth read of a target fails, so that each test case
 * can show that it ends in an error, without a leak or a crash. Allocations, and threads that are
 * begun, are caught by the linker (`gcc ... @tests/unit/alloc_fail.flags`); without those flags
 * nothing fails and nothing is counted. Any thread may allocate and read; of several, chance says
 * which one makes the Nth allocation.
 */
#ifndef TESTS_UNIT_ALLOC_FAIL_H
#define TESTS_UNIT_ALLOC_FAIL_H

#include "base/error.h"

#include <pthread.h>
#include <stddef.h>

/* Linked with the --wrap flags? */
bool alloc_fail_available(void);

/* From now on: allocation number `nth` (1: the next one) fails; 0: none. `and_all_after`: so do all
 * after it. Starts the count of allocations anew. */
void alloc_fail_start(size_t nth, bool and_all_after);

/* Stops failing; how many allocations were asked for since the start. */
size_t alloc_fail_stop(void);

/* While paused nothing fails and nothing is asked for: for scenery that is made with the program's
 * own functions. */
void alloc_fail_pause(bool paused);

/* Allocations that were made and not yet freed. */
size_t alloc_fail_live(void);

/* The same for reads of fake targets (tests/unit/fake_target.h): read number `nth` reads nothing.
 */
void read_fail_start(size_t nth);
size_t read_fail_stop(void);

/* The same for threads: from now on `most` can be begun, then pthread_create(3) answers EAGAIN. The
 * answer of the latter: how many were asked for. */
void thread_fail_start(size_t most);
size_t thread_fail_stop(void);

/* For a fake target: count a read; true when it has to fail. */
bool read_fail_now(void);

/* Memory for the tests' own scenery: never fails (aborts), is not counted; given back with
 * scenery_free(). Zeroed. */
void *scenery_allocate(size_t size);
void *scenery_grow(void *memory, size_t old_size, size_t new_size);
void scenery_free(void *memory);

#endif
