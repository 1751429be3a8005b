#include "inspect/il_body.h"

#include "base/limits.h"
#include "heap/metadata/pe_image.h"
#include "heap/types/method.h"

#include <inttypes.h>

static struct error *image_body(struct heap *heap, uint64_t base, uint64_t size, bool mapped,
				uint32_t rva, struct method_body *ret, uint64_t *ret_address)
{
	struct pe_image image;
	if (!base)
		return error_fault(0, "there is no image");
	TRY(pe_image_open(&heap->reader, base, size, mapped, &image));
	if (!pe_image_address_of_rva(&image, rva, 1, ret_address))
		return error_fault(base, "the image ends before the body");
	return pe_image_method_body(&image, &heap->reader, rva, ret);
}

/* Copies the IL; *ret_found false: not all of it can be read. */
static struct error *il_copy(const struct question *question, const struct method_body *body,
			     struct il_body *ret, bool *ret_found)
{
	uint8_t *il = arena_allocate(question->scratch, (size_t)body->il_size + 1);
	if (!il)
		return &error_no_memory;
	ret->il = il;
	ret->size = body->il_size;
	*ret_found = reader_copy(&question->heap->reader, body->il_address, il, body->il_size);
	return NULL;
}

/* From the image as it is loaded, else from the file's mapping. */
static struct error *il_try(const struct question *question, uint32_t rva, struct il_body *ret,
			    bool *ret_found)
{
	const struct clr_module *module = ret->context.module;
	struct method_body body;
	*ret_found = false;
	for (int flat = 0; flat < 2 && !*ret_found; flat++) {
		struct error *error =
			flat ? image_body(question->heap, module->flat_base, module->flat_size,
					  false, rva, &body, &ret->address)
			     : image_body(question->heap, module->image_base, module->image_size,
					  module->image_mapped, rva, &body, &ret->address);
		if (!error)
			error = il_copy(question, &body, ret, ret_found);
		if (!error_take(&error, ERROR_FAULT))
			TRY(error);
	}
	return NULL;
}

/* The method of the IL, and where it is in the image: its RVA (ECMA-335 II.22.26). */
static struct error *method_find(const struct question *question, uint64_t address,
				 struct il_body *ret, uint32_t *ret_rva)
{
	struct method method;
	struct member member;
	struct error *error = method_at(question->heap, address, &method);
	if (error)
		return error_context(error, "%#" PRIx64 " is not a MethodDesc", address);
	struct clr_module *module = method.owner->module;
	if (method.kind == METHOD_DYNAMIC || !method.token || !module)
		return error_new(ERROR_UNSUPPORTED,
				 "the method at %#" PRIx64 " was made at run time: its IL is not "
				 "in an image",
				 address);
	ret->context = (struct il_context){ .module = module, .owner = method.owner };
	TRY(clr_module_metadata(question->heap, module, &ret->context.metadata));
	if (!metadata_method(ret->context.metadata, token_row(method.token), &member))
		return error_new(ERROR_BAD_DATA, "the metadata lacks the method %08x",
				 method.token);
	*ret_rva = member.rva;
	return member.rva ? NULL
			  : error_new(ERROR_NOT_FOUND, "the method at %#" PRIx64 " has no IL body",
				      address);
}

struct error *il_body_of_method(const struct question *question, uint64_t address,
				struct il_body *ret)
{
	uint32_t rva;
	bool found, admitted = false;
	const char *reason = "";
	*ret = (struct il_body){ 0 };
	TRY(method_find(question, address, ret, &rva));
	TRY(il_try(question, rva, ret, &found));
	if (!found)
		TRY(clr_module_admit_file(question->heap, ret->context.module, &admitted, &reason));
	if (admitted)
		TRY(il_try(question, rva, ret, &found));
	if (found)
		return NULL;
	return error_new(ERROR_FAULT,
			 "the IL of the method at %#" PRIx64 " %s%s%s; "
			 "--sysroot DIR may have it",
			 address, target_lacks_it(question->target), *reason ? ": " : "", reason);
}

struct error *il_body_at(const struct question *question, uint64_t address, struct il_body *ret)
{
	/* As if an image began just before it, so that the body's RVA is 1: 0 means that a method
	 * has none. */
	const struct pe_image image = { .base = address - 1,
					.size_bytes = LIMIT_IL_BYTES,
					.mapped = true };
	struct method_body body;
	bool found;
	*ret = (struct il_body){ 0 };
	TRY(pe_image_method_body(&image, &question->heap->reader, 1, &body));
	TRY(il_copy(question, &body, ret, &found));
	ret->address = address;
	return found ? NULL : error_fault(address, "cannot read the IL at %#" PRIx64, address);
}
