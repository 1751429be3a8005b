/* From a signature's nodes to types: the nodes are in prefix order, so going through a subtree
 * backwards meets every type after its parts. */
#include "base/cleanup.h"
#include "heap/types/type_system.h"

enum { FEW_NODES = 16 };

/* Where the nodes of one subtree are read and what has been built of them. */
struct builder {
	struct heap *heap;
	const struct signature *signature;
	struct clr_module *module;
	const struct type *context;
	const struct type **built; /* of node first + i */
	uint32_t first, end;
};

/* The types of a node's children, in `ret`; false: the nodes do not fit together. */
static bool children_of(const struct builder *builder, uint32_t node, uint32_t count,
			const struct type **ret)
{
	uint32_t child = node + 1;
	for (uint32_t i = 0; i < count; i++) {
		if (child <= node || child >= builder->end)
			return false;
		ret[i] = builder->built[child - builder->first];
		if (!ret[i])
			return false;
		child = builder->signature->nodes[child].next;
	}
	return true;
}

static struct error *bad_signature(const struct builder *builder)
{
	return error_new(ERROR_BAD_DATA, "a signature of %s cannot be understood",
			 builder->module->path);
}

static bool handles_of(const struct type *const *types, uint32_t count, uint64_t *ret)
{
	for (uint32_t i = 0; i < count; i++) {
		ret[i] = types[i]->handle;
		if (!ret[i])
			return false;
	}
	return true;
}

/* Parts that are not all loaded leave a type without a handle, which keeps the parts themselves. */
static struct error *keep_parts(struct heap *heap, const struct type *const *parts, uint32_t count,
				struct type_record *record)
{
	const struct type **types = arena_allocate_array(&heap->arena, count, sizeof(*types));
	uint64_t *handles = arena_allocate_array(&heap->arena, count, sizeof(*handles));
	if (!types || !handles)
		return &error_no_memory;
	for (uint32_t i = 0; i < count; i++) {
		record->public.is_open |= parts[i]->is_open;
		types[i] = parts[i];
		handles[i] = parts[i]->handle;
	}
	record->argument_types = types;
	record->public.arguments = handles;
	record->public.argument_count = count;
	return NULL;
}

static struct error *build_element(struct builder *builder, uint32_t node, const struct type **ret)
{
	const struct signature_node *wanted = &builder->signature->nodes[node];
	struct heap *heap = builder->heap;
	const struct type *element;
	struct type_record *record;
	uint64_t handle;
	*ret = NULL;
	if (!children_of(builder, node, 1, &element))
		return bad_signature(builder);
	struct type_construction construction = {
		.kind = wanted->element_type,
		.rank = wanted->element_type == ELEMENT_ARRAY ? wanted->number : 0,
		.arguments = &handle,
		.argument_count = 1,
	};
	if (handles_of(&element, 1, &handle))
		TRY(type_instance_find(heap, &construction, ret));
	if (*ret)
		return NULL;
	bool is_array =
		wanted->element_type == ELEMENT_ARRAY || wanted->element_type == ELEMENT_SZARRAY;
	struct type model = {
		.kind = is_array                              ? TYPE_ARRAY
			: wanted->element_type == ELEMENT_PTR ? TYPE_POINTER
							      : TYPE_BYREF,
		.element_type = wanted->element_type,
		.is_single_dimension = wanted->element_type == ELEMENT_SZARRAY,
		.rank = (uint8_t)(wanted->element_type == ELEMENT_SZARRAY ? 1
				  : wanted->number <= LIMIT_ARRAY_RANK    ? wanted->number
									  : 0),
		.value_size = sizeof(uint64_t),
		.component_size = is_array ? element->value_size : 0,
		.is_open = element->is_open,
		.element = element,
		.module = element->module,
	};
	TRY(type_new_unloaded(heap, &model, &record));
	*ret = &record->public;
	return NULL;
}

