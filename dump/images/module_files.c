#include "dump/images/module_files_internal.h"

#include "attach/target/overlay_target.h"
#include "base/bytes.h"
#include "base/list.h"
#include "dump/images/elf_file.h"

struct error *module_files_new(struct target *overlay, const char *sysroot,
			       struct module_files **ret)
{
	struct module_files *files = calloc(1, sizeof(*files));
	if (!files)
		return &error_no_memory;
	arena_init(&files->arena);
	files->overlay = overlay;
	files->reason = "";
	struct error *error = file_search_new(overlay, sysroot, &files->search);
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

void module_files_set_task(struct module_files *files, const struct task *task)
{
	files->task = task;
	file_search_set_task(files->search, task);
}

const char *module_files_sysroot(const struct module_files *files)
{
	return files ? file_search_sysroot(files->search) : NULL;
}

const char *module_files_reason(const struct module_files *files)
{
	return files->reason;
}

bool module_files_refused(const struct module_files *files)
{
	return files->refused;
}

void module_files_explain(struct module_files *files, const char *format, ...)
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
	files->refused = true;
}

const struct answer *module_files_known(struct module_files *files, uint64_t address,
					const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->answers[i].address == address && !strcmp(files->answers[i].path, path))
			return &files->answers[i];
	return NULL;
}

struct error *module_files_remember(struct module_files *files, struct answer answer)
{
	TRY(LIST_GROW(files->answers, files->count, files->capacity));
	answer.path = arena_copy_text(&files->arena, answer.path, strlen(answer.path));
	if (!answer.path)
		return &error_no_memory;
	answer.reason = files->reason;
	answer.refused = files->refused;
	files->answers[files->count++] = answer;
	return NULL;
}

void opened_file_cleanup(struct mapped_file *file)
{
	if (file->bytes)
		mapped_file_release(file->bytes, file->size);
}

struct error *module_files_hand_over(struct module_files *files, struct mapped_file *file)
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
			     const struct file_candidate *candidate, struct answer *answer)
{
	CLEANUP(opened_file_cleanup) struct mapped_file file = { 0 };
	struct elf_file elf;
	const char *path = candidate->path;
	if (!file_search_open(files->search, candidate, &file))
		return NULL;
	if (!elf_file_read(file.bytes, file.size, &elf)) {
		module_files_explain(files, "%s is no ELF module", path);
		return NULL;
	}
	if (elf.build_id_size != module->build_id_size ||
	    memcmp(elf.build_id, module->build_id, elf.build_id_size)) {
		module_files_explain(files, "%s is of another build (its build-id differs)", path);
		return NULL;
	}
	struct mapped_file kept = file;
	TRY(module_files_hand_over(files, &file));
	TRY(lay_elf(files, &elf, module->bias));
	answer->file = kept;
	answer->admitted = true;
	return NULL;
}

struct error *module_files_admit_elf(struct module_files *files, const struct elf_module *module,
				     bool *ret_admitted)
{
	*ret_admitted = false;
	const struct answer *known = module_files_known(files, module->base, module->path);
	if (known) {
		files->reason = known->reason;
		files->refused = known->refused;
		*ret_admitted = known->admitted;
		return NULL;
	}
	struct answer answer = { .address = module->base, .path = module->path };
	CLEANUP(arena_deinit) struct arena scratch;
	arena_init(&scratch);
	struct file_query query;
	struct file_candidate candidate;
	bool more;
	if (!module->build_id_size) {
		module_files_explain(files, "the dump does not hold the build-id of %s",
				     module->path);
		return module_files_remember(files, answer);
	}
	module_files_explain(files, "there is no file %s here", module->path);
	files->refused = false;
	TRY(file_search_start(files->search, module->path, &scratch, &query));
	while (!answer.admitted) {
		TRY(file_search_next(&query, &candidate, &more));
		if (!more)
			break;
		TRY(try_elf(files, module, &candidate, &answer));
	}
	if (answer.admitted)
		files->reason = "";
	*ret_admitted = answer.admitted;
	return module_files_remember(files, answer);
}

struct error *module_files_lay_data(struct module_files *files, const struct elf_module *module,
				    uint64_t address, uint64_t size, bool *ret_laid)
{
	*ret_laid = false;
	const struct answer *answer = module_files_known(files, module->base, module->path);
	struct elf_file elf;
	if (!answer || !answer->admitted ||
	    !elf_file_read(answer->file.bytes, answer->file.size, &elf))
		return NULL;
	CLEANUP(elf_data_deinit) struct elf_data data = { 0 };
	TRY(elf_file_data(&elf, module->bias, address - module->bias, size, &data));
	*ret_laid = data.size > 0;
	return lay_data(files, &data, module->bias);
}
