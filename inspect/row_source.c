#include "inspect/row_source.h"

#include "base/limits.h"
#include "base/thread.h"

#include <stdatomic.h>

enum {
	CHUNK_ROWS = 8192,
	CHUNK_BYTES = CHUNK_ROWS * sizeof(struct gc_object),
	CHUNKS = LIMIT_ROWS / CHUNK_ROWS,
	LOOK_MS = 100,
};

struct row_source {
	const struct question *asked; /* borrowed */
	struct question question;     /* the same, with everything that the filling changes */
	struct heap_filter filter;
	struct arena scratch;
	struct coverage coverage;
	struct remarks remarks;
	struct task task; /* the asking one's, with a flag of ours */
	volatile sig_atomic_t stop;

	pthread_t thread;
	bool runs; /* the thread is to be joined */
	bool finished;
	pthread_mutex_t lock, target_lock;
	pthread_cond_t ended;

	struct memory_budget *budget;
	struct gc_object **chunks; /* CHUNKS of CHUNK_ROWS, as many as there are rows for */
	_Atomic uint64_t count;    /* published: the rows below it do not change */
	bool is_full;              /* the filling thread's */
	_Atomic enum row_source_state state; /* what was filled is written before */
	struct error *error;
};

uint64_t row_source_count(const struct row_source *source)
{
	return atomic_load_explicit(&source->count, memory_order_acquire);
}

enum row_source_state row_source_state(const struct row_source *source)
{
	return atomic_load_explicit(&source->state, memory_order_acquire);
}

uint64_t row_source_least(const struct row_source *source)
{
	return row_source_count(source) + (row_source_state(source) == ROW_SOURCE_FULL);
}

bool row_source_row(const struct row_source *source, uint64_t number, struct gc_object *ret)
{
	if (number >= row_source_count(source))
		return false;
	*ret = source->chunks[number / CHUNK_ROWS][number % CHUNK_ROWS];
	return true;
}

/* *ret false: there is no room for another row. */
static struct error *chunk_make(struct row_source *source, uint64_t count, bool *ret)
{
	*ret = count < LIMIT_ROWS && memory_budget_try(source->budget, CHUNK_BYTES);
	if (!*ret)
		return NULL;
	struct gc_object *chunk = malloc(CHUNK_BYTES);
	source->chunks[count / CHUNK_ROWS] = chunk;
	if (!chunk)
		memory_budget_give(source->budget, CHUNK_BYTES);
	return chunk ? NULL : &error_no_memory;
}

/* On the filling thread, or the one that fills in its place. */
static struct error *row_keep(const struct gc_object *object, void *context)
{
	struct row_source *source = context;
	uint64_t count = row_source_count(source);
	bool room = true;
	if (count % CHUNK_ROWS == 0)
		TRY(chunk_make(source, count, &room));
	if (!room) {
		source->is_full = true;
		return &error_stop;
	}
	source->chunks[count / CHUNK_ROWS][count % CHUNK_ROWS] = *object;
	atomic_store_explicit(&source->count, count + 1, memory_order_release);
	return NULL;
}

static enum row_source_state outcome_of(const struct row_source *source)
{
	if (!source->error)
		return source->is_full ? ROW_SOURCE_FULL : ROW_SOURCE_DONE;
	return source->error->code == ERROR_CANCELLED ? ROW_SOURCE_CANCELLED : ROW_SOURCE_FAILED;
}

static void *fill(void *context)
{
	struct row_source *source = context;
	source->error = heap_filter_walk(&source->filter, row_keep, source);
	if (!source->error && !source->is_full)
		source->error = heap_filter_note_no_match(&source->filter);
	pthread_mutex_lock(&source->lock);
	atomic_store_explicit(&source->state, outcome_of(source), memory_order_release);
	pthread_cond_signal(&source->ended);
	pthread_mutex_unlock(&source->lock);
	return NULL;
}

void row_source_cancel(struct row_source *source)
{
	__atomic_store_n(&source->stop, SIGINT, __ATOMIC_RELAXED);
}

