/*
 * ELF notes, as cores and modules hold them: a header of three 32-bit numbers (name size,
 * description size, type), the name, the description, each padded (gABI chapter 5, "Note Section").
 */
#ifndef DUMP_IMAGES_ELF_NOTE_H
#define DUMP_IMAGES_ELF_NOTE_H

#include "base/error.h"

#include <stddef.h>

struct elf_note {
	uint32_t type;
	const char *name; /* name_size bytes; its NUL is among them */
	size_t name_size;
	const uint8_t *description;
	size_t description_size; /* bytes */
};

/*
 * The note at *offset of `bytes`, and *offset moved to its end. false: no whole note is left (a cut
 * or damaged one ends the list). `alignment` is the segment's p_align: 8 where it is 8, otherwise
 * notes are padded to 4 bytes. The note points into `bytes`.
 */
bool elf_note_next(const uint8_t *bytes, size_t size, uint64_t alignment, size_t *offset,
		   struct elf_note *ret);

/* Is the note's owner this name? */
bool elf_note_is_of(const struct elf_note *note, const char *name);

#endif
