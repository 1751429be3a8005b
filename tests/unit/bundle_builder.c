#include "tests/unit/bundle_builder.h"

#include "tests/unit/tap.h"

#include <elf.h>
#include <zlib.h>

static const uint8_t marker[] = { 0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93,
				  0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae,
				  0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae };
enum { MARKER = 0x800 };

static void put(struct built_bundle *bundle, const void *bytes, size_t size)
{
	if (bundle->size + size > BUNDLE_MAX_BYTES)
		abort();
	memcpy(bundle->bytes + bundle->size, bytes, size);
	bundle->size += size;
}

static void put_number(struct built_bundle *bundle, uint64_t number, size_t width)
{
	put(bundle, &number, width);
}

static void put_text(struct built_bundle *bundle, const char *text)
{
	size_t length = strlen(text);
	if (length < 0x80)
		put_number(bundle, length, 1);
	else
		put_number(bundle, (length & 0x7f) | 0x80 | length >> 7 << 8, 2);
	put(bundle, text, length);
}

static void put_program(struct built_bundle *bundle)
{
	Elf64_Ehdr header = { .e_type = ET_DYN,
			      .e_machine = EM_X86_64,
			      .e_phoff = sizeof(header),
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = 1 };
	Elf64_Phdr data = { .p_type = PT_LOAD,
			    .p_flags = PF_R | PF_W,
			    .p_filesz = BUNDLE_FILES,
			    .p_memsz = BUNDLE_FILES };
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	put(bundle, &header, sizeof(header));
	put(bundle, &data, sizeof(data));
	memcpy(bundle->bytes + MARKER, marker, sizeof(marker));
	bundle->size = BUNDLE_FILES;
}

static void put_compressed(struct built_bundle *bundle, const struct bundled_file *file)
{
	z_stream stream = { .next_in = (uint8_t *)file->bytes,
			    .avail_in = (uInt)file->size,
			    .next_out = bundle->bytes + bundle->size,
			    .avail_out = (uInt)(BUNDLE_MAX_BYTES - bundle->size) };
	if (deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	bundle->size += stream.total_out;
	deflateEnd(&stream);
}

void bundle_build(const struct bundled_file *files, size_t count, struct built_bundle *ret)
{
	uint64_t stored[8];
	*ret = (struct built_bundle){ .bytes = scenery_allocate(BUNDLE_MAX_BYTES) };
	memset(ret->bytes, 0, BUNDLE_MAX_BYTES);
	put_program(ret);
	for (size_t i = 0; i < count; i++) {
		ret->offsets[i] = ret->size;
		if (files[i].compress)
			put_compressed(ret, &files[i]);
		else
			put(ret, files[i].bytes, files[i].size);
		stored[i] = ret->size - ret->offsets[i];
	}
	ret->manifest = ret->size;
	memcpy(ret->bytes + MARKER - sizeof(uint64_t), &(uint64_t){ ret->manifest },
	       sizeof(uint64_t));
	put_number(ret, 6, 4);
	put_number(ret, 0, 4);
	put_number(ret, count, 4);
	put_text(ret, "abc");
	for (size_t i = 0; i < 5; i++)
		put_number(ret, 0, 8);
	for (size_t i = 0; i < count; i++) {
		put_number(ret, ret->offsets[i], 8);
		put_number(ret, files[i].claimed_size ? files[i].claimed_size : files[i].size, 8);
		put_number(ret, files[i].compress ? stored[i] : 0, 8);
		put_number(ret, 1, 1);
		put_text(ret, files[i].path);
	}
}

void bundle_release(struct built_bundle *bundle)
{
	scenery_free(bundle->bytes);
	bundle->bytes = NULL;
}
