#include "heap/types/continuation_type.h"

#include "heap/types/field_layout.h"
#include "heap/types/gc_description.h"

#include <inttypes.h>

enum { RUNS_MAX = 256 };

struct layout {
	uint32_t base; /* bytes of the base's object, without header: its fields end there */
	size_t count;
	struct {
		uint64_t offset, count;
	} runs[RUNS_MAX]; /* ascending */
};

/* The GCDesc has them in no order that matters to us: each goes to its place. */
static struct error *run_note(uint64_t offset, uint64_t count, void *context)
{
	struct layout *layout = context;
	if (offset < layout->base)
		return NULL;
	if (layout->count == RUNS_MAX)
		return error_new(ERROR_BAD_DATA,
				 "a continuation has more than %d runs of references", RUNS_MAX);
	size_t at = layout->count++;
	for (; at && layout->runs[at - 1].offset > offset; at--)
		layout->runs[at] = layout->runs[at - 1];
	layout->runs[at].offset = offset;
	layout->runs[at].count = count;
	return NULL;
}

struct error *continuation_name(struct heap *heap, const struct type *type, struct text *text,
				bool *ret_known)
{
	struct layout layout = { 0 };
	const struct field_layout *fields;
	uint64_t header, size = type->base_size;
	*ret_known = false;
	TRY(field_layout_get(heap, &fields));
	header = fields->object.header;
	if (!contract_type_size(heap->contract, "ContinuationObject", &layout.base) ||
	    size < header + layout.base)
		return NULL;
	if (type->contains_pointers) {
		struct error *error =
			gc_description_visit(&heap->reader, type->handle, size, run_note, &layout);
		if (error_take_damage(&error))
			return NULL;
		TRY(error);
	}
	text_printf(text, "Continuation_%" PRIu64, size - header - layout.base);
	for (size_t i = 0; i < layout.count; i++)
		text_printf(text, "_%" PRIu64 "_%" PRIu64, layout.runs[i].offset - layout.base,
			    layout.runs[i].count);
	*ret_known = true;
	return NULL;
}
