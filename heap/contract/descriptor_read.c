#include "heap/contract/descriptor_read.h"

#include "heap/contract/table_scan.h"

/* contract-descriptor.md, "Contract descriptor": struct DotNetRuntimeContractDescriptor. */
enum {
	DESCRIPTOR_JSON_SIZE = 12,
	DESCRIPTOR_JSON = 16,
	DESCRIPTOR_POINTER_COUNT = 24,
	DESCRIPTOR_POINTERS = 32,
	DESCRIPTOR_BYTES = 40,
};
static const char no_baseline[] = "empty"; /* docs/design/datacontracts/data/empty.jsonc */

struct reading {
	struct reader *reader;
	struct arena *arena;
	struct own_descriptors *own;
};

static struct error *baseline_check(const cJSON *json)
{
	const cJSON *baseline = cJSON_GetObjectItemCaseSensitive(json, "baseline");
	if (!baseline ||
	    (cJSON_IsString(baseline) &&
	     (!baseline->valuestring[0] || strcmp(baseline->valuestring, no_baseline) == 0)))
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "the runtime's contract descriptor builds on the baseline %.64s, which "
			 "clrpod does not have",
			 cJSON_IsString(baseline) ? baseline->valuestring : "(not a name)");
}

/* Merged once for the errors it may hold: one that cannot be used must not spoil the others. */
static struct error *contents_read(struct reading *reading, uint64_t pointers,
				   uint32_t pointer_count, struct own_descriptor *ret)
{
	struct contract *trial;
	TRY(baseline_check(ret->json));
	TRY(pointer_data_read(reading->reader, reading->arena, pointers, pointer_count,
			      &ret->data));
	TRY(contract_new(reading->arena, &trial));
	return descriptor_merge(trial, ret->json, &ret->data, "the runtime's contract descriptor");
}

/* Appended to the list when it is whole. */
static struct error *descriptor_read(struct reading *reading, uint64_t address)
{
	struct reader *reader = reading->reader;
	struct own_descriptors *own = reading->own;
	const uint8_t *head = reader_borrow(reader, address, DESCRIPTOR_BYTES);
	if (!head)
		return error_fault(address,
				   "cannot read the runtime's contract descriptor at %#llx",
				   (unsigned long long)address);
	if (memcmp(head, descriptor_magic, sizeof(descriptor_magic)) != 0)
		return error_new(ERROR_BAD_DATA,
				 "the contract descriptor at %#llx lacks its magic number",
				 (unsigned long long)address);
	uint32_t json_size = load_u32(head + DESCRIPTOR_JSON_SIZE);
	uint64_t json_address = load_u64(head + DESCRIPTOR_JSON);
	uint32_t pointer_count = load_u32(head + DESCRIPTOR_POINTER_COUNT);
	uint64_t pointers = load_u64(head + DESCRIPTOR_POINTERS);
	if (json_size > LIMIT_DESCRIPTOR_JSON_BYTES || pointer_count > LIMIT_DESCRIPTOR_POINTERS)
		return error_new(
			ERROR_BAD_DATA,
			"the contract descriptor at %#llx is damaged: %u bytes, %u pointers",
			(unsigned long long)address, json_size, pointer_count);
	const uint8_t *text = reader_borrow(reader, json_address, json_size);
	if (!text)
		return error_fault(json_address,
				   "cannot read the contract descriptor's JSON at %#llx",
				   (unsigned long long)json_address);
	struct own_descriptor *next = &own->list[own->count];
	*next = (struct own_descriptor){ .address = address };
	TRY(descriptor_json((const char *)text, json_size, "the runtime's contract descriptor",
			    &next->json));
	struct error *error = contents_read(reading, pointers, pointer_count, next);
	if (error)
		cJSON_Delete(next->json);
	else
		own->count++;
	return error;
}

static bool is_read(const struct own_descriptors *own, uint64_t address)
{
	for (size_t i = 0; i < own->count; i++)
		if (own->list[i].address == address)
			return true;
	return false;
}

/* One entry of subDescriptors: [[INDEX], TYPE] or [INDEX], as an indirect global. */
static struct error *below_read(struct reading *reading, const struct pointer_data *data,
				const cJSON *entry)
{
	uint64_t variable, address;
	if (!descriptor_indirect(entry, data, &variable))
		return error_new(ERROR_BAD_DATA,
				 "the runtime's contract descriptor does not say where that of %s "
				 "is",
				 entry->string ? entry->string : "a part");
	TRY(reader_pointer(reading->reader, variable, "the pointer to a contract descriptor",
			   &address));
	if (!address || is_read(reading->own, address))
		return NULL;
	if (reading->own->count == LIMIT_DESCRIPTORS)
		return error_new(ERROR_BAD_DATA,
				 "the runtime has more than %d contract descriptors",
				 LIMIT_DESCRIPTORS);
	return descriptor_read(reading, address);
}

/* All that one descriptor refers to. Only what ends the whole reading is an error. */
static struct error *all_below_read(struct reading *reading, size_t index, struct error **left_out)
{
	const struct own_descriptor *above = &reading->own->list[index];
	const cJSON *entry;
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(above->json, "subDescriptors"))
	{
		struct error *error = below_read(reading, &above->data, entry);
		if (!error)
			continue;
		if (error_is_fatal(error))
			return error;
		error_free(*left_out);
		*left_out = error;
	}
	return NULL;
}

struct error *own_descriptors_read(struct reader *reader, struct arena *arena, uint64_t address,
				   struct own_descriptors *ret, struct error **ret_left_out)
{
	struct reading reading = { reader, arena, ret };
	*ret_left_out = NULL;
	ret->count = 0;
	struct error *error = descriptor_read(&reading, address);
	/* The list is the work to do: what is below the last one is still to be looked for. */
	for (size_t i = 0; i < ret->count && !error; i++)
		error = all_below_read(&reading, i, ret_left_out);
	if (!error)
		return NULL;
	own_descriptors_deinit(ret);
	error_free(*ret_left_out);
	*ret_left_out = NULL;
	return error;
}

void own_descriptors_deinit(struct own_descriptors *own)
{
	while (own->count > 0)
		cJSON_Delete(own->list[--own->count].json);
}

const cJSON *own_descriptors_contract(const struct own_descriptors *own, const char *name)
{
	for (size_t i = 0; i < own->count; i++) {
		const cJSON *contracts =
			cJSON_GetObjectItemCaseSensitive(own->list[i].json, "contracts");
		const cJSON *version = cJSON_GetObjectItemCaseSensitive(contracts, name);
		if (version)
			return version;
	}
	return NULL;
}
