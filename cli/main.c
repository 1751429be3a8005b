#include "attach/credentials.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/list.h"
#include "cli/app.h"
#include "cli/command_verb.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "commands/interpreter/absent.h"
#include "inspect/near_names.h"

#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

/* Verbs that a later version brings. */
static const struct option refused_verbs[] = {
	{ "browse", NULL, "use analyze", NULL },
	{ 0 },
};

static enum exit_status fail(int argc, char **argv, struct error *error)
{
	CLEANUP(app_cleanup) struct app app;
	struct error *no_memory = app_open(&app, options_format(argc, argv));
	if (no_memory)
		return app_fail(&app, "clrpod", error, STATUS_USAGE);
	return app_fail(&app, argc > 1 ? argv[1] : "clrpod", error, STATUS_USAGE);
}

static bool is_flag(const char *word, const char *flag)
{
	return !strcmp(word, flag);
}

/* What is made from the tables for other programs. */
static const struct document {
	const char *option, *which;
	void (*print)(FILE *to);
} documents[] = {
	{ "--print-man", "", manual_print_man },
	{ "--print-man", "commands", manual_print_man_commands },
	{ "--print-completion", "bash", manual_print_bash },
	{ "--print-completion", "zsh", manual_print_zsh },
};

/* NULL: the option prints no document at all. */
static struct error *no_such_document(const char *option, const char *which)
{
	CLEANUP(text_deinit) struct text choices = { 0 };
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		if (!is_flag(option, documents[i].option))
			continue;
		text_printf(&choices, "%s%s", choices.length ? " or " : "",
			    *documents[i].which ? documents[i].which : "nothing");
	}
	if (text_failed(&choices))
		return &error_no_memory;
	if (!choices.length)
		return NULL;
	return error_new(ERROR_USAGE, "%s takes %s%s%s", option, text_string(&choices),
			 *which ? ", not " : "", which);
}

static struct error *no_such_verb(const char *word)
{
	struct meant_name meant = { .wanted = word };
	if (word[0] == '-')
		return error_new(ERROR_USAGE,
				 "there is no option %s before a verb: clrpod --help lists both",
				 word);
	if (!access(word, F_OK))
		return error_new(ERROR_USAGE, "%s is a file, not a verb: clrpod analyze %s", word,
				 word);
	for (const struct verb *const *verb = all_verbs; *verb; verb++)
		meant_name_offer(&meant, (*verb)->name);
	command_offer_names(&meant);
	if (meant.name)
		return error_new(ERROR_USAGE, "there is no verb %s: did you mean %s?", word,
				 meant.name);
	return error_new(ERROR_USAGE, "there is no verb %s: clrpod --help lists them", word);
}

static void print_verb(FILE *to, const void *verb)
{
	manual_verb(to, verb);
}

static enum exit_status unknown_verb(int argc, char **argv)
{
	const char *word = argv[1], *after = argc > 2 ? argv[2] : NULL;
	if (after && is_flag(word, "help") && after[0] != '-') {
		const struct verb *verb = verb_find(after);
		if (!verb)
			return command_verb_help(after, argc, argv);
		return page_show(print_verb, verb);
	}
	if (command_find(word) || absent_command(word))
		return command_verb_run(argc, argv);
	for (const struct option *verb = refused_verbs; verb->name; verb++)
		if (is_flag(word, verb->name))
			return fail(argc, argv,
				    error_new(ERROR_USAGE, "%s is not built yet: %s", word,
					      verb->help));
	struct error *error = no_such_document(word, after ? after : "");
	return fail(argc, argv, error ? error : no_such_verb(word));
}

static enum exit_status run_verb(const struct verb *verb, int argc, char **argv)
{
	struct arena arena;
	struct invocation invocation;
	arena_init(&arena);
	struct error *error = invocation_parse(verb, argc, argv, 2, &arena, &invocation);
	enum exit_status status = STATUS_WHOLE;
	if (error) {
		status = fail(argc, argv, error);
	} else if (invocation.help) {
		status = page_show(print_verb, verb);
	} else {
		signals_watch(LIMIT_DEAF_MS);
		status = verb->run(&invocation);
	}
	arena_deinit(&arena);
	return status;
}

static const struct document *document_find(const char *option, const char *which)
{
	for (size_t i = 0; i < COUNT_OF(documents); i++)
		if (is_flag(option, documents[i].option) && is_flag(which, documents[i].which))
			return &documents[i];
	return NULL;
}

static void print_document(FILE *to, const void *document)
{
	((const struct document *)document)->print(to);
}

static void print_overview(FILE *to, const void *unused)
{
	(void)unused;
	manual_overview(to);
}

static void print_version(FILE *to, const void *version)
{
	say(to, "clrpod %s", (const char *)version);
}

static enum exit_status run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct verb *verb = verb_find(word);
	struct error *error = credentials_begin();
	if (error)
		return fail(argc, argv, error);
	if (verb)
		return run_verb(verb, argc, argv);
	if (argc < 2) {
		manual_overview(stderr);
		return STATUS_USAGE;
	}
	bool overview = is_flag(word, "help") && argc < 3;
	if (overview || is_flag(word, "--help") || is_flag(word, "-h"))
		return page_show(print_overview, NULL);
	if (is_flag(word, "--version"))
		return page_show(print_version, CLRPOD_VERSION);
	const struct document *document = document_find(word, argc > 2 ? argv[2] : "");
	return document ? page_show(print_document, document) : unknown_verb(argc, argv);
}

/* Our parent may have closed them: the next file that is opened, a dump or a snapshot's record,
 * would be written to as the standard output or error. */
static void keep_standard_descriptors(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	keep_standard_descriptors();
	setlocale(LC_CTYPE, "C.UTF-8"); /* built into libc; for line editing */
	signals_install();
	return run(argc, argv);
}
