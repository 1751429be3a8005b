#include "dump/images/runtime_find.h"

#include "base/cleanup.h"

/*
 * What a runtime exports: coreclr since .NET 9 the descriptor (dotnet/runtime
 * src/coreclr/debug/runtimeinfo: contract descriptor), since .NET 5 g_dacTable
 * (src/coreclr/debug/ee/ dactable.cpp); NativeAOT its own header
 * (src/coreclr/nativeaot/Runtime/DebugHeader.cpp).
 */
static const char runtime_file[] = "libcoreclr.so";
static const char descriptor_symbol[] = "DotNetRuntimeContractDescriptor";
static const char dac_table_symbol[] = "g_dacTable";
static const char looking[] = "looking for the .NET runtime";
static const char native_aot_symbol[] = "DotNetRuntimeDebugHeader";

struct finder {
	struct target *target;
	struct module_files *files; /* NULL: none */
	const struct task *task;
	struct runtime_location *locations;
	size_t count;
	const struct elf_module *native_aot, *too_old;
	const struct elf_module *unclear; /* may be NativeAOT: its symbols are not there */
};

struct symbols {
	struct elf_symbol descriptor, dac_table;
	bool unreadable; /* at least one may be there, and cannot be looked up */
};

static void found(struct finder *finder, const struct elf_module *module,
		  const struct symbols *symbols, const char *found_by)
{
	finder->locations[finder->count++] = (struct runtime_location){
		.module = *module,
		.descriptor = symbols->descriptor.address,
		.dac_table = symbols->dac_table.address,
		.found_by = found_by,
	};
}

static struct symbols look_up(struct finder *finder, const struct elf_module *module)
{
	struct symbols symbols = { 0 };
	enum elf_symbol_answer descriptor = elf_module_find_symbol(
		finder->target, module, descriptor_symbol, &symbols.descriptor);
	enum elf_symbol_answer table = elf_module_find_symbol(finder->target, module,
							      dac_table_symbol, &symbols.dac_table);
	symbols.unreadable = descriptor == ELF_SYMBOL_UNREADABLE || table == ELF_SYMBOL_UNREADABLE;
	return symbols;
}

static bool is_readable(struct finder *finder, const struct elf_symbol *symbol)
{
	enum { SYMBOL_MAX = 4096 };
	uint8_t bytes[SYMBOL_MAX];
	size_t size = symbol->size && symbol->size < sizeof(bytes) ? (size_t)symbol->size : 1;
	return target_try_some(finder->target, symbol->address, bytes, size) == size;
}

/*
 * The module's file under the target, and the symbols again. The descriptor is a constant in
 * writable data, which createdump's heap dumps leave out: it too comes from the file then.
 */
static struct error *look_up_in_file(struct finder *finder, const struct elf_module *module,
				     struct symbols *symbols, bool *ret_from_file)
{
	bool admitted, laid;
	TRY(module_files_admit_elf(finder->files, module, &admitted));
	if (!admitted)
		return NULL;
	*ret_from_file = true;
	*symbols = look_up(finder, module);
	if (symbols->descriptor.address && !is_readable(finder, &symbols->descriptor))
		TRY(module_files_lay_data(finder->files, module, symbols->descriptor.address,
					  symbols->descriptor.size, &laid));
	return NULL;
}

/* A module that must be the runtime, by its name or because nothing else is left. */
static struct error *examine(struct finder *finder, const struct elf_module *module)
{
	struct symbols symbols = look_up(finder, module);
	bool from_file = false;
	if (finder->files && (symbols.unreadable || (symbols.descriptor.address &&
						     !is_readable(finder, &symbols.descriptor))))
		TRY(look_up_in_file(finder, module, &symbols, &from_file));
	if (symbols.descriptor.address || symbols.dac_table.address)
		found(finder, module, &symbols, from_file ? "file" : "symbols");
	else if (symbols.unreadable)
		found(finder, module, &symbols, "scan");
	else
		finder->too_old = module;
	return NULL;
}

/* A kernel core has the first page of a program only: that may say that the symbol can be there,
 * and the program's file then whether it is. */
static struct error *examine_native_aot(struct finder *finder, const struct elf_module *module)
{
	struct elf_symbol symbol;
	bool admitted = false;
	enum elf_symbol_answer answer =
		elf_module_find_symbol(finder->target, module, native_aot_symbol, &symbol);
	if (answer == ELF_SYMBOL_UNREADABLE && finder->files)
		TRY(module_files_admit_elf(finder->files, module, &admitted));
	if (admitted)
		answer = elf_module_find_symbol(finder->target, module, native_aot_symbol, &symbol);
	if (answer == ELF_SYMBOL_FOUND)
		finder->native_aot = module;
	else if (answer == ELF_SYMBOL_UNREADABLE)
		finder->unclear = module;
	return NULL;
}

