#include "heap/metadata/metadata.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/search.h"
#include "heap/metadata/compressed_number.h"
#include "heap/metadata/metadata_tables.h"

/* ECMA-335 II.24.2.1 and II.24.2.2: the root and its stream headers. */
enum {
	ROOT_SIGNATURE = 0x424a5342, /* "BSJB" */
	ROOT_VERSION_LENGTH = 12,
	ROOT_FIXED_BYTES = 16, /* before the version */
	ROOT_VERSION_MAX = 256,
	STREAM_FIXED_BYTES = 8, /* before the name */
	STREAM_NAME_MAX = 32,   /* with its NUL */
	ROOT_BYTES_MAX = ROOT_FIXED_BYTES + ROOT_VERSION_MAX + 4 +
			 LIMIT_METADATA_STREAMS * (STREAM_FIXED_BYTES + STREAM_NAME_MAX),
};

enum { PAGE_BYTES = 4096, GUID_BYTES = 16, MEASURE_BYTES = 64 * 1024 };

void metadata_note_lack(const struct metadata *metadata, uint32_t offset)
{
	if (metadata->missing_bytes && offset < metadata->end)
		target_note_lack(metadata->target, metadata->address + offset);
}

const uint8_t *metadata_bytes_at(const struct metadata *metadata, uint32_t offset,
				 uint32_t *ret_available)
{
	size_t at = SEARCH_FIRST(metadata->piece_count, i, metadata->pieces[i].end > offset);
	if (at == metadata->piece_count || metadata->pieces[at].start > offset) {
		metadata_note_lack(metadata, offset);
		return NULL;
	}
	const struct metadata_piece *piece = &metadata->pieces[at];
	*ret_available = piece->end - offset;
	return piece->bytes + (offset - piece->start);
}

void metadata_set_task(struct metadata *metadata, const struct task *task)
{
	metadata->task = task;
}

bool metadata_stopped(const struct metadata *metadata)
{
	struct error *error = task_check(metadata->task, "searching metadata");
	error_free(error);
	return error != NULL;
}

uint64_t metadata_missing_bytes(const struct metadata *metadata)
{
	return metadata->missing_bytes;
}

/* The heaps. */

const char *metadata_string(const struct metadata *metadata, uint32_t offset)
{
	if (!offset)
		return ""; /* II.24.2.3: the first entry is the empty string */
	if (offset >= metadata->strings.size)
		return NULL;
	uint32_t most = metadata->strings.size - offset, available = 0;
	const uint8_t *bytes =
		metadata_bytes_at(metadata, metadata->strings.start + offset, &available);
	if (!bytes)
		return NULL;
	if (available < most)
		most = available;
	if (most > LIMIT_METADATA_STRING_BYTES)
		most = LIMIT_METADATA_STRING_BYTES;
	if (memchr(bytes, 0, most))
		return (const char *)bytes;
	metadata_note_lack(metadata, metadata->strings.start + offset + available);
	return NULL;
}

static bool sized_bytes(const struct metadata *metadata, const struct metadata_stream *blobs,
			uint32_t offset, const uint8_t **ret, uint32_t *ret_size)
{
	if (!offset) { /* the empty blob */
		*ret = (const uint8_t *)"";
		*ret_size = 0;
		return true;
	}
	if (offset >= blobs->size)
		return false;
	uint32_t available = 0, size = 0;
	const uint8_t *bytes = metadata_bytes_at(metadata, blobs->start + offset, &available);
	if (!bytes)
		return false;
	if (available > blobs->size - offset)
		available = blobs->size - offset;
	size_t position = 0;
	if (!compressed_number(bytes, available, &position, &size) || size > available - position) {
		metadata_note_lack(metadata, blobs->start + offset + available);
		return false;
	}
	*ret = bytes + position;
	*ret_size = size;
	return true;
}

bool metadata_blob(const struct metadata *metadata, uint32_t offset, const uint8_t **ret,
		   uint32_t *ret_size)
{
	return sized_bytes(metadata, &metadata->blobs, offset, ret, ret_size);
}

bool metadata_user_string(const struct metadata *metadata, uint32_t offset, const uint8_t **ret,
			  uint32_t *ret_units)
{
	uint32_t size;
	*ret_units = 0;
	if (!offset || !sized_bytes(metadata, &metadata->user_strings, offset, ret, &size))
		return false;
	*ret_units = size / 2; /* a byte of flags follows */
	return true;
}

bool metadata_mvid(const struct metadata *metadata, uint8_t ret[16])
{
	uint32_t number = 0;
	if (!metadata_raw(metadata, TABLE_MODULE, 1, MODULE_MVID, &number) || !number ||
	    number > metadata->guids.size / GUID_BYTES)
		return false;
	const uint8_t *bytes = metadata_bytes(
		metadata, metadata->guids.start + (number - 1) * GUID_BYTES, GUID_BYTES);
	if (!bytes)
		return false;
	memcpy(ret, bytes, GUID_BYTES);
	return true;
}

