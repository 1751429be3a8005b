#!/bin/bash
# Snapshots of a program made for it (victim.c): whether it notices more than a short pause, whether the copy is of one
# moment, whether anything remains of it whatever becomes of clrpod, its keeper or the program, and whether clrpod
# refuses what might harm the program. TAP on stdout.
#
# usage: live_snapshot.sh PROGRAM     (build/release/clrpod)
# needs: cc, 1 GB of memory and of disk; root for the control groups, users and filters; gdb, unshare, setpriv where they are. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"

untouched() { # nothing stopped, nothing traced, no child living or dead
	is_free && ! pgrep -P "$victim" >/dev/null
}
healthy() { # it answers, and was told of nothing
	read_report && [ "$(value children)" = 0 ] && [ "$(value sigchld)" = 0 ] && [ "$(value mask)" = 0 ] && [ "$(value eintr)" = 0 ]
}
keeper_of() { # at once: its dump may be written within a second
	local first
	read -r first _ <"/proc/$1/task/$1/children" # no line ends there
	echo "$first"
}

ok "the program runs" start_victim
if ! collect -o "$core" --force && said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
if said 'no snapshot|cannot be copied'; then skip_all "$(tail -n 1 "$log")"; fi
many() { local i; for i in $(seq 25); do status_is 0 collect -o "$core" --force && untouched || return 1; done; }
ok "25 snapshots while threads come and go" many
ok "it still answers, saw no child, no SIGCHLD, no EINTR, and has its signal mask" healthy
ok "no signal was lost" test "$(value sent)" = "$(value received)" -a "$(value sent)" -gt 0
ok "sleeps and threads went on" test "$(value turns)" -gt 0 -a "$(value churned)" -gt 0

# --- one moment
if command -v gdb >/dev/null; then
	debug -ex 'info threads' -ex 'thread apply all backtrace'
	ok "gdb lists the threads" test "$(grep -cE '^[* ] +[0-9]+ +Thread' "$log")" -ge 12
	for frame in block_in_read block_in_poll block_in_futex block_in_sleep block_in_epoll spin churn tick count_both main; do
		ok "gdb unwinds to $frame" said " $frame \\("
	done
	debug -ex 'print victim_read_only' -ex 'print/x victim_marker' -ex 'x/s victim_touched + 4096*990' \
		-ex 'x/s victim_protected' -ex 'x/s victim_memory + 4096*10' -ex 'x/s victim_shared + 4096*4' \
		-ex 'x/s victim_not_inherited + 4096' -ex 'x/s victim_wiped + 2*4096'
	for text in 'read-only text of the victim' 0x5eed 'page 990' 'behind PROT_NONE' 'through the other mapping' \
		'shared without a name' 'not inherited by a copy' 'wiped in a copy'; do
		ok "gdb reads '$text'" said "$text"
	done
	debug -ex 'x/8xb victim_touched + 4096*991' -ex 'x/8xb victim_shared + 4096*5' -ex 'x/8xb victim_not_inherited + 4096*2'
	ok "never touched memory reads as zeros" test "$(grep -cE '0x00.*0x00.*0x00.*0x00.*0x00.*0x00.*0x00.*0x00' "$log")" = 3
	ok "[vdso] is whole" has_vdso
	one_moment() {
		local i
		for i in $(seq 5); do
			collect -o "$core" --force || return 1
			debug -ex 'print *victim_private_count - *victim_shared_count' -ex 'print *victim_shared_count > 0'
			grep -qE '^\$1 = [01]$' "$log" && grep -q '^\$2 = 1$' "$log" || return 1
		done
	}
	ok "private and shared memory are of one moment" one_moment
else
	skip "gdb reads it" "no gdb"
fi
rm -f "$core"
json_of() { "$program" collect -p "$victim" -o "$core" --force --json >"$log" 2>&1; }
ok "JSON" json_of
ok "... says it is a snapshot" said '"snapshot":true'

