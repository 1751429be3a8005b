/* Readers that take everything, sleep, stop reading, leave; what they share with us stays as it
 * was. */
#include "base/patient_writer.h"
#include "tests/unit/directory.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>

enum { MANY_BYTES = 1024 * 1024, SECOND_MS = 1000, SLOW_MACHINE_SECONDS = 10 };

static char many[MANY_BYTES];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (char)(i * 2654435761u >> 13);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool blocks(int fd)
{
	return !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

struct reader {
	int fd;
	unsigned sleep_ms;
	size_t count;
	bool same;
};

static void *read_all(void *context)
{
	struct reader *reader = context;
	char piece[10000];
	ssize_t size;
	struct timespec pause = { .tv_sec = reader->sleep_ms / SECOND_MS,
				  .tv_nsec = reader->sleep_ms % SECOND_MS * 1000000l };
	nanosleep(&pause, NULL);
	reader->same = true;
	while ((size = read(reader->fd, piece, sizeof(piece))) > 0) {
		reader->same &= !memcmp(piece, many + reader->count, (size_t)size);
		reader->count += (size_t)size;
	}
	return NULL;
}

/* Writes it all to a reader that sleeps first. */
static int write_to(int ends[2], unsigned sleep_ms, unsigned stall_seconds, bool small,
		    struct reader *reader)
{
	pthread_t thread;
	struct patient_writer writer;
	*reader = (struct reader){ .fd = ends[0], .sleep_ms = sleep_ms };
	if (pthread_create(&thread, NULL, read_all, reader))
		return errno;
	patient_writer_open(&writer, ends[1], NULL);
	writer.stall_seconds = stall_seconds;
	if (small) { /* as where /proc is not to be had */
		patient_writer_close(&writer);
		writer.kind = 3;
	}
	int failed = patient_write(&writer, many, sizeof(many));
	CHECK(blocks(ends[1]));
	patient_writer_close(&writer);
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
	return failed;
}

TEST(a_reader_that_sleeps_gets_every_byte)
{
	struct reader reader;
	for (int small = 0; small < 2; small++) {
		int ends[2];
		fill();
		REQUIRE(!pipe2(ends, O_CLOEXEC));
		CHECK_NUMBER(write_to(ends, 400, 2, small != 0, &reader), 0);
		CHECK_NUMBER(reader.count, sizeof(many));
		CHECK(reader.same);
	}
	int sockets[2];
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	CHECK_NUMBER(write_to(sockets, 400, 2, false, &reader), 0);
	CHECK_NUMBER(reader.count, sizeof(many));
	CHECK(reader.same);
}

/* There is no reader. The errno; *ret_seconds: after how long. */
static int write_stalled(int fd, unsigned stall_seconds, const struct task *task, bool small,
			 double *ret_seconds)
{
	struct patient_writer writer;
	double start = seconds();
	patient_writer_open(&writer, fd, task);
	writer.stall_seconds = stall_seconds;
	if (small) {
		patient_writer_close(&writer);
		writer.kind = 3;
	}
	int failed = patient_write(&writer, many, sizeof(many));
	*ret_seconds = seconds() - start;
	CHECK(blocks(fd));
	double again = seconds();
	CHECK_NUMBER(patient_write(&writer, "x", 1), failed); /* at once */
	CHECK(seconds() - again < 0.5);
	patient_writer_close(&writer);
	return failed;
}

TEST(a_reader_that_takes_nothing_is_given_up)
{
	int ends[2], sockets[2];
	double took;
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	CHECK_NUMBER(write_stalled(ends[1], 1, NULL, false, &took), PATIENT_STALLED);
	CHECK(took >= 1 && took < SLOW_MACHINE_SECONDS);
	close(ends[0]);
	close(ends[1]);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	CHECK_NUMBER(write_stalled(ends[1], 1, NULL, true, &took), PATIENT_STALLED);
	CHECK(took >= 1 && took < SLOW_MACHINE_SECONDS);
	close(ends[0]);
	close(ends[1]);
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	CHECK_NUMBER(write_stalled(sockets[1], 1, NULL, false, &took), PATIENT_STALLED);
	CHECK(took >= 1 && took < SLOW_MACHINE_SECONDS);
	close(sockets[0]);
	close(sockets[1]);
}

TEST(a_terminal_that_takes_nothing_is_given_up)
{
	CLEANUP(fd_cleanup) int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64];
	double took;
	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, sizeof(name)))
		SKIP("no pseudo-terminals here");
	CLEANUP(fd_cleanup) int terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(terminal >= 0);
	for (int small = 0; small < 2; small++) {
		CHECK_NUMBER(write_stalled(terminal, 1, NULL, small != 0, &took), PATIENT_STALLED);
		CHECK(took >= 1 && took < SLOW_MACHINE_SECONDS);
	}
}

