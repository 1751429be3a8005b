#!/bin/bash
# SIGINT in the middle of each command, on a process with a large object of each kind (tests/programs/large) and on its dump:
# the command ends within 0.2 s, with its status, and the process is unharmed. Prints how long each took. TAP on stdout.
#
# usage: live_interrupt.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK 10, python3, 3 GiB of memory. Exit status 77: skipped, with the reason.
# NIGHT=1: all moments of each command, on larger objects.
. "$(dirname "$0")/common"
not_with_sanitizers
command -v python3 >/dev/null || skip_all "no python3 here"
[ "$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)" -ge 3072 ] || skip_all "less than 3 GiB of memory are free"

build_program large
DOTNET_ROLL_FORWARD=Major dotnet "$work/app/Large.dll" "$(rounds 30 100)" <"$work/stdin" >"$work/printed" 2>&1 &
victim=$!
exec 3>"$work/stdin"
soon grep -q '^END' "$work/printed" || skip_all "it does not start: $(head -n 1 "$work/printed")"
clrpod collect -p "$victim" -o "$work/large.core" --force
if said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi

# Prints the table, whatever it says.
interrupted() {
	"$here/interrupt.py" "$program" "$1" >"$log" 2>&1
	local status=$?
	sed 's/^/# /' "$log"
	[ $status = 0 ] && [ "$(wc -l <"$log")" -gt 50 ]
}
ok "a dump: each command ends within 0.2 s" interrupted "$work/large.core"
ok "the process: each command ends within 0.2 s" interrupted "$victim"
ok "... and it runs, without a copy" is_free
ok "... no copy of it is left" test -z "$(pgrep -P "$victim")"
finish
