#include "commands/shared/dumpheap_fragmentation.h"

#include "base/list.h"
#include "heap/types/type.h"

enum { MINIMUM_BYTES = 512 * 1024 }; /* SOS's: DumpHeapService.cs, FragmentationBlockMinSize */

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "size", "Size", CELL_COUNT, 12 },
	{ "followed_by", "Followed By", CELL_ADDRESS, 16 },
	{ "type", "", CELL_TEXT, 0 },
};

void fragmentation_init(struct fragmentation *fragmentation, struct command_call *call)
{
	*fragmentation = (struct fragmentation){ .call = call };
}

static struct error *append(struct fragmentation *fragmentation, const struct gc_object *free_block,
			    const struct gc_object *next)
{
	TRY(LIST_GROW_IN(fragmentation->call->question.scratch, fragmentation->fragments,
			 fragmentation->count, fragmentation->capacity));
	fragmentation->fragments[fragmentation->count++] = (struct fragment){ *free_block, *next };
	return NULL;
}

struct error *fragmentation_add(struct fragmentation *fragmentation, const struct gc_object *object)
{
	const struct gc_object last = fragmentation->last;
	fragmentation->last = (struct gc_object){ 0 };
	if (object->is_free && object->size >= MINIMUM_BYTES)
		fragmentation->last = *object;
	/* Not across the end of a segment or an allocation context. */
	if (last.address && !object->is_free && last.address + last.size == object->address) {
		const struct gc_segment *segment =
			gc_segment_of(fragmentation->call->question.heap->gc, object->address);
		/* Large objects are not moved: there it is no news. */
		if (segment && segment->generation != GENERATION_LARGE)
			return append(fragmentation, &last, object);
	}
	return NULL;
}

void fragmentation_print(const struct fragmentation *fragmentation)
{
	struct output *out = fragmentation->call->out;
	struct heap *heap = fragmentation->call->question.heap;
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
