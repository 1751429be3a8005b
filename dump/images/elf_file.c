#include "dump/images/elf_file.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "dump/images/elf_image.h"

enum { WORD = 8, GOT_WORDS = 3, DATA_MAX = 256 * 1024 * 1024 };

/* What of the dynamic section relocating needs. Addresses are p_vaddr-like. */
struct relocations {
	uint64_t rela, rela_bytes;
	uint64_t plt, plt_bytes;
	uint64_t relr, relr_bytes;
	uint64_t got; /* DT_PLTGOT: three words that belong to the dynamic linker */
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
		if (notes->p_type == PT_NOTE &&
		    range_within(notes->p_offset, notes->p_filesz, size))
			ret->build_id_size =
				elf_notes_build_id(bytes + notes->p_offset, (size_t)notes->p_filesz,
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
		case DT_PLTGOT:
			ret->got = entry.d_un.d_ptr;
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
static void forget(struct elf_data *data, uint64_t vaddr, size_t size)
{
	uint64_t first = vaddr & ~(uint64_t)(WORD - 1);
	for (uint64_t at = first; at - first < size + (vaddr - first); at += WORD)
		if (at - data->vaddr < data->size)
			data->known[(at - data->vaddr) / WORD] = 0;
}

/* Elf64_Rela tables: a relative entry's word is bias + addend. Any other one depends on symbols or
 * on thread storage; a TLS descriptor takes two words, so two are given up. */
static void apply_rela(const struct elf_file *file, struct elf_data *data, uint64_t bias,
		       uint64_t vaddr, uint64_t size)
{
	const uint8_t *table = bytes_at(file, vaddr, size);
	const struct architecture *architecture = architecture_of_elf_machine(
		load_u16(file->bytes + offsetof(Elf64_Ehdr, e_machine)));
	for (uint64_t i = 0; table && i < size / sizeof(Elf64_Rela); i++) {
		Elf64_Rela entry;
		memcpy(&entry, table + i * sizeof(entry), sizeof(entry));
		uint64_t offset = entry.r_offset - data->vaddr;
		if (!architecture ||
		    ELF64_R_TYPE(entry.r_info) != architecture->relative_relocation) {
			forget(data, entry.r_offset, 2 * WORD);
		} else if (range_within(offset, WORD, data->size)) {
			uint64_t word = bias + (uint64_t)entry.r_addend;
			memcpy(data->bytes + offset, &word, sizeof(word));
		}
	}
}

static void add_bias(struct elf_data *data, uint64_t bias, uint64_t vaddr)
{
	uint64_t offset = vaddr - data->vaddr;
	if (!range_within(offset, WORD, data->size))
		return;
	uint64_t word = load_u64(data->bytes + offset) + bias;
	memcpy(data->bytes + offset, &word, sizeof(word));
}

/* DT_RELR (gABI, "Relative Relocation Table"): an even entry is an address to relocate; an odd one
 * a map of the 63 words after that. */
static void apply_relr(const struct elf_file *file, struct elf_data *data, uint64_t bias,
		       const struct relocations *tables)
{
	enum { MAP_WORDS = 63 };
	const uint8_t *table = bytes_at(file, tables->relr, tables->relr_bytes);
	uint64_t where = 0;
	for (uint64_t i = 0; table && i < tables->relr_bytes / WORD; i++) {
		uint64_t entry = load_u64(table + i * WORD);
		if (!(entry & 1)) {
			add_bias(data, bias, entry);
			where = entry + WORD;
			continue;
		}
		for (unsigned bit = 0; bit < MAP_WORDS; bit++)
			if (entry >> (bit + 1) & 1)
				add_bias(data, bias, where + bit * WORD);
		where += MAP_WORDS * WORD;
	}
}

struct error *elf_file_data(const struct elf_file *file, uint64_t bias, uint64_t vaddr,
			    uint64_t size, struct elf_data *ret)
{
	*ret = (struct elf_data){ 0 };
	size = size / WORD * WORD;
	const uint8_t *bytes = bytes_at(file, vaddr, size);
	if (!size || size > DATA_MAX || vaddr % WORD || !bytes)
		return NULL;
	struct elf_data data = { .vaddr = vaddr,
				 .size = (size_t)size,
				 .bytes = malloc((size_t)size),
				 .known = malloc((size_t)size / WORD) };
	if (!data.bytes || !data.known) {
		elf_data_deinit(&data);
		return &error_no_memory;
	}
	memcpy(data.bytes, bytes, data.size);
	memset(data.known, 1, data.size / WORD);
	struct relocations tables;
	read_dynamic(file, &tables);
	apply_relr(file, &data, bias, &tables);
	apply_rela(file, &data, bias, tables.rela, tables.rela_bytes);
	apply_rela(file, &data, bias, tables.plt, tables.plt_bytes);
	if (tables.got)
		forget(&data, tables.got, GOT_WORDS * WORD);
	*ret = data;
	return NULL;
}

struct error *elf_file_relro(const struct elf_file *file, uint64_t bias, struct elf_data *ret)
{
	*ret = (struct elf_data){ 0 };
	const Elf64_Phdr *header = find_header(file, PT_GNU_RELRO);
	return header ? elf_file_data(file, bias, header->p_vaddr, header->p_filesz, ret) : NULL;
}

void elf_data_deinit(struct elf_data *data)
{
	free(data->bytes);
	free(data->known);
	*data = (struct elf_data){ 0 };
}
