/* modules: the native modules of the process, and the managed files mapped into it. */
#include "commands/command.h"

#include "base/list.h"
#include "inspect/name_pattern.h"
#include "inspect/native_modules.h"

#include <inttypes.h>

/* In text a module is one line, or with -v several. */
static const struct column columns[] = {
	{ "image_base", IN_WORDS, CELL_POINTER, 0 }, { "size", IN_WORDS, CELL_HEX_UPPER, 8 },
	{ "path", IN_WORDS, CELL_TEXT, 0 },          { "kind", IN_WORDS, CELL_TEXT, 0 },
	{ "is_managed", IN_WORDS, CELL_VALUE, 0 },   { "build_id", IN_WORDS, CELL_TEXT, 0 },
	{ "version", IN_WORDS, CELL_TEXT, 0 },
};

static const struct column segment_columns[] = {
	{ "address", IN_WORDS, CELL_POINTER, 0 },
	{ "size", IN_WORDS, CELL_HEX_UPPER, 16 },
	{ "file_offset", IN_WORDS, CELL_HEX_UPPER, 16 },
	{ "flags", IN_WORDS, CELL_INTEGER, 0 },
	{ "type", IN_WORDS, CELL_TEXT, 0 },
	{ NULL, "", CELL_TEXT, 0 },
};

enum { NUMBER_BYTES = 16 };

struct listing {
	struct command_call *call;
	struct native_modules modules;
	struct name_pattern pattern;
	bool verbose, segments;
};

static const char *yes(bool flag)
{
	return flag ? "True" : "False";
}

/* What JSON does not have. */
static void lines_print(struct output *out, const struct native_module *module)
{
	output_line(out, "    IsFileLayout:    %s",
		    module->managed ? yes(!module->managed->image_mapped) : "<unknown>");
	if (module->has_headers) {
		output_line(out, "    IndexFileSize:   %08" PRIX32, module->header_image_size);
		output_line(out, "    IndexTimeStamp:  %08" PRIX32, module->header_timestamp);
	} else {
		output_line(out, "    IndexFileSize:   <none>");
		output_line(out, "    IndexTimeStamp:  <none>");
	}
}

static void details_print(struct output *out, const struct native_module *module)
{
	output_sentence(out, "{path}\n"
			     "    Address:         {image_base}\n"
			     "    ImageSize:       {size}\n"
			     "    IsPEImage:       {kind}\n"
			     "    IsManaged:       {is_managed}");
	lines_print(out, module);
	output_sentence(out, "    Version:         {version}\n"
			     "    BuildId:         {build_id}");
	if (module->symbols[0] || module->symbols[1] || module->symbols[2] || module->symbols[3])
		output_line(out, "    Exports:");
	for (size_t i = 0; i < RUNTIME_SYMBOLS; i++)
		if (module->symbols[i])
			output_line(out, "        %s: %016" PRIX64, runtime_symbol_names[i],
				    module->symbols[i]);
}

/* elf.h; gABI "Program Header". NULL: one that has no common name. */
static const char *segment_type(uint32_t type)
{
	switch (type) {
	case PT_NULL:
		return "Null";
	case PT_LOAD:
		return "Load";
	case PT_DYNAMIC:
		return "Dynamic";
	case PT_INTERP:
		return "Interp";
	case PT_NOTE:
		return "Note";
	case PT_PHDR:
		return "PHdr";
	case PT_TLS:
		return "Tls";
	case PT_GNU_EH_FRAME:
		return "GnuEHFrame";
	case PT_GNU_STACK:
		return "GnuStack";
	case PT_GNU_RELRO:
		return "GnuRelro";
	default:
		return NULL;
	}
}

static void segment_row(struct output *out, const Elf64_Phdr *header)
{
	char flags[NUMBER_BYTES], number[NUMBER_BYTES];
	const char *type = segment_type(header->p_type);
	snprintf(flags, sizeof(flags), "%02" PRIx32, header->p_flags);
	snprintf(number, sizeof(number), "%08" PRIX32, header->p_type);
	output_row_begin(out);
	output_address(out, header->p_vaddr);
	output_unsigned(out, header->p_memsz);
	output_unsigned(out, header->p_offset);
	output_number_as(out, header->p_flags, flags);
	output_text(out, type ? type : number);
	output_words(out, "        Segment: {address} {size} {file_offset} {flags} {type}");
	output_row_end(out);
}

static void segments_print(struct command_call *call, const struct native_module *module)
{
	struct output *out = call->out;
	struct elf_image image;
	if (!native_module_headers(&call->question, module, &image))
		return;
	output_table_begin(out, "segments", segment_columns, COUNT_OF(segment_columns), false);
	for (size_t i = 0; i < image.count; i++)
		segment_row(out, &image.headers[i]);
	output_table_end(out);
}

