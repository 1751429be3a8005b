/* dumpobjgcrefs: the references inside an object. */
#include "commands/command.h"

#include "commands/shared/object_argument.h"
#include "commands/shared/object_references.h"
#include "inspect/path/resolve.h"

static struct error *dumpobjgcrefs_run(struct command_call *call)
{
	struct object_view view;
	uint64_t address;
	TRY(object_argument(call, "an object", &address));
	TRY(object_view_read(call, address, &view));
	return object_references_print(call, &view);
}

static const char *const positionals[] = { "ADDRESS|PATH", NULL };
static const char *const examples[] = { "dumpobjgcrefs 7f68dd0128a8", NULL };
const struct command command_dumpobjgcrefs = {
	.name = "dumpobjgcrefs",
	.summary = "list the references inside an object, as the GC follows them",
	.usage = "dumpobjgcrefs ADDRESS|PATH",
	.description = "Offset counts from the object's first field. dumpobj -refs shows the same "
		       "behind the fields.",
	.positionals = positionals,
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpobjgcrefs_run,
};
