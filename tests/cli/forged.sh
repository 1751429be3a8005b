#!/bin/bash
# What a damaged dump claims is no measure of the work: lengths, sizes, chains. Each input is a shipped dump with some
# bytes changed; each answer has to come in bounded time and memory, and ends at SIGINT and at a closed pipe.
. "$(dirname "$0")/lib"
command -v readelf >/dev/null 2>&1 || { echo "1..0 # SKIP readelf is not installed"; exit 77; }
need_dump
limit=20 # seconds: for what takes less than one, on a machine that is busy

poke() { # FILE ADDRESS OFFSET BYTES (octal escapes): at OFFSET bytes from the address
	printf "$4" | dd of="$1" bs=1 seek=$(($(offset_of "$1" "$2") + $3)) conv=notrunc 2>/dev/null
}

number_at() { # FILE ADDRESS OFFSET WIDTH
	od -An -tu"$4" -j $(($(offset_of "$1" "$2") + $3)) -N "$4" "$1" | tr -d ' '
}

ask() { timeout "$limit" "$program" analyze "$@"; }

# The first object of this type, of those of at least so many bytes.
object() { # TYPE BYTES
	"$program" analyze "$dump" -c "dumpheap -type \"$1\" -exact -min $2 -short" | head -n 1
}

# Ends by SIGINT while a command runs that answers for seconds. (A shell's background jobs ignore SIGINT.)
interrupt() { # NAME ARGUMENTS...
	local name=$1 child status started
	shift
	env --default-signal=INT "$program" analyze "$@" >/dev/null 2>&1 &
	child=$!
	sleep 0.5
	started=$(date +%s%N)
	kill -INT $child
	wait $child
	status=$?
	[ $status = 130 ] && [ $(($(date +%s%N) - started)) -lt 2000000000 ]
	result $? "$name: $status after $((($(date +%s%N) - started) / 1000000)) ms"
}

# 65535 segments of the same 64 MiB of notes.
{
	printf '\177ELF\2\1\1%057d' 0 | tr 0 '\0'
	head -c 56 /dev/zero
} >"$work/notes"
printf '\4\0\76\0\1' | dd of="$work/notes" bs=1 seek=16 conv=notrunc 2>/dev/null
printf '\100' | dd of="$work/notes" bs=1 seek=32 conv=notrunc 2>/dev/null
printf '\100\0\70\0\377\377' | dd of="$work/notes" bs=1 seek=52 conv=notrunc 2>/dev/null
printf '\4\0\0\0\0\0\0\0\0\0\100' | dd of="$work/notes" bs=1 seek=64 conv=notrunc 2>/dev/null
printf '\4' | dd of="$work/notes" bs=1 seek=99 conv=notrunc 2>/dev/null
tail -c 56 "$work/notes" >"$work/segments"
for _ in $(seq 16); do cat "$work/segments" "$work/segments" >"$work/more" && mv "$work/more" "$work/segments"; done
cat "$work/segments" >>"$work/notes"
truncate -s 68M "$work/notes"
ask "$work/notes" -c modules >"$work/out" 2>&1
status=$?
[ $status = 3 ] && grep -q 'holds no memory of the process' "$work/out"
result $? "segments that share their notes: $status, $(head -c 200 "$work/out")"
rm -f "$work/notes" "$work/segments"

# A module as long as all memory. .NET 8 has no descriptor: it is looked for in all of the module.
zstd -dqc tests/dumps/sample-8.0-wks.core.zst >"$work/long"
module=$("$program" analyze "$work/long" -c modules | sed -n 's/^\([0-9A-Fa-f]*\) .*libcoreclr\.so$/\1/p' | tr A-F a-f)
for i in $(seq 0 $(($(number_at "$work/long" "$module" 56 2) - 1))); do
	at=$((64 + i * 56))
	[ "$(number_at "$work/long" "$module" $at 4)" = 1 ] && last=$at
done
poke "$work/long" "$module" $((last + 40)) '\0\0\0\0\0\160\0\0'
expect 0 "a module of 112 TiB is opened" ask "$work/long" -c 'dumpheap -stat'
said out Statistics: "and answers"

# A class that is its own parent.
octal() { # ADDRESS (hexadecimal): its eight bytes
	local i
	for i in 7 6 5 4 3 2 1 0; do printf '\\%03o' $((0x$1 >> (7 - i) * 8 & 255)); done
}
stack=$(object 'System.Collections.Generic.Stack<System.String>' 0)
table=$("$program" analyze "$dump" -c "do $stack" | sed -n 's/^MethodTable: *0*//p')
cp "$dump" "$work/circle"
poke "$work/circle" "$table" 16 "$(octal "$table")"
for command in "dumpcollection $stack" "get $stack[0]" "do $stack" "dumpmt $table -md"; do
	expect 1 "its own parent: ${command%% *}" ask "$work/circle" -c "$command"
	said err 'has more than 256 parents' "... is told"
done
ask "$work/circle" -c "do $stack" >"$work/broken" 2>&1
expect 1 "an answer that broke off, through a filter" bash -c 'exec 2>&1; "$@"' - \
	"$program" analyze "$work/circle" -c "do $stack |> sort Colour"
