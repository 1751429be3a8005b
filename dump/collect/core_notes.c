#include "dump/collect/core_notes.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <elf.h>
#include <sys/procfs.h>

/* NT_SIGINFO and NT_FILE are in elf.h; their formats in fs/binfmt_elf.c: fill_siginfo_note,
 * fill_files_note. Notes are padded to 4 bytes (gABI, chapter 5, "Note Section"). */
enum { NOTE_ALIGNMENT = 4, MICROSECONDS = 1000000 };

static void append_padding(struct text *text, size_t size)
{
	static const char zeros[NOTE_ALIGNMENT];
	size_t over = size % NOTE_ALIGNMENT;
	if (over)
		text_append_bytes(text, zeros, NOTE_ALIGNMENT - over);
}

/* linux/elf.h: the sets that SVR4 did not know are the kernel's own */
static const char *owner_of(unsigned type)
{
	bool core = type == NT_PRSTATUS || type == NT_PRFPREG || type == NT_PRPSINFO ||
		    type == NT_SIGINFO || type == NT_AUXV || type == NT_FILE;
	if (type == CORE_MARK_NOTE || type == CORE_USAGE_NOTE)
		return CORE_MARK_OWNER;
	return core ? "CORE" : "LINUX";
}

static void append_note(struct text *text, unsigned type, const void *bytes, size_t size)
{
	const char *owner = owner_of(type);
	Elf64_Nhdr header = { .n_namesz = (Elf64_Word)strlen(owner) + 1,
			      .n_descsz = (Elf64_Word)size,
			      .n_type = type };
	if (text->length > LIMIT_NOTE_BYTES)
		return; /* core_notes_build() refuses */
	text_append_bytes(text, (const char *)&header, sizeof(header));
	text_append_bytes(text, owner, header.n_namesz);
	append_padding(text, header.n_namesz);
	text_append_bytes(text, bytes, size);
	append_padding(text, size);
}

static struct timeval time_of(int64_t ticks, uint32_t ticks_per_second)
{
	struct timeval time = { 0 };
	if (ticks > 0 && ticks_per_second) {
		time.tv_sec = ticks / ticks_per_second;
		time.tv_usec = ticks % ticks_per_second * (MICROSECONDS / ticks_per_second);
	}
	return time;
}

static void append_prstatus(struct text *text, const struct core_process *process,
			    const struct stopped_thread *thread)
{
	const struct register_note *general = thread_register_note(thread, NT_PRSTATUS);
	uint32_t tick = process->ticks_per_second;
	struct elf_prstatus status = { 0 };
	status.pr_info.si_signo = thread->signal;
	status.pr_info.si_code = thread->siginfo.si_code;
	status.pr_info.si_errno = thread->siginfo.si_errno;
	status.pr_cursig = (short)thread->signal;
	status.pr_sigpend = thread->signals_pending;
	status.pr_sighold = thread->signals_blocked;
	status.pr_pid = thread->namespace_tid;
	status.pr_ppid = process->parent_pid;
	status.pr_pgrp = process->group;
	status.pr_sid = process->session;
	status.pr_utime = time_of(thread->user_ticks, tick);
	status.pr_stime = time_of(thread->system_ticks, tick);
	status.pr_cutime = time_of(thread->child_user_ticks, tick);
	status.pr_cstime = time_of(thread->child_system_ticks, tick);
	size_t size = general->size;
	memcpy(&status.pr_reg, general->bytes,
	       size < sizeof(status.pr_reg) ? size : sizeof(status.pr_reg));
	status.pr_fpvalid = thread_register_note(thread, NT_PRFPREG) != NULL;
	append_note(text, NT_PRSTATUS, &status, sizeof(status));
}

static void copy_cut(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);
	memcpy(to, from, length);
}

static void append_prpsinfo(struct text *text, const struct core_process *process)
{
	/* fs/binfmt_elf.c: fill_psinfo: the state's index in this list, and its letter */
	static const char states[] = "RSDTZW";
	struct elf_prpsinfo info = { 0 };
	const char *state = strchr(states, process->state ? process->state : 'R');
	info.pr_state = (char)(state ? state - states : 0);
	info.pr_sname = state ? *state : '.';
	info.pr_zomb = info.pr_sname == 'Z';
	info.pr_nice = (char)process->nice;
	info.pr_flag = process->flags;
	info.pr_uid = process->uid;
	info.pr_gid = process->gid;
	info.pr_pid = process->pid;
	info.pr_ppid = process->parent_pid;
	info.pr_pgrp = process->group;
	info.pr_sid = process->session;
	copy_cut(info.pr_fname, sizeof(info.pr_fname), process->name);
	copy_cut(info.pr_psargs, sizeof(info.pr_psargs), process->arguments);
	append_note(text, NT_PRPSINFO, &info, sizeof(info));
}

static void append_number(struct text *text, uint64_t number)
{
	text_append_bytes(text, (const char *)&number, sizeof(number));
}

/* count, page size; start, end, offset in pages of each; then the paths, each with its NUL. */
static struct error *append_files(struct text *text, const struct core_process *process)
{
	CLEANUP(text_deinit) struct text files = { 0 };
	uint64_t count = 0;
	for (size_t i = 0; i < process->map_count; i++)
		count += process->maps[i].path[0] == '/';
	if (!count)
		return NULL;
	append_number(&files, count);
	append_number(&files, process->page_size);
	for (size_t i = 0; i < process->map_count; i++) {
		const struct process_map *map = &process->maps[i];
		if (map->path[0] != '/')
			continue;
		append_number(&files, map->start);
		append_number(&files, map->end);
		append_number(&files, map->file_offset / process->page_size);
	}
	for (size_t i = 0; i < process->map_count; i++)
		if (process->maps[i].path[0] == '/')
			text_append_bytes(&files, process->maps[i].path,
					  strlen(process->maps[i].path) + 1);
	if (text_failed(&files))
		return &error_no_memory;
	append_note(text, NT_FILE, files.bytes, files.length);
	return NULL;
}

static void append_other_sets(struct text *text, const struct stopped_thread *thread)
{
	for (size_t i = 0; i < thread->set_count; i++)
		if (thread->sets[i].note_type != NT_PRSTATUS)
			append_note(text, thread->sets[i].note_type, thread->sets[i].bytes,
				    thread->sets[i].size);
}

struct error *core_notes_build(const struct core_process *process, struct text *ret)
{
	bool first = true;
	for (size_t i = 0; i < process->thread_count; i++) {
		const struct stopped_thread *thread = &process->threads[i];
		if (!thread_register_note(thread, NT_PRSTATUS))
			continue;
		append_prstatus(ret, process, thread);
		if (first) {
			append_prpsinfo(ret, process);
			append_note(ret, NT_SIGINFO, &thread->siginfo, sizeof(thread->siginfo));
			if (process->auxv_size)
				append_note(ret, NT_AUXV, process->auxv, process->auxv_size);
			TRY(append_files(ret, process));
		}
		append_other_sets(ret, thread);
		first = false;
	}
	if (process->mark)
		append_note(ret, CORE_MARK_NOTE, process->mark, sizeof(*process->mark));
	if (process->usage && process->usage->resident_bytes)
		append_note(ret, CORE_USAGE_NOTE, process->usage, sizeof(*process->usage));
	if (ret->length > LIMIT_NOTE_BYTES)
		return error_new(ERROR_UNSUPPORTED,
				 "the process has more threads and files than notes of %d MiB hold",
				 LIMIT_NOTE_BYTES >> 20);
	return text_failed(ret) ? &error_no_memory : NULL;
}
