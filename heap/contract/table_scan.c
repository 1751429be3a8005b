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

/* What is looked for is written at start-up: never in the read-only part, which RELRO ends. */
static bool scan(struct reader *reader, const struct elf_module *module,
		 const struct pattern *pattern, uint64_t *cursor, uint64_t *ret)
{
	uint64_t start = module->relro_end ? module->relro_end : module->base;
	uint64_t at = align_up(*cursor > start ? *cursor : start, POINTER);
	uint8_t chunk[SCAN_CHUNK];
	while (at < module->end) {
		size_t size = target_read_some(reader->target, at, chunk, sizeof(chunk));
		if (size < pattern->needed) {
			at = align_up(at + 1,
				      reader->target->page_size ? reader->target->page_size : 4096);
			continue;
		}
		for (size_t i = 0; i + pattern->needed <= size; i += POINTER) {
			if (!pattern->matches(pattern, reader, module, at + i, chunk + i))
				continue;
			*ret = at + i;
			*cursor = at + i + POINTER;
			return true;
		}
		at += align_up(size - pattern->needed + 1, POINTER);
	}
	return false;
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

bool table_scan(struct reader *reader, const struct elf_module *module,
		const struct table_pattern *pattern, uint64_t *cursor, uint64_t *ret)
{
	struct pattern table = { (size_t)(pattern->gc_dac_globals + 1) * POINTER, table_at,
				 pattern };
	return scan(reader, module, &table, cursor, ret);
}

static bool magic_at(const struct pattern *pattern, struct reader *reader,
		     const struct elf_module *module, uint64_t address, const uint8_t *bytes)
{
	(void)reader, (void)module, (void)address;
	return memcmp(bytes, descriptor_magic, pattern->needed) == 0;
}

bool descriptor_scan(struct reader *reader, const struct elf_module *module, uint64_t *cursor,
		     uint64_t *ret)
{
	static const struct pattern magic = { sizeof(descriptor_magic), magic_at, NULL };
	return scan(reader, module, &magic, cursor, ret);
}
