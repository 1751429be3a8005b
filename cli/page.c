#include "cli/page.h"

#include "base/cleanup.h"
#include "base/patient_writer.h"
#include "cli/say.h"

#include <unistd.h>

static struct error *write_page(void (*print)(FILE *to, const void *what), const void *what)
{
	struct patient_writer writer;
	patient_writer_open(&writer, STDOUT_FILENO, NULL);
	FILE *to = patient_writer_stream(&writer);
	bool opened = to != NULL;
	if (opened)
		print(to, what);
	file_cleanup(&to);
	int failed = writer.failed;
	patient_writer_close(&writer);
	if (!opened)
		return &error_no_memory;
	return failed ? patient_write_error(failed, "cannot write to stdout") : NULL;
}

enum exit_status page_show(void (*print)(FILE *to, const void *what), const void *what)
{
	struct error *error = write_page(print, what);
	enum exit_status status = exit_status_of_command(error);
	if (error && status != STATUS_INCOMPLETE)
		say(stderr, "clrpod: %s", error->message);
	error_free(error);
	return status;
}
