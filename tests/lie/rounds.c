#include "tests/lie/rounds.h"

#include "base/list.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNASKED_PARTS = 3, SHARED_BYTES = 256 << 20, SECONDS_A_ROUND = 60, DIFFERENCE_BYTES = 1024 };

/* A line, and what came of asking it of the whole dump. */
struct asked {
	const struct line *line;
	struct answer whole;
	struct ranges pages; /* that it read, beyond what opening reads */
	bool visits_regions; /* it goes by which memory there is */
};

struct rounds {
	const struct plan *plan;
	struct dump dump;
	struct opened opened; /* the whole dump, until nothing is asked of it any more */
	struct ranges opening;
	struct asked *asked;
	size_t count;
	uint8_t *shared; /* where a child leaves an answer */
};

static void count(unsigned long *figure)
{
	__atomic_add_fetch(figure, 1, __ATOMIC_RELAXED);
}

static void give_up(const char *path, struct error *error)
{
	printf("%s: %s\n", path, error ? error->message : "a process ended");
	fflush(stdout);
	_exit(1);
}

/* Does what `run` does in a process of its own; false: that ended in a way that it should not. */
static bool apart(void (*run)(struct rounds *rounds, void *context), struct rounds *rounds,
		  void *context)
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		alarm(SECONDS_A_ROUND);
		run(rounds, context);
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* What a child hands up, each text and list after the one before. */
struct handed {
	bool visits_regions;
	struct answer answer; /* but for its texts */
	bool has_rest;
	size_t page_count, bytes;
};

static void *put(struct rounds *rounds, size_t *used, const void *bytes, size_t size)
{
	if (*used + size > SHARED_BYTES)
		_exit(1);
	void *to = rounds->shared + *used;
	if (size)
		memcpy(to, bytes, size);
	*used += (size + 15) & ~(size_t)15;
	return to;
}

static void ask_whole(struct rounds *rounds, void *context)
{
	const struct line *line = context;
	struct handed *handed = (struct handed *)rounds->shared;
	size_t used = sizeof(*handed);
	struct answer answer;
	struct ranges pages;
	unsigned long before = region_visits();
	struct error *error = opened_take_pages(&rounds->opened, &pages);
	free(pages.items);
	answer_ask(rounds->opened.session, line->text, &answer);
	if (!error)
		error = opened_take_pages(&rounds->opened, &pages);
	if (error)
		give_up(rounds->dump.name, error);
	handed->visits_regions = region_visits() != before;
	handed->page_count = pages.count;
	handed->answer = answer;
	handed->has_rest = answer.rest;
	put(rounds, &used, pages.items, pages.count * sizeof(*pages.items));
	put(rounds, &used, answer.json, strlen(answer.json) + 1);
	if (answer.rest)
		put(rounds, &used, answer.rest, strlen(answer.rest) + 1);
}

static const void *take(struct rounds *rounds, size_t *used, size_t size)
{
	const void *from = rounds->shared + *used;
	*used += (size + 15) & ~(size_t)15;
	return from;
}

static void take_answer(struct rounds *rounds, struct asked *asked)
{
	const struct handed *handed = (const struct handed *)rounds->shared;
	size_t used = sizeof(*handed), count = handed->page_count;
	const struct hidden_range *pages = take(rounds, &used, count * sizeof(*pages));
	asked->visits_regions = handed->visits_regions;
	asked->whole = handed->answer;
	asked->whole.message = NULL;
	for (size_t i = 0; i < count; i++)
		if (ranges_add(&asked->pages, pages[i].start, pages[i].end))
			give_up(rounds->dump.name, NULL);
	const char *json = (const char *)rounds->shared + used;
	asked->whole.json = strdup(json);
	take(rounds, &used, strlen(json) + 1);
	const char *rest = (const char *)rounds->shared + used;
	asked->whole.rest = handed->has_rest ? strdup(rest) : NULL;
}

static void note_answered(struct rounds *rounds, const struct command *command)
{
	for (size_t i = 0; all_commands[i] && i < COMMANDS_MAX; i++)
		if (all_commands[i] == command)
			rounds->plan->figures->answered[i] = true;
}

/* Lines that the whole dump does not answer are of no use. */
static void ask_all_whole(struct rounds *rounds, const struct lines *lines)
{
	rounds->asked = calloc(lines->count + 1, sizeof(*rounds->asked));
	for (size_t i = 0; i < lines->count && rounds->asked; i++) {
		const struct line *line = &lines->items[i];
		struct asked asked = { .line = line };
		if (rounds->plan->line && strcmp(rounds->plan->line, line->text))
			continue;
		if (!apart(ask_whole, rounds, &lines->items[i]))
			give_up(line->text, NULL);
		take_answer(rounds, &asked);
		if (asked.whole.failed || !asked.whole.rest)
			continue;
		note_answered(rounds, line->command);
		rounds->asked[rounds->count++] = asked;
	}
}

