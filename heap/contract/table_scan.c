#include "heap/contract/table_scan.h"

enum { POINTER = sizeof(uint64_t), SCAN_CHUNK = 64 * 1024 };
enum {
	HEAP_TYPE_WORKSTATION = 1,
	HEAP_TYPE_SERVER = 2
}; /* gcinterface.h: GC_HEAP_WKS, GC_HEAP_SVR */

const char descriptor_magic[8] = { 'D', 'N', 'C', 'C', 'D', 'A', 'C', '\0' };

static bool gc_dac_vars_match(struct reader *reader, const struct table_pattern *pattern,
			      uint64_t variable)
{
	uint64_t vars, size;
	uint32_t count;
	return reader_u64(reader, variable, &vars) &&
	       reader_u64(reader, vars + pattern->generation_size_at, &size) &&
	       size >= pattern->generation_size_min && size <= pattern->generation_size_max &&
	       reader_u32(reader, vars + pattern->generation_count_at, &count) &&
	       count == pattern->generation_count;
}

bool table_matches(struct reader *reader, const struct table_pattern *pattern, uint64_t table)
{
	uint64_t type_variable, vars_variable;
	uint32_t heap_type;
	return reader_u64(reader, table + pattern->gc_heap_type * POINTER, &type_variable) &&
	       reader_u64(reader, table + pattern->gc_dac_globals * POINTER, &vars_variable) &&
	       reader_u32(reader, type_variable, &heap_type) &&
	       (heap_type == HEAP_TYPE_WORKSTATION || heap_type == HEAP_TYPE_SERVER) &&
	       gc_dac_vars_match(reader, pattern, vars_variable);
}

/* A place to look for: `needed` bytes at a time, aligned as a pointer. */
struct pattern {
	size_t needed;
	bool (*matches)(const struct pattern *pattern, struct reader *reader,
			const struct elf_module *module, uint64_t address, const uint8_t *bytes);
	const struct table_pattern *table;
};

struct scan {
	const struct scan_place *place;
	const struct pattern *pattern;
	uint64_t at; /* the next address to look at */
	bool found;  /* at `at` */
};

static bool chunk_matches(struct scan *scan, const uint8_t *chunk, size_t size)
{
	const struct pattern *pattern = scan->pattern;
	for (size_t i = 0; i + pattern->needed <= size; i += POINTER) {
		if (!pattern->matches(pattern, scan->place->reader, scan->place->module,
				      scan->at + i, chunk + i))
			continue;
		scan->at += i;
		return true;
	}
	return false;
}

/* The module's part of a region. Pages of it may be unreadable in a live target. */
static struct error *scan_region(const struct region *region, void *context)
{
	struct scan *scan = context;
	struct target *target = scan->place->reader->target;
	uint64_t module_end = scan->place->module->end;
	uint64_t end = region->end < module_end ? region->end : module_end;
	uint8_t chunk[SCAN_CHUNK];
	TRY(task_check(scan->place->task, "looking for the .NET runtime's tables"));
	if (scan->found)
		return NULL;
	if (scan->at < region->start)
		scan->at = align_up(region->start, POINTER);
	while (scan->at < end && !scan->found) {
		TRY(task_check(scan->place->task, "looking for the .NET runtime's tables"));
		size_t size = target_try_some(target, scan->at, chunk, sizeof(chunk));
		scan->found = chunk_matches(scan, chunk, size);
		if (size < scan->pattern->needed)
			scan->at = align_up(scan->at + 1,
					    target->page_size ? target->page_size : 4096);
		else if (!scan->found)
			scan->at += align_up(size - scan->pattern->needed + 1, POINTER);
	}
	return NULL;
}

/* What is looked for is written at start-up: never in the read-only part, which RELRO ends. The
 * regions of the target bound the work, not the length that the module says it has. */
static struct error *scan(const struct scan_place *place, const struct pattern *pattern,
			  uint64_t *cursor, bool *ret_found, uint64_t *ret)
{
	const struct elf_module *module = place->module;
	uint64_t start = module->relro_end ? module->relro_end : module->base;
	struct scan scan = { .place = place,
			     .pattern = pattern,
			     .at = align_up(*cursor > start ? *cursor : start, POINTER) };
	TRY(target_visit_regions(place->reader->target, scan_region, &scan));
	*ret_found = scan.found;
	if (!scan.found)
		return NULL;
	*ret = scan.at;
	*cursor = scan.at + POINTER;
	return NULL;
}

/* Its own words point into the module: cheap, before the reads of table_matches. */
static bool table_at(const struct pattern *pattern, struct reader *reader,
		     const struct elf_module *module, uint64_t address, const uint8_t *bytes)
{
	const struct table_pattern *table = pattern->table;
	uint64_t type_variable = load_u64(bytes + table->gc_heap_type * POINTER);
	uint64_t vars_variable = load_u64(bytes + table->gc_dac_globals * POINTER);
	return type_variable >= module->base && type_variable < module->end &&
	       vars_variable >= module->base && vars_variable < module->end &&
	       table_matches(reader, table, address);
}

struct error *table_scan(const struct scan_place *place, const struct table_pattern *pattern,
			 uint64_t *cursor, bool *ret_found, uint64_t *ret)
{
	struct pattern table = { (size_t)(pattern->gc_dac_globals + 1) * POINTER, table_at,
				 pattern };
	return scan(place, &table, cursor, ret_found, ret);
}

static bool magic_at(const struct pattern *pattern, struct reader *reader,
		     const struct elf_module *module, uint64_t address, const uint8_t *bytes)
{
	(void)reader, (void)module, (void)address;
	return memcmp(bytes, descriptor_magic, pattern->needed) == 0;
}

struct error *descriptor_scan(const struct scan_place *place, uint64_t *cursor, bool *ret_found,
			      uint64_t *ret)
{
	static const struct pattern magic = { sizeof(descriptor_magic), magic_at, NULL };
	return scan(place, &magic, cursor, ret_found, ret);
}
