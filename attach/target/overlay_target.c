#include "attach/target/overlay_target.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/search.h"

#include <elf.h>

/* Added bytes, cut to the lower target's holes, within regions too where it is live. Ascending,
 * never overlapping. */
struct piece {
	uint64_t start, end;
	const uint8_t *bytes;
};

struct owned {
	const uint8_t *bytes;
	size_t size;
	void (*release)(const uint8_t *bytes, size_t size);
};

struct overlay_target {
	struct target base;     /* its member lower is the target below */
	pthread_mutex_t lock;   /* of the pieces: files are admitted while other threads read */
	struct region *regions; /* of lower */
	size_t region_count, region_capacity;
	struct piece *pieces;
	size_t piece_count;
	struct owned *owned;
	size_t owned_count, owned_capacity;
};

static struct overlay_target *overlay_of(struct target *target)
{
	return (struct overlay_target *)target;
}

static void overlay_free(struct overlay_target *overlay)
{
	for (size_t i = 0; i < overlay->owned_count; i++)
		overlay->owned[i].release(overlay->owned[i].bytes, overlay->owned[i].size);
	free(overlay->owned);
	free(overlay->pieces);
	free(overlay->regions);
	pthread_mutex_destroy(&overlay->lock);
	free(overlay);
}

static void overlay_close(struct target *target)
{
	struct overlay_target *overlay = overlay_of(target);
	target_close(overlay->base.lower);
	overlay_free(overlay);
}

/* The first piece that ends above the address. */
static size_t piece_behind(const struct overlay_target *overlay, uint64_t address)
{
	return SEARCH_FIRST(overlay->piece_count, i, overlay->pieces[i].end > address);
}

static const struct piece *piece_at(const struct overlay_target *overlay, uint64_t address)
{
	size_t i = piece_behind(overlay, address);
	bool found = i < overlay->piece_count && overlay->pieces[i].start <= address;
	return found ? &overlay->pieces[i] : NULL;
}

/* A shared target's lock comes first: adding pieces reads the lower target, too. */
static void pieces_lock(struct overlay_target *overlay)
{
	if (overlay->base.shared)
		pthread_mutex_lock(overlay->base.shared);
	pthread_mutex_lock(&overlay->lock);
}

static void pieces_unlock(struct overlay_target *overlay)
{
	pthread_mutex_unlock(&overlay->lock);
	if (overlay->base.shared)
		pthread_mutex_unlock(overlay->base.shared);
}

/* The added bytes from an address on, *ret_size of them; NULL: none. */
static const uint8_t *added_at(struct overlay_target *overlay, uint64_t address, size_t *ret_size)
{
	pieces_lock(overlay);
	const struct piece *piece = piece_at(overlay, address);
	const uint8_t *bytes = piece ? piece->bytes + (address - piece->start) : NULL;
	if (piece)
		*ret_size = (size_t)(piece->end - address);
	pieces_unlock(overlay);
	return bytes;
}

static size_t overlay_read_some(struct target *target, uint64_t address, void *buffer, size_t size)
{
	struct overlay_target *overlay = overlay_of(target);
	size_t done = 0;
	while (done < size) {
		size_t part = target_read_some(overlay->base.lower, address + done,
					       (uint8_t *)buffer + done, size - done);
		done += part;
		const uint8_t *bytes =
			done < size ? added_at(overlay, address + done, &part) : NULL;
		if (!bytes)
			break;
		if (part > size - done)
			part = size - done;
		memcpy((uint8_t *)buffer + done, bytes, part);
		done += part;
	}
	return done;
}

static const uint8_t *overlay_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	struct overlay_target *overlay = overlay_of(target);
	const uint8_t *bytes = target_borrow(overlay->base.lower, address, ret_size);
	return bytes ? bytes : added_at(overlay, address, ret_size);
}

/* Asked where nothing was added either. */
static const char *overlay_explain_missing(struct target *target, uint64_t address)
{
	return target_explain_missing(target->lower, address);
}

static void overlay_expect(struct target *target, uint64_t address, size_t size)
{
	target_expect(target->lower, address, size);
}

static struct error *overlay_visit_mappings(struct target *target, mapping_visitor visit,
					    void *context)
{
	return target_visit_mappings(target->lower, visit, context);
}

static size_t region_behind(const struct overlay_target *overlay, uint64_t address)
{
	return SEARCH_FIRST(overlay->region_count, i, overlay->regions[i].end > address);
}

