/*
 * The diagnostics socket of a .NET process: finding it, and asking the runtime for a dump of
 * itself. Protocol: dotnet/diagnostics documentation/design-docs/ipc-protocol.md; the server is
 * dotnet/runtime src/native/eventpipe/ds-server.c, ds-dump-protocol.c.
 *
 * The socket lies in the process's TMPDIR, or in /tmp, as it sees them, and is called
 * dotnet-diagnostic-PID-KEY-socket: PID is its own view, KEY its start time (ds-ipc-pal-socket.c:
 * ipc_transport_get_default_name; a container that was started anew finds the sockets of its
 * predecessors there, with the same PID).
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
	const char *folder; /* as the process sees it */
	bool shared;        /* its root is closed to us, but our /tmp is its /tmp */
	const char *name;   /* in folder */
	const char *path;   /* as we see it; NULL: none found */
	bool open_to_us;    /* we may connect */
};

/* The socket of process `pid`, which is namespace_pid to itself; temporary is its TMPDIR or NULL.
 * Nothing is connected to. Texts live in `arena`. */
MUST_CHECK struct error *diagnostics_find(int pid, int namespace_pid, const char *temporary,
					  struct arena *arena, struct diagnostics_socket *ret);

/* The folder of the socket, as an O_PATH descriptor; -1 with errno. */
int diagnostics_open_folder(const struct diagnostics_socket *socket);

/*
 * Has the runtime write a dump to `path`, as it sees paths, and waits for the end of it. The
 * process stands still meanwhile (its createdump stops it). ERROR_OS: cannot connect, or the
 * connection broke. ERROR_UNSUPPORTED: the runtime refused or failed; the message has its words.
 * ERROR_BAD_DATA: no answer of the protocol's. ERROR_CANCELLED: the runtime goes on writing.
 */
MUST_CHECK struct error *diagnostics_dump(const struct diagnostics_socket *socket, const char *path,
					  enum diagnostics_dump_type type, const struct task *task);

#endif
