#include "heap/gc/bookkeeping.h"

#include "base/limits.h"
#include "base/list.h"

struct card_table_layout {
	struct field recount, size, next;
};

#define SLOT(name) offsetof(struct card_table_layout, name)
static const struct field_binding bindings[] = {
	{ "CardTableInfo", "Recount", SLOT(recount), true, 4 },
	{ "CardTableInfo", "Size", SLOT(size), true, 8 },
	{ "CardTableInfo", "NextCardTable", SLOT(next), true, 8 },
};

struct error *gc_bookkeeping(struct heap *heap, struct arena *arena, struct region **ret,
			     size_t *ret_count, bool *ret_cut)
{
	struct card_table_layout layout;
	struct reader *reader = &heap->reader;
	uint64_t variable, info;
	uint32_t info_size;
	*ret_count = 0;
	*ret_cut = false;
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &layout));
	TRY(contract_require_global(heap->contract, "BookkeepingStart", &variable));
	if (!contract_type_size(heap->contract, "CardTableInfo", &info_size))
		return error_new(ERROR_UNSUPPORTED, "this runtime's layouts lack CardTableInfo");
	TRY(reader_pointer(reader, variable, "the GC's card tables", &info));
	struct region *regions =
		arena_allocate_array(arena, LIMIT_BOOKKEEPING_RANGES, sizeof(*regions));
	if (!regions)
		return &error_no_memory;
	*ret = regions;
	while (info && *ret_count < LIMIT_BOOKKEEPING_RANGES) {
		uint64_t size, next;
		uint32_t recount;
		if (!reader_u32(reader, info + layout.recount.offset, &recount) ||
		    !reader_u64(reader, info + layout.size.offset, &size) ||
		    !reader_u64(reader, info + layout.next.offset, &next) || info + size < info) {
			*ret_cut = true;
			return NULL;
		}
		if (recount && size)
			regions[(*ret_count)++] = (struct region){ info, info + size, 0 };
		/* It leads to the tables themselves, which are after their card_table_info. */
		if (next <= info_size || next - info_size == info)
			return NULL;
		info = next - info_size;
	}
	*ret_cut = info != 0;
	return NULL;
}
