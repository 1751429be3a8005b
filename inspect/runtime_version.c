#include "inspect/runtime_version.h"

#include "attach/target/target.h"
#include "heap/heap.h"
#include "heap/types/clr_module.h"

struct error *runtime_version(const struct question *question, const char **ret)
{
	TRY(heap_runtime_version(question->present, ret));
	if (!*ret)
		question_missing(question, 0, "CoreLib's metadata, which holds the version, %s",
				 target_lacks_it(question->target));
	return NULL;
}

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
