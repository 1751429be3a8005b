#!/bin/sh
# Shipped dumps cut at 20 points: each opens as far as it goes, or is refused with one sentence that
# says how much is missing; within a second, and never by a crash.
. "$(dirname "$0")/lib"

ask() {
	begun=$(date +%s%N)
	timeout -s KILL 10 "$program" analyze "$work/cut.core" -c 'dumpheap -stat' \
		> "$work/out" 2> "$work/err" < /dev/null
	status=$?
	spent=$((($(date +%s%N) - begun) / 1000000))
}

# The whole dump's answer, or one that says that it is not whole, or a refusal.
is_told() { # STATUS
	case $1 in
	1 | 3 | 5) ;;
	0) cmp -s "$work/out" "$work/whole.$command" ;;
	*) false ;;
	esac
}

# Modules and the address space: all of them, or it is told that some are missing.
lists_at() { # BYTES
	head -c "$1" "$whole" > "$work/cut.core"
	for command in modules maddress; do
		timeout -s KILL 10 "$program" analyze "$work/cut.core" -c $command > "$work/out" 2> "$work/err" < /dev/null
		status=$?
		case $status in
		5 | 3) ;;
		0) cmp -s "$work/out" "$work/whole.$command" || bad="$bad $1: $command" ;;
		*) bad="$bad $1: $command ends with $status" ;;
		esac
	done
}

# Status 0 is left to a dump whose missing end held nothing that was asked for.
cut_at() { # BYTES
	head -c "$1" "$whole" > "$work/cut.core"
	ask
	[ $spent -lt 1000 ] || ask # another program may have had the processor
	complaint=
	[ $spent -lt 1000 ] || complaint="$spent ms"
	case $status in
	0 | 5) grep -q "is cut short: [0-9]* bytes" "$work/err" || complaint="no word of the cut" ;;
	3)
		[ "$(grep -vc "bytes of memory that it announces are missing$" "$work/err")" = 1 ] ||
			complaint="more than a sentence"
		grep -qE "is empty|ends within its header|ends at|of (its|the dump's) [0-9]+ bytes" \
			"$work/err" || complaint="the sentence does not say what is missing"
		;;
	1) # opened, but not even the tables of the heap are there
		grep -q "the dump is cut short, [0-9]* bytes are not there" "$work/err" ||
			complaint="no word of the cut"
		;;
	*) complaint="status $status" ;;
	esac
	[ $status != 5 ] || grep -q "^This answer is not whole" "$work/out" ||
		complaint="incomplete, and the answer does not say why"
	[ $status != 0 ] || [ "$(tail -n 1 "$work/out")" = "$total" ] ||
		complaint="status 0 and another answer than of the whole dump"
	[ -z "$complaint" ] && return
	bad="$bad $1"
	echo "# cut at $1: $complaint"
	head -n 5 "$work/err" "$work/out" | cut -c -300 | sed 's/^/# /'
}

for name in sample-8.0-srv sample-9.0-seg sample-10.0-wks sample-11.0-wks arm64-9.0-heap musl-10.0-heap \
	small-mini small-kernel33 small-single-heap; do
	packed=tests/dumps/$name.core.zst
	whole=$work/whole.core
	zstd -dqcf "$packed" > "$whole" || continue
	"$program" analyze "$whole" -c 'dumpheap -stat' > "$work/out" 2> /dev/null
	total=$(tail -n 1 "$work/out")
	size=$(wc -c < "$whole")
	bad=
	# The ELF header, the program headers, the notes, the first region; then through to the end.
	for point in 0 17 63 100 4000 40000 $((size / 100)); do cut_at "$point"; done
	for tenth in 2 4 6 8; do cut_at $((size * tenth / 10)); done
	for hundredth in 90 92 94 95 96 97 98 99; do cut_at $((size * hundredth / 100)); done
	cut_at $((size - 1))
	[ -z "$bad" ]
	result $? "$name: cut at 20 points"
	for command in modules maddress; do
		"$program" analyze "$whole" -c $command > "$work/whole.$command" 2> /dev/null
	done
	bad=
	for tenth in 1 3 5 7 9; do lists_at $((size * tenth / 10)); done
	[ -z "$bad" ]
	result $? "$name: modules and address space of what is cut at 5 points$bad"
done

