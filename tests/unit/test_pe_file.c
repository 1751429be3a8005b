#include "base/list.h"
#include "dump/images/pe_file.h"
#include "tests/unit/pe_builder.h"
#include "tests/unit/tap.h"

TEST(the_identity_of_a_file)
{
	uint8_t pe[PE_BYTES];
	struct pe_identity identity;
	struct pe_file image;
	uint64_t offset;
	pe_build(pe, 77, 0x42);
	REQUIRE(pe_file_read(pe, sizeof(pe), &image));
	CHECK_NUMBER(image.timestamp, 77);
	CHECK_NUMBER(image.image_size, 0xa000);
	CHECK_NUMBER(image.section_count, 3);
	CHECK_NUMBER(image.file_size, PE_BYTES);
	REQUIRE(pe_file_identity(&image, pe, sizeof(pe), &identity));
	CHECK(identity.mvid[0] == 0x42 && identity.mvid[15] == 0x42);
	CHECK_NUMBER(identity.rows[PE_ROWS_TYPE_REF], PE_TYPE_REFS);
	CHECK_NUMBER(identity.rows[PE_ROWS_TYPE_DEF], 0);
	CHECK(pe_file_offset(&image, 0x6010, 4, &offset));
	CHECK_NUMBER(offset, PE_DATA + 0x10);
	CHECK(!pe_file_offset(&image, 0x61fe, 4, &offset));
	CHECK(!pe_file_offset(&image, 0x100, 4, &offset));
}

static struct error *count_changed(const struct pe_file_part *part, void *context)
{
	size_t *count = context;
	*count += part->size > 0;
	return NULL;
}

/* Every 2 bytes of what is parsed, set to extremes, and every length: no crash (asan sees it). */
TEST(damaged_pe_files)
{
	static const uint16_t values[] = { 0, 0x7fff, 0xffff };
	struct pe_file image;
	struct pe_identity identity;
	size_t readable = 0;
	for (size_t at = 0; at < 0x700; at += 2) {
		for (size_t i = 0; i < COUNT_OF(values); i++) {
			size_t size = i == 2 ? at : PE_BYTES;
			uint8_t *pe = scenery_allocate(PE_BYTES);
			pe_build(pe, 77, 0x42);
			memcpy(pe + at, &values[i], sizeof(values[i]));
			uint8_t *exact = scenery_allocate(size);
			memcpy(exact, pe, size);
			if (pe_file_read(exact, size, &image)) {
				readable += pe_file_identity(&image, exact, size, &identity);
				error_free(pe_file_visit_changed(&image, exact, size, count_changed,
								 &readable));
			}
			scenery_free(exact);
			scenery_free(pe);
		}
	}
	CHECK(readable > 100);
}

static const struct tap_case cases[] = {
	CASE(the_identity_of_a_file),
	CASE_ONCE(damaged_pe_files),
};
TAP_MAIN(cases)
