#include "tests/unit/core_builder.h"

#include "base/bytes.h"
#include "base/list.h"
#include "tests/unit/alloc_fail.h"

enum { PAGE = 4096, PRSTATUS_REGISTERS = 112, PRSTATUS_TAIL = 8 };

void core_builder_init(struct core_builder *builder, uint16_t machine)
{
	*builder = (struct core_builder){ .machine = machine, .page_size = PAGE, .note_align = 4 };
}

void core_builder_deinit(struct core_builder *builder)
{
	for (size_t i = 0; i < builder->load_count; i++)
		scenery_free(builder->loads[i].bytes);
	for (size_t i = 0; i < builder->mapping_count; i++)
		scenery_free(builder->mappings[i].path);
	scenery_free(builder->loads);
	scenery_free(builder->mappings);
	scenery_free(builder->notes);
	scenery_free(builder->image);
}

void core_builder_load(struct core_builder *builder, uint64_t address, const void *bytes,
		       size_t size, uint64_t memory_size)
{
	size_t count = builder->load_count++;
	builder->loads = scenery_grow(builder->loads, count * sizeof(*builder->loads),
				      (count + 1) * sizeof(*builder->loads));
	struct core_builder_load *load = &builder->loads[count];
	*load = (struct core_builder_load){ .address = address,
					    .memory_size = memory_size,
					    .bytes = scenery_allocate(size),
					    .size = size,
					    .flags = PF_R | PF_W };
	if (bytes)
		memcpy(load->bytes, bytes, size);
}

void core_builder_text(struct core_builder *builder, uint64_t address, const char *text,
		       size_t size, uint64_t memory_size)
{
	core_builder_load(builder, address, NULL, size, memory_size);
	memcpy(builder->loads[builder->load_count - 1].bytes, text, strlen(text));
}

void core_builder_note(struct core_builder *builder, const char *name, uint32_t type,
		       const void *description, size_t size)
{
	size_t align = builder->note_align == 8 ? 8 : 4;
	size_t name_size = strlen(name) + 1;
	size_t description_at = (size_t)align_up(sizeof(Elf64_Nhdr) + name_size, align);
	size_t whole = (size_t)align_up(description_at + size, align);
	builder->notes =
		scenery_grow(builder->notes, builder->notes_size, builder->notes_size + whole);
	uint8_t *note = builder->notes + builder->notes_size;
	builder->notes_size += whole;
	Elf64_Nhdr header = { .n_namesz = (uint32_t)name_size,
			      .n_descsz = (uint32_t)size,
			      .n_type = type };
	memcpy(note, &header, sizeof(header));
	memcpy(note + sizeof(header), name, name_size);
	memcpy(note + description_at, description, size);
}

void core_builder_thread(struct core_builder *builder, int tid, int signal, uint8_t fill)
{
	uint8_t status[PRSTATUS_REGISTERS + 34 * 8 + PRSTATUS_TAIL] = { 0 };
	size_t registers = builder->machine == EM_X86_64 ? 27 * 8 : 34 * 8;
	uint16_t cursig = (uint16_t)signal;
	uint32_t id = (uint32_t)tid;
	memcpy(status + 12, &cursig, sizeof(cursig));
	memcpy(status + 32, &id, sizeof(id));
	memset(status + PRSTATUS_REGISTERS, fill, registers);
	core_builder_note(builder, "CORE", NT_PRSTATUS, status,
			  PRSTATUS_REGISTERS + registers + PRSTATUS_TAIL);
}

void core_builder_process(struct core_builder *builder, int pid)
{
	uint8_t info[136] = { 0 };
	uint32_t id = (uint32_t)pid;
	memcpy(info + 24, &id, sizeof(id));
	core_builder_note(builder, "CORE", NT_PRPSINFO, info, sizeof(info));
}

void core_builder_mapping(struct core_builder *builder, uint64_t start, uint64_t end,
			  uint64_t file_offset, const char *path)
{
	size_t count = builder->mapping_count++;
	builder->mappings = scenery_grow(builder->mappings, count * sizeof(*builder->mappings),
					 (count + 1) * sizeof(*builder->mappings));
	builder->mappings[count] =
		(struct core_builder_mapping){ start, end, file_offset,
					       memcpy(scenery_allocate(strlen(path) + 1), path,
						      strlen(path) + 1) };
}

