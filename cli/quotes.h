/* Where a command line is quoted, as arguments.h reads it. */
#ifndef CLI_QUOTES_H
#define CLI_QUOTES_H

/* The character at `at` is passed: *quote (NUL at first) is the quote that is open after it.
 * Answers the next one to look at: within "", a backslash takes a quote or a backslash with it. */
static inline const char *quotes_pass(const char *at, char *quote)
{
	if (*quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
		return at + 2;
	if (!*quote && (*at == '"' || *at == '\''))
		*quote = *at;
	else if (*at == *quote)
		*quote = '\0';
	return at + 1;
}

#endif
