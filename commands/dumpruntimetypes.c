/* dumpruntimetypes: the System.RuntimeType objects of the heap, and the types they stand for. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/types/clr_domain.h"
#include "heap/values/value.h"
#include "inspect/heap_filter.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "address", "Address", CELL_ADDRESS, 16 },
	{ "domain", "Domain", CELL_ADDRESS, 16 },
	{ "mt", "MT", CELL_ADDRESS, 16 },
	{ "type", "Type Name", CELL_TEXT, 0 },
};

struct listing {
	struct command_call *call;
	const struct type *runtime_type; /* System.RuntimeType; NULL until met */
	uint64_t domain, count;
};

static struct error *row(struct listing *listing, uint64_t object)
{
	struct heap *heap = listing->call->question.heap;
	struct output *out = listing->call->out;
	const struct type *type = NULL;
	struct value handle;
	TRY(value_field_of_object(heap, object, "m_handle", &handle));
	if (handle.kind == VALUE_UNREADABLE) {
		question_missing(&listing->call->question, sizeof(uint64_t),
				 "the handle of the type %#" PRIx64 " could not be read", object);
		return NULL;
	}
	struct error *error = type_at(heap, handle.bits, &type);
	if (error_is_fatal(error))
		return error;
	error_free(error);
	listing->count++;
	output_row_begin(out);
	output_address(out, object);
	output_address(out, type && type->module ? listing->domain : 0);
	output_address(out, handle.bits);
	if (type)
		output_text(out, type_name(heap, type, NULL));
	else
		output_textf(out, "<unknown type MT=%" PRIx64 ">", handle.bits);
	output_row_end(out);
	return NULL;
}

static struct error *visit(const struct gc_object *object, void *context)
{
	struct listing *listing = context;
	struct heap *heap = listing->call->question.heap;
	if (object->is_free)
		return NULL;
	const struct type *type = type_by_index(heap, object->type);
	if (!listing->runtime_type && type->module == heap->modules->core_library) {
		const char *name = type_metadata_name(heap, type);
		if (name && !strcmp(name, "System.RuntimeType"))
			listing->runtime_type = type;
	}
	if (type != listing->runtime_type)
		return NULL;
	TRY(row(listing, object->address));
	return output_broken(listing->call->out) ? &error_stop : NULL;
}

static struct error *dumpruntimetypes_run(struct command_call *call)
{
	struct heap_filter filter;
	struct listing listing = { .call = call,
				   .domain = clr_domain_address(call->question.heap) };
	heap_filter_init_all(&filter, &call->question);
	output_table_begin(call->out, "runtime_types", columns, COUNT_OF(columns), true);
	struct error *error = heap_filter_walk(&filter, visit, &listing);
	output_table_end(call->out);
	heap_filter_deinit(&filter);
	if (!error && !listing.count)
		output_note(call->out, "No System.RuntimeType objects found.");
	return error;
}

static const char *const examples[] = { "dumpruntimetypes", NULL };
const struct command command_dumpruntimetypes = {
	.name = "dumpruntimetypes",
	.summary = "list the System.RuntimeType objects and the types they stand for",
	.usage = "dumpruntimetypes",
	.description = "MT is the type's handle: its MethodTable, or for pointers, byrefs and type "
		       "parameters a TypeDesc with bit 1 set.",
	.examples = examples,
	.needs = NEEDS_HEAP | NEEDS_OBJECTS,
	.run = dumpruntimetypes_run,
};
