#!/bin/bash
# A process that --freeze stopped is let go after --hold, while clrpod waits for words; what is asked then is told so, and
# refresh stops it again. A log that nobody reads makes no process wait. TAP on stdout.
#
# usage: live_hold.sh PROGRAM     (build/release/clrpod)
# needs: cc. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
start_victim quiet || exit 1
mkfifo "$work/commands" "$work/fifo"
tell() { echo "$1" >&4; }
count_is() { [ "$(grep -cE -e "$2" "$log")" = "$1" ]; }
is_held() { grep -q 't (tracing stop)' "/proc/$victim/status"; }
begin() {
	"$program" analyze -p "$victim" ${how:---freeze} -x - --keep-going "$@" <"$work/commands" >"$log" 2>&1 &
	analyzer=$!
	exec 4>"$work/commands"
	tell modules
	soon said "$work/victim$"
}
leave() {
	exec 4>&-
	wait "$analyzer"
}
stack() { tell "dq $(sed -n 's/-.*\[stack\]$//p' "/proc/$victim/maps") -c 1"; }

begin --hold 0.02
ok "a process that stands" is_held
ok "... is let go after --hold" soon said "^clrpod: process $victim stood still for 2 seconds \(--hold\) and was let go: refresh stops it again$"
ok "... and runs" soon is_free
stack
ok "... what is asked then is told so" soon said "process $victim was let go, and runs: refresh takes it anew"
tell refresh
ok "refresh" soon said 'as it is now'
ok "... stops it again" is_held
ok "... for as long" soon count_is 2 "stood still for 2 seconds"
ok "... and lets it go" soon is_free
leave
ok "the status tells of it" test $? != 0
# Words that nobody has written yet: the time runs.
mkfifo "$work/silent"
"$program" analyze -p "$victim" --freeze --hold 0.03 -x "$work/silent" >"$log" 2>&1 &
analyzer=$!
ok "-x FIFO that nobody writes to: it stands" soon is_held
ok "... and is let go after --hold" soon said "stood still for 2 seconds"
ok "... and runs" soon is_free
exec 5<>"$work/silent"
printf 'modules\nexit\n' >&5
exec 5>&-
wait "$analyzer"
ok "... and what is written at last is run" said "process $victim was let go, and runs"
begin --hold 0
ok "clrpod is stopped itself: the process stands" is_held
kill -STOP "$analyzer"
ok "... and is let go" soon is_free
has_ended() { ! kill -0 "$analyzer" 2>/dev/null; }
ok "... as clrpod" soon has_ended
exec 4>&-
has_ended || { kill -TERM "$analyzer"; kill -CONT "$analyzer"; } # not by SIGKILL: that is what is looked for
wait "$analyzer" 2>/dev/null
ok "... is killed" test $? = 137
begin --hold 0
sleep 2.5
ok "--hold 0: as long as the session" is_held
tell "logopen $work/fifo"
ok "logopen into a FIFO that nobody reads is refused at once" soon said "cannot write $work/fifo: nobody reads that FIFO$"
exec 5<>"$work/fifo" # and reads nothing
tell "logopen $work/fifo"
ok "... with a reader it is taken" soon said "Console is logging to $work/fifo"
: >"$log"
for _ in $(seq 200); do tell help; done
tell modules
ok "... and one that reads nothing makes nobody wait" soon said "$work/victim$"
leave
exec 5>&-
ok "the process is free" soon is_free
for word in x -1 nan inf 1441; do
	ok "--hold $word: no number of minutes" gives 2 "$program" analyze -p "$victim" --freeze --hold $word -c modules
done
ok "--hold 0.5" gives 0 "$program" analyze -p "$victim" --freeze --hold 0.5 -c modules
begin --hold 0
ok "a process that stands" is_held
kill -KILL "$victim"
gone() { ! kill -0 "$victim" 2>/dev/null; }
ok "... and is killed: its parent can wait for it at once" soon gone
stack
ok "... what is asked then is told so" soon said "process $victim was killed while it stood still"
leave
end_victim

# The first process of a PID namespace, as a container's: its thread that ends last waits until we have taken the ends of the
# others, whichever that is. Thirty times, as chance says which.
mkfifo "$work/first.stdin"
first_ends() {
	local parent=
	unshare -pf --mount-proc "$work/victim" few <"$work/first.stdin" >"$work/first" 2>"$log" &
	parent=$!
	exec 5>"$work/first.stdin"
	soon grep -q ready "$work/first" || return
	read -r victim <"/proc/$parent/task/$parent/children" # no line ends there
	begin --hold 0 && is_held || return
	kill -KILL "$victim"
	left() { ! kill -0 "$parent" 2>/dev/null; }
	soon left
	local ended=$?
	leave
	exec 5>&-
	wait "$parent"
	return $ended
}
first_ends_always() { local round; for round in $(seq 30); do first_ends || return; done; }
if unshare -pf --mount-proc true 2>/dev/null; then
	ok "the first process of a container, killed while it stands, ends whichever thread is its last" first_ends_always
else
	skip "the first process of a container" "no PID namespace can be had here"
fi
victim=

# A thread that sleeps uninterruptibly cannot be let go with the others: it must not stand when it wakes, while we are there.
for how in --freeze --snapshot; do
	start_victim vfork 7
	soon grep -q '^State:.D' "/proc/$victim/task"/*/status
	begin $([ $how = --freeze ] && echo --hold 0.05)
	sleeps() { grep -q '^State:.D' "/proc/$victim/task"/*/status; }
	ok "$how of a process of which one thread sleeps" sleeps
	stack
	if [ $how = --freeze ]; then ok "... is let go after --hold" soon said 'stood still for 3 seconds'; fi
	woke() { ! sleeps; }
	ok "... the thread wakes" soon woke
	ok "... and runs, while the session goes on" soon is_free
	leave
	end_victim
done
finish