static bool in_region(const struct overlay_target *overlay, uint64_t address)
{
	size_t i = region_behind(overlay, address);
	return i < overlay->region_count && overlay->regions[i].start <= address;
}

static struct error *overlay_visit_regions(struct target *target, region_visitor visit,
					   void *context)
{
	const struct overlay_target *overlay = overlay_of(target);
	size_t r = 0, p = 0;
	while (r < overlay->region_count || p < overlay->piece_count) {
		bool lower = p == overlay->piece_count ||
			     (r < overlay->region_count &&
			      overlay->regions[r].start <= overlay->pieces[p].start);
		struct region region;
		if (lower) {
			region = overlay->regions[r++];
		} else {
			region = (struct region){ .start = overlay->pieces[p].start,
						  .end = overlay->pieces[p].end,
						  .protection = PF_R };
			p++;
			if (in_region(overlay, region.start))
				continue;
		}
		TRY(visit(&region, context));
	}
	return NULL;
}

static struct error *overlay_visit_threads(struct target *target, thread_visitor visit,
					   void *context)
{
	return target_visit_threads(target->lower, visit, context);
}

static size_t overlay_auxv(struct target *target, void *buffer, size_t size)
{
	struct target *lower = target->lower;
	return lower->ops->auxv ? lower->ops->auxv(lower, buffer, size) : 0;
}

static int overlay_open_file(struct target *target, const char *path)
{
	return target_open_file(target->lower, path);
}

static bool overlay_release(struct target *target)
{
	return target_release(target->lower);
}

static struct error *overlay_check(struct target *target)
{
	return target_check(target->lower);
}

static struct error *take_region(const struct region *region, void *context)
{
	struct overlay_target *overlay = context;
	TRY(LIST_GROW(overlay->regions, overlay->region_count, overlay->region_capacity));
	overlay->regions[overlay->region_count++] = *region;
	return NULL;
}

struct error *overlay_target_new(struct target *lower, struct target **ret)
{
	static const struct target_ops ops = { .kind = "overlay",
					       .close = overlay_close,
					       .read_some = overlay_read_some,
					       .borrow = overlay_borrow,
					       .expect = overlay_expect,
					       .visit_mappings = overlay_visit_mappings,
					       .visit_regions = overlay_visit_regions,
					       .visit_threads = overlay_visit_threads,
					       .auxv = overlay_auxv,
					       .check = overlay_check,
					       .open_file = overlay_open_file,
					       .release = overlay_release,
					       .explain_missing = overlay_explain_missing };
	struct overlay_target *overlay = calloc(1, sizeof(*overlay));
	if (!overlay)
		return &error_no_memory;
	overlay->base = *lower;
	overlay->base.ops = &ops;
	overlay->base.lower = lower;
	pthread_mutex_init(&overlay->lock, NULL);
	struct error *error = target_visit_regions(lower, take_region, overlay);
	if (error) {
		overlay_free(overlay);
		return error;
	}
	*ret = &overlay->base;
	return NULL;
}

/* Room for `more` further pieces, so that what follows cannot fail. */
static struct error *reserve(struct overlay_target *overlay, size_t more)
{
	struct piece *pieces =
		reallocarray(overlay->pieces, overlay->piece_count + more, sizeof(*pieces));
	if (!pieces)
		return &error_no_memory;
	overlay->pieces = pieces;
	return NULL;
}

/* Takes [start, end) out of the pieces; needs room for one more. */
static void carve(struct overlay_target *overlay, uint64_t start, uint64_t end)
{
	size_t i = piece_behind(overlay, start);
	struct piece *pieces = overlay->pieces;
	if (i < overlay->piece_count && pieces[i].start < start) {
		struct piece tail = pieces[i];
		pieces[i].end = start;
		i++;
		if (tail.end > end) { /* it goes on after the new one: two pieces */
			tail.bytes += end - tail.start;
			tail.start = end;
			memmove(&pieces[i + 1], &pieces[i],
				(overlay->piece_count - i) * sizeof(*pieces));
			pieces[i] = tail;
			overlay->piece_count++;
			return;
		}
	}
	size_t last = i;
	while (last < overlay->piece_count && pieces[last].end <= end)
		last++;
	if (last < overlay->piece_count && pieces[last].start < end) {
		pieces[last].bytes += end - pieces[last].start;
		pieces[last].start = end;
	}
	memmove(&pieces[i], &pieces[last], (overlay->piece_count - last) * sizeof(*pieces));
	overlay->piece_count -= last - i;
}

