#include "heap/types/method_signature.h"

/*
 * A part of the signature that is being written: a node of it, or the type of a variable. Its own
 * parts come in order, so that the text is written from left to right with a stack of what is still
 * open.
 */
struct part {
	const struct type *type; /* NULL: a node */
	uint32_t next_node;      /* of a node: the next child */
	uint32_t done, count;    /* parts inside */
	uint8_t element_type;    /* how it is written */
	uint32_t rank;
};

struct writer {
	struct heap *heap;
	const struct signature *signature;
	const struct method_context *context;
	struct text *text;
	struct part open[LIMIT_NESTING];
	unsigned depth;
	bool failed;
};

static void push(struct writer *writer, const struct part *part)
{
	if (writer->depth == LIMIT_NESTING || !part->count)
		writer->failed = true;
	else
		writer->open[writer->depth++] = *part;
}

/* An expected failure, not being able to name something, fails the text only. */
static struct error *note_failure(struct writer *writer, struct error *error)
{
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	writer->failed = true;
	return NULL;
}

/* Strings and objects have their full names, other primitives short ones. */
static bool write_primitive(struct writer *writer, uint8_t element_type)
{
	const char *name = element_class_name(element_type);
	if (!name)
		return false;
	if (element_type == ELEMENT_STRING || element_type == ELEMENT_OBJECT)
		text_append(writer->text, "System.");
	text_append(writer->text, name);
	return true;
}

/* Namespace.Name`n of a class, its arguments left to the caller. */
static void write_definition(struct writer *writer, const struct type *type)
{
	const char *name = type_metadata_name(writer->heap, type);
	if (name)
		text_append(writer->text, name);
	else
		writer->failed = true;
}

static void write_type(struct writer *writer, const struct type *type)
{
	struct part part = { .type = type, .element_type = type->element_type, .count = 1 };
	switch (type->kind) {
	case TYPE_PRIMITIVE:
	case TYPE_STRING:
		writer->failed |= !write_primitive(
			writer, type->kind == TYPE_STRING ? ELEMENT_STRING : type->element_type);
		return;
	case TYPE_ARRAY:
		part.element_type = type->is_single_dimension ? ELEMENT_SZARRAY : ELEMENT_ARRAY;
		part.rank = type->rank;
		push(writer, &part);
		return;
	case TYPE_POINTER:
	case TYPE_BYREF:
		part.element_type = type->kind == TYPE_POINTER ? ELEMENT_PTR : ELEMENT_BYREF;
		push(writer, &part);
		return;
	case TYPE_FUNCTION_POINTER:
		part.element_type = ELEMENT_FNPTR;
		part.count = type->argument_count;
		push(writer, &part);
		return;
	case TYPE_VARIABLE:
		text_append(writer->text, type_name(writer->heap, type, NULL));
		return;
	default:
		write_definition(writer, type);
		part.element_type = ELEMENT_GENERICINST;
		part.count = type->argument_count;
		if (type->is_generic)
			push(writer, &part);
		return;
	}
}

static struct error *write_variable(struct writer *writer, const struct signature_node *node)
{
	const struct method_context *context = writer->context;
	const struct type *type = NULL;
	if (node->element_type == ELEMENT_MVAR && node->number < context->argument_count)
		TRY(note_failure(writer,
				 type_at(writer->heap, context->arguments[node->number], &type)));
	else if (node->element_type == ELEMENT_VAR && context->owner)
		TRY(note_failure(writer,
				 type_argument(writer->heap, context->owner, node->number, &type)));
	else
		writer->failed = true;
	if (!writer->failed)
		write_type(writer, type);
	return NULL;
}

/* A class or struct by token or handle; of an instantiation the definition. */
static struct error *write_named(struct writer *writer, const struct signature_node *node)
{
	const struct type *type = NULL;
	if (node->handle)
		TRY(note_failure(writer, type_at(writer->heap, node->handle, &type)));
	else if (writer->context->module)
		TRY(note_failure(writer, type_of_token(writer->heap, writer->context->module,
						       node->token, &type)));
	else
		writer->failed = true;
	if (writer->failed)
		return NULL;
	if (node->element_type == ELEMENT_INTERNAL)
		write_type(writer, type);
	else
		write_definition(writer, type);
	return NULL;
}

