#include "heap/locks/blocking_notes.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "heap/clr_threads.h"
#include "heap/types/clr_module.h"
#include "heap/values/value.h"

#include <inttypes.h>

static const char class_name[] = "System.Threading.ThreadBlockingInfo";

/* threaddebugblockinginfo.h: DebugBlockingItemType. */
enum { ITEM_ENTER, ITEM_WAIT };

/* ThreadBlockingInfo.cs: ObjectKind. */
static const char *const kind_names[] = {
	[BLOCKING_MONITOR] = "MonitorLock",
	[BLOCKING_WAIT] = "MonitorWait",
	[BLOCKING_LOCK] = "Lock",
	[BLOCKING_CONDITION] = "Condition",
};

#define SLOT(name) offsetof(struct blocking_layout, name)
static const struct field_binding bindings[] = {
	{ "Thread", "DebugBlockingInfo", SLOT(items), false, 8 },
	{ "DebugBlockingItem", "Monitor", SLOT(monitor), false, 8 },
	{ "DebugBlockingItem", "Type", SLOT(type), false, 4 },
	{ "DebugBlockingItem", "Timeout", SLOT(timeout), false, 4 },
	{ "Thread", "ThreadLocalDataPtr", SLOT(thread_data), false, 8 },
	{ "ThreadLocalData", "ThreadBlockingInfo", SLOT(first), false, 8 },
};

static bool has_items(const struct blocking_layout *layout)
{
	return layout->items.present && layout->monitor.present && layout->type.present &&
	       layout->timeout.present;
}

/* CoreLib's own class of that name; NULL: it is not loaded. */
static struct error *class_find(struct heap *heap, const struct type **ret)
{
	enum class_state state;
	TRY(core_class_find(heap, class_name, ret, &state));
	if (state == CLASS_UNNAMED)
		return error_new(ERROR_FAULT,
				 "the metadata of System.Private.CoreLib, which names the notes of "
				 "threads that wait, cannot be read; name its file with --sysroot");
	if (state == CLASS_UNREADABLE)
		return error_new(ERROR_FAULT,
				 "%s, the class of the notes of threads that wait, cannot be read: "
				 "take a whole dump",
				 class_name);
	if (state == CLASS_UNDEFINED)
		return error_new(ERROR_UNSUPPORTED,
				 "where this runtime notes what a thread waits for is not known");
	return NULL;
}

struct error *blocking_notes_open(struct heap *heap, struct blocking_notes *ret)
{
	*ret = (struct blocking_notes){ .heap = heap };
	TRY(contract_bind(heap->contract, bindings, COUNT_OF(bindings), &ret->layout));
	if (has_items(&ret->layout))
		return NULL;
	TRY(class_find(heap, &ret->type));
	if (!ret->layout.first.present || !ret->layout.thread_data.present) {
		ret->layout.first.present = false;
		if (ret->type)
			TRY(field_by_name(heap, ret->type, "t_first", true, &ret->first));
		if (ret->type && !ret->first)
			return error_new(ERROR_UNSUPPORTED, "%s has no t_first", class_name);
	}
	return NULL;
}

/* Where the thread's newest note is; 0: it has none. */
static struct error *first_find(const struct blocking_notes *notes, const struct clr_thread *thread,
				uint64_t *ret)
{
	const struct blocking_layout *layout = &notes->layout;
	struct reader *reader = &notes->heap->reader;
	enum static_state state = STATIC_READY;
	uint64_t place;
	*ret = 0;
	if (has_items(layout))
		return read_field(reader, thread->address, layout->items, "a managed thread", ret);
	if (layout->first.present) {
		TRY(read_field(reader, thread->address, layout->thread_data, "a managed thread",
			       &place));
		return place ? read_field(reader, place, layout->first, "a thread's statics", ret)
			     : NULL;
	}
	if (!notes->first)
		return NULL; /* the class is not loaded: no thread has ever waited for a Lock */
	TRY(field_static_address(notes->heap, notes->first, thread, &state, &place));
	if (state == STATIC_UNREADABLE)
		return error_fault(place, "the statics of thread %" PRIu32 " cannot be read",
				   thread->managed_id);
	return place ? reader_pointer(reader, place, "a thread's statics", ret) : NULL;
}

