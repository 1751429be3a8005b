#include "dump/elf_file.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "dump/elf_image.h"

enum { WORD = 8, RELRO_MAX = 256 * 1024 * 1024 };

/* What of the dynamic section relocating needs. Addresses are p_vaddr-like. */
struct relocations {
	uint64_t rela, rela_bytes;
	uint64_t plt, plt_bytes;
	uint64_t relr, relr_bytes;
};

/* The copy being relocated. */
struct relro {
	uint64_t vaddr;
	size_t size; /* a multiple of WORD */
	uint8_t *bytes, *known;
	uint64_t bias;
};

bool elf_file_read(const uint8_t *bytes, size_t size, struct elf_file *ret)
{
	Elf64_Ehdr header;
	if (size < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	ret->bytes = bytes;
	ret->size = size;
	ret->count = header.e_phnum;
	ret->build_id_size = 0;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_phentsize != sizeof(Elf64_Phdr) ||
	    (header.e_type != ET_DYN && header.e_type != ET_EXEC) ||
	    header.e_phnum > LIMIT_IMAGE_PROGRAM_HEADERS ||
	    !range_within(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr), size))
		return false;
	memcpy(ret->headers, bytes + header.e_phoff, ret->count * sizeof(Elf64_Phdr));
	for (size_t i = 0; i < ret->count && !ret->build_id_size; i++) {
		const Elf64_Phdr *notes = &ret->headers[i];
		if (notes->p_type == PT_NOTE && range_within(notes->p_offset, notes->p_filesz, size))
			ret->build_id_size = elf_notes_build_id(bytes + notes->p_offset,
								(size_t)notes->p_filesz,
								notes->p_align, ret->build_id);
	}
	return true;
}

static const Elf64_Phdr *find_header(const struct elf_file *file, uint32_t type)
{
	for (size_t i = 0; i < file->count; i++)
		if (file->headers[i].p_type == type)
			return &file->headers[i];
	return NULL;
}

/* The file's bytes for `size` bytes at this p_vaddr; NULL: not (all) in the file. */
static const uint8_t *bytes_at(const struct elf_file *file, uint64_t vaddr, uint64_t size)
{
	for (size_t i = 0; i < file->count; i++) {
		const Elf64_Phdr *header = &file->headers[i];
		uint64_t offset = vaddr - header->p_vaddr;
		if (header->p_type == PT_LOAD && vaddr >= header->p_vaddr &&
		    range_within(offset, size, header->p_filesz) &&
		    range_within(header->p_offset, header->p_filesz, file->size))
			return file->bytes + header->p_offset + offset;
	}
	return NULL;
}

static void read_dynamic(const struct elf_file *file, struct relocations *ret)
{
	*ret = (struct relocations){ 0 };
	const Elf64_Phdr *dynamic = find_header(file, PT_DYNAMIC);
	if (!dynamic || !range_within(dynamic->p_offset, dynamic->p_filesz, file->size))
		return;
	size_t count = (size_t)dynamic->p_filesz / sizeof(Elf64_Dyn);
	for (size_t i = 0; i < count && i < LIMIT_DYNAMIC_ENTRIES; i++) {
		Elf64_Dyn entry;
		memcpy(&entry, file->bytes + dynamic->p_offset + i * sizeof(entry), sizeof(entry));
		switch (entry.d_tag) {
		case DT_NULL:
			return;
		case DT_RELA:
			ret->rela = entry.d_un.d_ptr;
			break;
		case DT_RELASZ:
			ret->rela_bytes = entry.d_un.d_val;
			break;
		case DT_JMPREL:
			ret->plt = entry.d_un.d_ptr;
			break;
		case DT_PLTRELSZ:
			ret->plt_bytes = entry.d_un.d_val;
			break;
		case DT_RELR:
			ret->relr = entry.d_un.d_ptr;
			break;
		case DT_RELRSZ:
			ret->relr_bytes = entry.d_un.d_val;
			break;
		}
	}
}

/* No value is known for the words that [vaddr, vaddr + size) touches. */
static void forget(struct relro *relro, uint64_t vaddr, size_t size)
{
	for (uint64_t at = vaddr & ~(uint64_t)(WORD - 1); at < vaddr + size; at += WORD)
		if (at - relro->vaddr < relro->size)
			relro->known[(at - relro->vaddr) / WORD] = 0;
}

