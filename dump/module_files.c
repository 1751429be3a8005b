#include "dump/module_files.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "dump/elf_file.h"
#include "dump/file_search.h"
#include "dump/overlay_target.h"
#include "dump/pe_file.h"

/* An answer, kept so that asking twice is cheap. */
struct answer {
	uint64_t address;
	const char *path;
	bool admitted, unverified;
	struct mapped_file file; /* of an admitted ELF module; the overlay's */
	const char *reason;
};

struct module_files {
	struct target *overlay;
	struct file_search *search;
	struct arena arena; /* of the answers */
	struct answer *answers;
	size_t count, capacity;
	const char *reason;
};

struct error *module_files_new(struct target *overlay, const char *sysroot,
			       struct module_files **ret)
{
	struct module_files *files = calloc(1, sizeof(*files));
	if (!files)
		return &error_no_memory;
	arena_init(&files->arena);
	files->overlay = overlay;
	files->reason = "";
	struct error *error = file_search_new(sysroot, &files->search);
	if (error) {
		free(files);
		return error;
	}
	*ret = files;
	return NULL;
}

void module_files_free(struct module_files *files)
{
	if (!files)
		return;
	file_search_free(files->search);
	arena_deinit(&files->arena);
	free(files->answers);
	free(files);
}

const char *module_files_reason(const struct module_files *files)
{
	return files->reason;
}

/* One clause on why not; of several files the last one's counts. */
static void explain(struct module_files *files, const char *format, ...) PRINTF_LIKE(2, 3);
static void explain(struct module_files *files, const char *format, ...)
{
	char text[LIMIT_PATH_BYTES + 256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	size_t size = length < 0 ? 0 : (size_t)length;
	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	const char *copy = arena_copy_text(&files->arena, text, size);
	files->reason = copy ? copy : "out of memory";
}

static const struct answer *find_answer(struct module_files *files, uint64_t address,
					const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->answers[i].address == address && !strcmp(files->answers[i].path, path))
			return &files->answers[i];
	return NULL;
}

static struct error *keep_answer(struct module_files *files, struct answer answer)
{
	if (files->count == files->capacity) {
		size_t capacity = files->capacity ? files->capacity * 2 : 64;
		struct answer *answers = reallocarray(files->answers, capacity, sizeof(*answers));
		if (!answers)
			return &error_no_memory;
		files->answers = answers;
		files->capacity = capacity;
	}
	answer.path = arena_copy_text(&files->arena, answer.path, strlen(answer.path));
	if (!answer.path)
		return &error_no_memory;
	answer.reason = files->reason;
	files->answers[files->count++] = answer;
	return NULL;
}

/* A candidate file that was opened; given to the overlay, or unmapped. */
static void opened_cleanup(struct mapped_file *file)
{
	if (file->bytes)
		mapped_file_release(file->bytes, file->size);
}

static struct error *hand_over(struct module_files *files, struct mapped_file *file)
{
	TRY(overlay_target_keep(files->overlay, file->bytes, file->size, mapped_file_release));
	*file = (struct mapped_file){ 0 }; /* the overlay's now */
	return NULL;
}

static void release_memory(const uint8_t *bytes, size_t size)
{
	(void)size;
	free((void *)bytes);
}

/* The words whose values are known, run by run. Takes data->bytes. */
static struct error *lay_data(struct module_files *files, struct elf_data *data, uint64_t bias)
{
	enum { WORD = 8 };
	if (!data->size)
		return NULL;
	const uint8_t *bytes = data->bytes;
	TRY(overlay_target_keep(files->overlay, bytes, data->size, release_memory));
	data->bytes = NULL;
	for (size_t word = 0; word < data->size / WORD;) {
		size_t end = word;
		while (end < data->size / WORD && data->known[end])
			end++;
		if (end > word)
			TRY(overlay_target_add(files->overlay, bias + data->vaddr + word * WORD,
					       bytes + word * WORD, (end - word) * WORD, NULL));
		word = end + 1;
	}
	return NULL;
}

/* The segments that a program cannot write, then RELRO. What it can write is not in the file. */
static struct error *lay_elf(struct module_files *files, const struct elf_file *elf, uint64_t bias)
{
	for (size_t i = 0; i < elf->count; i++) {
		const Elf64_Phdr *header = &elf->headers[i];
		if (header->p_type != PT_LOAD || (header->p_flags & PF_W) || !header->p_filesz ||
		    !range_within(header->p_offset, header->p_filesz, elf->size))
			continue;
		TRY(overlay_target_add(files->overlay, bias + header->p_vaddr,
				       elf->bytes + header->p_offset, (size_t)header->p_filesz,
				       NULL));
	}
	CLEANUP(elf_data_deinit) struct elf_data relro = { 0 };
	TRY(elf_file_relro(elf, bias, &relro));
	return lay_data(files, &relro, bias);
}

