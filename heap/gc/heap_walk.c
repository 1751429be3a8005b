#include "heap/gc/heap_walk.h"

#include "base/thread.h"

enum { LOOK_MS = 100, NOBODY = 0 };

/* Rows of one span, in their order; the last block of a span ends it. */
struct block {
	size_t count; /* rows */
	bool ends;
	struct error *error;       /* that ended it; only in a block that does */
	struct walk_damage damage; /* of the span, up to these rows */
	unsigned char *rows;
};

/* One thread's. Its blocks are a queue: the worker fills the one after the last, the caller's
 * thread takes the first. `filling` is the worker's alone, `first` the caller's; `full` both
 * change, under the walk's lock. */
struct walk_member {
	struct walk_worker worker; /* first */
	pthread_t thread;
	struct task task;            /* the caller's, without its progress */
	volatile sig_atomic_t heard; /* the task's: that all have heard, the caller says */
	struct block blocks[HEAP_WALK_BLOCKS];
	size_t first, filling, full;
	pthread_cond_t room;
	unsigned char *memory; /* of all blocks' rows */
};

struct heap_walk {
	const struct heap_walk_plan *plan;
	struct heap *heap;
	bool alone; /* on the caller's thread: rows go to the plan at once */
	pthread_mutex_t lock, target_lock;
	pthread_cond_t news; /* a span has an owner, or a block is full */
	size_t next;         /* span that nobody has taken */
	unsigned *owners;    /* of each span: the member's number + 1, or NOBODY */
	bool over;           /* nobody wants more rows */
	struct walk_member *members;
	unsigned member_count;
};

static bool is_over(struct heap_walk *walk)
{
	return __atomic_load_n(&walk->over, __ATOMIC_RELAXED);
}

static struct walk_member *member_of(struct walk_worker *worker)
{
	return (struct walk_member *)worker;
}

static bool damage_is_same(const struct walk_damage *a, const struct walk_damage *b)
{
	return a->unreadable_bytes == b->unreadable_bytes && a->damaged_bytes == b->damaged_bytes;
}

/* The block that is filled next. */
static struct block *block_at_end(struct walk_member *member)
{
	return &member->blocks[member->filling];
}

/* Hands the block on and waits for room for the next one. */
static struct error *hand_on(struct walk_member *member)
{
	struct heap_walk *walk = member->worker.walk;
	pthread_mutex_lock(&walk->lock);
	member->full++;
	member->filling = (member->filling + 1) % HEAP_WALK_BLOCKS;
	pthread_cond_signal(&walk->news);
	while (member->full == HEAP_WALK_BLOCKS && !walk->over)
		pthread_cond_wait(&member->room, &walk->lock);
	bool over = walk->over;
	pthread_mutex_unlock(&walk->lock);
	if (over)
		return &error_stop;
	struct block *block = block_at_end(member);
	block->count = 0;
	block->ends = false;
	block->error = NULL;
	return NULL;
}

static struct error *rows_give(struct heap_walk *walk, const void *rows, size_t count)
{
	heap_lock(walk->heap);
	struct error *error = walk->plan->rows(rows, count, walk->plan->context);
	heap_unlock(walk->heap);
	return error;
}

struct error *walk_put(struct walk_worker *worker, const void *row)
{
	const struct heap_walk_plan *plan = worker->walk->plan;
	const struct walk_damage *damage = &worker->walker.damage;
	if (worker->walk->alone)
		return rows_give(worker->walk, row, 1);
	struct walk_member *member = member_of(worker);
	struct block *block = block_at_end(member);
	/* Rows of one block saw the same damage: the walk may end with any of them. */
	if (block->count && (block->count == HEAP_WALK_BLOCK_BYTES / plan->row_bytes ||
			     !damage_is_same(&block->damage, damage))) {
		TRY(hand_on(member));
		block = block_at_end(member);
	}
	block->damage = *damage;
	memcpy(block->rows + block->count++ * plan->row_bytes, row, plan->row_bytes);
	return NULL;
}

