/*
 * Statics of .NET 8: a module's classes share a DomainLocalModule, and on each thread a
 * ThreadLocalModule. Generic, emitted and collectible classes have an entry of their own in its
 * table of dynamic classes (release/8.0 src/coreclr/vm/appdomain.hpp, threadstatics.h,
 * methodtable.h).
 */
#include "heap/clr_threads.h"
#include "heap/values/statics.h"
#include "heap/values/value.h"

/* MethodTable.MTFlags, methodtable.h WFLAGS_LOW_ENUM and WFLAGS_HIGH_ENUM. */
enum {
	FLAGS_HAS_COMPONENT_SIZE = 1u << 31,
	FLAGS_STATICS = 6,
	FLAGS_STATICS_GENERIC = 4,
};

/* MethodTable.Flags2, WFLAGS2_ENUM. */
enum {
	FLAGS2_SLOTS = 0x1f, /* a bit for each slot in use after the fixed ones */
	FLAGS2_HAS_INITIALIZER = 0x400,
	FLAGS2_HAS_BOXED_STATICS = 0x2000,
};

/* appdomain.hpp ClassInitFlags. */
enum { CLASS_INITIALIZED = 1, CLASS_COLLECTIBLE = 8 };

/* A LOADERHANDLE, loaderallocator.inl: odd is the address of a slot plus one, even an index into
 * the LoaderAllocator object's m_slots, times two, counted from one. */
enum { LOADER_HANDLE_DIRECT = 1 };

struct class_place {
	uint64_t module;       /* that holds the statics */
	uint64_t local_module; /* its DomainLocalModule or ThreadLocalModule; 0: none yet */
	const struct local_module_layout *layout;
	bool is_dynamic, needs_no_initializer;
	uint64_t index; /* in the module: dynamic entry, or the TypeDef row less one */
};

/* The dynamic id of a generic class is after its vtable's chunks and overflowing slots. */
static struct error *generics_id(struct heap *heap, const struct field_layout *layout,
				 const struct type *type, uint64_t flags2, uint64_t *ret)
{
	const struct module_statics_layout *module = &layout->module;
	uint64_t virtuals;
	TRY(read_field(&heap->reader, type->handle, module->virtual_count, "MethodTable",
		       &virtuals));
	uint64_t chunks = (virtuals + module->virtuals_per_chunk - 1) / module->virtuals_per_chunk;
	uint64_t slots = (uint64_t)__builtin_popcountll(flags2 & FLAGS2_SLOTS);
	uint64_t overflowing = slots > module->fixed_slots ? slots - module->fixed_slots : 0;
	uint64_t info = type->handle + module->method_table_size +
			(chunks + overflowing) * sizeof(uint64_t);
	return read_field(&heap->reader, info, module->generics_id, "GenericsStaticsInfo", ret);
}

static struct error *emitted_id(struct heap *heap, const struct field_layout *layout,
				const struct type *type, uint64_t *ret)
{
	uint64_t optional;
	TRY(read_field(&heap->reader, type->ee_class, layout->class.optional_fields, "EEClass",
		       &optional));
	if (!optional)
		return error_new(ERROR_BAD_DATA, "%s has dynamic statics and no id for them",
				 type_name(heap, type, NULL));
	return read_field(&heap->reader, optional, layout->module.dynamic_id,
			  "EEClassOptionalFields", ret);
}

static struct error *place_index(struct heap *heap, const struct field_layout *layout,
				 const struct type *type, struct class_place *place)
{
	const struct module_statics_layout *module = &layout->module;
	uint64_t flags, flags2;
	TRY(read_field(&heap->reader, type->handle, module->flags, "MethodTable", &flags));
	TRY(read_field(&heap->reader, type->handle, module->flags2, "MethodTable", &flags2));
	place->is_dynamic = !(flags & FLAGS_HAS_COMPONENT_SIZE) && flags & FLAGS_STATICS;
	place->needs_no_initializer = !place->is_dynamic && !(flags2 & FLAGS2_HAS_INITIALIZER) &&
				      !(flags2 & FLAGS2_HAS_BOXED_STATICS);
	if (place->is_dynamic && flags & FLAGS_STATICS_GENERIC)
		return generics_id(heap, layout, type, flags2, &place->index);
	if (place->is_dynamic)
		return emitted_id(heap, layout, type, &place->index);
	if (!token_row(type->token))
		return error_new(ERROR_BAD_DATA, "%s has no row in its metadata",
				 type_name(heap, type, NULL));
	place->index = token_row(type->token) - 1;
	return NULL;
}

static struct error *thread_local_module(struct heap *heap, const struct field_layout *layout,
					 const struct clr_thread *thread, uint64_t module,
					 uint64_t *ret)
{
	uint64_t index, table, count;
	TRY(read_field(&heap->reader, module, layout->module.module_index, "Module", &index));
	TRY(read_field(&heap->reader, thread->address, layout->module.thread_modules, "Thread",
		       &table));
	TRY(read_field(&heap->reader, thread->address, layout->module.thread_module_count, "Thread",
		       &count));
	if (!table || index >= count)
		return NULL;
	return reader_pointer(&heap->reader, table + index * sizeof(uint64_t),
			      "a thread's table of modules", ret);
}

