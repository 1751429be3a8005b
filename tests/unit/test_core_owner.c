/* Which process a core is of: of files that are none, that end early, that lie about their
 * sizes. */
#include "base/cleanup.h"
#include "base/limits.h"
#include "dump/core/core_owner.h"
#include "tests/unit/tap.h"

#include <elf.h>
#include <sys/mman.h>

enum { PID = 4711, PRPSINFO_BYTES = 136, PID_AT = 24 };

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	Elf64_Nhdr note;
	char name[8];
	uint8_t information[PRPSINFO_BYTES];
};

static struct image whole_core(void)
{
	struct image image = {
		.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_CORE,
			    .e_phoff = offsetof(struct image, segments),
			    .e_phnum = 2 },
		.segments = { { .p_type = PT_LOAD },
			      { .p_type = PT_NOTE,
				.p_offset = offsetof(struct image, note),
				.p_filesz = sizeof(image) - offsetof(struct image, note),
				.p_align = 4 } },
		.note = { .n_namesz = 5, .n_descsz = PRPSINFO_BYTES, .n_type = NT_PRPSINFO },
		.name = "CORE",
	};
	const int pid = PID;
	memcpy(image.information + PID_AT, &pid, sizeof(pid));
	return image;
}

static struct error *owner_of(const struct image *image, size_t size, int *ret)
{
	CLEANUP(fd_cleanup) int fd = memfd_create("core", MFD_CLOEXEC);
	if (fd < 0 || write(fd, image, size) != (ssize_t)size)
		abort();
	return core_owner_read(fd, ret);
}

TEST(whole)
{
	struct image image = whole_core();
	int pid = -1;
	CHECK_OK(owner_of(&image, sizeof(image), &pid));
	CHECK_NUMBER(pid, PID);
}

TEST(cut_anywhere)
{
	struct image image = whole_core();
	const size_t end = offsetof(struct image, information) + PRPSINFO_BYTES;
	for (size_t size = 0; size < end; size += 4) {
		int pid = -1;
		CHECK_OK(owner_of(&image, size, &pid));
		CHECK_NUMBER(pid, 0);
	}
}

TEST(it_lies)
{
	int pid = -1;
	struct image image = whole_core();
	image.segments[1].p_filesz = UINT64_MAX;
	CHECK_OK(owner_of(&image, sizeof(image), &pid));
	CHECK_NUMBER(pid, PID); /* what is there counts */
	image.segments[1].p_offset = UINT64_MAX - 1;
	CHECK_OK(owner_of(&image, sizeof(image), &pid));
	CHECK_NUMBER(pid, 0);
	image = whole_core();
	image.header.e_phoff = UINT64_MAX - 8;
	CHECK_OK(owner_of(&image, sizeof(image), &pid));
	CHECK_NUMBER(pid, 0);
	image = whole_core();
	image.note.n_descsz = PID_AT;
	CHECK_OK(owner_of(&image, sizeof(image), &pid));
	CHECK_NUMBER(pid, 0);
}

/* 65535 segments of the same notes would be read for hours. */
TEST(all_notes_together_have_an_end)
{
	int pid = -1;
	struct image image = whole_core();
	image.segments[0] = (Elf64_Phdr){ .p_type = PT_NOTE,
					  .p_offset = sizeof(image),
					  .p_filesz = LIMIT_CORE_OWNER_BYTES,
					  .p_align = 4 };
	CLEANUP(fd_cleanup) int fd = memfd_create("core", MFD_CLOEXEC);
	CHECK(write(fd, &image, sizeof(image)) == (ssize_t)sizeof(image));
	CHECK(!ftruncate(fd, (off_t)sizeof(image) + LIMIT_CORE_OWNER_BYTES));
	CHECK_OK(core_owner_read(fd, &pid));
	CHECK_NUMBER(pid, 0);
	image.segments[0].p_filesz -= sizeof(image);
	CHECK(pwrite(fd, &image, sizeof(image), 0) == (ssize_t)sizeof(image));
	CHECK_OK(core_owner_read(fd, &pid));
	CHECK_NUMBER(pid, PID);
}

TEST(none)
{
	int pid = -1;
	struct image image = whole_core();
	image.header.e_type = ET_DYN;
	CHECK_OK(owner_of(&image, sizeof(image), &pid));
	CHECK_NUMBER(pid, 0);
	CHECK_FAILS(core_owner_read(-1, &pid), ERROR_OS, "notes of the core");
}

static const struct tap_case cases[] = {
	CASE(whole), CASE(cut_anywhere), CASE(it_lies), CASE(all_notes_together_have_an_end),
	CASE(none),
};
TAP_MAIN(cases)
