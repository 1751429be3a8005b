#!/bin/bash
# A program in the middle of its work (tests/programs/busy): what it says of its methods under way, timers, thread pool,
# requests and concurrent collections is what a dump of it, and the process itself, answer. TAP on stdout.
#
# usage: live_busy.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, python3. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
command -v python3 >/dev/null || skip_all "no python3 here"
facts() { "$here/busy_facts.py" "$program" "$work/busy.core" "$work/printed" >"$log" 2>&1; }

build_program busy
start_program Busy.dll
clrpod collect -p "$victim" -o "$work/busy.core" --type Heap --force
if said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
ok "what the program says" facts
ok "its other facts" gives 0 "$here/../matrix/facts" "$program" "$work/busy.core" "$work/printed"
ok "the process itself answers" clrpod analyze -p "$victim" -c dumpasync -c timerinfo -c 'threadpool -wi' -c dumphttp
ok "... with its methods" said 'Demo.Asyncs\+<Outer>d__'
ok "a type whose name has no end is cut, and nothing else is missing" gives 0 "$program" analyze "$work/busy.core" -c 'dumpheap -stat'
ok "... and says so" said ' Demo\.Deep<Demo\.Deep<.*…<name cut MT=[0-9a-f]+>$'
kill -KILL "$victim"
wait "$victim" 2>/dev/null
victim=
rm -f "$work/busy.core"

# 100,000 methods that await each other.
DOTNET_ROLL_FORWARD=Major dotnet "$work/app/Busy.dll" 100000 <"$work/stdin" >"$work/printed" 2>&1 &
victim=$!
soon grep -q '^END' "$work/printed"
clrpod collect -p "$victim" -o "$work/busy.core" --type Heap --force
ok "a chain of 100,000 methods" gives 0 timeout 60 "$program" analyze "$work/busy.core" -c 'dumpasync --stats'
ok "... all of them" said ' 100,000 +Demo.Asyncs\+<Link>d__'
chain() { timeout 100 "$program" analyze "$work/busy.core" -c "$1" | grep -c 'Demo.Asyncs+<Link>d__' >"$log"; [ "$(cat "$log")" = 100000 ]; }
ok "... as a stack" chain 'dumpasync --type Asyncs+<Link>'
ok "... coalesced" chain 'dumpasync --coalesce --type Asyncs+<Link>'
finish
