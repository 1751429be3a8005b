#include "tests/lie/dump.h"

#include "attach/target/recording_target.h"
#include "base/list.h"
#include "base/search.h"
#include "dump/core/core_target.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { CHUNK_BYTES = 1 << 20, RECORD_LIMIT_BYTES = 64 << 20 };

struct error *ranges_add(struct ranges *ranges, uint64_t start, uint64_t end)
{
	TRY(LIST_GROW(ranges->items, ranges->count, ranges->capacity));
	ranges->items[ranges->count++] = (struct hidden_range){ start, end };
	return NULL;
}

bool ranges_meet(const struct ranges *ranges, uint64_t start, uint64_t end)
{
	size_t at = SEARCH_FIRST(ranges->count, i, ranges->items[i].end > start);
	return at < ranges->count && ranges->items[at].start < end;
}

/* All frames of the file, into a file without a name. */
static struct error *unpack(const uint8_t *packed, size_t size, int to)
{
	static uint8_t chunk[CHUNK_BYTES];
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { packed, size, 0 };
	size_t left = 1;
	if (!context)
		return &error_no_memory;
	ZSTD_outBuffer out = { chunk, sizeof(chunk), 0 };
	do {
		out.pos = 0;
		left = ZSTD_decompressStream(context, &out, &in);
		if (write(to, chunk, out.pos) != (ssize_t)out.pos)
			left = (size_t)-1;
	} while (!ZSTD_isError(left) && (in.pos < in.size || (left && out.pos == sizeof(chunk))));
	ZSTD_freeDCtx(context);
	return left ? error_new(ERROR_BAD_DATA, "the dump cannot be unpacked") : NULL;
}

static struct error *map(int fd, const uint8_t **ret, size_t *ret_size)
{
	struct stat status;
	if (fstat(fd, &status))
		return error_os(errno, "cannot look at the dump");
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return error_os(errno, "cannot map the dump");
	*ret = bytes;
	*ret_size = (size_t)status.st_size;
	return NULL;
}

static struct error *add_region(const struct region *region, void *context)
{
	return ranges_add(context, region->start, region->end);
}

struct error *dump_open(const char *path, struct dump *ret)
{
	const uint8_t *bytes;
	size_t size;
	int fd = open(path, O_RDONLY | O_CLOEXEC), plain = memfd_create("dump", MFD_CLOEXEC);
	const char *slash = strrchr(path, '/');
	*ret = (struct dump){ .path = path, .name = slash ? slash + 1 : path };
	if (fd < 0 || plain < 0)
		return error_os(errno, "cannot open %s", path);
	TRY(map(fd, &bytes, &size));
	TRY(unpack(bytes, size, plain));
	TRY(map(plain, &bytes, &size));
	TRY(core_target_open_bytes(path, bytes, size, &ret->core));
	return target_visit_regions(ret->core, add_region, &ret->regions);
}

static unsigned long visits;
static struct error *(*visit_below)(struct target *, region_visitor, void *);

unsigned long region_visits(void)
{
	return visits;
}

static struct error *count_visit(struct target *target, region_visitor visit, void *context)
{
	visits++;
	return visit_below(target, visit, context);
}

struct error *opened_open(const struct dump *dump, const struct ranges *hidden, struct opened *ret)
{
	*ret = (struct opened){ .session = session_new() };
	if (!ret->session)
		return &error_no_memory;
	TRY(hiding_target_new(dump->core, hidden->items, hidden->count, &ret->hiding));
	TRY(recording_target_new(ret->hiding, RECORD_LIMIT_BYTES, &ret->recording));
	TRY(session_open(ret->session, ret->recording, dump->name, NULL, NULL));
	struct target *target = session_target(ret->session);
	ret->ops = *target->ops;
	visit_below = ret->ops.visit_regions;
	ret->ops.visit_regions = count_visit;
	target->ops = &ret->ops;
	return NULL;
}

void opened_close(struct opened *opened)
{
	session_free(opened->session);
	target_close(opened->hiding);
}

struct error *opened_take_pages(struct opened *opened, struct ranges *ret)
{
	size_t count;
	const struct region *pages = recording_target_pages(opened->recording, &count);
	*ret = (struct ranges){ 0 };
	for (size_t i = 0; i < count; i++)
		TRY(ranges_add(ret, pages[i].start, pages[i].end));
	return recording_target_forget(opened->recording, 0, UINT64_MAX);
}
