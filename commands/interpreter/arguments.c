#include "commands/interpreter/arguments.h"

#include "inspect/near_names.h"

#include <assert.h>
#include <ctype.h>

struct arguments {
	const struct option *options;
	const char *command; /* whose they are, for messages; NULL: not said */
	const char **values; /* one an option: NULL when absent, "" for a switch */
	const char **positionals;
	size_t count;
};

void option_text(char *to, size_t size, const struct option *option)
{
	size_t length = (size_t)snprintf(to, size, "%s", option->name);
	for (const char *const *alias = option->aliases; alias && *alias && length < size; alias++)
		length += (size_t)snprintf(to + length, size - length, ", %s", *alias);
	if (option->value && length < size)
		snprintf(to + length, size - length, option->value[0] == '[' ? "%s" : " %s",
			 option->value);
}

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

/* Copies a word that begins with a quote, without it; inside "…" a backslash makes the next
 * character plain. NULL when the quote is not closed. */
static const char *quoted_word(const char *at, char *to)
{
	char quote = *at++;
	while (*at != quote) {
		if (quote == '"' && *at == '\\' && at[1])
			at++;
		if (!*at)
			return NULL;
		*to++ = *at++;
	}
	*to = '\0';
	return at + 1;
}

/* Copies any other word as it is; quotes inside it only keep blanks together. */
static const char *plain_word(const char *at, char *to)
{
	char quote = '\0';
	for (; *at && (quote || !is_blank(*at)); at++) {
		if (!quote && (*at == '"' || *at == '\''))
			quote = *at;
		else if (*at == quote)
			quote = '\0';
		else if (quote && *at == '\\' && at[1])
			*to++ = *at++;
		*to++ = *at;
	}
	*to = '\0';
	return quote ? NULL : at;
}

/* Where words come from: a line that is split here, or a list of whole words. */
struct words {
	const char *line; /* what is left of it; NULL: the list */
	const char *const *list;
	size_t count; /* left in the list */
	char *room;   /* for what is left of the line, unquoted; NULL: not made yet */
	struct arena *arena;
};

static struct error *split_word(struct words *words, const char **ret, bool *ret_quoted)
{
	const char *at = words->line;
	while (is_blank(*at))
		at++;
	words->line = at;
	if (!*at)
		return NULL;
	/* All words go into one room: none is longer than what it was in the line. */
	char *word = words->room ? words->room : arena_allocate(words->arena, strlen(at) + 1);
	if (!word)
		return &error_no_memory;
	*ret_quoted = *at == '"' || *at == '\'';
	const char *end = *ret_quoted ? quoted_word(at, word) : plain_word(at, word);
	if (!end)
		return error_new(ERROR_USAGE, "a quote is not closed: %s", at);
	words->line = end;
	words->room = word + strlen(word) + 1;
	*ret = word;
	return NULL;
}

/* The next word; *ret NULL at the end. *ret_quoted: it began with a quote in a line and so is no
 * option. */
static struct error *next_word(struct words *words, const char **ret, bool *ret_quoted)
{
	*ret = NULL;
	*ret_quoted = false;
	if (words->line)
		return split_word(words, ret, ret_quoted);
	if (words->count) {
		words->count--;
		*ret = *words->list++;
	}
	return NULL;
}

/* Does the word, without its dashes and of this length, spell the option's name? */
static bool spells(const char *name, const char *word, size_t length)
{
	while (*name == '-')
		name++;
	return strlen(name) == length && !strncasecmp(name, word, length);
}

static bool option_matches(const struct option *option, const char *word, size_t length)
{
	if (spells(option->name, word, length))
		return true;
	for (const char *const *alias = option->aliases; alias && *alias; alias++)
		if (spells(*alias, word, length))
			return true;
	return false;
}

