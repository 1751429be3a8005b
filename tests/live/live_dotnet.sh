#!/bin/bash
# From a live .NET process to the value in its Dictionary: ps, collect, analyze of the core and of the process itself,
# and whether the process runs on whatever becomes of clrpod. TAP on stdout.
#
# usage: live_dotnet.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
is_held() { ! grep -E '^State:' "/proc/$victim/task"/*/status | grep -qv 't (tracing stop)'; }

build_program sample
start_program Sample.dll

clrpod collect -p "$victim" -o "$work/probe.core" --force
if said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
rm -f "$work/probe.core"

path='Demo.Payments.Gateway.Instance.Policies["payments"].EnableFallback'
clrpod ps
ok "ps lists it, with its version, readable" said "^ *$victim .* [0-9]+\.[0-9]+\.[0-9]+ .* yes .*Sample"
ok "collect" clrpod collect -p "$victim" -o "$work/sample.core" --force
ok "it runs on" is_free
ok "analyze the core" clrpod analyze "$work/sample.core" -c "get $path"
ok "... finds the value" said '^False$'
# A heap dump lacks the code of the getter Policies: it stands in the program's file.
createdump=$(sed -n 's|.* \(/.*\)/libcoreclr.so$|\1/createdump|p' "/proc/$victim/maps" | head -n 1)
if "$createdump" --withheap -f "$work/heap.core" "$victim" >"$log" 2>&1; then
	ok "a heap dump, with the program's file in place" clrpod analyze "$work/heap.core" -c "get $path"
	ok "... follows the getter" said '^False$'
	mv "$work/app" "$work/app.away"
	clrpod analyze "$work/heap.core" -c "get $path"
	ok "... without it says whose code is missing" said 'the code of Policies is not in the dump'
	ok "... with --sysroot follows it" clrpod analyze "$work/heap.core" --sysroot "$work/app.away" -c "get $path"
	mv "$work/app.away" "$work/app"
fi
clrpod analyze "$work/sample.core" -c 'dumpheap -stat'
in_core=$(grep '^Total' "$log")
ok "analyze the process" clrpod analyze -p "$victim" -c "get $path"
ok "... finds the value" said '^False$'
ok "it runs on" is_free
clrpod analyze -p "$victim" -c 'dumpheap -stat'
ok "the same objects in both" test -n "$in_core" -a "$in_core" = "$(grep '^Total' "$log")"
clrpod collect -p "$victim" -o "$work/frozen.core" --force --freeze
clrpod analyze "$work/frozen.core" -c 'dumpheap -stat'
ok "... and in a core of --freeze" test -n "$in_core" -a "$in_core" = "$(grep '^Total' "$log")"
clrpod analyze -p "$victim" --freeze -c 'dumpheap -stat'
ok "... and with --freeze" test -n "$in_core" -a "$in_core" = "$(grep '^Total' "$log")"
clrpod analyze -p "$victim" --no-stop -c 'dumpheap -stat'
ok "... and with --no-stop" test -n "$in_core" -a "$in_core" = "$(grep '^Total' "$log")"
ok "... which says what that means" said 'runs while it is read: answers may be torn'
ok "diff of a core and the process" clrpod diff "$work/sample.core" -p "$victim"
ok "... nothing has changed" test "$(sed '1,4d;/^$/,$d' "$log" | wc -l)" = 0
ok "ways that exclude each other" test "$("$program" analyze -p "$victim" --freeze --no-stop -c eeversion >/dev/null 2>&1; echo $?)" = 2

# At the prompt of a snapshot the process runs, until clrpod ends, and then nothing of it remains.
no_child() { [ -z "$(pgrep -P "$victim")" ]; }
one_child() { [ "$(pgrep -P "$victim" | wc -l)" = 1 ]; }
for signal in KILL TERM HUP; do
	mkfifo "$work/snapshot.$signal"
	"$program" analyze -p "$victim" <"$work/snapshot.$signal" >"$log" 2>&1 &
	analyzer=$!
	exec 4>"$work/snapshot.$signal"
	echo eeversion >&4
	ok "a snapshot at the prompt" soon said Workstation
	ok "... it runs" is_free
	ok "... one copy" one_child
	ok "... which is no process of ps" test -z "$("$program" ps | grep "^ *$(pgrep -P "$victim") ")"
	kill "-$signal" "$analyzer"
	ok "SIG$signal: no copy" soon no_child
	exec 4>&-
	wait "$analyzer" 2>/dev/null
done
clrpod analyze -p "$victim" -c 'dumpheap -stat' -c refresh -c 'dumpheap -stat'
ok "refresh" test "$(grep -c "^$in_core" "$log")" = 2
ok "... says so" said 'as it is now'
ok "... leaves nothing" no_child
clrpod analyze -p "$victim" --freeze -c refresh -c 'dumpheap -stat'
ok "refresh of a frozen process" test "$(grep -c "^$in_core" "$log")" = 1
ok "... it runs on" is_free
ok "refresh of a dump: refused" test "$("$program" analyze "$work/sample.core" -c refresh >"$log" 2>&1; echo $?)" = 3
ok "... in one sentence" said 'refresh needs a live process'
: >"$log"
(echo modules; soon said CoreLib; pkill -KILL -P "$victim"; soon no_child; echo eeversion; echo refresh; echo eeversion) |
	"$program" analyze -p "$victim" -x - --keep-going >"$log" 2>&1
ok "a snapshot that was killed: one sentence" said 'was dropped, as the copy was killed.*: refresh takes a new one$'
ok "... refresh brings a new one" said '^Workstation'
ok "... and leaves nothing" no_child
ok "--hold without a number" test "$("$program" analyze -p "$victim" --hold x -c eeversion >/dev/null 2>&1; echo $?)" = 2
if command -v script >/dev/null; then
	: >"$log"
	(soon said 'MiB> '; echo "eeversion"; soon said '^Workstation'; echo exit) | TERM=dumb script -qec "$program analyze -p $victim" /dev/null >"$log" 2>&1
	ok "the prompt tells what it costs" said '^\+[0-9]+ MiB> '
	ok "... and the greeting how long it stood" said 'stood still for [0-9.]+ ms and runs on'
	ok "... and when it is dropped" said 'After 10 minutes'
fi

# With --freeze it stands still at the prompt, until clrpod ends, however it does.
for signal in KILL TERM HUP; do
	mkfifo "$work/prompt.$signal"
	"$program" analyze -p "$victim" --freeze <"$work/prompt.$signal" >"$log" 2>&1 &
	analyzer=$!
	exec 4>"$work/prompt.$signal"
	echo eeversion >&4
	ok "held at the prompt" soon is_held
	kill "-$signal" "$analyzer"
	ok "SIG$signal: it runs on" soon is_free
	exec 4>&-
	wait "$analyzer" 2>/dev/null
done
"$program" analyze -p "$victim" <<<'eeversion' >"$log" 2>&1
ok "the end of stdin: it runs on" is_free

# The first process of a PID namespace, as a container's: its last thread waits until the ends of all others were taken.
outer=$victim
mkfifo "$work/commands"
first_in_time() { # is killed while it stands: its parent knows within a second
	: >"$work/first"
	DOTNET_ROLL_FORWARD=Major unshare -pf --mount-proc dotnet "$work/app/Sample.dll" <"$work/stdin" >"$work/first" 2>&1 &
	local parent=$! began
	soon grep -q '^END' "$work/first" || return 1
	read -r victim <"/proc/$parent/task/$parent/children"
	[ -n "$victim" ] || return 1
	"$program" analyze -p "$victim" --freeze --hold 0 <"$work/commands" >"$log" 2>&1 &
	exec 4>"$work/commands"
	echo eeversion >&4
	soon is_held || { exec 4>&-; return 1; }
	kill -KILL "$victim"
	began=$(date +%s%N)
	wait "$parent"
	local ms=$((($(date +%s%N) - began) / 1000000))
	exec 4>&-
	wait $! 2>/dev/null
	[ $ms -lt 1000 ] || { echo "$ms ms" >"$log"; false; }
}
three_in_time() { first_in_time && first_in_time && first_in_time; }
if unshare -pf --mount-proc true 2>/dev/null; then
	ok "the first process of a container, killed while it stands, ends at once" three_in_time
else
	skip "the first process of a container" "no PID namespace can be had here"
fi
victim=$outer


# A module's pages that are gone (its file was overwritten): named as what they are, with what to do.
kill -STOP "$victim"
mkdir "$work/kept" "$work/empty"
cp "$work/app/Sample.dll" "$work/kept/"
clrpod analyze -p "$victim" -c 'dumpheap -stat'
cp "$log" "$work/truth"
: >"$work/app/Sample.dll"
ok "an overwritten module: incomplete" gives 5 "$program" analyze -p "$victim" -c 'dumpheap -stat'
ok "... with the command that helps" said "\(Sample\.dll\): clrpod analyze -p $victim --sysroot DIR reads it"
ok "... which is not advised twice" gives 5 "$program" analyze -p "$victim" --sysroot "$work/empty" -c 'dumpheap -stat'
ok "... but said to be of no use" said "\(Sample\.dll\): below --sysroot $work/empty is not what they were read from"
ok "... with the file: every name" gives 0 "$program" analyze -p "$victim" --sysroot "$work/kept" -c 'dumpheap -stat'
ok "... the same" diff "$work/truth" "$log"
mv "$work/kept/Sample.dll" "$work/app/"
ok "... with a file in its place: found, and not taken unproven" gives 5 "$program" analyze -p "$victim" -c 'dumpheap -stat'
ok "... with what takes it" said "nothing in the dump proves that $work/app/Sample.dll .*--sysroot /proc/$victim/root would take it"
ok "... which does" gives 0 "$program" analyze -p "$victim" --sysroot "/proc/$victim/root" -c 'dumpheap -stat'
ok "... the same" diff "$work/truth" "$log"
finish
