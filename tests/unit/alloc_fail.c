#include "tests/unit/alloc_fail.h"

#include <errno.h>

/* What `ld --wrap` calls: __real_X is libc's X. Weak, so that a test links without the flags too.
 */
void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t count, size_t size) __attribute__((weak));
void *__real_realloc(void *memory, size_t size) __attribute__((weak));
void __real_free(void *memory) __attribute__((weak));
int __real_vasprintf(char **ret, const char *format, va_list arguments) __attribute__((weak));
int __real_pthread_create(pthread_t *ret, const pthread_attr_t *attributes,
			  void *(*run)(void *context), void *context) __attribute__((weak));

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
int __wrap_asprintf(char **ret, const char *format, ...) PRINTF_LIKE(2, 3);
int __wrap_vasprintf(char **ret, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes,
			  void *(*run)(void *context), void *context);

/* The live allocations, so that memory of libc's own (getline, realpath) freed by us is not taken
 * for ours: an open-addressing set that only the wrappers touch. */
struct live_set {
	void **slots;
	size_t capacity, count, used; /* used: with the tombstones */
};

static struct {
	size_t nth, asked;
	bool and_all_after, paused;
	size_t read_nth, reads;
	size_t threads_most, threads;
	struct live_set live;
} state = { .threads_most = SIZE_MAX };

/* Of all of the state: the program's threads allocate and read side by side. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *const TOMBSTONE = (void *)1;

static size_t slot_of(const struct live_set *set, const void *memory)
{
	return (size_t)((uintptr_t)memory * 0x9e3779b97f4a7c15u >> 20) & (set->capacity - 1);
}

static void set_put(struct live_set *set, void *memory)
{
	size_t i = slot_of(set, memory);
	while (set->slots[i] && set->slots[i] != TOMBSTONE)
		i = (i + 1) & (set->capacity - 1);
	if (!set->slots[i])
		set->used++;
	set->slots[i] = memory;
	set->count++;
}

static void set_add(struct live_set *set, void *memory)
{
	if (set->used * 2 >= set->capacity) {
		struct live_set bigger = { .capacity = set->count * 4 + 1024 };
		while (bigger.capacity & (bigger.capacity - 1))
			bigger.capacity &= bigger.capacity - 1;
		bigger.slots = __real_calloc(bigger.capacity, sizeof(*bigger.slots));
		if (!bigger.slots)
			abort();
		for (size_t i = 0; i < set->capacity; i++)
			if (set->slots[i] && set->slots[i] != TOMBSTONE)
				set_put(&bigger, set->slots[i]);
		__real_free(set->slots);
		*set = bigger;
	}
	set_put(set, memory);
}

static void set_remove(struct live_set *set, const void *memory)
{
	if (!set->capacity)
		return;
	size_t i = slot_of(set, memory);
	for (; set->slots[i]; i = (i + 1) & (set->capacity - 1)) {
		if (set->slots[i] == memory) {
			set->slots[i] = TOMBSTONE;
			set->count--;
			return;
		}
	}
}

static bool fail_now(void)
{
	pthread_mutex_lock(&lock);
	state.asked += !state.paused;
	bool fails = !state.paused && state.nth &&
		     (state.asked == state.nth || (state.and_all_after && state.asked > state.nth));
	pthread_mutex_unlock(&lock);
	return fails;
}

static void *made(void *memory)
{
	pthread_mutex_lock(&lock);
	if (memory)
		set_add(&state.live, memory);
	pthread_mutex_unlock(&lock);
	return memory;
}

/* Before it is freed: another thread may be given the same address right after. */
static void unmade(const void *memory)
{
	pthread_mutex_lock(&lock);
	if (memory)
		set_remove(&state.live, memory);
	pthread_mutex_unlock(&lock);
}

void *__wrap_malloc(size_t size)
{
	return fail_now() ? NULL : made(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fail_now() ? NULL : made(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	if (fail_now())
		return NULL;
	unmade(memory);
	void *moved = __real_realloc(memory, size);
	made(moved ? moved : memory);
	return moved;
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	size_t total;
	return __builtin_mul_overflow(count, size, &total) ? NULL : __wrap_realloc(memory, total);
}

void __wrap_free(void *memory)
{
	unmade(memory);
	__real_free(memory);
}

char *__wrap_strndup(const char *text, size_t length)
{
	size_t size = strnlen(text, length);
	char *copy = __wrap_malloc(size + 1);
	if (copy) {
		memcpy(copy, text, size);
		copy[size] = '\0';
	}
	return copy;
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, SIZE_MAX - 1);
}

int __wrap_vasprintf(char **ret, const char *format, va_list arguments)
{
	*ret = NULL;
	if (fail_now())
		return -1;
	int length = __real_vasprintf(ret, format, arguments);
	if (length >= 0)
		made(*ret);
	return length;
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = __wrap_vasprintf(ret, format, arguments);
	va_end(arguments);
	return length;
}

/* Are calls of malloc in this program sent to __wrap_malloc? The linker alone knows: try. */
bool alloc_fail_available(void)
{
	volatile const size_t *asked =
		&state.asked; /* compilers know that malloc leaves it alone */
	size_t before = *asked;
	void *volatile probe = malloc(1);
	bool wrapped = *asked != before;
	free(probe);
	return wrapped;
}

void alloc_fail_start(size_t nth, bool and_all_after)
{
	state.nth = nth;
	state.and_all_after = and_all_after;
	state.asked = 0;
}

size_t alloc_fail_stop(void)
{
	size_t asked = state.asked;
	state.nth = 0;
	return asked;
}

size_t alloc_fail_live(void)
{
	return state.live.count;
}

void read_fail_start(size_t nth)
{
	state.read_nth = nth;
	state.reads = 0;
}

size_t read_fail_stop(void)
{
	size_t reads = state.reads;
	state.read_nth = 0;
	return reads;
}

bool read_fail_now(void)
{
	pthread_mutex_lock(&lock);
	bool fails = ++state.reads == state.read_nth;
	pthread_mutex_unlock(&lock);
	return fails;
}

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes,
			  void *(*run)(void *context), void *context)
{
	pthread_mutex_lock(&lock);
	bool fails = ++state.threads > state.threads_most;
	pthread_mutex_unlock(&lock);
	return fails ? EAGAIN : __real_pthread_create(ret, attributes, run, context);
}

void thread_fail_start(size_t most)
{
	state.threads_most = most;
	state.threads = 0;
}

size_t thread_fail_stop(void)
{
	state.threads_most = SIZE_MAX;
	return state.threads;
}

void *scenery_allocate(size_t size)
{
	void *memory = __real_calloc ? __real_calloc(1, size + 1) : calloc(1, size + 1);
	if (!memory)
		abort();
	return memory;
}

void *scenery_grow(void *memory, size_t old_size, size_t new_size)
{
	void *bigger = scenery_allocate(new_size);
	if (memory)
		memcpy(bigger, memory, old_size < new_size ? old_size : new_size);
	scenery_free(memory);
	return bigger;
}

void scenery_free(void *memory)
{
	if (__real_free)
		__real_free(memory);
	else
		free(memory);
}

void alloc_fail_pause(bool paused)
{
	state.paused = paused;
}