/* One line without one range. */
struct round {
	const struct asked *asked;
	struct hidden_range hidden;
	struct session *session;
	bool unasked;  /* hidden is a part of what was not read, not the range */
	unsigned part; /* which one */
};

static void show(const struct rounds *rounds, const struct round *round, const struct answer *less,
		 const char *what)
{
	char difference[DIFFERENCE_BYTES];
	answer_difference(&round->asked->whole, less, difference, sizeof(difference));
	printf("%s: lie --line '%s' --hide %llx-%llx %s\n%s\n%s\n", what, round->asked->line->text,
	       (unsigned long long)round->hidden.start, (unsigned long long)round->hidden.end,
	       rounds->dump.path, difference, less->rest ? less->rest : "");
}

static void judge(struct rounds *rounds, const struct round *round, const struct answer *less,
		  const char *which)
{
	struct figures *figures = rounds->plan->figures;
	bool listed = round->asked->visits_regions; /* what is there, whatever else was */
	enum verdict verdict = round->unasked ? answer_judge_unasked(&round->asked->whole, less)
					      : answer_judge(&round->asked->whole, less);
	if (verdict == LIE && listed && !less->failed && !less->check_false)
		verdict = LISTED;
	count(&figures->verdicts[verdict]);
	count(round->unasked ? &figures->unasked : &figures->answers);
	if (round->unasked && verdict == SAME)
		count(&figures->unasked_same);
	if (verdict == LIE || verdict == FALSE_ALARM)
		show(rounds, round, less, which);
	else if (rounds->plan->hide.end)
		show(rounds, round, less, "fine");
}

/* Asked twice: what the first one could not read the second one lacks too. */
static void ask_less(struct rounds *rounds, void *context)
{
	const struct round *round = context;
	struct answer less;
	answer_ask(round->session, round->asked->line->text, &less);
	judge(rounds, round, &less, round->unasked ? "false alarm" : "lie");
	answer_deinit(&less);
	if (round->unasked)
		return;
	answer_ask(round->session, round->asked->line->text, &less);
	judge(rounds, round, &less, "lie when asked again");
	answer_deinit(&less);
}

static void ask_apart(struct rounds *rounds, struct round *round)
{
	if (apart(ask_less, rounds, round))
		return;
	count(&rounds->plan->figures->verdicts[LIE]);
	printf("ended or hung: lie --line '%s' --hide %llx-%llx %s\n", round->asked->line->text,
	       (unsigned long long)round->hidden.start, (unsigned long long)round->hidden.end,
	       rounds->dump.path);
}

static bool chosen(const struct rounds *rounds, uint64_t first, uint64_t second)
{
	uint64_t mixed = (first ^ second * 0xff51afd7ed558ccdu) * 0x9e3779b97f4a7c15u;
	return (mixed >> 33) % rounds->plan->every == 0;
}

static uint64_t text_number(const char *text)
{
	uint64_t number = 0xcbf29ce484222325u; /* FNV-1a */
	for (; *text; text++)
		number = (number ^ (uint8_t)*text) * 0x100000001b3u;
	return number;
}

/* The range is hidden when the dump is opened. */
static void ask_opened_without(struct rounds *rounds, void *context)
{
	const struct hidden_range *hidden = context;
	struct ranges one = { (struct hidden_range *)hidden, 1, 1 };
	struct opened opened;
	struct error *error = opened_open(&rounds->dump, &one, &opened);
	bool in_opening = ranges_meet(&rounds->opening, hidden->start, hidden->end);
	uint64_t place = hidden->start ^ hidden->end << 1;
	for (size_t i = 0; i < rounds->count; i++) {
		const struct asked *asked = &rounds->asked[i];
		struct round round = { asked, *hidden, opened.session, false, 0 };
		bool read = in_opening ? chosen(rounds, text_number(asked->line->text), place)
				       : asked->visits_regions;
		if (!read && !ranges_meet(&asked->pages, hidden->start, hidden->end))
			continue;
		if (error)
			count(&rounds->plan->figures->verdicts[FAILED]);
		else
			ask_apart(rounds, &round);
	}
}

/* The range is hidden from a session that was opened before, and did not read there: the lines that
 * did. Those that go by which memory there is have another one. */
static void ask_hidden(struct rounds *rounds, const struct hidden_range *hidden)
{
	for (size_t i = 0; i < rounds->count; i++) {
		const struct asked *asked = &rounds->asked[i];
		struct round round = { asked, *hidden, rounds->opened.session, false, 0 };
		if (!ranges_meet(&asked->pages, hidden->start, hidden->end))
			continue;
		if (!asked->visits_regions)
			ask_apart(rounds, &round);
	}
}

