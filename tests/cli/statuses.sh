#!/bin/sh
# Exit statuses, and where answers and errors go.
. "$(dirname "$0")/lib"
need_dump
empty=$work/empty
: > "$empty"

expect 0 "0: an answer" "$program" analyze "$dump" -c 'dumpheap -stat'
said out Statistics: "the answer is on stdout"
silent err "and nothing on stderr"

expect 1 "1: a command failed" "$program" analyze "$dump" -c 'dumpobj 8'
silent out "its error is not on stdout"
said err "clrpod: " "but on stderr"
expect 1 "1: the script stops there" "$program" analyze "$dump" -c 'dumpobj 8' -c 'help exit'
silent out "nothing runs after it"
expect 1 "1: --keep-going goes on" "$program" analyze "$dump" --keep-going -c 'dumpobj 8' \
	-c 'help exit'
said out "Usage: exit" "what comes after it runs"

expect 2 "2: no verb" "$program"
expect 2 "2: an unknown verb" "$program" bogus
said err "clrpod --help" "says where they are"
expect 2 "2: a verb misspelt" "$program" analyse x
said err "did you mean analyze?" "suggests one"
expect 2 "2: a dump in place of a verb" "$program" "$dump"
said err "clrpod analyze $dump" "says how it is meant"
expect 2 "2: an option in place of a verb" "$program" --hlep
said err "no option --hlep" "names it"
expect 0 "help COMMAND" "$program" help dumpheap
said out "Usage: dumpheap" "describes it"
expect 2 "2: a verb that comes later" "$program" browse a
expect 2 "2: a command in place of a verb, without a dump and its word" "$program" dumpobj
said err "clrpod dumpobj DUMP" "says what to give"
expect 2 "2: a command misspelt" "$program" dumphaep "$dump"
said err "did you mean dumpheap?" "suggests one"
expect 2 "2: an unknown option" "$program" analyze "$dump" --bogus
said err "there is no option --bogus" "names it"
expect 2 "2: an option without its value" "$program" analyze "$dump" -c
expect 2 "2: two dumps" "$program" analyze "$dump" "$dump"
expect 2 "2: a dump and a process" "$program" analyze "$dump" -p 1
for option in --freeze --no-stop --snapshot "--hold 5" "--stall 5"; do
	# shellcheck disable=SC2086 # an option and its value
	expect 2 "2: a dump, looked at with $option" "$program" analyze "$dump" $option -c help
	said err "analyze: ${option% *} says how a process is looked at, and a dump is named" "says so"
done
expect 2 "2: ... by a command in place of a verb" "$program" eeversion "$dump" --hold 5
said err "eeversion: --hold says" "says so"
expect 2 "2: ... and by diff" "$program" diff "$dump" "$dump" --stall 5
said err "diff: --stall says" "says so"
expect 2 "2: not a process id" "$program" analyze -p 12x
expect 2 "2: an unknown command" "$program" analyze "$dump" -c 'dumpheep'
said err "did you mean dumpheap?" "suggests one"
expect 2 "2: an unknown option of a command" "$program" analyze "$dump" -c 'dumpheap -bogus'
expect 2 "2: an option of dotnet-dump that is not needed" "$program" collect -p 1 --diag
said err "leave it out" "says so"
expect 2 "2: a level of packing that is none" "$program" collect -p 1 --zstd=99
said err "--zstd" "names it"
expect 2 "2: a type of dump that is none" "$program" collect -p 1 --type Most
said err "Full, Heap" "names those there are"
expect 2 "2: a folder as script" "$program" analyze "$dump" -x "$work"
said err "cannot read the script $work" "names it"
expect 3 "3: no such --sysroot" "$program" analyze "$dump" --sysroot "$work/none" -c help
said err "$work/none" "names it"
expect 2 "2: a file as --sysroot" "$program" analyze "$dump" --sysroot "$dump" -c help
said err "is no directory" "says so"
expect 2 "2: no such script" "$program" analyze "$dump" -x "$work/none"

