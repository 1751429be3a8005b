#include "dump/images/bundle_file.h"

#include "base/bytes.h"
#include "dump/images/elf_file.h"

#include <zlib.h>

/* SHA-256 of ".net core bundle"; the 8 bytes before it are the manifest's file offset. */
static const uint8_t marker[] = { 0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93,
				  0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae,
				  0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae };

enum {
	HEADER_MAJOR = 6,
	HEADER_COUNT = 8,  /* after the two version numbers */
	HEADER_FIXED = 12, /* then the bundle's id, a text */
	HEADER_REST = 40,  /* where two of the files are, and flags */
	ENTRY_SIZE = 8,
	ENTRY_COMPRESSED = 16, /* 0: stored as it is */
	ENTRY_FIXED = 25,      /* offset, both sizes, one byte of kind; then the path, a text */
	TEXT_MORE = 0x80,      /* a text's length: 7 bits a byte, at most two bytes */
	DEFLATE_RATIO = 1032,  /* deflate cannot do better (zlib.net, "Technical Details") */
	STEP_BYTES = 4 * 1024 * 1024, /* read, or unpacked, between two looks at the task */
};

/* The host's data: of the program's segments those that it can write. */
static bool find_marker(const uint8_t *bytes, size_t size, uint64_t *ret_manifest)
{
	struct elf_file elf;
	if (!elf_file_read(bytes, size, &elf))
		return false;
	for (size_t i = 0; i < elf.count; i++) {
		const Elf64_Phdr *header = &elf.headers[i];
		if (header->p_type != PT_LOAD || !(header->p_flags & PF_W) ||
		    !range_within(header->p_offset, header->p_filesz, size))
			continue;
		const uint8_t *data = bytes + header->p_offset;
		const uint8_t *found = memmem(data, header->p_filesz, marker, sizeof(marker));
		if (!found || found - data < (ptrdiff_t)sizeof(uint64_t))
			continue;
		*ret_manifest = load_u64(found - sizeof(uint64_t));
		return *ret_manifest != 0; /* 0: the host of an app that is no bundle */
	}
	return false;
}

/* A text that begins at *at; *at moves to its end. */
static bool read_text(const uint8_t *bytes, size_t size, uint64_t *at, const char **ret,
		      size_t *ret_length)
{
	if (!range_within(*at, 2, size)) /* no text is the last thing in a bundle's header */
		return false;
	size_t length = bytes[(*at)++];
	if (length & TEXT_MORE)
		length = (length & ~(size_t)TEXT_MORE) | (size_t)bytes[(*at)++] << 7;
	if (!range_within(*at, length, size))
		return false;
	*ret = (const char *)bytes + *at;
	*ret_length = length;
	*at += length;
	return true;
}

bool bundle_file_read(const uint8_t *bytes, size_t size, struct bundle_file *ret)
{
	uint64_t at;
	if (!find_marker(bytes, size, &at) || !range_within(at, HEADER_FIXED, size) ||
	    load_u32(bytes + at) != HEADER_MAJOR)
		return false;
	*ret = (struct bundle_file){ .bytes = bytes,
				     .size = size,
				     .count = load_u32(bytes + at + HEADER_COUNT) };
	at += HEADER_FIXED;
	if (!read_text(bytes, size, &at, &ret->id, &ret->id_length) ||
	    !range_within(at, HEADER_REST, size))
		return false;
	ret->entries = at + HEADER_REST;
	return true;
}

/* Every step goes on by an entry's size at least, so the file's size bounds the search. */
bool bundle_file_find(const struct bundle_file *bundle, const char *path, struct bundle_entry *ret)
{
	uint64_t at = bundle->entries;
	for (uint32_t i = 0; i < bundle->count; i++) {
		if (!range_within(at, ENTRY_FIXED, bundle->size))
			return false;
		const uint8_t *fixed = bundle->bytes + at;
		const char *name;
		size_t length;
		at += ENTRY_FIXED;
		if (!read_text(bundle->bytes, bundle->size, &at, &name, &length))
			return false;
		if (length != strlen(path) || memcmp(name, path, length))
			continue;
		uint64_t compressed = load_u64(fixed + ENTRY_COMPRESSED);
		*ret = (struct bundle_entry){ .offset = load_u64(fixed),
					      .size = load_u64(fixed + ENTRY_SIZE),
					      .is_compressed = compressed != 0 };
		ret->stored = compressed ? compressed : ret->size;
		return range_within(ret->offset, ret->stored, bundle->size);
	}
	return false;
}

static struct error *damaged(const struct bundle_entry *entry, const char *what)
{
	return error_new(ERROR_BAD_DATA, "the bundle's file at offset %#llx %s",
			 (unsigned long long)entry->offset, what);
}

/* As far as the announced size, a step at a time, of input and of output. */
static struct error *inflate_announced(z_stream *stream, uint64_t size, const struct task *task,
				       int *ret_status)
{
	uInt rest = stream->avail_in;
	do {
		TRY(task_check(task, "unpacking a file of a single-file app"));
		uint64_t left = size - stream->total_out;
		uInt piece = rest < STEP_BYTES ? rest : STEP_BYTES;
		stream->avail_in = piece;
		stream->avail_out = (uInt)(left < STEP_BYTES ? left : STEP_BYTES);
		*ret_status = inflate(stream, Z_NO_FLUSH);
		rest -= piece - stream->avail_in;
	} while (*ret_status == Z_OK && stream->total_out < size);
	stream->avail_in = rest;
	return NULL;
}

/* zlib counts in 32 bits: a stored size of more never passes the limit of the unpacked one. */
static struct error *inflate_all(const struct bundle_file *bundle, const struct bundle_entry *entry,
				 const struct task *task, uint8_t *to)
{
	uint8_t beyond;
	int status;
	z_stream stream = { .next_in = (uint8_t *)bundle->bytes + entry->offset,
			    .avail_in = (uInt)entry->stored,
			    .next_out = to };
	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return &error_no_memory;
	struct error *error = inflate_announced(&stream, entry->size, task, &status);
	bool is_filled = stream.total_out == entry->size;
	if (!error && status != Z_STREAM_END &&
	    is_filled) { /* the end may need a look after the bytes */
		stream.next_out = &beyond;
		stream.avail_out = 1;
		if (stream.avail_in > STEP_BYTES)
			stream.avail_in = STEP_BYTES; /* nothing is to come out of them */
		status = inflate(&stream, Z_FINISH);
	}
	bool fits = stream.total_out == entry->size;
	inflateEnd(&stream);
	if (error)
		return error;
	if (status == Z_MEM_ERROR)
		return &error_no_memory;
	if (!fits && is_filled)
		return damaged(entry, "unpacks to more than it announces");
	if (status != Z_STREAM_END || !fits)
		return damaged(entry, "cannot be unpacked");
	return NULL;
}

struct error *bundle_file_unpack(const struct bundle_file *bundle, const struct bundle_entry *entry,
				 const struct task *task, uint8_t **ret)
{
	if (!entry->size || entry->size > LIMIT_BUNDLED_FILE_BYTES || entry->stored > entry->size ||
	    entry->size / DEFLATE_RATIO > entry->stored)
		return damaged(entry, "announces a size that cannot be");
	uint8_t *bytes = malloc((size_t)entry->size);
	if (!bytes)
		return &error_no_memory;
	struct error *error = inflate_all(bundle, entry, task, bytes);
	if (error)
		free(bytes);
	else
		*ret = bytes;
	return error;
}
