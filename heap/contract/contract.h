/*
 * The contract: names -> numbers, for one runtime. It is a stack of descriptors in the form of the
 * runtime's own DotNetRuntimeContractDescriptor (dotnet/runtime docs/design/datacontracts/
 * contract-descriptor.md, contract_csharp…/data_descriptor.md): first the shipped layouts of a
 * major and an architecture (heap/contract/data/), as far as they are needed, over them the
 * runtime's own word, which wins.
 * Nothing above this folder knows a runtime version: code asks for a field and does without where
 * it is absent.
 *
 * Names are resolved once, at open, with contract_bind(); walks use numbers only.
 */
#ifndef HEAP_CONTRACT_CONTRACT_H
#define HEAP_CONTRACT_CONTRACT_H

#include "attach/target/reader.h"
#include "base/arena.h"
#include "base/task.h"
#include "dump/images/runtime_find.h"

struct contract;

/* A field of a runtime structure. width: bytes (1, 2, 4, 8; 0: not a number, e.g. an inline
 * struct). */
struct field {
	uint32_t offset;
	uint8_t width;
	bool present;
};

struct field_binding {
	const char *type, *field;
	size_t slot;   /* offsetof a struct field in the layout struct */
	bool required; /* required and absent: an error naming Type.Field */
	uint8_t width; /* bytes, where the descriptor gives no type; 8 when 0 */
};

/*
 * Find the runtime's tables among the candidates: its own descriptors, alone when they describe the
 * GC too, else over the shipped layouts that fit. `accept` is the self-check: it is called with
 * each contract that could be made and answers NULL to take it, an error to go on to the next; when
 * none is taken, the error of the one that passed most checks comes back, as ERROR_UNSUPPORTED with
 * its reason. Everything lives in `arena`.
 */
typedef struct error *(*contract_acceptor)(struct contract *contract, void *context);
MUST_CHECK struct error *contract_find(struct reader *reader,
				       const struct runtime_location *locations, size_t count,
				       struct arena *arena, const struct task *task,
				       contract_acceptor accept, void *context,
				       struct contract **ret);

/* For the self-check: one more thing was found as this contract says. */
void contract_checked(struct contract *contract);

/* Fill a layout struct. ERROR_UNSUPPORTED "this runtime's descriptor lacks Type.Field". */
MUST_CHECK struct error *contract_bind(const struct contract *contract,
				       const struct field_binding *bindings, size_t count,
				       void *layout);

bool contract_field(const struct contract *contract, const char *type, const char *field,
		    struct field *ret);
bool contract_type_size(const struct contract *contract, const char *type,
			uint32_t *ret); /* bytes */

/* As contract_type_size, but absent, or 0, is ERROR_UNSUPPORTED naming the type. */
MUST_CHECK struct error *contract_require_size(const struct contract *contract, const char *type,
					       uint32_t *ret);

/* A literal global's value, or a pointer global's *address of the variable*. false: absent. */
bool contract_global(const struct contract *contract, const char *name, uint64_t *ret);

/* As contract_global, but absent is ERROR_UNSUPPORTED naming it. */
MUST_CHECK struct error *contract_require_global(const struct contract *contract, const char *name,
						 uint64_t *ret);

/* A string global ("GCIdentifiers" …); NULL: absent, or a number. Borrowed. */
const char *contract_text(const struct contract *contract, const char *name);

/* Which algorithm reads a part of the runtime ("RuntimeTypeSystem", "GC" …): contracts[] of the
 * descriptor. A version is a name, not a number: "1" and "c1" are different, none is newer
 * (datacontracts_design.md). Borrowed; NULL: not named. */
const char *contract_version(const struct contract *contract, const char *name);

/* The layouts' name, e.g. "10.0-x64", and the major release they were made for ("none" and 0: the
 * runtime's own descriptor was enough), how the runtime was found ("symbols", "file", "scan"), and
 * whether its own descriptor was read. */
const char *contract_layouts(const struct contract *contract);
unsigned contract_major(const struct contract *contract);
const char *contract_found_by(const struct contract *contract);
/* The program that the runtime is a part of (a single-file app); NULL: it is a library. */
const char *contract_single_file(const struct contract *contract);
/* Were the shipped layouts never measured on a real process of their kind, only derived? */
bool contract_unverified(const struct contract *contract);
bool contract_has_descriptor(const struct contract *contract);

/* Read a bound field of the structure at `base`; `what` names the structure in the error. An absent
 * field is ERROR_UNSUPPORTED. */
MUST_CHECK struct error *read_field(struct reader *reader, uint64_t base, struct field field,
				    const char *what, uint64_t *ret);

#endif