static struct error *place_find(struct heap *heap, const struct field_layout *layout,
				const struct type *type, const struct clr_thread *thread,
				struct class_place *place)
{
	TRY(place_index(heap, layout, type, place));
	TRY(read_field(&heap->reader, type->handle, layout->module.module, "MethodTable",
		       &place->module));
	place->layout = thread ? &layout->thread_module : &layout->domain_module;
	if (thread)
		return thread_local_module(heap, layout, thread, place->module,
					   &place->local_module);
	return read_field(&heap->reader, place->module, layout->module.domain_module, "Module",
			  &place->local_module);
}

/* A ThreadLocalModule has a handle to an object array, a DomainLocalModule the address of the first
 * element of one. */
static struct error *gc_statics(struct heap *heap, const struct field_layout *layout,
				uint64_t pointer, bool is_handle, uint64_t *ret)
{
	uint64_t array = 0;
	*ret = pointer;
	if (!is_handle || !pointer)
		return NULL;
	TRY(reader_pointer(&heap->reader, pointer, "a handle to thread statics", &array));
	*ret = array ? array + layout->array_data_offset : 0;
	return NULL;
}

static struct error *loader_handle(struct heap *heap, const struct field_layout *layout,
				   uint64_t module, uint64_t handle, uint64_t *ret)
{
	uint64_t allocator, object_handle, object;
	struct value slots;
	struct array_shape shape;
	if (handle & LOADER_HANDLE_DIRECT)
		return reader_pointer(&heap->reader, handle - LOADER_HANDLE_DIRECT,
				      "a collectible class's statics", ret);
	TRY(read_field(&heap->reader, module, layout->module.loader_allocator, "Module",
		       &allocator));
	TRY(read_field(&heap->reader, allocator, layout->module.allocator_object, "LoaderAllocator",
		       &object_handle));
	TRY(reader_pointer(&heap->reader, object_handle, "a handle to a LoaderAllocator", &object));
	TRY(value_field_of_object(heap, object, "m_slots", &slots));
	if (slots.kind != VALUE_REFERENCE)
		return NULL;
	TRY(array_read(heap, slots.bits, &shape));
	uint64_t index = handle / 2;
	if (!index || index > shape.count)
		return NULL;
	return reader_pointer(&heap->reader, shape.data + (index - 1) * sizeof(uint64_t),
			      "a LoaderAllocator's slot", ret);
}

static struct error *collectible_base(struct heap *heap, const struct field_layout *layout,
				      const struct class_place *place, bool gc, uint64_t entry,
				      uint64_t *ret)
{
	const struct module_statics_layout *module = &layout->module;
	uint64_t handle, array = 0;
	TRY(read_field(&heap->reader, entry,
		       gc ? module->collectible_gc : module->collectible_non_gc,
		       "a collectible class's statics", &handle));
	if (handle)
		TRY(loader_handle(heap, layout, place->module, handle, &array));
	if (!array)
		return NULL;
	/* Offsets of primitives count from an entry, and the bytes of an array are in place of its
	 * blob. */
	*ret = array +
	       (gc ? layout->array_data_offset : module->array_header - module->entry_blob.offset);
	return NULL;
}

static struct error *dynamic_base(struct heap *heap, const struct field_layout *layout,
				  const struct class_place *place, bool gc, bool on_thread,
				  struct statics_base *ret)
{
	const struct module_statics_layout *module = &layout->module;
	uint64_t count, table, entry, flags, pointer;
	TRY(read_field(&heap->reader, place->local_module, place->layout->count,
		       "a module's statics", &count));
	if (place->index >= count)
		return NULL;
	TRY(read_field(&heap->reader, place->local_module, place->layout->table,
		       "a module's statics", &table));
	uint64_t info = table + place->index * module->entry_size;
	TRY(read_field(&heap->reader, info, module->entry, "a dynamic class's statics", &entry));
	TRY(read_field(&heap->reader, info, module->entry_flags, "a dynamic class's statics",
		       &flags));
	if (!entry)
		return NULL;
	ret->initialized = flags & CLASS_INITIALIZED;
	if (flags & CLASS_COLLECTIBLE)
		return collectible_base(heap, layout, place, gc, entry, &ret->address);
	ret->address = entry;
	if (!gc)
		return NULL;
	TRY(read_field(&heap->reader, entry, module->entry_gc, "a dynamic class's statics",
		       &pointer));
	return gc_statics(heap, layout, pointer, on_thread, &ret->address);
}

static struct error *precomputed_base(struct heap *heap, const struct field_layout *layout,
				      const struct class_place *place, bool gc, bool on_thread,
				      struct statics_base *ret)
{
	uint64_t flags, pointer;
	TRY(read_field(&heap->reader, place->local_module + place->index, place->layout->blob,
		       "a module's class flags", &flags));
	ret->initialized = flags & CLASS_INITIALIZED || (place->needs_no_initializer && !on_thread);
	ret->address = place->local_module;
	if (!gc)
		return NULL;
	TRY(read_field(&heap->reader, place->local_module, place->layout->gc_statics,
		       "a module's statics", &pointer));
	return gc_statics(heap, layout, pointer, on_thread, &ret->address);
}

struct error *statics_of_module(struct heap *heap, const struct field_layout *layout,
				const struct type_field *field, const struct clr_thread *thread,
				struct statics_base *ret)
{
	struct class_place place = { 0 };
	bool gc = field_is_in_gc_statics(field);
	TRY(place_find(heap, layout, field->declaring, thread, &place));
	if (!place.local_module)
		return NULL;
	if (place.is_dynamic)
		return dynamic_base(heap, layout, &place, gc, thread != NULL, ret);
	return precomputed_base(heap, layout, &place, gc, thread != NULL, ret);
}