static struct error *write_node(struct writer *writer, uint32_t index)
{
	if (index >= writer->signature->count) {
		writer->failed = true;
		return NULL;
	}
	const struct signature_node *node = &writer->signature->nodes[index];
	struct part part = { .next_node = index + 1,
			     .count = node->children,
			     .element_type = node->element_type,
			     .rank = node->number };
	switch (node->element_type) {
	case ELEMENT_VAR:
	case ELEMENT_MVAR:
		return write_variable(writer, node);
	case ELEMENT_CLASS:
	case ELEMENT_VALUETYPE:
	case ELEMENT_INTERNAL:
		return write_named(writer, node);
	case ELEMENT_GENERICINST:
		TRY(write_named(writer, node));
		push(writer, &part);
		return NULL;
	case ELEMENT_PTR:
	case ELEMENT_BYREF:
	case ELEMENT_ARRAY:
	case ELEMENT_SZARRAY:
	case ELEMENT_FNPTR:
		push(writer, &part);
		return NULL;
	default:
		writer->failed |= !write_primitive(writer, node->element_type);
		return NULL;
	}
}

/* What precedes a part's next part. */
static void write_separator(struct text *text, const struct part *part)
{
	if (part->element_type == ELEMENT_GENERICINST)
		text_append_char(text, part->done ? ',' : '<');
	else if (part->element_type == ELEMENT_FNPTR && part->done)
		text_append(text, part->done == 1 ? " (" : ", ");
}

/* What ends a part, when all of its parts are written. */
static void write_end(struct text *text, const struct part *part)
{
	switch (part->element_type) {
	case ELEMENT_GENERICINST:
		text_append_char(text, '>');
		break;
	case ELEMENT_FNPTR:
		text_append(text, part->count == 1 ? " ()" : ")");
		break;
	case ELEMENT_PTR:
		text_append_char(text, '*');
		break;
	case ELEMENT_BYREF:
		text_append(text, " ByRef");
		break;
	default:
		text_append_char(text, '[');
		for (uint32_t i = 1; part->element_type == ELEMENT_ARRAY && i < part->rank; i++)
			text_append_char(text, ',');
		text_append_char(text, ']');
		break;
	}
}

static struct error *write_next(struct writer *writer, struct part *part)
{
	uint32_t index = part->done;
	write_separator(writer->text, part);
	part->done++;
	if (!part->type) {
		uint32_t node = part->next_node;
		part->next_node = node < writer->signature->count
					  ? writer->signature->nodes[node].next
					  : node;
		return write_node(writer, node);
	}
	const struct type *inner = part->type->element;
	if (part->element_type == ELEMENT_GENERICINST || part->element_type == ELEMENT_FNPTR)
		TRY(note_failure(writer, type_argument(writer->heap, part->type, index, &inner)));
	writer->failed |= !inner;
	if (!writer->failed)
		write_type(writer, inner);
	return NULL;
}

/* One parameter: a node and all below it. */
static struct error *write_parameter(struct writer *writer, uint32_t node)
{
	TRY(write_node(writer, node));
	while (writer->depth && !writer->failed) {
		struct part *part = &writer->open[writer->depth - 1];
		if (writer->text->length > LIMIT_PARAMETERS_BYTES)
			writer->failed = true;
		else if (part->done < part->count)
			TRY(write_next(writer, part));
		else
			write_end(writer->text, &writer->open[--writer->depth]);
	}
	return NULL;
}

struct error *method_parameters_append(struct heap *heap, const struct signature *signature,
				       const struct method_context *context, struct text *text,
				       bool *ret_known)
{
	struct writer writer = {
		.heap = heap, .signature = signature, .context = context, .text = text
	};
	uint32_t count = signature->count ? signature->nodes[0].children : 0;
	writer.failed = !count;
	text_append_char(text, '(');
	uint32_t node = count ? signature->nodes[1].next : 0; /* after the return type */
	for (uint32_t i = 1; i < count && !writer.failed; i++) {
		TRY(task_check(heap->task, "writing a method's parameters"));
		if (i > 1)
			text_append(text, ", ");
		TRY(write_parameter(&writer, node));
		writer.failed |= text->length > LIMIT_PARAMETERS_BYTES;
		node = node < signature->count ? signature->nodes[node].next : node;
	}
	text_append_char(text, ')');
	*ret_known = !writer.failed;
	return NULL;
}
