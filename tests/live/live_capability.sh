#!/bin/bash
# What a file capability gives to whoever may execute clrpod: to look into processes, and nothing else. An unprivileged user
# tries every way to write and to read what is root's. TAP on stdout.
#
# usage: live_capability.sh PROGRAM     (build/release/clrpod)
# needs: root, cc, setpriv, setcap. Exit status 77: skipped, with the reason.
export ASAN_OPTIONS=detect_leaks=0 # who changed its ids may not look into itself
. "$(dirname "$0")/common"
not_with_sanitizers
[ "$(id -u)" = 0 ] || skip_all "not root: cannot run as other users"
command -v setpriv >/dev/null || skip_all "no setpriv"
command -v cc >/dev/null || skip_all "no C compiler"
PATH=$PATH:/usr/sbin:/sbin
command -v setcap >/dev/null || skip_all "no setcap"

export VICTIM_TOLD=1
"$here/link_victim" "$work/victim" || exit 1
cp "$program" "$work/clrpod"
chmod 755 "$work" "$work/victim" "$work/clrpod"
mkfifo -m 666 "$work/in" "$work/words"
mkdir -m 1777 "$work/out"
mkdir -m 755 "$work/closed"
mkdir -m 700 "$work/private"
give() { setcap "$1" "$work/clrpod" 2>"$log"; }
give cap_sys_ptrace,cap_dac_override=p || skip_all "setcap does not work here: $(cat "$log")"
user() { timeout -k 5 60 setpriv --reuid 2000 --regid 2000 --clear-groups "$@"; }
user "$work/clrpod" --version >"$log" 2>&1 || skip_all "no program with a file capability can be started here"
[ "$(user awk '/^CapBnd/ { print substr($2, length($2) - 4, 1) ~ /[89a-f]/ }' /proc/self/status)" = 1 ] ||
	skip_all "SYS_PTRACE is not in our bounding set"
setpriv --reuid 1654 --regid 1654 --clear-groups "$work/victim" <>"$work/in" >"$work/ready" 2>/dev/null &
victim=$!
disown $victim
soon grep -q ready "$work/ready" || exit 1

