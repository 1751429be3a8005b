#include "cli/completion.h"

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/list.h"
#include "cli/filter.h"
#include "cli/pipeline.h"
#include "cli/quotes.h"
#include "cli/say.h"
#include "cli/screen.h"
#include "commands/interpreter/run.h"
#include "commands/interpreter/subject.h"
#include "heap/heap.h"
#include "heap/types/type.h"

#include <ctype.h>
#include <dirent.h>
#include <strings.h>
#include <sys/stat.h>

/* Looking for what begins with completion->word. */
struct search {
	struct completion *to;
	struct heap *heap; /* NULL: none */
	size_t length;     /* of the word */
};

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

static struct error *add(struct search *search, const char *name)
{
	struct completion *to = search->to;
	if (to->count == LIMIT_COMPLETIONS) {
		to->left_out++;
		return NULL;
	}
	TRY(LIST_GROW_IN(&to->arena, to->names, to->count, to->capacity));
	const char *copy = arena_copy_text(&to->arena, name, strlen(name));
	if (!copy)
		return &error_no_memory;
	to->names[to->count++] = copy;
	return NULL;
}

static struct error *offer(struct search *search, const char *name)
{
	bool begins = !strncasecmp(name, search->to->word, search->length);
	return begins ? add(search, name) : NULL;
}

/* Other names only where no name begins so: a list of all would be twice as long. */
static struct error *offer_commands(struct search *search)
{
	for (const struct command *const *command = all_commands; *command; command++)
		TRY(offer(search, (*command)->name));
	for (const struct command *const *command = all_commands; *command && search->length;
	     command++)
		for (const char *const *alias = (*command)->aliases; alias && *alias; alias++)
			TRY(offer(search, *alias));
	return NULL;
}

static struct error *offer_options(struct search *search, const struct option *options)
{
	for (; options && options->name; options++)
		TRY(offer(search, options->name));
	return NULL;
}

static struct error *offer_filters(struct search *search)
{
	for (const struct filter_text *const *text = all_filter_texts; *text; text++)
		TRY(offer(search, (*text)->name));
	return NULL;
}

/* The name after namespaces and enclosing classes. */
static const char *last_part(const char *name)
{
	const char *part = name;
	for (const char *at = name; *at && *at != '<' && *at != '['; at++)
		if (*at == '.' || *at == '+')
			part = at + 1;
	return part;
}

static struct error *offer_type(const struct type *type, void *context)
{
	struct search *search = context;
	bool known;
	const char *name = type_name(search->heap, type, &known);
	if (!known || type->is_shared || type->is_open)
		return NULL;
	if (!strncmp(name, search->to->word, search->length) ||
	    !strncmp(last_part(name), search->to->word, search->length))
		return add(search, name);
	return NULL;
}

/* What was found before the task was told to stop is offered. */
static struct error *offer_types(struct search *search)
{
	if (!search->heap)
		return NULL;
	struct error *error = type_visit_loaded(search->heap, offer_type, search);
	error_take(&error, ERROR_CANCELLED);
	return error;
}

static struct error *offer_files(struct search *search)
{
	struct error *error = NULL;
	const char *word = search->to->word, *slash = strrchr(word, '/');
	size_t folder = slash ? (size_t)(slash + 1 - word) : 0;
	const char *path = folder ? arena_copy_text(&search->to->arena, word, folder) : ".";
	DIR *directory = path ? opendir(path) : NULL;
	for (struct dirent *entry; directory && !error && (entry = readdir(directory));) {
		char name[LIMIT_PATH_BYTES];
		struct stat status;
		if (strncmp(entry->d_name, word + folder, search->length - folder) ||
		    (entry->d_name[0] == '.' && word[folder] != '.'))
			continue;
		int length = snprintf(name, sizeof(name) - 1, "%.*s%s", (int)folder, word,
				      entry->d_name);
		if (length < 0 || (size_t)length >= sizeof(name) - 1)
			continue;
		if (!stat(name, &status) && S_ISDIR(status.st_mode))
			name[length] = '/', name[length + 1] = '\0';
		error = add(search, name);
	}
	if (directory)
		closedir(directory);
	return error;
}

/* "FILE", or "[FILE]". */
static bool is_kind(const char *word, const char *kind)
{
	size_t length = strlen(kind), before = *word == '[';
	return !strncmp(word + before, kind, length) && (!word[before + length] || before);
}