TEST(after_a_stop_it_waits_for_a_moment_only)
{
	static volatile sig_atomic_t stop = SIGTERM;
	const struct task task = { .stop = &stop };
	int ends[2];
	double took;
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	CHECK_NUMBER(write_stalled(ends[1], 0, &task, false, &took), ECANCELED);
	CHECK(took * SECOND_MS >= PATIENT_AFTER_STOP_MS && took < 1);
	close(ends[0]);
	close(ends[1]);
	CHECK_FAILS(patient_write_error(ECANCELED, "cannot write"), ERROR_CANCELLED, "cancelled");
}

TEST(a_reader_that_leaves)
{
	int ends[2];
	double took;
	signal(SIGPIPE, SIG_IGN);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	close(ends[0]);
	CHECK_NUMBER(write_stalled(ends[1], 0, NULL, false, &took), EPIPE);
	close(ends[1]);
}

/* A file's offset belongs to the description that others share. */
TEST(files_are_written_where_others_left_off)
{
	CLEANUP(fd_cleanup) int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct patient_writer writer;
	char bytes[8] = { 0 };
	if (fd < 0)
		SKIP("no file without a name in /tmp");
	REQUIRE(write(fd, "abc", 3) == 3);
	patient_writer_open(&writer, fd, NULL);
	FILE *stream = patient_writer_stream(&writer);
	if (stream) {
		CHECK(fputs("def", stream) >= 0);
		CHECK(!fclose(stream));
	}
	patient_writer_close(&writer);
	REQUIRE(stream);
	CHECK_NUMBER(pread(fd, bytes, sizeof(bytes), 0), 6);
	CHECK_TEXT(bytes, "abcdef");
}

TEST(a_stream_says_why)
{
	int ends[2];
	struct patient_writer writer;
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	patient_writer_open(&writer, ends[1], NULL);
	writer.stall_seconds = 1;
	FILE *stream = patient_writer_stream(&writer);
	if (stream) {
		errno = 0;
		CHECK(fwrite(many, 1, sizeof(many), stream) != sizeof(many) || fflush(stream));
		CHECK_NUMBER(errno, PATIENT_STALLED);
		fclose(stream);
	}
	patient_writer_close(&writer);
	close(ends[0]);
	close(ends[1]);
	struct error *error = patient_write_error(PATIENT_STALLED, "cannot write the answer");
	CHECK(error->code == ERROR_NO_MEMORY || patient_write_stalled(error));
	CHECK_FAILS(error, ERROR_OS, "--stall");
}

TEST(no_more_is_written_than_may_be)
{
	DIRECTORY(directory);
	char path[128], bytes[16];
	struct patient_writer writer;
	snprintf(path, sizeof(path), "%s/file", directory.path);
	CLEANUP(fd_cleanup) int fd = open(path, O_RDWR | O_CREAT, 0600);
	patient_writer_open_own(&writer, fd, NULL);
	writer.most_bytes = 10;
	CHECK_NUMBER(patient_write(&writer, "12345", 5), 0);
	CHECK_NUMBER(patient_write(&writer, "12345", 5), 0);
	CHECK_NUMBER(patient_write(&writer, "1", 1), PATIENT_TOO_MUCH);
	CHECK_NUMBER(pread(fd, bytes, sizeof(bytes), 0), 10);
	CHECK_FAILS(patient_write_error(PATIENT_TOO_MUCH, "cannot write the lines"), ERROR_OS,
		    "cannot write the lines: it ends here");
}

static const struct tap_case cases[] = {
	CASE_ONCE(a_reader_that_sleeps_gets_every_byte),
	CASE_ONCE(a_reader_that_takes_nothing_is_given_up),
	CASE_ONCE(a_terminal_that_takes_nothing_is_given_up),
	CASE_ONCE(after_a_stop_it_waits_for_a_moment_only),
	CASE_ONCE(a_reader_that_leaves),
	CASE(files_are_written_where_others_left_off),
	CASE_ONCE(a_stream_says_why),
	CASE_ONCE(no_more_is_written_than_may_be),
};
TAP_MAIN(cases)
