#!/bin/sh
# Is what the program says what the dumped process knew? PROGRAM [DUMP...] (without: those shipped).
# Beside each dump stands a .facts file, which the process itself printed (its form:
# tests/programs/sample/Facts.cs):
#
#	fact PATH = VALUE           get PATH is VALUE
#	count PATH = N              get PATH.Count is N
#	thread NAME PATH = VALUE    get -thread ID PATH is VALUE, or fails as unset
#
# All questions of one dump are asked in one run, with an unknown command before each as a mark.
dumps=
first=$1
shift
for dump; do
	dumps="$dumps $(realpath "$dump")"
done
set -- "$first"
. "$(dirname "$0")/lib"
export LC_ALL=C

# The number of the managed thread of this name, which the sample keeps in a dictionary.
thread_id() { # DUMP NAME
	"$program" analyze "$1" -c "get Demo.Program.Threads[\"$2\"]._managedThreadId" 2>/dev/null
}

# A script of questions, a mark before each, from the facts on stdin.
questions() { # THREADS
	awk -v threads="$1" '
	BEGIN {
		n = split(threads, words, " ")
		for (i = 1; i + 1 <= n; i += 2) id[words[i]] = words[i + 1]
	}
	!/^(fact|count|thread) / { next }
	{
		kind = $1
		name = $2
		path = substr($0, length(kind) + 2)
		if (kind == "thread") path = substr(path, length(name) + 2)
		sub(/ = .*$/, "", path)
		print "=" NR "="
		if (kind == "fact") print "get " path
		if (kind == "count") print "get " path ".Count"
		if (kind == "thread") print "get -thread " id[name] " " path
	}'
}

# The lines of the facts file with VALUE as text output has it, against the answers: FACTS ANSWERS.
compare() {
	awk '
	function hex(digits,    i, n) {
		n = 0
		for (i = 1; i <= length(digits); i++)
			n = n * 16 + index("0123456789abcdef", substr(digits, i, 1)) - 1
		return n
	}
	function utf8(point) {
		if (point < 128) return sprintf("%c", point)
		if (point < 2048) return sprintf("%c%c", 192 + int(point / 64), 128 + point % 64)
		if (point < 65536)
			return sprintf("%c%c%c", 224 + int(point / 4096), \
				128 + int(point / 64) % 64, 128 + point % 64)
		return sprintf("%c%c%c%c", 240 + int(point / 262144), 128 + int(point / 4096) % 64, \
			128 + int(point / 64) % 64, 128 + point % 64)
	}
	# As text output writes a unit: what is printable as UTF-8, the rest as an escape.
	function shown(unit) {
		if (unit in letter) return letter[unit]
		if (unit < 32 || (unit >= 127 && unit < 160)) return sprintf("\\u%04x", unit)
		if (unit >= 55296 && unit < 57344) return sprintf("\\u%04x", unit)
		return utf8(unit)
	}
	function unescaped(text,    to, unit, low) {
		to = ""
		while (text != "") {
			if (substr(text, 1, 2) == "\\u") {
				unit = hex(substr(text, 3, 4))
				text = substr(text, 7)
				low = substr(text, 1, 2) == "\\u" ? hex(substr(text, 3, 4)) : 0
				if (unit >= 55296 && unit < 56320 && low >= 56320 && low < 57344) {
					to = to utf8(65536 + (unit - 55296) * 1024 + low - 56320)
					text = substr(text, 7)
				} else {
					to = to shown(unit)
				}
			} else {
				if (substr(text, 1, 1) == "\\") text = substr(text, 2)
				to = to substr(text, 1, 1)
				text = substr(text, 2)
			}
		}
		return to
	}
	function expected(value) {
		if (value ~ /^".*"$/ || value ~ /^\047.*\047$/)
			return unescaped(substr(value, 2, length(value) - 2))
		if (value ~ /^0x/) return sprintf("%12s", substr(value, 3))
		return value
	}
	BEGIN {
		letter[8] = "\\b"; letter[9] = "\\t"; letter[10] = "\\n"; letter[12] = "\\f"
		letter[13] = "\\r"
	}
	/ \(the getter itself was not run\)$/ { next } # on stderr: what it read in its place
	FILENAME != ARGV[1] {
		if (match($0, /there is no command =[0-9]+=/)) {
			at = substr($0, RSTART + 21, RLENGTH - 22)
			lines = 0
		} else if (!lines++) {
			answer[at] = $0
		}
		next
	}
	/^(fact|count|thread) / { fact[FNR] = $0; last = FNR }
	END {
		for (i = 1; i <= last; i++) {
			if (!(i in fact)) continue
			value = fact[i]
			sub(/^[^=]*("[^"]*"[^=]*)* = /, "", value)
			wanted = expected(value)
			if (value ~ /^0x/) gsub(/ /, "0", wanted)
			total++
			if (answer[i] == wanted) continue
			# A thread that never touched a static has no value, or its default.
			if (value == "unset" && answer[i] ~ /unset|^0$|^null$/) continue
			bad++
			printf "#   %s\n#     answered: %s\n", fact[i], answer[i]
		}
		printf "%d of %d facts equal\n", total - bad, total
		exit bad > 0
	}' "$1" "$2"
}

check_dump() { # DUMP
	facts=${1%.zst}
	facts=${facts%.core}.facts
	threads=
	for name in $(awk '/^thread / { print $2 }' "$facts" | sort -u); do
		threads="$threads $name $(thread_id "$1" "$name")"
	done
	questions "$threads" < "$facts" > "$work/script"
	"$program" analyze "$1" --keep-going -x "$work/script" > "$work/answers" 2>&1
	compare "$facts" "$work/answers" > "$work/report"
	equal=$?
	sed '$d' "$work/report"
	result $equal "$(basename "$1"): $(tail -n 1 "$work/report")"
}

[ -n "$dumps" ] || dumps=$(ls tests/dumps/*.core.zst 2>/dev/null)
[ -n "$dumps" ] || {
	echo "there are no dumps in tests/dumps"
	exit 77
}
for dump in $dumps; do
	check_dump "$dump"
done
finish