expect 3 "3: no such file" "$program" analyze "$work/none" -c help
said err "cannot open $work/none" "names it"
expect 3 "3: a folder" "$program" analyze "$work" -c help
expect 3 "3: an empty file" "$program" analyze "$empty" -c help
expect 3 "3: a program, not a core" "$program" analyze "$program" -c help
expect 3 "3: text" "$program" analyze README.md -c help
expect 3 "3: no such process" "$program" analyze -p 999999999 -c help
expect 3 "3: collect of no such process" "$program" collect -p 999999999 -o "$work/x"
[ ! -e "$work/x" ] && [ ! -e "$work/x.partial" ]
result $? "leaves no file behind"

if command -v readelf >/dev/null 2>&1; then
	# An object whose MethodTable is no address: the walk has to go round it.
	cp "$dump" "$work/bad.core" 2>/dev/null
	victim=$("$program" analyze "$dump" -c 'dumpheap -type Demo.Payments.Gateway -exact -short')
	printf '\377\377\377\377\377\377\377\377' | dd of="$work/bad.core" bs=1 conv=notrunc \
		seek="$(offset_of "$work/bad.core" "$victim")" 2>/dev/null
	expect 5 "5: a damaged object" "$program" analyze "$work/bad.core" -c 'dumpheap -stat'
	said out "This answer is not whole" "the answer says so"
	expect 0 "--partial-ok makes it 0" "$program" analyze "$work/bad.core" --partial-ok \
		-c 'dumpheap -stat'
	expect 5 "5 in JSON" "$program" analyze "$work/bad.core" --json -c 'dumpheap -stat'
	said out '"status":"incomplete"' "has its status"
	expect 4 "4: damage found" "$program" analyze "$work/bad.core" -c verifyheap
	expect 4 "--partial-ok leaves it 4" "$program" analyze "$work/bad.core" --partial-ok -c verifyheap
	expect 4 "4 in JSON" "$program" analyze "$work/bad.core" --json -c "verifyobj $victim"
	said out '"valid":false' "has the verdict"
	expect 4 "damage is an answer: the script goes on" "$program" analyze "$work/bad.core" \
		-c "verifyobj $victim" -c 'help exit'
	said out "Usage: exit" "to what comes after it"
else
	skip "readelf is not installed" "4 and 5: a damaged object"
fi
expect 0 "0: a check that holds" "$program" analyze "$dump" -c verifyheap

size=$(wc -c < "$dump")
head -c $((size * 999 / 1000)) "$dump" > "$work/cut"
"$program" analyze "$work/cut" -c 'dumpheap -stat' > "$work/out" 2> "$work/err"
said err "is cut short" "a file that is cut short is told on stderr"
gzip -c "$dump" > "$work/packed.gz"
expect 0 "a packed dump" "$program" analyze "$work/packed.gz" -c eeversion
said err "needs" "what unpacking needs is told on stderr"
head -c 100000 "$work/packed.gz" > "$work/cut.gz"
"$program" analyze "$work/cut.gz" -c eeversion > "$work/out" 2> "$work/err"
said err "cut.gz is cut short or damaged" "and that its end is missing"
expect 0 "-c of two lines" "$program" analyze "$dump" -c 'help exit
help get'
said out "Usage: get" "runs both"
printf '\357\273\277help exit\r\n' > "$work/marked"
expect 0 "a script with a byte order mark and CRLF" "$program" analyze "$dump" -x "$work/marked"
printf 'help exit\n\nhelp get\0 bogus\nhelp do\n' > "$work/binary"
expect 2 "2: a script with a NUL byte" "$program" analyze "$dump" -x "$work/binary"
said err "line 3 of the script $work/binary holds a NUL byte" "names the place"
said out "Usage: exit" "what comes before it has run"
! grep -qF "Usage: get" "$work/out" && ! grep -qF "Usage: dumpobj" "$work/out"
result $? "and nothing after it"
"$program" analyze "$dump" --keep-going < "$work/binary" > "$work/out" 2> "$work/err"
[ $? = 2 ]
result $? "2: the same on stdin"
said err "on stdin holds a NUL byte" "names it"
printf 'help exit\n\nhelp get # a comment\ndumpheep\n' > "$work/wrong"
expect 2 "2: a script with a wrong line" "$program" analyze "$dump" -x "$work/wrong"
said err "clrpod: $work/wrong:4: there is no command dumpheep" "its file and line are named"
"$program" analyze "$dump" --keep-going -x - < "$work/wrong" > "$work/out" 2> "$work/err"
said err "clrpod: there is no command dumpheep" "... but stdin has none that could be looked up"
"$program" analyze "$dump" -x "$work/wrong" -c 'dumpobj 8' --keep-going > "$work/out" 2> "$work/err"
said err "clrpod: cannot read an object at 0x8" "what follows it is no line of it"
printf 'dumpheap |> sort Colour\n' > "$work/wrong"
expect 2 "2: a script with a wrong filter" "$program" analyze "$dump" -x "$work/wrong"
said err "clrpod: $work/wrong:1: |> sort: no table" "its file and line are named"
"$program" analyze "$dump" --jsonl -c 'dumpheap -stat' 2> "$work/err" | :
silent err "a closed pipe is no news"