/* By what a table calls a value or a word. */
static struct error *offer_kind(struct search *search, const char *kind)
{
	if (is_kind(kind, "FILE"))
		return offer_files(search);
	if (is_kind(kind, "COMMAND"))
		return offer_commands(search);
	if (is_kind(kind, "TYPE") || is_kind(kind, "PATH") || strstr(kind, "NAME") ||
	    strstr(kind, "|PATH"))
		return offer_types(search);
	return NULL;
}

/* The words before the one at the cursor. */
struct before {
	const struct option *option; /* the one with its value at the cursor; NULL: none */
	size_t positionals;
};

static const struct option *find_option(const struct option *options, const char *word,
					size_t length)
{
	while (length > 1 && word[1] == '-' && word[0] == '-') {
		word++;
		length--;
	}
	for (; options && options->name; options++) {
		const char *name = options->name + (options->name[1] == '-');
		if (strlen(name) == length && !strncasecmp(name, word, length))
			return options;
		for (const char *const *alias = options->aliases; alias && *alias; alias++)
			if (strlen(*alias) == length && !strncasecmp(*alias, word, length))
				return options;
	}
	return NULL;
}

static struct before look_back(const char *from, const char *to, const struct option *options)
{
	struct before before = { 0 };
	while (from < to) {
		char quote = '\0';
		const char *start = from;
		while (from < to && (quote || !is_blank(*from)))
			from = quotes_pass(from, &quote);
		const struct option *option = NULL;
		if (*start == '-')
			option = find_option(options, start, (size_t)(from - start));
		if (before.option)
			before.option = NULL;
		else if (option && option->value)
			before.option = option;
		else if (*start != '-')
			before.positionals++;
		while (from < to && is_blank(*from))
			from++;
	}
	return before;
}

static struct error *offer_arguments(struct search *search, const char *line, const char *cursor)
{
	size_t length;
	const char *word = command_word(line, &length);
	const struct command *command = command_of_line(line);
	if (!command)
		return NULL;
	word += length;
	word += strspn(word, " \t");
	const struct before before = look_back(word, cursor, command->options);
	if (before.option) {
		bool type = !strcmp(before.option->name, "-type");
		return offer_kind(search, type ? "TYPE" : before.option->value);
	}
	if (*search->to->word == '-' && !search->to->quote)
		TRY(offer_options(search, command->options));
	const char *name = command_word_name(command, before.positionals);
	return name ? offer_kind(search, name) : NULL;
}

/* After the last |>. */
static struct error *offer_stage(struct search *search, const char *words, const char *cursor)
{
	bool append = *words == '>';
	words += append;
	words += strspn(words, " \t");
	if (words >= cursor) {
		if (!append)
			TRY(offer_filters(search));
		return append || search->length ? offer_files(search) : NULL;
	}
	size_t length = strcspn(words, " \t");
	const struct filter_text *text = append ? NULL : filter_text_find(words, length);
	if (text && *search->to->word == '-')
		return offer_options(search, text->options);
	return !text && !strncmp(words, "-f", length) ? offer_files(search) : NULL;
}

