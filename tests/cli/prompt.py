"""Types at clrpod's prompt over a pseudo-terminal and looks at what comes back: TAP."""
import fcntl
import os
import pty
import re
import select
import signal
import stat
import struct
import sys
import termios
import time

PROGRAM, DUMP, WORK = sys.argv[1:4]
HOME = os.path.join(WORK, "home")
number = failures = 0


def ok(passed, name, seen=""):
    global number, failures
    number += 1
    if not passed:
        failures += 1
        for line in seen[-1500:].splitlines():
            print("# " + repr(line))
    print(f"{'ok' if passed else 'not ok'} {number} - {name}", flush=True)


class Terminal:
    def __init__(self, *arguments, rows=24, columns=80, home=HOME):
        start, go = os.pipe()
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.read(start, 1)
            # libedit keeps the names that it is given for functions.
            environment = {"TERM": "xterm", "PATH": os.environ["PATH"],
                           "ASAN_OPTIONS": "detect_leaks=0"}
            if home:
                environment["HOME"] = home
            os.chdir(WORK)
            os.execve(PROGRAM, [PROGRAM, *arguments], environment)
        self.resize(rows, columns)
        os.write(go, b"x")
        os.close(start)
        os.close(go)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, pattern, seconds=20):
        """Everything up to where the pattern is seen at the end, or what came until then."""
        seen, end = b"", time.time() + seconds
        while time.time() < end and not re.search(pattern, seen.decode("utf-8", "replace")):
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        return seen.decode("utf-8", "replace")

    def type(self, keys, pattern=r"(\n|\x1b\[K)> (\x1b\[K)?$"):
        os.write(self.fd, keys.encode())
        return self.read_until(pattern)

    def leave(self):
        """Ctrl-D, which is lost in the moment between the prompt and the terminal's raw mode."""
        end = time.time() + 10
        while time.time() < end and termios.tcgetattr(self.fd)[3] & termios.ICANON:
            time.sleep(0.01)
        self.type("\x04", "$^")

    def status(self):
        end = time.time() + 10
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            select.select([self.fd], [], [], 0.05)[0] and self.read_until("^$", 0.1)
        os.kill(self.pid, signal.SIGKILL)
        return "still running"


def prompt(*arguments, **keywords):
    terminal = Terminal("analyze", DUMP, *arguments, **keywords)
    greeting = terminal.read_until(r"> (\x1b\[K)?$")
    return terminal, greeting


def completion():
    terminal, greeting = prompt()
    ok("'help' lists the commands" in greeting, "it greets", greeting)
    seen = terminal.type("eev\t\r")
    ok("ersion \r" in seen and "Workstation mode" in seen, "a command's name", seen)
    seen = terminal.type("dumpdict -k\t", "ey ")
    ok("ey " in seen, "an option", seen)
    terminal.type("\x15", "K")
    seen = terminal.type("dumpheap -s\t", "-segment.*> dumpheap -s$|(?s:-segment.*-strings.*dumpheap -s)")
    ok(re.search(r"-segment +-short +-stat +-strings", seen), "several are listed", seen)
    terminal.type("\x15", "K")
    seen = terminal.type("dumpheap -stat -type Polic\t\r")
    ok("Demo.Payments.Policy" in seen and "Total" in seen, "a type, by its last name", seen)
    seen = terminal.type("get Demo.Payments.Gat\t", "eway ")
    ok("eway " in seen, "a type in a path", seen)
    terminal.type("\x15", "K")
    seen = terminal.type("eeversion |> t\t1\r")
    ok("tail 1" in seen.replace("\x1b[C", "") or "ail 1" in seen, "a filter", seen)
    seen = terminal.type("help gcw\t\r")
    ok("Usage: gcwhere" in seen, "a command as help's word", seen)
    open(os.path.join(WORK, "some file"), "w").close()
    seen = terminal.type("eeversion |>> some\t\r")
    ok('"some file" ' in seen and "lines are in some file" in seen, "a file, quoted", seen)
    seen = terminal.type("zzz\t", r"zzz\x07?$")
    ok("zzz" in seen, "nothing to complete", seen)
    terminal.type("\x15", "K")
    seen = terminal.type("\x04", "$^")
    ok(terminal.status() == 0, "Ctrl-D leaves", seen)


