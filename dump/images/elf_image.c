#include "dump/images/elf_image.h"

#include "base/bytes.h"
#include "dump/images/elf_note.h"

enum { NOTES_MAX = 4096 }; /* of a module's note segment, bytes; real ones have about 100 */

static bool read_whole(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return target_read_some(target, address, buffer, size) == size;
}

static bool good_header(const struct target *target, const Elf64_Ehdr *header)
{
	const struct architecture *architecture = architecture_of_elf_machine(header->e_machine);
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       (header->e_type == ET_EXEC || header->e_type == ET_DYN) && architecture &&
	       architecture == target->architecture && header->e_phentsize == sizeof(Elf64_Phdr) &&
	       header->e_phnum && header->e_phnum <= LIMIT_IMAGE_PROGRAM_HEADERS;
}

/* Where the image lies, from its PT_LOADs; `address` is that of file offset 0. */
static bool place(struct elf_image *image, const struct target *target, uint64_t address)
{
	uint64_t low = UINT64_MAX, high = 0, origin = 0;
	for (size_t i = 0; i < image->count; i++) {
		const Elf64_Phdr *header = &image->headers[i];
		uint64_t end;
		if (header->p_type != PT_LOAD || !header->p_memsz)
			continue;
		if (__builtin_add_overflow(header->p_vaddr, header->p_memsz, &end))
			return false;
		if (header->p_vaddr < low) {
			low = header->p_vaddr;
			origin = header->p_vaddr - header->p_offset;
		}
		if (end > high)
			high = end;
	}
	if (low >= high)
		return false;
	image->bias = address - origin; /* may wrap: a prelinked image mapped lower */
	image->start = (image->bias + low) & ~(uint64_t)(target->page_size - 1);
	image->end = image->bias + high;
	return image->start < image->end && address >= image->start && address < image->end;
}

bool elf_image_read(struct target *target, uint64_t address, struct elf_image *ret)
{
	Elf64_Ehdr header;
	uint64_t table;
	if (target_try_some(target, address, &header, sizeof(header)) != sizeof(header) ||
	    !good_header(target, &header) ||
	    __builtin_add_overflow(address, header.e_phoff, &table))
		return false;
	ret->count = header.e_phnum;
	return read_whole(target, table, ret->headers, ret->count * sizeof(Elf64_Phdr)) &&
	       place(ret, target, address);
}

const Elf64_Phdr *elf_image_header(const struct elf_image *image, uint32_t type)
{
	for (size_t i = 0; i < image->count; i++)
		if (image->headers[i].p_type == type)
			return &image->headers[i];
	return NULL;
}

size_t elf_notes_build_id(const uint8_t *notes, size_t size, uint64_t alignment, uint8_t *ret)
{
	struct elf_note note;
	size_t offset = 0;
	while (elf_note_next(notes, size, alignment, &offset, &note)) {
		if (note.type != NT_GNU_BUILD_ID || !elf_note_is_of(&note, ELF_NOTE_GNU) ||
		    !note.description_size || note.description_size > LIMIT_BUILD_ID_BYTES)
			continue;
		memcpy(ret, note.description, note.description_size);
		return note.description_size;
	}
	return 0;
}

size_t elf_image_build_id(struct target *target, const struct elf_image *image, uint8_t *ret)
{
	for (size_t i = 0; i < image->count; i++) {
		const Elf64_Phdr *header = &image->headers[i];
		if (header->p_type != PT_NOTE || !header->p_memsz)
			continue;
		size_t size = header->p_memsz < NOTES_MAX ? (size_t)header->p_memsz : NOTES_MAX;
		uint8_t notes[NOTES_MAX];
		size = target_read_some(target, image->bias + header->p_vaddr, notes, size);
		size_t found = elf_notes_build_id(notes, size, header->p_align, ret);
		if (found)
			return found;
	}
	return 0;
}

/* d_ptr of a loaded image: an address already, or still p_vaddr-like. */
static uint64_t relocated(uint64_t pointer, uint64_t base, uint64_t end, uint64_t bias)
{
	return pointer >= base && pointer < end ? pointer : bias + pointer;
}

bool elf_dynamic_read(struct target *target, uint64_t dynamic, uint64_t base, uint64_t end,
		      uint64_t bias, struct elf_dynamic *ret)
{
	*ret = (struct elf_dynamic){ 0 };
	for (size_t i = 0; i < LIMIT_DYNAMIC_ENTRIES; i++) {
		Elf64_Dyn entry;
		if (!read_whole(target, dynamic + i * sizeof(entry), &entry, sizeof(entry)))
			return i > 0;
		uint64_t address = relocated(entry.d_un.d_ptr, base, end, bias);
		switch (entry.d_tag) {
		case DT_NULL:
			return true;
		case DT_SYMTAB:
			ret->symbols = address;
			break;
		case DT_STRTAB:
			ret->strings = address;
			break;
		case DT_STRSZ:
			ret->string_bytes = entry.d_un.d_val;
			break;
		case DT_GNU_HASH:
			ret->gnu_hash = address;
			break;
		case DT_DEBUG:
			ret->debug = entry.d_un.d_ptr;
			break;
		}
	}
	return true;
}