static bool find_option(const struct option *options, const char *word, size_t *ret_index,
			const char **ret_value)
{
	word += word[1] == '-' ? 2 : 1;
	size_t length = strcspn(word, "=");
	*ret_value = word[length] ? word + length + 1 : NULL;
	for (size_t i = 0; options && options[i].name; i++) {
		if (option_matches(&options[i], word, length)) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* -5 is a number, - a word of its own; SOS's native commands take (and ignore) /d. */
static bool looks_like_option(const char *word)
{
	return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
}

static struct error *no_such_option(const struct option *options, const char *word)
{
	struct meant_name meant = { .wanted = word };
	for (; options && options->name; options++)
		meant_name_offer(&meant, options->name);
	if (meant.name)
		return error_new(ERROR_USAGE, "there is no option %s: did you mean %s?", word,
				 meant.name);
	return error_new(ERROR_USAGE, "there is no option %s", word);
}

static struct error *parse_option(struct arguments *arguments, const char *word,
				  struct words *words)
{
	size_t index;
	const char *value;
	if (!find_option(arguments->options, word, &index, &value))
		return no_such_option(arguments->options, word);
	const struct option *option = &arguments->options[index];
	if (arguments->values[index] && option->value)
		return error_new(ERROR_USAGE, "%s is given twice", option->name);
	if (!option->value) {
		if (value)
			return error_new(ERROR_USAGE, "%s takes no value", option->name);
		arguments->values[index] = "";
		return NULL;
	}
	if (!value) {
		bool quoted;
		TRY(next_word(words, &value, &quoted));
	}
	if (!value)
		return error_new(ERROR_USAGE, "%s wants a value: %s %s", option->name, option->name,
				 option->value);
	arguments->values[index] = value;
	return NULL;
}

static struct error *parse_words(struct arguments *arguments, struct words *words,
				 size_t max_positionals)
{
	bool only_positionals = false;
	for (;;) {
		const char *word;
		bool quoted;
		TRY(next_word(words, &word, &quoted));
		if (!word)
			return NULL;
		if (!quoted && !only_positionals && !strcmp(word, "--")) {
			only_positionals = true;
		} else if (!quoted && !strcmp(word, "|")) {
			return error_new(ERROR_USAGE, "| is not |>: the filters here are |> head, "
						      "|> grep TEXT and their like; the shell's "
						      "pipe stands outside the quotes of -c");
		} else if (!quoted && !only_positionals && looks_like_option(word)) {
			TRY(parse_option(arguments, word, words));
		} else if (!quoted && !strcmp(word, "/d")) {
			continue;
		} else if (arguments->count == max_positionals) {
			return error_new(ERROR_USAGE, "there is one word too many: %s", word);
		} else {
			arguments->positionals[arguments->count++] = word;
		}
	}
}

static struct error *parse(struct words *words, const struct option *options,
			   size_t max_positionals, struct arguments **ret)
{
	struct arena *arena = words->arena;
	size_t option_count = 0;
	while (options && options[option_count].name)
		option_count++;
	struct arguments *arguments = arena_allocate(arena, sizeof(*arguments));
	if (!arguments)
		return &error_no_memory;
	arguments->options = options;
	arguments->values = arena_allocate_array(arena, option_count, sizeof(char *));
	arguments->positionals = arena_allocate_array(arena, max_positionals, sizeof(char *));
	if (!arguments->values || !arguments->positionals)
		return &error_no_memory;
	TRY(parse_words(arguments, words, max_positionals));
	*ret = arguments;
	return NULL;
}

struct error *arguments_parse(const char *line, const struct option *options,
			      size_t max_positionals, struct arena *arena, struct arguments **ret)
{
	struct words words = { .line = line, .arena = arena };
	return parse(&words, options, max_positionals, ret);
}

struct error *arguments_of_words(const char *const *list, size_t count,
				 const struct option *options, size_t max_positionals,
				 struct arena *arena, struct arguments **ret)
{
	struct words words = { .list = list, .count = count, .arena = arena };
	return parse(&words, options, max_positionals, ret);
}

/* --help and its like, where the command has no option of that name. */
static bool is_help(const struct option *option, const char *word)
{
	return !option && (!strcasecmp(word, "--help") || !strcasecmp(word, "-help") ||
			   !strcasecmp(word, "-h"));
}

static struct error *find_help(struct words *words, const struct option *options, bool *ret)
{
	*ret = false;
	for (;;) {
		const char *word;
		bool quoted, has_value;
		TRY(next_word(words, &word, &quoted));
		if (!word || (!quoted && !strcmp(word, "--")))
			return NULL;
		const struct option *option =
			quoted ? NULL : option_find(options, word, &has_value);
		if (!quoted && is_help(option, word)) {
			*ret = true;
			return NULL;
		}
		if (option && option->value && !has_value)
			TRY(next_word(words, &word, &quoted));
	}
}

struct error *arguments_ask_help(const char *line, const struct option *options,
				 struct arena *arena, bool *ret)
{
	struct words words = { .line = line, .arena = arena };
	return find_help(&words, options, ret);
}

/* Would plain_word() copy the whole of it, and nothing take it for something else? */
static bool is_plain(const char *word)
{
	char quote = '\0';
	if (!*word || strchr("\"'#|", *word))
		return false;
	for (; *word; word++) {
		if (!quote && is_blank(*word))
			return false;
		if (!quote && (*word == '"' || *word == '\''))
			quote = *word;
		else if (*word == quote)
			quote = '\0';
		else if (quote && *word == '\\' && word[1])
			word++;
	}
	return !quote;
}

void arguments_append_word(struct text *to, const char *word)
{
	if (is_plain(word)) {
		text_append(to, word);
		return;
	}
	text_append_char(to, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			text_append_char(to, '\\');
		text_append_char(to, *word);
	}
	text_append_char(to, '"');
}

const struct option *option_find(const struct option *options, const char *word,
				 bool *ret_has_value)
{
	size_t index;
	const char *value;
	if (!looks_like_option(word) || !find_option(options, word, &index, &value))
		return NULL;
	*ret_has_value = value != NULL;
	return &options[index];
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; arguments->options && arguments->options[i].name; i++)
		if (!strcasecmp(arguments->options[i].name, name))
			return arguments->values[i];
	assert(!"an option that is not in the command's table");
	return NULL;
}

bool arguments_has(const struct arguments *arguments, const char *name)
{
	return arguments_value(arguments, name) != NULL;
}

size_t arguments_count(const struct arguments *arguments)
{
	return arguments->count;
}

const char *arguments_positional(const struct arguments *arguments, size_t index)
{
	return index < arguments->count ? arguments->positionals[index] : NULL;
}

void arguments_are_of(struct arguments *arguments, const char *command)
{
	arguments->command = command;
}

/* What is wrong with the value of `what`; `error` NULL: nothing. */
static struct error *wrong_value(const struct arguments *arguments, const char *what,
				 struct error *error)
{
	if (!error)
		return NULL;
	error = error_context(error, "%s", what);
	return arguments->command ? error_context(error, "%s", arguments->command) : error;
}

struct error *arguments_number(const struct arguments *arguments, const char *name, uint64_t *ret)
{
	const char *text = arguments_value(arguments, name);
	if (!text)
		return NULL;
	return wrong_value(arguments, name, parse_number(text, ret));
}

struct error *arguments_address(const struct arguments *arguments, const char *name, uint64_t *ret)
{
	const char *text = arguments_value(arguments, name);
	if (!text)
		return NULL;
	return wrong_value(arguments, name, parse_address(text, ret));
}

struct error *arguments_positional_address(const struct arguments *arguments, size_t index,
					   const char *what, uint64_t *ret)
{
	const char *text = arguments_positional(arguments, index);
	if (!text)
		return error_new(ERROR_USAGE, "%s is missing", what);
	return wrong_value(arguments, what, parse_address(text, ret));
}
