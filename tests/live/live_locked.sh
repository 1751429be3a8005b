#!/bin/bash
# A program whose threads wait for each other (tests/programs/locked): its deadlocks and its starved pool are named, in a
# dump of each way and in the process itself, and a healthy busy one has neither. TAP on stdout.
#
# usage: live_locked.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, python3. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
command -v python3 >/dev/null || skip_all "no python3 here"
facts() { "$here/locked_facts.py" "$program" "$work/printed" "$@" >"$log" 2>&1; }

build_program locked
for mode in both busy; do
	start_program Locked.dll $mode
	clrpod collect -p "$victim" -o "$work/locked.core" --type Heap --force
	if said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
	ok "$mode: a dump has what the program says" facts "$work/locked.core"
	ok "$mode: the process itself has" facts -p "$victim"
	exec 3>&-
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
	victim=
done
finish