/* With -v the module's place in the list comes before the path. */
static struct error *path_cell(struct listing *listing, const struct native_module *module,
			       size_t index)
{
	const char *shown = NULL;
	if (listing->verbose) {
		shown = arena_printf(listing->call->question.scratch, "%zu %s", index,
				     module->path);
		if (!shown)
			return &error_no_memory;
	}
	output_text_as(listing->call->out, module->path, shown);
	return NULL;
}

/* In text -v says whether it is a PE image. */
static void kind_cell(struct output *out, const struct native_module *module)
{
	if (module->headers_missing)
		output_nothing(out, "<unknown>");
	else if (module->elf)
		output_text_as(out, "elf", "False");
	else
		output_text_as(out, "pe", "True");
}

static struct error *cells_print(struct listing *listing, const struct native_module *module,
				 size_t index)
{
	struct output *out = listing->call->out;
	output_address(out, module->base);
	output_unsigned(out, module->size);
	TRY(path_cell(listing, module, index));
	kind_cell(out, module);
	output_bool(out, module->managed != NULL);
	output_text_or(out, module->build_id, "<none>");
	output_text_or(out, module->version, "<none>");
	return NULL;
}

static struct error *module_print(struct listing *listing, size_t index)
{
	struct output *out = listing->call->out;
	struct native_module *module = &listing->modules.modules[index];
	if (listing->verbose)
		TRY(native_module_describe(&listing->call->question, module));
	TRY(task_check(listing->call->question.task, "reading the modules"));
	output_row_begin(out);
	TRY(cells_print(listing, module, index));
	if (listing->verbose)
		details_print(out, module);
	else
		output_sentence(out, "{image_base} {size} {path}");
	if (listing->segments)
		segments_print(listing->call, module);
	output_row_end(out);
	return NULL;
}

static struct error *modules_list(struct listing *listing)
{
	static const struct column total[] = { { "total_image_size",
						 "Total image size: ", CELL_INTEGER, 0 } };
	struct output *out = listing->call->out;
	uint64_t address = 0, size = 0;
	bool found = false, one = arguments_has(listing->call->arguments, "-address");
	TRY(arguments_address(listing->call->arguments, "-address", &address));
	output_table_begin(out, "modules", columns, COUNT_OF(columns), false);
	for (size_t i = 0; i < listing->modules.count && !output_broken(out); i++) {
		const struct native_module *module = &listing->modules.modules[i];
		size += module->size;
		if (one ? address - module->base >= module->size
			: !name_pattern_matches(&listing->pattern, module->path))
			continue;
		found = true;
		TRY(module_print(listing, i));
	}
	output_table_end(out);
	if (one)
		return found ? NULL
			     : error_new(ERROR_NOT_FOUND, "no module holds the address %#" PRIx64,
					 address);
	output_record_begin(out, NULL, total, COUNT_OF(total));
	output_unsigned(out, size);
	output_record_end(out);
	return NULL;
}

static struct error *modules_run(struct command_call *call)
{
	struct listing listing = {
		.call = call,
		.verbose = arguments_has(call->arguments, "-verbose"),
		.segments = arguments_has(call->arguments, "-segments"),
	};
	TRY(native_modules_read(&call->question, &listing.modules));
	TRY(name_pattern_init(&listing.pattern, arguments_value(call->arguments, "-name")));
	struct error *error = modules_list(&listing);
	name_pattern_deinit(&listing.pattern);
	if (arguments_has(call->arguments, "-resources"))
		output_note(call->out, "Only Windows modules have version resources to list.");
	return error;
}

static const char *const aliases[] = { "lm", NULL };
static const char *const verbose_aliases[] = { "-v", NULL };
static const char *const segment_aliases[] = { "-s", NULL };
static const char *const resource_aliases[] = { "-r", NULL };
static const char *const name_aliases[] = { "-n", NULL };
static const char *const address_aliases[] = { "-a", NULL };
static const struct option options[] = {
	{ "-verbose", NULL, "version, build-id and the runtime's symbols too", verbose_aliases },
	{ "-segments", NULL, "the program headers too", segment_aliases },
	{ "-resources", NULL, "accepted: modules of Linux have none", resource_aliases },
	{ "-name", "REGEX", "only modules whose file name REGEX (POSIX extended, any case) matches",
	  name_aliases },
	{ "-address", "ADDRESS", "only the module that holds ADDRESS", address_aliases },
	{ 0 },
};
static const char *const examples[] = { "modules", "modules -v -n libcoreclr", "lm -s -n libc",
					NULL };
const struct command command_modules = {
	.name = "modules",
	.aliases = aliases,
	.summary = "list the modules of the process: base, size, path",
	.description =
		"Programs, shared objects and managed files as the process has them in memory, by address. The total is that of all, also with -n.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = modules_run,
};
