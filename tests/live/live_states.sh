#!/bin/bash
# Processes that are not as they usually are: stopped, traced, frozen with their control group, asleep, ended but not
# waited for, without their first thread. ps says which, collect and analyze say so at once or work, -n never takes a
# zombie, and a stopped process stays stopped. TAP on stdout.
#
# usage: live_states.sh PROGRAM     (build/release/clrpod)
# needs: cc; root for the control groups; gdb and setpriv where they are. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
not_with_sanitizers
command -v cc >/dev/null || skip_all "no C compiler"
cc -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$work/oddity" "$here/states.c" -ldl || exit 1
library=$work/Microsoft.NETCore.App/10.0.12/libcoreclr.so
mkdir -p "${library%/*}"
head -c 4096 /dev/zero >"$library"
core=$work/v.core
others=

# start [MODE]: $victim is the process, $started what was started.
start() {
	exec 5< <(exec "${launcher[@]}" "$work/oddity" "$library" "$@" 2>/dev/null)
	started=$!
	read -r -u 5 _ victim && sleep 0.1
}
launcher=(env)
end() {
	kill -KILL "$started" 2>/dev/null
	wait "$started" 2>/dev/null
	victim=
}
cleanup_states() {
	local group
	for group in $groups; do
		echo THAWED >"$group/freezer.state"
		echo 0 >"$group/cgroup.freeze"
	done 2>/dev/null
	# shellcheck disable=SC2086 # a list of ids
	kill -KILL ${started-} $others 2>/dev/null
	for group in $groups; do [ ! -d "$group" ] || soon rmdir "$group"; done 2>/dev/null
	rm -f "/tmp/dotnet-diagnostic-${zombie:-none}"-*-socket
	victim=
	cleanup
}
trap cleanup_states EXIT
groups=

