/* eeversion: which runtime this is. */
#include "commands/command.h"

#include "base/list.h"
#include "heap/gc/gc_heap.h"
#include "inspect/runtime_version.h"

#include <inttypes.h>

static const struct column columns[] = {
	{ "version", IN_WORDS, CELL_TEXT, 0 },
	{ "product_version", IN_WORDS, CELL_TEXT, 0 },
	{ "informational_version", IN_WORDS, CELL_TEXT, 0 }, /* text: the commit */
	{ "gc_mode", NULL, CELL_TEXT, 0 },
	{ "gc_heaps", IN_WORDS, CELL_INTEGER, 0 },
	{ "datas", NULL, CELL_INTEGER, 0 },
	{ "architecture", NULL, CELL_TEXT, 0 },
	{ "layouts", IN_WORDS, CELL_TEXT, 0 },
	{ "found_by", IN_WORDS, CELL_TEXT, 0 },
	{ "has_descriptor", NULL, CELL_VALUE, 0 },
};

/* What says most of the version when CoreLib's metadata is absent. */
static const char *version_stand_in(const struct contract *contract)
{
	const char *product = contract_text(contract, "RuntimeProductVersionString");
	return product ? product : contract_layouts(contract);
}

static void print_origin(struct output *out, const struct contract *contract)
{
	if (!contract_major(contract))
		output_sentence(out, "Read with the runtime's own descriptor, found by {found_by}");
	else if (contract_has_descriptor(contract))
		output_sentence(out,
				"Read with the layouts {layouts}, found by {found_by}, and the "
				"runtime's own descriptor");
	else
		output_sentence(out, "Read with the layouts {layouts}, found by {found_by}");
}

static void sentences(struct output *out, const struct heap *heap, const char *product,
		      const char *commit)
{
	output_sentence(out, "{version}");
	if (commit)
		output_sentence(out, "{version} @Commit: {informational_version}");
	if (product)
		output_sentence(out, ".NET {product_version}");
	if (heap->gc->is_server)
		output_sentence(out, "Server mode with {gc_heaps} gc heaps");
	else
		output_sentence(out, "Workstation mode");
	print_origin(out, heap->contract);
}

static struct error *record_print(struct command_call *call)
{
	struct output *out = call->out;
	const struct heap *heap = call->question.heap;
	const struct gc_heap *gc = heap->gc;
	const char *version;
	const char *informational, *product;
	TRY(runtime_version(&call->question, &version));
	TRY(runtime_product_version(&call->question, &product));
	TRY(runtime_informational_version(&call->question, &informational));
	const char *plus = informational ? strchr(informational, '+') : NULL;
	const char *commit = plus ? plus + 1 : NULL;
	output_record_begin(out, NULL, columns, COUNT_OF(columns));
	output_text_or(out, version, version_stand_in(heap->contract));
	output_text_or_null(out, product);
	if (informational)
		output_text_as(out, informational, commit ? commit : "");
	else
		output_null(out);
	output_text(out, gc->is_server ? "server" : "workstation");
	output_unsigned(out, gc->heap_count);
	if (gc->dynamic_adaptation_mode >= 0)
		output_signed(out, gc->dynamic_adaptation_mode);
	else
		output_null(out);
	output_text(out, architecture_name(heap->target->architecture));
	output_text(out, contract_layouts(heap->contract));
	output_text(out, contract_found_by(heap->contract));
	output_bool(out, contract_has_descriptor(heap->contract));
	sentences(out, heap, product, version ? commit : NULL);
	output_record_end(out);
	return NULL;
}

static struct error *eeversion_run(struct command_call *call)
{
	const struct heap *heap = call->question.heap;
	TRY(record_print(call));
	if (contract_unverified(heap->contract))
		output_note(call->out,
			    "The layouts %s were derived, and never verified on a process of their "
			    "kind.",
			    contract_layouts(heap->contract));
	if (heap->gc->structures_invalid)
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
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = eeversion_run,
};
