#include "heap/types/field_layout.h"

#include "base/list.h"

#define SLOT(member) offsetof(struct field_layout, member)

static const struct field_binding common_bindings[] = {
	{ "EEClass", "FieldDescList", SLOT(class.field_desc_list), true, 8 },
	{ "EEClass", "NumInstanceFields", SLOT(class.instance_count), false, 2 },
	{ "EEClass", "NumStaticFields", SLOT(class.static_count), false, 2 },
	{ "EEClass", "FixedFieldsSize", SLOT(class.fixed_size), false, 1 },
	{ "EEClass", "FieldsArePacked", SLOT(class.fields_are_packed), false, 1 },
	{ "EEClass", "OptionalFields", SLOT(class.optional_fields), false, 8 },
	{ "FieldDesc", "MTOfEnclosingClass", SLOT(desc.method_table), true, 8 },
	{ "FieldDesc", "DWord1", SLOT(desc.flags1), true, 4 },
	{ "FieldDesc", "DWord2", SLOT(desc.flags2), true, 4 },
	{ "String", "m_StringLength", SLOT(object.string_length), true, 4 },
	{ "String", "m_FirstChar", SLOT(object.string_units), true, 2 },
	{ "Array", "m_NumComponents", SLOT(object.array_count), true, 4 },
};

static const struct field_binding auxiliary_bindings[] = {
	{ "MethodTable", "AuxiliaryData", SLOT(auxiliary.auxiliary_data), true, 8 },
	{ "MethodTable", "MTFlags2", SLOT(auxiliary.flags2), true, 4 },
	{ "DynamicStaticsInfo", "GCStatics", SLOT(auxiliary.gc_statics), true, 8 },
	{ "DynamicStaticsInfo", "NonGCStatics", SLOT(auxiliary.non_gc_statics), true, 8 },
	{ "ThreadStaticsInfo", "GCTlsIndex", SLOT(auxiliary.gc_tls_index), true, 4 },
	{ "ThreadStaticsInfo", "NonGCTlsIndex", SLOT(auxiliary.non_gc_tls_index), true, 4 },
	{ "Thread", "ThreadLocalDataPtr", SLOT(thread_data.data), true, 8 },
	{ "ThreadLocalData", "NonCollectibleTlsDataCount", SLOT(thread_data.count), true, 4 },
	{ "ThreadLocalData", "CollectibleTlsDataCount", SLOT(thread_data.collectible_count), true,
	  4 },
	{ "ThreadLocalData", "NonCollectibleTlsArrayData", SLOT(thread_data.array), true, 8 },
	{ "ThreadLocalData", "CollectibleTlsArrayData", SLOT(thread_data.collectible_array), true,
	  8 },
	{ "ThreadLocalData", "InFlightData", SLOT(thread_data.in_flight), true, 8 },
	{ "InFlightTLSData", "Next", SLOT(thread_data.in_flight_next), true, 8 },
	{ "InFlightTLSData", "TlsIndex", SLOT(thread_data.in_flight_index), true, 4 },
	{ "InFlightTLSData", "TLSData", SLOT(thread_data.in_flight_data), true, 8 },
};

static const struct field_binding module_bindings[] = {
	{ "MethodTable", "MTFlags", SLOT(module.flags), true, 4 },
	{ "MethodTable", "Flags2", SLOT(module.flags2), true, 2 },
	{ "MethodTable", "NumVirtuals", SLOT(module.virtual_count), true, 2 },
	{ "MethodTable", "Module", SLOT(module.module), true, 8 },
	{ "Module", "DomainLocalModule", SLOT(module.domain_module), true, 8 },
	{ "Module", "ModuleIndex", SLOT(module.module_index), true, 4 },
	{ "Module", "LoaderAllocator", SLOT(module.loader_allocator), true, 8 },
	{ "LoaderAllocator", "ObjectHandle", SLOT(module.allocator_object), true, 8 },
	{ "Thread", "ThreadLocalModules", SLOT(module.thread_modules), true, 8 },
	{ "Thread", "ThreadLocalModuleCount", SLOT(module.thread_module_count), true, 8 },
	{ "EEClassOptionalFields", "ModuleDynamicID", SLOT(module.dynamic_id), true, 4 },
	{ "GenericsStaticsInfo", "DynamicTypeID", SLOT(module.generics_id), true, 8 },
	{ "DynamicClassInfo", "DynamicEntry", SLOT(module.entry), true, 8 },
	{ "DynamicClassInfo", "Flags", SLOT(module.entry_flags), true, 4 },
	{ "NormalDynamicEntry", "GCStatics", SLOT(module.entry_gc), true, 8 },
	{ "NormalDynamicEntry", "DataBlob", SLOT(module.entry_blob), true, 8 },
	{ "CollectibleDynamicEntry", "GCStatics", SLOT(module.collectible_gc), true, 8 },
	{ "CollectibleDynamicEntry", "NonGCStatics", SLOT(module.collectible_non_gc), true, 8 },
	{ "DomainLocalModule", "DynamicClassTable", SLOT(domain_module.table), true, 8 },
	{ "DomainLocalModule", "DynamicClassCount", SLOT(domain_module.count), true, 8 },
	{ "DomainLocalModule", "GCStatics", SLOT(domain_module.gc_statics), true, 8 },
	{ "DomainLocalModule", "DataBlob", SLOT(domain_module.blob), true, 1 },
	{ "ThreadLocalModule", "DynamicClassTable", SLOT(thread_module.table), true, 8 },
	{ "ThreadLocalModule", "DynamicClassCount", SLOT(thread_module.count), true, 8 },
	{ "ThreadLocalModule", "GCStatics", SLOT(thread_module.gc_statics), true, 8 },
	{ "ThreadLocalModule", "DataBlob", SLOT(thread_module.blob), true, 1 },
};

