#!/bin/sh
# dumpasync on a damaged heap: tasks that continue each other in a circle end, and what is no task is counted.
. "$(dirname "$0")/lib"
need_dump

# The value of a field (16 hex digits) of an object: field OBJECT NAME.
field() { "$program" analyze "$dump" -c "do $1" | awk -v name="$2" '$NF == name { print $(NF - 1) }'; }
# patch ADDRESS HEX: eight bytes at an address of the process.
patch() {
	bytes=$(echo "$2" | sed 's/\(..\)/\1 /g' | awk '{ for (i = NF; i; i--) printf "\\x%s", $i }')
	# shellcheck disable=SC2059
	printf "$(echo "$bytes" | awk '{
		n = split($0, part, "\\\\x")
		for (i = 2; i <= n; i++) {
			high = index("0123456789abcdef", substr(part[i], 1, 1)) - 1
			low = index("0123456789abcdef", substr(part[i], 2, 1)) - 1
			printf "\\%03o", high * 16 + low
		}
	}')" | dd of="$dump" bs=1 seek="$(offset_of "$dump" "$1")" conv=notrunc 2> /dev/null
}

"$program" analyze "$dump" -c 'dumpasync' > "$work/whole"
source=$(awk '/Task</ { print $1; exit }' "$work/whole")
inner=$(awk '/<Inner>/ { print $1; exit }' "$work/whole")
outer=$(awk '/<Outer>/ { print $1; exit }' "$work/whole")
offset=$("$program" analyze "$dump" -c "do $outer" | awk '$NF == "m_continuationObject" { print $3 }')
[ -n "$source" ] && [ -n "$inner" ] && [ -n "$outer" ] && [ -n "$offset" ]
result $? "a stack of three"
slot() { printf '%x' $((0x$1 + 0x$offset)); }

patch "$(slot "$outer")" "$inner"
expect 0 "a circle behind a root" timeout 20 "$program" analyze "$dump" -c dumpasync -c 'dumpasync --coalesce'
[ "$(grep -c '<Inner>' "$work/out")" = 4 ]
result $? "... ends where it began"
patch "$(slot "$outer")" "$source"
expect 0 "a circle without a root" timeout 20 "$program" analyze "$dump" -c dumpasync -c 'dumpasync --stats'
said out "in a circle" "... is told"
patch "$(slot "$outer")" 0000000000000008
expect 5 "a continuation that is no object" timeout 20 "$program" analyze "$dump" -c dumpasync
said out "could not be read whole" "... is told"
finish
