#include "inspect/il_names.h"

#include "base/cleanup.h"
#include "heap/types/method_signature.h"

/* A name that cannot be read is not an error of the listing. */
static struct error *only_fatal(struct error *error)
{
	if (!error || error_is_fatal(error))
		return error;
	error_free(error);
	return NULL;
}

/* TypeDef, TypeRef or TypeSpec; *ret NULL: unreadable. */
static struct error *type_of(const struct question *question, const struct il_context *context,
			     uint32_t token, const struct type **ret)
{
	const uint8_t *bytes;
	uint32_t size;
	struct signature signature;
	struct error *error = NULL;
	*ret = NULL;
	if (token_table(token) != TABLE_TYPE_SPEC)
		error = type_of_token(question->heap, context->module, token, ret);
	else if (metadata_type_spec(context->metadata, token_row(token), &bytes, &size))
		error = signature_of_type(bytes, size, question->scratch, &signature);
	else
		return NULL;
	if (!error && token_table(token) == TABLE_TYPE_SPEC)
		error = type_of_signature(question->heap, &signature, 0, context->module,
					  context->owner, ret);
	if (error)
		*ret = NULL;
	return only_fatal(error);
}

static struct error *append_type(const struct question *question, const struct il_context *context,
				 uint32_t token, struct text *text, bool *ret_known)
{
	const struct type *type;
	const char *name = NULL;
	*ret_known = false;
	TRY(type_of(question, context, token, &type));
	if (type)
		name = type_name(question->heap, type, ret_known);
	if (*ret_known)
		text_append(text, name);
	return NULL;
}

static struct error *append_parameters(const struct question *question,
				       const struct il_context *context,
				       const struct member *member, struct text *text)
{
	struct signature signature;
	const struct type *owner;
	bool known = false;
	CLEANUP(text_deinit) struct text parameters = { 0 };
	TRY(type_of(question, context, member->parent, &owner));
	const struct method_context where = { .module = context->module, .owner = owner };
	struct error *error = signature_of_method(member->signature, member->signature_size,
						  question->scratch, &signature);
	if (!error)
		error = method_parameters_append(question->heap, &signature, &where, &parameters,
						 &known);
	text_append(text, known ? text_string(&parameters) : "(...)");
	return only_fatal(error);
}

/* II.23.2: a field's signature begins with this byte, a method's does not. */
enum { SIGNATURE_FIELD = 6, SIGNATURE_KIND_MASK = 0xf };

static struct error *append_member(const struct question *question,
				   const struct il_context *context, uint32_t token,
				   struct text *text, bool *ret_known)
{
	struct member member;
	*ret_known = false;
	if (!metadata_member(context->metadata, token, &member) || !member.signature_size)
		return NULL;
	if (token_table(member.parent) == TABLE_METHOD_DEF)
		return NULL; /* a call of a vararg method */
	TRY(append_type(question, context, member.parent, text, ret_known));
	if (!*ret_known)
		return NULL;
	text_printf(text, "::%s", member.name);
	if ((member.signature[0] & SIGNATURE_KIND_MASK) == SIGNATURE_FIELD)
		return NULL;
	return append_parameters(question, context, &member, text);
}

struct error *il_token_append(const struct question *question, const struct il_context *context,
			      uint32_t token, struct text *text)
{
	CLEANUP(text_deinit) struct text name = { 0 };
	bool known = false;
	uint32_t table = token_table(token);
	if (context->metadata &&
	    (table == TABLE_TYPE_DEF || table == TABLE_TYPE_REF || table == TABLE_TYPE_SPEC))
		TRY(append_type(question, context, token, &name, &known));
	else if (context->metadata)
		TRY(append_member(question, context, token, &name, &known));
	if (text_failed(&name))
		return &error_no_memory;
	if (known)
		text_append(text, text_string(&name));
	else
		text_printf(text, "<unknown token %08x>", token);
	return NULL;
}
