#include "tests/unit/metadata_checks.h"

#include "tests/unit/tap.h"

static void check_types(struct metadata *metadata)
{
	struct type_def type;
	CHECK_NUMBER(metadata_rows(metadata, TABLE_TYPE_DEF), SHOP_TYPES);
	REQUIRE(metadata_type_def(metadata, SHOP_GATEWAY, &type));
	CHECK_TEXT(type.name, "Gateway`1");
	CHECK_TEXT(type.name_space, "Shop");
	CHECK_NUMBER(type.extends, token_make(TABLE_TYPE_REF, 1));
	CHECK_NUMBER(type.field_count, 3);
	CHECK_NUMBER(metadata_field_row(metadata, type.first_field), SHOP_FIELD_NAME);
	CHECK_NUMBER(type.method_count, 4);
	CHECK_NUMBER(type.first_method, SHOP_METHOD_COUNT);
	CHECK_NUMBER(type.enclosing, 0);
	REQUIRE(metadata_type_def(metadata, SHOP_ENTRY, &type));
	CHECK_TEXT(type.name, "Entry");
	CHECK_TEXT(type.name_space, "");
	CHECK_NUMBER(type.enclosing, SHOP_GATEWAY);
	CHECK_NUMBER(type.field_count, 1);
	CHECK_NUMBER(type.first_method, 0);
	CHECK_NUMBER(type.method_count, 0);
	REQUIRE(metadata_type_def(metadata, SHOP_MODULE_TYPE, &type));
	CHECK_NUMBER(type.extends, 0);
	CHECK_NUMBER(type.field_count, 0);
	CHECK(!metadata_type_def(metadata, 0, &type));
	CHECK(!metadata_type_def(metadata, SHOP_TYPES + 1, &type));
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "Mode", 0), SHOP_MODE);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", SHOP_GATEWAY), SHOP_ENTRY);
	CHECK_NUMBER(metadata_find_type(metadata, "", "Entry", 0), 0);
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "Entry", SHOP_GATEWAY), 0);
	CHECK_NUMBER(metadata_find_type(metadata, "Shop", "mode", 0), 0);
}

static void check_members(const struct metadata *metadata)
{
	struct member member;
	REQUIRE(metadata_field(metadata, SHOP_FIELD_DATA, &member));
	CHECK_TEXT(member.name, "data");
	CHECK_NUMBER(member.flags, 0x0113);
	CHECK_NUMBER(member.signature_size, 3);
	CHECK_NUMBER(member.signature[1], 0x1d);
	CHECK(!metadata_field(metadata, 8, &member));
	REQUIRE(metadata_method(metadata, SHOP_METHOD_COUNT, &member));
	CHECK_TEXT(member.name, "get_Count");
	CHECK_NUMBER(member.rva, BUILT_DATA_RVA);
	CHECK_NUMBER(member.flags, 0x0886);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_VALUE), SHOP_MODE);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_ON), SHOP_MODE);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_NAME), SHOP_GATEWAY);
	CHECK_NUMBER(metadata_field_owner(metadata, SHOP_FIELD_KEY), SHOP_ENTRY);
	CHECK_NUMBER(metadata_field_owner(metadata, 0), 0);
	CHECK_NUMBER(metadata_field_owner(metadata, 8), 0);
	CHECK_NUMBER(metadata_method_owner(metadata, SHOP_METHOD_SET_ENTRIES), SHOP_GATEWAY);
	REQUIRE(metadata_member(metadata, token_make(TABLE_FIELD, SHOP_FIELD_KEY), &member));
	CHECK_TEXT(member.name, "key");
	CHECK_NUMBER(member.parent, token_make(TABLE_TYPE_DEF, SHOP_ENTRY));
	REQUIRE(metadata_member(metadata, token_make(TABLE_MEMBER_REF, 3), &member));
	CHECK_TEXT(member.name, "count");
	CHECK_NUMBER(member.parent, token_make(TABLE_TYPE_SPEC, 1));
	REQUIRE(metadata_member(metadata, token_make(TABLE_METHOD_SPEC, 1), &member));
	CHECK_TEXT(member.name, "get_Entries");
	CHECK_NUMBER(member.parent, token_make(TABLE_TYPE_DEF, SHOP_GATEWAY));
	CHECK(!metadata_member(metadata, token_make(TABLE_TYPE_DEF, 1), &member));
}

