#include "dump/images/elf_note.h"

#include "base/bytes.h"

#include <elf.h>

bool elf_note_next(const uint8_t *bytes, size_t size, uint64_t alignment, size_t *offset,
		   struct elf_note *ret)
{
	uint64_t padding = alignment == 8 ? 8 : 4;
	if (!range_within(*offset, sizeof(Elf64_Nhdr), size))
		return false;
	uint64_t name_size = load_u32(bytes + *offset + offsetof(Elf64_Nhdr, n_namesz));
	uint64_t description_size = load_u32(bytes + *offset + offsetof(Elf64_Nhdr, n_descsz));
	uint64_t name = *offset + sizeof(Elf64_Nhdr);
	uint64_t description = align_up(name + name_size, padding);
	if (!range_within(name, name_size, size) ||
	    !range_within(description, description_size, size))
		return false;
	*ret = (struct elf_note){ .type = load_u32(bytes + *offset + offsetof(Elf64_Nhdr, n_type)),
				  .name = (const char *)bytes + name,
				  .name_size = name_size,
				  .description = bytes + description,
				  .description_size = description_size };
	uint64_t next = align_up(description + description_size, padding);
	*offset = next < size ? (size_t)next : size;
	return true;
}

bool elf_note_is_of(const struct elf_note *note, const char *name)
{
	size_t length = strlen(name);
	return note->name_size >= length && note->name_size <= length + 1 &&
	       !memcmp(note->name, name, length);
}
