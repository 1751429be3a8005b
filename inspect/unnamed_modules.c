#include "inspect/unnamed_modules.h"

/* Was it asked for its metadata, and did not have all of it? */
static bool lacks_metadata(const struct clr_module *module)
{
	return module->metadata_tried &&
	       (!module->metadata || metadata_missing_bytes(module->metadata));
}

static void module_add(struct unnamed_modules *unnamed, const struct clr_module *module)
{
	if (!*module->path) {
		unnamed->in_memory++;
		return;
	}
	if (unnamed->files < UNNAMED_MODULES_NAMED)
		unnamed->first[unnamed->files] = module;
	unnamed->files++;
	if (*module->file_refused && !unnamed->refusals++)
		unnamed->first_refused = module->file_refused;
}

bool unnamed_modules_find(const struct question *question, struct unnamed_modules *ret)
{
	struct heap *heap = question->present;
	*ret = (struct unnamed_modules){ 0 };
	if (!heap || !heap->met_unnamed)
		return false;
	heap->met_unnamed = false;
	for (size_t i = 0; i < heap->modules->count; i++)
		if (lacks_metadata(heap->modules->modules[i]))
			module_add(ret, heap->modules->modules[i]);
	return true;
}
