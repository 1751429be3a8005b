/* What every test of metadata checks on its own form of build_shop()'s module. */
#ifndef TESTS_UNIT_METADATA_CHECKS_H
#define TESTS_UNIT_METADATA_CHECKS_H

#include "tests/unit/metadata_builder.h"

/* Everything that the shop has, read by every getter. `arena` is for what they copy. */
void check_shop(struct metadata *metadata, struct arena *arena);

#endif