static struct error *item_read(const struct blocking_notes *notes, uint64_t item,
			       struct blocking_note *ret)
{
	static const char what[] = "the note of a thread that waits";
	const struct blocking_layout *layout = &notes->layout;
	struct reader *reader = &notes->heap->reader;
	uint64_t type, timeout;
	TRY(read_field(reader, item, layout->monitor, what, &ret->lock));
	TRY(read_field(reader, item, layout->type, what, &type));
	TRY(read_field(reader, item, layout->timeout, what, &timeout));
	if (type != ITEM_ENTER && type != ITEM_WAIT)
		return error_new(ERROR_BAD_DATA,
				 "%s at %#" PRIx64 " is of an unknown kind, %" PRIu64, what, item,
				 type);
	ret->kind = type == ITEM_ENTER ? BLOCKING_MONITOR : BLOCKING_WAIT;
	ret->timeout_ms = (int32_t)timeout;
	return NULL;
}

static struct error *member(const struct blocking_notes *notes, uint64_t info, const char *name,
			    struct value *ret)
{
	TRY(value_field_of_struct(notes->heap, notes->type, info, name, ret));
	if (ret->kind == VALUE_UNREADABLE || ret->kind == VALUE_NULL)
		return error_fault(info,
				   "%s of the note of a thread that waits, at %#" PRIx64
				   ", cannot be read",
				   name, info);
	return NULL;
}

static struct error *kind_read(const struct blocking_notes *notes, uint64_t info,
			       enum blocking_kind *ret)
{
	CLEANUP(arena_deinit) struct arena arena = { 0 };
	struct value value;
	const char *name;
	TRY(member(notes, info, "_objectKind", &value));
	TRY(value_enum_name(notes->heap, &value, &arena, &name));
	for (size_t i = 0; name && i < COUNT_OF(kind_names); i++) {
		if (strcmp(name, kind_names[i]) == 0) {
			*ret = (enum blocking_kind)i;
			return NULL;
		}
	}
	return error_new(ERROR_BAD_DATA,
			 "the note of a thread that waits, at %#" PRIx64 ", is of an unknown kind, "
			 "%" PRId64,
			 info, (int64_t)value.bits);
}

/* Of a managed object the note has the place on the stack that refers to it; a Condition refers to
 * its Lock. */
static struct error *object_find(const struct blocking_notes *notes, uint64_t slot,
				 struct blocking_note *note)
{
	struct value lock;
	TRY(reader_pointer(&notes->heap->reader, slot, "the lock that a thread waits for",
			   &note->lock));
	if (note->kind != BLOCKING_CONDITION)
		return NULL;
	TRY(value_field_of_object(notes->heap, note->lock, "_lock", &lock));
	if (lock.kind != VALUE_REFERENCE)
		return error_fault(note->lock,
				   "the lock of the Condition at %#" PRIx64 " cannot be read",
				   note->lock);
	note->lock = lock.bits;
	return NULL;
}

static struct error *info_read(const struct blocking_notes *notes, uint64_t info,
			       struct blocking_note *ret)
{
	struct value object, timeout;
	if (!notes->type)
		return error_fault(info,
				   "a thread waits, and %s, which says for what, cannot be "
				   "read",
				   class_name);
	TRY(kind_read(notes, info, &ret->kind));
	TRY(member(notes, info, "_objectPtr", &object));
	TRY(member(notes, info, "_timeoutMs", &timeout));
	ret->timeout_ms = (int32_t)timeout.bits;
	ret->lock = object.bits;
	return ret->kind == BLOCKING_MONITOR || ret->kind == BLOCKING_WAIT
		       ? NULL
		       : object_find(notes, object.bits, ret);
}

struct error *blocking_note_read(const struct blocking_notes *notes,
				 const struct clr_thread *thread, struct blocking_note *ret,
				 bool *ret_is)
{
	uint64_t first;
	*ret = (struct blocking_note){ .timeout_ms = -1 };
	*ret_is = false;
	TRY(first_find(notes, thread, &first));
	if (!first)
		return NULL;
	*ret_is = true;
	return has_items(&notes->layout) ? item_read(notes, first, ret)
					 : info_read(notes, first, ret);
}