# --- others at the same time
both() {
	"$program" collect -p "$victim" -o "$work/a.core" >"$log" 2>&1 & local first=$!
	"$program" collect -p "$victim" -o "$work/b.core" >>"$log" 2>&1 & local second=$!
	wait $first && wait $second && test -s "$work/a.core" -a -s "$work/b.core"
}
ok "two at once" both
ok "... leave nothing" soon untouched
rm -f "$work"/*.core
if command -v gdb >/dev/null; then
	coproc GDB { exec gdb -nx -q -p "$victim" >/dev/null 2>&1; }
	debugger=$GDB_PID
	soon grep -q "^TracerPid:[[:space:]]*$debugger" "/proc/$victim/status"
	ok "a debugger has it: refused" status_is 3 collect -o "$core"
	ok "... in one sentence that names it" one_sentence "process $debugger is tracing it"
	kill -KILL "$debugger"
	wait "$debugger" 2>/dev/null
	kill -CONT "$victim" # the debugger's SIGSTOP may be left
	ok "... and then it runs" soon is_free
fi
kill -STOP "$victim"
soon is_job_stopped
ok "a stopped program" status_is 0 collect -o "$core" --force
ok "... stays stopped" is_job_stopped
ok "... leaves no child" test -z "$(pgrep -P "$victim")"
kill -CONT "$victim"
ok "... until it is continued" soon untouched
ok "... and it answers" healthy
end_victim
rm -f "$core"

ok "a program whose first thread has ended" start_victim leaderless
ok "... is collected" status_is 0 collect -o "$core" --force
ok "... and is as it was" untouched
ok "... and answers" healthy
end_victim
rm -f "$core"

if command -v unshare >/dev/null && unshare -pfm --mount-proc true 2>/dev/null; then
	cp "$work/victim" "$work/first"
	coproc VICTIM { exec unshare -pfm --mount-proc "$work/first"; }
	unshare_pid=$VICTIM_PID in=${VICTIM[1]} out=${VICTIM[0]}
	read -r -u "$out" line
	victim=$(pgrep -P "$unshare_pid" | head -n 1)
	ok "PID 1 of its namespace" test "$(awk '/^NSpid/ {print $NF}' "/proc/$victim/status")" = 1
	ok "... is collected" status_is 0 collect -o "$core" --force
	ok "... and is as it was" untouched
	ok "... and answers" healthy
	# Each waits for the other, which only one of them sees.
	both() {
		local i inner
		for i in $(seq 12); do
			nsenter -t "$victim" -p -m "$program" collect -p 1 -o "$work/inner.core" --force >"$log" 2>&1 &
			inner=$!
			status_is 0 collect -o "$core" --force && wait "$inner" || return 1
		done
	}
	ok "... collected from inside and from outside at once" both
	ok "... and is as it was" untouched
	end_victim
	wait "$unshare_pid" 2>/dev/null
	rm -f "$core" "$work/inner.core"
	# It waits for its copy's end, too.
	ends_at_once() {
		local i began
		for i in $(seq 10); do
			coproc VICTIM { exec unshare -pfm --mount-proc "$work/first" big 200 2>/dev/null; }
			unshare_pid=$VICTIM_PID out=${VICTIM[0]}
			read -r -u "$out" line
			read -r victim <"/proc/$unshare_pid/task/$unshare_pid/children"
			victim=${victim% }
			"$program" collect -p "$victim" -o "$core" --force >"$log" 2>&1 &
			collector=$!
			while kill -0 "$collector" 2>/dev/null && [ ! -s "/proc/$victim/task/$victim/children" ] && ! pgrep -P "$victim" >/dev/null; do :; done
			kill -KILL "$victim"
			began=${EPOCHREALTIME/./}
			wait "$unshare_pid" 2>/dev/null
			[ $((${EPOCHREALTIME/./} - began)) -lt 800000 ] || { echo "$(((${EPOCHREALTIME/./} - began) / 1000)) ms" >>"$log"; return 1; }
			wait "$collector"
		done
		true
	}
	ok "... killed as its copy is made: it ends at once" ends_at_once
	victim=
	rm -f "$core"*
else
	skip "PID 1 of its namespace" "no unshare"
fi

# --- clrpod, its keeper and the program end in the middle
ok "a big program" start_victim big 700
pause_of() { collect -o "$core" --force && sed -n 's/.*stood still for \([0-9.]*\) ms.*/\1/p' "$log"; }
for signal in INT:130 TERM:5 HUP:5; do
	rm -f "$core"
	begin_collect
	ok "SIG${signal%:*} in the middle" end_collect "${signal%:*}" "${signal#*:}"
	ok "... nothing remains in the program" soon untouched
	ok "... no core remains, or a part that says so by its name" test ! -e "$core"
	rm -f "$core.partial"
