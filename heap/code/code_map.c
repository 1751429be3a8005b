#include "heap/code/code_map.h"

#include "base/limits.h"
#include "base/list.h"
#include "heap/code/nibble_map.h"
#include "heap/code/ready_to_run.h"

struct range_layout {
	struct field top_level;                                    /* RangeSectionMap */
	struct field next, fragment_begin, fragment_end, section;  /* RangeSectionFragment */
	struct field begin, end, flags, module, heap_list, ranges; /* RangeSection */
	uint64_t map; /* address of the RangeSectionMap */
};

#define SLOT(name) offsetof(struct range_layout, name)
static const struct field_binding bindings[] = {
	{ "RangeSectionMap", "TopLevelData", SLOT(top_level), true, 8 },
	{ "RangeSectionFragment", "Next", SLOT(next), true, 8 },
	{ "RangeSectionFragment", "RangeBegin", SLOT(fragment_begin), true, 8 },
	{ "RangeSectionFragment", "RangeEndOpen", SLOT(fragment_end), true, 8 },
	{ "RangeSectionFragment", "RangeSection", SLOT(section), true, 8 },
	{ "RangeSection", "RangeBegin", SLOT(begin), true, 8 },
	{ "RangeSection", "RangeEndOpen", SLOT(end), true, 8 },
	{ "RangeSection", "Flags", SLOT(flags), true, 4 },
	{ "RangeSection", "R2RModule", SLOT(module), true, 8 },
	{ "RangeSection", "HeapList", SLOT(heap_list), true, 8 },
};

/* ExecutionManager.md, "RangeSectionMap": five levels of 256 entries over chunks of 128 KiB; the
 * lowest bit of a pointer says that what it leads to is collectible (codeman.h:
 * RangeSectionLevelPtr). */
enum {
	MAP_LEVELS = 5,
	MAP_LEVEL_BITS = 8,
	MAP_CHUNK_BITS = 17,
	MAP_COLLECTIBLE = 1,
	RANGE_IS_RANGE_LIST = 4, /* RangeSection.Flags: stubs of loader heaps */
};

static struct error *layout_bind(struct heap *heap, struct range_layout *ret)
{
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), ret));
	return contract_require_global(heap->contract, "ExecutionManagerCodeRangeMapAddress",
				       &ret->map);
}

struct range {
	uint64_t section; /* address of the RangeSection; 0: none */
	uint64_t begin, end, flags, module, heap_list;
};

static struct error *section_read(struct heap *heap, const struct range_layout *layout,
				  uint64_t section, struct range *ret)
{
	static const char what[] = "a range of code";
	struct reader *reader = &heap->reader;
	*ret = (struct range){ .section = section };
	TRY(read_field(reader, section, layout->begin, what, &ret->begin));
	TRY(read_field(reader, section, layout->end, what, &ret->end));
	TRY(read_field(reader, section, layout->flags, what, &ret->flags));
	TRY(read_field(reader, section, layout->module, what, &ret->module));
	return read_field(reader, section, layout->heap_list, what, &ret->heap_list);
}

/* The list of fragments of the chunk that holds the address; 0: none. */
static struct error *fragments_find(struct heap *heap, const struct range_layout *layout,
				    uint64_t ip, uint64_t *ret)
{
	uint64_t level = layout->map + layout->top_level.offset;
	for (unsigned i = MAP_LEVELS; i-- > 0;) {
		uint64_t index = ip >> (MAP_CHUNK_BITS + i * MAP_LEVEL_BITS) &
				 (((uint64_t)1 << MAP_LEVEL_BITS) - 1);
		TRY(reader_pointer(&heap->reader, level + index * sizeof(uint64_t),
				   "the map of code ranges", &level));
		level &= ~(uint64_t)MAP_COLLECTIBLE;
		if (!level)
			break;
	}
	*ret = level;
	return NULL;
}

static struct error *range_find(struct heap *heap, const struct range_layout *layout, uint64_t ip,
				struct range *ret)
{
	static const char what[] = "a range of code";
	uint64_t fragment, begin, end, section;
	*ret = (struct range){ 0 };
	TRY(fragments_find(heap, layout, ip, &fragment));
	for (unsigned i = 0; fragment && i < LIMIT_CODE_RANGES; i++) {
		TRY(read_field(&heap->reader, fragment, layout->fragment_begin, what, &begin));
		TRY(read_field(&heap->reader, fragment, layout->fragment_end, what, &end));
		TRY(read_field(&heap->reader, fragment, layout->section, what, &section));
		if (ip >= begin && ip < end)
			return section_read(heap, layout, section, ret);
		TRY(read_field(&heap->reader, fragment, layout->next, what, &fragment));
		fragment &= ~(uint64_t)MAP_COLLECTIBLE;
	}
	return NULL;
}

/* A place at which the range's kind is known and nothing else yet. */
static struct error *place_begin(struct heap *heap, uint64_t ip, struct range *range,
				 struct code_place *ret)
{
	struct range_layout layout;
	*ret = (struct code_place){ 0 };
	TRY(layout_bind(heap, &layout));
	TRY(range_find(heap, &layout, ip, range));
	if (!range->section || ip < range->begin || ip >= range->end)
		return NULL;
	if (range->module)
		ret->kind = CODE_READY_TO_RUN;
	else
		ret->kind = range->flags & RANGE_IS_RANGE_LIST ? CODE_STUB : CODE_JITTED;
	return NULL;
}

struct error *code_at(struct heap *heap, uint64_t ip, struct arena *arena, struct code_place *ret)
{
	struct range range;
	TRY(place_begin(heap, ip, &range, ret));
	if (ret->kind == CODE_JITTED)
		return jitted_code_find(heap, range.heap_list, ip, ret);
	if (ret->kind == CODE_READY_TO_RUN)
		return ready_to_run_find(heap, range.module, range.begin, ip, arena, ret);
	return NULL;
}

struct error *code_starting_at(struct heap *heap, uint64_t entry, struct code_place *ret)
{
	struct range range;
	TRY(place_begin(heap, entry, &range, ret));
	if (ret->kind == CODE_JITTED)
		TRY(jitted_code_find(heap, range.heap_list, entry, ret));
	if (ret->kind == CODE_READY_TO_RUN) {
		TRY(ready_to_run_method(heap, range.module, entry, &ret->method));
		ret->start = ret->method ? entry : 0;
	}
	if (ret->start != entry)
		ret->method = ret->start = 0;
	return NULL;
}
