#!/bin/sh
# The prompt over a pseudo-terminal, as somebody types at it.
. "$(dirname "$0")/lib"
command -v python3 > /dev/null || {
	echo "1..0 # SKIP python3 is not there"
	exit 77
}
need_dump
python3 tests/cli/prompt.py "$program" "$dump" "$work"
