#include "inspect/name_pattern.h"

#include "dump/images/module_list.h"

struct error *name_pattern_init(struct name_pattern *pattern, const char *text)
{
	enum { MESSAGE_BYTES = 128 };
	char message[MESSAGE_BYTES];
	pattern->any = true;
	if (!text)
		return NULL;
	int failure = regcomp(&pattern->regex, text, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (failure == REG_ESPACE)
		return &error_no_memory;
	if (failure) {
		regerror(failure, &pattern->regex, message, sizeof(message));
		return error_new(ERROR_USAGE, "\"%s\" is no regular expression: %s", text, message);
	}
	pattern->any = false;
	return NULL;
}

void name_pattern_deinit(struct name_pattern *pattern)
{
	if (!pattern->any)
		regfree(&pattern->regex);
	pattern->any = true;
}

bool name_pattern_matches(const struct name_pattern *pattern, const char *path)
{
	return pattern->any || !regexec(&pattern->regex, path_file_name(path), 0, NULL, 0);
}