static struct error *try_elf(struct module_files *files, const struct elf_module *module,
			     const char *path, struct answer *answer)
{
	CLEANUP(opened_cleanup) struct mapped_file file = { 0 };
	struct elf_file elf;
	if (!mapped_file_open(path, &file))
		return NULL;
	if (!elf_file_read(file.bytes, file.size, &elf)) {
		explain(files, "%s is no ELF module", path);
		return NULL;
	}
	if (elf.build_id_size != module->build_id_size ||
	    memcmp(elf.build_id, module->build_id, elf.build_id_size)) {
		explain(files, "%s is of another build (its build-id differs)", path);
		return NULL;
	}
	struct mapped_file kept = file;
	TRY(hand_over(files, &file));
	TRY(lay_elf(files, &elf, module->bias));
	answer->file = kept;
	answer->admitted = true;
	return NULL;
}

struct error *module_files_admit_elf(struct module_files *files, const struct elf_module *module,
				     bool *ret_admitted)
{
	*ret_admitted = false;
	const struct answer *known = find_answer(files, module->base, module->path);
	if (known) {
		files->reason = known->reason;
		*ret_admitted = known->admitted;
		return NULL;
	}
	struct answer answer = { .address = module->base, .path = module->path };
	CLEANUP(arena_deinit) struct arena scratch;
	arena_init(&scratch);
	struct file_candidate *candidates;
	size_t count;
	if (!module->build_id_size) {
		explain(files, "the dump does not hold the build-id of %s", module->path);
		return keep_answer(files, answer);
	}
	explain(files, "there is no file %s here", module->path);
	TRY(file_search_find(files->search, module->path, &scratch, &candidates, &count));
	for (size_t i = 0; i < count && !answer.admitted; i++)
		TRY(try_elf(files, module, candidates[i].path, &answer));
	if (answer.admitted)
		files->reason = "";
	*ret_admitted = answer.admitted;
	return keep_answer(files, answer);
}

struct error *module_files_lay_data(struct module_files *files, const struct elf_module *module,
				    uint64_t address, uint64_t size, bool *ret_laid)
{
	*ret_laid = false;
	const struct answer *answer = find_answer(files, module->base, module->path);
	struct elf_file elf;
	if (!answer || !answer->admitted ||
	    !elf_file_read(answer->file.bytes, answer->file.size, &elf))
		return NULL;
	CLEANUP(elf_data_deinit) struct elf_data data = { 0 };
	TRY(elf_file_data(&elf, module->bias, address - module->bias, size, &data));
	*ret_laid = data.size > 0;
	return lay_data(files, &data, module->bias);
}

/* Where the target mapped a managed file, and what it still knows of it. */
struct pe_wanted {
	struct module_files *files;
	uint64_t address;
	const char *path;     /* in scratch */
	uint64_t file_offset; /* of the PE in that file: not 0 in a single-file app */
	const uint8_t *mvid;
	struct arena *scratch;
	bool headers_known;
	struct pe_file headers; /* as the target holds them */
};

static struct error *find_path(const struct mapping *mapping, void *context)
{
	struct pe_wanted *wanted = context;
	if (wanted->address < mapping->start || wanted->address >= mapping->end)
		return NULL;
	wanted->file_offset = mapping->file_offset + (wanted->address - mapping->start);
	wanted->path = arena_copy_text(wanted->scratch, mapping->path,
				       strnlen(mapping->path, LIMIT_PATH_BYTES));
	return wanted->path ? NULL : &error_no_memory;
}

/* A mapping of the file in the target. */
struct file_span {
	uint64_t address;
	uint64_t start, end; /* in the file */
};

struct pe_layer {
	const struct pe_wanted *wanted;
	const uint8_t *file; /* whole */
	uint64_t end;        /* of the PE in the file */
	struct pe_file_part
		*changed; /* ascending by file offset, which counts from the PE's start */
	size_t changed_count, changed_capacity;
	struct file_span *spans;
	size_t span_count, span_capacity;
};

static void pe_layer_deinit(struct pe_layer *layer)
{
	free(layer->changed);
	free(layer->spans);
}

