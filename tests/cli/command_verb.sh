#!/bin/sh
# A command in place of a verb answers what analyze -c answers: text, JSON and status.
. "$(dirname "$0")/lib"
need_dump
object=$("$program" analyze "$dump" -c 'dumpheap -type Demo.Payments.Gateway -exact -short')
head -c "$(($(wc -c < "$dump") * 95 / 100))" "$dump" > "$work/cut.core"
packed=tests/dumps/small-mini.core.zst

# same NAME DUMP LINE WORDS...: the line of -c; then, with DUMP wherever it stands, the words.
same() {
	name=$1
	file=$2
	line=$3
	command=$4
	shift 4
	for format in '' --json --jsonl; do
		"$program" analyze "$file" $format -c "$line" > "$work/wanted" 2> "$work/wanted.err"
		wanted=$?
		"$program" "$command" $format "$@" > "$work/out" 2> "$work/err" < /dev/null
		status=$?
		[ $status = $wanted ] && cmp -s "$work/wanted" "$work/out" &&
			cmp -s "$work/wanted.err" "$work/err"
		result $? "$name $format: status $wanted"
	done
}

same "an option after the dump" "$dump" 'dumpheap -stat' dumpheap "$dump" -stat
same "options around the dump" "$dump" 'dumpheap -type Gateway -stat -min 10' \
	dumpheap -type Gateway "$dump" -stat -min 10
same "another name, case and dashes" "$dump" "DO --nofields $object" DO "$dump" --nofields "$object"
same "an option of analyze" "$dump" "do $object" do --sysroot "$work" "$dump" "$object"
same "a path with quotes and blanks" "$dump" \
	'get Gateway.Instance.Policies["payments"].EnableFallback' \
	get "$dump" 'Gateway.Instance.Policies["payments"].EnableFallback'
same "a value with blanks" "$dump" 'dumpheap -stat -type "Dictionary<System.String, System.I"' \
	dumpheap "$dump" -stat -type 'Dictionary<System.String, System.I'
same "a value with both quotes" "$dump" "dumpdict Gateway.Instance._policies -key \"it's \\\"so\\\"\"" \
	dumpdict "$dump" Gateway.Instance._policies -key "it's \"so\""
same "an empty value" "$dump" 'dumpheap -stat -type ""' dumpheap "$dump" -stat -type ''
same "a range and a negative number" "$dump" 'dumpheap -5 0' dumpheap "$dump" -5 0
same "a command that fails" "$dump" 'dumpobj 8' dumpobj "$dump" 8
same "an unknown option" "$dump" 'dumpheap -bogus' dumpheap "$dump" -bogus
same "an unknown option before the dump" "$dump" 'dumpheap -bogus' dumpheap -bogus "$dump"
same "a word too many" "$dump" "do 1 2" do "$dump" 1 2
same "a dump that is cut" "$work/cut.core" 'dumpheap -stat' dumpheap "$work/cut.core" -stat
same "a dump without a heap" $packed 'dumpheap -stat' dumpheap $packed -stat
same "no dump at all" README.md 'dumpheap -stat' dumpheap README.md -stat
same "no such file" "$work/none" 'do 8' do "$work/none" 8
same "no such --sysroot" "$dump --sysroot" eeversion eeversion "$dump --sysroot"

# An option that analyze has too.
same "-n after --" "$dump" 'modules -n coreclr' modules "$dump" -- -n coreclr
same "the long name needs no --" "$dump" 'modules -name coreclr' modules "$dump" -name coreclr
same "--name after --" "$dump" 'modules --name coreclr' modules "$dump" -- --name coreclr
same "a second -- is the command's" "$dump" 'get -- -x' get "$dump" -- -- -x
same "-h is the command's where it has one" "$dump" "db $object -h -count 4" \
	db "$dump" "$object" -h -count 4
