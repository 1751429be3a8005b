#include "inspect/work_name.h"

#include "heap/tasks/callback.h"
#include "heap/tasks/members.h"

/* "[Scheduler]" after a task's method that is not the default one. */
static struct error *scheduler_of(const struct question *question, const struct work_item *item,
				  const char **name)
{
	uint64_t scheduler;
	const struct type *type;
	TRY(member_object(question->heap, item->address, "m_taskScheduler", &scheduler));
	TRY(object_type(question->heap, scheduler, &type));
	if (!type ||
	    type_is(question->heap, type, "System.Threading.Tasks.ThreadPoolTaskScheduler"))
		return NULL;
	*name = arena_printf(question->scratch, "%s [%s]", *name,
			     type_name(question->heap, type, NULL));
	return *name ? NULL : &error_no_memory;
}

struct error *work_item_name(const struct question *question, const struct work_item *item,
			     const char **ret)
{
	*ret = "";
	if (item->callback)
		TRY(callback_name(question->heap, item->callback, question->scratch, ret));
	if (item->kind == WORK_TASK && item->callback && **ret)
		return scheduler_of(question, item, ret);
	if (item->kind == WORK_CALLBACK && !item->callback)
		*ret = "[no callback]";
	if (!**ret && item->type)
		return managed_task_name(question->heap, item->address, item->type, ret);
	return NULL;
}