/* Opening. */

static void take_stream(struct metadata *metadata, const char *name, struct metadata_stream stream)
{
	if (!strcmp(name, "#~") || !strcmp(name, "#-")) {
		metadata->tables_stream = stream;
		metadata->uncompressed = name[1] == '-';
	} else if (!strcmp(name, "#Strings")) {
		metadata->strings = stream;
	} else if (!strcmp(name, "#US")) {
		metadata->user_strings = stream;
	} else if (!strcmp(name, "#Blob")) {
		metadata->blobs = stream;
	} else if (!strcmp(name, "#GUID")) {
		metadata->guids = stream;
	} else if (!strcmp(name, "#JTD")) {
		metadata->minimal_delta = true;
	}
}

static struct error *root_ends(size_t available)
{
	return error_new(available < ROOT_BYTES_MAX ? ERROR_FAULT : ERROR_BAD_DATA,
			 "cannot read the metadata's stream headers: they do not end within %zu "
			 "bytes",
			 available);
}

/* The root, of which `available` bytes are at hand; `size` bounds the streams. *ret_end: where the
 * last of them ends. */
static struct error *read_root(struct metadata *metadata, const uint8_t *root, size_t available,
			       uint32_t size, uint32_t *ret_end)
{
	if (available < ROOT_FIXED_BYTES)
		return error_new(ERROR_FAULT, "cannot read the metadata's root");
	if (load_u32(root) != ROOT_SIGNATURE)
		return error_new(ERROR_BAD_DATA, "no metadata: the signature BSJB is not there");
	uint32_t version_length = load_u32(root + ROOT_VERSION_LENGTH);
	if (version_length > ROOT_VERSION_MAX)
		return error_new(ERROR_BAD_DATA, "the metadata's version is %u bytes long",
				 version_length);
	size_t at = ROOT_FIXED_BYTES + align_up(version_length, 4);
	if (!range_within(at, 4, available))
		return root_ends(available);
	unsigned count = load_u16(root + at + 2);
	if (count > LIMIT_METADATA_STREAMS)
		return error_new(ERROR_BAD_DATA, "the metadata has %u streams", count);
	uint32_t end = 0;
	at += 4;
	for (unsigned i = 0; i < count; i++) {
		if (!range_within(at, STREAM_FIXED_BYTES + 1, available))
			return root_ends(available);
		struct metadata_stream stream = { load_u32(root + at), load_u32(root + at + 4) };
		const char *name = (const char *)root + at + STREAM_FIXED_BYTES;
		size_t most = available - at - STREAM_FIXED_BYTES;
		size_t length = strnlen(name, most < STREAM_NAME_MAX ? most : STREAM_NAME_MAX);
		if (length == most || length == STREAM_NAME_MAX)
			return root_ends(available);
		at += STREAM_FIXED_BYTES + align_up(length + 1, 4);
		/* What a stream claims beyond the metadata is not there; the rest of it is. */
		if (stream.start > size)
			stream = (struct metadata_stream){ 0 };
		if (stream.size > size - stream.start)
			stream.size = size - stream.start;
		if (stream.start + stream.size > end)
			end = stream.start + stream.size;
		take_stream(metadata, name, stream);
	}
	*ret_end = end;
	return NULL;
}

static struct metadata *metadata_new(struct arena *arena)
{
	struct metadata *metadata = arena_allocate(arena, sizeof(*metadata));
	if (metadata)
		metadata->arena = arena;
	return metadata;
}

static struct error *finish(struct metadata *metadata)
{
	if (!metadata->tables_stream.size)
		return error_new(ERROR_BAD_DATA, "the metadata has no stream of tables");
	return metadata_place_tables(metadata);
}

static void set_whole(struct metadata *metadata, const uint8_t *bytes, uint32_t end)
{
	metadata->whole = (struct metadata_piece){ 0, end, bytes };
	metadata->pieces = &metadata->whole;
	metadata->piece_count = 1;
}

struct error *metadata_open_bytes(const uint8_t *bytes, size_t size, struct arena *arena,
				  struct metadata **ret)
{
	struct metadata *metadata = metadata_new(arena);
	if (!metadata)
		return &error_no_memory;
	uint32_t most = size < LIMIT_METADATA_BYTES ? (uint32_t)size : LIMIT_METADATA_BYTES;
	size_t root = most < ROOT_BYTES_MAX ? most : ROOT_BYTES_MAX;
	uint32_t end = 0;
	TRY(read_root(metadata, bytes, root, most, &end));
	set_whole(metadata, bytes, end);
	TRY(finish(metadata));
	*ret = metadata;
	return NULL;
}

/* The pieces found so far, on their way into the arena. */
struct pieces {
	struct metadata_piece *items;
	size_t count, capacity;
};

static void pieces_cleanup(struct pieces *pieces)
{
	free(pieces->items);
}

