/* Files of managed modules: which file it is, and whether it is the right one. */
#include "dump/images/module_files_internal.h"

#include "attach/memory_guard.h"
#include "attach/process_life.h"
#include "attach/target/overlay_target.h"
#include "base/bytes.h"
#include "base/list.h"
#include "dump/images/bundle_file.h"
#include "dump/images/pe_layer.h"

#include <inttypes.h>
#include <unistd.h>

/* A managed module, where the target has it, and what the target still knows of it. */
struct wanted {
	struct module_files *files;
	const struct managed_file *file;
	struct arena *scratch;
	uint64_t address; /* of an image */
	/* The file that is mapped there, and the image's offset in it: not 0 in a single-file app.
	 * NULL: none is. */
	const char *mapped_path;
	uint64_t file_offset;
	bool headers_known;
	struct pe_file headers; /* as the target holds them */
};

/* A file that was opened: all of it, and the PE image in it. */
struct found {
	struct mapped_file file; /* size 0: none */
	struct pe_source source; /* bytes, image: filled when it is laid */
	bool image_size_known;   /* source.end is the PE's end, not the bundle's */
	struct pe_file image;
	struct pe_identity identity;
	bool proven;
	uint8_t *unpacked; /* NULL: the image is in the file as it is */
};

static void found_cleanup(struct found *found)
{
	opened_file_cleanup(&found->file);
	free(found->unpacked);
}

static void release_unpacked(const uint8_t *bytes, size_t size)
{
	(void)size;
	free((void *)bytes);
}

static struct error *find_mapping(const struct mapping *mapping, void *context)
{
	struct wanted *wanted = context;
	if (wanted->mapped_path || wanted->address < mapping->start ||
	    wanted->address >= mapping->end || path_is_memory(mapping->path))
		return NULL;
	wanted->file_offset = mapping->file_offset + (wanted->address - mapping->start);
	wanted->mapped_path = arena_copy_text(wanted->scratch, mapping->path,
					      strnlen(mapping->path, LIMIT_PATH_BYTES));
	return wanted->mapped_path ? NULL : &error_no_memory;
}

/* Is the file the one the target had? */

/* A count of the runtime's maps differs from the file's. */
static bool rows_differ(const struct wanted *wanted, const struct pe_identity *identity)
{
	for (size_t i = 0; i < PE_COUNTED_TABLES; i++)
		if (wanted->file->rows[i] && wanted->file->rows[i] != identity->rows[i])
			return true;
	return false;
}

static bool size_differs(const struct wanted *wanted, const struct found *found)
{
	const struct managed_image *images[] = { &wanted->file->loaded, &wanted->file->flat };
	for (size_t i = 0; i < COUNT_OF(images); i++) {
		if (!images[i]->address || !images[i]->size)
			continue;
		if (images[i]->mapped
			    ? images[i]->size != found->image.image_size
			    : found->image_size_known &&
				      images[i]->size != found->source.end - found->source.offset)
			return true;
	}
	return false;
}

/* What differs; NULL: nothing that the target still knows. */
static const char *difference(const struct wanted *wanted, struct found *found)
{
	const uint8_t *bytes = found->source.bytes + found->source.offset;
	bool managed = pe_file_identity(&found->image, bytes,
					found->source.size - (size_t)found->source.offset,
					&found->identity);
	if (wanted->headers_known) {
		if (found->image.timestamp != wanted->headers.timestamp ||
		    found->image.image_size != wanted->headers.image_size)
			return "PE headers differ";
		found->proven = found->image.timestamp != 0;
	}
	if (!managed)
		return "metadata is damaged";
	if (wanted->file->mvid) {
		if (memcmp(found->identity.mvid, wanted->file->mvid, PE_FILE_MVID_BYTES))
			return "MVID differs";
		found->proven = true;
	}
	if (size_differs(wanted, found))
		return "size differs";
	return rows_differ(wanted, &found->identity) ? "number of types or members differs" : NULL;
}