done
kill_at_random() {
	local i
	for i in $(seq 10); do
		"$program" collect -p "$victim" -o "$core" --force >"$log" 2>&1 &
		collector=$!
		sleep "0.$(printf %03d $((RANDOM % 250)))"
		kill -KILL "$collector" 2>/dev/null
		wait "$collector" 2>/dev/null
		soon untouched || return 1
		rm -f "$core" "$core.partial"
	done
}
ok "SIGKILL at 10 random moments: nothing remains in the program" kill_at_random
ok "... it answers, saw no child, no SIGCHLD, no EINTR" healthy
pipe_closes() { "$program" collect -p "$victim" -o "$core" --force 2>"$log" | true; soon untouched; }
ok "nobody reads stdout: nothing remains" pipe_closes
rm -f "$core"*

begin_collect
keeper=$(keeper_of "$collector")
kill -KILL "$keeper"
wait "$collector"
ok "the keeper is killed: incomplete" test $? = 5
ok "... the reason" said 'the process that kept it was killed'
ok "... a part of the core is there" test -s "$core.partial" -a ! -e "$core"
ok "... the program runs" is_free
copy_is_dead() { [ "$(ps -o stat= --ppid "$victim" | cut -c 1 | sort -u)" = Z ]; }
ok "... its copy is dead" soon copy_is_dead
ok "the next snapshot" status_is 0 collect -o "$core" --force
ok "... takes the dead copy away" soon untouched
ok "... it answers" healthy
rm -f "$core"

# Stopped itself, while the program stands for it: a disk that does not answer would do the same.
stops_its_keeper() {
	local i state keeper
	for i in $(seq 30); do
		rm -f "$core"
		"$program" collect -p "$victim" -o "$core" >"$log" 2>&1 &
		collector=$!
		while kill -0 "$collector" 2>/dev/null; do
			read -r _ _ state _ <"/proc/$victim/stat"
			[ "$state" = t ] || continue
			read -r keeper <"/proc/$collector/task/$collector/children"
			kill -STOP $keeper # one word and a space
			sleep 0.3
			read -r _ _ state _ <"/proc/$victim/stat"
			[ "$state" = t ] && return 0
			kill -CONT $keeper
			break
		done
		wait "$collector"
	done
	false
}
ok "a keeper is stopped while the program stands" stops_its_keeper
wait "$collector"
ok "... given up" test $? = 3
ok "... with the reason" one_sentence "process $victim had to stand for 10 s, so it was let go"
ok "... the program runs" soon is_free
ok "... the next snapshot takes away what is left" status_is 0 collect -o "$core" --force
ok "... it answers" soon untouched
rm -f "$core"

# Stopped before the program stands, and killed later than that could have lasted.
stops_its_keeper_early() {
	local i session= keeper=
	for i in $(seq 30); do
		"$program" collect -p "$victim" -o "$core" >"$log" 2>&1 &
		collector=$!
		while kill -0 "$collector" 2>/dev/null; do
			keeper=$(keeper_of "$collector" 2>/dev/null)
			read -r _ _ _ _ _ session _ 2>/dev/null <"/proc/${keeper:-self}/stat"
			[ "$session" = "$keeper" ] || continue
			kill -STOP "$keeper"
			sleep 0.1
			if untouched; then
				sleep 10.2
				kill -KILL "$keeper"
				return
			fi
			kill -CONT "$keeper"
			break
		done
		wait "$collector"
		rm -f "$core"
	done
	false
}
ok "a keeper is stopped before the program stands, and killed after 10 s" stops_its_keeper_early
wait "$collector"
ok "... no snapshot" test $? = 3
ok "... and nothing is told of standing" one_sentence 'there is no snapshot: the process that kept it was killed'
ok "... the program is as it was" untouched

begin_collect
disown "$victim" # or bash tells of its end
kill -KILL "$victim"
wait "$collector"
ok "the program is killed in the middle: the core is whole" test $? = 0 -a -s "$core"
ok "... no process remains" test -z "$(pgrep -f "^$work/victim")"
ok "a process that is gone" status_is 3 collect -o "$work/gone.core"
victim=
rm -f "$core"

# --- a refusal is none that passes
cc -std=gnu11 -D_GNU_SOURCE -O1 -o "$work/no_ptrace" "$here/no_ptrace.c" || exit 1
refused_at_once() {
	local began=${EPOCHREALTIME/./}
	"$work/no_ptrace" "$program" collect -p "$victim" -o "$core" >"$log" 2>&1
	[ $? = 3 ] && [ $((${EPOCHREALTIME/./} - began)) -lt 2000000 ] || { echo "$(((${EPOCHREALTIME/./} - began) / 1000)) ms" >>"$log"; false; }
}
ok "another program" start_victim
ok "clrpod may not trace: refused at once, not as beside another clrpod" refused_at_once
ok "... in one sentence" one_sentence "cannot stop process $victim"
ok "... it is as it was" untouched
end_victim

