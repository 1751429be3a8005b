"""A process that claims to be a .NET runtime on a diagnostics socket, honest or not.

usage: fake_runtime.py MODE-FILE OTHER-FILE [PID [UID]]

Listens as its own runtime, or as that of process PID (the socket then given to UID). For each request it says that the dump is
written, and does with the path what the word in MODE-FILE says: nothing, text, link, hard, fifo, core, stranger (a core of
another process). OTHER-FILE is what links lead to. Prints "ready".
"""
import os, socket, struct, sys


def core(pid):
    info = struct.pack("<BBBbxxxxQIIiiii16s80s", 0, 83, 0, 0, 0, 0, 0, pid, 0, 0, 0, b"fake", b"fake")
    note = struct.pack("<III8s", 5, len(info), 3, b"CORE") + info
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(note), len(note), 4) + note


def write(path, contents):
    with open(path, "xb") as file:
        file.write(contents)


def put(mode, path, other, pid):
    if mode == "text":
        write(path, b"no core\n")
    elif mode == "link":
        os.symlink(other, path)
    elif mode == "hard":
        os.link(other, path)
    elif mode == "fifo":
        os.mkfifo(path)
    elif mode == "core":
        write(path, core(pid))
    elif mode == "stranger":
        write(path, core(pid + 1))


def main(mode_file, other, pid=None, uid=None):
    process = pid or "self"
    with open(f"/proc/{process}/stat") as stat:
        text = stat.read()
    pid = int(text.split()[0])
    start = text.rsplit(")", 1)[1].split()[19]
    path = f"/tmp/dotnet-diagnostic-{pid}-{start}-socket"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    if uid:
        os.chown(path, int(uid), -1)
    os.chmod(path, 0o777)
    listener.listen(8)
    print("ready", path, flush=True)
    while True:
        connection, _ = listener.accept()
        request = connection.recv(65536)
        if len(request) > 24:
            units = struct.unpack_from("<I", request, 20)[0]
            wanted = request[24 : 24 + 2 * units].decode("utf-16-le").rstrip("\0")
            with open(mode_file) as file:
                put(file.read().strip(), wanted, other, pid)
            connection.sendall(b"DOTNET_IPC_V1\0" + struct.pack("<HBBHI", 24, 0xFF, 0, 0, 0))
        connection.close()


main(*sys.argv[1:])
