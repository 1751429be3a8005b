#!/bin/sh
# Who waits for whom in the shipped dumps of tests/programs/locked: what each program said of itself, and no more.
. "$(dirname "$0")/lib"
command -v python3 > /dev/null || { echo "1..0 # SKIP no python3 here"; exit 77; }

# Of a heap that cannot be read to its end, one MethodTable of an object that is no lock.
zstd -dqcf tests/dumps/sample-8.0-wks.core.zst > "$work/core"
for command in dumplocks report; do
	"$program" analyze "$work/core" -c $command | grep -q "^no deadlock of monitors"
	result $? "$command: of a whole heap it says that there is no deadlock"
done
printf '\020\0\0\0\0\0\0\0' | dd of="$work/core" bs=1 seek=$((0x3ca078)) conv=notrunc 2> /dev/null
for command in dumplocks report; do
	expect 5 "$command: of one that is not" "$program" analyze "$work/core" -c $command
	said out "deadlocks are not known: locks, or a part of the heap, could not be read" "it does not"
	expect 5 "nor in JSON" "$program" analyze "$work/core" --json -c $command
	said out '"all_known":false' "not all is known"
done
rm "$work/core"

for facts in tests/dumps/locked-*.facts; do
	name=$(basename "$facts" .facts)
	tests/live/locked_facts.py "$program" "$facts" "tests/dumps/$name.core.zst" > "$work/found" 2>&1
	result $? "$name: its deadlocks and its starved pool"
	sed 's/^/# /' "$work/found"
done

put() { # OFFSET BYTES: into the dump
	printf "$2" | dd of="$work/core" bs=1 seek=$(($1)) conv=notrunc 2> /dev/null
}

# What the dump's starved pool would be with other workers.
zstd -dqcf tests/dumps/locked-10.0-wks.core.zst > "$work/core"
put 0x411754 '\062\0\0\0'
expect 0 "a pool of which one thread waits for 50 ms at most" "$program" analyze "$work/core" --json -c "threadpool -stat"
said out '"starvation":{"state":"all_wait","workers":4,"waiting":4,"stuck":3,' "is not said to be starved"
put 0x411754 '\377\377\377\377'
put 0x10f5c00 '\014' # ".NET TP Worker" becomes ".NET TP Wait"
put 0x10f5c16 'a\0i\0t\0\0\0'
expect 0 "threads that wait for registered handles" "$program" analyze "$work/core" --json -c "threadpool -stat"
said out '"starvation":{"state":"goes_on","workers":0,' "are no workers"
rm "$work/core"
finish