def history():
    path = os.path.join(HOME, ".local/state/clrpod/history")
    lines = open(path).read().splitlines() if os.path.exists(path) else []
    ok("eeversion " in lines and "help gcwhere " in lines, "history is kept", repr(lines))
    mode = stat.S_IMODE(os.stat(path).st_mode)
    folder = stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode)
    ok((mode, folder) == (0o600, 0o700), "for its owner alone", oct(mode))
    terminal, _ = prompt()
    seen = terminal.type("\x1b[A\r")
    ok("lines are in some file" in seen, "the arrow brings the last line of another session", seen)
    terminal.type("exit\r", "$^")
    ok(terminal.status() == 0, "exit leaves")
    with open(path, "w") as file:
        file.writelines(f"line {i}\n" for i in range(5000))
    terminal, _ = prompt()
    terminal.type("exit\r", "$^")
    terminal.status()
    count = len(open(path).read().splitlines())
    ok(1000 <= count <= 1001, "a long history is cut", str(count))
    nowhere = os.path.join(WORK, "nowhere")
    terminal, _ = prompt(home=nowhere)
    terminal.type("exit\r", "$^")
    terminal.status()
    ok(not os.path.exists(nowhere), "a home that is not there is not made")
    terminal, greeting = prompt(home="/proc")
    seen = terminal.type("eeversion\r")
    ok("Workstation mode" in seen and "history" not in greeting + seen,
       "a home that cannot be written", seen)
    terminal.type("exit\r", "$^")
    ok(terminal.status() == 0, "exit leaves")


def cancelling():
    os.mkfifo(os.path.join(WORK, "pipe"))
    terminal, _ = prompt(home=None)
    seen = terminal.type("dumpheap -st\x03")
    ok(seen.endswith("> ") or seen.endswith("> \x1b[K"), "Ctrl-C drops the line", seen)
    os.write(terminal.fd, b"dumpheap |> pipe\r")
    time.sleep(0.5)
    seen = terminal.type("\x03")
    ok("\n> " in seen, "Ctrl-C ends a command that waits", seen)
    seen = terminal.type("eeversion\r", r"(?s)Workstation mode.*\n> (\x1b\[K)?$")
    ok("Workstation mode" in seen, "and the next one runs", seen)
    terminal.leave()
    ok(terminal.status() == 0, "status 0")


MORE = r"-- more: [^\n]*--$"


def paging():
    terminal, _ = prompt(rows=10, columns=60, home=None)
    seen = terminal.type("dumpheap -stat\r", MORE)
    rows = [row for row in seen.split("\r\n") if re.match(r"7f\w+ +\d", row)]
    ok(len(rows) == 7 and seen.endswith("--"), "a long answer waits at a screenful", seen)
    ok(any(row.endswith("\u2026") for row in rows) and all(len(row) <= 60 for row in rows),
       "names are cut at the width", seen)
    seen = terminal.type("\r", MORE)
    ok(len(re.findall(r"7f\w+ +\d", seen)) == 1, "Enter: a line", seen)
    seen = terminal.type(" ", MORE)
    ok(len(re.findall(r"7f\w+ +\d", seen)) == 9, "space: a page", seen)
    terminal.resize(20, 100)
    terminal.type(" ", MORE)
    seen = terminal.type(" ", MORE)
    ok(len(re.findall(r"7f\w+ +\d", seen)) == 19, "a new size of the terminal", seen)
    seen = terminal.type("q")
    ok("Total" not in seen and "clrpod:" not in seen, "q leaves", seen)
    terminal.type("dumpheap -stat\r", MORE)
    seen = terminal.type("\x03")
    ok("Total" not in seen, "Ctrl-C leaves", seen)
    terminal.type("dumpheap -stat\r", MORE)
    seen = terminal.type("a")
    ok("Total" in seen and "more:" not in seen, "a: all", seen)
    for name, key in (("G", "G"), ("End", "\x1b[F"), ("End of another terminal", "\x1b[4~")):
        seen = terminal.type("dumpheap -stat\r", MORE)
        ok("G or End: to the end, q: leave --" in seen, "the line says the keys", seen)
        seen = terminal.type(key)
        ok("Total" in seen and "more:" not in seen, name + ": to the end", seen)
    terminal.type("dumpheap -stat\r", MORE)
    seen = terminal.type("\x1b[6~", MORE)
    ok(len(re.findall(r"7f\w+ +\d", seen)) == 19, "Page Down: a page", seen)
    seen = terminal.type("\x1b[B", MORE)
    ok(len(re.findall(r"7f\w+ +\d", seen)) == 1, "Down: a line", seen)
    os.write(terminal.fd, b"\x1b")
    time.sleep(0.3)
    seen = terminal.type("\x1b[5~q")
    ok("Total" not in seen and "clrpod:" not in seen, "Escape and other keys do nothing, q leaves", seen)
    seen = terminal.type("dumpheap -stat |> grep Node>>> |> head 1 |> wide\r")
    ok("+Node>>>" in seen and "\u2026" not in seen, "wide: whole names", seen)
    seen = terminal.type("dumpheap -stat |> answer\r")
    ok("lines are in answer" in seen and "more:" not in seen, "a file is not paged", seen)
    text = open(os.path.join(WORK, "answer")).read()
    ok("Total" in text and "\u2026" not in text, "nor cut")
    terminal.type("exit\r", "$^")
    terminal.status()
    terminal, _ = prompt("--no-pager", rows=10, home=None)
    seen = terminal.type("dumpheap -stat\r")
    ok("Total" in seen and "more:" not in seen, "--no-pager", seen)
    terminal.type("exit\r", "$^")
    terminal.status()
    terminal = Terminal("analyze", DUMP, "-c", "dumpheap -stat", rows=10, columns=60)
    seen = terminal.read_until(r"Total \d[^\n]*\n")
    ok("\u2026" in seen and "more:" not in seen, "-c on a terminal is cut, not paged", seen)
    terminal.status()