void core_builder_auxv(struct core_builder *builder, uint64_t type, uint64_t value)
{
	if (builder->auxv_count + 4 > COUNT_OF(builder->auxv))
		abort();
	builder->auxv[builder->auxv_count++] = type;
	builder->auxv[builder->auxv_count++] = value;
}

static void write_file_note(struct core_builder *builder)
{
	if (!builder->mapping_count)
		return;
	size_t size = 16 + builder->mapping_count * 24;
	for (size_t i = 0; i < builder->mapping_count; i++)
		size += strlen(builder->mappings[i].path) + 1;
	uint8_t *note = scenery_allocate(size);
	uint64_t *words = (uint64_t *)(void *)note;
	words[0] = builder->mapping_count;
	words[1] = builder->page_size;
	char *name = (char *)note + 16 + builder->mapping_count * 24;
	for (size_t i = 0; i < builder->mapping_count; i++) {
		const struct core_builder_mapping *mapping = &builder->mappings[i];
		words[2 + 3 * i] = mapping->start;
		words[3 + 3 * i] = mapping->end;
		words[4 + 3 * i] = mapping->file_offset / builder->page_size;
		memcpy(name, mapping->path, strlen(mapping->path) + 1);
		name += strlen(mapping->path) + 1;
	}
	core_builder_note(builder, "CORE", NT_FILE, note, size);
	scenery_free(note);
}

Elf64_Phdr *core_builder_header(struct core_builder *builder, size_t i)
{
	return (Elf64_Phdr *)(void *)(builder->image + sizeof(Elf64_Ehdr)) + i;
}

static void write_headers(struct core_builder *builder, uint64_t notes_at)
{
	size_t count = builder->load_count + 1;
	Elf64_Ehdr header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					   ELFDATA2LSB, EV_CURRENT },
			      .e_type = ET_CORE,
			      .e_machine = builder->machine,
			      .e_version = EV_CURRENT,
			      .e_phoff = sizeof(Elf64_Ehdr),
			      .e_ehsize = sizeof(Elf64_Ehdr),
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = (uint16_t)count };
	if (builder->extended_count) {
		header.e_phnum = PN_XNUM;
		header.e_shnum = 1;
		header.e_shentsize = sizeof(Elf64_Shdr);
		header.e_shoff = builder->image_size - sizeof(Elf64_Shdr);
		Elf64_Shdr section = { .sh_size = 1, .sh_info = (uint32_t)count };
		memcpy(builder->image + header.e_shoff, &section, sizeof(section));
	}
	memcpy(builder->image, &header, sizeof(header));
	*core_builder_header(builder, 0) = (Elf64_Phdr){ .p_type = PT_NOTE,
							 .p_offset = notes_at,
							 .p_filesz = builder->notes_size,
							 .p_align = builder->note_align };
	for (size_t i = 0; i < builder->load_count; i++) {
		const struct core_builder_load *load = &builder->loads[i];
		*core_builder_header(builder, i + 1) = (Elf64_Phdr){ .p_type = PT_LOAD,
								     .p_flags = load->flags,
								     .p_offset = load->file_offset,
								     .p_vaddr = load->address,
								     .p_filesz = load->size,
								     .p_memsz = load->memory_size,
								     .p_align = PAGE };
	}
}

uint8_t *core_builder_finish(struct core_builder *builder, size_t *ret_size)
{
	write_file_note(builder);
	if (builder->auxv_count)
		core_builder_note(builder, "CORE", NT_AUXV, builder->auxv,
				  (builder->auxv_count + 2) * sizeof(uint64_t));
	uint64_t notes_at = sizeof(Elf64_Ehdr) + (builder->load_count + 1) * sizeof(Elf64_Phdr);
	uint64_t at = align_up(notes_at + builder->notes_size, PAGE);
	for (size_t i = 0; i < builder->load_count; i++) {
		builder->loads[i].file_offset = at;
		at = align_up(at + builder->loads[i].size, PAGE);
	}
	builder->image_size = (size_t)at + (builder->extended_count ? sizeof(Elf64_Shdr) : 0);
	builder->image = scenery_allocate(builder->image_size);
	if (builder->notes_size)
		memcpy(builder->image + notes_at, builder->notes, builder->notes_size);
	for (size_t i = 0; i < builder->load_count; i++)
		memcpy(builder->image + builder->loads[i].file_offset, builder->loads[i].bytes,
		       builder->loads[i].size);
	write_headers(builder, notes_at);
	*ret_size = builder->image_size;
	return builder->image;
}

