/* dumpobjgcrefs: the references inside an object. */
#include "commands/command.h"

#include "commands/shared/object_references.h"

static struct error *dumpobjgcrefs_run(struct command_call *call)
{
	struct object_view view;
	TRY(object_view_read(&call->question, call->subject.address, &view));
	return object_references_print(call, &view);
}

static const char *const examples[] = { "dumpobjgcrefs 7f68dd0128a8", NULL };
const struct command command_dumpobjgcrefs = {
	.name = "dumpobjgcrefs",
	.summary = "list the references inside an object, as the GC follows them",
	.description =
		"Offset counts from the object's first field. dumpobj -refs shows the same behind the fields.",
	.subject = { .kind = SUBJECT_OBJECT },
	.examples = examples,
	.needs = NEEDS_HEAP,
	.run = dumpobjgcrefs_run,
};
