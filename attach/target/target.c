#include "attach/target/target.h"

#include "base/bytes.h"

#include <elf.h>
#include <fcntl.h>

enum { AUXV_BYTES = 4096 };

const char *target_noun(const struct target *target)
{
	return target->is_live ? "process" : "dump";
}

const char *target_lacks_it(const struct target *target)
{
	return target->is_live ? "cannot be read" : "is not in the dump";
}

const char *target_lacks_them(const struct target *target)
{
	return target->is_live ? "cannot be read" : "are not in the dump";
}

void target_close(struct target *target)
{
	if (target)
		target->ops->close(target);
}

static uint64_t untagged(const struct target *target, uint64_t address)
{
	return target->architecture ? address & target->architecture->address_mask : address;
}

void target_share(struct target *target, pthread_mutex_t *lock)
{
	for (; target && !target->is_concurrent && !target->shared; target = target->lower)
		target->shared = lock;
}

void target_unshare(struct target *target, const pthread_mutex_t *lock)
{
	for (; target && target->shared == lock; target = target->lower)
		target->shared = NULL;
}

static void read_begins(struct target *target)
{
	if (target->shared)
		pthread_mutex_lock(target->shared);
}

static void read_ends(struct target *target)
{
	if (target->shared)
		pthread_mutex_unlock(target->shared);
}

static void note_missing(struct target *target, uint64_t address)
{
	const char *why = target_explain_missing(target, address);
	const char *met = __atomic_load_n(&target->met, __ATOMIC_RELAXED);
	while (why && (!met || strcmp(met, why) < 0))
		if (__atomic_compare_exchange_n(&target->met, &met, why, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return;
}

/* Not where null leads (Linux: mm/Kconfig, DEFAULT_MMAP_MIN_ADDR), nor far below all that there is:
 * a number or a text that is taken for an address leads there. Nor beyond what a process can have
 * (arm64: 52 bits, x64: 56). */
static bool can_be_memory(const struct target *target, uint64_t address)
{
	enum { NULL_PAGES_BYTES = 64 * 1024, FAR_BYTES = 1 << 30 };
	return address >= NULL_PAGES_BYTES && address < UINT64_C(1) << 56 &&
	       address + FAR_BYTES >= target->lowest;
}

static struct error *lowest_note(const struct region *region, void *context)
{
	struct target *target = context;
	target->lowest = region->start;
	return &error_stop;
}

struct error *target_find_lowest(struct target *target)
{
	struct error *error = target_visit_regions(target, lowest_note, target);
	error_take_stop(&error);
	return error;
}

/* The lowest of all, so that threads agree. */
void target_note_lack(struct target *target, uint64_t address)
{
	uint64_t lacks = __atomic_load_n(&target->lacks, __ATOMIC_RELAXED);
	while (can_be_memory(target, address) && (!lacks || address < lacks))
		if (__atomic_compare_exchange_n(&target->lacks, &lacks, address, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return;
}

uint64_t target_take_lacks(struct target *target)
{
	return __atomic_exchange_n(&target->lacks, 0, __ATOMIC_RELAXED);
}

enum noted { NOTES_NOTHING, NOTES_MISSING, NOTES_ALL };

static size_t read_noting(struct target *target, uint64_t address, void *buffer, size_t size,
			  enum noted noted)
{
	address = untagged(target, address);
	if (!range_within(address, size, UINT64_MAX))
		size = (size_t)(UINT64_MAX - address);
	if (!size)
		return 0;
	read_begins(target);
	size_t done = target->ops->read_some(target, address, buffer, size);
	if (done < size && noted >= NOTES_MISSING)
		note_missing(target, address + done);
	if (done < size && noted == NOTES_ALL)
		target_note_lack(target, address + done);
	read_ends(target);
	return done;
}

size_t target_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return read_noting(target, address, buffer, size, NOTES_ALL);
}

size_t target_try_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return read_noting(target, address, buffer, size, NOTES_MISSING);
}

size_t target_read_ahead(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return read_noting(target, address, buffer, size, NOTES_NOTHING);
}

struct error *target_read(struct target *target, uint64_t address, void *buffer, size_t size)
{
	size_t done = target_read_some(target, address, buffer, size);
	if (done == size)
		return NULL;
	return error_fault(address + done, "cannot read %zu bytes at %#llx: nothing at %#llx", size,
			   (unsigned long long)address, (unsigned long long)(address + done));
}

const uint8_t *target_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	if (!target->ops->borrow)
		return NULL;
	address = untagged(target, address);
	read_begins(target);
	const uint8_t *bytes = target->ops->borrow(target, address, ret_size);
	read_ends(target);
	return bytes;
}

void target_expect(struct target *target, uint64_t address, size_t size)
{
	if (target->ops->expect)
		target->ops->expect(target, untagged(target, address), size);
}

struct error *target_visit_mappings(struct target *target, mapping_visitor visit, void *context)
{
	return target->ops->visit_mappings(target, visit, context);
}

struct error *target_visit_regions(struct target *target, region_visitor visit, void *context)
{
	return target->ops->visit_regions(target, visit, context);
}

struct error *target_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	return target->ops->visit_threads(target, visit, context);
}

struct error *target_check(struct target *target)
{
	return target->ops->check ? target->ops->check(target) : NULL;
}

int target_open_file(struct target *target, const char *path)
{
	if (target->ops->open_file)
		return target->ops->open_file(target, path);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool target_release(struct target *target)
{
	return !target->ops->release || target->ops->release(target);
}

enum target_hole target_explain_hole(struct target *target, uint64_t address)
{
	return target->ops->explain_hole ? target->ops->explain_hole(target, address) : HOLE_EMPTY;
}

const char *target_explain_missing(struct target *target, uint64_t address)
{
	return target->ops->explain_missing ? target->ops->explain_missing(target, address) : NULL;
}

bool target_auxv(struct target *target, uint64_t type, uint64_t *ret)
{
	uint8_t vector[AUXV_BYTES];
	size_t size = target->ops->auxv ? target->ops->auxv(target, vector, sizeof(vector)) : 0;
	for (size_t i = 0; i + sizeof(Elf64_auxv_t) <= size; i += sizeof(Elf64_auxv_t)) {
		if (load_u64(vector + i) == AT_NULL)
			return false;
		if (load_u64(vector + i) == type) {
			*ret = load_u64(vector + i + sizeof(uint64_t));
			return true;
		}
	}
	return false;
}
