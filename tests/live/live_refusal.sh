#!/bin/bash
# Refusals that name the next command, to be pasted: for a seccomp filter, for a memory limit in a pod, for a tmpfs there.
# TAP on stdout.
#
# usage: live_refusal.sh PROGRAM     (build/release/clrpod)
# needs: cc; root for filters, control groups, mounts. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || skip_all "needs root and setpriv"
uid=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
group=
cleanup_group() {
	cleanup_victim
	if [ -n "$group" ]; then soon rmdir "$group" "${group%/*}" 2>/dev/null; fi
}
trap cleanup_group EXIT

ok "a program under a seccomp filter" start_victim filter kill
without_admin() { setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@" >"$log" 2>&1; }
ok "collect without SYS_ADMIN: refused" status_is 3 without_admin "$program" collect -p "$victim" -o "$work/a b" --stall 9
ok "... the next command is there" one_sentence "RuntimeDefault .*--snapshot insists: $program collect -p $victim -o '$work/a b' --stall 9 --snapshot$"
ok "analyze: refused" status_is 3 without_admin "$program" analyze -p "$victim" -c 'eeversion |> head'
ok "... the next command is there" one_sentence "--snapshot insists: $program analyze -p $victim -c 'eeversion \|> head' --snapshot$"
end_victim

# A control group by the name that the kubelet gives a pod's.
group_of_pod() {
	local folder
	for folder in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		folder=$folder/clrpod-test.$$
		mkdir "$folder" 2>/dev/null || continue
		if [ -e "$folder/memory.limit_in_bytes" ]; then
			mkdir "$folder/pod$uid" && echo "$folder/pod$uid" && return
		fi
		rmdir "$folder"
	done
}
group=$(group_of_pod)
if [ -n "$group" ]; then
	echo 220M >"$group/memory.limit_in_bytes"
	coproc VICTIM { echo $BASHPID >"$group/cgroup.procs"; exec "$work/victim" big 202; }
	victim=$VICTIM_PID out=${VICTIM[0]}
	read -r -u "$out" line
	ok "a program at the memory limit of its pod: refused" status_is 3 collect -o "$core"
	ok "... with the command that raises it" one_sentence "MiB left below its memory limit .*--freeze.*or raise the limit while it runs: kubectl patch pod POD --subresource resize -p '\{\"spec\":\{\"containers\":\[\{\"name\":\"CONTAINER\",\"resources\":\{\"limits\":\{\"memory\":\"2[3-9][0-9]Mi\"\}\}\}\]\}\}'$"
	end_victim

	# A tmpfs counts against clrpod's own limit.
	ok "the program runs" start_victim big 64
	mkdir "$work/memory"
	in_memory() { (echo $BASHPID >"$group/cgroup.procs"; exec unshare -m sh -c 'mount -t tmpfs -o size=2g tmpfs "$1/memory" && shift && exec "$@"' - "$work" "$program" collect -p "$victim" -o "$work/memory/v.core") >"$log" 2>&1; }
	echo 90M >"$group/memory.limit_in_bytes"
	ok "a tmpfs that counts against our limit: refused" status_is 3 in_memory
	ok "... with the command that raises it" one_sentence "of the 90 MiB that clrpod's container may take are left .raise them while it runs: kubectl patch pod .*\"memory\":\"[0-9]+Mi\""
	end_victim
else
	skip "memory limits" "no control group of version 1 can be made here"
fi
finish