[ -s "$work/broken" ] && cmp -s "$work/out" "$work/broken"
result $? "... shows what there is, and is told why, not what else it lacks"
rm -f "$work/circle"

# An exception that is its own inner one.
zstd -dqc tests/dumps/small-crash2.core.zst >"$work/circle"
thrown=$("$program" analyze "$work/circle" --json -c crashinfo | grep -o '"address":"0x[0-9a-f]*"' | sed -n '1s/.*0x\([0-9a-f]*\).*/\1/p')
inner=$("$program" analyze "$work/circle" -c "do $thrown" | awk '$NF == "_innerException" { print $3 }')
poke "$work/circle" "$thrown" $((0x$inner)) "$(octal "$thrown")"
expect 5 "an exception that is its own inner one" ask "$work/circle" -c crashinfo
said out "the chain of inner exceptions goes on" "... is told"
rm -f "$work/circle"

# Damage in a packed dump whose checksum is wrong is the file's.
text=$(object System.String 100)
cp "$dump" "$work/damaged"
poke "$work/damaged" "$text" 0 '\101\101\101\0\0\0\0\0'
expect 4 "an object without a type is damage" ask "$work/damaged" -c verifyheap
gzip -1 "$work/damaged"
printf 'xxxx' | dd of="$work/damaged.gz" bs=1 seek=$(($(wc -c <"$work/damaged.gz") - 8)) conv=notrunc 2>/dev/null
expect 5 "... but not of a file with a wrong checksum" ask "$work/damaged.gz" -c verifyheap
rm -f "$work/damaged.gz"

# As many threads of the kernel's as of the runtime's: they are not compared each with each.
if command -v python3 >/dev/null; then
	first=$("$program" analyze "$dump" --json -c clrthreads | grep -o '"address":"0x[0-9a-f]*"' | sed -n '1s/.*0x\([0-9a-f]*\).*/\1/p')
	held=$("$program" analyze "$dump" -c clrthreads | sed -n 's/^ThreadCount: *//p')
	cp "$dump" "$work/threads"
	python3 tests/cli/many_threads.py "$work/threads" "$first" "$held" 200000
	expect 0 "200,000 threads, and 200,000 others" ask "$work/threads" -c syncblk
	"$program" analyze "$dump" -c syncblk | cmp -s - "$work/out"
	result $? "change nothing of another's lock"
	rm -f "$work/threads"
else
	skip "python3 is not there" "200,000 threads, and 200,000 others"
fi

# A module whose types all have one name of 65,000 bytes: a name that is not there is not compared with copies of it.
in_memory() { # KILOBYTES ARGUMENTS...: ask, in no more memory
	local kilobytes=$1
	shift
	if ldd "$program" 2>/dev/null | grep -q libasan; then ask "$@"; else (ulimit -v "$kilobytes" && ask "$@"); fi
}
if command -v python3 >/dev/null; then
	cp "$dump" "$work/names"
	# shellcheck disable=SC2046
	python3 tests/cli/forged_metadata.py "$work/names" \
		$("$program" analyze "$dump" -c clrmodules | awk '/System.Runtime.dll$/ { print $1, $2 }') 5000 65000
	expect 1 "a name that is not there, among 5,000 of 65,000 bytes" in_memory 131072 "$work/names" -c 'get X.Y'
	said err 'there is no type X in this process' "is told"
	rm -f "$work/names"

	# Tasks that share a list of continuations: as many as the heap has pointers, not tasks by continuations.
	cp "$dump" "$work/tasks"
	python3 tests/cli/forged_heap.py "$work/tasks" tasks 5000 5000
	expect 5 "5,000 tasks with the same 5,000 continuations" in_memory 131072 "$work/tasks" -c dumpasync
	said out 'continuations: what is beyond was left out' "are told"
	rm -f "$work/tasks"

	# A timer queue that is listed again and again: each timer is shown once.
	cp "$dump" "$work/timers"
	python3 tests/cli/forged_heap.py "$work/timers" timers 1500 1500
	expect 5 "1,500 times a queue of 1,500 timers" in_memory 131072 "$work/timers" -c timerinfo
	said out '   1500 timers' "are 1,500 timers"
	rm -f "$work/timers"

	# 999 objects of 65,535 fields.
	cp "$dump" "$work/fields"
	python3 tests/cli/forged_heap.py "$work/fields" fields 999 65535
	expand="dumpobj -expand 1 0x600000000028"
	interrupt "objects of many fields end by SIGINT" "$work/fields" -c "$expand"
	timeout 5 "$program" analyze "$work/fields" -c "$expand" 2>/dev/null | head -n 1 >/dev/null
	[ "${PIPESTATUS[0]}" = 5 ]
	result $? "and at a closed pipe"
	rm -f "$work/fields"

	# Exceptions that share a stack trace.
	cp "$dump" "$work/exceptions"
	python3 tests/cli/forged_heap.py "$work/exceptions" exceptions 100 2500
	expect 0 "100 exceptions with the same 2,500 frames" in_memory 81920 "$work/exceptions" -c dumpexceptions
	said out '    Total: 110 objects' "are listed"
	rm -f "$work/exceptions"

	# Locks that are held to read, each of which goes through all threads.
	cp "$dump" "$work/locks"
	python3 tests/cli/forged_heap.py "$work/locks" locks 1000 1
	cp "$work/locks" "$work/more"
	python3 tests/cli/many_threads.py "$work/locks" "$first" "$held" 10000
	python3 tests/cli/many_threads.py "$work/more" "$first" "$held" 100000
	expect 0 "1,000 locks of 10,000 threads" in_memory 81920 "$work/locks" -c dumplocks
	said out '1003 held' "are listed"
	interrupt "1,000 locks of 100,000 threads end by SIGINT" "$work/more" -c dumplocks
	rm -f "$work/locks" "$work/more"
