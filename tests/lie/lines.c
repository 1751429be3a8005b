#include "tests/lie/lines.h"

#include "tests/lie/answer.h"
#include "base/list.h"

#include <cjson/cJSON.h>
#include <ctype.h>

enum { LINE_BYTES = 512, ADDRESS_DIGITS = 10 };

/* Where the address of something comes from: the first value of a key in the answer to a line. */
static const struct source {
	const char *what; /* the table's words for it; NULL: its kind's own */
	enum subject_kind kind;
	const char *line, *key;
} sources[] = {
	{ NULL, SUBJECT_OBJECT, "dumpheap -type Exception -limit 1", "address" },
	{ NULL, SUBJECT_COLLECTION, "dumpheap -type Dictionary<System.String -limit 40",
	  "address" },
	{ NULL, SUBJECT_METHOD_TABLE, "dumpheap -type Exception -limit 1", "mt" },
	{ "an address", SUBJECT_OBJECT, "dumpheap -type Exception -limit 1", "address" },
	{ "an array", SUBJECT_OBJECT, "dumpheap -type String[] -limit 1", "address" },
	{ "a string", SUBJECT_OBJECT, "dumpheap -type System.String -exact -limit 1", "address" },
	{ "a delegate", SUBJECT_OBJECT, "dumpheap -type Action -limit 1", "address" },
	{ "a task", SUBJECT_OBJECT, "dumpheap -type Threading.Tasks.Task -limit 1", "address" },
	{ "an exception", SUBJECT_OBJECT, "dumpheap -type OutOfMemoryException -limit 1",
	  "address" },
	{ "an assembly", SUBJECT_ADDRESS, "clrmodules -v", "assembly" },
	{ "a module", SUBJECT_ADDRESS, "clrmodules -v", "module" },
	{ "a domain", SUBJECT_ADDRESS, "dumpdomain", "address" },
	{ "a state", SUBJECT_ADDRESS, "clrthreads", "state" },
	{ "a MethodDesc, or IL with -i,", SUBJECT_ADDRESS, "name2ee -exact *!Demo.Program.Main",
	  "method_desc" },
	{ "the address of code", SUBJECT_ADDRESS, "name2ee -exact *!Demo.Program.Main",
	  "code_address" },
	{ "a MethodDesc", SUBJECT_ADDRESS, "name2ee *!System.String.Concat", "method_desc" },
	{ "a MethodDesc, or IL with -i,", SUBJECT_ADDRESS, "name2ee *!System.String.Concat",
	  "method_desc" },
	{ "the address of code", SUBJECT_ADDRESS, "name2ee *!System.String.Concat",
	  "code_address" },
	{ "a struct", SUBJECT_METHOD_TABLE, "name2ee *!System.DateTime", "mt" },
};

/* Each of them, "" where the dump has none. */
struct found {
	char address[COUNT_OF(sources)][32];
};

bool command_reads_dump(const struct command *command)
{
	return command->needs & (NEEDS_TARGET | NEEDS_HEAP) && !(command->needs & NEEDS_LIVE);
}

static const cJSON *first_of(const cJSON *json, const char *key)
{
	for (const cJSON *at = json ? json->child : NULL; at; at = at->next) {
		bool named = at->string && !strcmp(at->string, key);
		if (named && (cJSON_IsString(at) || cJSON_IsNumber(at)))
			return at;
		const cJSON *found = first_of(at, key);
		if (found)
			return found;
	}
	return NULL;
}

static void find_source(struct session *session, const struct source *source, char *to, size_t size)
{
	struct answer answer;
	char *whole = NULL;
	answer_ask(session, source->line, &answer);
	*to = '\0';
	if (!answer.rest || asprintf(&whole, "%s,%s", answer.json, answer.rest) < 0)
		return;
	cJSON *json = cJSON_Parse(whole);
	const cJSON *value = first_of(json, source->key);
	if (value && cJSON_IsString(value))
		snprintf(to, size, "%s", value->valuestring);
	else if (value)
		snprintf(to, size, "%x", (unsigned)value->valuedouble);
	cJSON_Delete(json);
	free(whole);
	answer_deinit(&answer);
}

/* NULL: the dump has none, or no source is known. */
static const char *address_for(const struct found *found, const struct subject *subject)
{
	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		const char *what = sources[i].what;
		bool same = what && subject->what ? !strcmp(what, subject->what)
						  : what == subject->what;
		if (same && sources[i].kind == subject->kind && found->address[i][0])
			return found->address[i];
	}
	return NULL;
}

/* How many characters of the word are an address; 0: it is none. */
static size_t address_length(const char *word)
{
	size_t length = 0;
	while (isxdigit((unsigned char)word[length]))
		length++;
	bool ends = !word[length] || word[length] == ' ';
	return ends && length >= ADDRESS_DIGITS ? length : 0;
}

static bool is_file(const char *word, size_t length)
{
	return length > 5 && !strncmp(word + length - 5, ".core", 5);
}

/* The example with the dump's own addresses and path; false: the dump has no such thing. */
static bool fill_in(const char *example, const char *const *addresses, const char *path, char *to,
		    size_t size)
{
	size_t used = 0, next = 0;
	while (*example) {
		size_t length = strcspn(example, " "), digits = address_length(example);
		const char *word = example;
		int shown = (int)length;
		if (digits) {
			word = addresses[next];
			next = addresses[next + 1] ? next + 1 : next;
			if (!word)
				return false;
			shown = (int)strlen(word);
		} else if (is_file(example, length)) {
			word = path;
			shown = (int)strlen(path);
		}
		used += (size_t)snprintf(to + used, size - used, "%s%.*s", used ? " " : "", shown,
					 word);
		example += length;
		example += strspn(example, " ");
	}
	return used < size;
}

static struct error *add(struct lines *lines, const struct command *command, const char *text)
{
	TRY(LIST_GROW(lines->items, lines->count, lines->capacity));
	char *copy = strdup(text);
	if (!copy)
		return &error_no_memory;
	lines->items[lines->count++] = (struct line){ command, copy };
	return NULL;
}

static struct error *add_command(struct lines *lines, const struct command *command,
				 const struct found *found, const char *path)
{
	char text[LINE_BYTES];
	struct subject subject = command->subject, second = { .kind = SUBJECT_OBJECT };
	bool is_struct = subject.kind == SUBJECT_METHOD_TABLE && command->positionals;
	if (is_struct) /* its MethodTable is followed by its place */
		subject.what = "a struct";
	const char *addresses[] = { address_for(found, &subject), NULL, NULL };
	if (is_struct)
		addresses[1] = address_for(found, &second);
	for (const char *const *example = command->examples; example && *example; example++)
		if (fill_in(*example, addresses, path, text, sizeof(text)))
			TRY(add(lines, command, text));
	if (subject.kind == SUBJECT_NONE || !addresses[0])
		return NULL;
	snprintf(text, sizeof(text), "%s %s%s%s", command->name, addresses[0],
		 addresses[1] ? " " : "", addresses[1] ? addresses[1] : "");
	for (size_t i = 0; i < lines->count; i++)
		if (!strcmp(lines->items[i].text, text))
			return NULL;
	return add(lines, command, text);
}

struct error *lines_find(struct session *session, const char *path, struct lines *ret)
{
	static struct found found;
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		find_source(session, &sources[i], found.address[i], sizeof(found.address[i]));
	for (const struct command *const *command = all_commands; *command; command++)
		if (command_reads_dump(*command))
			TRY(add_command(ret, *command, &found, path));
	return NULL;
}
