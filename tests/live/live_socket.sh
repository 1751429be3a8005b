#!/bin/bash
# The diagnostics socket, where a process's memory is closed to us: of the process itself, honest and not; of others who put
# theirs in its place; of a real runtime. TAP on stdout.
#
# usage: live_socket.sh PROGRAM     (build/release/clrpod)
# needs: root, setpriv, python3; dotnet for the real one. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
not_with_sanitizers
[ "$(id -u)" = 0 ] || skip_all "not root: cannot run as other users"
command -v setpriv >/dev/null || skip_all "no setpriv"
for python in /usr/bin/python3 /usr/local/bin/python3 "$(command -v python3)"; do
	setpriv --reuid 1654 --regid 1654 --clear-groups "$python" -c "" 2>/dev/null && break
	python=
done
[ -n "$python" ] || skip_all "no python3 that other users may start"
export ASAN_OPTIONS=detect_leaks=0 # who may not look into others may not look into itself
servers=
cleanup_all() {
	for server in $servers; do kill -KILL "$server" 2>/dev/null; done
	rm -f /tmp/dotnet-diagnostic-*-"${start_time:-none}"-socket
	cleanup
}
trap cleanup_all EXIT

chmod 755 "$work"
cp "$program" "$work/clrpod"
cp "$here/fake_runtime.py" "$work"
chmod 755 "$work/clrpod" "$work/fake_runtime.py"
mkdir -m 1777 "$work/out"
echo "a file of another user" >"$work/roots" && chmod 666 "$work/roots"
echo "another file" >"$work/its" && chown 1654 "$work/its"
touch "$work/mode"
plain=(setpriv --reuid 1654 --regid 1654 --clear-groups)
# With a capability that clrpod lacks: closed to it, although of the same user.
closed=("${plain[@]}" --inh-caps +net_raw --ambient-caps +net_raw)
"${closed[@]}" true 2>"$log" || skip_all "setpriv gives no capability: $(cat "$log")"

asked() { # STATUS: what the runtime wrote is taken, or not
	rm -f "$work/out/core"
	gives "$1" timeout -k 5 60 "${plain[@]}" "$work/clrpod" collect -p "$victim" -o "$work/out/core"
}
nothing_taken() { [ -z "$(ls "$work/out")" ] && [ -z "$(ls /tmp/clrpod-"${victim:-none}"-*.core 2>/dev/null)" ]; }
sentence() { [ "$(grep -vc 'its runtime is asked' "$log")" = 1 ] && said "$1"; }
# refuses WHAT SENTENCE: when the runtime does that
refuses() {
	echo "$1" >"$work/mode"
	ok "$1: not taken" asked 3
	ok "$1: ... says why" sentence "$2"
	ok "$1: ... nothing is there" nothing_taken
}

# --- the process itself
: >"$work/ready"
"${closed[@]}" "$python" "$work/fake_runtime.py" "$work/mode" "$work/its" >"$work/ready" 2>"$log" &
victim=$!
soon grep -q ready "$work/ready" || exit 1
echo core >"$work/mode"
ok "its memory is closed, its socket is not: the dump is taken" asked 0
ok "... and is the user's" test "$(stat -c '%u %a' "$work/out/core")" = "1654 600"
ok "... said what was done" said 'its runtime is asked for the dump instead'
rm -f "$work/out/core"
ok "... and nothing stays" nothing_taken
# What was asked for is no such dump.
for way in --snapshot --freeze; do
	ok "$way: the runtime is not asked" gives 3 timeout 60 "${plain[@]}" "$work/clrpod" collect -p "$victim" -o "$work/out/core" --type Mini $way
	ok "... says what is missing, and how the runtime writes it" one_sentence \
		"it has more capabilities .* there is no $way, .* stands still .* in its own output; if that may be: $work/clrpod collect -p $victim -o $work/out/core --type Mini\$"
	ok "... nothing is there" nothing_taken