static struct error *objects_visit(struct gc_object *objects, size_t count, void *context)
{
	struct walk_worker *worker = context;
	if (is_over(worker->walk))
		return &error_stop;
	return count ? worker->walk->plan->objects(worker, objects, count) : NULL;
}

static struct error *span_walk(struct walk_worker *worker, size_t index)
{
	const struct heap_walk_plan *plan = worker->walk->plan;
	worker->span = &plan->spans[index];
	worker->walker.damage = (struct walk_damage){ 0 };
	if (plan->span_begins)
		TRY(plan->span_begins(worker));
	TRY(walker_span(&worker->walker, worker->span, worker->task, objects_visit, worker));
	return plan->span_ended ? plan->span_ended(worker) : NULL;
}

/* False: there is none left, or the walk is over. */
static bool span_take(struct walk_member *member, size_t *ret)
{
	struct heap_walk *walk = member->worker.walk;
	pthread_mutex_lock(&walk->lock);
	bool taken = !walk->over && walk->next < walk->plan->span_count;
	if (taken) {
		*ret = walk->next++;
		walk->owners[*ret] = member->worker.number + 1;
		pthread_cond_signal(&walk->news);
	}
	pthread_mutex_unlock(&walk->lock);
	return taken;
}

/* Takes the error. */
static struct error *span_end(struct walk_member *member, struct error *error)
{
	const struct walk_damage *damage = &member->worker.walker.damage;
	struct block *block = block_at_end(member);
	if (error == &error_stop && is_over(member->worker.walk))
		return error;
	/* What was damaged after the last row belongs to the end, not to that row. */
	if (block->count && !damage_is_same(&block->damage, damage)) {
		struct error *stopped = hand_on(member);
		if (stopped) {
			error_free(error);
			return stopped;
		}
		block = block_at_end(member);
	}
	block->damage = *damage;
	block->ends = true;
	block->error = error;
	struct error *stopped = hand_on(member);
	return error ? &error_stop : stopped;
}

static void *member_run(void *context)
{
	struct walk_member *member = context;
	struct error *stopped = NULL;
	size_t index;
	while (!stopped && span_take(member, &index))
		stopped = span_end(member, span_walk(&member->worker, index));
	return NULL;
}

static void damage_add(struct walk_damage *sum, const struct walk_damage *damage)
{
	sum->unreadable_bytes += damage->unreadable_bytes;
	sum->damaged_bytes += damage->damaged_bytes;
	if (!sum->first_address)
		sum->first_address = damage->first_address;
}

struct progress {
	uint64_t done, total; /* bytes of spans */
};

static void look_after(const struct heap_walk *walk, const struct progress *progress)
{
	task_progress(walk->plan->task, walk->plan->what, progress->done, progress->total);
}

/* The first full block of the thread that has the span. */
static struct block *block_wait(struct heap_walk *walk, size_t index,
				const struct progress *progress, struct walk_member **ret)
{
	pthread_mutex_lock(&walk->lock);
	while (walk->owners[index] == NOBODY || !walk->members[walk->owners[index] - 1].full)
		if (!condition_wait(&walk->news, &walk->lock, LOOK_MS))
			look_after(walk, progress);
	*ret = &walk->members[walk->owners[index] - 1];
	pthread_mutex_unlock(&walk->lock);
	return &(*ret)->blocks[(*ret)->first];
}

static void block_give_back(struct heap_walk *walk, struct walk_member *member)
{
	pthread_mutex_lock(&walk->lock);
	member->first = (member->first + 1) % HEAP_WALK_BLOCKS;
	member->full--;
	pthread_cond_signal(&member->room);
	pthread_mutex_unlock(&walk->lock);
}

/* Was the walk told to stop? Workers look between pieces of their spans alone, and rows that they
 * found before are many. That all have heard is for members_stop() to say. */
