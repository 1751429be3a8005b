#!/bin/bash
# What others read in our dumps of a .NET process, Full and Heap, of a snapshot and of --freeze: ClrMD on the runtime's own
# DAC sees the objects, none of them invalid, and each thread's managed frames as in a dump of createdump; gdb lists the
# threads and unwinds each as it does in the process itself. TAP on stdout.
#
# usage: live_oracle.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, ClrMD's package, gdb. Exit status 77: skipped, with the reason.
set -u
program=$(realpath "${1:?usage: live_oracle.sh PROGRAM}")
here=$(cd "$(dirname "$0")" && pwd)
number=0 failures=0 sample=
skip_all() { echo "1..0 # SKIP $1"; exit 77; }
command -v dotnet >/dev/null || skip_all "no dotnet here"
work=$(mktemp -d) || exit 1
log=$work/log
cleanup() {
	if [ -n "$sample" ]; then
		disown "$sample" # or bash tells of its end
		kill -KILL "$sample"
	fi
	rm -rf "$work"
}
trap cleanup EXIT

ok() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$log" 2>&1; then echo "ok $number - $name"; else
		failures=$((failures + 1))
		echo "not ok $number - $name"
		tail -n 20 "$log" | cut -c -300 | sed 's/^/# /'
	fi
}
skip() { number=$((number + 1)); echo "ok $number - $1 # SKIP $2"; }

build() { # NAME SOURCE PROJECT
	cp -r "$2" "$work/$1.source" &&
		(cd "$work" && dotnet build -c Release --artifacts-path "$1.artifacts" -o "$1" "$1.source/$3") >"$log" 2>&1 ||
		skip_all "the $1 could not be built: $(grep -m 1 -E 'error|not' "$log")"
}
build sample "$here/../programs/sample" sample.csproj
build oracle "$here/../oracle" oracle.csproj
mkfifo "$work/stdin"
DOTNET_ROLL_FORWARD=Major dotnet "$work/sample/Sample.dll" <"$work/stdin" >"$work/facts" 2>&1 &
sample=$!
exec 3>"$work/stdin"
for _ in $(seq 600); do grep -q '^END' "$work/facts" && break; sleep 0.05; done
grep -q '^END' "$work/facts" || { cat "$work/facts"; exit 1; }
"$program" collect -p "$sample" -o "$work/snapshot.Full.core" >"$log" 2>&1 || skip_all "$(tail -n 1 "$log")"
runtime=$(sed -n 's|.* \(/.*\)/libcoreclr.so$|\1|p' "/proc/$sample/maps" | head -n 1)
# Every dump of one moment. What the threads do, as gdb sees it in the process: each thread's frames, IP and name.
kill -STOP "$sample"
backtraces() { # GDB-ARGUMENT...
	gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set width 0' -ex 'thread apply all backtrace -frame-arguments none 40' \
		"$@" 2>/dev/null | sed -n '/^Thread /,$p' |
		sed -n 's/^Thread [0-9]* .*LWP \([0-9]*\).*/thread \1/p; s/^#[0-9]* *//p' | sed 's/ from .*//; s/ at .*//'
}
oracle() { dotnet "$work/oracle/Oracle.dll" check "$1" --dac "$runtime/libmscordaccore.so" --files "$runtime" --files "$work/sample"; }

"$runtime/createdump" --full -f "$work/createdump.core" "$sample" >"$log" 2>&1 || skip_all "createdump: $(tail -n 1 "$log")"
oracle "$work/createdump.core" >"$work/truth" 2>"$log" || skip_all "ClrMD cannot read createdump's dump: $(tail -n 1 "$log")"
ok "there is something to compare" test "$(grep -c '^stack' "$work/truth")" -ge 6 -a "$(sed -n 's/^objects\t//p' "$work/truth")" -gt 1000
if command -v gdb >/dev/null; then
	backtraces -p "$sample" >"$work/frames"
	ok "gdb sees the threads of the process" test "$(grep -c '^thread' "$work/frames")" = "$(find "/proc/$sample/task" -mindepth 1 -maxdepth 1 | wc -l)"
fi
for way in snapshot freeze; do
	for type in Full Heap; do
		core=$work/$way.$type.core
		ok "$way, $type" "$program" collect -p "$sample" -o "$core" --type "$type" --force $([ $way = snapshot ] || echo --freeze)
		oracle "$core" >"$work/check" 2>&1
		ok "... ClrMD: no invalid object" grep -qx 'invalid	0' "$work/check"
		ok "... ClrMD: the same objects and managed frames" diff "$work/truth" "$work/check"
		clrpod=$("$program" analyze "$core" --json -c 'dumpheap -stat' 2>"$log" | sed -n 's/.*"total":{"count":\([0-9]*\),.*/\1/p')
		ok "... clrpod: as many objects" test "$clrpod" = "$(sed -n 's/^objects\t//p' "$work/truth")"
		if command -v gdb >/dev/null; then
			backtraces "$(readlink "/proc/$sample/exe")" "$core" >"$work/core.frames"
			ok "... gdb: the threads and their frames as in the process" diff <(sort "$work/frames") <(sort "$work/core.frames")
		else
			skip "... gdb: the threads and their frames as in the process" "no gdb"
		fi
		rm -f "$core"
	done
done
echo "1..$number"
[ $failures = 0 ]