static struct error *build_function(struct builder *builder, uint32_t node, const struct type **ret)
{
	const struct signature_node *wanted = &builder->signature->nodes[node];
	struct heap *heap = builder->heap;
	const struct type *parts[LIMIT_GENERIC_ARGUMENTS];
	uint64_t handles[LIMIT_GENERIC_ARGUMENTS];
	struct type_record *record;
	*ret = NULL;
	if (!wanted->children || wanted->children > LIMIT_GENERIC_ARGUMENTS ||
	    !children_of(builder, node, wanted->children, parts))
		return bad_signature(builder);
	struct type_construction construction = {
		.kind = ELEMENT_FNPTR,
		.rank = wanted->number,
		.arguments = handles,
		.argument_count = wanted->children,
	};
	if (handles_of(parts, wanted->children, handles))
		TRY(type_instance_find(heap, &construction, ret));
	if (*ret)
		return NULL;
	struct type model = {
		.kind = TYPE_FUNCTION_POINTER,
		.element_type = ELEMENT_FNPTR,
		.value_size = sizeof(uint64_t),
		.convention = (uint8_t)wanted->number,
	};
	TRY(type_new_unloaded(heap, &model, &record));
	*ret = &record->public;
	return keep_parts(heap, parts, wanted->children, record);
}

static struct error *build_variable(struct builder *builder, const struct signature_node *wanted,
				    const struct type **ret)
{
	struct heap *heap = builder->heap;
	struct type_record *record;
	bool of_class = wanted->element_type == ELEMENT_VAR;
	if (of_class && builder->context && wanted->number < builder->context->argument_count)
		return type_argument(heap, builder->context, wanted->number, ret);
	struct type model = { .kind = TYPE_VARIABLE,
			      .is_open = true,
			      .element_type = wanted->element_type,
			      .value_size = sizeof(uint64_t) };
	TRY(type_new_unloaded(heap, &model, &record));
	record->public.name =
		arena_printf(&heap->arena, "%s%u", of_class ? "!" : "!!", wanted->number);
	record->public.sos_name = record->public.name;
	record->name_known = true;
	*ret = &record->public;
	return record->public.name ? NULL : &error_no_memory;
}

/* The definition of a GENERICINST; *ret_definition's module is NULL when its assembly is not
 * loaded.
 */
struct definition {
	struct clr_module *module;
	uint32_t row;
};

static struct error *definition_of(struct builder *builder, uint32_t token,
				   struct definition *ret_definition, const struct type **ret)
{
	TRY(type_of_token(builder->heap, builder->module, token, ret));
	ret_definition->module = (*ret)->module;
	ret_definition->row = token_row((*ret)->token);
	return NULL;
}

/* Code and layout are shared by all reference types: List<string> has the layout of List<__Canon>
 * (src/coreclr/vm/generics.h, "canonical form"). 0: not loaded. */
static uint64_t canonical_argument(const struct type_system *types, const struct type *argument)
{
	if (type_is_reference(argument))
		return types->canon_method_table;
	return argument->canonical ? argument->canonical : argument->handle;
}

static struct error *canonical_find(struct heap *heap, const struct type_construction *exact,
				    const struct type *const *parts, const struct type **ret)
{
	uint64_t handles[LIMIT_GENERIC_ARGUMENTS];
	struct type_construction canonical = *exact;
	*ret = NULL;
	canonical.arguments = handles;
	for (uint32_t i = 0; i < exact->argument_count; i++) {
		handles[i] = canonical_argument(heap->types, parts[i]);
		if (!handles[i])
			return NULL;
	}
	return type_instance_find(heap, &canonical, ret);
}

/* An instantiation that is not loaded itself. */
static struct error *instance_model(struct heap *heap, const struct type_construction *exact,
				    const struct signature_node *wanted,
				    const struct type *definition, const struct type *const *parts,
				    struct type *model)
{
	const struct type *canonical;
	TRY(canonical_find(heap, exact, parts, &canonical));
	if (canonical) {
		*model = *canonical;
		model->is_shared = false;
		model->name = model->sos_name = NULL;
		model->fields = NULL;
		model->field_count = 0;
		model->fields_ready = false;
		model->arguments = NULL;
		model->argument_count = 0;
		return NULL;
	}
	*model = (struct type){
		.kind = wanted->is_value_type                ? TYPE_STRUCT
			: definition->kind == TYPE_INTERFACE ? TYPE_INTERFACE
							     : TYPE_CLASS,
		.element_type = wanted->is_value_type ? ELEMENT_VALUETYPE : ELEMENT_CLASS,
		.value_size = wanted->is_value_type ? 0 : sizeof(uint64_t),
		.is_generic = true,
		.is_nullable = definition->is_nullable,
		.module = definition->module,
		.token = definition->token,
		.attributes = definition->attributes,
	};
	return NULL;
}

