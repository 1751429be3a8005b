#include "attach/target/reader.h"

enum { FIRST_WINDOW = 4096 };

struct error *reader_init(struct reader *reader, struct target *target)
{
	*reader = (struct reader){ .target = target, .next_size = FIRST_WINDOW };
	reader->buffer = malloc(READER_WINDOW_MAX);
	return reader->buffer ? NULL : &error_no_memory;
}

void reader_deinit(struct reader *reader)
{
	free(reader->buffer);
	*reader = (struct reader){ 0 };
}

void reader_forget(struct reader *reader)
{
	*reader = (struct reader){ .target = reader->target,
				   .buffer = reader->buffer,
				   .tries = reader->tries,
				   .next_size = FIRST_WINDOW };
}

/* Copy a window that starts at the page of `address`; it grows while the reads go on upwards. */
static const uint8_t *fill(struct reader *reader, uint64_t address, size_t size)
{

	uint64_t end = reader->start + reader->size;
	bool goes_on = reader->window == reader->buffer && address + size > end &&
		       address <= end + FIRST_WINDOW && address >= reader->start;
	size_t wanted = goes_on ? reader->next_size * 2 : FIRST_WINDOW;
	uint64_t start = address & ~(uint64_t)(FIRST_WINDOW - 1);
	size_t needed = (size_t)(address - start) + size;
	if (needed > READER_WINDOW_MAX) {
		start = address;
		needed = size;
	}
	if (wanted < needed)
		wanted = needed;
	if (wanted > READER_WINDOW_MAX)
		wanted = READER_WINDOW_MAX;
	reader->next_size = wanted;
	reader->start = start;
	reader->window = reader->buffer;
	reader->size = target_read_ahead(reader->target, start, reader->buffer, wanted);
	if (reader->size >= needed)
		return reader->buffer + (address - start);
	/* A hole before `address` on its page, or in what was asked for: the very bytes. */
	reader->start = address;
	reader->size = (reader->tries ? target_try_some : target_read_some)(reader->target, address,
									    reader->buffer, size);
	return reader->size >= size ? reader->buffer : NULL;
}

const uint8_t *reader_move(struct reader *reader, uint64_t address, size_t size)
{
	uint64_t end;
	if (size > READER_WINDOW_MAX || __builtin_add_overflow(address, size, &end))
		return NULL;
	size_t lent = 0;
	const uint8_t *bytes = target_borrow(reader->target, address, &lent);
	if (!bytes || lent < size)
		return fill(reader, address, size);
	reader->window = bytes;
	reader->start = address;
	reader->size = lent;
	return bytes;
}

bool reader_copy(struct reader *reader, uint64_t address, void *buffer, size_t size)
{
	uint8_t *to = buffer;
	while (size) {
		size_t part = size < READER_WINDOW_MAX ? size : READER_WINDOW_MAX;
		const uint8_t *bytes = reader_borrow(reader, address, part);
		if (!bytes)
			return false;
		memcpy(to, bytes, part);
		to += part;
		address += part;
		size -= part;
	}
	return true;
}

struct error *reader_unsigned(struct reader *reader, uint64_t address, unsigned width,
			      const char *what, uint64_t *ret)
{
	const uint8_t *bytes = reader_borrow(reader, address, width);

	if (!bytes)
		return error_fault(address, "cannot read %s at %#llx", what,
				   (unsigned long long)address);
	*ret = load_unsigned(bytes, width);
	return NULL;
}

struct error *reader_pointer(struct reader *reader, uint64_t address, const char *what,
			     uint64_t *ret)
{
	return reader_unsigned(reader, address, sizeof(*ret), what, ret);
}
