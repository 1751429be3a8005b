#!/bin/sh
# Who waits for whom in the shipped dumps of tests/programs/locked: what each program said of itself, and no more.
. "$(dirname "$0")/lib"
command -v python3 > /dev/null || { echo "1..0 # SKIP no python3 here"; exit 77; }

for facts in tests/dumps/locked-*.facts; do
	name=$(basename "$facts" .facts)
	tests/live/locked_facts.py "$program" "$facts" "tests/dumps/$name.core.zst" > "$work/found" 2>&1
	result $? "$name: its deadlocks and its starved pool"
	sed 's/^/# /' "$work/found"
done
finish
