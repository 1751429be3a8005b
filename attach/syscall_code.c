#include "attach/syscall_code.h"

#include "attach/syscall_code_internal.h"

/* The first word is the mark, that of every version: it alone is written by the time that a killed
 * writer has written anything. */
static const char mark[] = "clrpod's call 1";

void code_put(struct code_writer *writer, const void *bytes, size_t size)
{
	memcpy(writer->bytes + writer->at, bytes, size);
	writer->at += size;
}

void code_put_mark(struct code_writer *writer)
{
	code_put(writer, mark, sizeof(mark));
}

uint64_t syscall_code_entry(uint64_t address)
{
	return address + sizeof(mark);
}

bool syscall_code_is_marked(const uint8_t *bytes)
{
	return !memcmp(bytes, mark, SYSCALL_CODE_MARK_BYTES);
}