static void check_facts(const struct metadata *metadata, struct arena *arena)
{
	const uint8_t *bytes = NULL;
	const char *name = NULL;
	uint32_t size = 0, number = 0;
	uint8_t type = 0;
	REQUIRE(metadata_constant(metadata, token_make(TABLE_FIELD, SHOP_FIELD_ON), &type, &bytes,
				  &size));
	CHECK_NUMBER(type, 0x05);
	CHECK_NUMBER(size, 1);
	CHECK_NUMBER(bytes[0], 7);
	CHECK(!metadata_constant(metadata, token_make(TABLE_FIELD, SHOP_FIELD_NAME), &type, &bytes,
				 &size));
	CHECK(!metadata_constant(metadata, token_make(TABLE_TYPE_DEF, 2), &type, &bytes, &size));
	REQUIRE(metadata_field_rva(metadata, SHOP_FIELD_DATA, &number));
	CHECK_NUMBER(number, BUILT_DATA_RVA + 8);
	CHECK(!metadata_field_rva(metadata, SHOP_FIELD_NAME, &number));
	CHECK(metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, SHOP_MODE),
				     "FlagsAttribute"));
	CHECK(!metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, SHOP_MODE), "Flags"));
	CHECK(!metadata_has_attribute(metadata, token_make(TABLE_TYPE_DEF, SHOP_GATEWAY),
				      "FlagsAttribute"));
	CHECK_NUMBER(metadata_generic_parameter_count(metadata,
						      token_make(TABLE_TYPE_DEF, SHOP_GATEWAY)),
		     1);
	CHECK_NUMBER(
		metadata_generic_parameter_count(metadata, token_make(TABLE_TYPE_DEF, SHOP_MODE)),
		0);
	REQUIRE(metadata_property(metadata, SHOP_GATEWAY, 2, &name, &number));
	CHECK_TEXT(name, "Entries");
	CHECK_NUMBER(number, SHOP_METHOD_ENTRIES);
	CHECK(!metadata_property(metadata, SHOP_GATEWAY, 3, &name, &number));
	CHECK(!metadata_property(metadata, SHOP_ENTRY, 0, &name, &number));
	REQUIRE(metadata_property(metadata, SHOP_GATEWAY, 1, &name, &number));
	CHECK_TEXT(name, "Name");
	CHECK_NUMBER(number, SHOP_METHOD_NAME);
	const char *version =
		metadata_assembly_attribute(metadata, "AssemblyFileVersionAttribute", arena);
	CHECK(!version || !strcmp(version, "10.0.142")); /* NULL: no memory */
	CHECK(!metadata_assembly_attribute(metadata, "FlagsAttribute", arena));
}

static void check_names(const struct metadata *metadata)
{
	struct assembly_name assembly;
	struct type_ref reference;
	struct exported_type exported;
	const uint8_t *bytes = NULL;
	uint32_t size = 0;
	uint8_t mvid[16];
	REQUIRE(metadata_mvid(metadata, mvid));
	CHECK_NUMBER(mvid[0], 0xde);
	CHECK_NUMBER(mvid[15], 14);
	REQUIRE(metadata_assembly(metadata, &assembly));
	CHECK_TEXT(assembly.name, "Shop");
	CHECK_NUMBER(assembly.version[3], 4);
	REQUIRE(metadata_assembly_ref(metadata, 1, &assembly));
	CHECK_TEXT(assembly.name, "System.Runtime");
	CHECK_TEXT(assembly.culture, "");
	CHECK_NUMBER(assembly.version[0], 10);
	CHECK(!metadata_assembly_ref(metadata, 2, &assembly));
	REQUIRE(metadata_type_ref(metadata, 2, &reference));
	CHECK_TEXT(reference.name, "Enum");
	CHECK_TEXT(reference.name_space, "System");
	CHECK_NUMBER(reference.scope, token_make(TABLE_ASSEMBLY_REF, 1));
	CHECK_NUMBER(metadata_find_exported_type(metadata, "Shop", "Broker"), 1);
	CHECK_NUMBER(metadata_find_exported_type(metadata, "", "Broker"), 0);
	REQUIRE(metadata_exported_type(metadata, 1, &exported));
	CHECK_NUMBER(exported.implementation, token_make(TABLE_ASSEMBLY_REF, 1));
	CHECK_TEXT(metadata_string(metadata, 0), "");
	CHECK_TEXT(metadata_string(metadata, 0xffffffff), NULL);
	CHECK(!metadata_blob(metadata, 0xffffffff, &bytes, &size));
}

void check_shop(struct metadata *metadata, struct arena *arena)
{
	check_types(metadata);
	check_members(metadata);
	check_facts(metadata, arena);
	check_names(metadata);
}
