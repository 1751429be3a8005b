/*
 * Any bytes as metadata: opened, then every getter over every row, every signature and method body.
 * The first byte chooses the form: bytes of our own; a PE file; a target's memory with holes, lent
 * or copied. The answers are checked against each other where they must agree.
 */
#include "heap/metadata/il.h"
#include "heap/metadata/metadata.h"
#include "heap/metadata/pe_image.h"
#include "heap/metadata/signature.h"

#include "base/cleanup.h"
#include "base/list.h"

enum form { FORM_BYTES, FORM_PE_FLAT, FORM_PE_MAPPED, FORM_LENT, FORM_COPIED, FORMS };
enum { PAGE = 4096, AT = 0x10000000, ROWS_MAX = 2000, NAMES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The input at AT, without the pages whose number is in the mask (the pages repeat after eight). */
struct memory {
	struct target base;
	const uint8_t *bytes;
	size_t size;
	uint8_t holes;
};

static size_t memory_there(const struct memory *memory, uint64_t address, size_t wanted)
{
	size_t there = 0;
	uint64_t at = address - AT;
	while (there < wanted && at < memory->size && !(memory->holes >> (at / PAGE % 8) & 1)) {
		uint64_t end = (at / PAGE + 1) * PAGE;
		if (end > memory->size)
			end = memory->size;
		there += (size_t)(end - at);
		at = end;
	}
	return there < wanted ? there : wanted;
}

static size_t memory_read(struct target *target, uint64_t address, void *buffer, size_t size)
{
	const struct memory *memory = (const struct memory *)target;
	size_t there = memory_there(memory, address, size);
	if (there)
		memcpy(buffer, memory->bytes + (address - AT), there);
	return there;
}

static const uint8_t *memory_borrow(struct target *target, uint64_t address, size_t *ret_size)
{
	const struct memory *memory = (const struct memory *)target;
	*ret_size = memory_there(memory, address, memory->size);
	return *ret_size ? memory->bytes + (address - AT) : NULL;
}

static volatile uint64_t sink; /* so that reading is not optimized away */

static void touch(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sink += ((const uint8_t *)bytes)[i];
}

static void touch_text(const char *text)
{
	if (text)
		touch(text, strlen(text));
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A subtree ends where its last child does. */
static void check_signature(struct error *error, const struct signature *signature)
{
	if (error) {
		error_free(error);
		return;
	}
	for (uint32_t i = 0; i < signature->count; i++) {
		const struct signature_node *node = &signature->nodes[i];
		uint32_t at = i + 1;
		for (uint32_t child = 0; child < node->children; child++) {
			require(at < signature->count);
			at = signature->nodes[at].next;
		}
		require(at == node->next && at <= signature->count);
	}
}

static void try_signatures(const uint8_t *bytes, uint32_t size, struct arena *scratch)
{
	struct signature signature;
	touch(bytes, size);
	check_signature(signature_of_field(bytes, size, scratch, &signature), &signature);
	arena_reset(scratch);
}

static uint32_t rows_of(const struct metadata *metadata, enum metadata_table table)
{
	uint32_t rows = metadata_rows(metadata, table);
	return rows < ROWS_MAX ? rows : ROWS_MAX;
}

static void try_type(struct metadata *metadata, uint32_t row)
{
	struct type_def type;
	const char *name = NULL;
	uint32_t getter = 0, token = token_make(TABLE_TYPE_DEF, row);
	if (!metadata_type_def(metadata, row, &type))
		return;
	touch_text(type.name);
	touch_text(type.name_space);
	require(type.field_count <= 0xffffff && type.method_count <= 0xffffff);
	if (type.field_count)
		metadata_field_row(metadata, type.first_field + type.field_count - 1);
	sink += metadata_generic_parameter_count(metadata, token);
	metadata_has_attribute(metadata, token, "FlagsAttribute");
	for (uint32_t i = 0; i < NAMES_MAX; i++)
		if (metadata_property(metadata, row, i, &name, &getter))
			touch_text(name);
	if (row <= NAMES_MAX) {
		uint32_t found =
			metadata_find_type(metadata, type.name_space, type.name, type.enclosing);
		struct type_def again;
		require(!found || !metadata_type_def(metadata, found, &again) ||
			(!strcmp(again.name, type.name) &&
			 !strcmp(again.name_space, type.name_space) &&
			 again.enclosing == type.enclosing));
	}
}

static void try_member(const struct metadata *metadata, uint32_t token, struct arena *scratch)
{
	struct member member;
	const uint8_t *bytes = NULL;
	uint32_t size = 0;
	uint8_t type = 0;
	if (metadata_member(metadata, token, &member)) {
		touch_text(member.name);
		try_signatures(member.signature, member.signature_size, scratch);
	}
	if (metadata_constant(metadata, token, &type, &bytes, &size))
		touch(bytes, size);
	if (token_table(token) == TABLE_FIELD)
		metadata_field_rva(metadata, token_row(token), &size);
}

static void try_names(const struct metadata *metadata, struct arena *scratch)
{
	struct assembly_name assembly;
	struct type_ref reference;
	struct exported_type exported;
	uint8_t mvid[16];
	if (metadata_mvid(metadata, mvid))
		touch(mvid, sizeof(mvid));
	if (metadata_assembly(metadata, &assembly))
		touch_text(assembly.name);
	touch_text(metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute", scratch));
	for (uint32_t row = 0; row <= rows_of(metadata, TABLE_ASSEMBLY_REF) + 1; row++)
		if (metadata_assembly_ref(metadata, row, &assembly))
			touch_text(assembly.culture);
	for (uint32_t row = 0; row <= rows_of(metadata, TABLE_TYPE_REF) + 1; row++)
		if (metadata_type_ref(metadata, row, &reference))
			touch_text(reference.name);
	for (uint32_t row = 0; row <= rows_of(metadata, TABLE_EXPORTED_TYPE) + 1; row++)
		if (metadata_exported_type(metadata, row, &exported))
			touch_text(exported.name);
	metadata_find_exported_type(metadata, "System", "Object");
}

static void try_heaps(const struct metadata *metadata)
{
	const uint8_t *bytes = NULL;
	uint32_t size = 0;
	for (uint32_t offset = 0; offset < NAMES_MAX; offset++) {
		touch_text(metadata_string(metadata, offset));
		if (metadata_blob(metadata, offset, &bytes, &size))
			touch(bytes, size);
	}
}

static void try_metadata(struct metadata *metadata, struct arena *scratch)
{
	static const enum metadata_table members[] = { TABLE_FIELD, TABLE_METHOD_DEF,
						       TABLE_MEMBER_REF, TABLE_METHOD_SPEC };
	sink += metadata_missing_bytes(metadata);
	try_names(metadata, scratch);
	try_heaps(metadata);
	for (uint32_t row = 0; row <= rows_of(metadata, TABLE_TYPE_DEF) + 1; row++)
		try_type(metadata, row);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		for (uint32_t row = 0; row <= rows_of(metadata, members[i]) + 1; row++)
			try_member(metadata, token_make(members[i], row), scratch);
}

static struct error *count_use(const struct il_use *use, void *context)
{
	*(uint32_t *)context += use->token;
	return NULL;
}

static void try_il(const uint8_t *bytes, size_t size)
{
	struct il_getter getter;
	uint32_t tokens = 0;
	error_free(il_visit_uses(bytes, size, count_use, &tokens));
	if (il_trivial_getter(bytes, size, &getter))
		touch(&getter, sizeof(getter));
}

static void try_bodies(const struct metadata *metadata, const struct pe_image *image,
		       struct reader *reader)
{
	for (uint32_t row = 1; row <= rows_of(metadata, TABLE_METHOD_DEF); row++) {
		struct member method;
		struct method_body body;
		if (!metadata_method(metadata, row, &method))
			continue;
		struct error *error = pe_image_method_body(image, reader, method.rva, &body);
		const uint8_t *il =
			error ? NULL : reader_borrow(reader, body.il_address, body.il_size);
		if (il)
			try_il(il, body.il_size);
		error_free(error);
	}
}

static void try_image(struct reader *reader, uint64_t size, bool mapped, struct arena *arena,
		      struct arena *scratch)
{
	struct pe_image image;
	struct metadata *metadata = NULL;
	uint64_t address = 0;
	uint32_t metadata_size = 0;
	struct error *error = pe_image_open(reader, AT, size, mapped, &image);
	if (!error && pe_image_metadata(&image, &address, &metadata_size))
		error = metadata_open(reader, address, metadata_size, arena, &metadata);
	if (!error && metadata) {
		try_metadata(metadata, scratch);
		try_bodies(metadata, &image, reader);
	}
	error_free(error);
}

static void try_form(enum form form, const uint8_t *bytes, size_t size, uint8_t holes,
		     struct arena *arena, struct arena *scratch)
{
	static const struct target_ops lends = { .read_some = memory_read,
						 .borrow = memory_borrow };
	static const struct target_ops copies = { .read_some = memory_read };
	struct memory memory = { .base.ops = form == FORM_COPIED ? &copies : &lends,
				 .bytes = bytes,
				 .size = size,
				 .holes = holes };
	CLEANUP(reader_deinit) struct reader reader;
	struct metadata *metadata = NULL;
	if (reader_init(&reader, &memory.base))
		abort();
	if (form == FORM_PE_FLAT || form == FORM_PE_MAPPED) {
		try_image(&reader, size, form == FORM_PE_MAPPED, arena, scratch);
		return;
	}
	struct error *error = form == FORM_BYTES
				      ? metadata_open_bytes(bytes, size, arena, &metadata)
				      : metadata_open(&reader, AT, size, arena, &metadata);
	if (!error)
		try_metadata(metadata, scratch);
	error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(arena_deinit) struct arena arena;
	CLEANUP(arena_deinit) struct arena scratch;
	arena_init(&arena);
	arena_init(&scratch);
	if (size < 2)
		return 0;
	try_form(bytes[0] % FORMS, bytes + 2, size - 2, bytes[1], &arena, &scratch);
	try_il(bytes + 2, size - 2);
	try_signatures(bytes + 2, size < NAMES_MAX ? (uint32_t)size - 2 : NAMES_MAX - 2, &scratch);
	return 0;
}
