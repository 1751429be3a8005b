#!/bin/bash
# Dumps of a live .NET process in each form: types, packed, through a pipe, cut in the middle. TAP on stdout.
#
# usage: live_stream.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
is_alone() { is_free && [ -z "$(pgrep -P "$victim")" ]; }

build_program sample
start_program Sample.dll
grep -v '^END' "$work/printed" >"$work/facts"
kill -STOP "$victim" # every dump of one moment
"$program" collect -p "$victim" -o "$work/full.core" >"$log" 2>&1 || skip_all "$(tail -n 1 "$log")"
"$program" analyze "$work/full.core" -c 'dumpheap -stat' >"$work/truth" 2>&1

same_heap() { "$program" analyze "$1" -c 'dumpheap -stat' 2>/dev/null >"$log"; diff "$work/truth" "$log" >/dev/null; }
# Fewer bytes of data than in the other file (holes are none).
smaller() { [ "$(stat -c %b "$1")" -lt "$(stat -c %b "$2")" ]; }

for type in Heap Full; do
	core=$work/$type.core
	ok "--type $type" gives 0 "$program" collect -p "$victim" -o "$core" --type $type --force
	ok "... has every object, with its name" same_heap "$core"
	ok "... and what the process knew" gives 0 "$here/../matrix/facts" "$program" "$core" "$work/facts"
done
ok "Heap is smaller than Full" smaller "$work/Heap.core" "$work/Full.core"
ok "--type Mini" gives 0 "$program" collect -p "$victim" -o "$work/mini.core" --type Mini
ok "... is smaller than Heap" smaller "$work/mini.core" "$work/Heap.core"
ok "... has no heap" gives 1 "$program" analyze "$work/mini.core" -c 'dumpheap -stat'
ok "... and says so" one_sentence 'most of the GC heap is not in the dump'
ok "... modules, threads" gives 0 "$program" analyze "$work/mini.core" -c eeversion -c clrmodules -c clrthreads
ok "... by name" said 'Sample\.dll$'
createdump=$(sed -n 's|.* \(/.*\)/libcoreclr.so$|\1/createdump|p' "/proc/$victim/maps" | head -n 1)
if "$createdump" --withheap -f "$work/createdump.core" "$victim" >"$log" 2>&1; then
	ok "Heap is no larger than createdump's and a half" test "$(stat -c %b "$work/Heap.core")" -le \
		$(($(stat -c %b "$work/createdump.core") * 3 / 2))
	ok "createdump's has the same objects" same_heap "$work/createdump.core"
	"$createdump" --full -f "$work/createdump.core" "$victim" >"$log" 2>&1
	ok "... and its full one" same_heap "$work/createdump.core"
	rm -f "$work/createdump.core"
else
	skip "Heap beside createdump's" "$(tail -n 1 "$log")"
fi
if command -v gcore >/dev/null; then
	echo 0x3f >"/proc/$victim/coredump_filter"
	gcore -o "$work/gcore" "$victim" >"$log" 2>&1
	ok "gdb's core with file pages has the same objects" same_heap "$work/gcore.$victim"
	kill -STOP "$victim"
	rm -f "$work/gcore.$victim"
else
	skip "gdb's core" "no gcore here"
fi

ok "--zstd" gives 0 "$program" collect -p "$victim" -o "$work/packed" --zstd
ok "... is a zstd file" test "$(od -An -tx4 -N4 "$work/packed" | tr -d ' ')" = fd2fb528
ok "... opens, with every object" same_heap "$work/packed"
ok "... without unpacking it" gives 0 env TMPDIR=/nonexistent "$program" analyze "$work/packed" -c eeversion
ok "... not a word of room" test "$(grep -c unpacking "$log")" = 0
ok "by the name .zst" gives 0 "$program" collect -p "$victim" -o "$work/named.core.zst"
ok "... as small" test "$(stat -c %s "$work/named.core.zst")" -lt $(($(stat -c %s "$work/full.core") / 2))
if command -v zstd >/dev/null; then
	zstd -dqc "$work/packed" >"$work/unpacked.core" 2>"$log"
	ok "zstd unpacks it" same_heap "$work/unpacked.core"
