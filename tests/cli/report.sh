#!/bin/sh
# report: one page, and each number on it is what the command of its own says.
. "$(dirname "$0")/lib"

# What a command says, as a number: the first match of the pattern in its text output.
number_of() { # COMMAND SED-PATTERN
	"$program" analyze "$work/core" -c "$1" 2> /dev/null | sed -nE "s/$2/\\1/p" | tail -n 1 | tr -d ,
}

same() { # WHAT ON-THE-PAGE ELSEWHERE
	[ -n "$2" ] && [ "$2" = "$3" ] || echo "# the page says '$2', the command '$3'"
	[ -n "$2" ] && [ "$2" = "$3" ]
	result $? "$name: $1 ($2)"
}

for name in sample-8.0-srv sample-9.0-wks sample-10.0-seg sample-11.0-wks small-crash2 arm64-10.0-heap; do
	zstd -dqcf "tests/dumps/$name.core.zst" > "$work/core" || continue
	expect 0 "$name: report" "$program" analyze "$work/core" -c report
	cp "$work/out" "$work/page"
	[ "$(wc -l < "$work/page")" -le 60 ]
	result $? "$name: it is one page ($(wc -l < "$work/page") lines)"
	on_page() { sed -nE "s/$1/\\1/p" "$work/page" | head -n 1 | tr -d ,; }
	objects=$(on_page '^Heap +([0-9,]+) objects.*')
	size=$(on_page '^Heap .* objects, ([0-9,]+) bytes')
	free=$(on_page '^Free +([0-9,]+) places.*')
	free_size=$(on_page '^Free .* places, ([0-9,]+) bytes')
	same "objects and free places" "$((objects + free))" "$(number_of 'dumpheap -stat' '^Total ([0-9,]+) objects.*')"
	same "bytes" "$((size + free_size))" "$(number_of 'dumpheap -stat' '^Total .* objects, ([0-9,]+) bytes')"
	same "free places" "$free" "$(number_of 'dumpheap -stat' '^[0-9a-f]+ +([0-9,]+) +[0-9,]+ Free$')"
	largest=$(sed -n '/Largest types/,/^$/p' "$work/page" | sed -n 2p | awk '{ $1 = $1; print }')
	same "the largest type" "$largest" "$("$program" analyze "$work/core" -c 'dumpheap -stat' |
		grep -E '^[0-9a-f]+ +[0-9,]+ +[0-9,]+ ' | grep -v ' Free$' | tail -n 1 | awk '{ $1 = ""; $0 = $0; $1 = $1; print }')"
	exceptions=$(sed -n '/^ *Count Exceptions/,/^$/p' "$work/page" | awk '$1 ~ /^[0-9]+$/ { n += $1 } END { print n + 0 }')
	same "exceptions" "$exceptions" "$(number_of dumpexceptions '^ *Total: ([0-9]+) objects')"
	same "threads" "$(on_page '^Threads +([0-9]+):.*')" "$(number_of clrthreads '^ThreadCount: +([0-9]+)')"
	same "handles" "$(on_page '^Handles +([0-9]+).*')" "$("$program" analyze "$work/core" -c gchandles |
		sed -nE 's/^ +.* Handles: +([0-9,]+)$/\1/p' | awk '{ n += $1 } END { print n }')"
	same "finalizers" "$(on_page '^Finalizers +([0-9]+) .*')" "$(number_of finalizequeue '^Total ([0-9,]+) objects.*')"
	same "timers" "$(on_page '^Timers +([0-9]+)')" "$(number_of timerinfo '^ *([0-9]+) timers')"
	allocated=$(sed -n '/^Generation/,/^contexts/p' "$work/page" | tr -d , | awk '$2 ~ /^[0-9]+$/ { n += $2 } END { print n }')
	same "generations and contexts" "$allocated" "$(number_of 'eeheap -gc' '^GC Allocated Heap Size: .*\(([0-9]+)\) bytes.*')"
	held=$(on_page '^Locks +([0-9]+) monitors.*')
	others=$(on_page '^Locks .*ReaderWriterLockSlim ([0-9]+) held.*')
	same "locks held" "$((held + others))" "$(number_of dumplocks '^([0-9]+) held, .*')"
done

zstd -dqcf tests/dumps/small-crash2.core.zst > "$work/crash" && expect 0 "a crash" "$program" analyze "$work/crash" -c report
[ "$(sed -n 1p "$work/out")" = "Crash       SIGABRT in thread 1 (0x219b): Demo.RefusedException: nobody catches this" ]
result $? "opens the page"
! grep -q '^->' "$work/out"
result $? "what to type next is not for a file"

# The MethodTable of the exception.
printf '\020\0\0\0\0\0\0\0' | dd of="$work/crash" bs=1 seek=$((0x2d4410)) conv=notrunc 2> /dev/null
expect 5 "an exception that cannot be read" "$program" analyze "$work/crash" -c report
[ "$(sed -n 1p "$work/out")" = "Crash       SIGABRT in thread 1 (0x219b): <unreadable object>: <unreadable>" ]
result $? "is said so in the line of the crash"
said out "crash: the exception is not in the dump" "and counted"

expect 0 "JSON" "$program" analyze "$work/core" --json -c report
valid_json "$work/out"
result $? "is valid"
zstd -dqcf tests/dumps/small-mini.core.zst > "$work/core" &&
	expect 5 "a dump without a heap" "$program" analyze "$work/core" -c report
said out "Heap        not to be walked" "says so where the heap would stand"
said out "Threads     8" "and tells the rest"
finish
