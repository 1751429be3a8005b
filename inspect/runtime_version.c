#include "inspect/runtime_version.h"

#include "heap/heap.h"
#include "heap/types/clr_module.h"

struct error *runtime_informational_version(const struct question *question, const char **ret)
{
	struct metadata *metadata;
	*ret = NULL;
	TRY(clr_module_metadata_or_none(question->heap, question->heap->modules->core_library,
					&metadata));
	if (metadata)
		*ret = metadata_assembly_attribute(
			metadata, "AssemblyInformationalVersionAttribute", question->scratch);
	return NULL;
}
