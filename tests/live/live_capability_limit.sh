#!/bin/bash
# A file capability reads the memory limit of another user's process where only that process's own mounts show it, as
# those of a neighbour container: through /proc/PID/root. TAP on stdout.
#
# usage: live_capability_limit.sh PROGRAM     (build/release/clrpod)
# needs: root, cc, setpriv, setcap, unshare, a control group. Exit status 77: skipped, with the reason.
export ASAN_OPTIONS=detect_leaks=0 # who changed its ids may not look into itself
. "$(dirname "$0")/common"
not_with_sanitizers
[ "$(id -u)" = 0 ] || skip_all "not root: cannot run as other users"
PATH=$PATH:/usr/sbin:/sbin
for tool in setpriv setcap unshare cc; do
	command -v $tool >/dev/null || skip_all "no $tool"
done

group= limit=
for file in memory/memory.limit_in_bytes memory.max; do
	folder=/sys/fs/cgroup/${file%/*}/clrpod-test.$$
	[ "$file" = memory.max ] && folder=/sys/fs/cgroup/clrpod-test.$$
	mkdir "$folder" 2>/dev/null || continue
	[ -e "$folder/${file##*/}" ] && group=$folder limit=$folder/${file##*/} && break
	rmdir "$folder"
done
[ -n "$group" ] || skip_all "no control group with a memory limit can be made here"
end() {
	cleanup
	for _ in 1 2 3 4 5; do rmdir "$group" 2>/dev/null && break; sleep 0.1; done
}
trap end EXIT

export VICTIM_TOLD=1
"$here/link_victim" "$work/victim" || exit 1
cp "$program" "$work/clrpod"
chmod 755 "$work" "$work/victim" "$work/clrpod"
mkfifo -m 666 "$work/in"
setcap cap_sys_ptrace,cap_dac_override=p "$work/clrpod" 2>"$log" || skip_all "setcap does not work here: $(cat "$log")"
# As user 2000, with no control groups mounted.
user() {
	timeout -k 5 60 unshare -m bash -c 'mount --make-rprivate / && mount -t tmpfs none /sys/fs/cgroup && exec "$@"' - \
		setpriv --reuid 2000 --regid 2000 --clear-groups "$work/clrpod" "$@" >"$log" 2>&1 </dev/null
}
user --version || skip_all "no program with a file capability can be started in a mount namespace: $(cat "$log")"
[ "$(setpriv --reuid 2000 --regid 2000 --clear-groups awk '/^CapBnd/ { print substr($2, length($2) - 4, 1) ~ /[89a-f]/ }' /proc/self/status)" = 1 ] ||
	skip_all "SYS_PTRACE is not in our bounding set"

# start MODE...: a victim of user 1654 in the group.
start() {
	bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
		setpriv --reuid 1654 --regid 1654 --clear-groups "$work/victim" "$@" <>"$work/in" >"$work/ready" 2>/dev/null &
	victim=$!
	disown $victim
	soon grep -q ready "$work/ready" || exit 1
}
end_victim() {
	kill -KILL "$victim"
	soon eval '! kill -0 "$victim" 2>/dev/null'
}
look() { user analyze -p "$victim" -c modules; }
refused() { ! look && said "$1"; }

for mode in quiet leaderless; do
	echo $((512 << 20)) >"$limit"
	start $mode
	ok "$mode: with room for it a snapshot is taken" look
	echo $((18 << 20)) >"$limit"
	ok "$mode: ... without, none: the limit was read" refused "its container had [0-9]* MiB left below its memory limit .* of 18 MiB used"
	ok "$mode: ... and the process is free" is_free
	end_victim
done
victim=
finish
