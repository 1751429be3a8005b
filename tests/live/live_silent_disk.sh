#!/bin/bash
# A network file system whose server is gone (FUSE stands for it), on which the program of a process lies, or a library and
# pages that it shares: whoever reads them waits, and the process must not pay for that. TAP on stdout.
#
# usage: live_silent_disk.sh PROGRAM     (build/release/clrpod)
# needs: cc, setpriv, FUSE; root. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
cc -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$work/oddity" "$here/states.c" -ldl || exit 1
library=$work/Microsoft.NETCore.App/10.0.12/libcoreclr.so
mkdir -p "${library%/*}" && head -c 4096 /dev/zero >"$library"
collector=
far=$work/far
mkdir "$far"
cc -std=gnu11 -D_GNU_SOURCE -O1 -o "$work/silent_fs" "$here/silent_fs.c" || exit 1
serve() { # FILE NAME: a file system of that file
	exec 5< <(exec "$work/silent_fs" "$1" "$far" "$2" 2>&1)
	server=$!
	read -r -t 10 -u 5 _
}
start_far() { # a process without a runtime
	exec 7< <(exec "$work/oddity" "$work/oddity" far "$far/libc-far.so" 2>/dev/null)
	other=$!
	read -r -u 7 _
}
fall_silent() { # the server takes one more request
	kill -USR1 "$server"
	(exec stat "$far/other" >/dev/null 2>&1) &
	sleep 0.2
}
leave_far() {
	kill -KILL "$server" 2>/dev/null
	umount -l "$far" 2>/dev/null
	[ -z "$collector" ] || wait "$collector" 2>/dev/null
	cleanup_victim
}
trap leave_far EXIT
if serve "$work/oddity" program; then
	exec 6< <(exec "$far/program" "$library" 2>/dev/null)
	victim=$!
	read -r -u 6 _
	ok "a program on a far disk: ps can read it" row yes
	fall_silent
	ok "the disk is silent: ps lists it, and does not wait for it" row no
	ok "... and says why" said "^$victim: its program, its runtime or its folder .* does not answer"
	for verb in "collect --force -o $core" "analyze --no-stop -c threads"; do
		# shellcheck disable=SC2086 # several words
		ok "${verb%% -[oc]*}: refused" gives 3 timeout -s KILL 10 "$program" $verb -p "$victim"
		ok "... in one sentence" one_sentence "cannot read the memory of process $victim: its program"
	done
	kill -KILL "$server"
	end_victim
	umount -l "$far"

	# --- a process that has a library and shared pages there: whatever clrpod waits for, the process runs
	echo 'int far_function(void) { return 1; } __asm__(".text\n.space 0x100000, 0x90");' | cc -shared -fPIC -x c -o "$work/far.so" - && truncate -s 4M "$work/far.so" || exit 1
	serve "$work/far.so" libc-far.so
	exec 6< <(exec "$work/oddity" "$library" far "$far/libc-far.so" 2>/dev/null)
	victim=$!
	read -r -u 6 _
	start_far
	ok "a library on a far disk: ps can read it" row yes
	fall_silent
	end_victim
	victim=$other
	code=0x$(sed -n 's/^\([0-9a-f]*\)-.* r-xp .*libc-far.so$/\1/p' "/proc/$victim/maps")
	"$program" analyze -p "$victim" --freeze -c "db $(printf %x $((code + 0x80000)))" >"$log" 2>&1 &
	collector=$!
	ok "--freeze: the process stands" soon stands
	ok "... for 10 seconds at most" within 15 is_free
	kill -INT "$collector" 2>/dev/null
	ok "... and clrpod ends" within 20 ended
	wait "$collector" 2>/dev/null
	not_in_memory() { ! grep -q 'remote_vm' "/proc/$collector/task"/*/stack; }
	for verb in "collect --force -o $core" "analyze --no-stop -c db\ $(printf %x $((code + 0x80000)))"; do
		eval "exec \"\$program\" $verb -p $victim" >"$log" 2>&1 &
		collector=$!
		sleep 2
		ok "the disk is silent: clrpod waits (${verb%% -[oc]*})" kill -0 "$collector"
		ok "... the process runs" is_free
		ok "... for the file: it holds no memory, not even a copy's" not_in_memory
		ok "... its address space is not locked" test -n "$(timeout -s KILL 5 cat "/proc/$victim/maps")" -a "$(sed -n 's/^State:\s*\(.\).*/\1/p' "/proc/$victim/status")" != D
		kill -INT "$collector" 2>/dev/null
		ok "... and there is no copy a little later" within 20 alone
		ok "... and clrpod ends" within 20 ended
		wait "$collector" 2>/dev/null
	done
	kill -KILL "$server"
	end_victim
	umount -l "$far"

	# --- its file cannot be opened (the mount is gone): what the process has not read of it is not asked for
	serve "$work/far.so" libc-far.so
	start_far
	victim=$other
	fall_silent
	code=0x$(sed -n 's/^\([0-9a-f]*\)-.* r-xp .*libc-far.so$/\1/p' "/proc/$victim/maps")
	umount -l "$far"
	few=(setpriv --bounding-set=-all,+sys_ptrace,+dac_override,+kill)
	runs_on() { is_free && [ -n "$(timeout -s KILL 5 cat "/proc/$victim/maps")" ] && ! grep -q '^State:\s*D' "/proc/$victim/status"; }
	for way in "collect --force -o $core" "collect --freeze --force -o $core" "analyze --no-stop -c db\ $(printf %x $((code + 0x80000)))"; do
		eval "exec \"\${few[@]}\" timeout -s KILL 10 \"\$program\" $way -p $victim" >"$log" 2>&1 &
		collector=$!
		wait "$collector"
		status=$?
		ok "a file that cannot be opened: it is not waited for (${way%% -[oc]*})" test $status = 5
		ok "... what is not read is told" said 'it is not certain that it still is what is mapped|\?\? \?\?'
		ok "... the process runs, its address space is not locked" runs_on
	done
	kill -KILL "$server"
	end_victim
else
	skip "a program on a far disk" "no FUSE"
fi
finish
