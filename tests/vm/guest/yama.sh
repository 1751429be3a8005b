# Who may look at whom under Yama, and what is said to those who may not.
. /tests/tap
PTRACE=-sys_ptrace
mkfifo /tmp/victim.in
/usr/bin/setpriv --reuid 1654 --regid 1654 --clear-groups env VICTIM_TOLD=1 /bin/victim <> /tmp/victim.in > /tmp/victim.out &
victim=$!
soon grep -q ready /tmp/victim.out

root() { /bin/clrpod "$@"; }
container() { /usr/bin/setpriv --bounding-set -sys_ptrace /bin/clrpod "$@"; } # root as containers have it
as_1654() { /usr/bin/setpriv --reuid 1654 --regid 1654 --clear-groups --bounding-set -sys_ptrace /bin/clrpod "$@"; }
as_2000() { /usr/bin/setpriv --reuid 2000 --regid 2000 --clear-groups --bounding-set -sys_ptrace /bin/clrpod "$@"; }
capable() { /usr/bin/setpriv --reuid 2000 --regid 2000 --clear-groups /tmp/clrpod "$@"; }
# setpriv keeps what was permitted until it executes another program.
no_new_privs() { /usr/bin/setpriv --reuid 2000 --regid 2000 --clear-groups /usr/bin/setpriv --no-new-privs /tmp/clrpod "$@"; }
unbounded() { /usr/bin/setpriv --reuid 2000 --regid 2000 --clear-groups --bounding-set -sys_ptrace /tmp/clrpod "$@"; }

mkdir -m 1777 /tmp/out
collect() { # WHO STATUS
	rm -f /tmp/out/core
	run "$2" "$1" collect --freeze -p $victim -o /tmp/out/core
}
lies_there() { [ "$(stat -c %u /tmp/out/core)" = "$1" ]; } # OWNER
nothing_lies_there() { [ ! -e /tmp/out/core ] && [ ! -e /tmp/out/core.partial ]; }

cp /bin/clrpod /tmp/clrpod
if command -v setcap > /dev/null; then setcap cap_sys_ptrace,cap_dac_override=p /tmp/clrpod; fi

for scope in 0 1 2; do
	echo $scope > /proc/sys/kernel/yama/ptrace_scope
	ok "Yama $scope: root with SYS_PTRACE" collect root 0
	if [ $scope = 0 ]; then
		ok "Yama 0: root without it takes on the owner's ids" collect container 0
		ok "... and the dump is root's" lies_there 0
		ok "Yama 0: the same user" collect as_1654 0
		ok "... and the dump is its" lies_there 1654
		ok "Yama 0: another user" collect as_2000 3
		ok "... is told who may" said 'as uid 1654 gid 1654 and we as uid 2000.*runAsUser: 1654'
	else
		ok "Yama $scope: root without it" collect container 3
		ok "... is told of Yama and of the sysctl" said "ptrace_scope is $scope.*SYS_PTRACE.*sysctl -w kernel.yama"
		ok "... leaves nothing" nothing_lies_there
		ok "Yama $scope: the same user" collect as_1654 3
		ok "... is told of Yama" said "ptrace_scope is $scope.*SYS_PTRACE"
		ok "Yama $scope: another user" collect as_2000 3
		ok "... is told of SYS_PTRACE" said SYS_PTRACE
	fi
	if command -v setcap > /dev/null; then
		ok "Yama $scope: another user, with a file capability" collect capable 0
	fi
done
if command -v setcap > /dev/null; then
	ok "a file capability under NoNewPrivs" collect no_new_privs 3
	ok "... is told why it counts for nothing" said 'NoNewPrivs.*allowPrivilegeEscalation'
	ok "a file capability that is not in the bounding set" collect unbounded 3
	ok "... is told so" said 'not in our bounding set'
else
	skip "a file capability" "no setcap on the host"
fi
echo 0 > /proc/sys/kernel/yama/ptrace_scope
untouched() { ! grep -qE '^TracerPid:.*[1-9]|^State:.*[tT] ' /proc/$victim/task/*/status; }
ok "the process runs on" untouched
kill -9 $victim
