#!/usr/bin/env python3
"""Is what the program busy (or webapi) says of itself what clrpod finds in its dump?

usage: busy_facts.py PROGRAM DUMP FACTS [OPTION...]     (OPTIONs are analyze's)

The facts' form: tests/programs/busy/Program.cs. Each kind is asked in one command, as JSON. Prints each fact that
differs and, last, how many of each kind are equal; exit status 0: all of them.
"""
import collections
import json
import re
import subprocess
import sys

program, dump, facts, *options = sys.argv[1:]


def ask(command):
    """The data of a command's answer; None when it failed."""
    done = subprocess.run([program, "analyze", dump, *options, "--json", "-c", command],
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    answer = json.loads(done.stdout)
    return answer["data"] if answer["status"] == "ok" else None


def kept(kinds):
    return [line for line in lines if line[0] in kinds]


def method_name(frame):
    """C# calls a state machine Demo.Asyncs+<Link>d__9, F# Demo.Program+link@9."""
    return re.sub(r"\+(?:<(\w+)>d__\d+|(\w+)@\d+(?:-\d+)?)$",
                  lambda match: "." + (match[1] or match[2]), frame["type"])


def methods():
    """(method, await state) of each asynchronous method under way, once each."""
    seen = {}
    for stack in ask("dumpasync")["stacks"]:
        for frame in stack["frames"]:
            if "await_state" in frame:
                seen[frame["address"]] = (method_name(frame), frame["await_state"])
    return collections.Counter(seen.values())


def branches():
    """Each frame with those that lead to it, from the root of its stack on: their methods."""
    for stack in ask("dumpasync")["stacks"]:
        path = []
        for frame in stack["frames"]:
            path[frame["depth"] - stack["frames"][0]["depth"]:] = [method_name(frame)]
            yield list(path)


def longest_chain(method):
    best = 0
    for stack in ask("dumpasync")["stacks"]:
        depths = {frame["depth"] for frame in stack["frames"] if f"<{method}>" in frame["type"]}
        best = max(best, len(depths))
    return best


def check_async():
    found = methods()
    for line in kept({"async"}):
        count, state, method = line[1].split()
        yield line, found[method, int(state)] == int(count)


def check_ended():
    names = {name for name, _ in methods()} if kept({"ended"}) else ()
    for line in kept({"ended"}):
        yield line, line[1] not in names


def check_stack():
    paths = list(branches()) if kept({"stack"}) else ()
    for line in kept({"stack"}):
        wanted = line[1].split()
        yield line, any(path[-len(wanted):] == wanted for path in paths)


def check_awaits():
    stacks = ask("dumpasync")["stacks"] if kept({"awaits"}) else ()
    for line in kept({"awaits"}):
        source, method = line[1].split()
        yield line, any(stack.get("awaiting", {}).get("source_type", "").startswith(source) and
                        method_name(stack["frames"][0]) == method for stack in stacks)


def check_chain():
    for line in kept({"chain"}):
        length, method = line[1].split()
        yield line, longest_chain(method.rsplit(".", 1)[1]) == int(length)


def check_task():
    for line in kept({"task"}):
        path, status = line[1].split()
        answer = ask("taskstate " + path)
        yield line, answer is not None and answer["state"] == status


def same_method(found, wanted):
    """SOS writes the type of the target before a method that is another type's."""
    return found is not None and found.endswith(wanted)


def check_timer():
    timers = ask("timerinfo")["timers"]
    for line in kept({"timer"}):
        due, period, state, method = line[1].split()
        for timer in timers:
            period_ms = -1 if timer["period_ms"] is None else timer["period_ms"]
            state_type = timer["state"]["type"] if timer["state"] else "-"
            if (timer["due_ms"], period_ms, state_type) == (int(due), int(period), state) and \
                    same_method(timer["method"], method):
                timers.remove(timer)
                yield line, True
                break
        else:
            yield line, False


def check_queued():
    items = ask("threadpool -wi")["work_items"]
    for line in kept({"queued"}):
        queue, method = line[1].split()
        for item in items:
            if item["queue"] == queue and same_method(item["method"], method):
                items.remove(item)
                yield line, True
                break
        else:
            yield line, False
    if kept({"queued"}):
        yield ("queued", "and nothing else of this program"), not [
            item for item in items if (item["method"] or "").startswith("Demo.")]


def check_http():
    found = collections.Counter()
    for request in ask("dumphttp")["requests"]:
        path = "/" + request["uri"].split("/", 3)[3]
        found[f"{request['method']} {request['status_code'] or '-'} {path}"] += 1
    for line in kept({"http"}):
        yield line, found[line[1]] == 1


def check_request():
    found = collections.Counter(f"{request['method']} {request['scheme']} {request['url']}"
                                for request in ask("dumprequests")["requests"])
    for line in kept({"request"}):
        yield line, found[line[1]] == 1


def check_entry():
    tables = {}
    for line in kept({"entry"}):
        path, pair = line[1].split(" = ", 1)
        if path not in tables:
            tables[path] = {f"{entry['key']} -> {entry['value']}"
                            for entry in ask("dumpconcurrentdictionary " + path)["entries"]}
        yield line, pair in tables[path]


def check_item():
    queues = {}
    for line in kept({"item"}):
        path, value = line[1].split(" = ", 1)
        if path not in queues:
            queues[path] = [str(item["value"])
                            for item in ask("dumpconcurrentqueue " + path)["elements"]]
        yield line, bool(queues[path]) and queues[path].pop(0) == value


with open(facts, encoding="utf-8") as stream:
    lines = [tuple(line.rstrip("\n").split(" ", 1)) for line in stream if " " in line]
bad = 0
equal = collections.Counter()
for check in (check_async, check_ended, check_stack, check_awaits, check_chain, check_task, check_timer, check_queued, check_http, check_request, check_entry,
              check_item):
    kind = check.__name__.removeprefix("check_")
    for line, right in check():
        equal[kind] += right
        bad += not right
        if not right:
            print("differs:", *line)
print(", ".join(f"{count} {kind}" for kind, count in equal.items() if count), "equal,", bad, "not")
sys.exit(bad > 0)