/* How many bytes are contiguous in the target from `address`, at most `most`. */
static struct error *measure(struct target *target, uint64_t address, uint32_t most, uint32_t *ret)
{
	CLEANUP(free_cleanup) uint8_t *buffer = malloc(MEASURE_BYTES);
	if (!buffer)
		return &error_no_memory;
	uint32_t length = 0;
	while (length < most) {
		size_t part = most - length < MEASURE_BYTES ? most - length : MEASURE_BYTES;
		size_t got = target_try_some(target, address + length, buffer, part);
		length += (uint32_t)got;
		if (got < part)
			break;
	}
	*ret = length;
	return NULL;
}

/* The piece that starts at `offset`: borrowed where the target can lend all of it, copied where it
 * cannot; piece->end == offset: a hole. Measured first, so that a size that only claims to be large
 * costs no memory. */
static struct error *find_piece(struct target *target, uint64_t address, uint32_t offset,
				uint32_t end, struct arena *arena, struct metadata_piece *piece)
{
	*piece = (struct metadata_piece){ .start = offset, .end = offset };
	size_t lent = 0;
	const uint8_t *bytes = target_borrow(target, address + offset, &lent);
	if (bytes && lent >= end - offset) {
		piece->end = end;
		piece->bytes = bytes;
		return NULL;
	}
	uint8_t next;
	if (bytes && lent && !target_try_some(target, address + offset + lent, &next, 1)) {
		piece->end = offset + (uint32_t)lent;
		piece->bytes = bytes;
		return NULL;
	}
	uint32_t length = 0;
	TRY(measure(target, address + offset, end - offset, &length));
	if (!length)
		return NULL;
	uint8_t *copy = arena_allocate(arena, length);
	if (!copy)
		return &error_no_memory;
	piece->end = offset + (uint32_t)target_try_some(target, address + offset, copy, length);
	piece->bytes = copy;
	return NULL;
}

static struct error *find_pieces(struct target *target, uint64_t address, uint32_t end,
				 struct arena *arena, struct pieces *pieces)
{
	uint32_t offset = 0, hole = 0;
	while (offset < end && hole < LIMIT_METADATA_HOLE_BYTES) {
		struct metadata_piece piece;
		TRY(find_piece(target, address, offset, end, arena, &piece));
		if (piece.end > offset) {
			TRY(LIST_GROW(pieces->items, pieces->count, pieces->capacity));
			pieces->items[pieces->count++] = piece;
			offset = piece.end;
			hole = 0;
			continue;
		}
		uint32_t step = PAGE_BYTES - (uint32_t)((address + offset) % PAGE_BYTES);
		hole += step;
		offset = step < end - offset ? offset + step : end;
	}
	return NULL;
}

static struct error *read_pieces(struct metadata *metadata, struct target *target, uint64_t address,
				 uint32_t end)
{
	size_t lent = 0;
	const uint8_t *bytes = target_borrow(target, address, &lent);
	if (bytes && lent >= end) {
		set_whole(metadata, bytes, end);
		return NULL;
	}
	CLEANUP(pieces_cleanup) struct pieces pieces = { 0 };
	TRY(find_pieces(target, address, end, metadata->arena, &pieces));
	struct metadata_piece *kept =
		arena_allocate_array(metadata->arena, pieces.count, sizeof(*kept));
	if (!kept)
		return &error_no_memory;
	uint64_t there = 0;
	for (size_t i = 0; i < pieces.count; i++) {
		kept[i] = pieces.items[i];
		there += kept[i].end - kept[i].start;
	}
	metadata->pieces = kept;
	metadata->piece_count = pieces.count;
	metadata->missing_bytes = end - there;
	return NULL;
}

static struct error *open_at(struct reader *reader, uint64_t address, uint32_t size,
			     struct metadata *metadata)
{
	uint8_t root[ROOT_BYTES_MAX];
	size_t wanted = size < ROOT_BYTES_MAX ? size : ROOT_BYTES_MAX;
	size_t available = target_try_some(reader->target, address, root, wanted);
	uint32_t end = 0;
	TRY(read_root(metadata, root, available, size, &end));
	TRY(read_pieces(metadata, reader->target, address, end));
	metadata->target = reader->target;
	metadata->address = address;
	metadata->end = end;
	return finish(metadata);
}

struct error *metadata_open(struct reader *reader, uint64_t address, uint64_t size,
			    struct arena *arena, struct metadata **ret)
{
	struct metadata *metadata = metadata_new(arena);
	if (!metadata)
		return &error_no_memory;
	uint64_t most = size < LIMIT_METADATA_BYTES ? size : LIMIT_METADATA_BYTES;
	if (most > UINT64_MAX - address)
		most = UINT64_MAX - address;
	struct error *error = open_at(reader, address, (uint32_t)most, metadata);
	if (error) {
		if (error->code == ERROR_FAULT)
			error->address = address;
		return error_context(error, "metadata at %#llx", (unsigned long long)address);
	}
	*ret = metadata;
	return NULL;
}