/* Needs room for two more pieces. */
static void put(struct overlay_target *overlay, uint64_t start, uint64_t end, const uint8_t *bytes)
{
	carve(overlay, start, end);
	size_t i = piece_behind(overlay, start);
	memmove(&overlay->pieces[i + 1], &overlay->pieces[i],
		(overlay->piece_count - i) * sizeof(*overlay->pieces));
	overlay->pieces[i] = (struct piece){ .start = start, .end = end, .bytes = bytes };
	overlay->piece_count++;
}

/* The pages of [start, end) that are in a region of the lower target and cannot be read: of a
 * mapped file that has become shorter. */
static void put_unreadable(struct overlay_target *overlay, uint64_t start, uint64_t end,
			   const uint8_t *bytes)
{
	uint64_t page = overlay->base.page_size, run = start;
	for (uint64_t at = start; at < end;) {
		uint8_t byte;
		uint64_t next = (at & ~(page - 1)) + page;
		if (next > end || next < at)
			next = end;
		bool there = target_read_some(overlay->base.lower, at, &byte, 1) == 1;
		if (there && at > run)
			put(overlay, run, at, bytes + (run - start));
		if (there)
			run = next;
		at = next;
	}
	if (end > run)
		put(overlay, run, end, bytes + (run - start));
}

struct error *overlay_target_keep(struct target *target, const uint8_t *bytes, size_t size,
				  void (*release)(const uint8_t *bytes, size_t size))
{
	struct overlay_target *overlay = overlay_of(target);
	TRY(LIST_GROW(overlay->owned, overlay->owned_count, overlay->owned_capacity));
	overlay->owned[overlay->owned_count++] = (struct owned){ bytes, size, release };
	return NULL;
}

/* [address, end) where the lower target has nothing, region by region. */
static void put_in_holes(struct overlay_target *overlay, uint64_t address, uint64_t end,
			 const uint8_t *bytes)
{
	uint64_t at = address;
	for (size_t i = region_behind(overlay, address); at < end; i++) {
		bool more = i < overlay->region_count && overlay->regions[i].start < end;
		uint64_t hole_end = more ? overlay->regions[i].start : end;
		if (hole_end > at)
			put(overlay, at, hole_end, bytes + (at - address));
		if (!more)
			break;
		if (hole_end > at)
			at = hole_end;
		uint64_t region_end = overlay->regions[i].end;
		if (overlay->base.is_live)
			put_unreadable(overlay, at, region_end < end ? region_end : end,
				       bytes + (at - address));
		if (region_end > at)
			at = region_end;
	}
}

/* How many pieces [address, end) may become. */
static size_t most_pieces(const struct overlay_target *overlay, uint64_t address, uint64_t end)
{
	size_t holes = 1;
	for (size_t i = region_behind(overlay, address);
	     i < overlay->region_count && overlay->regions[i].start < end; i++)
		holes++;
	if (overlay->base.is_live) /* every other page of the regions, at worst */
		holes += (size_t)(end - address) / overlay->base.page_size / 2 + 1 + holes;
	return holes * 2;
}

struct error *overlay_target_add(struct target *target, uint64_t address, const uint8_t *bytes,
				 size_t size, void (*release)(const uint8_t *bytes, size_t size))
{
	struct overlay_target *overlay = overlay_of(target);
	uint64_t end;
	if (__builtin_add_overflow(address, size, &end))
		return error_new(ERROR_BAD_DATA, "%zu bytes at %#llx reach beyond the last address",
				 size, (unsigned long long)address);
	pieces_lock(overlay);
	struct error *error = reserve(overlay, most_pieces(overlay, address, end));
	if (!error && release)
		error = overlay_target_keep(target, bytes, size, release);
	if (!error)
		put_in_holes(overlay, address, end, bytes);
	pieces_unlock(overlay);
	return error;
}

struct target *overlay_target_lower(struct target *target)
{
	return target->lower;
}

uint64_t overlay_target_added_bytes(const struct target *target)
{
	const struct overlay_target *overlay = (const struct overlay_target *)target;
	uint64_t bytes = 0;
	for (size_t i = 0; i < overlay->piece_count; i++)
		bytes += overlay->pieces[i].end - overlay->pieces[i].start;
	return bytes;
}
