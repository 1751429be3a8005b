#!/bin/bash
# clrpod in the container of its target, whose memory limit is nearly reached: what it takes for itself must not be what
# kills the process. TAP on stdout.
#
# usage: live_own_memory.sh PROGRAM     (build/release/clrpod)
# needs: cc; root, for a control group. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
make_group
inside() { (echo "$BASHPID" >"$group/cgroup.procs" && exec "$program" "$@" 2>"$log" >/dev/null); }
lives() { read_report && [ "$(value mask)" = 0 ]; }

ok "a program that shares 60 MiB" start_victim shared 60
echo "$victim" >"$group/cgroup.procs" || skip_all "the control group takes no process"
leave_room $((200 * 1024))
ok "with room for them: a whole dump" status_is 0 inside collect -p "$victim" -o -
# Closed descriptors are none that a record of the snapshot may get: what is said would be in it.
shared=$(awk '/rw-s .*\/dev\/zero/ {split($1, range, "-"); print range[1]; exit}' "/proc/$victim/maps")
(exec 2>&- && "$program" analyze -p "$victim" --keep-going -c nonsense -c "db $shared -c 32" >"$log")
ok "with stderr closed its memory is shown" said "^ *0*$shared"
ok "... and nothing that was said" eval '! said "clrpod|nonsense"'
leave_room $((50 * 1024)) # 40 have to stay free
ok "without: a dump that says so" status_is 5 inside collect -p "$victim" -o -
ok "... in its words" said 'shared memory for whose copy there was no room is of a later moment'
ok "... the program lives" lives
inside analyze -p "$victim" -c modules
ok "analyze says so too" said 'MiB of memory that process [0-9]* shares are read as they are later'
ok "... the program lives" lives
for how in --freeze --snapshot; do
	ok "$how and the packer that needs most" status_is 3 inside collect -p "$victim" -o - $how --zstd=19
	ok "... is refused its memory" said 'out of memory: clrpod keeps to [0-9]* MiB here, so that no process'
	ok "... the program lives" lives
done
if grep -qx 1000 /proc/self/oom_score_adj; then
	skip "who is killed first is clrpod" "whatever runs here is killed first"
else
	mkfifo "$work/words"
	"$program" analyze -p "$victim" -x "$work/words" >"$log" 2>&1 &
	analyzer=$!
	exec 4<>"$work/words"
	echo modules >&4
	soon said "$work/victim$"
	ok "who is killed first is clrpod" grep -qx 1000 "/proc/$analyzer/oom_score_adj"
	echo exit >&4
	exec 4>&-
	wait "$analyzer"
fi
end_victim

# Its page tables are copied with it, and count in its group wherever clrpod is.
leave_room $((1024 * 1024))
coproc VICTIM { echo "$BASHPID" >"$group/cgroup.procs" && exec "$work/victim" sparse 12000; }
victim=$VICTIM_PID in=${VICTIM[1]} out=${VICTIM[0]}
ready() { local line; read -r -t 20 -u "$out" line && [ "$line" = ready ]; }
ok "a program with page tables of 48 MiB" ready
leave_room $((50 * 1024))
ok "... in a container that has no room for as many: refused" status_is 3 collect -o "$core" --force
ok "... says so" said 'no snapshot of process .* MiB to be safe.*--freeze'
ok "... the program lives" lives
leave_room $((100 * 1024))
ok "... that has room: a dump" eval '"$program" collect -p "$victim" -o - >/dev/null 2>"$log"'
ok "... the program lives" lives
end_victim

# map_of MIB: where the mapping of this size begins.
map_of() {
	local range rest
	while read -r range rest; do
		[ $((0x${range#*-} - 0x${range%-*})) != $(($1 * 1048576)) ] || { echo "${range%-*}" && return; }
	done <"/proc/$victim/maps"
}
# Reading makes nothing that was not there.
shared_memory() { awk '/^RssShmem/ {print $2}' "/proc/$victim/status"; }
start_victim holes 77
at=$(map_of 77)
before_kib=$(shared_memory)
for how in --freeze --no-stop --snapshot; do
	"$program" analyze -p "$victim" $how -c "db $at -c 1" -c "db $at -c 4000000 |> wc" >"$log" 2>&1
	ok "$how: what was written is read" said '^0*'"$at"': 2a'
	ok "... and the holes: no page came into being" test "$(shared_memory)" -lt $((before_kib + 1000))
done
end_victim

# More than is copied while a process stands, and a copy does not have it.
start_victim own 100
at=$(map_of 100)
rm -f "$core"
ok "memory that no copy inherits: a dump without it" status_is 5 collect -o "$core" --force
ok "... says so" said 'memory that no copy inherits .*is not in the dump'
"$program" analyze "$core" -c "db $at -c 8" >"$log" 2>&1
ok "... and so does what reads it" said 'memory that was asked for was left out or could not be read when the dump was written'
"$program" analyze -p "$victim" -c "db $at -c 8" >"$log" 2>&1
ok "... it is not read as zeros" said '\?\? \?\?'
ok "... --freeze has it" status_is 0 collect -o "$core" --force --freeze
end_victim
rm -f "$core"

# Huge pages come from a pool of their own, which a copy would exhaust: who then writes is killed.
pool=/proc/sys/vm/nr_hugepages
[ -w $pool ] && before=$(cat $pool) && echo $((before + 8)) >$pool 2>/dev/null
give_back() { [ -z "${before-}" ] || echo "$before" >$pool; }
trap 'end_group; give_back' EXIT
if ! start_victim huge; then
	skip "private huge pages" "no 8 huge pages can be had here"
else
	ok "private huge pages: no copy" status_is 3 collect -o "$core" --force
	ok "... says why, and what helps" one_sentence 'has 16 MiB of private huge pages.*--freeze'
	ok "... --freeze collects it" status_is 0 collect -o "$core" --force --freeze
	ok "... the program lives" lives
	end_victim
	start_victim huge child
	ok "a child has them as well: no copy" status_is 3 collect -o "$core" --force
	ok "... says why" one_sentence 'has 16 MiB of private huge pages.*--freeze'
	end_victim
	start_victim huge half
	at=$(map_of 16)
	free_pages() { awk '/^HugePages_Free/ {print $2}' /proc/meminfo; }
	before_pages=$(free_pages)
	for type in Full Heap; do
		ok "half of them never touched: $type is whole" status_is 0 collect -o "$core" --force --freeze --type $type
		"$program" analyze "$core" -c "db $(printf %x $((0x$at + 1))) -c 1" -c "db $(printf %x $((0x$at + 0xf00001))) -c 1" >"$log" 2>&1
		ok "... has what was written, and zeros" eval 'said "01: 01" && said "01: 00"'
	done
	ok "... and none was taken of the machine" test "$(free_pages)" = "$before_pages"
fi
end_victim
finish