static bool matches(const struct wanted *wanted, const char *path, struct found *found)
{
	const struct pe_source *source = &found->source;
	if (source->offset >= source->size ||
	    !pe_file_read(source->bytes + source->offset, source->size - (size_t)source->offset,
			  &found->image)) {
		module_files_explain(wanted->files, "%s holds no PE image where the dump has one",
				     path);
		return false;
	}
	const char *differs = difference(wanted, found);
	if (differs)
		module_files_explain(wanted->files, "%s is of another build (its %s)", path,
				     differs);
	return !differs;
}

/* Bundles. */

/* The path of the module in the bundle of a program; NULL: it is not in its directory, nor in one
 * that the program extracts its files to: then the bundle's id, which is a part of that path,
 * proves it. */
static const char *path_in_bundle(const struct wanted *wanted, const struct bundle_file *bundle,
				  const char *program, bool *ret_proven)
{
	const char *path = wanted->file->path;
	size_t directory = (size_t)(path_file_name(program) - program);
	*ret_proven = false;
	if (!path || !*path)
		return NULL;
	if (path[0] != '/')
		return path; /* satellites: the runtime has what the manifest has */
	if (!strncmp(path, program, directory))
		return path + directory;
	for (const char *at = path; bundle->id_length && (at = strchr(at, '/')); at++) {
		if (strlen(at + 1) <= bundle->id_length ||
		    memcmp(at + 1, bundle->id, bundle->id_length) ||
		    at[1 + bundle->id_length] != '/')
			continue;
		*ret_proven = true;
		return at + 1 + bundle->id_length + 1;
	}
	return NULL;
}

static void guard_cleanup(struct memory_guard **guard)
{
	memory_guard_close(*guard);
}

/* ERROR_UNSUPPORTED: unpacked it would need more memory than is left, or than bundles may take. */
static struct error *room_check(const struct module_files *files, const struct bundle_entry *entry)
{
	enum { MEBIBYTE = 1024 * 1024 };
	CLEANUP(guard_cleanup) struct memory_guard *guard = NULL;
	struct memory_room room;
	if (entry->size > LIMIT_BUNDLED_BYTES - files->unpacked_bytes)
		return error_new(ERROR_UNSUPPORTED,
				 "the files unpacked from bundles would be more than %d MiB",
				 LIMIT_BUNDLED_BYTES / MEBIBYTE);
	TRY(memory_guard_open(getpid(), &guard));
	memory_guard_room(guard, true, &room);
	if (entry->size <= room.room_bytes && room.room_bytes - entry->size >= room.floor_bytes)
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "unpacking needs %" PRIu64 " MiB of memory, of which %" PRIu64
			 " MiB are left here",
			 entry->size / MEBIBYTE + 1, room.room_bytes / MEBIBYTE);
}

static struct error *unpack(struct module_files *files, const struct bundle_file *bundle,
			    const struct bundle_entry *entry, struct found *found)
{
	if (entry->size <= LIMIT_BUNDLED_FILE_BYTES) {
		TRY(room_check(files, entry));
		files->unpacked_bytes += entry->size;
	}
	TRY(bundle_file_unpack(bundle, entry, files->task, &found->unpacked));
	found->source =
		(struct pe_source){ found->unpacked, (size_t)entry->size, 0, entry->size, NULL };
	return NULL;
}

/* Sets the source to the module's entry in a bundle. *ret_there false: the file is no bundle, or
 * has no such entry. */
static struct error *find_in_bundle(const struct wanted *wanted, const char *program,
				    struct found *found, bool *ret_there)
{
	struct bundle_file bundle;
	struct bundle_entry entry;
	*ret_there = false;
	if (!bundle_file_read(found->file.bytes, found->file.size, &bundle))
		return NULL;
	const char *inside = path_in_bundle(wanted, &bundle, program, &found->proven);
	*ret_there = inside && bundle_file_find(&bundle, inside, &entry);
	if (!*ret_there)
		return NULL;
	found->source.offset = entry.offset;
	found->source.end = entry.offset + entry.size;
	found->image_size_known = true;
	return entry.is_compressed ? unpack(wanted->files, &bundle, &entry, found) : NULL;
}

/* The file by itself: as a process that had it unpacked would map it. */
static void take_out(struct pe_source *source)
{
	source->bytes += source->offset;
	source->size = (size_t)(source->end - source->offset);
	source->offset = 0;
	source->end = source->size;
}

