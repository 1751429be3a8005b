#!/bin/bash
# Who may look at whom: the C victim as different users, clrpod as different users, with and without capabilities; a
# memory-limited tmpfs; two containers that share a PID namespace. TAP on stdout.
#
# usage: live_rights.sh PROGRAM     (build/release/clrpod)
# needs: root, cc, setpriv; podman for containers, a writable memory cgroup for the limit. Exit status 77: skipped, with the reason.
export ASAN_OPTIONS=detect_leaks=0 # who changed its ids may not look into itself
. "$(dirname "$0")/common"
[ "$(id -u)" = 0 ] || skip_all "not root: cannot run as other users"
command -v setpriv >/dev/null || skip_all "no setpriv"
command -v cc >/dev/null || skip_all "no C compiler"
ldd "$program" 2>/dev/null | grep -q libasan && sanitized=1 || sanitized=
containers=
cleanup_all() {
	for container in $containers; do podman rm -f -t 0 "$container" >/dev/null 2>&1; done
	mountpoint -q "$work/memory" && umount "$work/memory"
	[ -z "${group-}" ] || rmdir "$group" 2>/dev/null
	cleanup
}
trap cleanup_all EXIT

export VICTIM_TOLD=1
"$here/link_victim" "$work/victim" || exit 1
cp "$program" "$work/clrpod"
chmod 755 "$work" "$work/victim" "$work/clrpod"
mkfifo -m 666 "$work/in"
mkdir -m 1777 "$work/out"
mkdir -m 700 "$work/private"
usual=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+mknod,+audit_write,+setfcap
as() { # UID WHAT COMMAND...: `default` capabilities of a container, with SYS_PTRACE besides, or none
	local uid=$1 what=$2 caps
	shift 2
	case $what in
	default) caps=$usual ;;
	ptrace) caps=$usual,+sys_ptrace ;;
	none) caps=-all ;;
	esac
	if [ "$uid" = 0 ]; then
		setpriv --bounding-set "$caps" --inh-caps=-all "$@"
	else
		setpriv --reuid "$uid" --regid "$uid" --clear-groups --bounding-set "$caps" --inh-caps=-all "$@"
	fi
}
start_victim() { # UID WHAT
	: >"$work/ready"
	as "$1" "$2" "$work/victim" <>"$work/in" >"$work/ready" 2>/dev/null &
	disown $!
	soon grep -q ready "$work/ready" && victim=$(pgrep -f "^$work/victim")
}
end_victim() { kill -KILL "$victim"; victim=; }
# collect UID WHAT STATUS [PATH]
collect() {
	rm -f "$work/out/core"
	as "$1" "$2" "$work/clrpod" collect --freeze -p "$victim" -o "${4-$work/out/core}" >"$log" 2>&1
	local status=$?
	[ $status = "$3" ] || { echo "exit status $status, expected $3" >>"$log"; false; }
}
lies_there() { [ "$(stat -c '%u %a' "${2-$work/out/core}")" = "$1 600" ]; }
untouched() { ! grep -qE '^TracerPid:.*[1-9]|^State:.*[tT] ' "/proc/$victim/task"/*/status; }

# --- the table of users
ok "a victim: root with a container's capabilities" start_victim 0 default
ok "root with the same looks at it" collect 0 default 0
ok "root without capabilities does not" collect 0 none 3
ok "... is told why" said 'it has more capabilities than we.*SYS_PTRACE'
end_victim
ok "a victim: uid 1654 without capabilities" start_victim 1654 none
ok "root with a container's capabilities takes on its ids" collect 0 default 0
ok "... and the dump is root's" lies_there 0
ok "... also where only root may write" collect 0 default 0 "$work/private/core"
ok "... and it is root's there" lies_there 0 "$work/private/core"
ok "... an existing one is refused" collect 0 default 2 "$work/private/core"
ok "root with SYS_PTRACE looks at it" collect 0 ptrace 0
ok "uid 1654 looks at it" collect 1654 none 0
ok "... and the dump is its" lies_there 1654
ok "uid 2000 does not" collect 2000 none 3
ok "... is told who may" said 'it runs as uid 1654 gid 1654 and we as uid 2000 gid 2000 without SYS_PTRACE.*runAsUser: 1654.*runAsUser: 0, capabilities: {add: \[SYS_PTRACE\]}'
ok "... in one sentence" test "$(wc -l <"$log")" = 1
ok "root without capabilities does not" collect 0 none 3
ok "... is told of SETUID" said 'nor with SETUID and SETGID'
ok "it runs on" untouched
end_victim

# --- a file capability, raised by itself
if command -v setcap >/dev/null && setcap cap_sys_ptrace,cap_dac_override=p "$work/clrpod" 2>"$log"; then
	ok "a victim: uid 1654" start_victim 1654 none
	ok "uid 2000 with a file capability, in the bounding set" collect 2000 ptrace 0
	ok "... not in the bounding set" collect 2000 default 3
	ok "... is told so" said 'not in our bounding set'
	as 2000 ptrace setpriv --no-new-privs "$work/clrpod" collect --freeze -p "$victim" -o "$work/out/core" >"$log" 2>&1
	ok "... under NoNewPrivs" test $? = 3
	ok "... is told so" said 'NoNewPrivs.*allowPrivilegeEscalation: false'
	setcap -r "$work/clrpod"
	end_victim
else
	skip "a file capability" "setcap does not work here"
fi

# --- another user namespace
if unshare -Ur true 2>/dev/null; then
	ok "a victim: uid 1654" start_victim 1654 none
	unshare -Ur "$work/clrpod" collect --freeze -p "$victim" -o "$work/out/core" >"$log" 2>&1
	ok "from another user namespace: not" test $? = 3
	ok "... is told so" said 'user namespace'
	end_victim
else
	skip "another user namespace" "unshare -Ur does not work here"
fi

# --- a tmpfs that counts against our memory limit
group=$(sed -n 's/^[0-9]*:memory:\(.*\)/\/sys\/fs\/cgroup\/memory\1/p' /proc/self/cgroup)/clrpod-$$
if [ -z "$sanitized" ] && mkdir "$group" 2>/dev/null && echo 104857600 >"$group/memory.limit_in_bytes" 2>/dev/null &&
	mkdir "$work/memory" && mount -t tmpfs -o size=2g tmpfs "$work/memory" 2>/dev/null; then
	"$work/victim" big 200 <>"$work/in" >"$work/ready" &
	victim=$!
	disown $victim
	soon grep -q ready "$work/ready"
	sh -c "echo \$\$ >$group/cgroup.procs; exec $work/clrpod collect --freeze -p $victim -o $work/memory/core" >"$log" 2>&1
	ok "a tmpfs within a memory limit of 100 MiB: refused" test $? = 3
	ok "... with the figures" said 'tmpfs, which counts as memory.* of the 100 MiB'
	ok "... nothing stays there" test -z "$(ls "$work/memory")"
	ok "... the victim runs on" untouched
	end_victim
else
	group=
	skip "a memory-limited tmpfs" "no memory cgroup of our own can be made here"
fi

# --- two containers in one PID namespace, different users, default seccomp
image=clrpod-test-$$
make_image() {
	mkdir -p "$work/image/tmp" && chmod 1777 "$work/image/tmp" && cp "$work/victim" "$work/image/" &&
		tar c -C "$work/image" . | podman import -q - "$image" >"$log" 2>&1
}
contain() { podman run --runtime runc --network none --ulimit nofile=1024:20000 --ulimit nproc=20000:20000 --name "$@"; }
if ! command -v podman >/dev/null; then
	skip "two containers in one PID namespace" "no podman (make deps-vm)"
elif ! static=$(ls "$(dirname "$program")/../static/clrpod" 2>/dev/null); then
	skip "two containers in one PID namespace" "no static program (make static)"
elif ! { make_image && containers="$image-app" && contain "$image-app" -d -i -e VICTIM_TOLD=1 --user 1654:1654 --cap-drop=all "$image" /victim >"$log" 2>&1; }; then
	skip "two containers in one PID namespace" "podman cannot run a container here: $(tail -n 1 "$log" | cut -c 1-200)"
else
	beside() { # NAME STATUS OPTIONS... -- ARGUMENTS of clrpod
		local name=$image-$1 wanted=$2 status
		shift 2
		containers="$containers $name"
		local options=()
		while [ "$1" != -- ]; do options+=("$1"); shift; done
		shift
		contain "$name" --rm -v "$static:/clrpod:ro" --pid "container:$image-app" "${options[@]}" "$image" /clrpod "$@" >"$log" 2>&1
		status=$?
		[ $status = "$wanted" ] || { echo "exit status $status, expected $wanted" >>"$log"; false; }
	}
	ok "beside it as root: takes on its ids" beside root 0 -- collect --freeze -p 1 -o /tmp/core
	ok "... as root with SYS_PTRACE" beside ptrace 0 --cap-add=SYS_PTRACE -- collect --freeze -p 1 -o /tmp/core
	ok "... as uid 1654 without capabilities" beside same 0 --user 1654:1654 --cap-drop=all -- collect --freeze -p 1 -o /tmp/core
	ok "... as uid 2000: not" beside other 3 --user 2000:2000 -- collect --freeze -p 1 -o /tmp/core
	ok "... is told who may" said 'uid 1654.*(--user=1654:1654|runAsUser: 1654)'
	ok "... as root without capabilities: not" beside bare 3 --cap-drop=all -- collect --freeze -p 1 -o /tmp/core
	podman rm -f -t 0 "$image-app" >/dev/null 2>&1
	podman rmi -f "$image" >/dev/null 2>&1
fi

finish
