#!/bin/bash
# refresh loses nothing: when the process has ended, when another has its number by now, and when its memory limit
# leaves no room for a second snapshot, what was shown is shown on, and one sentence says why. TAP on stdout.
#
# usage: live_refresh.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK; root, for the number that another gets and for the control group. Exit status 77: skipped, with the reason.
#
# It runs again inside a PID namespace, where it chooses which number comes next: with "inside" as the second word, and
# the build in $APP.
. "$(dirname "$0")/common"
not_with_sanitizers
if [ "${2-}" = inside ]; then
	cp -r "$APP" "$work/app"
	mkfifo "$work/stdin"
else
	build_program sample
fi
table='dumpheap -stat -type Gateway'

# look [OPTION]...: an analyzer at its prompt, which has answered once. $victim: its process.
look() {
	start_program Sample.dll
	rm -f "$work/commands"
	mkfifo "$work/commands"
	"$program" analyze -p "$victim" -x - --keep-going "$@" <"$work/commands" >"$log" 2>&1 &
	analyzer=$!
	exec 4>"$work/commands"
	tell "$table"
	soon said '^Total' || { tail -n 1 "$log"; return 1; }
}
tell() { echo "$1" >&4; }
answered() { soon answered_now "$1"; }
answered_now() { [ "$(grep -c '^Total' "$log")" = "$1" ] && [ "$(grep '^Total' "$log" | sort -u | wc -l)" = 1 ]; }
count_is() { [ "$(grep -cE -e "$2" "$log")" = "$1" ]; }
leave() {
	exec 4>&-
	wait "$analyzer"
}
end_process() {
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
}
no_child() { [ -z "$(pgrep -P "$victim")" ]; }
one_child() { [ "$(pgrep -P "$victim" | wc -l)" = 1 ]; }

# --- inside: another process gets the number
if [ "${2-}" = inside ]; then
	look || skip_all "$(tail -n 1 "$log")"
	old=$victim
	end_process
	for i in $(seq 50); do
		echo $((old - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 300 3>&- 4>&- &
		[ $! = "$old" ] && break
		kill -KILL $!
		wait $! 2>/dev/null
	done
	ok "another process has the number" soon grep -qx sleep "/proc/$old/comm"
	tell refresh
	ok "refresh: refused" soon said "no new look at process $old \(Sample\): process $old has ended, and another process has its number by now; still shown is the one from before"
	tell "$table"
	ok "... the old snapshot is still shown" answered 2
	tell 'refresh -drop'
	ok "... nor is it dropped for another process" soon count_is 2 "no new look at process .* still shown"
	tell "$table"
	ok "... it is still shown" answered 3
	ok "... the other process was not copied" no_child
	leave
	end_process
	finish
	exit
fi

# --- two at a time, and none in the end
if ! look; then skip_all "$(tail -n 1 "$log")"; fi
tell refresh
ok "refresh" soon said 'This is process .* as it is now'
ok "... leaves one copy" soon one_child
tell "$table"
ok "... and is shown" answered 2
tell 'refresh -drop'
ok "refresh -drop" soon count_is 2 'as it is now'
tell "$table"
ok "... is shown" answered 3

# --- it stops for good
kill -STOP "$victim"
tell refresh
tell "$table"
ok "of a stopped process" answered 4
ok "... which stays so" grep -q 'T (stopped)' "/proc/$victim/status"
kill -CONT "$victim"
end_process
tell refresh
ok "of a process that has ended: refused" soon said "no new look at process $victim \(Sample\): process $victim has ended; still shown is the one from before"
tell "$table"
ok "... the old snapshot is still shown" answered 5
tell 'refresh -drop'
ok "... nor is it dropped" soon count_is 2 "no new look at process .* still shown"
tell "$table"
ok "... it is still shown" answered 6
leave
ok "... the status tells of it" test $? = 1
victim=

# --- no room for two
group=
for folder in /sys/fs/cgroup/memory /sys/fs/cgroup; do
	group=$folder/clrpod-test.$$
	mkdir "$group" 2>/dev/null && { [ -e "$group/memory.limit_in_bytes" ] || [ -e "$group/memory.max" ]; } && break
	rmdir "$group" 2>/dev/null
	group=
done
# The least room with which a snapshot is kept is 32 MiB, and a new one wants a quarter more: this limit is between.
tighten() {
	local file used cached
	if [ -e "$group/memory.max" ]; then
		file=memory.max used=$(cat "$group/memory.current") cached=$(awk '/^(in)?active_file / {sum += $2} END {print sum}' "$group/memory.stat")
	else
		file=memory.limit_in_bytes used=$(cat "$group/memory.usage_in_bytes")
		cached=$(awk '/^total_(in)?active_file / {sum += $2} END {print sum}' "$group/memory.stat")
	fi
	echo $((used - cached + 36 * 1024 * 1024)) >"$group/$file"
}
start_in_group() {
	local old_group
	old_group=$(awk -F: '$2 ~ /(^|,)memory(,|$)/ || $2 == "" {print $3; exit}' /proc/self/cgroup)
	echo $$ >"$group/cgroup.procs" || return
	DOTNET_GCHeapHardLimit=0x2000000 start_program Sample.dll
	echo $$ >"${group%/*}${old_group%/}/cgroup.procs"
}
if [ -n "$group" ]; then
	eval "$(declare -f look | sed 's/^look/look_in_group/; s/start_program Sample.dll/start_in_group/')"
	look_in_group
	tighten
	tell refresh
	ok "no room for two: refused" soon said 'no new look at .* MiB left below its memory limit .*still shown is the one from before .*refresh -drop'
	tell "$table"
	ok "... the old snapshot is still shown" answered 2
	leave
	end_process
	victim=
	soon rmdir "$group" 2>/dev/null
else
	skip "no room for two" "no control group can be made here"
fi

if [ "$(id -u)" = 0 ] && unshare -pf --mount-proc true 2>/dev/null; then
	APP=$work/app unshare -pf --mount-proc bash "$0" "$program" inside >"$work/inside"
	status=$?
	ok "in a PID namespace" test $status = 0 -a -s "$work/inside"
	sed 's/^/# /' "$work/inside"
else
	skip "another process with its number" "needs root and unshare"
fi
finish
