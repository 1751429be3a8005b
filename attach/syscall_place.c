#include "attach/syscall_place.h"

#include "attach/credentials.h"
#include "attach/proc_file.h"
#include "attach/process_memory.h"
#include "attach/thread_registers.h"
#include "base/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SEGMENTS_MAX = 64, WORD_BYTES = 8 };

/* The mapping of the file's first bytes, with its headers; NULL: not there. A loader puts a file's
 * mappings one after the other. The process is stopped: no further back is looked than for a
 * few. */
static const struct process_map *first_of(const struct process_maps *maps, size_t index)
{
	enum { MAPPINGS_BACK = 16 };
	const char *path = maps->maps[index].path;
	for (size_t back = 0; back <= index && back < MAPPINGS_BACK; back++) {
		const struct process_map *map = &maps->maps[index - back];
		if (!map->file_offset && !strcmp(map->path, path))
			return map;
	}
	return NULL;
}

typedef size_t (*read_function)(struct target *target, uint64_t address, void *buffer, size_t size);

/* Where the bytes of the file's segment that `map` shows end, by the ELF headers at its start; 0:
 * they do not show it. */
static uint64_t end_of_code(struct target *target, read_function read,
			    const struct process_map *first, const struct process_map *map)
{
	Elf64_Ehdr header;
	Elf64_Phdr segments[SEGMENTS_MAX];
	if (read(target, first->start, &header, sizeof(header)) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_phentsize != sizeof(segments[0]) || header.e_phnum > SEGMENTS_MAX ||
	    header.e_phoff > first->end - first->start)
		return 0;
	size_t size = header.e_phnum * sizeof(segments[0]);
	if (read(target, first->start + header.e_phoff, segments, size) != size)
		return 0;
	for (size_t i = 0; i < header.e_phnum; i++) {
		const Elf64_Phdr *segment = &segments[i];
		uint64_t into = segment->p_offset - map->file_offset; /* less than a page */
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) &&
		    into < target->page_size && segment->p_filesz == segment->p_memsz &&
		    segment->p_filesz <= map->end - map->start - into)
			return map->start + into + segment->p_filesz;
	}
	return 0;
}

