/*
 * Where a static is. .NET 9 and later: two pointers before the class's auxiliary data, and for
 * thread statics two indices before those, into the thread's own table
 * (docs/design/datacontracts/RuntimeTypeSystem.md, Thread.md). .NET 8: statics_module.c.
 */
#include "heap/values/statics.h"

#include "base/chain_guard.h"
#include "base/limits.h"
#include "heap/clr_threads.h"
#include "heap/types/field.h"

/* FieldDesc offsets that are none: src/coreclr/vm/field.h FIELD_OFFSET_*. A big RVA does not fit
 * into 27 bits and is in the metadata only. */
enum {
	OFFSET_MAX = (1 << 27) - 1,
	OFFSET_BIG_RVA = OFFSET_MAX - 5,
	OFFSET_LAST_REAL = OFFSET_MAX - 7,
};

/* MethodTable.MTFlags2: WFLAGS2_ENUM of RuntimeTypeSystem.md. */
enum { FLAGS2_HAS_DYNAMIC_STATICS = 2 };

/* TLSIndex: the kind in the top 8 bits (src/coreclr/vm/threadstatics.h: TLSIndexType). */
enum {
	TLS_NON_COLLECTIBLE = 0,
	TLS_COLLECTIBLE = 1,
	TLS_DIRECT = 2,
	TLS_KIND_SHIFT = 24,
	TLS_INDEX = 0xffffff,
};

bool field_is_in_gc_statics(const struct type_field *field)
{
	switch (field->element_type) {
	case ELEMENT_CLASS:
	case ELEMENT_VALUETYPE:
	case ELEMENT_STRING:
	case ELEMENT_OBJECT:
	case ELEMENT_SZARRAY:
	case ELEMENT_ARRAY:
	case ELEMENT_GENERICINST:
	case ELEMENT_VAR:
		return true;
	default:
		return false;
	}
}

static struct error *auxiliary_address(struct heap *heap, const struct field_layout *layout,
				       const struct type *type, uint64_t *ret)
{
	uint64_t flags2;
	*ret = 0;
	TRY(read_field(&heap->reader, type->handle, layout->auxiliary.flags2, "MethodTable",
		       &flags2));
	if (!(flags2 & FLAGS2_HAS_DYNAMIC_STATICS))
		return NULL;
	return read_field(&heap->reader, type->handle, layout->auxiliary.auxiliary_data,
			  "MethodTable", ret);
}

static struct error *auxiliary_base(struct heap *heap, const struct field_layout *layout,
				    const struct type_field *field, struct statics_base *ret)
{
	uint64_t auxiliary, pointer;
	TRY(auxiliary_address(heap, layout, field->declaring, &auxiliary));
	if (!auxiliary)
		return NULL;
	TRY(read_field(&heap->reader, auxiliary - layout->auxiliary.statics_size,
		       field_is_in_gc_statics(field) ? layout->auxiliary.gc_statics
						     : layout->auxiliary.non_gc_statics,
		       "the statics of a class", &pointer));
	ret->initialized = !(pointer & ~layout->pointer_mask);
	ret->address = pointer & layout->pointer_mask;
	return NULL;
}

/* Data that a class initialiser still running on the thread has made are in a list of their own.
 */
static struct error *in_flight_base(struct heap *heap, const struct thread_data_layout *data,
				    uint64_t thread_data, uint32_t index, uint64_t *ret)
{
	struct chain_guard guard = { 0 };
	uint64_t node, number, handle;
	TRY(read_field(&heap->reader, thread_data, data->in_flight, "ThreadLocalData", &node));
	while (node) {
		TRY(task_check(heap->task, "following a thread's statics"));
		if (!chain_guard_pass(&guard, node) || guard.steps > LIMIT_TLS_IN_FLIGHT)
			return error_new(ERROR_BAD_DATA,
					 "the thread statics that are being made are listed "
					 "without an end");
		TRY(read_field(&heap->reader, node, data->in_flight_index, "InFlightTLSData",
			       &number));
		if (number == index) {
			TRY(read_field(&heap->reader, node, data->in_flight_data, "InFlightTLSData",
				       &handle));
			return reader_pointer(&heap->reader, handle, "a thread static's handle",
					      ret);
		}
		TRY(read_field(&heap->reader, node, data->in_flight_next, "InFlightTLSData",
			       &node));
	}
	return NULL;
}

static struct error *table_slot(struct heap *heap, uint64_t data, struct field count_field,
				struct field array_field, uint64_t *ret_count, uint64_t *ret_array)
{
	TRY(read_field(&heap->reader, data, count_field, "ThreadLocalData", ret_count));
	return read_field(&heap->reader, data, array_field, "ThreadLocalData", ret_array);
}

static struct error *thread_table_base(struct heap *heap, const struct field_layout *layout,
				       uint64_t thread_data, uint32_t index, uint64_t *ret)
{
	const struct thread_data_layout *data = &layout->thread_data;
	uint32_t kind = index >> TLS_KIND_SHIFT;
	uint64_t place = index & TLS_INDEX, count, array, slot;
	if (kind == TLS_COLLECTIBLE) {
		TRY(table_slot(heap, thread_data, data->collectible_count, data->collectible_array,
			       &count, &array));
		if (!array || place >= count)
			return NULL;
		/* The table holds handles. */
		TRY(reader_pointer(&heap->reader, array + place * sizeof(uint64_t),
				   "a thread static's slot", &slot));
		return slot ? reader_pointer(&heap->reader, slot, "a thread static's handle", ret)
			    : NULL;
	}
	TRY(table_slot(heap, thread_data, data->count, data->array, &count, &array));
	if (!array || place >= count || place < data->reserved)
		return NULL;
	slot = array + layout->array_data_offset + (place - data->reserved) * sizeof(uint64_t);
	return reader_pointer(&heap->reader, slot, "a thread static's slot", ret);
}