static struct error *build_instance(struct builder *builder, uint32_t node, const struct type **ret)
{
	const struct signature_node *wanted = &builder->signature->nodes[node];
	struct heap *heap = builder->heap;
	const struct type *parts[LIMIT_GENERIC_ARGUMENTS], *generic;
	uint64_t handles[LIMIT_GENERIC_ARGUMENTS];
	struct definition definition;
	struct type_record *record;
	struct type model;
	uint32_t count = wanted->children;
	*ret = NULL;
	if (!count || count > LIMIT_GENERIC_ARGUMENTS || !children_of(builder, node, count, parts))
		return bad_signature(builder);
	TRY(definition_of(builder, wanted->token, &definition, &generic));
	struct type_construction construction = {
		.kind = ELEMENT_GENERICINST,
		.module = definition.module,
		.row = definition.row,
		.arguments = handles,
		.argument_count = count,
	};
	if (definition.module && handles_of(parts, count, handles))
		TRY(type_instance_find(heap, &construction, ret));
	if (*ret)
		return NULL;
	TRY(instance_model(heap, &construction, wanted, generic, parts, &model));
	TRY(type_new_unloaded(heap, &model, &record));
	if (!definition.module)
		record->metadata_name = type_record_of(generic)->metadata_name;
	*ret = &record->public;
	return keep_parts(heap, parts, count, record);
}

/* A token says in the signature whether it is a value type: where the definition cannot be had,
 * that is all that is known. */
static struct error *build_token(struct builder *builder, const struct signature_node *wanted,
				 const struct type **ret)
{
	TRY(type_of_token(builder->heap, builder->module, wanted->token, ret));
	struct type *type = &type_record_of(*ret)->public;
	if (type->handle || type->module || wanted->element_type != ELEMENT_VALUETYPE)
		return NULL;
	type->kind = TYPE_STRUCT;
	type->element_type = ELEMENT_VALUETYPE;
	type->value_size = 0;
	return NULL;
}

static struct error *build(struct builder *builder, uint32_t node, const struct type **ret)
{
	const struct signature_node *wanted = &builder->signature->nodes[node];
	switch (wanted->element_type) {
	case ELEMENT_VALUETYPE:
	case ELEMENT_CLASS:
		return build_token(builder, wanted, ret);
	case ELEMENT_VAR:
	case ELEMENT_MVAR:
		return build_variable(builder, wanted, ret);
	case ELEMENT_PTR:
	case ELEMENT_BYREF:
	case ELEMENT_ARRAY:
	case ELEMENT_SZARRAY:
		return build_element(builder, node, ret);
	case ELEMENT_GENERICINST:
		return build_instance(builder, node, ret);
	case ELEMENT_FNPTR:
		return build_function(builder, node, ret);
	case ELEMENT_INTERNAL:
		return type_at(builder->heap, wanted->handle, ret);
	default:
		return type_of_element(builder->heap, wanted->element_type, ret);
	}
}

struct error *type_of_signature(struct heap *heap, const struct signature *signature, uint32_t node,
				struct clr_module *module, const struct type *context,
				const struct type **ret)
{
	const struct type *few[FEW_NODES];
	CLEANUP(free_cleanup) void *many = NULL;
	struct builder builder = { heap, signature, module, context, few, node, 0 };
	if (node < signature->count)
		builder.end = signature->nodes[node].next;
	if (builder.end <= node || builder.end > signature->count)
		return bad_signature(&builder);
	uint32_t count = builder.end - node;
	if (count > FEW_NODES) {
		many = calloc(count, sizeof(*few));
		if (!many)
			return &error_no_memory;
		builder.built = many;
	}
	for (uint32_t i = builder.end; i-- > node;)
		TRY(build(&builder, i, &builder.built[i - node]));
	*ret = builder.built[0];
	return NULL;
}
