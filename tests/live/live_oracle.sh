#!/bin/bash
# What others read in our dumps of a .NET process, Full and Heap, of a snapshot and of --freeze: ClrMD on the runtime's own
# DAC sees the objects, none of them invalid, and each thread's managed frames as in a dump of createdump; gdb lists the
# threads and unwinds each as it does in the process itself. TAP on stdout.
#
# usage: live_oracle.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, ClrMD's package, gdb. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"

build_program sample
cp -r "$here/../oracle" "$work/oracle.source"
(cd "$work" && dotnet build -c Release --artifacts-path artifacts -o oracle oracle.source/oracle.csproj) >"$log" 2>&1 ||
	if grep -q 'error CS' "$log"; then cat "$log"; exit 1; else skip_all "ClrMD cannot be had: $(grep -m 1 error "$log")"; fi
start_program Sample.dll
clrpod collect -p "$victim" -o "$work/snapshot.Full.core" || skip_all "$(tail -n 1 "$log")"
runtime=$(sed -n 's|.* \(/.*\)/libcoreclr.so$|\1|p' "/proc/$victim/maps" | head -n 1)
kill -STOP "$victim" # every dump of one moment

# What the threads do, as gdb sees it: each thread's frames, IP and name.
backtraces() { # GDB-ARGUMENT...
	gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set width 0' -ex 'thread apply all backtrace -frame-arguments none 40' \
		"$@" 2>/dev/null | sed -n '/^Thread /,$p' |
		sed -n 's/^Thread [0-9]* .*LWP \([0-9]*\).*/thread \1/p; s/^#[0-9]* *//p' | sed 's/ from .*//; s/ at .*//'
}
oracle() { dotnet "$work/oracle/Oracle.dll" check "$1" --dac "$runtime/libmscordaccore.so" --files "$runtime" --files "$work/app"; }
same() { diff <(sort "$1") <(sort "$2") >"$log"; }

"$runtime/createdump" --full -f "$work/createdump.core" "$victim" >"$log" 2>&1 || skip_all "createdump: $(tail -n 1 "$log")"
oracle "$work/createdump.core" >"$work/truth" 2>"$log" || skip_all "ClrMD cannot read createdump's dump: $(tail -n 1 "$log")"
objects=$(sed -n 's/^objects\t//p' "$work/truth")
ok "there is something to compare" test "$(grep -c '^stack' "$work/truth")" -ge 6 -a "$objects" -gt 1000
if command -v gdb >/dev/null; then
	backtraces -p "$victim" >"$work/frames"
	ok "gdb sees the threads of the process" test "$(grep -c '^thread' "$work/frames")" = "$(find "/proc/$victim/task" -mindepth 1 -maxdepth 1 | wc -l)"
fi
for way in snapshot freeze; do
	for type in Full Heap; do
		core=$work/$way.$type.core
		ok "$way, $type" gives 0 "$program" collect -p "$victim" -o "$core" --type "$type" --force $([ $way = snapshot ] || echo --freeze)
		oracle "$core" >"$work/check" 2>&1
		ok "... ClrMD: no invalid object" grep -qx 'invalid	0' "$work/check"
		ok "... ClrMD: the same objects and managed frames" same "$work/truth" "$work/check"
		count=$("$program" analyze "$core" --json -c 'dumpheap -stat' 2>"$log" | sed -n 's/.*"total":{"count":\([0-9]*\),.*/\1/p')
		ok "... clrpod: as many objects" test "$count" = "$objects"
		ok "... each of them whole" gives 0 "$program" analyze "$core" -c verifyheap
		if command -v gdb >/dev/null; then
			backtraces "$(readlink "/proc/$victim/exe")" "$core" >"$work/core.frames"
			ok "... gdb: the threads and their frames as in the process" same "$work/frames" "$work/core.frames"
		else
			skip "... gdb: the threads and their frames as in the process" "no gdb"
		fi
		rm -f "$core"
	done
done
finish
