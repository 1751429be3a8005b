#!/usr/bin/env python3
"""Each command on large objects of tests/programs/large, ended by SIGINT in its middle: how long that takes.

usage: interrupt.py PROGRAM PID|CORE [TEXT]     TEXT: only commands that hold it

A command is first run to its end, for at most RUN_S seconds; then it is interrupted at MOMENTS of that time (by NIGHT at more of
them), and once more while nobody reads what it writes. What is told of a moment is the best of three tries: the machine may be busy. A line
for each command: the worst of its moments in ms, "blocked" for the pipe that nobody reads, how long the whole took, and what
is wrong. Of a process is looked at after each try: a copy of it, or a thread that is stopped, is wrong.
"""
import json
import os
import signal
import subprocess
import sys
import time

NIGHT = "NIGHT" in os.environ
RUN_S = 3.0 if NIGHT else 0.6
MOMENTS = (0.1, 0.35, 0.6, 0.9) if NIGHT else (0.5,)
TRIES = 3
SHORT_S = 0.02
LIMIT_MS = 200
INTERRUPTED = 130

# {Name}: the address of Large.Name.
COMMANDS = """
verifyheap
verifyobj {Structs}
verifyobj {Shuffled}
dumpobjgcrefs {Structs}
dumpobjgcrefs {Shuffled}
dumpobj {Shuffled}
dumpobj -expand 3 {Shuffled}
dumparray {Bytes}
dumparray -length 99999999 {Bytes}
dumparray -start 50000000 {Bytes}
dumparray -details {Structs}
dumparray {Shuffled}
dumpcollection {List}
dumpdict {Dictionary}
dumpdict -start 900000 {Dictionary}
dumpdict -key 1234567 {Dictionary}
dumpcollection {Set}
dumpdict {Sorted}
dumpdict -start 200000 {Sorted}
dumpcollection {Linked}
dumpcollection -start 400000 {Linked}
dumpcollection {Queue}
dumpconcurrentdictionary {Concurrent}
dumpcollection {Concurrent}
dumpconcurrentqueue {ConcurrentQueue}
dumpcollection {ConcurrentQueue}
dumpcollection {ConcurrentStack}
dumpcollection -start 400000 {ConcurrentStack}
dumpcollection {Bag}
get Large.Dictionary[1234567]
get Large.Dictionary.Count
get Large.Concurrent.Count
get Large.Set["text none"]
get Large.Linked[499999]
get Large.Sorted[249999]
get Large.ConcurrentStack.Count
get Large.Bag.Count
get Large.Long
get Large.Builder
dumpstring {Long}
dumpstring {Builder}
dumpobj {Long}
dumpheap
dumpheap -stat
dumpheap -strings
dumpheap -strings -stat
dumpheap -type Node
dumpheap -thinlock
dumpgen gen0
dumpgen gen2
dumpexceptions
dumpruntimetypes
dumpasync
dumpasync -stats
dumpasync -coalesce
dumpasync -tasks
dumpasync -completed -fields
dumphttp
dumprequests
dumplocks
syncblk
finalizequeue
gchandles
gchandleleaks
ephrefs
sizestats
eeheap
gcheapstat
listnearobj {Shuffled}
gcwhere {Shuffled}
name2ee * KeyValuePair
name2ee *!Node
name2ee System.Private.CoreLib.dll!System.String
dumpmodule -mt {module}
dumpdomain
clrthreads
clrmodules
modules
maddress
printexception {Thrown}
dumpdelegate {Delegate}
threadpool
threadpool -wi
threadpoolqueue
timerinfo
report
db {Bytes} -c 90000000
dq {Bytes} -c 9000000
da {Bytes}
du {Long}
diff {self}
dumpheap |> sort Size -r
dumpheap |> tail
dumpheap |> wc
dumpheap |> grep -v String
dumparray {Bytes} |> sort
dumpobjgcrefs {Shuffled} |> sort -r
threadpoolqueue |> tail
"""


def options_of(where):
    return ["-p", where] if where.isdigit() else [where]


def ask(program, where, command):
    arguments = [program, "analyze", *options_of(where), "--json", "-c", command]
    return json.loads(subprocess.run(arguments, stdout=subprocess.PIPE, check=False).stdout)["data"]