static bool is_zeros(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Cuts the end of the mapping into places, from its last byte on. */
static void add_places(struct target *target, read_function read, const struct process_map *map,
		       uint64_t start, struct syscall_places *ret)
{
	uint8_t bytes[SYSCALL_CODE_BYTES];
	for (uint64_t end = map->end;
	     end - start >= sizeof(bytes) && ret->count < SYSCALL_PLACES_MAX;
	     end -= sizeof(bytes)) {
		uint64_t address = end - sizeof(bytes);
		if (read(target, address, bytes, sizeof(bytes)) != sizeof(bytes))
			return;
		bool marked = syscall_code_is_marked(bytes);
		if (marked || is_zeros(bytes, sizeof(bytes)))
			ret->places[ret->count++] =
				(struct syscall_place){ .address = address, .marked = marked };
	}
}

static bool is_libc(const char *path)
{
	return strstr(path, "/libc.") || strstr(path, "/libc-") || strstr(path, "/ld-musl");
}

/* Adds libc's places, or those of all others. */
static void find_in(struct target *target, read_function read, const struct process_maps *maps,
		    bool libc, struct syscall_places *ret)
{
	for (size_t i = 0; i < maps->count && ret->count < SYSCALL_PLACES_MAX; i++) {
		const struct process_map *map = &maps->maps[i];
		if (map->kind != PROCESS_MAP_FILE || map->shared ||
		    map->protection != (PF_R | PF_X) || is_libc(map->path) != libc)
			continue;
		const struct process_map *first = first_of(maps, i);
		uint64_t end = first ? end_of_code(target, read, first, map) : 0;
		if (end && map->end - end < target->page_size)
			add_places(target, read, map, end, ret);
	}
}

void syscall_places_find(struct target *target, const struct process_maps *maps,
			 struct syscall_places *ret)
{
	ret->count = 0;
	find_in(target, process_memory_read_mapped, maps, true, ret);
	find_in(target, process_memory_read_mapped, maps, false, ret);
}

void syscall_places_fetch(struct target *target, const struct process_maps *maps)
{
	struct syscall_places places = { .count = 0 };
	find_in(target, process_memory_read_through, maps, true, &places);
	for (size_t i = 0; i < places.count; i++)
		if (!places.places[i].marked)
			return;
	find_in(target, process_memory_read_through, maps, false, &places);
}

static bool is_within(const struct syscall_place *place, uint64_t address)
{
	return address - place->address < SYSCALL_CODE_BYTES;
}

bool syscall_places_hold(const struct syscall_places *places, const struct stopped_thread *thread)
{
	struct user_regs_struct registers;
	if (!thread_general_registers(thread, &registers))
		return false;
	for (size_t i = 0; i < places->count; i++)
		if (places->places[i].marked &&
		    is_within(&places->places[i], syscall_registers_place(&registers)))
			return true;
	return false;
}

static int write_word(int tid, uint64_t address, uint64_t word)
{
	return ptrace(PTRACE_POKEDATA, tid, (void *)(uintptr_t)address, (void *)(uintptr_t)word)
		       ? errno
		       : 0;
}

int syscall_place_write(int tid, uint64_t address, const uint8_t bytes[static SYSCALL_CODE_BYTES])
{
	for (size_t at = 0; at < SYSCALL_CODE_BYTES; at += WORD_BYTES) {
		uint64_t word;
		memcpy(&word, bytes + at, sizeof(word));
		int failed = word ? write_word(tid, address + at, word) : 0;
		if (failed)
			return failed;
	}
	return 0;
}

int syscall_place_clear(int tid, uint64_t address)
{
	for (size_t at = SYSCALL_CODE_BYTES; at > 0; at -= WORD_BYTES) {
		int failed = write_word(tid, address + at - WORD_BYTES, 0);
		if (failed)
			return failed;
	}
	return 0;
}

/* --- what killed ones left */

enum { PIECE_BYTES = 32 * 1024, STACK_BYTES_MAX = 8 * 1024 * 1024, THREADS_MAX = 512 };

/* Where the used part of a stack ends: at the thread's own record, else with its mapping, to which
 * others may have been joined. 0: that is not known. */
static uint64_t end_of_stack(const struct process_maps *maps, const struct stopped_thread *thread,
			     uint64_t stack)
{
	uint64_t end = 0, record = thread_pointer(thread);
	const struct process_map *map = process_maps_find(maps, stack);
	if (map)
		end = map->end;
	if (end > record && record > stack)
		end = record;
	return end > stack + STACK_BYTES_MAX ? stack + STACK_BYTES_MAX : end;
}

/* Takes the mark off (in our list) those that a word of the stack leads to. false: not all of it
 * can be read. */
static bool keep_returned_to(struct target *target, uint64_t stack, uint64_t end, uint64_t *piece,
			     struct syscall_places *places)
{
	while (stack < end) {
		size_t wanted = end - stack < PIECE_BYTES ? (size_t)(end - stack) : PIECE_BYTES;
		if (target_read_some(target, stack, piece, wanted) != wanted)
			return false;
		for (size_t i = 0; i < places->count; i++)
			for (size_t word = 0; word < wanted / WORD_BYTES; word++)
				places->places[i].marked &=
					!is_within(&places->places[i], piece[word]);
		stack += wanted;
	}
	return true;
}

/* Takes the mark off those that the thread is in or may come back to. */
static void keep_used(struct target *target, const struct process_maps *maps,
		      const struct stopped_thread *thread, uint64_t *piece,
		      struct syscall_places *places)
{
	enum { ALIGNED = ~(uint64_t)(WORD_BYTES - 1) };
	struct user_regs_struct registers;
	if (!thread_general_registers(thread, &registers)) {
		places->count = 0; /* it sleeps, and cannot be asked */
		return;
	}
	if (syscall_registers_of_worker(&registers))
		return;
	uint64_t stack = syscall_registers_stack(&registers) & ALIGNED;
	uint64_t end = end_of_stack(maps, thread, stack);
	for (size_t i = 0; i < places->count; i++)
		places->places[i].marked &=
			!is_within(&places->places[i], syscall_registers_place(&registers));
	if (end <= stack || !keep_returned_to(target, stack, end, piece, places))
		places->count = 0;
}

struct memory_user {
	int memory_id, process;
	bool found;
};

/* False also where we may not look. */
static bool is_same_memory(int pid, int other)
{
	CLEANUP(credentials_lower)
	MAYBE_UNUSED struct raised before = credentials_raise(CREDENTIALS_LOOK);
	return !syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0);
}

static struct error *uses_it_too(pid_t pid, void *context)
{
	struct memory_user *user = context;
	user->found = pid != user->process && pid != user->memory_id &&
		      is_same_memory(user->memory_id, (int)pid);
	return user->found ? &error_stop : NULL;
}

/* Does another process run in its memory (clone(2), CLONE_VM without CLONE_THREAD; vfork(2))? Its
 * threads may be in a place, too, and are not stopped. */
static bool is_shared(const struct target *target)
{
	struct memory_user user = { process_memory_files_id(target), target->pid, false };
	if (!is_same_memory(user.memory_id, user.memory_id))
		return true; /* not known here: no kcmp(2), or a filter forbids it */
	struct error *error = proc_visit_processes(uses_it_too, &user);
	bool listed = !error;
	error_free(error);
	return !listed || user.found;
}

void syscall_places_clean(struct target *target, const struct process_maps *maps,
			  const struct thread_stop *stop, struct syscall_places *places)
{
	size_t count, marked = 0;
	const struct stopped_thread *threads = thread_stop_threads(stop, &count);
	struct syscall_places unused = *places;
	for (size_t i = 0; i < places->count; i++)
		marked += places->places[i].marked;
	CLEANUP(free_cleanup) uint64_t *piece = marked ? malloc(PIECE_BYTES) : NULL;
	if (!piece || count > THREADS_MAX || is_shared(target))
		return;
	for (size_t i = 0; i < count && unused.count; i++)
		keep_used(target, maps, &threads[i], piece, &unused);
	for (size_t i = 0; i < unused.count && count; i++)
		if (unused.places[i].marked &&
		    !syscall_place_clear(threads[0].tid, unused.places[i].address))
			places->places[i].marked = false;
}
