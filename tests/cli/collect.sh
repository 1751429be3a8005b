#!/bin/bash
# Where collect writes to, and what it says of a process that is no .NET. The live tests say the rest.
. "$(dirname "$0")/lib"
sleep 600 &
process=$!
trap 'kill $process 2> /dev/null; rm -rf "$work"' EXIT
"$program" collect -p $process -o "$work/x.core" --type Mini --force > "$work/out" 2>&1 || {
	echo "1..0 # SKIP $(tail -n 1 "$work/out")"
	exit 77
}
said out "Wrote $work/x.core: " "a file: which"
said out "It shows no sign of .NET: is it the process you meant?" "of a process that is no .NET: a remark"
collect() { "$program" collect -p $process --force "$@"; }
one_sentence() { # TEXT NAME
	[ "$(wc -l < "$work/err")" = 1 ] && grep -qF -- "$1" "$work/err"
	result $? "$2"
}

# A folder.
mkdir "$work/dumps"
expect 0 "a folder" collect -o "$work/dumps" --type Mini
written=$(ls "$work/dumps")
[[ $written =~ ^core_[0-9]{8}_[0-9]{6}$ ]]
result $? "the file is called as one without -o"
said out "Wrote $work/dumps/$written: " "it says how"
rm -f "$work/dumps"/*
expect 0 "a folder with a slash, packed, in JSON" collect -o "$work/dumps/" --type Mini --zstd --json
written=$(ls "$work/dumps")
[[ $written =~ ^core_[0-9]{8}_[0-9]{6}\.zst$ ]]
result $? "its name ends in .zst"
said out "\"path\":\"$work/dumps/$written\"" "it says how"
said out '"runtime":null' "and that there is no runtime"
expect 3 "a folder that is not there" collect -o "$work/none/"
one_sentence "cannot write a dump into the folder $work/none/: No such file" "says so"
[ ! -e "$work/none" ] && [ ! -e "$work/none.partial" ]
result $? "and nothing is made"

# Memory that was never touched, more than a core has of it.
large='import mmap
memory = mmap.mmap(-1, 65 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000) # MAP_NORESERVE'
if python3 -c "$large" 2> /dev/null; then
	python3 -c "$large
import time
time.sleep(600)" &
	large=$!
	soon grep -qE '^VmSize:\s+[0-9]{8} kB' /proc/$large/status
	expect 5 "65 GiB that were never touched" "$program" collect -p $large --force -o "$work/large.core"
	said out "memory that was never touched, more than 64 GiB in one run" "says so"
	rm -f "$work/large.core"
	kill $large
else
	skip "no 65 GiB of addresses, or no python3" "memory that was never touched"
fi

# A pipe whose reader went.
"$program" collect -p $process --force -o - 2> "$work/err" | head -c 1000 > "$work/out"
result "$((PIPESTATUS[0] != 5))" "a pipe that is cut: status 5"
one_sentence "Broken pipe" "says so"

# First of all that can be said of it.
no_sign="clrpod: process $process (sleep) shows no sign of .NET (clrpod ps lists those of .NET): "
expect 2 "a file that is there" "$program" collect -p $process -o "$work/x.core"
one_sentence "$no_sign$work/x.core exists" "no .NET comes first"
expect 3 "a name of no .NET process" "$program" collect -n sleep -o "$work/y.core"
one_sentence "no .NET process here matches 'sleep': see clrpod ps" "says so"
[ ! -e "$work/y.core" ]
result $? "and nothing is made"
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	chmod 755 "$work"
	cp "$program" "$work/clrpod"
	mkdir -m 777 "$work/open"
	expect 3 "a process of another user" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		"$work/clrpod" collect -p $process -o "$work/open/x.core"
	one_sentence "${no_sign}cannot read the memory of process $process" "no .NET comes first"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all sleep 600 &
	other=$!
	soon test "$(cat /proc/$other/comm)" = sleep
	mkdir -m 555 "$work/closed"
	expect 3 "a folder that is closed" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		"$work/clrpod" collect -p $other -o "$work/closed" --force
	one_sentence "cannot create $work/closed/core_" "says so"
	grep -q "Permission denied" "$work/err"
	result $? "and why, before anything is stopped"
	kill $other
else
	skip "not root" "a process of another user"
fi

# The snapshot's copy has a name of its own, and so is no process of that name.
mkfifo "$work/commands"
"$program" analyze -p $process < "$work/commands" > "$work/out" 2> "$work/err" &
analyze=$!
exec 6> "$work/commands"
is_copied() { pgrep -P $process > /dev/null && [ "$(cat "/proc/$(pgrep -P $process)/comm")" = clrpod-copy ]; }
echo modules >&6
soon is_copied
result $? "the copy is called clrpod-copy"
[ "$(cat /proc/$process/comm)" = sleep ]
result $? "the process as before"
exec 6>&-
wait $analyze
! pgrep -P $process > /dev/null
result $? "and nothing remains"

# What an earlier one has left.
echo part > "$work/p.core.partial"
expect 2 "a part that was kept" "$program" collect -p $process -o "$work/p.core" --type Mini
one_sentence "$work/p.core.partial exists from an earlier collect, which kept a part (rename it: it can be opened)" "says what to do"
[ "$(cat "$work/p.core.partial")" = part ]
result $? "it is left alone"
exec 5>> "$work/p.core.partial"
for force in "" --force; do
	# shellcheck disable=SC2086 # an option or none
	flock 5 && expect 2 "one that is being written $force" "$program" collect -p $process -o "$work/p.core" --type Mini $force
	one_sentence "$work/p.core.partial is being written by another collect: name another file, or wait" "says so"
done
exec 5>&-
expect 0 "--force takes its place" collect -o "$work/p.core" --type Mini
[ -s "$work/p.core" ] && [ ! -e "$work/p.core.partial" ]
result $? "the dump is there"

# The standard output.
expect 0 "a stream" sh -c '("$@" | cat > /dev/null) 2>&1' - "$program" collect -p $process -o - --type Mini
grep -qE "^Wrote [0-9.]+ MiB of process $process \(sleep\), 1 thread, to stdout\.$" "$work/out"
result $? "in a sentence"
expect 0 "a packed stream" sh -c '("$@" | cat > /dev/null) 2>&1' - "$program" collect -p $process -o - --type Mini --zstd
grep -qE "^Wrote [0-9.]+ MiB, packed to [0-9.]+ MiB, of process $process \(sleep\), 1 thread, to stdout\.$" "$work/out"
result $? "in a sentence"

# What takes no more of it.
short() { # FILE: the sentence of a write that was cut short, and nothing is left of it.
	one_sentence "cannot write $1" "in one sentence, with its name"
	[ ! -e "$1" ] && [ ! -e "$1.partial" ]
	result $? "nothing of it stays"
}
for packed in "" --zstd; do
	# shellcheck disable=SC2086 # an option or none
	expect 3 "above a limit on the size of files $packed" sh -c 'ulimit -f 64; exec "$@"' - "$program" collect -p $process \
		-o "$work/y.core" --force $packed
	short "$work/y.core"
	grep -q "File too large" "$work/err"
	result $? "and why"
	# shellcheck disable=SC2086
	expect 3 "... of the standard output $packed" sh -c 'ulimit -f 64; exec "$@" > '"$work/z.core" - "$program" collect \
		-p $process -o - --force $packed
	one_sentence "cannot write the core to stdout: File too large" "in one sentence"
	[ -c /dev/full ] || continue
	# shellcheck disable=SC2086
	expect 3 "/dev/full $packed" sh -c 'exec "$@" > /dev/full' - "$program" collect -p $process -o - $packed
	one_sentence "cannot write the core to stdout: No space left on device" "in one sentence"
done
mkdir "$work/small"
on_small() { # COMMAND...: with a disk of 128 KiB
	unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs -o size=128k tmpfs "$0" && "$@"; status=$?; ls -A "$0" >&2
		exit $status' "$work/small" "$@"
}
if unshare -m true 2> /dev/null && on_small true; then
	expect 3 "a full disk" on_small "$program" collect -p $process -o "$work/small/y.core" --force
	short "$work/small/y.core"
	grep -q "No space left" "$work/err"
	result $? "and why"
	need_dump
	for line in "dumpheap |> $work/small/lines" "dumpheap |> $work/small/lines" "dumpheap |>> $work/small/lines"; do
		expect 1 "$line on a full disk" on_small "$program" analyze "$dump" -c "$line"
		said err "cannot write $work/small/lines: No space left on device" "says so"
	done
	expect 1 "a log on a full disk" on_small "$program" analyze "$dump" -c "logopen $work/small/log" -c dumpheap
	said err "cannot write $work/small/log: No space left on device: the log is closed" "says so"
	expect 1 "the standard output on a full disk" on_small sh -c 'exec "$@" > '"$work/small/out" - "$program" dumpheap "$dump"
	said err "cannot write the answer: No space left on device" "says so"
else
	skip "no mount namespace can be had here" "a full disk"
fi
finish