/* ---- a module ---- */

/* Where module_build() puts things, p_vaddr less link_vaddr. */
enum {
	MODULE_NOTE = 0x200,
	MODULE_SYMBOLS = 0x280,
	MODULE_STRINGS = 0x400,
	MODULE_HASH = 0x600,
	MODULE_RELOCATIONS = 0x700,
	MODULE_HEADERS = 5,
	HASH_BUCKETS = 2,
	STRINGS_MAX = MODULE_HASH - MODULE_STRINGS,
};

static uint32_t module_symbol_hash(const char *name)
{
	uint32_t hash = 5381;
	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash;
}

static void put(uint8_t *image, uint64_t at, uint64_t number, size_t width)
{
	memcpy(image + at, &number, width);
}

/* .dynsym, .dynstr and .gnu.hash with 2 buckets; the symbols sorted by bucket, undefined ones
 * first. */
static size_t build_symbols(const struct module_shape *shape, uint8_t *image)
{
	size_t index = 1, string = 1, first = 1;
	uint32_t last_hash = 0;
	uint64_t bloom = 0;
	for (int pass = -1; pass < HASH_BUCKETS; pass++) {
		for (const struct module_symbol *symbol = shape->symbols; symbol && symbol->name;
		     symbol++) {
			uint32_t hash = module_symbol_hash(symbol->name);
			if (symbol->undefined ? pass != -1 : (int)(hash % HASH_BUCKETS) != pass)
				continue;
			Elf64_Sym entry = { .st_name = (uint32_t)string,
					    .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
					    .st_shndx = symbol->undefined ? SHN_UNDEF : 1,
					    .st_value = symbol->vaddr,
					    .st_size = symbol->size };
			memcpy(image + MODULE_SYMBOLS + index * sizeof(entry), &entry,
			       sizeof(entry));
			memcpy(image + MODULE_STRINGS + string, symbol->name,
			       strlen(symbol->name) + 1);
			string += strlen(symbol->name) + 1;
			if (symbol->undefined) {
				first = ++index;
				continue;
			}
			bloom |= (uint64_t)1 << hash % 64 | (uint64_t)1 << (hash >> 6) % 64;
			uint64_t buckets = MODULE_HASH + 16 + 8;
			uint64_t bucket = buckets + hash % HASH_BUCKETS * 4;
			if (!load_u32(image + bucket))
				put(image, bucket, index, 4);
			uint64_t chains = buckets + HASH_BUCKETS * 4;
			put(image, chains + (index - first) * 4, hash & ~1u, 4);
			last_hash = 1;
			index++;
		}
		if (last_hash) { /* end of this bucket's chain */
			uint64_t chain =
				MODULE_HASH + 16 + 8 + HASH_BUCKETS * 4 + (index - 1 - first) * 4;
			put(image, chain, load_u32(image + chain) | 1, 4);
			last_hash = 0;
		}
	}
	put(image, MODULE_HASH, HASH_BUCKETS, 4);
	put(image, MODULE_HASH + 4, first, 4);
	put(image, MODULE_HASH + 8, 1, 4);
	put(image, MODULE_HASH + 12, 6, 4);
	put(image, MODULE_HASH + 16, bloom, 8);
	if (string > STRINGS_MAX)
		abort();
	return string;
}

static void build_dynamic(const struct module_shape *shape, uint8_t *image, size_t string_bytes)
{
	uint64_t move = shape->link_vaddr + (shape->relocated ? shape->bias : 0);
	const Elf64_Dyn entries[] = {
		{ DT_SYMTAB, { move + MODULE_SYMBOLS } },
		{ DT_STRTAB, { move + MODULE_STRINGS } },
		{ DT_STRSZ, { string_bytes } },
		{ DT_GNU_HASH, { move + MODULE_HASH } },
		{ DT_RELA, { move + MODULE_RELOCATIONS } },
		{ DT_RELASZ, { 2 * sizeof(Elf64_Rela) } },
		{ shape->debug ? DT_DEBUG : DT_RELAENT, { shape->debug ? shape->debug : 24 } },
		{ DT_NULL, { 0 } },
	};
	memcpy(image + MODULE_DYNAMIC, entries, sizeof(entries));
}