static struct error *take_changed(const struct pe_file_part *part, void *context)
{
	struct pe_layer *layer = context;
	if (layer->changed_count == layer->changed_capacity) {
		size_t capacity = layer->changed_capacity ? layer->changed_capacity * 2 : 64;
		struct pe_file_part *changed =
			reallocarray(layer->changed, capacity, sizeof(*changed));
		if (!changed)
			return &error_no_memory;
		layer->changed = changed;
		layer->changed_capacity = capacity;
	}
	layer->changed[layer->changed_count++] = *part;
	return NULL;
}

static int compare_changed(const void *left, const void *right)
{
	const struct pe_file_part *a = left, *b = right;
	return a->file_offset < b->file_offset ? -1 : a->file_offset > b->file_offset;
}

static struct error *take_span(const struct mapping *mapping, void *context)
{
	struct pe_layer *layer = context;
	uint64_t end = mapping->file_offset + (mapping->end - mapping->start);
	if (mapping->file_offset >= layer->end || end <= layer->wanted->file_offset ||
	    layer->span_count >= LIMIT_FILE_MAPPINGS || strcmp(mapping->path, layer->wanted->path))
		return NULL;
	if (layer->span_count == layer->span_capacity) {
		size_t capacity = layer->span_capacity ? layer->span_capacity * 2 : 16;
		struct file_span *spans = reallocarray(layer->spans, capacity, sizeof(*spans));
		if (!spans)
			return &error_no_memory;
		layer->spans = spans;
		layer->span_capacity = capacity;
	}
	layer->spans[layer->span_count++] =
		(struct file_span){ mapping->start, mapping->file_offset, end };
	return NULL;
}

/*
 * Does this mapping hold the changed part where the loaded image has it? Then it stands as far
 * behind a mapping of the headers as the part's RVA asks. The runtime also maps files whole (flat),
 * and the pages of one section can appear at the end of another's mapping: those are as in the
 * file.
 */
static bool is_loaded_there(const struct pe_layer *layer, const struct file_span *span,
			    const struct pe_file_part *part)
{
	uint64_t headers_at = layer->wanted->file_offset;
	uint64_t address = span->address + (headers_at + part->file_offset - span->start);
	for (size_t i = 0; i < layer->span_count; i++) {
		const struct file_span *headers = &layer->spans[i];
		if (headers->start <= headers_at && headers->end > headers_at &&
		    address - part->rva == headers->address + (headers_at - headers->start))
			return true;
	}
	return false;
}

/* One mapping: what the file has of it, without what loading changes. */
static struct error *lay_span(const struct pe_layer *layer, const struct file_span *span)
{
	uint64_t first = layer->wanted->file_offset;
	/* In a bundle another file may begin or end on the same page: not proven, so not laid. */
	uint64_t at = span->start > first ? span->start : first;
	uint64_t last = span->end < layer->end ? span->end : layer->end;
	for (size_t i = 0; at < last; i++) {
		while (i < layer->changed_count &&
		       (first + layer->changed[i].file_offset + layer->changed[i].size <= at ||
			!is_loaded_there(layer, span, &layer->changed[i])))
			i++;
		bool more = i < layer->changed_count;
		uint64_t stop = more ? first + layer->changed[i].file_offset : last;
		if (stop > last)
			stop = last;
		if (stop > at)
			TRY(overlay_target_add(layer->wanted->files->overlay,
					       span->address + (at - span->start), layer->file + at,
					       (size_t)(stop - at), NULL));
		if (!more)
			break;
		at = first + layer->changed[i].file_offset + layer->changed[i].size;
	}
	return NULL;
}

/* Lays the file, which is the overlay's already, under every mapping of it. */
static struct error *lay_pe(const struct pe_wanted *wanted, struct mapped_file file,
			    const struct pe_file *image, bool *ret_admitted)
{
	CLEANUP(pe_layer_deinit)
	struct pe_layer layer = { .wanted = wanted, .file = file.bytes };
	if (__builtin_add_overflow(wanted->file_offset, image->file_size, &layer.end) ||
	    layer.end > file.size)
		layer.end = file.size;
	TRY(pe_file_visit_changed(image, file.bytes + wanted->file_offset,
				  file.size - (size_t)wanted->file_offset, take_changed, &layer));
	if (layer.changed_count)
		qsort(layer.changed, layer.changed_count, sizeof(*layer.changed), compare_changed);
	TRY(target_visit_mappings(wanted->files->overlay, take_span, &layer));
	for (size_t i = 0; i < layer.span_count; i++)
		TRY(lay_span(&layer, &layer.spans[i]));
	*ret_admitted = layer.span_count > 0;
	if (!layer.span_count)
		explain(wanted->files, "the dump does not say where %s was mapped", wanted->path);
	return NULL;
}