# A packed dump that is cut unpacks as far as it goes.
packed=tests/dumps/sample-10.0-wks.core.zst
for tenth in 1 5 9; do
	head -c $(($(wc -c < "$packed") * tenth / 10)) "$packed" > "$work/cut.zst"
	timeout -s KILL 10 "$program" analyze "$work/cut.zst" -c 'dumpheap -stat' > "$work/out" \
		2> "$work/err" < /dev/null
	status=$?
	{ [ $status = 3 ] || [ $status = 5 ]; } && grep -q "is cut short or damaged" "$work/err"
	result $? "a .zst cut at $tenth tenths says so"
done

# gdb writes the threads behind all memory.
zstd -dqf --sparse tests/dumps/small-gcore.core.zst -o "$work/gcore"
notes=$(readelf -lW "$work/gcore" 2> /dev/null | awk '$1 == "NOTE" { print $2; exit }')
if [ -n "$notes" ]; then
	length=$(wc -c < "$work/gcore")
	for kept in 20000 0; do
		truncate -s $((notes + kept)) "$work/gcore"
		truncate -s "$length" "$work/gcore"
		expect 5 "threads of a gcore whose end became zeros, $kept bytes of its notes kept" \
			"$program" analyze "$work/gcore" -c threads
		said out "the dump has damaged notes: threads may be missing" "... may be missing"
		expect 5 "... its mapped files" "$program" analyze "$work/gcore" -c modules
		expect 5 "... its memory" "$program" analyze "$work/gcore" -c maddress
		zstd -dqcf tests/dumps/small-gcore.core.zst > "$work/gcore"
	done
	truncate -s $((notes + 10000)) "$work/gcore"
	expect 5 "threads of a gcore that is cut in its notes" "$program" analyze "$work/gcore" -c threads
	said out "the dump is cut short: threads may be missing" "... may be missing"
	truncate -s $((notes)) "$work/gcore"
	expect 5 "... before its notes" "$program" analyze "$work/gcore" -c threads
	said out "No thread is in what there is of the dump." "... none is known"
	expect 1 "... nor their registers" "$program" analyze "$work/gcore" -c registers
	said err "it is cut short" "... which is said"
else
	skip "readelf is not installed" "threads of a gcore that is cut in its notes"
fi
rm -f "$work/gcore"

# One 4 KiB block after the other of the bytes from FIRST to LAST of the whole dump becomes zeros: each answer is the whole
# dump's, or told.
zero_blocks() { # NAME FIRST LAST COMMAND...
	what=$1 first=$2 last=$3 bad=
	shift 3
	for command; do
		"$program" analyze "$whole" -c "$command" > "$work/whole.$command" 2> /dev/null
	done
	for block in $(seq $((first / 4096)) $(((last - 1) / 4096))); do
		from=$((block * 4096 > first ? block * 4096 : first))
		to=$(((block + 1) * 4096 < last ? (block + 1) * 4096 : last))
		cp "$whole" "$work/cut.core"
		dd if=/dev/zero of="$work/cut.core" bs=1 seek=$from count=$((to - from)) conv=notrunc 2> /dev/null
		for command; do
			"$program" analyze "$work/cut.core" -c "$command" > "$work/out" 2> /dev/null < /dev/null
			status=$?
			is_told $status || bad="$bad $block: $command ends with $status"
		done
	done
	[ -z "$bad" ]
	result $? "$what$bad"
}

