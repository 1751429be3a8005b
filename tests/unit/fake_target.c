#include "tests/unit/fake_target.h"

#include "base/bytes.h"
#include "base/list.h"
#include "tests/unit/alloc_fail.h"

#include <elf.h>
#include <fcntl.h>

static struct fake_target *fake_of(struct target *target)
{
	return (struct fake_target *)target;
}

static bool read_fails(struct fake_target *fake)
{
	__atomic_fetch_add(&fake->reads, 1, __ATOMIC_RELAXED);
	if (read_fail_now() || !fake->reads_left)
		return true;
	if (fake->reads_left != SIZE_MAX)
		fake->reads_left--;
	return false;
}

static struct fake_range *range_at(struct fake_target *fake, uint64_t address)
{
	for (size_t i = 0; i < fake->range_count; i++)
		if (address - fake->ranges[i].address < fake->ranges[i].size)
			return &fake->ranges[i];
	return NULL;
}

static size_t fake_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct fake_target *fake = fake_of(target);
	if (read_fails(fake))
		return 0;
	if (fake->under)
		return target_read_some(fake->under, address, buffer, size);
	size_t done = 0;
	while (done < size) {
		struct fake_range *range = range_at(fake, address + done);
		if (!range)
			break;
		size_t offset = (size_t)(address + done - range->address);
		size_t part = range->size - offset;
		if (part > size - done)
			part = size - done;
		memcpy((uint8_t *)buffer + done, range->bytes + offset, part);
		done += part;
	}
	return done;
}

static const uint8_t *fake_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	struct fake_target *fake = fake_of(target);
	*ret_size = 0;
	if (!fake->lends || read_fails(fake))
		return NULL;
	if (fake->under)
		return target_borrow(fake->under, address, ret_size);
	struct fake_range *range = range_at(fake, address);
	if (!range)
		return NULL;
	size_t offset = (size_t)(address - range->address);
	*ret_size = range->size - offset;
	return range->bytes + offset;
}

static struct error *fake_visit_mappings(struct target *target, mapping_visitor visit,
					 void *context)
{
	struct fake_target *fake = fake_of(target);
	if (fake->under)
		return target_visit_mappings(fake->under, visit, context);
	for (size_t i = 0; i < fake->mapping_count; i++)
		TRY(visit(&fake->mappings[i], context));
	return NULL;
}

static struct error *fake_visit_regions(struct target *target, region_visitor visit, void *context)
{
	struct fake_target *fake = fake_of(target);
	if (fake->under)
		return target_visit_regions(fake->under, visit, context);
	for (size_t i = 0; i < fake->range_count; i++) {
		struct fake_range *range = &fake->ranges[i];
		struct region region = { .start = range->address,
					 .end = range->address + range->size,
					 .protection = range->protection };
		TRY(visit(&region, context));
	}
	return NULL;
}

static struct error *fake_visit_threads(struct target *target, thread_visitor visit, void *context)
{
	struct fake_target *fake = fake_of(target);
	if (fake->under)
		return target_visit_threads(fake->under, visit, context);
	for (size_t i = 0; i < fake->thread_count; i++)
		TRY(visit(&fake->threads[i], context));
	return NULL;
}

static size_t fake_auxv(struct target *target, void *buffer, size_t size)
{
	struct fake_target *fake = fake_of(target);
	if (fake->under)
		return fake->under->ops->auxv ? fake->under->ops->auxv(fake->under, buffer, size)
					      : 0;
	size_t bytes = fake->auxv_count * sizeof(uint64_t);
	if (bytes > size)
		bytes = size;
	memcpy(buffer, fake->auxv, bytes);
	return bytes;
}

static int fake_open_file(struct target *target, const char *path)
{
	const struct fake_target *fake = fake_of(target);
	char full[256];
	snprintf(full, sizeof(full), "%s%s", fake->root ? fake->root : "", path);
	return open(full, O_RDONLY | O_CLOEXEC);
}

static void fake_close(struct target *target)
{
	struct fake_target *fake = fake_of(target);
	target_close(fake->under);
	for (size_t i = 0; i < fake->range_count; i++)
		scenery_free(fake->ranges[i].bytes);
	for (size_t i = 0; i < fake->mapping_count; i++)
		scenery_free((char *)fake->mappings[i].path);
	for (size_t i = 0; i < fake->thread_count; i++)
		scenery_free((uint8_t *)fake->threads[i].note_bytes);
	scenery_free(fake->ranges);
	scenery_free(fake->mappings);
	scenery_free(fake->threads);
	scenery_free(fake);
}

