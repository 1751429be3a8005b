#!/bin/sh
# What the sample said of itself (tests/dumps/*.facts) is what clrpod reads in its dumps.
# tests/cli/facts.sh PROGRAM [FOLDER]
. "$(dirname "$0")/lib"

# Our text of strings and characters, as the sample writes them: everything but printable ASCII
# as \uXXXX.
normalise='
BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
{
	line = ""
	for (i = 1; i <= length($0); i++) {
		first = code[substr($0, i, 1)]
		if (first < 128) {
			line = line substr($0, i, 1)
			continue
		}
		more = first >= 240 ? 3 : first >= 224 ? 2 : 1
		point = first % (2 ^ (6 - more))
		for (; more > 0; more--)
			point = point * 64 + code[substr($0, ++i, 1)] % 64
		if (point < 65536) {
			line = line sprintf("\\u%04x", point)
		} else {
			point -= 65536
			line = line sprintf("\\u%04x\\u%04x", 55296 + int(point / 1024),
				56320 + point % 1024)
		}
	}
	gsub(/\\n/, "\\u000a", line)
	gsub(/\\t/, "\\u0009", line)
	gsub(/\\r/, "\\u000d", line)
	gsub(/\\b/, "\\u0008", line)
	gsub(/\\f/, "\\u000c", line)
	print line
}'

separator=$(printf '\001')
check_facts() { # FACTS DUMP
	name=$(basename "$1" .facts)
	sed -n 's/^fact \(.*\) = .*$/\1/p' "$1" > "$work/paths"
	# get prints text as it is, for scripts: the sample quotes it.
	sed -n 's/^fact .* = \(.*\)$/\1/p' "$1" |
		sed "/^[\"'].*[\"']\$/{s/^.//;s/.\$//;s/\\\\\([\"\\\\]\)/\\1/g}" > "$work/expected"
	# The dumps lack the code of the getter Policies: get refuses to guess.
	sed 's/^/get /;s/\.Policies\[/._policies[/' "$work/paths" > "$work/script"
	# A path whose value cannot be read has one line too: its error.
	"$program" analyze "$2" --keep-going -x "$work/script" 2>&1 |
		grep -vE "^(This answer is not whole|  )|as the getter's code says" |
		LC_ALL=C awk "$normalise" > "$work/actual"
	[ "$(wc -l < "$work/actual")" = "$(wc -l < "$work/paths")" ] || {
		echo "# $(wc -l < "$work/actual") answers to $(wc -l < "$work/paths") questions"
		result 1 "$name: a line an answer"
	}
	paste -d "$separator" "$work/paths" "$work/expected" "$work/actual" |
		LC_ALL=C awk -F "$separator" -v name="$name" -v number="$number" '{
			number++
			if (sub(/^0x/, "", $2)) # a pointer: get pads it
				sub(/^0*/, $3 ~ /^0*$/ ? "0" : "", $3)
			if ($2 == $3) {
				printf "ok %d - %s: %s\n", number, name, $1
			} else {
				printf "# got      %s\n# expected %s\n", $3, $2
				printf "not ok %d - %s: %s\n", number, name, $1
			}
		}' > "$work/tap"
	cat "$work/tap"
	number=$((number + $(wc -l < "$work/paths")))
	failures=$((failures + $(grep -c '^not ok' "$work/tap")))
}

check_counts() { # FACTS DUMP
	name=$(basename "$1" .facts)
	sed -n 's/^count \(.*\) = .*$/\1/p' "$1" > "$work/paths"
	sed -n 's/^count .* = \(.*\)$/\1/p' "$1" > "$work/expected"
	sed 's/^/dumpcollection -length 0 /;s/\.Policies$/._policies/' "$work/paths" > "$work/script"
	"$program" analyze "$2" --keep-going -x "$work/script" 2>&1 |
		sed -nE 's/^Count: ([0-9,]*).*/\1/p;/^clrpod:/p' | tr -d , > "$work/actual"
	paste -d "$separator" "$work/paths" "$work/expected" "$work/actual" > "$work/rows"
	while IFS="$separator" read -r path expected actual; do
		[ "$expected" = "$actual" ] || echo "# got $actual, expected $expected"
		[ "$expected" = "$actual" ]
		result $? "$name: count of $path"
	done < "$work/rows"
}

# Thread statics, by the thread's name. Small ones may stand in every thread's own block, where a
# thread that never touched them has zeros: that is "unset" too.
check_threads() { # FACTS DUMP
	name=$(basename "$1" .facts)
	: > "$work/script"
	for thread in $("$program" analyze "$2" -c \
		'dumpheap -type System.Threading.Thread -exact -short'); do
		echo "get $thread._name"
		echo "get $thread._managedThreadId"
	done > "$work/script"
	"$program" analyze "$2" -x "$work/script" | paste -d ' ' - - > "$work/threads"
	sed -n 's/^thread //p' "$1" > "$work/rows"
	while read -r thread path expected; do
		expected=${expected#= }
		expected=$(echo "$expected" | sed 's/^"\(.*\)"$/\1/')
		id=$(sed -n "s/^$thread //p" "$work/threads")
		actual=$("$program" analyze "$2" -c "get -thread $id $path" 2>&1)
		[ "$expected" = unset ] && case $actual in
		0 | *" is unset on thread $id"*) actual=unset ;;
		esac
		[ "$expected" = "$actual" ] || echo "# got $actual, expected $expected"
		[ "$expected" = "$actual" ]
		result $? "$name: thread $thread: $path"
	done < "$work/rows"
}

# Another folder of NAME.facts and NAME.core may follow the program.
found=false
for facts in "${2-tests/dumps}"/*.facts; do
	grep -q '^fact ' "$facts" || continue
	dump=${facts%.facts}.core
	if [ -f "$dump.zst" ]; then
		zstd -dqfc "$dump.zst" > "$work/dump" || exit 1
		dump=$work/dump
	elif [ ! -f "$dump" ]; then
		continue
	fi
	found=true
	check_facts "$facts" "$dump"
	check_counts "$facts" "$dump"
	check_threads "$facts" "$dump"
done
[ $found = true ] || {
	echo "there are no dumps in tests/dumps"
	exit 77
}
finish