/* Everything of the question that the filling changes is the source's own. */
static void question_copy(struct row_source *source, const struct heap_filter *filter)
{
	source->asked = filter->question;
	source->question = *filter->question;
	source->question.scratch = &source->scratch;
	source->question.coverage = &source->coverage;
	source->question.remarks = &source->remarks;
	source->question.task = &source->task;
	source->task.stop = &source->stop;
	source->task.deadline_ns = source->asked->task ? source->asked->task->deadline_ns : 0;
	source->filter = *filter;
	source->filter.question = &source->question;
	source->filter.workers = NULL;
	source->filter.found = false;
}

static struct error *source_new(const struct heap_filter *filter, struct memory_budget *budget,
				struct row_source **ret)
{
	struct row_source *source = calloc(1, sizeof(*source));
	struct gc_object **chunks = calloc(CHUNKS, sizeof(*chunks));
	if (!source || !chunks) {
		free(source);
		free(chunks);
		return &error_no_memory;
	}
	source->chunks = chunks;
	source->budget = budget;
	pthread_mutex_init(&source->lock, NULL);
	mutex_init_recursive(&source->target_lock);
	condition_init(&source->ended);
	arena_init(&source->scratch);
	question_copy(source, filter);
	*ret = source;
	return NULL;
}

struct error *row_source_start(const struct heap_filter *filter, struct memory_budget *budget,
			       struct row_source **ret)
{
	struct target *target = filter->question->heap->target;
	if (target->shared)
		return error_new(ERROR_UNSUPPORTED,
				 "another answer is still being read from this %s: wait for its "
				 "end, or cancel it",
				 target_noun(target));
	TRY(source_new(filter, budget, ret));
	/* Not later: the caller may read the target from now on. */
	target_share(target, &(*ret)->target_lock);
	(*ret)->runs = !thread_start_reading(&(*ret)->thread, fill, *ret);
	if (!(*ret)->runs)
		fill(*ret);
	return NULL;
}

static void wait_for_end(struct row_source *source)
{
	pthread_mutex_lock(&source->lock);
	while (row_source_state(source) == ROW_SOURCE_FILLING) {
		if (task_signal(source->asked->task))
			row_source_cancel(source);
		condition_wait(&source->ended, &source->lock, LOOK_MS);
	}
	pthread_mutex_unlock(&source->lock);
}

/* What the answer lacks, and what is to be said of it. */
static void hand_over(const struct row_source *source)
{
	question_missing_all(source->asked, &source->coverage);
	for (size_t i = 0; i < source->remarks.count; i++)
		question_remark(source->asked, "%s", source->remarks.texts[i]);
}

static void end(struct row_source *source)
{
	if (source->runs)
		pthread_join(source->thread, NULL);
	source->runs = false;
	if (!source->finished)
		target_unshare(source->question.heap->target, &source->target_lock);
	source->finished = true;
	heap_filter_deinit(&source->filter);
}

struct error *row_source_finish(struct row_source *source)
{
	if (source->finished)
		return NULL;
	wait_for_end(source);
	end(source);
	hand_over(source);
	if (task_signal(source->asked->task)) /* only now has every thread heard */
		error_free(task_check(source->asked->task, "walking the heap"));
	struct error *error = source->error;
	source->error = NULL;
	return error;
}

void row_source_free(struct row_source *source)
{
	if (!source)
		return;
	row_source_cancel(source);
	end(source);
	for (size_t i = 0; i < CHUNKS && source->chunks[i]; i++) {
		free(source->chunks[i]);
		memory_budget_give(source->budget, CHUNK_BYTES);
	}
	free(source->chunks);
	error_free(source->error);
	coverage_deinit(&source->coverage);
	remarks_deinit(&source->remarks);
	arena_deinit(&source->scratch);
	pthread_cond_destroy(&source->ended);
	pthread_mutex_destroy(&source->target_lock);
	pthread_mutex_destroy(&source->lock);
	free(source);
}
