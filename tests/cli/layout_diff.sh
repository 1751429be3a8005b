#!/bin/sh
# tools/layout-diff: what differs between two layouts, and nothing else.
. "$(dirname "$0")/lib"
command -v python3 >/dev/null 2>&1 || {
	echo "python3 is not installed"
	exit 77
}
data=heap/contract/data
expect 0 "a layout and itself" tools/layout-diff $data/9.0-x64.json $data/9.0-x64.json
said out "0 of " "do not differ"
expect 1 "x64 and arm64" tools/layout-diff $data/9.0-x64.descriptor.json \
	$data/9.0-arm64.descriptor.json
grep -qE '^Thread\.LinkNext +\[112, "pointer"\] +\[152, "pointer"\] +\+40$' "$work/out"
result $? "a field that shifts, by how much"
[ "$(grep -c '^Module\.' "$work/out")" = 11 ]
result $? "every field of Module that does"
expect 1 "the GC's part" tools/layout-diff $data/10.0-x64.json $data/10.0-arm64.json
grep -qE '^GC: GCHeap\.OomData +12760 +12768 +\+8$' "$work/out"
result $? "is named with its sub-descriptor"
expect 2 "no such file" tools/layout-diff "$work/none" $data/9.0-x64.json
finish
