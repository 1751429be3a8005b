#!/usr/bin/env python3
"""Is what the program locked says of itself what clrpod finds in its dump, or in the process?

usage: locked_facts.py PROGRAM FACTS TARGET...     (TARGET: a dump, or -p PID, and options of analyze)

The facts' form: tests/programs/locked/Program.cs. What clrpod finds beyond them (another deadlock, a pool that is said
to be starved) is wrong too. Prints what differs; exit status 0: nothing.
"""
import json
import subprocess
import sys

program, facts, *target = sys.argv[1:]
wrong = []


def check(what, wanted, found):
    if wanted != found:
        wrong.append(what)
        print(f"{what}: wanted {wanted!r}, found {found!r}")


def ask(command):
    done = subprocess.run([program, "analyze", *target, "--json", "-c", command], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    answer = json.loads(done.stdout)
    check(f"{command}: status", "ok", answer["status"])
    return answer["data"]


def from_lowest(members):
    """A circle has no beginning: it is compared from one of its own on."""
    first = members.index(min(members))
    return members[first:] + members[:first]


def wanted_circle(words):
    until = int(words[words.index("until") + 1]) if "until" in words else None
    words = words[:words.index("until")] if "until" in words else words
    return from_lowest(list(zip(words[:-1:2], words[1::2]))), until


def names(threads):
    return {thread["name"] for thread in threads}


with open(facts, encoding="utf-8") as file:
    lines = [line.split() for line in file]
locks = ask("dumplocks")
circles = sorted((from_lowest([(thread["name"], thread["kind"]) for thread in deadlock["threads"]]),
                  deadlock.get("timeout_ms")) for deadlock in locks["deadlocks"])
check("deadlocks", sorted(wanted_circle(words[1:]) for words in lines if words[0] == "deadlock"), circles)
check("all is known", True, locks["waits"]["all_known"])
check("behind", sum(words[0] == "behind" for words in lines), locks["waits"]["threads_behind"])
for kind, thread, lock, owner in (words for words in lines if words[0] in ("waits", "behind")):
    if owner == "-":
        rows = [row for row in locks["locks"] if thread in names(row["waiting"])]
        check(f"{thread} is in Monitor.Wait", ["Monitor"], [row["kind"] for row in rows])
    else:
        rows = [row for row in locks["locks"] if thread in names(row["waiters"])]
        check(f"{thread} waits for", [(lock, {owner})], [(row["kind"], names(row["held_by"])) for row in rows])
for row in locks["locks"]:
    if row["kind"] == "Monitor":
        check(f"the waiters of {row['address']}", row["waiter_count"], len(row["waiters"]))
pool = ask("threadpool -stat").get("starvation") if any(words[0] in ("starved", "healthy") for words in lines) else None
for words in lines:
    if words[0] == "starved":
        check("the pool", ("starved", int(words[1]), int(words[1]), True),
              (pool["state"], pool["workers"], pool["waiting"], pool["at_maximum"]))
        check("what is queued", True, pool["queued"] >= int(words[2]))
    if words[0] == "healthy":
        check("the pool", True, pool["state"] != "starved")
print(f"{len(circles)} deadlocks, {len(wrong)} differences")
sys.exit(bool(wrong))
