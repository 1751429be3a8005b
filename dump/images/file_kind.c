#include "dump/images/file_kind.h"

#include "attach/target/architecture.h"
#include "base/bytes.h"
#include "base/list.h"

#include <elf.h>

struct magic {
	size_t offset;
	const char *bytes;
	size_t size;
	const char *what;
};

#define MAGIC(offset, bytes, what)                                                                 \
	{                                                                                          \
		(offset), (bytes), sizeof(bytes) - 1, (what)                                       \
	}

#define MACH_O "is a Mach-O file of macOS; only ELF cores of Linux processes can be opened"

static const struct magic magics[] = {
	MAGIC(0, "MDMP", "is a Windows minidump; only ELF cores of Linux processes can be opened"),
	MAGIC(0, "PAGEDU",
	      "is a Windows kernel dump; only ELF cores of Linux processes can be opened"),
	MAGIC(0, "\xcf\xfa\xed\xfe", MACH_O),
	MAGIC(0, "\xfe\xed\xfa\xcf", MACH_O),
	MAGIC(0, "\xce\xfa\xed\xfe", MACH_O),
	MAGIC(0, "\xfe\xed\xfa\xce", MACH_O),
	MAGIC(0, "\xca\xfe\xba\xbf", MACH_O),
	MAGIC(0, "\xca\xfe\xba\xbe",
	      "is a Mach-O or Java class file; only ELF cores of Linux processes can be opened"),
	MAGIC(0, "MZ",
	      "is a PE file (a .dll or .exe); give the dump, and the folder of such files "
	      "with --sysroot"),
	MAGIC(0,
	      "\xfd"
	      "7zXZ",
	      "is packed with xz; unpack it first: xz -dk FILE"),
	MAGIC(0, "BZh", "is packed with bzip2; unpack it first: bzip2 -dk FILE"),
	MAGIC(0, "\x04\x22\x4d\x18", "is packed with lz4; unpack it first: lz4 -d FILE"),
	MAGIC(0, "PK\x03\x04", "is a zip archive; unpack it first"),
	MAGIC(0, "7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first"),
	MAGIC(257, "ustar", "is a tar archive; unpack it first: tar -xf FILE"),
	MAGIC(0, "Nettrace", "is an event trace of dotnet-trace or dotnet-gcdump, not a dump"),
	/* After its length, as that library writes every string. */
	MAGIC(4, "!FastSerialization",
	      "is a gcdump of dotnet-gcdump, which holds no values; take a "
	      "dump of the process"),
	MAGIC(0, "!<arch>\n", "is a static library, not a dump"),
	MAGIC(0, "#!", "is a script, not a dump"),
};

static const char *elf_kind_of(const uint8_t *head, size_t size)
{
	if (head[EI_DATA] == ELFDATA2MSB)
		return "is an ELF file of a big-endian machine; only cores of x64 and arm64 can be "
		       "opened";
	if (head[EI_CLASS] == ELFCLASS32)
		return "is a 32-bit ELF file; only cores of 64-bit processes (x64, arm64) can be "
		       "opened";
	if (head[EI_CLASS] != ELFCLASS64 || head[EI_DATA] != ELFDATA2LSB)
		return "is an ELF file whose header is damaged";
	if (size < sizeof(Elf64_Ehdr))
		return "is an ELF file that ends within its header";
	switch (load_u16(head + offsetof(Elf64_Ehdr, e_type))) {
	case ET_CORE:
		break;
	case ET_EXEC:
	case ET_DYN:
		return "is an ELF program or shared library, not a core; give the dump, or a "
		       "process "
		       "with -p";
	case ET_REL:
		return "is an ELF object file, not a core";
	default:
		return "is an ELF file of an unknown type, not a core";
	}
	uint16_t machine = load_u16(head + offsetof(Elf64_Ehdr, e_machine));
	if (architecture_of_elf_machine(machine))
		return NULL;
	switch (machine) {
	case EM_RISCV:
		return "is a core of a RISC-V process; only those of x64 and arm64 can be opened";
	case EM_S390:
		return "is a core of an s390x process; only those of x64 and arm64 can be opened";
	case EM_PPC64:
		return "is a core of a ppc64le process; only those of x64 and arm64 can be opened";
	default:
		return "is an ELF core of another machine; only those of x64 and arm64 can be "
		       "opened";
	}
}

static bool is_text(const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (head[i] < 0x20 && head[i] != '\n' && head[i] != '\r' && head[i] != '\t' &&
		    head[i] != 0x1b)
			return false;
	return size > 0;
}

static bool is_zero(const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (head[i])
			return false;
	return true;
}

enum file_kind file_kind_of(const uint8_t *head, size_t size, const char **ret_what)
{
	enum { ZSTD_MAGIC = 0xfd2fb528, ZSTD_SKIPPABLE = 0x184d2a50, GZIP_MAGIC = 0x8b1f };
	*ret_what = NULL;
	if (size >= EI_NIDENT && !memcmp(head, ELFMAG, SELFMAG)) {
		*ret_what = elf_kind_of(head, size);
		return *ret_what ? FILE_KIND_OTHER : FILE_KIND_CORE;
	}
	if (size >= sizeof(uint32_t) && (load_u32(head) == (uint32_t)ZSTD_MAGIC ||
					 (load_u32(head) & 0xfffffff0u) == ZSTD_SKIPPABLE))
		return FILE_KIND_ZSTD;
	if (size >= sizeof(uint16_t) && load_u16(head) == GZIP_MAGIC)
		return FILE_KIND_GZIP;
	for (size_t i = 0; !*ret_what && i < COUNT_OF(magics); i++)
		if (range_within(magics[i].offset, magics[i].size, size) &&
		    !memcmp(head + magics[i].offset, magics[i].bytes, magics[i].size))
			*ret_what = magics[i].what;
	if (!*ret_what && !size)
		*ret_what = "is empty";
	if (!*ret_what && is_text(head, size))
		*ret_what = "is a text file, not a dump";
	if (!*ret_what && is_zero(head, size))
		*ret_what = "begins with zeros: a dump whose writing or copying was cut short";
	if (!*ret_what)
		*ret_what = "is not an ELF core";
	return FILE_KIND_OTHER;
}