# --- limits: named, and --freeze offered
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$work"
	coproc VICTIM { ulimit -u 40; exec setpriv --reuid 54321 --regid 54321 --clear-groups "$work/victim" quiet; }
	victim=$VICTIM_PID in=${VICTIM[1]} out=${VICTIM[0]}
	read -r -u "$out" line
	fill() { local i; for i in $(seq 40); do setpriv --reuid 54321 --clear-groups sleep 60 & done; }
	(ulimit -u 40; fill) >/dev/null 2>&1
	sleep 0.3
	ok "RLIMIT_NPROC: refused" status_is 3 collect -o "$core"
	ok "... in one sentence" one_sentence 'RLIMIT_NPROC.*--freeze'
	ok "... it is as it was" untouched
	pkill -u 54321 -x sleep
	end_victim

	ok "a seccomp filter that kills a clone" start_victim filter kill
	without_admin() { setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$program" collect -p "$victim" -o "$core" --force "$@" >"$log" 2>&1; }
	ok "... without SYS_ADMIN: refused" status_is 3 without_admin
	ok "... in one sentence" one_sentence 'seccomp.*--freeze.*--snapshot'
	ok "... it is as it was" untouched
	ok "... --freeze" status_is 0 without_admin --freeze
	ok "... with SYS_ADMIN too: killed, clrpod would leave it to its filters" status_is 3 collect -o "$core" --force
	ok "... it is as it was" untouched
	if said 'SYS_ADMIN suspends'; then
		ok "... insisted on with SYS_ADMIN" status_is 0 collect -o "$core" --force --snapshot
		ok "... its filters are suspended, and the copy stays a zombie" said "keeps a zombie"
		ok "... and nothing stands" is_free
	else
		skip "... insisted on with SYS_ADMIN" "$(tail -n 1 "$log")"
	fi
	end_victim
	rm -f "$core"
	ok "a seccomp filter that refuses a clone" start_victim filter errno
	ok "... insisted on: refused" status_is 3 without_admin --snapshot
	ok "... in one sentence" one_sentence 'a seccomp filter.*forbids it.*--freeze'
	ok "... it is as it was" untouched
	ok "... and answers" healthy
	end_victim
	ok "a clone for which there is no memory" start_victim filter memory
	ok "... refused" status_is 3 without_admin --snapshot
	ok "... in one sentence" one_sentence 'cannot be copied.*no memory for a second process|cannot be copied.*vm.overcommit_memory=2.*--freeze'
	ok "... it is as it was, and answers" healthy
	ok "... --freeze" status_is 0 without_admin --freeze
	end_victim
	rm -f "$core"
else
	skip "RLIMIT_NPROC and seccomp" "needs root and setpriv"
fi

# --- control groups: of version 1 or 2, wherever we may make one
group_of() { # CONTROLLER
	local folder
	for folder in "/sys/fs/cgroup/$1/clrpod-test.$$" "/sys/fs/cgroup/clrpod-test.$$"; do
		mkdir "$folder" 2>/dev/null && { [ -e "$folder/$2" ] || [ -e "$folder/$3" ]; } && echo "$folder" && return
		rmdir "$folder" 2>/dev/null
	done
}
start_in_group() { # FOLDER ARGUMENT...
	local folder=$1
	shift
	coproc VICTIM { echo $BASHPID >"$folder/cgroup.procs"; exec "$work/victim" "$@"; }
	victim=$VICTIM_PID in=${VICTIM[1]} out=${VICTIM[0]}
	read -r -u "$out" line && [ "$line" = ready ]
}
group=$(group_of pids pids.max pids.max)
if [ -n "$group" ]; then
	ok "a control group for processes" start_in_group "$group" quiet
	cat "$group/pids.current" >"$group/pids.max"
	ok "pids.max: refused" status_is 3 collect -o "$core" --force
	ok "... in one sentence" one_sentence 'pids.max.*--freeze'
	echo max >"$group/pids.max"
	if mkdir "$group/inner" 2>/dev/null && echo "$victim" >"$group/inner/cgroup.procs" 2>/dev/null; then
		cat "$group/pids.current" >"$group/pids.max"
		ok "the limit of the group above: refused" status_is 3 collect -o "$core" --force
		ok "... named as well" one_sentence 'pids.max.*--freeze'
	else
		skip "the limit of the group above" "no group can be made in it"
	fi
	ok "... it is as it was" soon untouched
	end_victim
	rmdir "$group/inner" "$group"
else
	skip "pids.max" "no control group can be made here"
fi
group=$(group_of memory memory.limit_in_bytes memory.max)
limit() { echo "$1" >"$group/memory.limit_in_bytes" 2>/dev/null || echo "$1" >"$group/memory.max"; }
if [ -n "$group" ]; then
	limit 220M
	ok "a program at its memory limit" start_in_group "$group" full 202
	ok "... no room: refused" status_is 3 collect -o "$core" --force
	ok "... with the figures" one_sentence 'MiB left below its memory limit \([0-9]* of 220 MiB used\).*--freeze'
	ok "... --freeze" status_is 0 collect -o "$core" --force --freeze
	ok "... it is as it was" untouched
	end_victim
	rm -f "$core"
	limit 400M
	start_in_group "$group" churn 300
	reads_part() { "$program" analyze "$core.partial" -c eeversion >"$log" 2>&1; grep -q 'is cut short' "$log" && grep -q 'no .NET runtime here' "$log"; }
	rm -f "$core"*
	begin_collect
	kill -STOP "$collector" # the program goes on to write all of its memory meanwhile
	soon untouched
	kill -CONT "$collector"
	wait "$collector"
	ok "a program that writes 300 of 400 MiB: incomplete" test $? = 5
	ok "... as the snapshot was dropped" said 'was dropped, as its container had [0-9]+ MiB left below its memory limit'
	ok "... what was written opens" reads_part
	ok "... it is as it was" untouched
	ok "... and lives, and answers" healthy
	for i in $(seq 5); do collect -o "$core" --force; done
	ok "... also after five cores of it" healthy
	ok "... it is as it was" untouched
	end_victim
	rm -f "$core"*
	limit 290M
	# The kernel would kill it for what the dying copy still has.
	lives_beside_copies() {
		local i j
		for i in 1 2 3 4; do
			start_in_group "$group" rewrite 190 || return 1
			echo 0 >"/proc/$victim/oom_score_adj"
			for j in 1 2 3 4; do
				collect -o "$core" --force
				kill -0 "$victim" || return 1
			done
			soon untouched || return 1
			end_victim
		done
	}
	ok "a program that writes all of its memory all the time, with 90 MiB to spare: 16 snapshots" lives_beside_copies
	rm -f "$core"*
	limit 700M
	start_in_group "$group" rewrite 190
	whole() { local i; for i in 1 2 3 4; do status_is 0 collect -o "$core" --force || return 1; done; }
	ok "... with 500 MiB to spare each is whole" whole
	end_victim
	rm -f "$core"*
	soon rmdir "$group" 2>/dev/null
else
	skip "memory limits" "no control group can be made here"
fi

# --- a place that is too small for what packs worse than is assumed
if mkdir "$work/small" && mount -t tmpfs -o size=100m tmpfs "$work/small" 2>/dev/null; then
	rm -f "$core"*
	start_victim big 100 # numbers that do not pack
	ok "a dump that does not pack: stopped before the place is full" status_is 3 collect -o "$work/small/v.core.zst"
	ok "... with the figures" one_sentence 'the core ends after [0-9]+ of [0-9]+ MiB: .*has [0-9]+ MiB and is not whole yet .it packs worse.*15 % of its file system .* should stay free.*--force'
	ok "... nothing remains" clean "$work/small"
	ok "... the program is as it was" soon untouched
	ok "... with --force: until the place is full" status_is 3 collect -o "$work/small/v.core.zst" --force
	ok "... in one sentence" one_sentence 'No space left'
	ok "... nothing remains" clean "$work/small"
	ok "... the program is as it was, and answers" healthy
	head -c 60M /dev/zero >"$work/small/other"
	ok "no room for half of it: refused" status_is 3 collect -o "$work/small/v.core.zst"
	ok "... with what is assumed" one_sentence 'needs about [0-9]+ MiB, if its [0-9]+ MiB pack to a half'
	end_victim
	umount "$work/small"
else
	skip "a small place" "cannot mount a tmpfs"
fi

finish
