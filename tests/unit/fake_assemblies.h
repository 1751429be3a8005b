/*
 * The metadata of the three modules of tests/unit/fake_types.h: what the assemblies define, export
 * and refer to, by rows.
 */
#ifndef TESTS_UNIT_FAKE_ASSEMBLIES_H
#define TESTS_UNIT_FAKE_ASSEMBLIES_H

#include "tests/unit/fake_types.h"

/* Each builds its module and returns the Module's address. */
uint64_t fake_assembly_core(struct fake_types *types);
uint64_t fake_assembly_facade(struct fake_types *types);
uint64_t fake_assembly_app(struct fake_types *types);

#endif