/* Where the word at the end of the text begins: after the last blank outside quotes. */
static size_t word_start(const char *text, char *ret_quote)
{
	char quote = '\0';
	size_t start = 0;
	for (const char *at = text; *at;) {
		bool blank = !quote && is_blank(*at);
		at = quotes_pass(at, &quote);
		if (blank)
			start = (size_t)(at - text);
	}
	*ret_quote = text[start] == '"' || text[start] == '\'' ? text[start] : '\0';
	return start + (*ret_quote != '\0');
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void sort(struct completion *completion)
{
	size_t kept = 0;
	if (completion->count)
		qsort(completion->names, completion->count, sizeof(*completion->names), compare);
	for (size_t i = 0; i < completion->count; i++)
		if (!kept || strcmp(completion->names[kept - 1], completion->names[i]))
			completion->names[kept++] = completion->names[i];
	completion->count = kept;
}

struct error *completion_find(const struct session *session, const char *line, size_t length,
			      struct completion *ret)
{
	*ret = (struct completion){ 0 };
	arena_init(&ret->arena);
	const char *text = arena_copy_text(&ret->arena, line, length);
	if (!text)
		return &error_no_memory;
	ret->start = word_start(text, &ret->quote);
	ret->word = text + ret->start;
	struct search search = { .to = ret, .length = length - ret->start };
	search.heap = session ? session_heap(session) : NULL;
	const char *stage = NULL, *cursor = ret->word - (ret->quote != '\0');
	for (const char *mark = pipeline_mark(text); mark; mark = pipeline_mark(stage))
		stage = mark + 2;
	size_t command_length;
	const char *command = command_word(text, &command_length);
	struct error *error;
	if (stage && stage <= ret->word)
		error = offer_stage(&search, stage, cursor);
	else if (command + command_length == text + length && !ret->quote)
		error = offer_commands(&search);
	else
		error = offer_arguments(&search, text, cursor);
	sort(ret);
	return error;
}

void completion_cleanup(struct completion *completion)
{
	arena_deinit(&completion->arena);
}

size_t completion_common(const struct completion *completion)
{
	if (!completion->count)
		return 0;
	size_t common = strlen(completion->names[0]);
	for (size_t i = 1; i < completion->count; i++) {
		size_t same = 0;
		while (same < common && completion->names[0][same] == completion->names[i][same])
			same++;
		common = same;
	}
	/* Nor a part of a character, nor one that the line must not hold. */
	common = escape_plain_length(completion->names[0], common);
	return common >= strlen(completion->word) ? common : 0;
}

/* A part of a name as a line of commands takes it for itself: names are the dump's, and a quote in
 * one must not end ours. NULL: it cannot be said in the quotes that are open. */
static char *quoted(struct completion *completion, const char *name, size_t length, bool closed)
{
	static const char special[] = " \t\"'\\|>#;";
	char quote = completion->quote;
	if (quote == '\'' && memchr(name, '\'', length))
		return NULL;
	bool opens = !quote && strcspn(name, special) < length;
	char *text = arena_allocate(&completion->arena, 2 * length + sizeof("\"\"")), *to = text;
	if (!text)
		return NULL;
	if (opens)
		*to++ = quote = '"';
	for (size_t i = 0; i < length; i++) {
		if (quote == '"' && (name[i] == '"' || name[i] == '\\'))
			*to++ = '\\';
		*to++ = name[i];
	}
	if (quote && closed)
		*to++ = quote;
	*to = '\0';
	return text;
}

const char *completion_text(struct completion *completion)
{
	size_t common = completion_common(completion);
	bool whole = completion->count == 1 && common == strlen(completion->names[0]);
	if (!common || (!whole && !strncmp(completion->names[0], completion->word, common) &&
			common == strlen(completion->word)))
		return NULL;
	const char *name = completion->names[0];
	bool ends = whole && name[common - 1] != '/';
	const char *text = quoted(completion, name, common, ends);
	return text && ends ? arena_printf(&completion->arena, "%s ", text) : text;
}

/* As it is shown. */
static void append_name(struct text *to, const char *name)
{
	escape_append(to, name, strlen(name), ESCAPE_TEXT);
}

static size_t width_of(const char *name)
{
	CLEANUP(text_deinit) struct text shown = { 0 };
	size_t width;
	append_name(&shown, name);
	screen_fit(text_string(&shown), shown.length, SIZE_MAX, &width);
	return width;
}

/* Each down-th name from `row` on. */
static void list_row(const struct completion *completion, FILE *to, size_t row, size_t down,
		     size_t width)
{
	CLEANUP(text_deinit) struct text line = { 0 };
	for (size_t i = row; i < completion->count; i += down) {
		const char *name = completion->names[i];
		append_name(&line, name);
		if (i + down < completion->count)
			text_printf(&line, "%*s", (int)(width - width_of(name)), "");
	}
	say(to, "%s", text_string(&line));
}

void completion_list(const struct completion *completion, FILE *to, unsigned rows, unsigned columns)
{
	enum { GAP = 2 };
	size_t widest = 0, count = completion->count;
	for (size_t i = 0; i < count; i++) {
		size_t width = width_of(completion->names[i]);
		widest = width > widest ? width : widest;
	}
	size_t across = (columns ? columns : 80) / (widest + GAP);
	across = across ? across : 1;
	size_t down = (count + across - 1) / across;
	size_t shown = rows > 4 && down > rows - 3 ? rows - 3 : down;
	size_t names = 0;
	for (size_t row = 0; row < shown; row++) {
		list_row(completion, to, row, down, widest + GAP);
		names += (count - row + down - 1) / down;
	}
	size_t more = count - names + completion->left_out;
	if (more)
		say(to, "and %zu more: type on to see them", more);
}
