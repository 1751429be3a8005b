#include "heap/code/nibble_map.h"

#include "base/limits.h"
#include "base/list.h"

struct jit_layout {
	struct field start, end, map_base, header_map; /* CodeHeapListNode */
	struct field method;                           /* RealCodeHeader */
	uint64_t last_stub;
};

#define SLOT(name) offsetof(struct jit_layout, name)
static const struct field_binding bindings[] = {
	{ "CodeHeapListNode", "StartAddress", SLOT(start), true, 8 },
	{ "CodeHeapListNode", "EndAddress", SLOT(end), true, 8 },
	{ "CodeHeapListNode", "MapBase", SLOT(map_base), true, 8 },
	{ "CodeHeapListNode", "HeaderMap", SLOT(header_map), true, 8 },
	{ "RealCodeHeader", "MethodDesc", SLOT(method), true, 8 },
};

/* ExecutionManager.md, "NibbleMap": the same in every version. */
enum {
	NIBBLE_BITS = 4,
	NIBBLES_PER_UNIT = 8,
	BUCKET_BYTES = 32,
	UNIT_BYTES = BUCKET_BYTES * NIBBLES_PER_UNIT,
	CODE_ALIGNMENT = 4,
	NIBBLE_MASK = 15,
	POINTER_NIBBLE = 9, /* the lowest nibble of a unit that holds a distance: this or above */
};

static unsigned nibble_at(uint32_t unit, uint64_t bucket)
{
	unsigned shift = (NIBBLES_PER_UNIT - 1 - bucket % NIBBLES_PER_UNIT) * NIBBLE_BITS;
	return unit >> shift & NIBBLE_MASK;
}

/* The last beginning in the unit at or before the bucket; UINT64_MAX: none. */
static uint64_t last_in_unit(uint32_t unit, uint64_t bucket)
{
	for (uint64_t first = bucket - bucket % NIBBLES_PER_UNIT;; bucket--) {
		unsigned nibble = nibble_at(unit, bucket);
		if (nibble)
			return bucket * BUCKET_BYTES + (nibble - 1) * CODE_ALIGNMENT;
		if (bucket == first)
			return UINT64_MAX;
	}
}

static bool is_pointer(uint32_t unit)
{
	return (unit & NIBBLE_MASK) >= POINTER_NIBBLE;
}

static uint64_t pointer_target(uint32_t unit)
{
	return (unit & ~(uint32_t)NIBBLE_MASK) +
	       ((unit & NIBBLE_MASK) - POINTER_NIBBLE) * CODE_ALIGNMENT;
}

/* A map in the target or in our memory. */
struct nibble_map {
	const uint32_t *units; /* NULL: in the target */
	uint64_t count;
	struct reader *reader;
	uint64_t address;
	bool pointers;
};

static struct error *unit_read(const struct nibble_map *map, uint64_t index, uint32_t *ret)
{
	uint64_t number = 0;
	if (map->units) {
		*ret = index < map->count ? map->units[index] : 0;
		return NULL;
	}
	TRY(reader_unsigned(map->reader, map->address + index * sizeof(uint32_t), sizeof(uint32_t),
			    "the map of a heap of code", &number));
	*ret = (uint32_t)number;
	return NULL;
}

/* In the units before the one at `index`; the first that is not empty answers. With distances the
 * one before must. */
static struct error *find_before(const struct nibble_map *map, uint64_t index, uint64_t *ret)
{
	uint32_t unit = 0;
	uint64_t steps = map->pointers ? 1 : LIMIT_CODE_MAP_UNITS;
	for (; index && steps && !unit; steps--)
		TRY(unit_read(map, --index, &unit));
	if (!unit)
		return NULL;
	*ret = map->pointers && is_pointer(unit)
		       ? pointer_target(unit)
		       : last_in_unit(unit, (index + 1) * NIBBLES_PER_UNIT - 1);
	return NULL;
}

static struct error *find(const struct nibble_map *map, uint64_t offset, uint64_t *ret)
{
	uint32_t unit;
	uint64_t bucket = offset / BUCKET_BYTES;
	*ret = UINT64_MAX;
	TRY(unit_read(map, offset / UNIT_BYTES, &unit));
	if (map->pointers && is_pointer(unit)) {
		*ret = pointer_target(unit);
		return NULL;
	}
	/* A method that begins in the address's own bucket begins at or before it, or it is not
	 * the one: the bucket before is the last to look at. */
	unsigned own = nibble_at(unit, bucket);
	if (own && (own - 1) * CODE_ALIGNMENT > offset % BUCKET_BYTES) {
		if (!(bucket % NIBBLES_PER_UNIT))
			return find_before(map, offset / UNIT_BYTES, ret);
		bucket--;
	}
	*ret = last_in_unit(unit, bucket);
	return *ret == UINT64_MAX ? find_before(map, offset / UNIT_BYTES, ret) : NULL;
}

uint64_t nibble_map_find(const uint32_t *units, uint64_t count, uint64_t offset, bool pointers)
{
	uint64_t start;
	const struct nibble_map map = { .units = units, .count = count, .pointers = pointers };
	struct error *error = find(&map, offset, &start);
	error_free(error);
	return error ? UINT64_MAX : start;
}

static struct error *map_open(struct heap *heap, struct nibble_map *ret)
{
	const char *version = contract_version(heap->contract, "ExecutionManager");
	*ret = (struct nibble_map){ .reader = &heap->reader };
	ret->pointers = version && (!strcmp(version, "2") || !strcmp(version, "c1"));
	if (ret->pointers || (version && !strcmp(version, "1")))
		return NULL;
	return error_new(ERROR_UNSUPPORTED, "this runtime's maps of code have an unknown form");
}

/* Before a method's code is the address of its header; before a stub its kind. */
static struct error *header_read(struct heap *heap, const struct jit_layout *layout, uint64_t start,
				 struct code_place *ret)
{
	static const char what[] = "the header of a method's code";
	uint64_t header;
	TRY(reader_pointer(&heap->reader, start - sizeof(uint64_t), what, &header));
	if (header <= layout->last_stub) {
		ret->kind = CODE_STUB;
		return NULL;
	}
	ret->start = start;
	return read_field(&heap->reader, header, layout->method, what, &ret->method);
}

struct error *jitted_code_find(struct heap *heap, uint64_t node, uint64_t ip,
			       struct code_place *ret)
{
	static const char what[] = "a heap of code";
	struct jit_layout layout;
	struct nibble_map map;
	uint64_t start, end, base, offset;
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &layout));
	TRY(contract_require_global(heap->contract, "StubCodeBlockLast", &layout.last_stub));
	TRY(map_open(heap, &map));
	TRY(read_field(&heap->reader, node, layout.start, what, &start));
	TRY(read_field(&heap->reader, node, layout.end, what, &end));
	TRY(read_field(&heap->reader, node, layout.map_base, what, &base));
	TRY(read_field(&heap->reader, node, layout.header_map, what, &map.address));
	offset = UINT64_MAX;
	if (ip >= start && ip < end && ip >= base)
		TRY(find(&map, ip - base, &offset));
	if (offset != UINT64_MAX)
		return header_read(heap, &layout, base + offset, ret);
	ret->kind = CODE_NONE;
	return NULL;
}
