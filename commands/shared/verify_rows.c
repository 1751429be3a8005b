#include "commands/shared/verify_rows.h"

#include <inttypes.h>

const char *corruption_message(const struct corruption *corruption, struct arena *scratch)
{
	uint64_t object = corruption->object, value = corruption->value;
	unsigned offset = corruption->offset;
	const char *text = NULL;
	switch (corruption->kind) {
	case CORRUPTION_NOT_ON_HEAP:
		text = arena_printf(scratch, "%" PRIx64 " is in no segment of the heap", object);
		break;
	case CORRUPTION_NOT_ALIGNED:
		text = arena_printf(scratch, "Object %" PRIx64 " is not pointer aligned", object);
		break;
	case CORRUPTION_TOO_LARGE:
		text = arena_printf(scratch,
				    "Object %" PRIx64 " is too large: %" PRIu64
				    " bytes end behind its segment",
				    object, value);
		break;
	case CORRUPTION_METHOD_TABLE:
		text = arena_printf(scratch,
				    "Object %" PRIx64 " has an invalid method table %" PRIx64,
				    object, value);
		break;
	case CORRUPTION_REFERENCE_NOT_ALIGNED:
		text = arena_printf(scratch,
				    "Object %" PRIx64
				    " has an unaligned member at offset %x: %" PRIx64,
				    object, offset, value);
		break;
	case CORRUPTION_REFERENCE:
		text = arena_printf(scratch,
				    "Object %" PRIx64 " has a bad member at offset %x: %" PRIx64,
				    object, offset, value);
		break;
	case CORRUPTION_FREE_REFERENCE:
		text = arena_printf(
			scratch, "Object %" PRIx64 " contains free object at offset %x: %" PRIx64,
			object, offset, value);
		break;
	case CORRUPTION_UNREADABLE:
		text = arena_printf(scratch, "Object %" PRIx64 " could not be read", object);
		break;
	case CORRUPTION_UNREADABLE_DESCRIPTION:
		text = arena_printf(scratch,
				    "Object %" PRIx64 " could not be verified: its type %" PRIx64
				    " does not say "
				    "where its references are",
				    object, value);
		break;
	}
	return text ? text : "memory ran out";
}

void verify_count_tell(struct command_call *call, const struct verify_count *count)
{
	if (count->damaged)
		question_check_false(&call->question);
	if (count->unreadable)
		question_missing(&call->question, 0,
				 "%" PRIu64 " objects could not be read or verified",
				 count->unreadable);
	if (count->unreadable_references)
		question_missing(&call->question, 0,
				 "%" PRIu64
				 " references lead to parts of the heap that cannot be read",
				 count->unreadable_references);
}