/* Is this file the one the target had? *ret_proven: something in the target says so. */
static bool pe_matches(const struct pe_wanted *wanted, const char *path, struct mapped_file file,
		       struct pe_file *image, bool *ret_proven)
{
	*ret_proven = false;
	if (wanted->file_offset >= file.size ||
	    !pe_file_read(file.bytes + wanted->file_offset, file.size - (size_t)wanted->file_offset,
			  image)) {
		explain(wanted->files, "%s holds no PE image where the dump has one", path);
		return false;
	}
	if (wanted->headers_known) {
		if (image->timestamp != wanted->headers.timestamp ||
		    image->image_size != wanted->headers.image_size) {
			explain(wanted->files, "%s is of another build (its PE headers differ)",
				path);
			return false;
		}
		*ret_proven = image->timestamp != 0;
	}
	uint8_t mvid[PE_FILE_MVID_BYTES];
	if (!wanted->mvid)
		return true;
	if (!pe_file_mvid(image, file.bytes + wanted->file_offset,
			  file.size - (size_t)wanted->file_offset, mvid) ||
	    memcmp(mvid, wanted->mvid, sizeof(mvid))) {
		explain(wanted->files, "%s is of another build (its MVID differs)", path);
		return false;
	}
	*ret_proven = true;
	return true;
}

static struct error *try_pe(const struct pe_wanted *wanted, const struct file_candidate *candidate,
			    bool only_one_of_name, struct answer *answer)
{
	CLEANUP(opened_cleanup) struct mapped_file file = { 0 };
	struct pe_file image;
	bool proven;
	if (!mapped_file_open(candidate->path, &file) ||
	    !pe_matches(wanted, candidate->path, file, &image, &proven))
		return NULL;
	if (!proven && !candidate->from_sysroot) {
		explain(wanted->files, "nothing in the dump proves that %s is the file it had",
			candidate->path);
		return NULL;
	}
	if (!proven && candidate->by_name_only && !only_one_of_name) {
		explain(wanted->files,
			"several files are named %s, and nothing in the dump says "
			"which it had",
			path_file_name(candidate->path));
		return NULL;
	}
	struct mapped_file kept = file;
	TRY(hand_over(wanted->files, &file));
	answer->unverified = !proven;
	return lay_pe(wanted, kept, &image, &answer->admitted);
}

static struct error *search_pe(const struct pe_wanted *wanted, struct answer *answer)
{
	struct file_candidate *candidates;
	size_t count, by_name = 0;
	explain(wanted->files, "there is no file %s here", wanted->path);
	TRY(file_search_find(wanted->files->search, wanted->path, wanted->scratch, &candidates,
			     &count));
	for (size_t i = 0; i < count; i++)
		by_name += candidates[i].by_name_only;
	for (size_t i = 0; i < count && !answer->admitted; i++)
		TRY(try_pe(wanted, &candidates[i], by_name == 1, answer));
	return NULL;
}

struct error *module_files_admit_pe(struct module_files *files, uint64_t address, const char *path,
				    const uint8_t *mvid, bool *ret_admitted, bool *ret_unverified)
{
	enum { HEADERS_BYTES = 4096 };
	uint8_t headers[HEADERS_BYTES];
	*ret_admitted = *ret_unverified = false;
	CLEANUP(arena_deinit) struct arena scratch;
	arena_init(&scratch);
	struct pe_wanted wanted = {
		.files = files, .address = address, .mvid = mvid, .scratch = &scratch
	};
	if (address)
		TRY(target_visit_mappings(files->overlay, find_path, &wanted));
	if (!wanted.path)
		wanted.path = path ? path : "";
	const struct answer *known = find_answer(files, address, wanted.path);
	struct answer answer = { .address = address, .path = wanted.path };
	if (known) {
		answer = *known;
		files->reason = known->reason;
	} else if (!wanted.path[0]) {
		explain(files, "the dump does not say which file is mapped at %#llx",
			(unsigned long long)address);
		TRY(keep_answer(files, answer));
	} else {
		struct target *own = overlay_target_lower(files->overlay);
		size_t size =
			address ? target_read_some(own, address, headers, sizeof(headers)) : 0;
		wanted.headers_known = pe_file_read(headers, size, &wanted.headers);
		TRY(search_pe(&wanted, &answer));
		if (answer.admitted)
			files->reason = "";
		TRY(keep_answer(files, answer));
	}
	*ret_admitted = answer.admitted;
	*ret_unverified = answer.unverified;
	return NULL;
}
