#include "commands/output/output_internal.h"

#include <unistd.h>

static const struct output_form *const forms[] = {
	[OUTPUT_TEXT] = &output_text_form,
	[OUTPUT_JSON] = &output_json_form,
	[OUTPUT_JSON_LINES] = &output_json_lines_form,
};

struct output *output_new(enum output_format format, FILE *stream)
{
	struct output *output = calloc(1, forms[format]->size);
	if (!output)
		return NULL;
	output->form = forms[format];
	output->stream = stream;
	output->flush_lines = isatty(fileno(stream));
	return output;
}