def places(program, where):
    told = ask(program, where, "dumpclass Large")
    names = {field["name"]: field["address"] for field in told["fields"] if "address" in field}
    library = ask(program, where, "dumpclass System.String")["module"]
    return {**names, "module": library, "self": "-p " + where if where.isdigit() else where}


def is_unharmed(where):
    """No copy, and nothing that is stopped; a copy may be a moment in going."""
    if not where.isdigit():
        return True
    for _ in range(500):
        left = subprocess.run(["pgrep", "-P", where], stdout=subprocess.DEVNULL, check=False).returncode == 0
        for thread in os.listdir(f"/proc/{where}/task"):
            try:
                lines = open(f"/proc/{where}/task/{thread}/status", encoding="ascii").read().splitlines()
            except OSError:
                continue
            left |= any(line.startswith("State:") and line.split()[1] in "tT" for line in lines)
        if not left:
            return True
        time.sleep(0.02)
    return False


class Trial:
    """A command that runs."""

    def __init__(self, arguments, blocked):
        self.reading, out = os.pipe() if blocked else (None, os.open(os.devnull, os.O_WRONLY))
        self.began = time.monotonic()
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        os.close(out)

    def ends_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def interrupt(self):
        """Milliseconds to its end, and its status."""
        sent = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        if not self.ends_within(20):
            self.process.kill()
            self.process.wait()
        return (time.monotonic() - sent) * 1000, self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.interrupt()
        if self.reading is not None:
            os.close(self.reading)


def interrupted_at(arguments, seconds, blocked):
    """(ms, status) of one try; None: it ended before."""
    trial = Trial(arguments, blocked)
    try:
        if trial.ends_within(seconds):
            return None
        return trial.interrupt()
    finally:
        trial.close()


def best_of(arguments, seconds, blocked, where, faults):
    best = None
    for _ in range(TRIES):
        found = interrupted_at(arguments, seconds, blocked)
        if not is_unharmed(where):
            faults.append("the process was left stopped, or copied")
        if not found or found[1] == -signal.SIGINT:  # it ended before, or had not yet begun
            break
        if found[1] not in (INTERRUPTED, 0, 4, 5):
            faults.append(f"status {found[1]}")
        if best is None or found[0] < best:
            best = found[0]
        if best < LIMIT_MS / 2:
            break
    return best


def whole(arguments):
    """Seconds, at most RUN_S; is there more output than a pipe holds?"""
    trial = Trial(arguments, False)
    trial.ends_within(RUN_S)
    took = time.monotonic() - trial.began
    trial.close()
    return took


def measure(program, where, command, opening):
    arguments = [program, "analyze", *options_of(where), "-c", command]
    faults = []
    took = whole(arguments)
    worst = None
    for moment in MOMENTS if took > opening + SHORT_S else ():
        best = best_of(arguments, opening + (took - opening) * moment, False, where, faults)
        if best is not None:
            worst = max(best, worst or 0)
    blocked = best_of(arguments, opening * 2 + 0.2, True, where, faults)
    for ms in (worst, blocked):
        if ms is not None and ms > limit_ms():
            faults.append(f"ended {ms:.0f} ms after the signal")
    return took, worst, blocked, faults


def limit_ms():
    """0.2 s, on a machine that does nothing else; as many times of it as there are others that wait for each processor."""
    return LIMIT_MS * max(1, min(os.getloadavg()[0] / os.cpu_count(), 5))


def shown(ms):
    return "-" if ms is None else f"{ms:.0f}"


def main():
    program, where = sys.argv[1:3]
    text = sys.argv[3] if len(sys.argv) > 3 else ""
    named = places(program, where)
    opening = whole([program, "analyze", *options_of(where), "-c", "eeversion"])
    print(f"# {'ms':>5} {'blocked':>7} {'s':>5}  command")
    failed = False
    for command in COMMANDS.strip().splitlines():
        if text not in command:
            continue
        took, worst, blocked, faults = measure(program, where, command.format(**named), opening)
        failed |= bool(faults)
        wrong = "".join(f"  # {fault}" for fault in sorted(set(faults)))
        print(f"  {shown(worst):>5} {shown(blocked):>7} {took:5.1f}  {command}{wrong}", flush=True)
    sys.exit(failed)


main()