done
is_stopped() { grep -q 'T (stopped)' "/proc/$victim/status"; }
kill -STOP "$victim" && soon is_stopped
ok "stopped by job control: not asked" asked 3
ok "... says so, and what helps" one_sentence "the runtime of process $victim cannot answer: it is stopped by job control .*kill -CONT"
kill -CONT "$victim"
ok "... and nothing is written when it runs again" nothing_taken
refuses nothing 'says that it wrote .*, which cannot be read: No such file'
refuses text 'is no core of a process'
refuses link 'is no regular file'
refuses fifo 'is no regular file'
refuses hard 'has another name besides'
refuses stranger 'is a core of another process'
ok "the file that links led to is as it was" grep -qx "another file" "$work/its"
kill -KILL "$victim" && wait "$victim" 2>/dev/null
rm -f "$(cut -d ' ' -f 2 "$work/ready")"
"${closed[@]}" "$python" "$work/fake_runtime.py" "$work/mode" "$work/roots" >"$work/ready" 2>"$log" &
victim=$!
soon grep -q ready "$work/ready" || exit 1
echo hard >"$work/mode"
ok "a hard link to another user's file: not taken" asked 3
ok "... says why" sentence 'belongs to another user'
rm -f "/tmp/clrpod-$victim-"*.core # in a sticky /tmp the link is not ours to remove
ok "... nothing is there" nothing_taken
kill -KILL "$victim" && wait "$victim" 2>/dev/null
rm -f "$(cut -d ' ' -f 2 "$work/ready")"

# --- others in its place
"${closed[@]}" sleep 600 &
victim=$!
disown $victim
soon grep -qx sleep "/proc/$victim/comm" || exit 1
start_time=$(cut -d ' ' -f 22 "/proc/$victim/stat")
forge() { # COMMAND...: the forger is started by it
	echo core >"$work/mode"
	: >"$work/ready"
	"$@" >"$work/ready" 2>"$log" &
	server=$!
	disown $server
	servers="$servers $server"
	soon grep -q ready "$work/ready"
}
end_forger() { kill -KILL "$server"; rm -f "/tmp/dotnet-diagnostic-$victim-$start_time-socket"; }
fake=("$work/fake_runtime.py" "$work/mode" "$work/its" "$victim")
ok "no socket" asked 3
ok "... nothing is said of one" sentence 'cannot read the memory of process [0-9]+: it has more capabilities.*'
ok "another user's" forge setpriv --reuid 2000 --regid 2000 --clear-groups "$python" "${fake[@]}"
ok "... is not asked" asked 3
ok "... says so" sentence 'the diagnostics socket in its /tmp belongs to uid 2000'
ok "... nothing is taken" nothing_taken
end_forger
ok "one that looks like its own, of root" forge "$python" "${fake[@]}" 1654
ok "... is not asked" asked 3
ok "... says so" sentence 'of uid 0 listens on the diagnostics socket'
ok "... nothing is taken" nothing_taken
end_forger
ok "another process's of the same user" forge "${plain[@]}" "$python" "${fake[@]}"
ok "... is not asked" asked 3
ok "... says so" sentence "process [0-9]+ of uid 1654 listens on the diagnostics socket .* instead of process $victim "
ok "... nothing is taken" nothing_taken
end_forger
kill -KILL "$victim"
victim=

# --- a real one: the compiler's server, which waits for requests and needs no program of ours
compiler=$(ls "$(dirname "$(readlink -f "$(command -v dotnet)")")"/sdk/*/Roslyn/bincore/VBCSCompiler.dll 2>/dev/null | tail -n 1)
if [ -z "$compiler" ]; then
	skip "a real runtime" "no dotnet with its compiler"
else
	mkdir -m 700 "$work/home" && chown 1654:1654 "$work/home"
	"${closed[@]}" env HOME="$work/home" DOTNET_CLI_HOME="$work/home" TMPDIR=/tmp DOTNET_GCHeapHardLimit=0x8000000 dotnet exec "$compiler" "-pipename:clrpod-$$" >"$log" 2>&1 &
	victim=$!
	disown $victim
	start_time=$(cut -d ' ' -f 22 "/proc/$victim/stat")
	ok "a real runtime's socket" soon eval "ls /tmp/dotnet-diagnostic-$victim-*-socket >/dev/null 2>&1"
	# A runtime that has only begun has no heap yet.
	ok "... once its program waits for requests" soon test -S "/tmp/clrpod-$$"
	ok "... is asked" asked 0
	ok "... and writes a core of itself" gives 0 "$program" analyze "$work/out/core" -c eeversion
fi
finish
