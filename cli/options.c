#include "cli/options.h"

#include <limits.h>

/* Does the word, up to its '=', spell this name? */
static bool spells(const char *name, const char *word, size_t length)
{
	return strlen(name) == length && !memcmp(name, word, length);
}

static const struct option *find_option(const struct option *options, const char *word)
{
	size_t length = word[1] == '-' ? strcspn(word, "=") : strlen(word);
	for (; options && options->name; options++) {
		if (spells(options->name, word, length))
			return options;
		for (const char *const *alias = options->aliases; alias && *alias; alias++)
			if (spells(*alias, word, length))
				return options;
	}
	return NULL;
}

static struct error *parse_option(const struct verb *verb, int argc, char **argv, int *at,
				  struct given *ret)
{
	const char *word = argv[*at];
	const struct option *refused = find_option(verb->refused, word);
	if (refused)
		return error_new(ERROR_USAGE, "%s: %s is not built yet: %s", verb->name,
				 refused->name, refused->help);
	const struct option *option = find_option(verb->options, word);
	if (!option)
		return error_new(ERROR_USAGE,
				 "%s: there is no option %s: clrpod %s --help lists them",
				 verb->name, word, verb->name);
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	*ret = (struct given){ .option = option, .text = "" };
	if (!option->value) {
		if (equals)
			return error_new(ERROR_USAGE, "%s: %s takes no value", verb->name,
					 option->name);
		return NULL;
	}
	if (option->value[0] == '[') { /* may be left out */
		ret->text = equals ? equals + 1 : "";
		return NULL;
	}
	if (!equals && *at + 1 >= argc)
		return error_new(ERROR_USAGE, "%s: %s wants a value: %s %s", verb->name,
				 option->name, option->name, option->value);
	ret->text = equals ? equals + 1 : argv[++*at];
	return NULL;
}

static bool repeats(const struct verb *verb, const struct option *option)
{
	for (const char *const *name = verb->repeated; name && *name; name++)
		if (!strcmp(*name, option->name))
			return true;
	return false;
}

/* Of two values one would be forgotten, and the user would not know which. */
static struct error *check_given(const struct invocation *invocation, const struct given *given)
{
	if (repeats(invocation->verb, given->option))
		return NULL;
	size_t last = invocation->last[given->option - invocation->verb->options];
	const struct given *before = last ? &invocation->given[last - 1] : NULL;
	if (before && strcmp(before->text, given->text) != 0)
		return error_new(ERROR_USAGE, "%s: %s is given twice: %s and %s",
				 invocation->verb->name, given->option->name,
				 *before->text ? before->text : "without a value",
				 *given->text ? given->text : "without a value");
	return NULL;
}

struct error *invocation_begin(const struct verb *verb, int argc, struct arena *arena,
			       struct invocation *ret)
{
	size_t options = 0;
	while (verb->options && verb->options[options].name)
		options++;
	*ret = (struct invocation){ .verb = verb };
	ret->given = arena_allocate_array(arena, (size_t)argc, sizeof(*ret->given));
	ret->last = arena_allocate_array(arena, options, sizeof(*ret->last));
	return ret->given && ret->last ? NULL : &error_no_memory;
}

const struct option *invocation_option(const struct invocation *invocation, const char *word)
{
	return find_option(invocation->verb->options, word);
}

struct error *invocation_add_option(struct invocation *invocation, int argc, char **argv, int *at)
{
	struct given *given = &invocation->given[invocation->count];
	TRY(parse_option(invocation->verb, argc, argv, at, given));
	TRY(check_given(invocation, given));
	invocation->last[given->option - invocation->verb->options] = ++invocation->count;
	return NULL;
}

void invocation_add_word(struct invocation *invocation, const char *word)
{
	invocation->given[invocation->count++] = (struct given){ .text = word };
}

struct error *invocation_parse(const struct verb *verb, int argc, char **argv, int first,
			       struct arena *arena, struct invocation *ret)
{
	TRY(invocation_begin(verb, argc, arena, ret));
	bool only_words = false;
	size_t words = 0;
	for (int i = first; i < argc; i++) {
		const char *word = argv[i];
		if (!only_words && !strcmp(word, "--"))
			only_words = true;
		else if (!only_words && (!strcmp(word, "--help") || !strcmp(word, "-h")))
			ret->help = true;
		else if (!only_words && word[0] == '-' && word[1])
			TRY(invocation_add_option(ret, argc, argv, &i));
		else if (words++ == verb->max_positionals)
			return error_new(ERROR_USAGE, "%s: there is one word too many: %s",
					 verb->name, word);
		else
			invocation_add_word(ret, word);
	}
	return NULL;
}

const char *invocation_value(const struct invocation *invocation, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < invocation->count; i++) {
		const struct given *given = &invocation->given[i];
		if (given->option && !strcmp(given->option->name, name))
			value = given->text;
	}
	return value;
}

bool invocation_has(const struct invocation *invocation, const char *name)
{
	return invocation_value(invocation, name) != NULL;
}

const char *invocation_positional(const struct invocation *invocation, size_t index)
{
	for (size_t i = 0; i < invocation->count; i++)
		if (!invocation->given[i].option && !index--)
			return invocation->given[i].text;
	return NULL;
}

enum output_format options_format(int argc, char **argv)
{
	enum output_format format = OUTPUT_TEXT;
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--json"))
			format = OUTPUT_JSON;
		else if (!strcmp(argv[i], "--jsonl"))
			format = OUTPUT_JSON_LINES;
	}
	return format;
}

enum output_format invocation_format(const struct invocation *invocation)
{
	if (invocation_has(invocation, "--jsonl"))
		return OUTPUT_JSON_LINES;
	return invocation_has(invocation, "--json") ? OUTPUT_JSON : OUTPUT_TEXT;
}

struct error *invocation_pid(const struct invocation *invocation, int *ret)
{
	const char *text = invocation_value(invocation, "-p");
	*ret = 0;
	if (!text)
		return NULL;
	char *end;
	long pid = strtol(text, &end, 10);
	if (*end || end == text || pid <= 0 || pid > INT_MAX)
		return error_new(ERROR_USAGE, "-p: \"%s\" is not a process id", text);
	*ret = (int)pid;
	return NULL;
}