mkfifo "$work/in"
for signal in INT TERM; do
	[ $signal = INT ] && wanted=130 || wanted=143
	rm -f "$work/out"
	# A shell's background jobs ignore SIGINT.
	env --default-signal=INT "$program" analyze "$dump" < "$work/in" > "$work/out" 2>&1 &
	child=$!
	exec 3> "$work/in"
	echo 'help exit' >&3
	soon test -s "$work/out"
	kill -$signal $child
	wait $child 2>/dev/null
	[ $? = $wanted ]
	result $? "$wanted: SIG$signal"
	exec 3>&-
done

# Of the golden tests themselves.
expect 1 "a golden case that is not there" tests/golden/run "$program" nosuch
said err "there is no case nosuch" "is named"
expect 0 "a golden case by a path" tests/golden/run "$program" tests/golden/get
said out " - get" "is run"

if [ -c /dev/full ]; then
	for words in --help --version "analyze --help" "help ps" "dumpheap --help" --print-man "--print-man commands" \
		"--print-completion bash" "--print-completion zsh" ps "ps --json" "dumpheap $dump" "dumpheap $dump --json"; do
		# shellcheck disable=SC2086 # several words
		"$program" $words > /dev/full 2> "$work/err"
		[ $? = 1 ] && grep -q '^clrpod: cannot write .*: No space left on device$' "$work/err" &&
			[ "$(wc -l < "$work/err")" = 1 ]
		result $? "1: $words on a full disk, with its sentence"
	done
	"$program" analyze "$work/none" --json -c help > /dev/full 2> "$work/err"
	[ $? = 3 ] && grep -q "^clrpod: cannot open $work/none" "$work/err"
	result $? "3: a document that cannot be written is said on stderr"
else
	skip "no /dev/full" "1: a full disk"
fi
for words in --help --version ps "dumpheap $dump"; do
	# shellcheck disable=SC2086 # several words
	sh -c 'ulimit -f 0; exec "$@" 2>&3' - "$program" $words 3>&1 > "$work/none.txt" | cat > "$work/err"
	said err "File too large" "... $words above a limit on the size of files"
done
"$program" --print-man commands 2> "$work/err" | :
silent err "a closed pipe is no news there, either"

expect 3 "an error before opening is JSON too" "$program" analyze "$work/none" --json -c help
said out '"status":"error"' "on stdout"
valid_json "$work/out"
result $? "and valid"
silent err "and not on stderr"
expect 2 "bad usage is JSON too" "$program" analyze --json --bogus
said out '"code":"usage"' "with its code"

yes x | tr -d '\n' | head -c 3000000 > "$work/long"
expect 2 "a line of a script without an end" "$program" analyze "$dump" -x "$work/long"
said err "line 1 of the script $work/long is longer than 1024 KiB" "says so"
[ "$(wc -c < "$work/err")" -lt 1000 ]
result $? "and not what is in it"
expect 2 "two processes" "$program" diff -p 1 -p 2
said err "diff: -p is given twice: 1 and 2" "says which"
expect 2 "two files to write" "$program" collect -p 1 -o one -o two
said err "collect: -o is given twice: one and two" "says which"
expect 0 "a command several times" "$program" analyze "$dump" -c 'help exit' -c 'help get'

printf '# a comment\n\nhelp exit # another\nexit\nbogus\n' > "$work/script"
expect 0 "a script ends at exit" "$program" analyze "$dump" -x "$work/script"
"$program" analyze "$dump" < "$work/script" > "$work/out" 2> "$work/err"
result $? "stdin is a script"
said out "Usage: exit" "and answers"
finish
