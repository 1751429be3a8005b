#!/bin/bash
# Where /proc hides the processes of others (hidepid=2), a file capability sees them all the same: what a snapshot that was
# killed left is found and taken away. TAP on stdout.
#
# usage: live_capability_hidepid.sh PROGRAM     (build/release/clrpod)
# needs: root, cc, setpriv, setcap, unshare. Exit status 77: skipped, with the reason.
export ASAN_OPTIONS=detect_leaks=0 # who changed its ids may not look into itself
. "$(dirname "$0")/common"
not_with_sanitizers
[ "$(id -u)" = 0 ] || skip_all "not root: cannot run as other users"
PATH=$PATH:/usr/sbin:/sbin
for tool in setpriv setcap unshare cc; do
	command -v $tool >/dev/null || skip_all "no $tool"
done
export VICTIM_TOLD=1
"$here/link_victim" "$work/victim" || exit 1
cp "$program" "$work/clrpod"
chmod 755 "$work" "$work/victim" "$work/clrpod"
mkfifo -m 666 "$work/in" "$work/words"
mkdir -m 1777 "$work/out"
setcap cap_sys_ptrace,cap_dac_override=p "$work/clrpod" 2>"$log" || skip_all "setcap does not work here: $(cat "$log")"
user() {
	timeout -k 5 60 unshare -m bash -c 'mount --make-rprivate / && mount -t proc -o hidepid=2 proc /proc && exec "$@"' - \
		setpriv --reuid 2000 --regid 2000 --clear-groups "$@" >"$log" 2>&1 </dev/null
}
user "$work/clrpod" --version || skip_all "no /proc with hidepid=2, or no file capability, can be had here: $(tail -n 1 "$log")"
user ls /proc
grep -qx 1 "$log" && skip_all "hidepid=2 hides nothing here"
[ "$(setpriv --reuid 2000 --regid 2000 --clear-groups awk '/^CapBnd/ { print substr($2, length($2) - 4, 1) ~ /[89a-f]/ }' /proc/self/status)" = 1 ] ||
	skip_all "SYS_PTRACE is not in our bounding set"

setpriv --reuid 1654 --regid 1654 --clear-groups "$work/victim" quiet <>"$work/in" >"$work/ready" 2>/dev/null &
victim=$!
disown $victim
soon grep -q ready "$work/ready" || exit 1
# One that is killed together with its keeper.
"$program" analyze -p "$victim" -x - <>"$work/words" >"$log" 2>&1 &
analyzer=$!
disown $analyzer
echo modules >"$work/words"
soon said "$work/victim$"
copy=$(pgrep -P "$victim")
kill -KILL $(pgrep -P "$analyzer") "$analyzer"
left() { grep -q 'Z (zombie)' "/proc/$copy/status" 2>/dev/null; }
ok "a killed clrpod leaves a zombie of its copy" soon left
ok "the next one, of a user from whom the processes are hidden" user "$work/clrpod" collect -p "$victim" -o "$work/out/core"
ok "... takes it away" soon eval '! left'
ok "... and leaves none" soon eval '[ -z "$(pgrep -P "$victim")" ]'
ok "... the process is free" is_free
finish