def repeating():
    terminal, _ = prompt(home=None)
    if "Usage: db" in terminal.type("help db\r"):
        first = terminal.type("db Gateway.Instance\r")
        address = re.search("do ([0-9a-f]+)|([0-9a-f]{12})", first)
        second = terminal.type("\r")
        third = terminal.type("\r")
        starts = [re.findall(r"(?m)^([0-9a-f]{12,16})", seen) for seen in (first, second, third)]
        ok(address and all(starts) and starts[0][0] < starts[1][0] < starts[2][0],
           "an empty line goes on", first + second + third)
    else:
        ok(True, "an empty line goes on # SKIP no command that repeats")
    terminal.type("eeversion\r")
    seen = terminal.type("\r")
    ok("Workstation" not in seen, "an empty line repeats no other command", seen)
    terminal.type("exit\r", "$^")
    terminal.status()


def hostile_names():
    """A quote in a name ends no quote of ours, and begins no file to write to."""
    taken = os.path.join(WORK, "taken.txt")
    with open(os.path.join(WORK, 'zlog" |> -f "taken.txt'), "w", encoding="utf-8"):
        pass
    with open(taken, "w", encoding="utf-8") as file:
        file.write("precious")
    terminal, _ = prompt(home=os.path.join(WORK, "nowhere"))
    seen = terminal.type("logopen zl\t\r")
    with open(taken, encoding="utf-8") as file:
        whole = file.read() == "precious"
    ok(whole and "logging to zlog" in seen, "Tab: a file's name is one word, whatever is in it", seen)
    terminal.type("exit\r", "$^")
    terminal.status()


def logging():
    terminal, _ = prompt(columns=60, home=None)
    seen = terminal.type("logopen log\r")
    ok("Console is logging to log" in seen, "logopen", seen)
    terminal.type("eeversion\r")
    terminal.type("nosuchcommand\r")
    terminal.type("dumpheap -stat |> grep +ValueCollection\r")
    terminal.type("logclose\r")
    terminal.type("help gcwhere\r")
    terminal.type("exit\r", "$^")
    terminal.status()
    path = os.path.join(WORK, "log")
    text = open(path).read()
    ok("> eeversion\n" in text and "Workstation mode\n" in text, "command and answer", text)
    ok("there is no command nosuchcommand" in text, "what failed", text)
    ok("Demo.Payments.Policy>+ValueCollection\n" in text and "\u2026" not in text, "names whole")
    ok("gcwhere" not in text, "until logclose", text)
    ok(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "for its owner alone")


os.makedirs(HOME)
for test in completion, history, cancelling, paging, repeating, logging, hostile_names:
    test()
print(f"1..{number}")
sys.exit(failures != 0)
