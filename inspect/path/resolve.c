#include "inspect/path/resolve.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "heap/clr_threads.h"
#include "heap/collections/collection.h"
#include "inspect/path/steps.h"

enum { THREADS_NAMED = 20 };

static struct error *get_step(struct get *get, const struct path_step *step)
{
	if (get->value.kind == VALUE_UNREADABLE && !get->units)
		return error_fault(get->value.address, "%s cannot be read: it is not in the %s",
				   get_so_far(get), target_noun(get->question->target));
	if (!get->units && get->value.kind == VALUE_REFERENCE && !get->value.type)
		return error_fault(get->value.bits,
				   "%s leads to the object at %#llx, and it cannot be read: it, or "
				   "its type, %s",
				   get_so_far(get), (unsigned long long)get->value.bits,
				   target_lacks_it(get->question->target));
	if (!get->units)
		TRY(value_unbox(get->heap, &get->value));
	return step->name ? get_member(get, step->name) : get_index(get, step);
}

struct error *get_resolve(const struct question *question, const char *path,
			  const struct clr_thread *thread, struct get *ret)
{
	*ret = (struct get){ .question = question, .heap = question->heap, .thread = thread };
	TRY(path_parse(path, question->scratch, &ret->path));
	TRY(get_root(ret));
	while (ret->steps_done < ret->path.step_count) {
		TRY(get_step(ret, &ret->path.steps[ret->steps_done]));
		ret->steps_done++;
	}
	return ret->units ? NULL : value_unbox(ret->heap, &ret->value);
}

struct error *get_object(const struct question *question, const char *path, uint64_t *ret_address)
{
	struct get get;
	TRY(get_resolve(question, path, NULL, &get));
	if (!get.units && get.value.kind == VALUE_NULL)
		return error_new(ERROR_NOT_FOUND, "%s is null", path);
	if (get.units || get.value.kind != VALUE_REFERENCE)
		return error_new(ERROR_USAGE, "%s is a %s, no object: get %s shows it", path,
				 get_type_name(&get), path);
	*ret_address = get.value.bits;
	return NULL;
}

struct error *get_thread(struct heap *heap, uint64_t managed_id, const struct clr_thread **ret)
{
	CLEANUP(text_deinit) struct text list = { 0 };
	const struct clr_threads *threads = heap->threads;
	size_t named = 0;
	for (size_t i = 0; i < threads->count; i++) {
		if (threads->threads[i].managed_id == managed_id) {
			*ret = &threads->threads[i];
			return NULL;
		}
		if (named++ < THREADS_NAMED)
			text_printf(&list, "%s%u", named > 1 ? ", " : "",
				    threads->threads[i].managed_id);
	}
	return error_new(ERROR_NOT_FOUND, "there is no managed thread %llu; there are %s%s",
			 (unsigned long long)managed_id, text_string(&list),
			 named > THREADS_NAMED ? ", …" : "");
}
