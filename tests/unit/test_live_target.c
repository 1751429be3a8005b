/* Processes of our own making: no privilege is needed where Yama allows a parent to trace. */
#include "attach/live_target.h"
#include "attach/page_map.h"
#include "attach/process_memory.h"
#include "attach/shared_memory.h"
#include "attach/target/overlay_target.h"
#include "attach/thread_registers.h"
#include "base/list.h"
#include "dump/collect/core_layout.h"
#include "tests/unit/directory.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, THREADS = 3 };

static const char message[] = "memory of the process";

static void *wait_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

/* A child with three threads, or NULL's worth of one when that fails. */
static int start_child(void)
{
	int ready[2];
	char byte = 1;
	if (pipe(ready))
		abort();
	int pid = fork();
	if (!pid) {
		pthread_t thread;
		for (int i = 1; i < THREADS; i++)
			if (pthread_create(&thread, NULL, wait_forever, NULL))
				_exit(1);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		wait_forever(NULL);
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	return pid;
}

static struct error *open_target(int pid, bool stop, const struct task *task, struct target **ret)
{
	struct process_identity process = { .pid = pid };
	if (kill(pid, 0) == 0)
		TRY(process_identity_take(pid, &process));
	return live_target_open(&process, stop ? LIVE_STOPPED : LIVE_RUNNING, task, ret);
}

static char state_of(int pid)
{
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	CLEANUP(file_cleanup) FILE *file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	const char *behind = strrchr(line, ')');
	return behind && behind[1] ? behind[2] : 0;
}

/* Within a second. */
static bool becomes(int pid, char state)
{
	for (int i = 0; i < 1000 && state_of(pid) != state; i++)
		usleep(1000);
	return state_of(pid) == state;
}

static void end_child(const int *pid)
{
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
}

struct counted {
	int threads, with_registers, mappings;
	bool saw_message, saw_libc;
};

static struct error *count_thread(const struct target_thread *thread, void *context)
{
	struct counted *counted = context;
	counted->threads++;
	counted->with_registers += thread->note_size == sizeof(struct user_regs_struct);
	return NULL;
}

static struct error *count_mapping(const struct mapping *mapping, void *context)
{
	struct counted *counted = context;
	counted->mappings++;
	counted->saw_libc |= strstr(mapping->path, "libc") != NULL;
	return NULL;
}

static struct error *look_for_message(const struct region *region, void *context)
{
	struct counted *counted = context;
	uint64_t address = (uintptr_t)message;
	counted->saw_message |= region->start <= address && address < region->end;
	return NULL;
}

TEST(a_stopped_child)
{
	CLEANUP(end_child) int pid = start_child();
	char bytes[sizeof(message)];
	struct target *target;
	CHECK_OK(open_target(pid, true, NULL, &target));
	CHECK_NUMBER(state_of(pid), 't');
	struct counted counted = { 0 };
	size_t read = target_read_some(target, (uintptr_t)message, bytes, sizeof(bytes));
	struct error *error = target_visit_threads(target, count_thread, &counted);
	if (!error)
		error = target_visit_mappings(target, count_mapping, &counted);
	if (!error)
		error = target_visit_regions(target, look_for_message, &counted);
	uint64_t page_size = 0;
	CHECK(target_auxv(target, AT_PAGESZ, &page_size));
	double pause_ms = live_target_resume(target);
	CHECK(becomes(pid, 'S'));
	CHECK(pause_ms > 0 && pause_ms < 60000);
	target_close(target);
	CHECK_OK(error);
	CHECK_NUMBER(read, sizeof(bytes));
	CHECK_TEXT(bytes, message);
	CHECK_NUMBER(counted.threads, THREADS);
	CHECK_NUMBER(counted.with_registers, THREADS);
	CHECK(counted.mappings > 3 && counted.saw_message);
	CHECK_NUMBER(page_size, PAGE);
}

/* The forked child's first thread has the thread pointer that we have. */
TEST(the_registers_of_a_stopped_child)
{
	CLEANUP(end_child) int pid = start_child();
	struct target *target;
	CHECK_OK(open_target(pid, true, NULL, &target));
	size_t count;
	const struct stopped_thread *threads = live_target_threads(target, &count);
	CHECK(target->architecture == architecture_host);
	CHECK_NUMBER(count, THREADS);
	for (size_t i = 0; i < count; i++) {
		const struct register_note *general =
			thread_register_note(&threads[i], NT_PRSTATUS);
		const struct register_note *fpregs = thread_register_note(&threads[i], NT_PRFPREG);
		CHECK(general && general->size == architecture_registers_bytes(architecture_host));
		CHECK(fpregs && fpregs->size >= FPREG_BYTES_MAX);
		CHECK(thread_pointer(&threads[i]) != 0);
	}
	CHECK_NUMBER(thread_pointer(&threads[0]), (uintptr_t)__builtin_thread_pointer());
	target_close(target);
}

TEST(a_process_that_ends_under_us)
{
	CLEANUP(end_child) int pid = start_child();
	struct target *target, *overlay = NULL;
	CHECK_OK(open_target(pid, true, NULL, &target));
	struct error *error = overlay_target_new(target, &overlay);
	if (!error)
		error = target_check(overlay);
	kill(pid, SIGKILL);
	struct error *gone = NULL;
	for (int i = 0; i < 100 && !gone && !error; i++) {
		gone = target_check(overlay);
		if (!gone)
			usleep(20000);
	}
	target_close(overlay ? overlay : target);
	if (error)
		error_free(gone);
	CHECK_OK(error);
	/* It has ended since it was opened, or was killed while it was stopped, as the first to see
	 * it says. */
	CHECK_FAILS(gone, ERROR_NOT_FOUND, "nothing of it can be read any more");
}

/* Whatever allocation fails on the way in, the child runs on. */
TEST(never_left_stopped)
{
	CLEANUP(end_child) int pid = start_child();
	struct target *target = NULL;
	struct error *error = open_target(pid, true, NULL, &target);
	if (!error)
		target_close(target);
	bool runs = becomes(pid, 'S');
	if (!runs)
		abort(); /* CHECK does not count in every repetition */
	CHECK_OK(error);
}

TEST(a_child_in_job_control_stop_stays_there)
{
	CLEANUP(end_child) int pid = start_child();
	struct target *target;
	kill(pid, SIGSTOP);
	REQUIRE(becomes(pid, 'T'));
	CHECK_OK(open_target(pid, true, NULL, &target));
	CHECK_NUMBER(state_of(pid), 't');
	target_close(target);
	CHECK(becomes(pid, 'T'));
	kill(pid, SIGCONT);
	CHECK(becomes(pid, 'S'));
}

TEST(cancelled_before_it_begins)
{
	CLEANUP(end_child) int pid = start_child();
	volatile sig_atomic_t stop = 1;
	struct task task = { .stop = &stop };
	struct target *target;
	CHECK_FAILS(open_target(pid, true, &task, &target), ERROR_CANCELLED, "stopping");
	CHECK(becomes(pid, 'S'));
}

TEST(processes_that_cannot_be_opened)
{
	struct target *target;
	CHECK_FAILS(open_target(getpid(), true, NULL, &target), ERROR_USAGE, "itself");
	CHECK_FAILS(open_target(INT32_MAX, true, NULL, &target), ERROR_NOT_FOUND, "has ended");
	CHECK_FAILS(open_target(INT32_MAX, false, NULL, &target), ERROR_NOT_FOUND, "has ended");
}

TEST(a_running_process)
{
	struct target *target;
	char bytes[sizeof(message)];
	struct counted counted = { 0 };
	CHECK_OK(open_target(getpid(), false, NULL, &target));
	size_t read = target_read_some(target, (uintptr_t)message, bytes, sizeof(bytes));
	size_t nothing = target_read_some(target, 8, bytes, sizeof(bytes));
	size_t beyond = target_read_some(target, UINT64_MAX - 4096, bytes, sizeof(bytes));
	struct error *error = target_visit_threads(target, count_thread, &counted);
	CHECK(!live_target_stop(target));
	const struct process_maps *maps = process_memory_maps(target);
	size_t holding = 0;
	for (size_t i = 0; i < maps->count; i++)
		holding += (uintptr_t)message - maps->maps[i].start <
			   maps->maps[i].end - maps->maps[i].start;
	CHECK_NUMBER(holding, 1);
	target_close(target);
	CHECK_OK(error);
	CHECK_NUMBER(read, sizeof(bytes));
	CHECK_NUMBER(nothing, 0);
	CHECK_NUMBER(beyond, 0);
	CHECK_NUMBER(counted.threads, 1);
	CHECK_NUMBER(counted.with_registers, 0);
}

struct runs {
	uint64_t starts[16], ends[16];
	size_t count;
};

static struct error *note_run(uint64_t start, uint64_t end, void *context)
{
	struct runs *runs = context;
	if (runs->count < 16) {
		runs->starts[runs->count] = start;
		runs->ends[runs->count] = end;
	}
	runs->count++;
	return NULL;
}

static void check_runs(bool by_ioctl)
{
	enum { COUNT = 300000 }; /* more than one read of the page map */
	uint8_t *memory = mmap(NULL, (size_t)COUNT * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	madvise(memory, (size_t)COUNT * PAGE, MADV_NOHUGEPAGE);
	static const size_t touched[] = { 0, 1, 2, 7, 65535, 65536, COUNT - 1 };
	for (size_t i = 0; i < COUNT_OF(touched); i++)
		memory[touched[i] * PAGE] = 1;
	uint64_t start = (uintptr_t)memory, end = start + (uint64_t)COUNT * PAGE;
	struct runs runs = { 0 };
	struct page_map *map = NULL;
	struct error *error = page_map_open(getpid(), &map);
	if (!error && !by_ioctl)
		page_map_forget_ioctl(map);
	if (!error && (!by_ioctl || page_map_is_fast(map))) {
		error = page_map_visit(map, start, end, note_run, &runs);
		CHECK_NUMBER(runs.count, 4);
		CHECK_NUMBER(runs.starts[0], start);
		CHECK_NUMBER(runs.ends[0], start + 3 * PAGE);
		CHECK_NUMBER(runs.starts[1], start + 7 * PAGE);
		CHECK_NUMBER(runs.starts[2], start + 65535ull * PAGE);
		CHECK_NUMBER(runs.ends[2], start + 65537ull * PAGE);
		CHECK_NUMBER(runs.ends[3], end);
	}
	page_map_close(map);
	munmap(memory, (size_t)COUNT * PAGE);
	CHECK_OK(error);
}

TEST(touched_pages_by_ioctl)
{
	check_runs(true);
}

TEST(touched_pages_by_entries)
{
	check_runs(false);
}

static bool has_segment(const struct core_layout *layout, const uint8_t *start, size_t pages)
{
	for (size_t i = 0; i < layout->count; i++)
		if (layout->segments[i].start == (uintptr_t)start)
			return layout->segments[i].end == (uintptr_t)start + pages * PAGE;
	return false;
}

/* A page written through one mapping of a memfd and never touched through the other. */
TEST(layout_of_our_own_memory)
{
	CLEANUP(arena_deinit) struct arena arena;
	CLEANUP(fd_cleanup) int fd = memfd_create("layout", MFD_CLOEXEC);
	struct process_maps maps;
	struct core_layout layout = { 0 };
	arena_init(&arena);
	REQUIRE(fd >= 0 && !ftruncate(fd, 64 * PAGE));
	uint8_t *writable = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint8_t *other = mmap(NULL, 64 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	uint8_t *memory =
		mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(writable != MAP_FAILED && other != MAP_FAILED && memory != MAP_FAILED);
	madvise(memory, 64 * PAGE, MADV_NOHUGEPAGE);
	memset(writable + 10 * PAGE, 1, 2 * PAGE);
	memset(memory + 20 * PAGE, 1, 3 * PAGE);
	struct error *error = process_maps_read(getpid(), &arena, &maps);
	if (!error)
		error = core_layout_build(getpid(), &maps, NULL, &layout);
	if (!error) {
		CHECK(has_segment(&layout, other + 10 * PAGE, 2));
		CHECK_NUMBER(layout.lost_count > 0,
			     layout.unknown_bytes > 0 || layout.too_long_bytes > 0);
		CHECK(has_segment(&layout, memory + 20 * PAGE, 3));
		CHECK(!has_segment(&layout, memory, 1));
		for (size_t i = 1; i < layout.count; i++)
			CHECK(layout.segments[i - 1].end <= layout.segments[i].start);
		/* There are only pages that exist: one that cannot be read is a loss. */
		for (size_t i = 0; i < layout.count; i++)
			CHECK(!layout.segments[i].optional ||
			      layout.segments[i].start != (uintptr_t)(other + 10 * PAGE));
	}
	core_layout_deinit(&layout);
	munmap(writable, 64 * PAGE);
	munmap(other, 64 * PAGE);
	munmap(memory, 64 * PAGE);
	CHECK_OK(error);
}

/* A child whose folder at `path` is another than ours: a tmpfs in a mount namespace of its own,
 * with the file "own" and an absolute link "link" to it. 0: such a namespace cannot be had here. */
static int start_elsewhere(const char *path)
{
	char name[128], link[128], byte = 1;
	int ready[2];
	if (pipe2(ready, O_CLOEXEC))
		abort();
	snprintf(name, sizeof(name), "%s/own", path);
	snprintf(link, sizeof(link), "%s/link", path);
	int pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("tmpfs", path, "tmpfs", 0, "size=64k"))
			_exit(1);
		CLEANUP(file_cleanup) FILE *file = fopen(name, "w");
		if (!file || fputs("its own", file) < 0 || fflush(file) || symlink(name, link) ||
		    write(ready[1], &byte, 1) != 1)
			_exit(1);
		wait_forever(NULL);
	}
	close(ready[1]);
	ssize_t size = pid < 0 ? 0 : read(ready[0], &byte, 1);
	close(ready[0]);
	if (size != 1 && pid > 0)
		waitpid(pid, NULL, 0);
	return size == 1 ? pid : 0;
}

static bool file_says(struct target *target, const char *folder, const char *name, const char *text)
{
	char path[128], content[64] = "";
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	CLEANUP(fd_cleanup) int fd = target_open_file(target, path);
	ssize_t size = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);
	return size > 0 && !strcmp(content, text);
}