static struct error *bind_auxiliary(const struct contract *contract, struct field_layout *layout)
{
	TRY(contract_bind(contract, auxiliary_bindings, COUNT_OF(auxiliary_bindings), layout));
	TRY(contract_require_size(contract, "DynamicStaticsInfo", &layout->auxiliary.statics_size));
	TRY(contract_require_size(contract, "ThreadStaticsInfo",
				  &layout->auxiliary.thread_statics_size));
	TRY(contract_require_global(contract, "NumberOfTlsOffsetsNotUsedInNoncollectibleArray",
				    &layout->thread_data.reserved));
	layout->form = STATICS_AUXILIARY;
	return NULL;
}

static struct error *bind_module(const struct contract *contract, struct field_layout *layout)
{
	struct module_statics_layout *module = &layout->module;
	TRY(contract_bind(contract, module_bindings, COUNT_OF(module_bindings), layout));
	TRY(contract_require_size(contract, "DynamicClassInfo", &module->entry_size));
	TRY(contract_require_size(contract, "MethodTable", &module->method_table_size));
	TRY(contract_require_size(contract, "Array", &module->array_header));
	TRY(contract_require_global(contract, "MethodTableFixedSlots", &module->fixed_slots));
	TRY(contract_require_global(contract, "MethodTableVirtualsPerChunk",
				    &module->virtuals_per_chunk));
	if (!module->virtuals_per_chunk)
		return error_new(ERROR_UNSUPPORTED, "this runtime's vtables have no chunks");
	layout->form = STATICS_MODULE;
	return NULL;
}

/* Which of the two forms a runtime has shows in the fields it has, not in its version. */
static struct error *bind_statics(const struct contract *contract, struct field_layout *layout)
{
	struct field field;
	layout->form = STATICS_UNKNOWN;
	TRY(contract_require_global(contract, "StaticsPointerMask", &layout->pointer_mask));
	TRY(contract_require_global(contract, "PtrArrayOffsetToDataArray",
				    &layout->array_data_offset));
	if (contract_field(contract, "DynamicStaticsInfo", "GCStatics", &field))
		return bind_auxiliary(contract, layout);
	if (contract_field(contract, "DomainLocalModule", "GCStatics", &field))
		return bind_module(contract, layout);
	return NULL;
}

/* A global until .NET 10, the size of a type since. */
static struct error *object_header_size(const struct contract *contract, uint64_t *ret)
{
	uint32_t size;
	if (contract_global(contract, "ObjectHeaderSize", ret))
		return NULL;
	TRY(contract_require_size(contract, "ObjectHeader", &size));
	*ret = size;
	return NULL;
}

static struct error *bind_all(const struct contract *contract, struct field_layout *layout)
{
	TRY(contract_bind(contract, common_bindings, COUNT_OF(common_bindings), layout));
	TRY(contract_require_size(contract, "FieldDesc", &layout->desc.size));
	TRY(object_header_size(contract, &layout->object.header));
	if (!layout->class.fixed_size.present &&
	    (!layout->class.instance_count.present || !layout->class.static_count.present))
		return error_new(ERROR_UNSUPPORTED,
				 "this runtime's descriptor lacks EEClass.NumInstanceFields");
	return bind_statics(contract, layout);
}

struct error *field_layout_get(struct heap *heap, const struct field_layout **ret)
{
	if (!heap->field_layout) {
		struct field_layout *layout = arena_allocate(&heap->arena, sizeof(*layout));
		if (!layout)
			return &error_no_memory;
		TRY(bind_all(heap->contract, layout));
		heap->field_layout = layout;
	}
	*ret = heap->field_layout;
	return NULL;
}
