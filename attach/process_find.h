/*
 * The .NET processes of this machine, as far as /proc shows them: in a pod, those of the shared PID
 * namespace. A process is .NET when libcoreclr.so is mapped, or its main program exports the
 * runtime's symbols (single-file, NativeAOT). Where its mappings may not be read, the names of its
 * threads (".NET Finalizer" …, world-readable) and the diagnostics socket show it.
 *
 * Everything in the list lives in the arena of the call. No file is written and no process stopped.
 * Root without SYS_PTRACE takes on the ids of processes that are closed to it, and comes back:
 * other threads of ours should do nothing meanwhile.
 */
#ifndef ATTACH_PROCESS_FIND_H
#define ATTACH_PROCESS_FIND_H

#include "attach/diagnostics_ipc.h"
#include "attach/memory_guard.h"
#include "attach/process_identity.h"
#include "attach/process_reach.h"
#include "attach/process_silence.h"
#include "attach/process_state.h"
#include "attach/target/target.h"
#include "base/arena.h"
#include "base/task.h"

enum process_runtime {
	PROCESS_CORECLR,     /* libcoreclr.so is mapped */
	PROCESS_SINGLE_FILE, /* CoreCLR inside the main program */
	PROCESS_NATIVE_AOT,  /* .NET, but not CoreCLR: cannot be analyzed */
	PROCESS_UNKNOWN,     /* .NET by its thread names or socket; mappings not readable */
};

struct process_info {
	int pid;
	struct process_identity identity; /* of the process that had the number all the while */
	int memory_id;     /* its files of /proc show the memory: see process_memory_id() */
	int namespace_pid; /* in its own PID namespace (NSpid); equals pid outside containers */
	/* As the process calls itself, whatever that holds (base/escape.h). */
	const char *name; /* of the app: app.dll's "app" under `dotnet`, else the program's */
	const char *command_line; /* arguments joined by spaces */
	bool is_dotnet; /* something shows it: a library, the names of its threads, its socket */
	enum process_runtime runtime;
	const char *version; /* "10.0.12"; NULL: unknown */
	const char
		*runtime_path; /* libcoreclr.so or the main program, as it sees it; may be NULL */
	const struct architecture *architecture; /* NULL: unknown */
	unsigned uid;                            /* effective, as we see it */
	const char *user;                        /* its name in our /etc/passwd; NULL: none */
	uint64_t resident_bytes;                 /* RSS */
	const char *container; /* id of 64 hex digits, by its cgroup or mounts; NULL: none seen */
	const char *container_name; /* in its pod, "api", by its mounts; NULL: none seen */
	const char *pod_uid;        /* "1234abcd-…"; NULL: none seen */
	/* By its /etc/hostname, else by HOSTNAME in its environment: of a pod that names no other
	 * and has a network of its own, the pod's name. NULL: not readable. */
	const char *hostname;
	struct diagnostics_socket socket; /* .path NULL: none seen */
	struct memory_room memory;        /* of its control group, .NET only; see `limited` */
	bool limited;                     /* there is one, and it can be read */
	struct process_state state;       /* of a .NET process, or of one that has no memory */
	enum process_way way;         /* AS_IS, AS_OWNER: one pread of /proc/PID/mem worked so */
	enum process_silence silence; /* of what is silent nothing was read */
	bool as_owner;                /* what is here was found out as its owner (root may) */
	const char *reason; /* why its memory cannot be read, and what grants it, in one sentence;
			       NULL: it can */
};

struct process_list {
	struct process_info *processes; /* ascending by pid; we ourselves are left out */
	size_t count;
	size_t hidden; /* others, of which not even the threads' names may be read (hidepid) */
};

/* ERROR_OS when /proc cannot be listed, ERROR_NO_MEMORY, ERROR_CANCELLED by the task, which may be
 * NULL. */
MUST_CHECK struct error *process_list(const struct task *task, struct arena *arena,
				      struct process_list *ret);

/* "coreclr", "single-file", "nativeaot", "unknown". */
const char *process_runtime_name(enum process_runtime runtime);

/* One process, .NET or not: everything that can be found out of `pid`. ERROR_NOT_FOUND: no such.
 * Else as above. */
MUST_CHECK struct error *process_describe(int pid, const struct task *task, struct arena *arena,
					  struct process_info *ret, bool *ret_is_dotnet);

#endif
