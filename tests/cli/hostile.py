"""Texts of a dump and of processes that would take a terminal over, through everything that clrpod
shows: tables, notes, errors, Tab's list, history, log, files. What arrives is looked at with
Python's own table of Unicode. TAP."""
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata

PROGRAM, DUMP, WORK = sys.argv[1:4]
HOME = os.path.join(WORK, "home")
number = failures = 0

# Names in metadata and in the notes of the core (UTF-8, UTF-16 in the runtime's own memory), and
# strings on the heap; each as long as what it takes the place of.
NAMES = {
    b"Demo.Payments": b"Demo.P\x1bcments",                      # resets a terminal
    b"Policy": b"Po\x1bcli",
    b"Gateway": b"Gate\xe2\x80\xae",                        # U+202E turns round what comes after
    b"EnableFallback": b"Enable\x1b]0;x\x07ck",             # sets the window's title
    b"_policies": b"_pol\x1bcies",
    b"_lastKey": b"_last\nKy",                              # forges a line
    b"_history": b"_h\x1b]52;c",                            # the clipboard
    b"Retries": b"Retr\xc2\x9bJ",                           # CSI as a C1 control
    b"Timeout": b"Time\x9b2J",                              # the same as a byte, no UTF-8
    b"Endpoint": b"End\x7fpo\rt",
    b"Headers": b"Hea\xe2\x81\xa6s",                        # U+2066
    b"Parent": b"Pa\xe2\x80\xa8t",                          # U+2028
    b"/app/sample": b"/app/s\x1b[2Je",
}
STRINGS = {
    "/app/sample": "/app/s\x1b[2Je",
    "payments": "pay\x1b[2Jt",
    "search": "se\nrch",
    "orders": "or\u202eers",
    "removed": "rem\x9b2Jd",
    "strange": "st\u200b\ufeff\u2029\u061c\u200f",
    "bystander": "by\x1b]0;x\x07r",
    "locker": "lo\u0085\x08er",
}
PAYLOADS = ["\x1bc", "\x1b[2J", "\x1b]", "\x07c", "\x9b", "\u202e", "\u2066", "\u2028", "\u200b"]
OURS = re.compile("\r\x1b\\[K")


def ok(passed, name, seen=""):
    global number, failures
    number += 1
    if not passed:
        failures += 1
        for line in str(seen)[-1500:].splitlines():
            print("# " + repr(line))
    print(f"{'ok' if passed else 'not ok'} {number} - {name}", flush=True)