state_is() { clrpod ps; said "^ *$victim .* $1 +oddity"; }
json_of() { "$program" ps --jsonl >"$log" 2>&1; grep "\"pid\":$victim," "$log" | grep -qE -e "$1"; }
refused() { # SENTENCE WORDS...
	local sentence=$1
	shift
	gives 3 timeout 20 "$program" "$@" && one_sentence "$sentence"
}
collected() { gives 0 "$program" collect -p "$victim" -o "$core" --force "$@"; }
is_stopped() { ! grep -h '^State' "/proc/$victim/task"/*/status | grep -qv 'T (stopped)'; }
reads_it() {
	"$program" analyze -p "$victim" --no-stop -c modules >"$log" 2>&1
	said "$work/oddity"
}
# What reads_it() was told of the process.
told() { said "^clrpod: process $victim $1" && { [ "$1" = "$runs" ] || ! said "$runs"; }; }
runs="runs while it is read: answers may be torn"

start
ok "a process that runs" state_is 'yes +running'
if ! collected && said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
ok "... is collected" collected
ok "... by its name" gives 0 "$program" collect -n oddity -o "$core" --force
ok "... --no-stop reads it" reads_it
ok "... told that it runs" told "$runs"

kill -STOP "$victim"
soon is_stopped
ok "stopped by job control: --no-stop reads it" reads_it
ok "... told that it is stopped" told "is stopped by job control: answers are of one moment"
ok "stopped by job control: ps says so" state_is 'yes +stopped'
ok "... is collected" collected
ok "... and stays stopped" is_stopped
ok "... is collected with --freeze" collected --freeze
ok "... and stays stopped" is_stopped
"$program" analyze -p "$victim" -c modules >"$log" 2>&1
ok "... is analyzed" said "$work/oddity"
ok "... and stays stopped" is_stopped
kill -CONT "$victim"
ok "... until it is continued" soon is_free

# --- several of a name
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	ours=$victim ours_started=$started
	chmod 711 "$work"
	launcher=(setpriv --reuid 54321 --regid 54321 --clear-groups)
	start
	others=$started launcher=(env)
	clrpod collect -n oddity -o "$core" --force
	ok "another user's process of the same name: ours is taken" said "of process $ours \(oddity\)"
	ok "... without a name: refused, with the list" gives 2 "$program" collect -o "$core" --force
	ok "... and the users" said "$ours oddity \(root\)"
	kill -KILL "$others"
	wait "$others" 2>/dev/null
	others= victim=$ours started=$ours_started
else
	skip "several of a name" "needs root and setpriv"
fi
end

# --- frozen
# frozen NAME FILE ON OFF FOLDER: the group of its process is frozen, and the one above it.
frozen() {
	local name=$1 file=$2 on=$3 off=$4 group=$5/clrpod-test.$$ at
	if ! mkdir -p "$group/below" 2>/dev/null || ! [ -e "$group/$file" ]; then
		rmdir "$group/below" "$group" 2>/dev/null
		return 1
	fi
	groups="$group/below $group $groups"
	start
	echo "$victim" >"$group/below/cgroup.procs"
	for at in "$group/below" "$group"; do
		echo "$on" >"$at/$file"
		soon state_is 'yes +frozen'
		ok "$name: ps says so" state_is 'yes +frozen'
		ok "... and which group" said "^$victim: its control group $at is frozen .*echo $off > $at/$file"
		ok "... no snapshot, at once" refused "control group $at is frozen .*echo $off > $at/$file" collect -p "$victim" -o "$core" --force
		if [ "$file" = freezer.state ]; then
			ok "... nor --freeze" refused "control group $at is frozen" collect -p "$victim" -o "$core" --force --freeze
			ok "... nor analyze" refused "control group $at is frozen" analyze -p "$victim" -c eeversion
		else
			ok "... but --freeze" collected --freeze
			ok "... leaves it frozen" grep -q 'frozen 1' "$group/below/cgroup.events"
		fi
		ok "... --no-stop reads it" reads_it
		ok "... told that it is frozen" told "is frozen with its control group: answers are of one moment"
		echo "$off" >"$at/$file"
		ok "... thawed it runs" soon is_free
		ok "... and is collected" collected
	done
	ok "... frozen while there is a snapshot: clrpod ends" ends_while_frozen "$group/below" "$file" "$on"
	ok "... and lets go of it" lets_go
	echo "$off" >"$group/below/$file"
	ok "... thawed it runs" soon is_free
	ok "... and the next snapshot leaves nothing" leaves_nothing
	end
}
lets_go() { ! grep -qE '^TracerPid:\s*[1-9]' "/proc/$victim/task"/*/status; }
leaves_nothing() { collected && [ -z "$(pgrep -P "$victim")" ]; }
ends_while_frozen() { # FOLDER FILE ON
	local analyzer copy i
	mkfifo "$work/commands"
	"$program" analyze -p "$victim" -x - <"$work/commands" >"$log" 2>&1 &
	analyzer=$!
	exec 7>"$work/commands"
	rm "$work/commands"
	echo modules >&7
	soon said 'Total image size' || return 1
	copy=$(pgrep -P "$victim")
	echo "$copy" >"$1/cgroup.procs"
	echo "$3" >"$1/$2"
	exec 7>&-
	for i in $(seq 300); do
		kill -0 "$analyzer" 2>/dev/null || return 0
		sleep 0.05
	done
	echo "it has not ended after 15 s" >>"$log"
	kill -KILL "$analyzer"
	false
}
v2=$(findmnt -n -t cgroup2 -o TARGET 2>/dev/null | head -n 1)
frozen "frozen by v1" freezer.state FROZEN THAWED /sys/fs/cgroup/freezer || skip "frozen by v1" "no control group can be made here"
{ [ -n "$v2" ] && frozen "frozen by v2" cgroup.freeze 1 0 "$v2"; } || skip "frozen by v2" "no control group can be made here"

# --- others
if command -v gdb >/dev/null; then
	start
	exec 6> >(exec gdb -nx -q -p "$victim" >/dev/null 2>&1)
	debugger=$! others=$!
	soon grep -q "^TracerPid:[[:space:]]*$debugger" "/proc/$victim/status"
	ok "traced: ps says so" state_is 'traced'
	ok "... at once" refused "process $debugger is tracing it already" collect -p "$victim" -o "$core" --force
	ok "... --no-stop reads it" reads_it
	ok "... told that it is traced" told "is traced by another process, which may hold it"
	kill -KILL "$debugger"
	wait "$debugger" 2>/dev/null
	others=
	end
else
	skip "traced" "no gdb"
fi

start vfork
ok "asleep: ps says so" state_is 'yes +asleep'
ok "... at once" refused 'all of its threads \(1\) are in an uninterruptible sleep' collect -p "$victim" -o "$core" --force
ok "... --no-stop reads it" reads_it
ok "... told that it sleeps" told "is in an uninterruptible sleep"
end