static struct error *stop_check(const struct heap_walk *walk)
{
	return task_check(&walk->members[0].task, walk->plan->what);
}

/* The rows of a span, to its end. */
static struct error *span_show(struct heap_walk *walk, size_t index,
			       const struct progress *progress, struct walk_damage *damage)
{
	struct walk_member *member;
	struct error *error = NULL;
	bool ends = false;
	while (!ends && !error) {
		struct block *block = block_wait(walk, index, progress, &member);
		error = stop_check(walk);
		if (!error && block->count)
			error = rows_give(walk, block->rows, block->count);
		ends = block->ends;
		if (!error) {
			error = block->error;
			block->error = NULL;
		}
		if (ends || error)
			damage_add(damage, &block->damage);
		if (!error)
			block_give_back(walk, member);
	}
	return error;
}

/* On the caller's thread alone. */
static struct error *walk_alone(struct heap_walk *walk, struct progress *progress,
				struct walk_damage *damage)
{
	struct walk_member *member = &walk->members[0];
	struct error *error = NULL;
	walk->alone = true;
	member->worker.task = walk->plan->task;
	for (size_t i = 0; i < walk->plan->span_count && !error; i++) {
		const struct gc_span *span = &walk->plan->spans[i];
		look_after(walk, progress);
		error = span_walk(&member->worker, i);
		damage_add(damage, &member->worker.walker.damage);
		progress->done += span->end - span->start;
	}
	return error;
}

static struct error *walk_shown(struct heap_walk *walk, struct progress *progress,
				struct walk_damage *damage)
{
	struct error *error = NULL;
	for (size_t i = 0; i < walk->plan->span_count && !error; i++) {
		const struct gc_span *span = &walk->plan->spans[i];
		look_after(walk, progress);
		error = span_show(walk, i, progress, damage);
		progress->done += span->end - span->start;
	}
	return error;
}

/* How many run: 0 where none can be started. */
static unsigned members_start(struct heap_walk *walk)
{
	unsigned started = 0;
	while (started < walk->member_count &&
	       !thread_start_reading(&walk->members[started].thread, member_run,
				     &walk->members[started]))
		started++;
	return started;
}

static void members_stop(struct heap_walk *walk, unsigned started)
{
	pthread_mutex_lock(&walk->lock);
	__atomic_store_n(&walk->over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < started; i++)
		pthread_cond_signal(&walk->members[i].room);
	pthread_mutex_unlock(&walk->lock);
	for (unsigned i = 0; i < started; i++)
		pthread_join(walk->members[i].thread, NULL);
	/* Only now have all of them heard. */
	if (task_signal(walk->plan->task))
		error_free(task_check(walk->plan->task, walk->plan->what));
}

static struct error *walk_together(struct heap_walk *walk, struct progress *progress,
				   struct walk_damage *damage)
{
	struct error *error = NULL;
	if (walk->member_count == 1)
		return walk_alone(walk, progress, damage);
	target_share(walk->heap->target, &walk->target_lock);
	unsigned started = members_start(walk);
	if (started) {
		error = walk_shown(walk, progress, damage);
		members_stop(walk, started);
	}
	target_unshare(walk->heap->target, &walk->target_lock);
	return started ? error : walk_alone(walk, progress, damage);
}

/* As many as are asked for, and as the spans are worth. */
static unsigned member_count(const struct heap_walk_plan *plan, uint64_t bytes)
{
	uint64_t count = plan->threads ? plan->threads : 1;
	if (plan->unit_bytes && count > bytes / plan->unit_bytes)
		count = bytes / plan->unit_bytes;
	if (count > plan->span_count)
		count = plan->span_count;
	if (count > HEAP_WALK_THREADS_MAX)
		count = HEAP_WALK_THREADS_MAX;
	return count ? (unsigned)count : 1;
}

