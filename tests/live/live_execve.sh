#!/bin/bash
# A process that ends, or runs another program, while clrpod begins to hold it, holds it, or keeps its copy, with threads that
# sleep uninterruptibly: it goes its way at once. TAP on stdout.
#
# usage: live_execve.sh PROGRAM     (build/release/clrpod)
# needs: cc. Exit status 77: skipped, with the reason.
# NIGHT=1: what chance decides is tried about ten times as often.
. "$(dirname "$0")/common"
not_with_sanitizers
command -v cc >/dev/null || skip_all "no C compiler"
cc -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$work/victim" "$here/exec_victim.c" || exit 1
mkfifo "$work/commands" "$work/lines" "$work/silent"
parent= delay= shell_delay=
cleanup_all() {
	kill -KILL $delay $shell_delay $parent 2>/dev/null
	cleanup
}
trap cleanup_all EXIT

# Starts the victim, $first: as the first process of a PID namespace. $parent is what can be waited for.
start() {
	[ -z "$victim" ] || end
	: >"$work/printed"
	# shellcheck disable=SC2086 # the words of a prefix, or none
	${first:+unshare -pf --mount-proc} "$work/victim" "$@" <>"$work/lines" >"$work/printed" 2>/dev/null &
	parent=$! victim=$!
	soon grep -q ready "$work/printed" || return
	[ -z "$first" ] || read -r victim <"/proc/$parent/task/$parent/children" # no line ends there
	sleep 0.1                                                                 # its threads come to where they wait
}
end() {
	kill -KILL "$victim" 2>/dev/null
	wait "$parent" 2>/dev/null
	victim= parent=
}
begin() {
	"$program" analyze -p "$victim" --hold 0 -x - --keep-going "$@" <"$work/commands" >"$log" 2>&1 &
	analyzer=$!
	exec 4>"$work/commands"
	echo modules >&4
	soon said 'victim$'
}
leave() {
	exec 4>&-
	wait "$analyzer"
}
# The parent can wait for it within so many ms.
ends_within() {
	local began
	began=$(date +%s%N)
	while kill -0 "$parent" 2>/dev/null && [ $((($(date +%s%N) - began) / 1000000)) -lt "$1" ]; do sleep 0.02; done
	! kill -0 "$parent" 2>/dev/null
}
# killed WAY THREADS...: several times, as chance says which thread ends last.
killed() {
	local way=$1 result=0 round
	shift
	for round in $(seq "$(rounds 3 30)"); do
		start threads "$@" && begin "$way" || return
		kill -KILL "$victim"
		ends_within 1000 || result=1
		leave
		wait "$parent" 2>/dev/null
		victim= parent=
		[ $result = 0 ] || return
	done
}
# The same within 250 ms of the begin.
killed_early() {
	local round result=0
	for round in $(seq "$(rounds 8 150)"); do
		start threads 3 1 wait || return
		"$program" collect -p "$victim" "$1" -o "$work/early.core" --force >"$log" 2>&1 &
		sleep "$(printf 0.%03d $((RANDOM % 250)))"
		kill -KILL "$victim"
		ends_within 2000 || result=1
		wait $! 2>/dev/null
		wait "$parent" 2>/dev/null
		victim= parent=
		[ $result = 0 ] || return
	done
}

first=
for shape in "0 1 wait" "3 1 wait"; do
	# shellcheck disable=SC2086 # words
	ok "killed under --freeze (threads that wait, that sleep, the first: $shape)" killed --freeze $shape
done
if unshare -pf --mount-proc true 2>/dev/null; then
	first=yes
	for shape in "0 1 wait" "1 1 wait" "1 1 exit" "1 1 vfork"; do
		# shellcheck disable=SC2086
		ok "a container's first process, killed under --freeze ($shape)" killed --freeze $shape
	done
	ok "... with a snapshot" killed --snapshot 3 1 wait
	ok "... while it is stopped for --freeze" killed_early --freeze
	ok "... while it is stopped for a snapshot" killed_early --snapshot
	first=
