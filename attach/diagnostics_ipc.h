/*
 * The diagnostics socket of a .NET process: finding it, and asking the runtime for a dump of
 * itself. Protocol: dotnet/diagnostics documentation/design-docs/ipc-protocol.md; the server is
 * dotnet/runtime src/native/eventpipe/ds-server.c, ds-dump-protocol.c.
 *
 * The socket lies in the process's TMPDIR, or in /tmp, as it sees them, and is called
 * dotnet-diagnostic-PID-KEY-socket: PID is its own view, KEY its start time (ds-ipc-pal-socket.c:
 * ipc_transport_get_default_name; a container that was started anew finds the sockets of its
 * predecessors there, with the same PID).
 *
 * Any user may put a socket of that name into a /tmp, and answer. So the process's own user has to
 * own it, and the process itself has to listen (SO_PEERCRED, unix(7): the ids of the caller of
 * listen(2)); and no step waits for the other side for ever.
 */
#ifndef ATTACH_DIAGNOSTICS_IPC_H
#define ATTACH_DIAGNOSTICS_IPC_H

#include "base/arena.h"
#include "base/task.h"

enum diagnostics_dump_type { /* DumpType of the protocol */
			     DIAGNOSTICS_DUMP_MINI = 1,
			     DIAGNOSTICS_DUMP_HEAP = 2,
			     DIAGNOSTICS_DUMP_FULL = 4,
};

struct diagnostics_socket {
	int pid;
	int memory_id;      /* its /proc/…/root is the process's: process_memory_id() */
	unsigned uid;       /* of the process, effective */
	const char *folder; /* as the process sees it */
	bool shared;        /* its root is closed to us, but our /tmp is its /tmp */
	const char *name;   /* in folder */
	const char *path;   /* as we see it; NULL: none found */
	bool open_to_us;    /* we may connect */
	bool forged;        /* one of that name is there, of another user: no path then */
	unsigned owner;     /* that user */
};

struct diagnostics_query {
	int pid, namespace_pid; /* as we see the process, and as it sees itself */
	int memory_id;          /* process_memory_id() */
	unsigned uid;           /* effective, as we see it */
	const char *temporary;  /* its TMPDIR, or NULL */
};

/* Nothing is connected to. Texts live in `arena`. */
MUST_CHECK struct error *diagnostics_find(const struct diagnostics_query *query,
					  struct arena *arena, struct diagnostics_socket *ret);

/* The folder of the socket, as an O_PATH descriptor; -1 with errno. */
int diagnostics_open_folder(const struct diagnostics_socket *socket);

struct diagnostics_request {
	const char *path; /* of the dump, as the process sees paths */
	enum diagnostics_dump_type type;
	uint64_t wait_ms; /* at most, for everything together */
};

/*
 * Has the runtime write a dump, and waits for the end of it. The process is stopped meanwhile (its
 * createdump stops it). ERROR_OS: cannot connect, another process than this one listens, or the
 * connection broke; os_errno ETIMEDOUT: no answer in time, the runtime may go on writing.
 * ERROR_UNSUPPORTED: the runtime refused or failed; the message has its words. ERROR_BAD_DATA: no
 * answer of the protocol's. ERROR_CANCELLED: the runtime goes on writing.
 */
MUST_CHECK struct error *diagnostics_dump(const struct diagnostics_socket *socket,
					  const struct diagnostics_request *request,
					  const struct task *task);

#endif