static struct error *rows_init(struct walk_member *member)
{
	member->memory = malloc(HEAP_WALK_BYTES);
	if (!member->memory)
		return &error_no_memory;
	for (size_t i = 0; i < HEAP_WALK_BLOCKS; i++)
		member->blocks[i].rows = member->memory + i * HEAP_WALK_BLOCK_BYTES;
	return NULL;
}

static struct error *part_init(const struct heap_walk_plan *plan, struct walk_worker *worker)
{
	if (!plan->part_bytes)
		return NULL;
	worker->part = calloc(1, plan->part_bytes);
	if (!worker->part)
		return &error_no_memory;
	return plan->part_init ? plan->part_init(worker) : NULL;
}

static struct error *member_init(struct heap_walk *walk, unsigned number)
{
	const struct heap_walk_plan *plan = walk->plan;
	struct walk_member *member = &walk->members[number];
	member->worker.number = number;
	member->worker.context = plan->context;
	member->worker.walk = walk;
	if (plan->task)
		member->task = *plan->task;
	member->task.progress = NULL;
	member->task.heard = &member->heard;
	member->worker.task = &member->task;
	condition_init(&member->room);
	TRY(walker_init(&member->worker.walker, walk->heap));
	if (plan->row_bytes && walk->member_count > 1)
		TRY(rows_init(member));
	return part_init(plan, &member->worker);
}

static void member_deinit(const struct heap_walk_plan *plan, struct walk_member *member)
{
	for (size_t i = 0; i < HEAP_WALK_BLOCKS; i++)
		error_free(member->blocks[i].error);
	if (member->worker.part && plan->part_deinit)
		plan->part_deinit(member->worker.part);
	free(member->worker.part);
	walker_deinit(&member->worker.walker);
	free(member->memory);
	pthread_cond_destroy(&member->room);
}

/* As many as there is memory for. */
static struct error *members_init(struct heap_walk *walk)
{
	walk->members = calloc(walk->member_count, sizeof(*walk->members));
	walk->owners = calloc(walk->plan->span_count + 1, sizeof(*walk->owners));
	if (!walk->members || !walk->owners)
		return &error_no_memory;
	for (unsigned i = 0; i < walk->member_count; i++) {
		struct error *error = member_init(walk, i);
		if (i && error_take(&error, ERROR_NO_MEMORY)) {
			member_deinit(walk->plan, &walk->members[i]);
			walk->member_count = i;
		}
		if (error)
			walk->member_count = i + 1; /* for walk_deinit() */
		TRY(error);
	}
	return NULL;
}

static struct error *parts_sum(struct heap_walk *walk)
{
	for (unsigned i = 0; walk->plan->part_sum && i < walk->member_count; i++)
		TRY(walk->plan->part_sum(&walk->members[i].worker));
	return NULL;
}

static void walk_deinit(struct heap_walk *walk)
{
	for (unsigned i = 0; walk->members && i < walk->member_count; i++)
		member_deinit(walk->plan, &walk->members[i]);
	free(walk->members);
	free(walk->owners);
	pthread_cond_destroy(&walk->news);
	pthread_mutex_destroy(&walk->lock);
	pthread_mutex_destroy(&walk->target_lock);
}

struct error *heap_walk(struct heap *heap, const struct heap_walk_plan *plan,
			struct walk_damage *ret_damage)
{
	struct heap_walk walk = { .plan = plan, .heap = heap };
	struct progress progress = { 0 };
	*ret_damage = (struct walk_damage){ 0 };
	for (size_t i = 0; i < plan->span_count; i++)
		progress.total += plan->spans[i].end - plan->spans[i].start;
	walk.member_count = member_count(plan, progress.total);
	pthread_mutex_init(&walk.lock, NULL);
	mutex_init_recursive(&walk.target_lock);
	condition_init(&walk.news);
	struct error *error = members_init(&walk);
	if (!error)
		error = walk_together(&walk, &progress, ret_damage);
	error_take_stop(&error);
	if (!error)
		error = parts_sum(&walk);
	walk_deinit(&walk);
	return error;
}