else
	skip "a container's first process" "no PID namespace can be had here"
fi

# --- a program that runs another
# delay_begins FILE MS: whoever executes that file sleeps so long. Sets $delaying.
delay_begins() {
	: >"$work/delayed" # what the one before said is not this one's
	"$work/victim" delay "$@" >"$work/delayed" 2>&1 &
	delaying=$!
	soon test -s "$work/delayed" && grep -q ready "$work/delayed"
}
# go: a thread begins to run another program, and sleeps in that.
case $(uname -m) in x86_64) execve=59 ;; *) execve=221 ;; esac
in_execve() { grep -qs "^$execve " "/proc/$victim/task"/*/syscall; }
go() { echo go >"$work/lines" && soon in_execve; }
exec_rounds() {
	local round taken=0 all
	all=$(rounds 30 600)
	start again 60 2000 || return
	for round in $(seq "$all"); do
		timeout 10 "$program" collect -p "$victim" "$1" -o "$work/exec.core" --force >"$log" 2>&1
		case $? in 0 | 5) taken=$((taken + 1)) ;; 124 | 137) return 1 ;; esac
		kill -0 "$victim" || return
	done
	echo "$taken of $all were taken" >>"$log"
	is_free && [ $taken -gt $((all / 3)) ]
	local free=$?
	end
	return $free
}
ok "a thread runs the program anew, again and again: --freeze" exec_rounds --freeze
ok "... snapshots" exec_rounds --snapshot
cp "$(command -v sleep)" "$work/slow"
delay_begins "$work/slow" 3000
begun=$? delay=$delaying
if [ $begun = 0 ]; then
	runs_another() { [ "$(readlink "/proc/$victim/exe")" = "$work/slow" ]; }
	for way in --snapshot --freeze; do
		for others in 0 3; do
			start once $others "$work/slow" wait
			go
			ok "$way while a thread sleeps in execve, $others others" begin $way
			ok "... it runs the program" soon runs_another
			sleep 0.3
			kill -CHLD "$victim"
			sleep 0.2
			ok "... which nobody holds" is_free
			if [ $way = --freeze ]; then
				echo "dq $(sed -n 's/-.*\[stack\]$//p' "/proc/$victim/maps") -c 1" >&4
				ok "... the next answer says so" soon said "process $victim began another program"
			fi
			kill -TERM "$victim"
			ok "... and which takes its signals" ends_within 1000
			leave
			end
		done
	done
	# As soon as it runs, and for a while.
	rain() {
		local name drops=0 end=$((SECONDS + 10))
		while [ $drops -lt 2000 ] && [ $SECONDS -lt $end ]; do
			read -r name <"/proc/$victim/comm" || return
			[ "$name" != slow ] || { kill -WINCH "$victim" && drops=$((drops + 1)); }
		done
		[ $drops -gt 0 ]
	}
	# What the first thread was about to handle is none of the new program's signals, and would end it.
	takes_its_own() {
		local round
		for round in $(seq "$(rounds 2 30)"); do
			start once 3 "$work/slow" signals
			go
			begin --snapshot
			rain || return
			leave
			kill -0 "$victim" || return
		done
	}
	ok "... and is given no signal of the one before" takes_its_own
	# It comes out of its execve while the first thread makes the copy, and has signals of its own (SIGCHLD).
	cc -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$work/forker" "$here/exec_victim.c" || exit 1
	lives_on() {
		local round
		delay_begins "$work/forker" 270 || return
		shell_delay=$delaying
		for round in $(seq "$(rounds 6 140)"); do
			start large 3 "$work/forker" wait || return
			echo go >"$work/lines"
			sleep "$(printf 0.%03d $((RANDOM % 60)))"
			"$program" analyze -p "$victim" --snapshot -c modules >"$log" 2>&1
			sleep 0.4
			kill -0 "$victim" && is_free || return
		done
	}
	ok "execve while the copy is being made: the program lives" lives_on
	kill -KILL $shell_delay
	wait $shell_delay 2>/dev/null
	# The first thread sleeps, and is the first clrpod's, while another runs a program that is the second's.
	start once 3 "$work/slow" vfork
	ok "the first thread sleeps, and is a clrpod's" begin --snapshot
	first_analyzer=$analyzer
	exec 6>&4 4>&-
	sleep 0.5
	go
	"$program" analyze -p "$victim" --snapshot --hold 0 -x "$work/silent" >"$log" 2>&1 &
	analyzer=$!
	ok "... another thread runs a program while a second one looks" soon runs_another
	sleep 0.3
	kill -CHLD "$victim"
	sleep 0.2
	ok "... and nobody holds it" is_free
	exec 6>&-
	kill -TERM $analyzer
	wait $analyzer $first_analyzer
	end
	kill -KILL $delay
	wait $delay 2>/dev/null
	cp "$(ldd "$work/slow" | sed -n 's|^\s*\(/[^ ]*ld[^ ]*\).*|\1|p')" "$work/loader"
	echo 'int main(void) { for (;;) __builtin_ia32_pause(); }' | cc -xc -o "$work/late" - "-Wl,--dynamic-linker=$work/loader" 2>>"$log"
	ok "what runs a program is slow" delay_begins "$work/loader" 12000
	delay=$delaying
	for way in --freeze --snapshot; do
		start once 3 "$work/late" wait
		go
		"$program" analyze -p "$victim" $way -c modules >"$log" 2>&1 &
		analyzer=$!
		sleep 0.5
		kill -TERM $analyzer
		ends() { ! kill -0 $analyzer 2>/dev/null; }
		within_five() { local i; for i in $(seq 100); do ends && return; sleep 0.05; done; false; }
		ok "a thread waits for a disk within execve: SIGTERM ends $way" within_five
		wait $analyzer
		ok "... with its status" test $? = 143
		end
	done
else
	skip "a thread that sleeps in execve" "fanotify is not there"
fi
kill -KILL $delay 2>/dev/null
wait $delay 2>/dev/null
delay=

# --- a thread that sleeps is in the hands of the first snapshot
start threads 3 1 wait
ok "refresh of a process of which one thread sleeps" gives 0 "$program" analyze -p "$victim" --snapshot -c refresh -c refresh
ok "... and with --freeze" gives 0 "$program" analyze -p "$victim" --freeze -c refresh -c refresh
ok "... and a first clrpod" begin --snapshot
ok "... and a second one" gives 0 "$program" analyze -p "$victim" --snapshot -c modules
leave
end

# --- a process that shares its memory: its orphaned call stands where the other's threads would be looked for
in_clone() {
	local file number
	for file in "/proc/$victim/task"/*/syscall; do
		read -r number _ <"$file" && [ "$number" = 56 ] && return
	done 2>/dev/null
	false
}
caught=0
shares() {
	local other lives keeper=
	start shares 600 || return
	read -r other _ <"$work/printed"
	"$program" analyze -p "$victim" --snapshot -c modules >"$log" 2>&1 &
	analyzer=$!
	while kill -0 $analyzer 2>/dev/null; do
		in_clone || continue
		kill -STOP "$victim"
		read -r keeper <"/proc/$analyzer/task/$analyzer/children" # no line ends there
		kill -KILL $keeper $analyzer && caught=$((caught + 1))
		break
	done
	wait $analyzer 2>/dev/null
	sleep 0.3
	"$program" analyze -p "$other" --snapshot -c modules >"$log" 2>&1
	kill -CONT "$victim"
	sleep 0.2
	kill -0 "$victim"
	lives=$?
	end
	return $lives
}
if [ "$(uname -m)" = x86_64 ]; then
	some_shares() {
		local i enough
		enough=$(rounds 1 20)
		for i in $(seq $((enough * 5 + 5))); do
			shares || return
			[ $caught -lt "$enough" ] || return 0
		done
		[ $caught -gt 0 ]
	}
	ok "a call of one that was killed is left alone where another process shares the memory" some_shares
else
	skip "a process that shares its memory" "the number of clone is x86-64's"
fi
finish