static struct error *thread_base(struct heap *heap, const struct field_layout *layout,
				 const struct type_field *field, const struct clr_thread *thread,
				 struct statics_base *ret)
{
	uint64_t auxiliary, data, number;
	TRY(auxiliary_address(heap, layout, field->declaring, &auxiliary));
	if (!auxiliary)
		return NULL;
	TRY(read_field(&heap->reader, auxiliary - layout->auxiliary.thread_statics_size,
		       field_is_in_gc_statics(field) ? layout->auxiliary.gc_tls_index
						     : layout->auxiliary.non_gc_tls_index,
		       "the thread statics of a class", &number));
	TRY(read_field(&heap->reader, thread->address, layout->thread_data.data, "Thread", &data));
	uint32_t index = (uint32_t)number, kind = index >> TLS_KIND_SHIFT;
	if (!data || kind > TLS_DIRECT)
		return NULL;
	if (kind == TLS_DIRECT) {
		ret->address = data + (index & TLS_INDEX);
	} else {
		TRY(thread_table_base(heap, layout, data, index, &ret->address));
		if (!ret->address)
			TRY(in_flight_base(heap, &layout->thread_data, data, index, &ret->address));
	}
	ret->initialized = ret->address != 0;
	return NULL;
}

static struct error *find_base(struct heap *heap, const struct type_field *field,
			       const struct clr_thread *thread, struct statics_base *ret)
{
	const struct field_layout *layout;
	TRY(field_layout_get(heap, &layout));
	if (field->is_thread_static && !thread)
		return error_new(ERROR_USAGE, "%s is a thread static: name a thread", field->name);
	switch (layout->form) {
	case STATICS_AUXILIARY:
		return field->is_thread_static ? thread_base(heap, layout, field, thread, ret)
					       : auxiliary_base(heap, layout, field, ret);
	case STATICS_MODULE:
		return statics_of_module(heap, layout, field,
					 field->is_thread_static ? thread : NULL, ret);
	default:
		return error_new(ERROR_UNSUPPORTED,
				 "where this runtime keeps statics is not known");
	}
}

/* Initial data of the image (ECMA-335 II.22.18). */
static struct error *rva_address(struct heap *heap, const struct type_field *field,
				 enum static_state *ret_state, uint64_t *ret)
{
	uint32_t rva = field->offset;
	struct clr_module *module = field->declaring->module;
	*ret_state = STATIC_UNREADABLE;
	if (!module)
		return NULL;
	if (rva > OFFSET_LAST_REAL) {
		struct metadata *metadata;
		if (rva != OFFSET_BIG_RVA)
			return NULL;
		TRY(clr_module_metadata(heap, module, &metadata));
		if (!metadata_field_rva(metadata, token_row(field->token), &rva))
			return NULL;
	}
	if (clr_module_rva(heap, module, rva, ret))
		*ret_state = STATIC_READY;
	return NULL;
}

/* A struct is in a box to which the slot refers; *address then becomes its first byte. */
static enum static_state open_box(struct heap *heap, uint64_t *address)
{
	uint64_t box;
	if (!reader_u64(&heap->reader, *address, &box))
		return STATIC_UNREADABLE;
	*address = box ? object_fields(box) : 0;
	return box ? STATIC_READY : STATIC_NOT_INITIALIZED;
}

static struct error *slot_address(struct heap *heap, const struct type_field *field,
				  const struct clr_thread *thread, enum static_state *ret_state,
				  uint64_t *ret)
{
	struct statics_base base = { 0 };
	TRY(find_base(heap, field, thread, &base));
	*ret_state = STATIC_NOT_INITIALIZED;
	if (!base.address)
		return NULL;
	*ret = base.address + field->offset;
	enum static_state state = STATIC_READY;
	if (field->element_type == ELEMENT_VALUETYPE)
		state = open_box(heap, ret);
	if (base.initialized || state != STATIC_READY)
		*ret_state = state;
	return NULL;
}

struct error *field_static_address(struct heap *heap, const struct type_field *field,
				   const struct clr_thread *thread, enum static_state *ret_state,
				   uint64_t *ret)
{
	*ret = 0;
	*ret_state = STATIC_UNREADABLE;
	if (!field->is_static)
		return error_new(ERROR_USAGE, "%s is no static field", field->name);
	if (field->is_rva)
		return rva_address(heap, field, ret_state, ret);
	if (field->offset > OFFSET_LAST_REAL) {
		*ret_state = STATIC_NOT_INITIALIZED;
		return NULL;
	}
	struct error *error = slot_address(heap, field, thread, ret_state, ret);
	if (error_take_damage(&error))
		*ret_state = STATIC_UNREADABLE;
	if (*ret_state == STATIC_UNREADABLE)
		*ret = 0;
	return error;
}