same "-c is the command's" "$dump" "db $object -c 4" db "$dump" "$object" -c 4
same "-i is the command's" "$dump" "dumpil -i $object" dumpil "$dump" -i "$object"
expect 3 "-n before -- names a process" "$program" modules -n "no such process $$"
said err "no such process $$" "which is looked for"
expect 2 "--json as a word of the command" "$program" get "$dump" -- --json
said err "there is no option --json" "is not analyze's"
"$program" analyze "$dump" --json -c 'dumpheap -stat' > "$work/wanted"
"$program" dumpheap "$dump" -stat --json | cmp -s - "$work/wanted"
result $? "--json may come last"
expect 5 "status 5" "$program" dumpheap "$work/cut.core" -stat
expect 0 "--partial-ok makes it 0" "$program" dumpheap "$work/cut.core" -stat --partial-ok

# Without a dump.
expect 2 "no dump and no object" "$program" dumpobj
said err "Name a dump: clrpod dumpobj DUMP ADDRESS|PATH, or a process: clrpod dumpobj -p PID ADDRESS|PATH" "says what to give"
silent out "and answers nothing"
expect 2 "no dump and no object, in JSON" "$program" dumpobj --json
valid_json "$work/out" && grep -q '"command":"dumpobj".*"code":"usage"' "$work/out"
result $? "is a document"
expect 3 "a command's word where the dump was forgotten" "$program" do "$object"
said err "the first word after do is the dump: cannot open $object" "says so"
expect 2 "not a process id" "$program" dumpheap -p 12x
expect 3 "no such process" "$program" get -p 999999999 A.B
said err 999999999 "is named"
expect 2 "an option of analyze without its value" "$program" eeversion "$dump" --sysroot
expect 2 "a filter" "$program" dumpheap "$dump" -stat '|>' head
said err "clrpod analyze DUMP -c 'dumpheap |> …'" "says where filters are taken"

# A word that is both a file and a command is the command.
cp "$dump" "$work/eeversion" 2> /dev/null
cp "$dump" "$work/dumpobj"
(cd "$work" && "$program" eeversion eeversion) > "$work/out" 2> "$work/err"
result $? "a dump that is called like a command"
grep -q '^10\.0' "$work/out"
result $? "is opened"
(cd "$work" && "$program" dumpobj) > "$work/out" 2> "$work/err"
[ $? = 2 ] && grep -q 'dumpobj what?' "$work/err"
result $? "the command comes first"
(cd "$work" && "$program" analyze eeversion -c eeversion) > "$work/out" 2> "$work/err"
result $? "analyze opens it"

# Commands that need no dump, and those of a session.
expect 0 "no dump is needed" "$program" threadstate 8
cp "$work/out" "$work/state"
"$program" analyze "$dump" -c 'threadstate 8' | cmp -s - "$work/state"
result $? "the same answer"
expect 2 "nor is a process" "$program" threadstate -p 1 8
said err "leave -p and -n out" "says so"
for command in exit quit 'refresh -drop' 'logopen x' logclose; do
	# shellcheck disable=SC2086 # words
	expect 2 "of a session: $command" "$program" $command
	said err "means something in a session only" "is refused"
done
expect 2 "a verb wins over a command of its name" "$program" diff "$dump"
said err "diff compares two" "is the verb's"
for how in 'dumpheap --help' 'dumpheap -h' 'dumpheap x.core -stat --help' 'help dumpheap'; do
	# shellcheck disable=SC2086 # words
	expect 0 "$how" "$program" $how
	said out "Usage: dumpheap" "is help's"
done
expect 0 "help in JSON" "$program" dumpheap --help --json
valid_json "$work/out"
result $? "is a document"
expect 2 "help of a name with quotes" "$program" help "no 'such \"name"
said err "there is no command no 'such \"name" "is taken as it is"

# A process: the same, and what is typed next has the command's words.
sleep 600 &
process=$!
expect 3 "a process without .NET" "$program" dumpheap -p $process -stat
said err "$process" "is named"
kill $process
finish