static uint32_t gnu_hash_of(const char *name)
{
	enum { HASH_START = 5381, HASH_FACTOR = 33 };
	uint32_t hash = HASH_START;
	for (; *name; name++)
		hash = hash * HASH_FACTOR + (uint8_t)*name;
	return hash;
}

/* The table's header and, after it, its three arrays. */
struct gnu_hash {
	uint32_t bucket_count, first_symbol, bloom_words, bloom_shift;
	uint64_t bloom, buckets, chains;
};

static bool read_gnu_hash(struct target *target, uint64_t address, struct gnu_hash *ret)
{
	uint32_t header[4];
	if (!read_whole(target, address, header, sizeof(header)) || !header[0] || !header[2])
		return false;
	*ret = (struct gnu_hash){ .bucket_count = header[0],
				  .first_symbol = header[1],
				  .bloom_words = header[2],
				  .bloom_shift = header[3] & 31,
				  .bloom = address + sizeof(header) };
	ret->buckets = ret->bloom + (uint64_t)ret->bloom_words * sizeof(uint64_t);
	ret->chains = ret->buckets + (uint64_t)ret->bucket_count * sizeof(uint32_t);
	return true;
}

/* Is symbol `index` a definition of `name`? Absent: of another name, or undefined. */
static enum elf_symbol_answer symbol_is(struct target *target, const struct elf_dynamic *dynamic,
					uint64_t bias, uint32_t index, const char *name,
					struct elf_symbol *ret)
{
	Elf64_Sym symbol;
	char found[LIMIT_SYMBOL_NAME_BYTES];
	size_t size = strlen(name) + 1;
	if (!read_whole(target, dynamic->symbols + (uint64_t)index * sizeof(symbol), &symbol,
			sizeof(symbol)))
		return ELF_SYMBOL_UNREADABLE;
	if (symbol.st_shndx == SHN_UNDEF || size > sizeof(found) ||
	    !range_within(symbol.st_name, size, dynamic->string_bytes))
		return ELF_SYMBOL_ABSENT;
	if (!read_whole(target, dynamic->strings + symbol.st_name, found, size))
		return ELF_SYMBOL_UNREADABLE;
	if (memcmp(found, name, size))
		return ELF_SYMBOL_ABSENT;
	ret->address = symbol.st_shndx == SHN_ABS ? symbol.st_value : bias + symbol.st_value;
	ret->size = symbol.st_size;
	return ELF_SYMBOL_FOUND;
}

enum elf_symbol_answer elf_dynamic_symbol(struct target *target, const struct elf_dynamic *dynamic,
					  uint64_t bias, const char *name, struct elf_symbol *ret)
{
	enum { BLOOM_BITS = 64 };
	struct gnu_hash table;
	uint64_t word;
	uint32_t index, hash = gnu_hash_of(name);
	if (!dynamic->symbols || !dynamic->strings || !dynamic->gnu_hash ||
	    !read_gnu_hash(target, dynamic->gnu_hash, &table) ||
	    !read_whole(target, table.bloom + hash / BLOOM_BITS % table.bloom_words * sizeof(word),
			&word, sizeof(word)))
		return ELF_SYMBOL_UNREADABLE;
	uint64_t bits = (uint64_t)1 << hash % BLOOM_BITS |
			(uint64_t)1 << (hash >> table.bloom_shift) % BLOOM_BITS;
	if ((word & bits) != bits)
		return ELF_SYMBOL_ABSENT;
	if (!read_whole(target,
			table.buckets + (uint64_t)(hash % table.bucket_count) * sizeof(index),
			&index, sizeof(index)))
		return ELF_SYMBOL_UNREADABLE;
	if (!index)
		return ELF_SYMBOL_ABSENT;
	if (index < table.first_symbol)
		return ELF_SYMBOL_UNREADABLE;
	for (size_t steps = 0; steps < LIMIT_SYMBOL_CHAIN && index; steps++, index++) {
		uint32_t chain;
		if (!read_whole(target,
				table.chains +
					(uint64_t)(index - table.first_symbol) * sizeof(chain),
				&chain, sizeof(chain)))
			return ELF_SYMBOL_UNREADABLE;
		if ((chain | 1) == (hash | 1)) {
			enum elf_symbol_answer answer =
				symbol_is(target, dynamic, bias, index, name, ret);
			if (answer != ELF_SYMBOL_ABSENT)
				return answer;
		}
		if (chain & 1) /* the last of its bucket */
			return ELF_SYMBOL_ABSENT;
	}
	return ELF_SYMBOL_UNREADABLE;
}
