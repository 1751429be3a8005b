/*
 * What the code of each architecture has in common: attach/syscall_code_x64.c and its like, of
 * which the machine that clrpod is compiled for has one.
 */
#ifndef ATTACH_SYSCALL_CODE_INTERNAL_H
#define ATTACH_SYSCALL_CODE_INTERNAL_H

#include "attach/syscall_code.h"

enum { WORD_BYTES = 8, MASK_BYTES = 8 };

/* Both the code, from its beginning, and its data, at its end: into the same SYSCALL_CODE_BYTES. */
struct code_writer {
	uint8_t *bytes;
	size_t at;
};

/* The caller sees to it that there is room. */
void code_put(struct code_writer *writer, const void *bytes, size_t size);
void code_put_mark(struct code_writer *writer);

#endif
