#!/bin/sh
# --threads N: the same answer, text and JSON, stderr and exit status, byte by byte, however many walk
# the heap: of a core that is mapped, a packed one that is not, one that is cut, one with holes.
. "$(dirname "$0")/lib"

dump_of() { # NAME: unpacked, as $work/NAME.core
	zstd -dqcf "tests/dumps/$1.core.zst" > "$work/$1.core"
}

# One command's, in a file: what it prints, says, and ends with.
answer() { # FILE ARGUMENT...
	file=$1
	shift
	timeout 60 "$program" "$@" > "$work/out" 2> "$work/err" < /dev/null
	status=$?
	{
		cat "$work/out"
		echo "stderr:"
		cat "$work/err"
		echo "status: $status"
	} > "$file"
}

differences=0
compared=0
empty=0
compare() { # ARGUMENT...: with one thread, and with more
	answer "$work/alone" "$@" --threads 1
	[ -s "$work/out" ] || empty=$((empty + 1))
	for threads in 2 3 8; do
		answer "$work/together" "$@" --threads $threads
		compared=$((compared + 1))
		cmp -s "$work/alone" "$work/together" && continue
		differences=$((differences + 1))
		echo "# differs with $threads threads: $*"
		diff "$work/alone" "$work/together" | head -n 5 | cut -c -200 | sed 's/^/# /'
	done
}

# All since the last time.
compared_as() { # NAME
	[ $differences = 0 ] && [ $compared -gt 0 ]
	result $? "$1 ($compared compared, $empty with nothing to say)"
	differences=0
	compared=0
	empty=0
}

walks='dumpheap -stat
dumpheap -type Gateway
dumpheap -type nosuchtypeatall
dumpheap -type STRING -stat
dumpheap -short
dumpheap -strings
dumpheap -thinlock
dumpheap -min 1000 -max 5000
dumpheap -type System.String -limit 1
dumpheap -limit 700
dumpgen gen0
dumpgen gen2 -type String
dumpgen loh
sizestats
gcheapstat
verifyheap
report
ephrefs
dumpexceptions
dumplocks
dumpasync
dumphttp
dumprequests
dumpruntimetypes
dumpconcurrentdictionary
dumpheap -stat |> sort Count -r |> head 5
dumpheap -short |> head 3'

compare_walks() { # DUMP
	while read -r line; do
		compare analyze "$1" -c "$line"
		compare analyze "$1" --json -c "$line"
	done << END
$walks
END
}

for name in sample-10.0-srv arm64-10.0-heap; do
	dump_of $name && compare_walks "$work/$name.core"
	compared_as "$name"
done

# In one session, where types are known from the first command on; packed, what is read is copied.
echo "$walks" > "$work/script"
for name in sample-10.0-wks small-packed-heap; do
	compare analyze "tests/dumps/$name.core.zst" --keep-going -x "$work/script"
	compare analyze "tests/dumps/$name.core.zst" --keep-going --json -x "$work/script"
done
compared_as "packed dumps, in one session"

# Whose types lack their names: what an answer that ends early says of that is of what it looked at.
for line in 'dumpheap -type System.String -limit 1' 'dumpheap -type Object -limit 2' 'dumpheap -limit 5' 'dumpheap -stat'; do
	compare analyze tests/dumps/small-kernel33.core.zst --json -c "$line"
	compare analyze tests/dumps/small-single-heap.core.zst --json -c "$line"
done
compared_as "dumps without metadata"

dump_of sample-10.0-wks && dump=$work/sample-10.0-wks.core
compare diff "$work/sample-10.0-srv.core" "$dump"
compare diff "$work/sample-10.0-srv.core" "$dump" --json
compared_as "diff"

# Of the heap a part is missing, or what its types are known by.
cut() { # NAME PERCENT
	dump_of $1
	head -c $(($(stat -c %s "$work/$1.core") * $2 / 100)) "$work/$1.core" > "$work/cut.core"
	compare_walks "$work/cut.core"
	compared_as "$1, cut at $2 %"
}
cut musl-10.0-heap 94
cut small-single-heap 60

addresses=$("$program" analyze "$dump" -c 'dumpheap -short' | sed -n '20p;400p;1500p;3000p;4500p')
cp "$dump" "$work/holes.core"
for address in $addresses; do
	python3 tests/cli/hole.py "$work/holes.core" "$address"
done
compare_walks "$work/holes.core"
compared_as "a dump with holes in its heap"
finish
