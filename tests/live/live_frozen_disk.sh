#!/bin/bash
# A file system that does not answer (fsfreeze(8) stands for a hung NFS; live_silent_disk.sh has one without a server): whoever writes to it sleeps uninterruptibly, and does
# not even die of SIGKILL. The process that is dumped must not pay for that. TAP on stdout.
#
# usage: live_frozen_disk.sh PROGRAM     (build/release/clrpod)
# needs: cc, mkfs.ext4, fsfreeze; root and a loop device. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
for tool in mkfs.ext4 fsfreeze; do command -v $tool >/dev/null || skip_all "no $tool"; done
disk=$work/disk
mkdir "$disk" && truncate -s 600M "$work/image" && mkfs.ext4 -q "$work/image" >"$log" 2>&1 || skip_all "no file system can be made"
mount -o loop "$work/image" "$disk" 2>"$log" || skip_all "no loop device: $(tail -n 1 "$log")"
thaw() { fsfreeze -u "$disk" 2>/dev/null; }
leave_disk() { thaw; [ -z "${collector-}" ] || wait "$collector" 2>/dev/null; umount "$disk"; cleanup_victim; }
trap leave_disk EXIT
ok "a program runs" start_victim big 400

# Collects onto the disk, which then stops to answer: the collector sleeps.
begin_stuck() {
	"$program" collect -p "$victim" "$@" -o "$disk/v.core" --force >"$log" 2>&1 &
	collector=$!
	local i
	for i in $(seq 2000); do [ -s "$disk/v.core.partial" ] && break; sleep 0.002; done
	fsfreeze -f "$disk"
	soon grep -qE '^State:\s*D' "/proc/$collector/status"
}
end_stuck() {
	thaw
	wait "$collector" 2>/dev/null
	status=$?
	rm -f "$disk"/*.core*
}
for signal in TERM INT KILL; do
	ok "--freeze onto a disk that stops to answer" begin_stuck --freeze
	ok "... the program stands" stands
	kill -$signal "$collector"
	ok "... SIG$signal: it runs within 5 seconds" within 5 is_free
	end_stuck
	case $signal in TERM) ok "... what was not written is told" test $status = 5 ;; INT) ok "... status 130" test $status = 130 ;; esac
	ok "a snapshot onto a disk that stops to answer" begin_stuck
	ok "... there is a copy" copied
	kill -$signal "$collector"
	ok "... SIG$signal: it is gone within 7 seconds" within 7 alone
	end_stuck
done
ok "the program is not hurt" read_report
end_victim
collector=

# --- a process whose address space is locked for as long as the disk does not answer
library=$work/Microsoft.NETCore.App/10.0.12/libcoreclr.so
mkdir -p "${library%/*}" && head -c 4096 /dev/zero >"$library"
cc -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$work/oddity" "$here/states.c" -ldl || exit 1
coproc VICTIM { exec "$work/oddity" "$library" locked "$disk/shared"; }
to_victim=${VICTIM[1]}
read -r -u "${VICTIM[0]}" _ victim
asleep() { [ "$(grep -lE '^State:\s*D' "/proc/$victim/task"/*/status | wc -l)" = 2 ]; }
ok "ps can read it" row yes
fsfreeze -f "$disk"
echo >&"$to_victim"
ok "one thread waits for the disk, another with the lock" soon asleep
listed() { row no && said "^$victim: a thread of it holds its address space"; }
ok "ps lists it, and does not wait for it" listed
for verb in "collect -o $core" "collect --freeze -o $core" "analyze --no-stop -c threads" "analyze --freeze -c threads"; do
	# shellcheck disable=SC2086 # several words
	ok "${verb%% -[oc]*}: refused" gives 3 timeout -s KILL 10 "$program" $verb -p "$victim"
	ok "... in one sentence" one_sentence "cannot read the memory of process $victim: a thread of it holds its address space"
done
thaw
ok "the disk answers: it can be collected" soon status_is 0 collect -o "$core" --force
end_victim
finish
