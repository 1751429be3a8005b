/*
 * Any bytes as an ELF core: opened, and everything the dump layer can say of it asked for: regions,
 * threads, mappings, modules, symbols, the runtime. Answers are checked against each other where
 * they must agree. The first byte is not the core's: its low bit wraps the core in a target that
 * cannot lend, as a live process; the second puts the rest of the input also under an overlay.
 */
#include "attach/target/overlay_target.h"
#include "attach/target/reader.h"
#include "dump/core/core_target.h"
#include "dump/images/pe_file.h"
#include "dump/images/runtime_find.h"

#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { FORM_COPIED = 1, FORM_OVERLAID = 2 };

static volatile uint64_t sink; /* so that reading is not optimized away */

static void touch(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sink += bytes[i];
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* ---- a target that copies instead of lending ---- */

struct copying {
	struct target base;
	struct target *under;
};

static struct target *under(struct target *target)
{
	return ((struct copying *)target)->under;
}

static void copying_close(struct target *target)
{
	target_close(under(target));
	free(target);
}

static size_t copying_read(struct target *target, uint64_t address, void *buffer, size_t size)
{
	return target_read_some(under(target), address, buffer, size);
}

static struct error *copying_mappings(struct target *target, mapping_visitor visit, void *context)
{
	return target_visit_mappings(under(target), visit, context);
}

static struct error *copying_regions(struct target *target, region_visitor visit, void *context)
{
	return target_visit_regions(under(target), visit, context);
}

static struct error *copying_threads(struct target *target, thread_visitor visit, void *context)
{
	return target_visit_threads(under(target), visit, context);
}

static size_t copying_auxv(struct target *target, void *buffer, size_t size)
{
	return under(target)->ops->auxv(under(target), buffer, size);
}

static struct target *copying_new(struct target *target)
{
	static const struct target_ops ops = { .kind = "copying",
					       .close = copying_close,
					       .read_some = copying_read,
					       .visit_mappings = copying_mappings,
					       .visit_regions = copying_regions,
					       .visit_threads = copying_threads,
					       .auxv = copying_auxv };
	struct copying *copying = calloc(1, sizeof(*copying));
	require(copying != NULL);
	copying->base = *target;
	copying->base.ops = &ops;
	copying->under = target;
	return &copying->base;
}

/* ---- the questions ---- */

struct walk {
	struct target *target;
	struct reader reader;
	uint64_t last_end;
	size_t regions;
};

/* Regions are ascending, apart, and readable from end to end, by read and by borrow alike. */
static struct error *check_region(const struct region *region, void *context)
{
	enum { SOME = 4096, REGIONS_MAX = 256 };
	struct walk *walk = context;
	uint8_t buffer[SOME];
	require(region->start < region->end && region->start >= walk->last_end);
	walk->last_end = region->end;
	if (++walk->regions > REGIONS_MAX)
		return NULL;
	uint64_t size = region->end - region->start;
	size_t part = size < SOME ? (size_t)size : SOME;
	require(target_read_some(walk->target, region->start, buffer, part) == part);
	touch(buffer, part);
	require(target_read_some(walk->target, region->end - 1, buffer, 1) == 1);
	const uint8_t *bytes = reader_borrow(&walk->reader, region->start, part);
	require(bytes != NULL);
	touch(bytes, part);
	return NULL;
}

static struct error *check_mapping(const struct mapping *mapping, void *context)
{
	(void)context;
	require(mapping->start < mapping->end);
	touch((const uint8_t *)mapping->path, strlen(mapping->path));
	return NULL;
}

static struct error *check_thread(const struct target_thread *thread, void *context)
{
	(void)context;
	touch(thread->note_bytes, thread->note_size);
	return NULL;
}

static void check_modules(struct target *target, struct module_files *files)
{
	CLEANUP(arena_deinit) struct arena arena;
	arena_init(&arena);
	struct module_list list;
	struct error *error = module_list_read(target, &arena, &list);
	require(!error);
	for (size_t i = 0; i < list.count; i++) {
		const struct elf_module *module = &list.modules[i];
		uint64_t address;
		require(module->base < module->end);
		require(!i || list.modules[i - 1].base < module->base);
		require(module->build_id_size <= sizeof(module->build_id));
		touch((const uint8_t *)module->path, strlen(module->path));
		elf_module_symbol(target, module, "g_dacTable", &address);
		elf_module_symbol(target, module, "no symbol", &address);
	}
	struct runtime_location *locations;
	size_t count;
	error = runtime_find(target, files, &list, &arena, NULL, &locations, &count);
	require(error ? error->code == ERROR_UNSUPPORTED : count > 0);
	error_free(error);
}

static void check_target(struct target *target)
{
	struct walk walk = { .target = target };
	if (reader_init(&walk.reader, target))
		abort();
	error_free(target_visit_regions(target, check_region, &walk));
	require(walk.regions > 0);
	error_free(target_visit_mappings(target, check_mapping, NULL));
	error_free(target_visit_threads(target, check_thread, NULL));
	reader_deinit(&walk.reader);
}

static void check_pe(const uint8_t *bytes, size_t size)
{
	struct pe_file file;
	struct pe_identity identity;
	if (pe_file_read(bytes, size, &file) && pe_file_identity(&file, bytes, size, &identity))
		touch((const uint8_t *)&identity, sizeof(identity));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct target *target = NULL, *overlay = NULL;
	if (!size)
		return 0;
	uint8_t form = *bytes++;
	size--;
	check_pe(bytes, size);
	struct error *error = core_target_open_bytes("input", bytes, size, &target);
	if (error) {
		require(error->code == ERROR_UNSUPPORTED || error->code == ERROR_BAD_DATA);
		error_free(error);
		return 0;
	}
	if (form & FORM_COPIED)
		target = copying_new(target);
	check_target(target);
	require(!overlay_target_new(target, &overlay));
	if (form & FORM_OVERLAID) {
		error_free(overlay_target_add(overlay, 0, bytes, size, NULL));
		error_free(overlay_target_add(overlay, 0x400000 - size / 2, bytes, size, NULL));
	}
	check_target(overlay);
	struct module_files *files = NULL;
	require(!module_files_new(overlay, "/nonexistent", &files));
	check_modules(overlay, files);
	module_files_free(files);
	target_close(overlay);
	return 0;
}