static void hide_and_ask(struct rounds *rounds, void *context)
{
	const struct hidden_range *hidden = context;
	if (hiding_target_hide(rounds->opened.hiding, hidden, 1))
		_exit(1);
	ask_hidden(rounds, hidden);
}

static bool any_read(const struct rounds *rounds, const struct hidden_range *hidden)
{
	bool read = false;
	for (size_t i = 0; i < rounds->count && !read; i++)
		read = ranges_meet(&rounds->asked[i].pages, hidden->start, hidden->end);
	return read;
}

static void run_variant(struct rounds *rounds, uint64_t start, uint64_t end)
{
	struct hidden_range hidden = { start, end };
	bool in_opening = ranges_meet(&rounds->opening, start, end);
	if (rounds->plan->hide.end &&
	    (rounds->plan->hide.start != start || rounds->plan->hide.end != end))
		return;
	if (!in_opening && !any_read(rounds, &hidden))
		return;
	if (!rounds->plan->hide.end && !chosen(rounds, start, end))
		return;
	count(&rounds->plan->figures->variants);
	if (!apart(in_opening ? ask_opened_without : hide_and_ask, rounds, &hidden))
		give_up("a round", NULL);
}

/* A part of what neither opening nor the line had read is hidden. All of it would be a dump of
 * another kind, without a heap. */
static void ask_unasked(struct rounds *rounds, void *context)
{
	struct round *round = context;
	const struct ranges *regions = &rounds->dump.regions;
	struct ranges hidden = { 0 };
	struct opened opened;
	for (size_t i = 0; i < regions->count; i++)
		for (uint64_t at = regions->items[i].start; at < regions->items[i].end; at += PAGE)
			if (at / PAGE % UNASKED_PARTS == round->part &&
			    !ranges_meet(&rounds->opening, at, at + PAGE) &&
			    !ranges_meet(&round->asked->pages, at, at + PAGE) &&
			    ranges_add(&hidden, at, at + PAGE))
				_exit(1);
	struct error *error = opened_open(&rounds->dump, &hidden, &opened);
	if (error)
		give_up(round->asked->line->text, error);
	round->session = opened.session;
	ask_less(rounds, round);
}

/* All parts, or of a sample one for each line. */
static void run_unasked(struct rounds *rounds)
{
	bool sample = rounds->plan->every > 1;
	for (size_t i = 0; i < rounds->count * UNASKED_PARTS; i++) {
		const struct asked *asked = &rounds->asked[i / UNASKED_PARTS];
		struct round round = { asked, { 0 }, NULL, true, i % UNASKED_PARTS };
		bool left_out =
			sample && round.part != text_number(asked->line->text) % UNASKED_PARTS;
		if (!left_out && !asked->visits_regions && !apart(ask_unasked, rounds, &round))
			give_up(asked->line->text, NULL);
	}
}

static void run_variants(struct rounds *rounds)
{
	const struct ranges *regions = &rounds->dump.regions;
	for (size_t i = 0; i < regions->count; i++) {
		const struct hidden_range *region = &regions->items[i];
		for (uint64_t at = region->start; at < region->end; at += PAGE) {
			run_variant(rounds, at, at + PAGE);
			if (region->end - at > PAGE && at % (8 * PAGE) == 0)
				run_variant(rounds, at, region->end);
		}
	}
}

/* What opening reads, and all lines: of a dump that is whole. */
static struct error *begin(struct rounds *rounds, const char *path, struct lines *lines)
{
	const struct ranges nothing = { 0 };
	struct opened first;
	TRY(dump_open(path, &rounds->dump));
	TRY(opened_open(&rounds->dump, &nothing, &first));
	TRY(lines_find(first.session, path, lines));
	opened_close(&first);
	TRY(opened_open(&rounds->dump, &nothing, &rounds->opened));
	return opened_take_pages(&rounds->opened, &rounds->opening);
}

void rounds_run(const char *path, const struct plan *plan)
{
	struct rounds rounds = { .plan = plan };
	struct lines lines = { 0 };
	rounds.shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct error *error =
		rounds.shared == MAP_FAILED ? &error_no_memory : begin(&rounds, path, &lines);
	if (error)
		give_up(path, error);
	ask_all_whole(&rounds, &lines);
	size_t pages = 0;
	for (size_t i = 0; i < rounds.opening.count; i++)
		pages += (rounds.opening.items[i].end - rounds.opening.items[i].start) / PAGE;
	printf("# %s: %zu lines, opening reads %zu pages\n", rounds.dump.name, rounds.count, pages);
	run_unasked(&rounds);
	run_variants(&rounds);
}
