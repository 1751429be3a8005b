#include "heap/types/clr_domain.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "heap/types/clr_module.h"

struct domain_layout {
	struct field name, stage, loader_allocator, low, high, stubs;
};

#define SLOT(name) offsetof(struct domain_layout, name)
static const struct field_binding bindings[] = {
	{ "AppDomain", "FriendlyName", SLOT(name), true, 8 },
	{ "AppDomain", "Stage", SLOT(stage), false, 4 }, /* until .NET 9 */
	{ "Module", "LoaderAllocator", SLOT(loader_allocator), true, 8 },
	{ "LoaderAllocator", "LowFrequencyHeap", SLOT(low), true, 8 },
	{ "LoaderAllocator", "HighFrequencyHeap", SLOT(high), true, 8 },
	{ "LoaderAllocator", "StubHeap", SLOT(stubs), false, 8 }, /* until .NET 10 */
};

enum { DOMAIN_ID = 1, NAME_UNITS_MAX = 1024 }; /* DefaultADID: src/coreclr/vm/appdomain.hpp */

static uint64_t variable_read(struct heap *heap, const char *name)
{
	uint64_t variable, value;
	return contract_global(heap->contract, name, &variable) &&
			       reader_u64(&heap->reader, variable, &value)
		       ? value
		       : 0;
}

uint64_t clr_domain_address(struct heap *heap)
{
	return variable_read(heap, "AppDomain");
}

static struct error *name_read(struct heap *heap, uint64_t address, struct arena *arena,
			       const char **ret)
{
	CLEANUP(text_deinit) struct text text = { 0 };
	uint16_t units[NAME_UNITS_MAX];
	uint8_t unit[sizeof(*units)];
	size_t count = 0;
	while (address && count < NAME_UNITS_MAX) {
		if (!reader_copy(&heap->reader, address + count * sizeof(unit), unit, sizeof(unit)))
			return error_new(ERROR_FAULT, "the name of the AppDomain cannot be read");
		if (!load_u16(unit))
			break;
		units[count++] = load_u16(unit);
	}
	text_append_utf16(&text, units, count);
	if (text_failed(&text))
		return &error_no_memory;
	*ret = arena_copy_text(arena, text_string(&text), text.length);
	return *ret ? NULL : &error_no_memory;
}

/* src/coreclr/inc/dacprivate.h: DacpAppDomainDataStage, the first four of src/coreclr/vm/
 * appdomain.hpp: AppDomain::Stage. */
static struct error *stage_read(struct heap *heap, uint64_t domain, struct field field,
				const char **ret)
{
	static const char *const stages[] = { "CREATING", "READYFORMANAGEDCODE", "ACTIVE", "OPEN" };
	uint64_t stage;
	*ret = "OPEN";
	if (!field.present)
		return NULL;
	TRY(read_field(&heap->reader, domain, field, "the AppDomain", &stage));
	if (stage >= COUNT_OF(stages))
		return error_new(ERROR_BAD_DATA, "the AppDomain is in no stage that is known: %llu",
				 (unsigned long long)stage);
	*ret = stages[stage];
	return NULL;
}

/* CoreLib's types are loaded by the global loader allocator. */
static struct error *heaps_read(struct heap *heap, const struct domain_layout *layout,
				struct clr_domain *domain)
{
	static const char what[] = "the global loader allocator";
	uint64_t allocator;
	if (!heap->modules->core_library)
		return error_new(ERROR_NOT_FOUND, "System.Private.CoreLib is not known");
	TRY(read_field(&heap->reader, heap->modules->core_library->address,
		       layout->loader_allocator, "CoreLib's module", &allocator));
	TRY(read_field(&heap->reader, allocator, layout->low, what, &domain->low_frequency_heap));
	TRY(read_field(&heap->reader, allocator, layout->high, what, &domain->high_frequency_heap));
	domain->stub_heap = 0;
	if (layout->stubs.present)
		TRY(read_field(&heap->reader, allocator, layout->stubs, what, &domain->stub_heap));
	return NULL;
}

struct error *clr_domains_read(struct heap *heap, struct arena *arena,
			       struct clr_domain ret[CLR_DOMAINS])
{
	struct domain_layout layout;
	uint64_t name;
	struct clr_domain *system = &ret[0], *domain = &ret[1];
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &layout));
	*system = (struct clr_domain){ .address = variable_read(heap, "SystemDomain"),
				       .name = "",
				       .stage = "OPEN" };
	*domain = (struct clr_domain){ .address = clr_domain_address(heap), .id = DOMAIN_ID };
	if (!system->address || !domain->address)
		return error_new(ERROR_NOT_FOUND,
				 "the runtime has no AppDomain, or it cannot be read");
	TRY(read_field(&heap->reader, domain->address, layout.name, "the AppDomain", &name));
	TRY(name_read(heap, name, arena, &domain->name));
	TRY(stage_read(heap, domain->address, layout.stage, &domain->stage));
	TRY(heaps_read(heap, &layout, system));
	domain->low_frequency_heap = system->low_frequency_heap;
	domain->high_frequency_heap = system->high_frequency_heap;
	domain->stub_heap = system->stub_heap;
	return NULL;
}