static void build_relocations(const struct module_shape *shape, uint8_t *image)
{
	bool arm = shape->machine == EM_AARCH64;
	uint64_t move = shape->link_vaddr + shape->data_shift;
	const Elf64_Rela entries[] = {
		{ .r_offset = move + MODULE_POINTER,
		  .r_info = ELF64_R_INFO(0, arm ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE),
		  .r_addend = (int64_t)(shape->link_vaddr + MODULE_CONSTANT) },
		{ .r_offset = move + MODULE_IMPORT,
		  .r_info = ELF64_R_INFO(1, arm ? R_AARCH64_GLOB_DAT : R_X86_64_GLOB_DAT) },
	};
	memcpy(image + MODULE_RELOCATIONS, entries, sizeof(entries));
}

static void build_headers(const struct module_shape *shape, uint8_t *image)
{
	uint64_t base = shape->link_vaddr, data = base + shape->data_shift;
	Elf64_Ehdr header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					   ELFDATA2LSB, EV_CURRENT },
			      .e_type = base ? ET_EXEC : ET_DYN,
			      .e_machine = shape->machine,
			      .e_phoff = sizeof(Elf64_Ehdr),
			      .e_phentsize = sizeof(Elf64_Phdr),
			      .e_phnum = MODULE_HEADERS };
	const Elf64_Phdr headers[MODULE_HEADERS] = {
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_vaddr = base,
		  .p_filesz = MODULE_DATA,
		  .p_memsz = MODULE_DATA,
		  .p_align = PAGE },
		{ .p_type = shape->writable ? PT_LOAD : PT_NULL,
		  .p_flags = PF_R | PF_W,
		  .p_offset = MODULE_DATA,
		  .p_vaddr = data + MODULE_DATA,
		  .p_filesz = MODULE_BYTES - MODULE_DATA,
		  .p_memsz = MODULE_BSS_END - MODULE_DATA,
		  .p_align = PAGE },
		{ .p_type = PT_DYNAMIC,
		  .p_flags = PF_R | PF_W,
		  .p_offset = MODULE_DYNAMIC,
		  .p_vaddr = data + MODULE_DYNAMIC,
		  .p_filesz = 8 * sizeof(Elf64_Dyn),
		  .p_memsz = 8 * sizeof(Elf64_Dyn) },
		{ .p_type = PT_GNU_RELRO,
		  .p_flags = PF_R,
		  .p_offset = MODULE_DATA,
		  .p_vaddr = data + MODULE_DATA,
		  .p_filesz = MODULE_RELRO_END - MODULE_DATA,
		  .p_memsz = MODULE_RELRO_END - MODULE_DATA },
		{ .p_type = shape->build_id ? PT_NOTE : PT_NULL,
		  .p_flags = PF_R,
		  .p_offset = MODULE_NOTE,
		  .p_vaddr = base + MODULE_NOTE,
		  .p_filesz = 36,
		  .p_memsz = 36,
		  .p_align = 4 },
	};
	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), headers, sizeof(headers));
	const Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID };
	memcpy(image + MODULE_NOTE, &note, sizeof(note));
	memcpy(image + MODULE_NOTE + sizeof(note), "GNU", 4);
	memset(image + MODULE_NOTE + sizeof(note) + 4, shape->build_id, 20);
}

void module_build(const struct module_shape *shape, uint8_t *image)
{
	memset(image, 0, MODULE_BYTES);
	build_headers(shape, image);
	build_dynamic(shape, image, build_symbols(shape, image));
	build_relocations(shape, image);
	memcpy(image + MODULE_CONSTANT, "constant", 8);
	memcpy(image + MODULE_VARIABLE, "variable", 8);
}

void module_place(struct fake_target *fake, const struct module_shape *shape, const char *path)
{
	uint8_t image[MODULE_BYTES];
	uint64_t base = shape->bias + shape->link_vaddr;
	uint64_t data = base + shape->data_shift + MODULE_DATA;
	module_build(shape, image);
	fake_target_bytes(fake, base, image, MODULE_DATA);
	fake_target_mapping(fake, base, base + MODULE_DATA, 0, path);
	if (!shape->writable)
		return;
	fake_target_zeros(fake, data, MODULE_BSS_END - MODULE_DATA);
	fake_put_bytes(fake, data, image + MODULE_DATA, MODULE_BYTES - MODULE_DATA);
	fake_target_mapping(fake, data, data + MODULE_BYTES - MODULE_DATA, MODULE_DATA, path);
}