/* What is at a path is what the process sees there, not what we see. */
TEST(files_of_a_process_in_another_mount_namespace)
{
	DIRECTORY(folder);
	directory_write(&folder, "own", "ours", 4);
	directory_write(&folder, "ours", "ours", 4);
	int pid = start_elsewhere(folder.path);
	if (!pid)
		SKIP("a mount namespace of its own cannot be had here");
	CLEANUP(end_child) int child = pid;
	struct target *target;
	CHECK_OK(open_target(child, false, NULL, &target));
	CHECK(file_says(target, folder.path, "own", "its own"));
	CHECK(file_says(target, folder.path, "link", "its own"));
	CHECK(!file_says(target, folder.path, "ours", "ours"));
	struct target *overlay;
	struct error *error = overlay_target_new(target, &overlay);
	if (error)
		target_close(target);
	CHECK_OK(error);
	CHECK(file_says(overlay, folder.path, "own", "its own"));
	target_close(overlay);
}

static const struct tap_case cases[] = {
	CASE(a_stopped_child),
	CASE(the_registers_of_a_stopped_child),
	CASE(a_process_that_ends_under_us),
	CASE(never_left_stopped),
	CASE(a_child_in_job_control_stop_stays_there),
	CASE(cancelled_before_it_begins),
	CASE(processes_that_cannot_be_opened),
	CASE(a_running_process),
	CASE(touched_pages_by_ioctl),
	CASE(touched_pages_by_entries),
	CASE(layout_of_our_own_memory),
	CASE(files_of_a_process_in_another_mount_namespace),
};
TAP_MAIN(cases)