struct fake_target *fake_target_new(const struct architecture *architecture)
{
	static const struct target_ops ops = { .kind = "fake",
					       .close = fake_close,
					       .read_some = fake_read_some,
					       .borrow = fake_borrow,
					       .visit_mappings = fake_visit_mappings,
					       .visit_regions = fake_visit_regions,
					       .visit_threads = fake_visit_threads,
					       .auxv = fake_auxv,
					       .open_file = fake_open_file };
	struct fake_target *fake = scenery_allocate(sizeof(*fake));
	fake->base =
		(struct target){ .ops = &ops, .architecture = architecture, .page_size = 4096 };
	fake->reads_left = SIZE_MAX;
	return fake;
}

struct fake_target *fake_target_over(struct target *under)
{
	struct fake_target *fake = fake_target_new(under->architecture);
	fake->base.page_size = under->page_size;
	fake->base.pid = under->pid;
	fake->base.facts.missing_bytes = under->facts.missing_bytes;
	fake->under = under;
	return fake;
}

void fake_target_cleanup(struct fake_target **fake)
{
	if (*fake)
		target_close(&(*fake)->base);
}

uint8_t *fake_target_zeros(struct fake_target *fake, uint64_t address, size_t size)
{
	size_t count = fake->range_count++;
	fake->ranges = scenery_grow(fake->ranges, count * sizeof(*fake->ranges),
				    (count + 1) * sizeof(*fake->ranges));
	size_t i = count;
	for (; i && fake->ranges[i - 1].address > address; i--)
		fake->ranges[i] = fake->ranges[i - 1];
	fake->ranges[i] = (struct fake_range){ .address = address,
					       .bytes = scenery_allocate(size),
					       .size = size,
					       .protection = PF_R | PF_W };
	return fake->ranges[i].bytes;
}

uint8_t *fake_target_bytes(struct fake_target *fake, uint64_t address, const void *bytes,
			   size_t size)
{
	return memcpy(fake_target_zeros(fake, address, size), bytes, size);
}

void fake_target_protect(struct fake_target *fake, uint64_t address, unsigned protection)
{
	struct fake_range *range = range_at(fake, address);
	if (!range)
		abort();
	range->protection = protection;
}

uint8_t *fake_target_at(struct fake_target *fake, uint64_t address, size_t size)
{
	struct fake_range *range = range_at(fake, address);
	if (!range || !range_within(address - range->address, size, range->size))
		return NULL;
	return range->bytes + (address - range->address);
}

void fake_put_bytes(struct fake_target *fake, uint64_t address, const void *bytes, size_t size)
{
	uint8_t *to = fake_target_at(fake, address, size);
	if (!to)
		abort();
	memcpy(to, bytes, size);
}

void fake_put(struct fake_target *fake, uint64_t address, uint64_t number, unsigned width)
{
	fake_put_bytes(fake, address, &number, width);
}

static void *copy_of(const void *bytes, size_t size)
{
	void *copy = scenery_allocate(size);
	return size ? memcpy(copy, bytes, size) : copy;
}

void fake_target_mapping(struct fake_target *fake, uint64_t start, uint64_t end,
			 uint64_t file_offset, const char *path)
{
	size_t count = fake->mapping_count++;
	fake->mappings = scenery_grow(fake->mappings, count * sizeof(*fake->mappings),
				      (count + 1) * sizeof(*fake->mappings));
	size_t i = count;
	for (; i && fake->mappings[i - 1].start > start; i--)
		fake->mappings[i] = fake->mappings[i - 1];
	fake->mappings[i] = (struct mapping){ .start = start,
					      .end = end,
					      .file_offset = file_offset,
					      .path = copy_of(path, strlen(path) + 1) };
}

void fake_target_thread(struct fake_target *fake, int tid, int signal, const void *registers,
			size_t registers_size)
{
	size_t count = fake->thread_count++;
	fake->threads = scenery_grow(fake->threads, count * sizeof(*fake->threads),
				     (count + 1) * sizeof(*fake->threads));
	fake->threads[count] =
		(struct target_thread){ .tid = tid,
					.signal = signal,
					.note_bytes = copy_of(registers, registers_size),
					.note_size = registers_size };
}

void fake_target_auxv(struct fake_target *fake, uint64_t type, uint64_t value)
{
	if (fake->auxv_count + 4 > COUNT_OF(fake->auxv))
		abort();
	size_t at = fake->auxv_count ? fake->auxv_count - 2 : 0;
	fake->auxv[at] = type;
	fake->auxv[at + 1] = value;
	fake->auxv[at + 2] = fake->auxv[at + 3] = AT_NULL;
	fake->auxv_count = at + 4;
}
