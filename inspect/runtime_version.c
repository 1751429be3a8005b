#include "inspect/runtime_version.h"

#include "attach/process_runtime.h"
#include "attach/target/target.h"
#include "base/list.h"
#include "heap/heap.h"
#include "heap/types/clr_module.h"

struct error *runtime_version(const struct question *question, const char **ret)
{
	TRY(heap_runtime_version(question_present(question), ret));
	if (!*ret)
		question_missing(question, 0, "CoreLib's metadata, which holds the version, %s",
				 target_lacks_it(question->target));
	return NULL;
}

struct error *runtime_informational_version(const struct question *question, const char **ret)
{
	struct metadata *metadata;
	*ret = NULL;
	TRY(clr_module_metadata_or_none(question->heap, question->heap->modules->core_library,
					&metadata));
	if (metadata)
		*ret = metadata_assembly_attribute(
			metadata, "AssemblyInformationalVersionAttribute", question->scratch);
	return NULL;
}

/* How much of an informational version the release is called by: without the commit, and without
 * the label of a build that was released as its numbers alone (dotnet/runtime eng/Versions.props:
 * PreReleaseVersionLabel); "11.0.0-preview.7.25380.108" keeps its own. */
static size_t released_length(const char *informational)
{
	static const char *const labels[] = { "-servicing", "-rtm" };
	size_t length = strcspn(informational, "+");
	for (size_t i = 0; i < COUNT_OF(labels); i++) {
		const char *found = memmem(informational, length, labels[i], strlen(labels[i]));
		length = found ? (size_t)(found - informational) : length;
	}
	return length;
}

/* The first `length` bytes, in scratch. */
static struct error *version_copy(const struct question *question, const char *text, size_t length,
				  const char **ret)
{
	*ret = arena_copy_text(question->scratch, text, length);
	return *ret ? NULL : &error_no_memory;
}

/* The line that a build leaves in the runtime's file, looked for in what of it is in memory. */
enum { WINDOW_BYTES = 64 * 1024, LINE_BYTES = 64, LOOK_BYTES = 64 * 1024 * 1024 };
struct line_search {
	const struct question *question;
	const char *single_file; /* NULL: the runtime is a library */
	uint8_t *window;
	uint64_t looked_bytes;
	char version[32]; /* "": not found */
};

static bool is_runtime_file(const struct line_search *search, const char *path)
{
	if (search->single_file)
		return !strcmp(path, search->single_file);
	const char *slash = strrchr(path, '/');
	return slash && !strcmp(slash, "/libcoreclr.so");
}

/* A line may be cut at the window's end: the next one has it whole. */
static bool window_look(struct line_search *search, size_t size)
{
	static const char mark[] = "@(#)Version ";
	const uint8_t *found = memmem(search->window, size, mark, strlen(mark));
	search->window[size] = '\0';
	return found && (size_t)(found - search->window) + LINE_BYTES <= size &&
	       process_version_in_line((const char *)found + strlen(mark), search->version,
				       sizeof(search->version));
}

/* Windows overlap by the length of a line. */
static struct error *mapping_look(const struct mapping *mapping, void *context)
{
	struct line_search *search = context;
	uint64_t at = mapping->start;
	if (!is_runtime_file(search, mapping->path))
		return NULL;
	while (at < mapping->end && search->looked_bytes < LOOK_BYTES) {
		uint64_t left = mapping->end - at;
		TRY(task_check(search->question->task, "looking for the runtime's version"));
		size_t size = target_try_some(search->question->target, at, search->window,
					      left < WINDOW_BYTES ? left : WINDOW_BYTES);
		if (window_look(search, size))
			return &error_stop;
		search->looked_bytes += WINDOW_BYTES;
		at += size == WINDOW_BYTES ? WINDOW_BYTES - LINE_BYTES : WINDOW_BYTES;
	}
	return NULL;
}

static struct error *version_by_line(const struct question *question, const char **ret)
{
	struct line_search search = { .question = question,
				      .single_file = contract_single_file(question->heap->contract),
				      .window =
					      arena_allocate(question->scratch, WINDOW_BYTES + 1) };
	if (!search.window)
		return &error_no_memory;
	struct error *error = target_visit_mappings(question->target, mapping_look, &search);
	if (!error_take_stop(&error))
		TRY(error);
	return *search.version ? version_copy(question, search.version, strlen(search.version), ret)
			       : NULL;
}

struct error *runtime_product_version(const struct question *question, const char **ret)
{
	const struct clr_module *core_library = question->heap->modules->core_library;
	const char *informational, *found;
	size_t length;
	*ret = NULL;
	TRY(runtime_informational_version(question, &informational));
	if (informational)
		return version_copy(question, informational, released_length(informational), ret);
	found = core_library ? process_version_in_path(core_library->path, &length) : NULL;
	if (found)
		return version_copy(question, found, length, ret);
	*ret = contract_text(question->heap->contract, "RuntimeProductVersionString");
	return *ret ? NULL : version_by_line(question, ret);
}
