/*
 * One descriptor's JSON merged into a contract (dotnet/runtime docs/design/datacontracts/
 * data_descriptor.md, "Physical JSON descriptor": compact form). A later merge wins over an earlier
 * one, name by name.
 *
 * Forms accepted: types { NAME: { "!": SIZE, FIELD: OFFSET | [OFFSET, TYPE] } }, globals { NAME:
 * VALUE | [VALUE, TYPE] | [[INDEX], TYPE] | [INDEX] }, contracts { NAME: VERSION }; numbers are
 * JSON numbers or strings, decimal or 0x. An indirect global's value is the pointer_data entry of
 * that index; a text that is no number, or of the type "string", is a string global.
 */
#ifndef HEAP_CONTRACT_DESCRIPTOR_PARSE_H
#define HEAP_CONTRACT_DESCRIPTOR_PARSE_H

#include "heap/contract/contract.h"

#include <cjson/cJSON.h>

/* The pointers that indirect globals hold. `known` says which of them could be read. */
struct pointer_data {
	const uint64_t *pointers;
	const bool *known;
	size_t count;
};

MUST_CHECK struct error *contract_new(struct arena *arena, struct contract **ret);

/* A private copy of JSON text, parsed: free with cJSON_Delete(). ERROR_BAD_DATA above
 * LIMIT_DESCRIPTOR_JSON_BYTES or when it is not an object. */
MUST_CHECK struct error *descriptor_json(const char *bytes, size_t size, const char *what,
					 cJSON **ret);

/* `data` NULL: not of this process. Indirect globals are left out then, and string globals, which
 * say what one build is. */
MUST_CHECK struct error *descriptor_merge(struct contract *contract, const cJSON *descriptor,
					  const struct pointer_data *data, const char *what);

/* A JSON number or numeric string; false: neither, or out of range. */
bool descriptor_number(const cJSON *value, uint64_t *ret);

/* The pointer_data entry that an indirect value names; false: it is no such value, or that entry is
 * not known. */
bool descriptor_indirect(const cJSON *global, const struct pointer_data *data, uint64_t *ret);

/* `count` pointers at `address`, each known as far as the target has it. In `arena`. */
MUST_CHECK struct error *pointer_data_read(struct reader *reader, struct arena *arena,
					   uint64_t address, size_t count,
					   struct pointer_data *ret);

/* Change one field's offset, or take the field away: for offsets that the target itself lists. */
MUST_CHECK struct error *contract_set_field(struct contract *contract, const char *type,
					    const char *field, bool present, uint32_t offset);

/* How often contract_checked() was called. */
unsigned contract_checks(const struct contract *contract);

/* What contract_layouts() and its like answer. Strings are borrowed from the arena. */
void contract_set_unverified(struct contract *contract);
void contract_set_origin(struct contract *contract, const char *layouts, unsigned major,
			 bool has_descriptor, const struct runtime_location *location);

#endif
