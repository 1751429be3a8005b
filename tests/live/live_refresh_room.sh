#!/bin/bash
# refresh -drop drops nothing where a new snapshot would be refused for want of memory anyhow. TAP on stdout.
#
# usage: live_refresh_room.sh PROGRAM     (build/release/clrpod)
# needs: cc; root, for a control group. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
make_group
# A snapshot is kept with 32 MiB of room, and a new one wants 40: this limit is between.
start_victim quiet || exit 1
echo "$victim" >"$group/cgroup.procs" || skip_all "the control group takes no process"

mkfifo "$work/commands"
"$program" analyze -p "$victim" -x - --keep-going <"$work/commands" >"$log" 2>&1 &
analyzer=$!
exec 4>"$work/commands"
tell() { echo "$1" >&4; }
count_is() { [ "$(grep -cE -e "$2" "$log")" = "$1" ]; }
copies() { pgrep -P "$victim" | tr '\n' ' '; }
tell modules
ok "a session with a snapshot" soon count_is 1 "$work/victim$"
copy=$(copies)
leave_room 36000
tell 'refresh -drop'
ok "refresh -drop without room: refused" soon said 'no new look at .* MiB left below its memory limit .*still shown is the one from before'
ok "... the same copy is there" test "$(copies)" = "$copy"
tell modules
ok "... and is shown" soon count_is 2 "$work/victim$"
leave_room 65536
tell 'refresh -drop'
ok "with room it takes a new one" soon said 'as it is now'
ok "... alone" test "$(copies | wc -w)" = 1 -a "$(copies)" != "$copy"
exec 4>&-
wait "$analyzer"
ok "... the process is free" is_free
end_victim
finish