else
	skip "python3 is not there" "a name that is not there, among 5,000 of 65,000 bytes"
	skip "python3 is not there" "5,000 tasks with the same 5,000 continuations"
	skip "python3 is not there" "1,500 times a queue of 1,500 timers"
	skip "python3 is not there" "objects of many fields end by SIGINT"
	skip "python3 is not there" "100 exceptions with the same 2,500 frames"
	skip "python3 is not there" "1,000 locks of 10,000 threads"
fi

# Statics that a thread's initialisers are making, listed in a circle (10.0: 568 bytes into Thread its ThreadLocalData, 32 bytes
# into that the first of them).
cp "$dump" "$work/circle"
for thread in $("$program" analyze "$dump" --json -c clrthreads | grep -o '"address":"0x[0-9a-f]*"' | sed 's/.*0x\([0-9a-f]*\).*/\1/'); do
	data=$(printf %x "$(number_at "$work/circle" "$thread" 568 8)")
	[ "$data" = 0 ] && continue
	node=$(printf %016x $((0x$data + 32)))
	poke "$work/circle" "$data" 32 "$(for i in 14 12 10 8 6 4 2 0; do printf '\\%03o' "0x$(printf %s "$node" | cut -c $((i + 1))-$((i + 2)))"; done)"
done
expect 5 "statics of threads in a circle" ask "$work/circle" -c 'dumpclass 7f74b6a80e38'
said out "the static t_tlsBuckets could not be read" "... are told"
rm -f "$work/circle"

# An element whose object is damaged, though its memory is there.
array=$(object 'System.String[]' 64)
element=$("$program" analyze "$dump" -c "dumparray $array -length 1" | awk '/^\[0\]/ { print $2 }')
cp "$dump" "$work/element"
poke "$work/element" "$element" 0 '\101\101\101\0\0\0\0\0'
expect 5 "a damaged element" ask "$work/element" -c "dumparray $array -details -length 1"
said out "the object at 0x$(printf %x "0x$element") cannot be read" "... is told"
rm -f "$work/element"

# An array of two thousand million elements.
bytes=$(object 'System.Byte[]' 90000)
cp "$dump" "$work/array"
poke "$work/array" "$bytes" 8 '\377\377\377\177'
array="dumparray $bytes"
expect 5 "a forged length" ask "$work/array" -c "$array"
said out "its segment has room for" "ends with the segment"
[ "$(wc -l <"$work/out")" -lt 1000000 ]
result $? "of less than a million lines"
expect 5 "the same in JSON" ask "$work/array" --json -c "$array"
said out '"status":"incomplete"' "is incomplete"
expect 0 "the elements asked for, if they are there" ask "$work/array" -c "$array -length 3"
if ldd "$program" 2>/dev/null | grep -q libasan; then
	skip "a program with sanitizers takes all addresses" "in constant memory"
else
	expect 5 "in constant memory" bash -c "ulimit -v 81920; exec timeout $limit '$program' analyze '$work/array' -c '$array'"
fi
entries=$(object 'System.Collections.Generic.Dictionary<System.Int32, System.Int32>+Entry[]' 90000)
poke "$work/array" "$entries" 8 '\377\377\377\177'
details="dumparray -details $entries"
expect 5 "-details of a forged length" ask "$work/array" -c "$details"
many=()
for _ in $(seq 40); do many+=(-c "$details"); done
interrupt "-details ends by SIGINT" "$work/array" --keep-going "${many[@]}"
timeout "$limit" "$program" analyze "$work/array" "${many[@]}" 2>/dev/null | head -n 1 >"$work/out"
[ "${PIPESTATUS[0]}" = 5 ]
result $? "and at a closed pipe"

# A StringBuilder whose chunk leads back to itself; one character each.
builder=$(object System.Text.StringBuilder 0)
cp "$dump" "$work/circle"
itself=$(for i in 0 8 16 24 32 40 48 56; do printf '\\%03o' $((0x$builder >> i & 255)); done)
poke "$work/circle" "$builder" 16 "$itself"
for length in '\0\0\0\0' '\1\0\0\0'; do
	poke "$work/circle" "$builder" 24 "$length"
	expect 1 "a StringBuilder in a circle" ask "$work/circle" -c "dumpstring $builder"
	said err "leads back" "says so"
done
finish
