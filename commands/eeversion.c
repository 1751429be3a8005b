/* eeversion: which runtime this is. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/gc_heap.h"
#include "heap/types/clr_module.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "version", "", CELL_TEXT, 0 },           { "informational_version", NULL, CELL_TEXT, 0 },
	{ "gc_mode", NULL, CELL_TEXT, 0 },         { "gc_heaps", NULL, CELL_COUNT, 0 },
	{ "datas", NULL, CELL_INTEGER, 0 },        { "architecture", NULL, CELL_TEXT, 0 },
	{ "layouts", NULL, CELL_TEXT, 0 },         { "found_by", NULL, CELL_TEXT, 0 },
	{ "has_descriptor", NULL, CELL_VALUE, 0 },
};

/* "10.0.12+95017c…" of CoreLib's AssemblyInformationalVersion: the commit stands behind the plus.
 */
static const char *informational_version(struct command_call *call)
{
	struct metadata *metadata;
	struct error *error = clr_module_metadata_or_none(
		call->question.heap, call->question.heap->modules->core_library, &metadata);
	error_free(error);
	if (error || !metadata)
		return NULL;
	return metadata_assembly_attribute(metadata, "AssemblyInformationalVersionAttribute",
					   call->question.scratch);
}

/* What tells most of the version when CoreLib's metadata is absent. */
static const char *version_stand_in(const struct contract *contract)
{
	const char *product = contract_text(contract, "RuntimeProductVersionString");
	return product ? product : contract_layouts(contract);
}

static void print_origin(struct output *out, const struct contract *contract)
{
	if (contract_major(contract))
		output_line(out, "Read with the layouts %s, found by %s%s",
			    contract_layouts(contract), contract_found_by(contract),
			    contract_has_descriptor(contract) ? ", and the runtime's own descriptor"
							      : "");
	else
		output_line(out, "Read with the runtime's own descriptor, found by %s",
			    contract_found_by(contract));
}

static struct error *eeversion_run(struct command_call *call)
{
	const struct heap *heap = call->question.heap;
	const struct gc_heap *gc = heap->gc;
	const char *version = heap_runtime_version(call->question.heap);
	const char *informational = informational_version(call);
	const char *commit = informational ? strchr(informational, '+') : NULL;
	output_record_begin(call->out, NULL, columns, COUNT_OF(columns));
	if (!version)
		question_missing(&call->question, 0,
				 "CoreLib's metadata, which holds the version, %s",
				 target_lacks_it(call->question.target));
	if (version)
		output_text(call->out, version);
	else
		output_value(call->out, version_stand_in(heap->contract), "null");
	output_text_or_null(call->out, informational);
	output_text(call->out, gc->is_server ? "server" : "workstation");
	output_unsigned(call->out, gc->heap_count);
	if (gc->dynamic_adaptation_mode >= 0)
		output_signed(call->out, gc->dynamic_adaptation_mode);
	else
		output_null(call->out);
	output_text(call->out, architecture_name(heap->target->architecture));
	output_text(call->out, contract_layouts(heap->contract));
	output_text(call->out, contract_found_by(heap->contract));
	output_bool(call->out, contract_has_descriptor(heap->contract));
	output_record_end(call->out);
	if (version && commit)
		output_line(call->out, "%s @Commit: %s", version, commit + 1);
	if (gc->is_server)
		output_line(call->out, "Server mode with %" PRIu32 " gc heaps", gc->heap_count);
	else
		output_line(call->out, "Workstation mode");
	print_origin(call->out, heap->contract);
	if (contract_unverified(heap->contract))
		output_note(call->out,
			    "The layouts %s were derived, and never verified on a process of their "
			    "kind.",
			    contract_layouts(heap->contract));
	if (gc->structures_invalid)
		output_note(call->out, "A garbage collection was under way: the heap may not be "
				       "walkable to its end.");
	if (heap->no_objects)
		output_note(call->out, "There is no heap to walk: %s.", heap->no_objects);
	if (heap->unverified)
		output_note(call->out, "The self-check could not verify %s.", heap->unverified);
	return NULL;
}

static const char *const examples[] = { "eeversion", NULL };
const struct command command_eeversion = {
	.name = "eeversion",
	.summary = "print the version of the .NET runtime and how it was found",
	.usage = "eeversion",
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = eeversion_run,
};
