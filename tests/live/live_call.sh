#!/bin/bash
# A system call that one of a process's threads makes for clrpod and that does not end, or that a filter of the process
# punishes with death (call_victim.c): the process is let go, unhurt, and clrpod says what to do. TAP on stdout.
#
# usage: live_call.sh PROGRAM     (build/release/clrpod)
# needs: cc, the right to trace; setpriv for the filters. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
cc -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$work/call_victim" "$here/call_victim.c" || exit 1
start_mode() {
	coproc VICTIM { exec "$@"; }
	victim=$VICTIM_PID in=${VICTIM[1]} out=${VICTIM[0]} line=
	read -r -t 10 -u "$out" line && [ "$line" = ready ]
}
runs() { is_free && echo >&"$in" && read -r -t 5 -u "$out" line && [ "${line%%=*}" = forks ]; }
no_child() { ! pgrep -P "$victim" -r R,S,D,T >/dev/null; }
within() { # SECONDS COMMAND...
	local begin=$SECONDS limit=$1
	shift
	"$@" && [ $((SECONDS - begin)) -le "$limit" ]
}

ok "a program whose clone(2) does not end while all of it stands" start_mode "$work/call_victim" userfaultfd
if [ "$line" = "no userfaultfd" ]; then
	skip "... is let go" "no userfaultfd here"
else
	ok "... is refused within seconds" within 8 status_is 3 collect -o "$core"
	ok "... with the way out" one_sentence 'has not ended.*--freeze'
	ok "... and runs" soon runs
	ok "... and the copy that came late is gone" soon no_child
	collect -o "$core" &
	collector=$!
	sleep 0.5 # by itself it would end after 3 s
	kill -INT "$(pgrep -P "$collector" -f collect | head -n 1)" 2>/dev/null || kill -INT "$collector"
	ends() { ! kill -0 "$collector" 2>/dev/null; }
	told=$(date +%s%N)
	ok "SIGINT ends it" soon ends
	ok "... in less than 2.2 s" test $(($(date +%s%N) - told)) -lt 2200000000
	wait "$collector"
	ok "... with status 130" test $? = 130
	ok "... and the program runs" soon runs
	way=--freeze
	ok "--freeze collects it" status_is 0 collect -o "$core" --force
	ok "... and it runs" soon runs
	way=
fi
end_victim
rm -f "$core"

if command -v setpriv >/dev/null && setpriv --bounding-set -sys_admin true 2>/dev/null; then
	program_() { setpriv --bounding-set -sys_admin "$program" collect -p "$victim" "$@" >"$log" 2>&1; }
	ok "a program some of whose threads die for wait4(2)" start_mode "$work/call_victim" wait4
	ok "... is collected by the thread without a filter, or refused" eval 'program_ -o "$core" || said "seccomp"'
	ok "... and lives" soon runs
	ok "... and --snapshot does not kill it either" eval 'program_ -o "$core" --force --snapshot || said "seccomp"'
	ok "... and it lives" soon runs
	end_victim
	ok "a program all of whose threads die for wait4(2)" start_mode "$work/call_victim" wait4-all
	ok "... is refused" status_is 3 program_ -o "$core" --force
	ok "... and lives" soon runs
	ok "... --snapshot copies it" status_is 0 program_ -o "$core" --force --snapshot
	ok "... and says that a zombie is left" said 'keeps a zombie'
	ok "... it lives" soon runs
	end_victim
	under_one() { setpriv --bounding-set -sys_admin "$work/call_victim" under "$@" >"$log" 2>&1; }
	ok "a program with as many filters as clrpod, of which it added one" start_mode "$work/call_victim" wait4-all
	ok "... is refused" status_is 3 under_one "$program" collect -p "$victim" -o "$core" --force
	ok "... with the way out" one_sentence 'seccomp.*--freeze'
	ok "... and lives" soon runs
	end_victim
	both='sleep 30 & "$0" collect -p $! -o "$1" --force; status=$?; kill -0 $! && kill $! && exit $status'
	ok "a program that has its filter from where clrpod has it is copied" status_is 0 under_one bash -c "$both" "$program" "$core"
	ok "... by a snapshot that leaves nothing" eval '! said zombie && ! said "standing|--freeze"'
else
	skip "filters that kill" "no setpriv"
fi
rm -f "$core"*

# Killed with clrpod's way home still to go: the filters, which SYS_ADMIN suspends, are back.
ok "a program that dies for rt_sigprocmask(2)" start_mode "$work/call_victim" sigprocmask
ok "... is refused, as SYS_ADMIN suspends its filters only while clrpod lives" status_is 3 collect -o "$core"
ok "... with the way out" one_sentence 'seccomp.*--freeze'
ok "... and lives" soon runs
end_victim
rm -f "$core"*

ok "a program in which the kernel works for io_uring" start_mode "$work/call_victim" uring
if [ "$line" = "no io_uring" ]; then
	skip "... is collected" "no io_uring here"
else
	workers() { grep -lx 'iou-wrk-.*' /proc/"$victim"/task/*/comm | wc -l; }
	ok "... by a thread each" soon eval 'test "$(workers)" -gt 0'
	ok "... is collected" status_is 0 collect -o "$core" --force
	ok "... and runs" soon runs
	ok "... once more, as none stands where another cannot" status_is 0 collect -o "$core" --force
	ok "... and runs, with its workers" eval 'soon runs && test "$(workers)" -gt 0'
fi
end_victim
rm -f "$core"*

many() { local i; for i in $(seq 30); do status_is 0 collect -o "$core" --force || return 1; done; }
ok "a program that is sent SIGSEGV with a value, over and over" start_mode "$work/call_victim" queued
ok "... is collected 30 times" many
ok "... and every one has come with its value" eval 'runs && [ "$line" = forks=0 ]'
end_victim
# A copy that outlives the process must not keep its sockets: who is started in its place binds the same port.
ok "a program with files" start_victim quiet
("$program" collect -p "$victim" -o - 2>"$log" | { sleep 3; cat >/dev/null; }) &
piped=$!
has_copy() { copy=$(pgrep -P "$victim"); }
ok "... is copied" soon has_copy
holds_none() { [ -d "/proc/$copy/fd" ] && [ -z "$(ls "/proc/$copy/fd")" ]; }
ok "... the copy has none of them" soon holds_none
wait $piped
ok "... and the program has its own" test -n "$(ls "/proc/$victim/fd")"
end_victim
rm -f "$core"*
# Whose next child would be the first process of a namespace: that would end with the copy, and no other could follow.
if unshare -p true 2>/dev/null; then
	unshare -p sleep 60 &
	victim=$!
	in_sleep() { [ "$(cat "/proc/$victim/comm")" = sleep ]; }
	soon in_sleep
	ok "a process that makes children in a new PID namespace: refused" status_is 3 collect -o "$core"
	ok "... in one sentence" one_sentence 'makes children in a new PID namespace.*--freeze'
	way=--freeze
	ok "... --freeze collects it" status_is 0 collect -o "$core"
	way=
	rm -f "$core"
	foreign() { unshare -pf "$program" collect -p "$victim" -o "$core" >"$log" 2>&1; }
	ok "where /proc shows another PID namespace: refused" status_is 3 foreign
	ok "... in one sentence" one_sentence '/proc shows the processes of another PID namespace'
	ok "... nobody stands" is_free
	end_victim
else
	skip "namespaces" "no PID namespace can be had here"
fi
finish