static bool is_relative(const Elf64_Ehdr *header, uint64_t type)
{
	return header->e_machine == EM_AARCH64 ? type == R_AARCH64_RELATIVE
					       : type == R_X86_64_RELATIVE;
}

/* Elf64_Rela tables: a relative entry's word is bias + addend. Any other one depends on symbols or on
 * thread storage; a TLS descriptor takes two words, so two are given up. */
static void apply_rela(const struct elf_file *file, struct relro *relro, uint64_t vaddr,
		       uint64_t size)
{
	const uint8_t *table = bytes_at(file, vaddr, size);
	Elf64_Ehdr header;
	memcpy(&header, file->bytes, sizeof(header));
	for (uint64_t i = 0; table && i < size / sizeof(Elf64_Rela); i++) {
		Elf64_Rela entry;
		memcpy(&entry, table + i * sizeof(entry), sizeof(entry));
		uint64_t offset = entry.r_offset - relro->vaddr;
		if (!is_relative(&header, ELF64_R_TYPE(entry.r_info))) {
			forget(relro, entry.r_offset, 2 * WORD);
		} else if (range_within(offset, WORD, relro->size)) {
			uint64_t word = relro->bias + (uint64_t)entry.r_addend;
			memcpy(relro->bytes + offset, &word, sizeof(word));
		}
	}
}

static void add_bias(struct relro *relro, uint64_t vaddr)
{
	uint64_t offset = vaddr - relro->vaddr;
	if (!range_within(offset, WORD, relro->size))
		return;
	uint64_t word = load_u64(relro->bytes + offset) + relro->bias;
	memcpy(relro->bytes + offset, &word, sizeof(word));
}

/* DT_RELR (gABI, "Relative Relocation Table"): an even entry is an address to relocate; an odd one a map
 * of the 63 words behind. */
static void apply_relr(const struct elf_file *file, struct relro *relro, uint64_t vaddr,
		       uint64_t size)
{
	enum { MAP_WORDS = 63 };
	const uint8_t *table = bytes_at(file, vaddr, size);
	uint64_t where = 0;
	for (uint64_t i = 0; table && i < size / WORD; i++) {
		uint64_t entry = load_u64(table + i * WORD);
		if (!(entry & 1)) {
			add_bias(relro, entry);
			where = entry + WORD;
			continue;
		}
		for (unsigned bit = 0; bit < MAP_WORDS; bit++)
			if (entry >> (bit + 1) & 1)
				add_bias(relro, where + bit * WORD);
		where += MAP_WORDS * WORD;
	}
}

struct error *elf_file_relro(const struct elf_file *file, uint64_t bias, uint64_t *ret_vaddr,
			     uint8_t **ret_bytes, uint8_t **ret_known, size_t *ret_size)
{
	*ret_bytes = *ret_known = NULL;
	*ret_size = 0;
	const Elf64_Phdr *header = find_header(file, PT_GNU_RELRO);
	if (!header || header->p_filesz > RELRO_MAX || header->p_vaddr % WORD)
		return NULL;
	size_t size = (size_t)header->p_filesz / WORD * WORD;
	const uint8_t *bytes = bytes_at(file, header->p_vaddr, size);
	if (!size || !bytes)
		return NULL;
	CLEANUP(free_cleanup) uint8_t *copy = malloc(size);
	CLEANUP(free_cleanup) uint8_t *known = malloc(size / WORD);
	if (!copy || !known)
		return &error_no_memory;
	memcpy(copy, bytes, size);
	memset(known, 1, size / WORD);
	struct relro relro = {
		.vaddr = header->p_vaddr, .size = size, .bytes = copy, .known = known, .bias = bias
	};
	struct relocations tables;
	read_dynamic(file, &tables);
	apply_relr(file, &relro, tables.relr, tables.relr_bytes);
	apply_rela(file, &relro, tables.rela, tables.rela_bytes);
	apply_rela(file, &relro, tables.plt, tables.plt_bytes);
	*ret_vaddr = header->p_vaddr;
	*ret_bytes = copy;
	*ret_known = known;
	*ret_size = size;
	copy = known = NULL;
	return NULL;
}
