#!/bin/bash
# F#'s task { } under way (tests/programs/fsharp): in dumpasync with where it waits, and nothing is missing. TAP on stdout.
#
# usage: live_fsharp.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, python3. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
command -v python3 >/dev/null || skip_all "no python3 here"
facts() { "$here/busy_facts.py" "$program" "$work/tasks.core" "$work/printed" >"$log" 2>&1; }

build_program fsharp
start_program Tasks.dll
clrpod collect -p "$victim" -o "$work/tasks.core" --type Heap --force
if said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
ok "what the program says" facts
ok "the process answers whole" gives 0 "$program" analyze -p "$victim" -c dumpasync
ok "... a machine without a number" said '\(-\) Demo\.Program\+unseen@[0-9]+$'
ok "... coalesced too" gives 0 "$program" analyze "$work/tasks.core" -c 'dumpasync --coalesce'
ok "... with it" said '\[1\] [0-9a-f]+ \(-\) Demo\.Program\+unseen@[0-9]+$'
finish