/* No libcoreclr.so: a single-file app has the runtime in its main program, whose host exports the
 * symbols; so has a NativeAOT program, and exports another one. */
static struct error *examine_others(struct finder *finder, const struct module_list *list)
{
	const struct elf_module *main_module = module_list_main(finder->target, list);
	uint64_t address;
	for (size_t i = 0; i < list->count; i++) {
		const struct elf_module *module = &list->modules[i];
		TRY(task_check(finder->task, looking));
		struct symbols symbols = look_up(finder, module);
		if (symbols.descriptor.address || symbols.dac_table.address)
			found(finder, module, &symbols, "symbols");
		else if (elf_module_symbol(finder->target, module, native_aot_symbol, &address))
			finder->native_aot = module;
	}
	if (finder->count || finder->native_aot || !main_module)
		return NULL;
	TRY(examine(finder, main_module));
	finder->too_old = NULL; /* a program that exports nothing of .NET is just not .NET */
	return finder->count ? NULL : examine_native_aot(finder, main_module);
}

struct named_mapping {
	uint64_t start; /* 0: none */
};

static struct error *find_named(const struct mapping *mapping, void *context)
{
	struct named_mapping *named = context;
	if (!named->start && !mapping->file_offset &&
	    !strcmp(path_file_name(mapping->path), runtime_file))
		named->start = mapping->start;
	return NULL;
}

/* The runtime was there, and what says where its parts lie is not in the dump. */
static struct error *headers_missing(const struct finder *finder, uint64_t start)
{
	unsigned long long missing = finder->target->facts.missing_bytes;
	if (missing)
		return error_new(ERROR_UNSUPPORTED,
				 "%s was mapped at %#llx, but its ELF header is missing: the dump "
				 "is cut short, %llu of its %llu bytes are not there",
				 runtime_file, (unsigned long long)start, missing,
				 (unsigned long long)finder->target->facts.whole_bytes);
	return error_new(ERROR_UNSUPPORTED,
			 "%s was mapped at %#llx, but the dump does not hold its ELF header: take "
			 "another with createdump, dotnet-dump or clrpod collect",
			 runtime_file, (unsigned long long)start);
}

static struct error *nothing_found(const struct finder *finder, const struct module_list *list)
{
	if (finder->native_aot)
		return error_new(
			ERROR_UNSUPPORTED,
			"%s was compiled by NativeAOT (it exports %s): there is no CoreCLR "
			"in it to look into",
			finder->native_aot->path, native_aot_symbol);
	if (finder->too_old)
		return error_new(ERROR_UNSUPPORTED,
				 "%s is older than .NET 5 (it exports neither %s nor %s): .NET 8 "
				 "and later can be opened",
				 finder->too_old->path, descriptor_symbol, dac_table_symbol);
	struct named_mapping named = { 0 };
	TRY(target_visit_mappings(finder->target, find_named, &named));
	if (named.start)
		return headers_missing(finder, named.start);
	if (!list->count && finder->target->facts.missing_bytes)
		return error_new(ERROR_UNSUPPORTED,
				 "no .NET runtime can be looked for: no header of a program or "
				 "library is left, since %llu of the dump's %llu bytes are not "
				 "there",
				 (unsigned long long)finder->target->facts.missing_bytes,
				 (unsigned long long)finder->target->facts.whole_bytes);
	if (!list->count)
		return error_new(ERROR_UNSUPPORTED,
				 "no .NET runtime can be looked for: the target has no headers of "
				 "any program or library");
	const struct elf_module *program = list->modules;
	for (size_t i = 0; i < list->count; i++)
		if (!strstr(path_file_name(list->modules[i].path), ".so"))
			program = &list->modules[i];
	return error_new(ERROR_UNSUPPORTED,
			 "no .NET runtime here: none of the %zu modules is %s or exports %s (the "
			 "program is %s%s)",
			 list->count, runtime_file, dac_table_symbol, program->path,
			 finder->unclear ? ", which may be NativeAOT: the dump holds no symbols of "
					   "it, and with its file below --sysroot DIR they tell"
					 : "");
}

struct error *runtime_find(struct target *target, struct module_files *files,
			   const struct module_list *list, struct arena *arena,
			   const struct task *task, struct runtime_location **ret,
			   size_t *ret_count)
{
	*ret = NULL;
	*ret_count = 0;
	struct finder finder = { .target = target, .files = files, .task = task };
	finder.locations = arena_allocate_array(arena, list->count + 1, sizeof(*finder.locations));
	if (!finder.locations)
		return &error_no_memory;
	bool named = false;
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(path_file_name(list->modules[i].path), runtime_file))
			continue;
		named = true;
		TRY(task_check(task, looking));
		TRY(examine(&finder, &list->modules[i]));
	}
	if (!named)
		TRY(examine_others(&finder, list));
	if (!finder.count)
		return nothing_found(&finder, list);
	*ret = finder.locations;
	*ret_count = finder.count;
	return NULL;
}