else
	skip "zstd unpacks it" "no zstd here"
fi

# kubectl exec's stdout.
to_pipe() { "$program" collect -p "$victim" -o - "$@" 2>"$log" | cat >"$work/piped"; [ "${PIPESTATUS[0]}" = 0 ]; }
ok "-o - --zstd into a pipe" to_pipe --zstd
ok "... opens, with every object" same_heap "$work/piped"
ok "-o - into a pipe, as it is" to_pipe
ok "... opens, with every object" same_heap "$work/piped"
ok "... and with --json the answer is elsewhere" to_pipe --json --type Heap
ok "... the document on stderr" said '"command":"collect"'
ok "... the dump alone on stdout" same_heap "$work/piped"
if command -v script >/dev/null; then
	ok "-o - on a terminal: refused" test "$(script -qec "$program collect -p $victim -o -" /dev/null >"$log" 2>&1; echo $?)" = 2
	ok "... in one sentence" one_sentence 'terminal'
else
	skip "-o - on a terminal" "no script(1) here"
fi
cut_pipe() {
	"$program" collect -p "$victim" -o - --zstd=1 2>"$log" | head -c "$1" >"$work/cut"
	[ "${PIPESTATUS[0]}" = 5 ]
}
ok "the pipe is cut in the middle: status 5" cut_pipe 2000000
ok "... in one sentence" one_sentence 'the core ends after [0-9]+ of [0-9]+ MiB: .*Broken pipe'
ok "... the process is as it was" test -d "/proc/$victim"
kill -CONT "$victim"
ok "... and runs on" soon is_alone
kill -STOP "$victim"

# Whatever is left of a stream opens, with its coverage, or says what is missing.
leftover() { # FILE
	timeout -s KILL 20 "$program" analyze "$1" -c eeversion -c 'dumpheap -stat' >"$log" 2>&1
	case $? in
	0 | 5) said 'cut short|is not whole|damaged' ;;
	1 | 3) said 'bytes|empty|ends' ;;
	*) false ;;
	esac
}
size=$(stat -c %s "$work/packed")
opened=0
for tenth in 1 2 3 4 5 6 7 8 9; do
	head -c $((size * tenth / 10)) "$work/packed" >"$work/left.zst"
	ok "$tenth tenths of a packed dump" leftover "$work/left.zst"
	if grep -q Workstation "$log"; then opened=$((opened + 1)); fi
done
ok "the runtime's data come first: $opened of 9 open" test $opened -ge 8
kill -CONT "$victim"
left=0 bad=0
blocks=$(stat -c %b "$work/full.core")
# Does the core have its heap, or begin to? Of this program the runtime's data are nearly four fifths.
has_heap() { [ -e "$work/victim.core" ] || [ "$(stat -c %b "$work/victim.core.partial" 2>/dev/null || echo 0)" -gt $((blocks * 4 / 5)) ]; }
for try in 1 2 3 4 5 6 7 8 9 10; do
	: >"$work/printed" # the END of the one before
	DOTNET_ROLL_FORWARD=Major dotnet "$work/app/Sample.dll" <"$work/stdin" >"$work/printed" 2>&1 &
	other=$!
	soon grep -q '^END' "$work/printed"
	"$program" collect --freeze -p $other -o "$work/victim.core" --force >"$log" 2>&1 &
	collector=$!
	# Half of the moments are drawn from when there is a heap in it.
	if [ $((try % 2)) = 0 ]; then while kill -0 $collector && ! has_heap; do sleep 0.01; done; fi
	sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
	kill -KILL $other
	wait $other $collector 2>/dev/null
	for file in "$work/victim.core" "$work/victim.core.partial"; do
		if [ -s "$file" ]; then
			left=$((left + 1))
			"$program" analyze "$file" -c eeversion -c 'dumpheap -stat' >"$log" 2>&1
			case $? in 0 | 1 | 3 | 5) ;; *) bad=$((bad + 1)); tail -n 3 "$log" ;; esac
		fi
		rm -f "$file"
	done
done 2>/dev/null
ok "the process is killed at 10 random moments: $left leftovers open or say what is missing" test $bad = 0 -a $left -gt 0
finish