def raw(data, terminal=True):
    """What of the bytes is nothing to see: characters with what is around them."""
    if terminal:
        data = data.replace(b"\r\n", b"\n")
    text = data.decode("utf-8", "surrogateescape")
    if terminal:
        text = OURS.sub("", text)
    return [text[max(0, i - 20):i + 20] for i, character in enumerate(text)
            if character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs")]


def clean(data, name, wanted=(), terminal=True):
    text = data.decode("utf-8", "replace")
    missing = [want for want in wanted if want not in text]
    found = raw(data, terminal)
    ok(not found and not missing, name, f"{found[:5]} missing {missing}\n{text[-1000:]}")


def make_dump():
    data = open(DUMP, "rb").read()
    for name, hostile in NAMES.items():
        assert len(name) == len(hostile), name
        data = data.replace(name, hostile)
    for text, hostile in STRINGS.items():
        assert len(text) == len(hostile), text
        data = data.replace(text.encode("utf-16-le"), hostile.encode("utf-16-le", "surrogatepass"))
    path = os.path.join(WORK, "hos\x1b[2Jtile\n\u202e.core")
    with open(path, "wb") as file:
        file.write(data)
    os.unlink(DUMP)
    return path


class Terminal:
    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
            os.chdir(WORK)
            os.execve(PROGRAM, [PROGRAM, *arguments],
                      {"TERM": "xterm", "HOME": HOME, "ASAN_OPTIONS": "detect_leaks=0"})

    def read(self, until=None, seconds=60):
        """What comes until the pattern is seen, or to the end."""
        seen, end = b"", time.time() + seconds
        while time.time() < end and not (until and
                                         re.search(until, seen.decode("utf-8", "replace"))):
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(self.fd, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        return seen

    def type(self, keys, until=r"(\n|\x1b\[K)> (\x1b\[K)?$"):
        os.write(self.fd, keys.encode())
        return self.read(until, 20)

    def end(self):
        seen = self.read()
        os.close(self.fd)
        return seen, os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def run(*arguments):
    """On a terminal, to its end: what came, and the status."""
    return Terminal(*arguments).end()


def piped(*arguments):
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, cwd=WORK)
    return done.stdout, done.stderr


def commands(dump):
    """Every command, without words, with an object, with a type, with nonsense."""
    listed = subprocess.run([PROGRAM, "--print-completion", "bash"], capture_output=True, text=True)
    names = re.search(r"commands='([^']*)'", listed.stdout).group(1).split()
    ok(len(names) > 60, "the commands are known", names)
    address = piped("analyze", dump, "-c", "dumpheap -short -type Po")[0].split()[-1].decode()
    script = os.path.join(WORK, "script")
    evil = "Demo.P\x1bcments.Po\x1bcli"
    words = ["", address, evil, f"-type '{evil}'", "no\x1b[2J\u202esuch", "-no\x9bsuch\x1b]0;x\x07"]
    with open(script, "w") as file:
        for name in names:
            # exit leaves; logs and files have tests of their own.
            if name not in ("exit", "quit", "q", "logopen", "refresh"):
                file.writelines(f"{name} {word}\n" for word in words)
    seen, _ = run("analyze", dump, "--keep-going", "-x", script)
    clean(seen, "every command on a terminal",
          [r"Demo.P\u001bcments.Po\u001bcli", r"\u202e", r"\u0007", r"\u009b",
           r"End\u007fpo\rt", "Time\ufffd2J", r"\u2066", r"\u2028", r"/app/s\u001b[2Je"])
    # As lines of JSON: the same names, whole.
    out, error = piped("analyze", dump, "--keep-going", "--json", "-x", script)
    documents = [json.loads(line) for line in out.decode().splitlines()]
    clean(out + error, f"and {len(documents)} documents of JSON", [r"Po\u001bcli"], False)
    ok(any("Po\x1bcli" in json.dumps(document, ensure_ascii=False).encode().decode("unicode_escape")
           for document in documents), "which hold the names themselves")
    out, error = piped("analyze", dump, "--keep-going", "-x", script)
    clean(out + error, "and into pipes", [r"Po\u001bcli"], False)


def values(dump):
    cases = {
        "get Gate\u202e.Instance": [r"Gate\u202e"],
        "dumpobj Gate\u202e.Instance": [r"_last\nKy", r"_pol\u001bcies"],
        "get Gate\u202e.Instance._h\x1b]52;c": [r"Po\u001bcli"],
        'get Gate\u202e.Instance._pol\x1bcies["pay\\u001b[2Jt"].Name': [r"pay\u001b[2Jt"],
        'get Gate\u202e.Instance._pol\x1bcies["pay\x1b[2Jx"]': [r"pay\u001b[2Jt"],
        'get Gate\u202e.Instance._pol\x1bcies["se\\nrch"].Retr': [r"Retr\u009bJ"],
        "get Gate\u202e.Instance._pol": [r"_pol\u001bcies"],
        "get Gate\u202e.Instance.Policies": [r"no file /opt/clrpod-sample/app/s\u001b[2Je/"],
        "name2ee Sample.dll Demo.P\x1bcments.Gate\u202e": [r"Name: "],
        "dumpdict Gate\u202e.Instance._pol\x1bcies": [r"se\nrch", r"or\u202eers"],
        "dumpheap -strings |> grep st\\u200b": [r"st\u200b\ufeff\u2029\u061c\u200f"],
        "dumpheap -stat |> grep Po\\u001b |> sort Count |> head 3": [r"Po\u001bcli"],
        "nosuch\x1b[2J": [r"there is no command nosuch\u001b[2J"],
        "eeversion |> he\x1bad": [r"he\u001bad"],
    }
    words = [word for command in cases for word in ("-c", command)]
    seen, _ = run("analyze", dump, "--keep-going", *words)
    clean(seen, "values, keys, members, what was meant", [want for case in cases.values() for want in case])


def words():
    evil = "no\x1b]0;x\x07\n\u202e\x9b"
    wanted = [r"no\u001b]0;x\u0007\n\u202e\u009b"]
    for arguments in (["analyze", evil], [evil], ["-" + evil], ["analyze", "-" + evil],
                      ["analyze", "-n", evil], ["analyze", "-p", evil],
                      ["analyze", "/bin/sh", "--sysroot", evil], ["collect", "-n", evil],
                      ["diff", evil, evil], ["analyze", evil, "--json"]):
        seen, status = run(*arguments)
        clean(seen, f"{arguments!r}: {status}", wanted)


def prompt(dump):
    history = os.path.join(HOME, ".local/state/clrpod/history")
    os.makedirs(os.path.dirname(history))
    with open(history, "w") as file:
        file.write("eeversion\nevil \x1b]0;x\x07\nevil \u202e\nevil \x9b2J\n")
    terminal = Terminal("analyze", dump, "--no-pager")
    seen = [terminal.read(r"> (\x1b\[K)?$")]
    # libedit draws with sequences of its own: what came in between is looked at for ours.
    seen.append(terminal.type("\x1b[A", "eeversion"))
    terminal.type("\x15", "K")
    seen.append(terminal.type("dumpheap -type Demo.\t", r"dumpheap -type Demo\.$"))
    listed = terminal.type("P\t", r"Demo\.P$")
    listed += terminal.type("\t", r"Po\\u001b(?s:.*)Demo\.P$")
    seen.append(listed)
    ok(b"Demo.P\\u001bcments.Po\\u001bcli" in listed, "Tab lists names escaped", listed)
    terminal.type("\x15", "K")
    seen.append(terminal.type("get Gat\t", r"Demo\.P$"))
    terminal.type("\x15", "K")
    seen.append(terminal.type("logopen lo\\g\r"))
    for command in ("dumpheap -stat -type Gate", "dumpheap -stat -type Po", "nosuch", "threads",
                    "dumpheap -stat |> \"fi\x16\x1ble\""):
        seen.append(terminal.type(command + "\r"))
    terminal.type("logclose\r")
    os.write(terminal.fd, b"exit\r")
    rest, status = terminal.end()
    text = (b"".join(seen) + rest).decode("utf-8", "replace")
    found = [payload for payload in PAYLOADS if payload in text]
    ok(not found and status == 0, "the prompt, Tab, history", f"{found}\n{text}")
    ok("eeversion" in text and "evil" not in text, "a line of the history that is not plain is none")
    with open(os.path.join(WORK, "lo\\g"), "rb") as file:
        clean(file.read(), "the log", [r"Gate\u202e", r"Po\u001bcli", "> nosuch"], False)
    with open(history, "rb") as file:
        kept = file.read().replace(b"eeversion\nevil \x1b]0;x\x07\nevil \xe2\x80\xae\nevil \xc2\x9b2J\n",
                                   b"")
    clean(kept, "the history keeps what can be shown", ["dumpheap -stat -type Po"], False)


def files(dump):
    path = "an\x1b[2Js\u202ewer"
    seen, _ = run("analyze", dump, "-c", f"dumpheap -stat |> {path}", "-c", f"eeversion |> {path}")
    clean(seen, "a file that is there", [r"an\u001b[2Js\u202ewer"])
    with open(os.path.join(WORK, path), "rb") as file:
        clean(file.read(), "what is in it", [r"Po\u001bcli"], False)


LOADED = """
import mmap, sys
file = open(sys.argv[1], "rb")
kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
open("/proc/self/comm", "w").write("c\\x1b[2J\\n")
print("ready", flush=True)
sys.stdin.read()
"""


def processes():
    """What looks like .NET to ps: a file of that name is mapped."""
    folder = os.path.join(WORK, "run\x1b[2J\u202etime")
    os.mkdir(folder)
    library = os.path.join(folder, "libcoreclr.so")
    with open(library, "wb") as file:
        file.write(bytes(4096))
    name = "ev\x1b]0;x\x07il\n\u202e\x9b2J"
    with subprocess.Popen([name, "-c", LOADED, library, "wo\x1b[2Jrd"], executable=sys.executable,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        shown = r"ev\u001b]0;x\u0007il\n\u202e\u009b2J"
        for arguments in (["ps"], ["analyze", "-n", name, "-c", "threads"],
                          ["analyze", "-p", str(process.pid), "-c", "threads"],
                          ["collect", "-n", "ev\x1b", "-o", "x\x1b[2J/y"]):
            seen, _ = run(*arguments)
            clean(seen, f"{arguments!r}", [shown] if arguments == ["ps"] else [])
        out, error = piped("ps", "--json")
        clean(out + error, "ps --json", [shown, r"wo\u001b[2Jrd"], False)
        names = [process["name"] for process in json.loads(out)["data"]["processes"]]
        ok(name in names, "holds the name itself", names)
        process.stdin.close()


os.makedirs(HOME)
dump = make_dump()
for test in commands, values, prompt, files:
    test(dump)
words()
processes()
print(f"1..{number}")
sys.exit(failures != 0)
