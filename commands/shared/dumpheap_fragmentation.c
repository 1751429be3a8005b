#include "commands/shared/dumpheap_fragmentation.h"

#include "base/list.h"
#include "heap/types/type.h"

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "size", "Size", CELL_COUNT, 12 },
	{ "followed_by", "Followed By", CELL_ADDRESS, 16 },
	{ "type", "", CELL_TEXT, 0 },
};

void fragmentation_print(struct command_call *call, const struct fragmentation *fragmentation)
{
	struct output *out = call->out;
	struct heap *heap = call->question.heap;
	if (!fragmentation->count)
		return;
	output_line(out, "%s", "");
	output_line(out, "Fragmented blocks larger than 0.5 MB:");
	output_table_begin(out, "fragmentation", columns, COUNT_OF(columns), true);
	for (size_t i = 0; i < fragmentation->count; i++) {
		const struct fragment *fragment = &fragmentation->fragments[i];
		output_row_begin(out);
		output_address(out, fragment->free.address);
		output_unsigned(out, fragment->free.size);
		output_address(out, fragment->next.address);
		output_text(out, type_name(heap, type_by_index(heap, fragment->next.type), NULL));
		output_row_end(out);
	}
	output_table_end(out);
}
