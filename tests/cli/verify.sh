#!/bin/sh
# verifyheap and verifyobj on a heap that was damaged on purpose: a reference, a MethodTable.
. "$(dirname "$0")/lib"
need_dump

poke() { # ADDRESS BYTES (octal escapes)
	printf "$2" | dd of="$dump" bs=1 seek="$(offset_of "$dump" "$1")" conv=notrunc 2> /dev/null
}

expect 0 "a heap that is whole" "$program" analyze "$dump" -c verifyheap
said out "No heap corruption detected." "says so"
gateway=$("$program" analyze "$dump" -c 'dumpheap -type Gateway -exact -short')
policies=$("$program" analyze "$dump" -c 'get Gateway.Instance._policies' | cut -c 1-12)
field=$(printf '%x' $((0x$gateway + 8)))
poke "$field" '\200\001\000\000\000\000\000\000'
expect 4 "a reference to nowhere" "$program" analyze "$dump" -c verifyheap
said out "InvalidObjectReference" "is named"
said out "Object $gateway has a bad member at offset 8: 180" "with its place"
said out " 1 error." "alone"
expect 4 "of the object itself" "$program" analyze "$dump" -c "verifyobj $gateway"
said out "InvalidObjectReference" "too"
expect 0 "of another object" "$program" analyze "$dump" -c "verifyobj $policies"
said out "object 0x$policies is a valid object" "nothing"
poke "$policies" '\110\001\000\000\000\000\000\000'
expect 4 "an object without a type" "$program" analyze "$dump" -c verifyheap --keep-going -c 'dumpheap -stat'
said out "Object $policies has an invalid method table 148" "is named"
# What a dump lacks cannot be read: that is no damage. The object's segment of the core ends before it.
zstd -dqcf "$packed" > "$dump"
cut_at() { # ADDRESS
	entry=0
	LC_ALL=C readelf -lW "$dump" | grep -E '^  [A-Z_]+ +0x' | while read -r type _ address _ size _; do
		if [ "$type" = LOAD ] && [ $((0x$1 > address && 0x$1 < address + size)) = 1 ]; then
			length=$((0x$1 - address))
			for shift in 0 8 16 24; do printf "\\$(printf %03o $((length >> shift & 255)))"; done |
				dd of="$dump" bs=1 seek=$((64 + entry * 56 + 32)) conv=notrunc 2> /dev/null
		fi
		entry=$((entry + 1))
	done
}
cut_at "$policies"
expect 5 "a dump that lacks a part of the heap" "$program" analyze "$dump" -c verifyheap
said out "No heap corruption detected." "is not called damaged"
said out "references lead to parts of the heap that cannot be read" "but incomplete"
expect 5 "an object whose reference leads there" "$program" analyze "$dump" -c "verifyobj $gateway"
expect 5 "an object that is there" "$program" analyze "$dump" -c "verifyobj $policies"
finish
