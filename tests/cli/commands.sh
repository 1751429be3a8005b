#!/bin/sh
# Every command of the registry, with and without an address, on a good dump, on one without a heap,
# on dumps that are cut and on one that is damaged: it ends in time, never by a signal, a failure is
# one sentence, JSON is valid and ends with the status. Commands that come later are in this at once.
. "$(dirname "$0")/lib"
need_dump
for name in small-mini arm64-9.0-heap; do
	zstd -dqc "tests/dumps/$name.core.zst" > "$work/$name.core" || exit 77
done
size=$(wc -c < "$dump")
head -c $((size / 2)) "$dump" > "$work/half.core"
head -c $(($(wc -c < "$work/arm64-9.0-heap.core") * 97 / 100)) "$work/arm64-9.0-heap.core" > "$work/cut.core"
# Pages of ones in 40 places.
cp "$dump" "$work/damaged.core"
head -c 4096 /dev/zero | tr '\000' '\377' > "$work/page"
for place in $(seq 40); do
	dd if="$work/page" of="$work/damaged.core" bs=4096 conv=notrunc \
		seek=$((size / 4096 * place / 41)) 2> /dev/null
done
"$program" analyze "$dump" -c 'dumpheap -type PaymentException -short' > "$work/object"
object=$(head -n 1 "$work/object")
: > "$work/nothing"
valid_json "$work/nothing" # builds the checker

complain() { # TEXT
	bad="$bad
# $line on $(basename "$core"): $1"
}

check_text() {
	timeout -s KILL 20 "$program" analyze "$core" -c "$line" > out 2> err < /dev/null
	status=$?
	grep -v "is cut short: \|^clrpod: packing\|^clrpod: unpacking" err > sentences
	lines=$(wc -l < sentences)
	case $status in
	0 | 4 | 5) [ "$lines" = 0 ] || complain "status $status and $(head -n 1 sentences)" ;;
	1 | 2 | 3)
		[ "$lines" = 1 ] && grep -q '^clrpod: ..' sentences ||
			complain "status $status and $lines lines: $(head -n 2 sentences)"
		;;
	*) complain "status $status" ;;
	esac
	[ $status != 5 ] || grep -q '^This answer is not whole' out || complain "5 without a reason"
}

check_json() {
	timeout -s KILL 20 "$program" analyze "$core" --json -c "$line" > json 2> err < /dev/null
	[ $? = $status ] || complain "another status than $status in JSON"
	[ "$(wc -l < json)" = 1 ] && ../json_check json || complain "not one JSON document"
	case $status in
	0 | 4) tail -c 30 json | grep -qE '"status":"(ok|false)"[,}]' ;;
	5) grep -q '"status":"incomplete"' json ;;
	*) grep -q '"status":"error","error":{"code":"[a-z_]*","message":".' json ;;
	esac || complain "JSON has not the status $status: $(tail -c 200 json)"
}

# The complaints about a command, in a folder of its own: whatever it writes, it writes there.
try_command() { # COMMAND
	bad=
	mkdir "$work/$1" && cd "$work/$1" || return 1
	for core in "$dump" ../small-mini.core ../half.core ../cut.core ../damaged.core; do
		for arguments in "" " 8" " $object"; do
			[ -z "$arguments" ] || [ "$core" != ../half.core ] || continue
			line=$1$arguments
			check_text
			check_json
			# An address that is none is not answered; but verifyobj says just that.
			case $1:$arguments:$core:$status in
			verifyobj:*) ;;
			*:" 8:$dump:0")
				"$program" analyze "$core" -c "help $1" |
					grep -qE "^Usage: $1 \[*ADDRESS" &&
					complain "takes 8 for an address"
				;;
			esac
		done
	done
	echo "$bad" > complaints
}

# Every how-manieth, from one on; so each processor has its share.
try_share() { # FIRST STEP COMMAND...
	first=$1 step=$2
	shift 2
	at=0
	for command; do
		[ $((at % step)) != "$first" ] || (try_command "$command")
		at=$((at + 1))
	done
}

commands=$("$program" --help | sed -n '/^Commands of analyze/,/^$/s/^  \([a-z0-9]*\) .*/\1/p')
shares=$(nproc)
for share in $(seq 0 $((shares - 1))); do
	# shellcheck disable=SC2086 # a list
	try_share "$share" "$shares" $commands &
done
wait
for command in $commands; do
	bad=$(cat "$work/$command/complaints") && [ -z "$bad" ]
	result $? "$command$bad"
done
[ "$number" -gt 20 ]
result $? "$number commands"
finish
