/*
 * Never a silent lie: each command of the registry is asked on shipped dumps, and asked again with
 * each page hidden that it had read, and each tail of a PT_LOAD. What it answers then is the whole
 * dump's answer, or says that it is incomplete, or is a sentence why there is none; and so is what
 * it answers when it is asked once more. With all hidden that it had not read it answers the same.
 *
 *	lie [--every N] [--jobs N] [--line TEXT] [--hide START-END] DUMP...
 *
 * --every N takes one variant of N, always the same ones. --line and --hide run one round alone,
 * and show the answers. The last line has the figures; the status is 0 when there are no lies, 1
 *also when nothing was asked.
 */
#include "tests/lie/rounds.h"

#include "base/list.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Commands that no dump here can answer would never be asked. */
static unsigned unanswered(const struct figures *figures)
{
	unsigned count = 0;
	for (size_t i = 0; all_commands[i] && i < COMMANDS_MAX; i++) {
		if (!command_reads_dump(all_commands[i]) || figures->answered[i])
			continue;
		printf("no line that any of these dumps answers: %s\n", all_commands[i]->name);
		count++;
	}
	return count;
}

static void print_figures(const struct figures *figures)
{
	const unsigned long *verdicts = figures->verdicts;
	printf("%lu variants, %lu answers (%lu the whole dump's, %lu incomplete, %lu refused, %lu "
	       "of what memory there is), %lu unasked, %lu lies, %lu false alarms\n",
	       figures->variants, figures->answers, verdicts[SAME] - figures->unasked_same,
	       verdicts[INCOMPLETE], verdicts[FAILED], verdicts[LISTED], figures->unasked,
	       verdicts[LIE], verdicts[FALSE_ALARM]);
}

static void run_dumps(char *const *paths, int count, int jobs, const struct plan *plan)
{
	int running = 0, status;
	for (int i = 0; i < count || running;) {
		if (i < count && running < jobs) {
			fflush(stdout);
			pid_t child = fork();
			if (!child) {
				rounds_run(paths[i], plan);
				fflush(stdout);
				_exit(0);
			}
			running++;
			i++;
			continue;
		}
		if (wait(&status) < 0)
			return;
		running--;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			__atomic_add_fetch(&plan->figures->broken, 1, __ATOMIC_RELAXED);
	}
}

int main(int argc, char **argv)
{
	int jobs = 1;
	struct plan plan = { .every = 1 };
	plan.figures = mmap(NULL, sizeof(*plan.figures), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (plan.figures == MAP_FAILED)
		return 1;
	int at = 1;
	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		char *value = argv[at + 1], *end = NULL;
		if (!strcmp(argv[at], "--every"))
			plan.every = strtoull(value, NULL, 10);
		else if (!strcmp(argv[at], "--jobs"))
			jobs = atoi(value);
		else if (!strcmp(argv[at], "--line"))
			plan.line = value;
		else if (!strcmp(argv[at], "--hide")) {
			plan.hide.start = strtoull(value, &end, 16);
			plan.hide.end = strtoull(end + (*end != '\0'), NULL, 16);
		}
	}
	if (!plan.every) {
		fprintf(stderr, "lie: --every wants a number of 1 at least\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	run_dumps(argv + at, argc - at, jobs, &plan);
	const struct figures *figures = plan.figures;
	unsigned silent = plan.line || plan.hide.end ? 0 : unanswered(figures);
	print_figures(figures);
	return silent || !figures->variants || figures->broken || figures->verdicts[LIE] ||
	       figures->verdicts[FALSE_ALARM];
}