/* One candidate: *ret_matches false: it is not there, or not the one. `program`: the candidate is
 * this program of the target's, to be taken as a bundle only. */
static struct error *examine(const struct wanted *wanted, const struct file_candidate *candidate,
			     const char *program, struct found *found, bool *ret_matches)
{
	bool in_bundle = false;
	*ret_matches = false;
	if (!file_search_open(wanted->files->search, candidate, &found->file))
		return NULL;
	found->source = (struct pe_source){ found->file.bytes, found->file.size,
					    wanted->file_offset, found->file.size, NULL };
	found->image_size_known = !wanted->file_offset;
	if (program || wanted->file_offset) {
		struct error *error = find_in_bundle(
			wanted, program ? program : wanted->mapped_path, found, &in_bundle);
		if (error && (error->code == ERROR_BAD_DATA || error->code == ERROR_UNSUPPORTED))
			module_files_explain(wanted->files, "%s: %s", candidate->path,
					     error->message);
		if (error_take(&error, ERROR_BAD_DATA) || error_take(&error, ERROR_UNSUPPORTED) ||
		    error)
			return error;
		if (program && !in_bundle)
			return NULL;
		if (program)
			take_out(&found->source);
	}
	if (in_bundle && !program && found->source.offset != wanted->file_offset) {
		module_files_explain(wanted->files,
				     "%s is of another build (its bundle has %s elsewhere)",
				     candidate->path, path_file_name(wanted->file->path));
		return NULL;
	}
	*ret_matches = matches(wanted, candidate->path, found);
	return NULL;
}

/* The file is the one: its bytes become the overlay's. */
static struct error *lay(const struct wanted *wanted, const char *mapped_path, struct found *found,
			 struct answer *answer)
{
	struct target *overlay = wanted->files->overlay;
	found->source.image = &found->image;
	if (found->unpacked) {
		TRY(overlay_target_keep(overlay, found->unpacked, found->source.size,
					release_unpacked));
		found->unpacked = NULL;
	} else {
		TRY(module_files_hand_over(wanted->files, &found->file));
	}
	answer->unverified = !found->proven;
	TRY(pe_layer_lay(overlay, &found->source, mapped_path, wanted->file, wanted->files->task,
			 &answer->admitted));
	if (!answer->admitted)
		module_files_explain(wanted->files, "the dump does not say where %s was in memory",
				     answer->path);
	return NULL;
}

static void refuse_unproven(struct module_files *files, const char *path)
{
	const struct target *target = files->overlay;
	char root[64] = "/";
	if (target->is_live)
		snprintf(root, sizeof(root), "/proc/%d/root", process_memory_id(target->pid));
	module_files_explain(files,
			     "nothing in the dump proves that %s is the file it had (--sysroot %s "
			     "would take it)",
			     path, root);
}

/*
 * The first candidate that is proven, or that is below --sysroot where the dump says. One that was
 * found by its name alone is taken when it is the only one, but for copies of it.
 */
static struct error *choose(const struct wanted *wanted, const char *path, const char *program,
			    struct found *chosen)
{
	struct file_query query;
	bool ambiguous = false;
	TRY(file_search_start(wanted->files->search, path, wanted->scratch, &query));
	for (;;) {
		CLEANUP(found_cleanup) struct found found = { 0 };
		struct file_candidate candidate;
		bool more, is_match;
		TRY(file_search_next(&query, &candidate, &more));
		if (!more)
			break;
		TRY(examine(wanted, &candidate, program, &found, &is_match));
		if (!is_match)
			continue;
		if (!found.proven && !candidate.below) {
			refuse_unproven(wanted->files, candidate.path);
			continue;
		}
		bool certain = found.proven || !candidate.by_name_only;
		if (!certain && chosen->file.size) {
			ambiguous |= memcmp(chosen->identity.mvid, found.identity.mvid,
					    PE_FILE_MVID_BYTES) != 0;
			continue;
		}
		found_cleanup(chosen);
		*chosen = found;
		found = (struct found){ 0 };
		if (certain)
			return NULL;
	}
	if (!ambiguous)
		return NULL;
	found_cleanup(chosen);
	*chosen = (struct found){ 0 };
	module_files_explain(wanted->files,
			     "different files are named %s, and nothing in the dump says which it "
			     "had: name the directory of the right one",
			     path_file_name(path));
	return NULL;
}

