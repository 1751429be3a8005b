#!/bin/sh
# A dump and processes whose texts are made to take a terminal over: nothing of it arrives.
. "$(dirname "$0")/lib"
command -v python3 > /dev/null || {
	echo "1..0 # SKIP python3 is not there"
	exit 77
}
ldd "$program" 2>/dev/null | grep -q libasan && {
	echo "1..0 # SKIP not for a program with sanitizers: it takes minutes"
	exit 77
}
need_dump
python3 tests/cli/hostile.py "$program" "$dump" "$work"
