#!/bin/bash
# A mini dump of a live .NET process: what threads are handling, and have thrown last, with messages, insides and named frames,
# as a full dump of the same moment has it. TAP on stdout.
#
# usage: live_mini.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"

build_program handling
start_program Handling.dll
kill -STOP "$victim" # both dumps of one moment
clrpod collect -p "$victim" -o "$work/full.core" || skip_all "$(tail -n 1 "$log")"
ok "--type Mini" gives 0 "$program" collect -p "$victim" -o "$work/mini.core" --type Mini
ok "... is without a complaint" test "$(grep -c '^clrpod:' "$log")" = 0
ok "... is a small part of Full" test $(($(stat -c %b "$work/mini.core") * 3)) -lt "$(stat -c %b "$work/full.core")"
ok "... has no heap" gives 1 "$program" analyze "$work/mini.core" -c 'dumpheap -stat'
ok "... and says so" one_sentence 'most of the GC heap is not in the dump'

answer() { "$program" analyze "$work/$1.core" "${@:2}" 2>&1; }
same() { answer full "$@" >"$work/expected"; answer mini "$@" >"$log"; diff "$work/expected" "$log" >"$work/differences" || { cat "$work/differences" >"$log"; false; }; }
ok "its threads are those of Full" same -c clrthreads
ok "... with their names" same --json -c clrthreads
number_of() { "$program" analyze "$work/full.core" --json -c clrthreads 2>/dev/null | sed 's/{"index"/\n&/g' | sed -n "s/.*\"managed_id\":\([0-9]*\),.*\"name\":\"$1\".*/\1/p"; }
while read -r word name type result message; do
	[ "$word" = thread ] || continue
	id=$(number_of "$name")
	ok "thread $name: its exception" gives 0 "$program" analyze "$work/mini.core" -c "pe -nested -thread $id"
	ok "... its type" said "^Exception type: +$type\$"
	ok "... its HResult" said "^HResult: $result\$"
	[ -z "$message" ] || ok "... its message" said "^Message: +$message\$"
	ok "... nothing without a name" test "$(grep -ci 'unknown\|unreadable\|not available' "$log")" = 0
	ok "... all as in Full" same -c "pe -nested -thread $id"
done <"$work/printed"
handler=$(number_of handler)
answer mini -c "pe -thread $handler" >"$log"
ok "a frame of the program's own" said 'Handling\.dll!Demo\.Program\.Handler\(\)'
inner=$(sed -n 's/^InnerException: .*printexception \([0-9A-F]*\) .*/\1/p' "$log")
ok "the one inside" gives 0 "$program" analyze "$work/mini.core" -c "pe $inner"
ok "... a method of a generic class" said 'Handling\.dll!Demo\.Shelf`1\[\[System\.__Canon, System\.Private\.CoreLib\]\]\.Take\(Int32\)'
ok "... all as in Full" same -c "pe $inner"
answer mini -c "pe -nested -thread $(number_of nested)" >"$log"
ok "the one that was being handled meanwhile" said '^Message: +the outer one$'
ok "Mini with --freeze" gives 0 "$program" collect -p "$victim" -o "$work/mini.core" --type Mini --freeze --force
ok "... has the same" same -c "pe -nested -thread $handler"
ok "Mini packed, through a pipe" sh -c "'$program' collect -p $victim -o - --type Mini --zstd 2>'$log' >'$work/mini.core'"
ok "... has the same" same -c "pe -nested -thread $handler"

end_program() { exec 3>&-; kill -CONT "$victim"; wait "$victim" 2>/dev/null; }
end_program
start_program Handling.dll deep
ok "more exceptions in a chain than are looked for: a Mini says so" gives 5 "$program" collect -p "$victim" -o "$work/mini.core" --type Mini --force
ok "... in words" said 'only the first 1,024 of a chain are in the dump'
ok "... Heap has them" gives 0 "$program" collect -p "$victim" -o "$work/full.core" --type Heap --force
finish