start leaderless
ok "without its first thread: ps says that it runs" state_is 'yes +running'
ok "... its architecture" json_of "\"architecture\":\"$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac)\""
ok "... its size" json_of '"resident_bytes":[1-9]'
ok "... its arguments" json_of '"command_line":"[^"]* leaderless"'
ok "... is collected" collected
ok "... and with --freeze" collected --freeze
"$program" analyze -p "$victim" -c modules >"$log" 2>&1
ok "... is analyzed" said "$work/oddity"
ok "... and runs on" is_free
end

# Its own mounts show a FIFO where a control group has the limit.
fake='line=$(grep -m 1 -E "^[0-9]+:(memory)?:" /proc/self/cgroup) && top=/sys/fs/cgroup$(case $line in *:memory:*) echo /memory ;; esac)
mount -t tmpfs none "$top" && mkdir -p "$top/${line##*:}" && mkfifo "$top/${line##*:}"/memory.{limit_in_bytes,max} && exec "$@"'
fake_file='line=$(grep -m 1 -E "^[0-9]+:(memory)?:" /proc/self/cgroup) && top=/sys/fs/cgroup$(case $line in *:memory:*) echo /memory ;; esac)
mkfifo "$0" && for file in "$top/${line##*:}"/memory.{limit_in_bytes,max}; do [ ! -e "$file" ] || mount --bind "$0" "$file" || exit 1; done && exec "$@"'
without_groups='umount -R /sys/fs/cgroup && exec timeout 15 "$@"'
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	launcher=(unshare -m bash -c "$fake" _)
	start
	launcher=(env)
	ok "a FIFO in place of a control group's file: ps answers" gives 0 unshare -m bash -c "$without_groups" _ "$program" ps
	ok "... of that process too" said "^ *$victim .* yes +running"
	gives 3 unshare -m bash -c "$without_groups" _ "$program" collect -p "$victim" -o "$core" --force
	ok "... a snapshot is refused, as its limits cannot be seen" said "memory limit of process $victim cannot be read"
	end
	launcher=(unshare -m bash -c "$fake_file" "$work/limit")
	if start && [ -n "$victim" ]; then
		launcher=(env)
		ok "a FIFO over such a file: ps answers" gives 0 unshare -m bash -c "$without_groups" _ "$program" ps
		gives 3 unshare -m bash -c "$without_groups" _ "$program" collect -p "$victim" -o "$core" --force
		ok "... a snapshot is refused" said "memory limit of process $victim cannot be read"
		end
	else
		skip "a FIFO over such a file" "its group's root has no limit to mount over"
	fi
	launcher=(env)
else
	skip "a FIFO in place of a control group's file" "not root"
fi

# Without SYS_ADMIN shared memory is found among the descriptors: before the process stands.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	start descriptors 15000
	few=(setpriv --bounding-set=-all,+sys_ptrace,+dac_override,+kill)
	ok "15,000 descriptors: collected" gives 0 "${few[@]}" "$program" collect -p "$victim" -o "$core" --force
	pause=$(sed -n 's/.*stood still for \([0-9]*\)[.0-9]* ms.*/\1/p' "$log")
	ok "... the process stood for a moment (${pause:-?} ms)" test "${pause:-9999}" -lt 150
	end
else
	skip "many descriptors" "needs root and setpriv"
fi

start zombie
zombie=$victim
ok "ended: ps says so" state_is 'no +zombie'
ok "... and why it remains" said "^$victim: it has ended and is a zombie: its parent, process $started, has not waited for it"
ok "... by its number: refused" refused "process $victim: it has ended and is a zombie" collect -p "$victim" -o "$core" --force
ok "... nor analyzed" refused "process $victim: it has ended and is a zombie" analyze -p "$victim" -c eeversion
ok "... nor with --no-stop" refused "process $victim: it has ended and is a zombie" analyze -p "$victim" --no-stop -c eeversion
ok "... nor taken by its name" refused "process $victim \(oddity\) is the only one that matches 'oddity', and it has ended" collect -n oddity -o "$core" --force
ended=$started
others=$ended
start
clrpod collect -n oddity -o "$core" --force
ok "... where another lives, that one is" said "of process $victim \(oddity\)"
end
finish