secret=the-secret-of-root
for file in private/secret closed/secret; do echo "$secret" >"$work/$file"; done
chmod 600 "$work/closed/secret"
"$program" collect --freeze -p "$victim" -o "$work/closed/core" >"$log" 2>&1
ln -s "$work/closed/secret" "$work/out/to_secret"
ln -s "$work/closed/new" "$work/out/to_new"
ln -s /proc/1/environ "$work/out/to_environ"
sums() { (cd "$work" && find closed private -type f -exec sha256sum {} + | sort && stat -c '%n %u %a %Y' closed private closed/* private/*); }
before=$(sums)
ours() { [ "$(stat -c '%u %a' "$1")" = "2000 600" ]; }
# Neither what is root's has changed, nor has any of it been shown.
refused() { # STATUS ARGUMENTS of clrpod
	local wanted=$1 status
	shift
	user "$work/clrpod" "$@" >"$log" 2>&1 </dev/null
	status=$?
	[ $status = "$wanted" ] || { echo "exit status $status, expected $wanted" >>"$log"; return 1; }
	if grep -q "$secret" "$log"; then return 1; fi
	[ "$(sums)" = "$before" ] || { sums >>"$log"; return 1; }
}
may() { refused 0 "$@"; }
look=(analyze --no-stop -p "$victim")

# --- what it is for
every_way_in() { # WHICH capabilities
	ok "$1: the process is read as it runs" may "${look[@]}" -c modules
	ok "$1: ... stopped" may collect --freeze --force -p "$victim" -o "$work/out/freeze.core"
	ok "$1: ... the dump is the user's own" ours "$work/out/freeze.core"
	ok "$1: ... by a snapshot" may collect --force -p "$victim" -o "$work/out/snapshot.core"
	ok "$1: ... and runs on" is_free
	ok "$1: ... without a copy left" test "$(pgrep -cf "^$work/victim")" = 1
	ok "$1: ... a session with a snapshot" may analyze -p "$victim" -c modules
	ok "$1: ... answers are the user's own" may "${look[@]}" -c "modules |> $work/out/answer"
	ok "$1: ... so" ours "$work/out/answer"
	rm -f "$work"/out/*.core "$work/out/answer"
}

# --- what it is not for
denied() { # COUNT STATUS ARGUMENTS of clrpod: so many are, and nothing else happens
	local count=$1
	shift
	refused "$@" && [ "$(grep -c 'Permission denied' "$log")" = "$count" ]
}
new_ones=("$work/closed/new" "$work/private/new" "/proc/1/root$work/closed/new" "/proc/$victim/root$work/closed/new" "/proc/$victim/cwd$work/closed/new")
old_ones=("$work/closed/secret" "$work/private/secret" "/proc/1/root$work/closed/secret" "/proc/$victim/root$work/closed/secret"
	"$work/out/to_secret" "$work/out/to_environ" /proc/1/environ "/proc/$victim/environ" "/proc/$victim/mem")
every_way_to_write() {
	local to commands=()
	for to in "${new_ones[@]}" "${old_ones[@]}"; do
		commands+=(-c "modules |> -f $to" -c "modules |>> $to" -c "logopen $to")
	done
	ok "$1: |>, |>> and logopen" denied $((${#commands[@]} / 2)) 1 "${look[@]}" --keep-going "${commands[@]}"
	ok "$1: ... into a link" refused 1 "${look[@]}" -c "modules |> $work/out/to_new"
	for to in "${new_ones[@]}"; do
		ok "$1: collect -o ${to#"$work/"}" denied 1 3 collect --freeze -p "$victim" -o "$to"
	done
	ok "$1: collect --force over it" denied 1 3 collect --freeze --force -p "$victim" -o "$work/closed/core"
	ok "$1: collect --force into a link" refused 2 collect --freeze --force -p "$victim" -o "$work/out/to_new"
}
every_way_to_read() {
	local from scripts=()
	for from in "${old_ones[@]}"; do
		scripts+=(-x "$from")
		ok "$1: analyze ${from#"$work/"}" denied 1 3 analyze "$from" -c modules
	done
	ok "$1: -x" denied ${#old_ones[@]} 2 "${look[@]}" --keep-going "${scripts[@]}"
	ok "$1: a dump" denied 1 3 analyze "$work/closed/core" -c modules
	ok "$1: a dump below the process's root" denied 1 3 analyze "/proc/$victim/root$work/closed/core" -c modules
	ok "$1: diff" denied 1 3 diff "$work/closed/core" -p "$victim"
	ok "$1: --sysroot" denied 1 3 "${look[@]}" --sysroot /proc/1/root -c modules
	ok "$1: --sysroot of the process" denied 1 3 "${look[@]}" --sysroot "/proc/$victim/root" -c modules
}

# Nothing is in effect while it waits for words, nor in the process that keeps its snapshot.
no_power() {
	local status=0 pid
	user "$work/clrpod" analyze -p "$victim" -x - <>"$work/words" >"$log" 2>&1 &
	disown $!
	echo modules >"$work/words"
	soon grep -q victim "$log" || status=1
	for pid in $(pgrep -f "^$work/clrpod analyze"); do
		grep -H '^Cap' "/proc/$pid/status" >>"$log"
		grep -q '^CapPrm:.*8000[0-9a-f]$' "/proc/$pid/status" || [ "$2" = any ] || status=1
		grep -qE '^CapEff:\s0+$' "/proc/$pid/status" && grep -qE '^CapAmb:\s0+$' "/proc/$pid/status" || status=1
	done
	[ "$(pgrep -cf "^$work/clrpod analyze")" = "$1" ] || status=1
	echo exit >"$work/words"
	soon eval '! pgrep -f "^$work/clrpod analyze" >/dev/null' || status=1
	return $status
}

for capabilities in cap_sys_ptrace,cap_dac_override=p cap_sys_ptrace,cap_dac_override=ep; do
	ok "$capabilities" give $capabilities
	every_way_in "${capabilities##*=}"
	every_way_to_write "${capabilities##*=}"
	every_way_to_read "${capabilities##*=}"
	ok "${capabilities##*=}: nothing is in effect meanwhile" no_power 2 ptrace
done
ok "cap_sys_ptrace,cap_dac_read_search=p" give cap_sys_ptrace,cap_dac_read_search=p
ok "... stopped" may collect --freeze --force -p "$victim" -o "$work/out/core"
ok "... by a snapshot" may analyze -p "$victim" -c modules
ok "cap_sys_ptrace alone" give cap_sys_ptrace=p
ok "... is not enough for another user's process" refused 3 collect --freeze -p "$victim" -o "$work/out/core"
ok "... is told so" one_sentence 'open to uid 1654 alone.*cap_sys_ptrace,cap_dac_override=p'
ok "cap_dac_override alone" give cap_dac_override=ep
ok "... gives nothing" refused 3 collect --freeze -p "$victim" -o "$work/out/core"
ok "... to write either" refused 3 collect --freeze -p "$victim" -o "$work/closed/new"
ok "... to read either" refused 3 analyze "$work/closed/core" -c modules

# --- set-user-id: not for one call alone
setcap -r "$work/clrpod"
chmod u+s "$work/clrpod"
ok "a set-user-id file does nothing at all" refused 2 collect --freeze -p "$victim" -o "$work/out/core"
ok "... says so" one_sentence 'set-user-id or set-group-id.*chmod ug-s'
chmod u-s "$work/clrpod"

# --- root that takes on the process's ids writes as root
usual=-all,+chown,+dac_override,+fowner,+setgid,+setuid,+kill
as_root() { setpriv --bounding-set $usual --inh-caps=-all "$work/clrpod" "$@" >"$log" 2>&1; }
roots() { [ "$(stat -c '%u %a' "$work/out/$1")" = "0 600" ]; }
ok "root without SYS_PTRACE writes an answer" as_root "${look[@]}" -c "modules |> $work/out/answer" -c "logopen $work/out/log"
ok "... which is root's" roots answer
ok "... and so is its log" roots log
finish
