#include "inspect/runtime_version.h"

#include "heap/heap.h"
#include "heap/types/clr_module.h"

const char *runtime_informational_version(const struct question *question)
{
	struct metadata *metadata;
	struct error *error = clr_module_metadata_or_none(
		question->heap, question->heap->modules->core_library, &metadata);
	error_free(error);
	if (error || !metadata)
		return NULL;
	return metadata_assembly_attribute(metadata, "AssemblyInformationalVersionAttribute",
					   question->scratch);
}
