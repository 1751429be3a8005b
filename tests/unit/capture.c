#include "tests/unit/capture.h"

void capture_cleanup(struct capture *capture)
{
	output_free(capture->out);
	if (capture->stream)
		fclose(capture->stream);
	free(capture->bytes);
}

bool capture_open(struct capture *capture, enum output_format format)
{
	capture->stream = open_memstream(&capture->bytes, &capture->size);
	capture->out = capture->stream ? output_new(format, capture->stream) : NULL;
	return capture->out != NULL;
}
