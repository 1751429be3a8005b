#include "attach/process_architecture.h"

#include "attach/proc_file.h"
#include "attach/process_access.h"
#include "base/cleanup.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct error *process_architecture_read(int id, int pid, const struct architecture **ret)
{
	Elf64_Ehdr header;
	CLEANUP(fd_cleanup) int fd = proc_link_open(id, "exe", O_RDONLY);
	*ret = NULL;
	if (fd < 0)
		return process_access_denied(pid, errno);
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG))
		return error_new(ERROR_UNSUPPORTED, "the program of process %d is no ELF file",
				 pid);
	if (header.e_ident[EI_CLASS] == ELFCLASS64)
		*ret = architecture_of_elf_machine(header.e_machine);
	if (!*ret)
		return error_new(ERROR_UNSUPPORTED,
				 "process %d is not a 64-bit x64 or arm64 process (ELF class %d, "
				 "machine %d)",
				 pid, header.e_ident[EI_CLASS], header.e_machine);
	return NULL;
}