# What became zeros in the notes is told to be missing.
for name in sample-10.0-wks sample-9.0-srv small-kernel33; do
	zstd -dqcf tests/dumps/$name.core.zst > "$whole"
	notes=$(readelf -lW "$whole" 2> /dev/null | awk '$1 == "NOTE" { print $2, $5; exit }')
	[ -n "$notes" ] || continue
	zero_blocks "$name: a block of zeros in its notes" $((${notes% *})) $((${notes% *} + ${notes#* })) threads modules
done

# The same of the program headers (of the ELF header: e_phnum).
for name in sample-10.0-wks sample-9.0-srv; do
	zstd -dqcf tests/dumps/$name.core.zst > "$whole"
	zero_blocks "$name: a block of zeros in its program headers" 64 $((64 + 56 * $(od -An -tu2 -j 56 -N 2 "$whole"))) \
		threads modules timerinfo
done

# A packed dump of frames, one of which is damaged in the middle, or says a wrong size: what was asked for when it was opened
# counts, too.
commands="name2ee_*_System.Threading.TimerQueue modules threads clrthreads"
zstd -dqcf tests/dumps/sample-10.0-wks.core.zst > "$whole"
mkdir "$work/frames"
split -b 1M -a 3 "$whole" "$work/frames/"
for file in "$work/frames"/*; do zstd -q --rm --check "$file"; done
cat "$work/frames"/*.zst > "$work/cut.zst"
for command in $commands; do
	"$program" analyze "$work/cut.zst" -c "$(echo "$command" | tr _ ' ')" > "$work/whole.$command" 2> /dev/null
done
bad= told=0
for file in "$work/frames"/*.zst; do
	for at in 5 $(($(wc -c < "$file") / 2)); do
		cp "$file" "$work/kept"
		printf "\\$(printf %o $(($(od -An -tu1 -j $at -N 1 "$file") ^ 16)))" | dd of="$file" bs=1 seek=$at conv=notrunc 2> /dev/null
		cat "$work/frames"/*.zst > "$work/cut.zst"
		mv "$work/kept" "$file"
		for command in $commands; do
			"$program" analyze "$work/cut.zst" -c "$(echo "$command" | tr _ ' ')" > "$work/out" 2> /dev/null < /dev/null
			status=$?
			[ $status = 0 ] || told=$((told + 1))
			is_told $status || bad="$bad $(basename "$file") $at: $command ends with $status"
		done
	done
done
[ -z "$bad" ] && [ $told -gt 20 ]
result $? "a packed dump with a damaged frame: the whole answer, or it is told ($told times)$bad"
# pack_damaged PAGE SIZE: $whole packed as $work/cut.zst, in frames of SIZE but of that page, which is damaged: the last byte
# of its checksum. The frames beside say other sizes: a table has to name them.
pack_damaged() {
	rm -f "$work/frames"/*
	head -c $(($1 * 4096)) "$whole" | split -b "$2" -a 3 - "$work/frames/a"
	tail -c +$(($1 * 4096 + 1)) "$whole" | head -c 4096 > "$work/frames/b"
	tail -c +$((($1 + 1) * 4096 + 1)) "$whole" | split -b "$2" -a 3 - "$work/frames/c"
	for file in "$work/frames"/*; do zstd -q --rm --check "$file"; done
	python3 tests/cli/seek_table.py "$work/frames" b.zst > "$work/cut.zst"
}
# A part that was sent twice: what comes after it stands elsewhere (here nothing does).
pack_damaged 2000 1M
python3 tests/cli/seek_table.py "$work/frames" "$(ls "$work/frames" | tail -n 1)" twice > "$work/cut.zst"
expect 5 "a frame that is there twice is told" "$program" analyze "$work/cut.zst" -c clrmodules
grep -q "speaks of other frames" "$work/out" "$work/err"
result $? "as that"
# A page that is asked for early in the opening, and not again.
commands="name2ee_*_String modules clrmodules"
for command in $commands; do
	"$program" analyze "$whole" -c "$(echo "$command" | tr _ ' ')" > "$work/whole.$command" 2> /dev/null
done
bad= told=0
for page in 37 108; do
	pack_damaged $page 1M || continue
	for command in $commands; do
		"$program" analyze "$work/cut.zst" -c "$(echo "$command" | tr _ ' ')" > "$work/out" 2> /dev/null < /dev/null
		status=$?
		[ $status = 0 ] || told=$((told + 1))
		is_told $status || bad="$bad $page: $command ends with $status"
	done
done
[ -z "$bad" ] && [ $told -gt 2 ]
result $? "a damaged page that the opening asks for ($told times told)$bad"
# Metadata that an earlier command has read with a hole is not read again by one that can do without a heap.
base=$("$program" analyze "$whole" -c clrmodules | awk '/System.Runtime.dll$/ { print $1 }')
if pack_damaged $(($(offset_of "$whole" "$(echo "$base" | tr A-F a-f)") / 4096 + 2)) 8M; then
	for expected in 'incomplete modules -v' 'incomplete sosstatus' 'incomplete maddress' 'ok modules' "ok db $base"; do
		"$program" analyze "$work/cut.zst" --jsonl --keep-going -c clrmodules -c "${expected#* }" > "$work/out" 2> /dev/null
		tail -n 1 "$work/out" | grep -q "\"status\":\"${expected%% *}\""
		result $? "behind a hole that clrmodules met, ${expected#* } is ${expected%% *}"
	done
fi
rm -rf "$work/frames" "$work/cut.zst"

# What is cut off is never said to be none: an answer is that of the whole dump, or says that it is not.
commands="clrthreads clrmodules dumpdomain timerinfo threadpool dumpasync gchandles syncblk dumplocks finalizequeue modules"
for name in sample-10.0-wks sample-9.0-srv; do
	zstd -dqcf tests/dumps/$name.core.zst > "$whole"
	size=$(wc -c < "$whole") bad= told=0
	for command in $commands; do
		"$program" analyze "$whole" --json -c $command > "$work/whole.$command" 2> /dev/null < /dev/null
	done
	for thousandth in 500 950 980 998; do
		head -c $((size / 1000 * thousandth)) "$whole" > "$work/cut.core"
		for command in $commands; do
			"$program" analyze "$work/cut.core" --json -c $command > "$work/out" 2> /dev/null < /dev/null
			[ $? = 0 ] || {
				told=$((told + 1))
				continue
			}
			cmp -s "$work/out" "$work/whole.$command" || bad="$bad $thousandth: $command"
		done
	done
	[ -z "$bad" ] && [ $told -gt 5 ]
	result $? "$name: an answer of a cut dump is whole or says that it is not ($told times)$bad"
done

# What an earlier command of the session could not read is not asked for again, and told again.
head -c $((size / 1000 * 950)) "$whole" > "$work/cut.core"
"$program" analyze "$work/cut.core" --jsonl --keep-going -c clrmodules -c clrmodules -c clrmodules > "$work/out" 2> /dev/null
[ "$(grep -c '"status":"incomplete"' "$work/out")" = 3 ]
result $? "what is missing is told by each of three commands"

# A mini dump that is cut: what it never had is no damage.
zstd -dqc tests/dumps/small-mini.core.zst > "$work/mini"
for hundredth in 99 95 90; do
	head -c $(($(wc -c < "$work/mini") / 100 * hundredth)) "$work/mini" > "$work/cut.core"
	"$program" analyze "$work/cut.core" -c verifyheap > "$work/out" 2>&1 < /dev/null
	status=$?
	[ $status != 4 ] && [ $status != 0 ]
	result $? "verifyheap of a mini dump cut at $hundredth hundredths: $status"
done

# A primitive's static whose type is not there: its bytes are known by the field, and no address is shown for them.
if command -v python3 > /dev/null; then
	zstd -dqcf tests/dumps/sample-10.0-wks.core.zst > "$work/cut.core"
	boolean=$("$program" analyze "$work/cut.core" -c 'dumpclass 7f74b66c63b0' |
		sed -n 's/^\([0-9a-f]*\) .* System.Boolean .* s_asyncDebuggingEnabled$/\1/p')
	python3 tests/cli/hole.py "$work/cut.core" "$boolean"
	expect 5 "a static whose type is not in the dump" "$program" analyze "$work/cut.core" \
		-c 'dumpclass 7f74b66c63b0'
	grep -qE 'System.Boolean +Yes +static +0 s_asyncDebuggingEnabled$' "$work/out"
	result $? "... has the value that stands there"
fi

# A packed dump whose checksum is wrong: nobody knows which byte it is.
zstd -dqc "$packed" | gzip -1 > "$work/flip.gz"
printf 'xxxx' | dd of="$work/flip.gz" bs=1 seek=$(($(wc -c < "$work/flip.gz") - 8)) conv=notrunc 2> /dev/null
expect 5 "a .gz with a wrong checksum" "$program" analyze "$work/flip.gz" -c eeversion
said out "the packed dump is damaged" "... says so in each answer"
expect 5 "... in a comparison, too" "$program" analyze "$whole" -c "diff $work/flip.gz"
said out "B ($work/flip.gz): the packed dump is damaged" "... of which side"
rm -f "$work/flip.gz"

# What the opening alone wanted to verify is not missing from an answer that does not ask for it. The
# names of threads are: without CoreLib's metadata they are not known.
zstd -dqf --sparse tests/dumps/small-gcore.core.zst -o "$work/gcore"
for line in registers 'setthread 1' modules 'eeheap -gc' verifyheap; do
	expect 0 "$line of a gcore without CoreLib's metadata" "$program" analyze "$work/gcore" -c "$line"
done
for line in threads setthread; do
	expect 5 "$line: its threads have no names" "$program" analyze "$work/gcore" -c "$line"
done
rm -f "$work/gcore"

# Types whose names are in files that are not here: what they are is not known.
zstd -dqc tests/dumps/small-kernel33.core.zst > "$work/nameless"
for command in dumpasync dumphttp; do
	expect 5 "$command without the files of modules" "$program" analyze "$work/nameless" -c $command
	said out "the dump lacks the metadata of" "... which is said"
done
finish
