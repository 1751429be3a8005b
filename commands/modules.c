/* modules: the native modules of the process, and the managed files mapped into it. */
#include "commands/command.h"

#include "base/list.h"
#include "commands/interpreter/session.h"
#include "inspect/name_pattern.h"
#include "inspect/native_modules.h"

#include <inttypes.h>

/* In text a module is one line, or with -v several. */
static const struct column columns[] = {
	{ "image_base", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },
	{ "path", NULL, CELL_TEXT, 0 },
	{ "kind", NULL, CELL_TEXT, 0 },
	{ "is_managed", NULL, CELL_VALUE, 0 },
	{ "build_id", NULL, CELL_TEXT, 0 },
	{ "version", NULL, CELL_TEXT, 0 },
};

static const struct column segment_columns[] = {
	{ NULL, "", CELL_TEXT, 0 },         { "address", NULL, CELL_ADDRESS_WIDE, 0 },
	{ "size", NULL, CELL_INTEGER, 0 },  { "file_offset", NULL, CELL_INTEGER, 0 },
	{ "flags", NULL, CELL_INTEGER, 0 }, { "type", NULL, CELL_TEXT, 0 },
};

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

static void details_print(struct output *out, const struct native_module *module, size_t index)
{
	output_line(out, "%zu %s", index, module->path);
	output_line(out, "    Address:         %016" PRIX64, module->base);
	output_line(out, "    ImageSize:       %08" PRIX64, module->size);
	output_line(out, "    IsPEImage:       %s",
		    module->headers_missing ? "<unknown>" : yes(!module->elf));
	output_line(out, "    IsManaged:       %s", yes(module->managed != NULL));
	output_line(out, "    IsFileLayout:    %s",
		    module->managed ? yes(!module->managed->image_mapped) : "<unknown>");
	if (module->has_headers) {
		output_line(out, "    IndexFileSize:   %08" PRIX32, module->header_image_size);
		output_line(out, "    IndexTimeStamp:  %08" PRIX32, module->header_timestamp);
	} else {
		output_line(out, "    IndexFileSize:   <none>");
		output_line(out, "    IndexTimeStamp:  <none>");
	}
	output_line(out, "    Version:         %s", module->version ? module->version : "<none>");
	output_line(out, "    BuildId:         %s", module->build_id ? module->build_id : "<none>");
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

static void segments_print(struct listing *listing, const struct native_module *module)
{
	enum { TYPE_BYTES = 16 };
	struct output *out = listing->call->out;
	struct elf_image image;
	if (!module->elf)
		return;
	if (!elf_image_read(session_target(listing->call->session), module->base, &image)) {
		question_missing(&listing->call->question, 0, "the program headers of %s %s",
				 module->path, target_lacks_them(listing->call->question.target));
		return;
	}
	output_table_begin(out, "segments", segment_columns, COUNT_OF(segment_columns), false);
	for (size_t i = 0; i < image.count; i++) {
		const Elf64_Phdr *header = &image.headers[i];
		char number[TYPE_BYTES];
		const char *type = segment_type(header->p_type);
		snprintf(number, sizeof(number), "%08" PRIX32, header->p_type);
		output_row_begin(out);
		output_textf(out,
			     "        Segment: %016" PRIX64 " %016" PRIX64 " %016" PRIX64
			     " %02x %s",
			     header->p_vaddr, header->p_memsz, header->p_offset, header->p_flags,
			     type ? type : number);
		output_address(out, header->p_vaddr);
		output_unsigned(out, header->p_memsz);
		output_unsigned(out, header->p_offset);
		output_unsigned(out, header->p_flags);
		output_text(out, type ? type : number);
		output_row_end(out);
	}
	output_table_end(out);
}

static void cells_print(struct listing *listing, const struct native_module *module)
{
	struct output *out = listing->call->out;
	output_address(out, module->base);
	output_unsigned(out, module->size);
	output_text(out, module->path);
	output_text_or_null(out, module->headers_missing ? NULL : module->elf ? "elf" : "pe");
	output_bool(out, module->managed != NULL);
	output_text_or_null(out, module->build_id);
	output_text_or_null(out, module->version);
}

static struct error *module_print(struct listing *listing, size_t index)
{
	struct output *out = listing->call->out;
	struct native_module *module = &listing->modules.modules[index];
	if (listing->verbose)
		TRY(native_module_describe(&listing->call->question, module));
	TRY(task_check(listing->call->question.task, "reading the modules"));
	output_row_begin(out);
	cells_print(listing, module);
	if (listing->verbose)
		details_print(out, module, index);
	else
		output_line(out, "%016" PRIX64 " %08" PRIX64 " %s", module->base, module->size,
			    module->path);
	if (listing->segments)
		segments_print(listing, module);
	output_row_end(out);
	return NULL;
}

static struct error *list(struct listing *listing)
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
	struct error *error = list(&listing);
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
	.usage = "modules [-v] [-s] [-n REGEX] [-a ADDRESS]",
	.description = "Programs, shared objects and managed files as the process has them in "
		       "memory, by address. The total is that of all, also with -n.",
	.options = options,
	.examples = examples,
	.needs = NEEDS_TARGET,
	.run = modules_run,
};