static struct error *take_program(const struct mapping *mapping, void *context)
{
	struct module_files *files = context;
	if (mapping->file_offset || files->program_count == LIMIT_BUNDLES ||
	    path_is_memory(mapping->path) || strstr(path_file_name(mapping->path), ".so") ||
	    strstr(path_file_name(mapping->path), ".dll"))
		return NULL;
	for (size_t i = 0; i < files->program_count; i++)
		if (!strcmp(files->programs[i], mapping->path))
			return NULL;
	const char *path = arena_copy_text(&files->arena, mapping->path, strlen(mapping->path));
	if (!path)
		return &error_no_memory;
	files->programs[files->program_count++] = path;
	return NULL;
}

/* The module's entry in the bundle of a program that the target has mapped. */
static struct error *choose_from_bundles(const struct wanted *wanted, struct found *chosen)
{
	struct module_files *files = wanted->files;
	if (!files->programs) {
		files->programs = arena_allocate_array(&files->arena, LIMIT_BUNDLES,
						       sizeof(*files->programs));
		if (!files->programs)
			return &error_no_memory;
		TRY(target_visit_mappings(files->overlay, take_program, files));
	}
	for (size_t i = 0; i < files->program_count && !chosen->file.size; i++)
		TRY(choose(wanted, files->programs[i], files->programs[i], chosen));
	return NULL;
}

static struct error *search(const struct wanted *wanted, struct answer *answer)
{
	CLEANUP(found_cleanup) struct found chosen = { 0 };
	module_files_explain(wanted->files, "there is no file %s here", answer->path);
	wanted->files->refused = false;
	TRY(choose(wanted, answer->path, NULL, &chosen));
	if (!chosen.file.size && !wanted->file_offset)
		TRY(choose_from_bundles(wanted, &chosen));
	return chosen.file.size ? lay(wanted, wanted->mapped_path, &chosen, answer) : NULL;
}

static void read_headers(struct wanted *wanted)
{
	enum { HEADERS_BYTES = 4096 };
	uint8_t headers[HEADERS_BYTES];
	struct target *own = overlay_target_lower(wanted->files->overlay);
	size_t size = 0;
	if (wanted->address)
		size = target_read_some(own, wanted->address, headers, sizeof(headers));
	wanted->headers_known = pe_file_read(headers, size, &wanted->headers);
}

static struct error *find_answer(struct wanted *wanted, struct answer *answer)
{
	struct module_files *files = wanted->files;
	if (!answer->path[0]) {
		module_files_explain(files, "the dump does not say which file is mapped at %#llx",
				     (unsigned long long)wanted->address);
	} else {
		read_headers(wanted);
		TRY(search(wanted, answer));
		if (answer->admitted)
			files->reason = "";
	}
	return module_files_remember(files, *answer);
}

struct error *module_files_admit_pe(struct module_files *files, const struct managed_file *file,
				    bool *ret_admitted, bool *ret_unverified)
{
	*ret_admitted = *ret_unverified = false;
	CLEANUP(arena_deinit) struct arena scratch;
	arena_init(&scratch);
	struct wanted wanted = { .files = files, .file = file, .scratch = &scratch };
	wanted.address = file->flat.address ? file->flat.address : file->loaded.address;
	if (wanted.address)
		TRY(target_visit_mappings(files->overlay, find_mapping, &wanted));
	const char *path = wanted.mapped_path ? wanted.mapped_path : file->path ? file->path : "";
	const struct answer *known = module_files_known(files, wanted.address, path);
	struct answer answer = { .address = wanted.address, .path = path };
	if (known) {
		answer = *known;
		files->reason = known->reason;
		files->refused = known->refused;
	} else {
		TRY(find_answer(&wanted, &answer));
	}
	*ret_admitted = answer.admitted;
	*ret_unverified = answer.unverified;
	return NULL;
}
