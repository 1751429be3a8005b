#include "heap/tasks/fsharp_task.h"

#include "base/list.h"
#include "heap/tasks/members.h"

struct error *fsharp_task_closure(struct heap *heap, const struct state_machine *machine,
				  const struct type **ret)
{
	static const char *const way[] = { "initialResumptionFunc", "_target", "code", "_target",
					   "generator" };
	struct value info;
	*ret = NULL;
	struct error *error = value_field_of_struct(heap, machine->type, machine->address,
						    "ResumptionDynamicInfo", &info);
	if (error_take_damage(&error))
		return NULL;
	TRY(error);
	uint64_t object = member_of_value(&info);
	for (size_t i = 0; i < COUNT_OF(way) && object; i++)
		TRY(member_object(heap, object, way[i], &object));
	return object_type(heap, object, ret);
}
