#!/bin/bash
# clrpod and its keeper are killed while they hold a process, at random moments, also in the middle of the system call that
# one of the process's threads makes for them (killer.c). The process (kill_victim.c) must not notice: it watches its memory,
# registers, masks, signals and blocked calls. What SIGALRM is to it must not matter. TAP on stdout.
#
# usage: live_kill.sh PROGRAM     (build/release/clrpod). KILLS=N: rounds for each kind instead of CI's 40 in all.
# NIGHT=1: 100 rounds for each kind.
# needs: cc, 1 GB of memory and of disk, the right to trace. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
[ -z "${NIGHT-}" ] || KILLS=${KILLS:-100}
cc -std=gnu11 -D_GNU_SOURCE -O1 -pthread -o "$work/kill_victim" "$here/kill_victim.c" || exit 1
cc -std=gnu11 -D_GNU_SOURCE -O1 -o "$work/killer" "$here/killer.c" || exit 1

start_watched() { # MIB handle|ignore|block
	coproc VICTIM { exec "$work/kill_victim" "$@" 2>"$work/hurt"; }
	victim=$VICTIM_PID in=${VICTIM[1]} out=${VICTIM[0]}
	local line
	read -r -t 30 -u "$out" line && [ "$line" = ready ]
}
kills() { # ROUNDS RETRIES
	"$work/killer" "$victim" "$1" "$2" "$(realpath "$program")" collect -p "$victim" -o "$work/%.core" --force >"$log" 2>&1
	local status=$?
	sed -n 's/.*in_clone=\([0-9]*\).*/\1/p' "$log" >>"$work/orphans"
	sed 's/^/# /' "$log"
	return $status
}
unhurt() {
	local before=$report
	read_report && cat "$work/hurt" >>"$log" && [ "$(value errors)" = 0 ] && [ "$(value sigchld)" = 0 ] &&
		[ "$(value reads)" -gt 0 ] && [ "$(value values)" -gt 0 ] && [ "$(value jumps)" -gt 0 ] && [ "$before" != "$report" ]
}
no_mark() { # in any executable mapping of a file
	python3 - "$victim" >"$log" 2>&1 <<-'END'
		import sys
		memory = open(f"/proc/{sys.argv[1]}/mem", "rb", 0)
		for line in open(f"/proc/{sys.argv[1]}/maps"):
		    words = line.split()
		    if words[1] == "r-xp" and len(words) > 5 and words[5][0] == "/":
		        start, end = (int(word, 16) for word in words[0].split("-"))
		        memory.seek(start)
		        if b"clrpod's call" in memory.read(end - start):
		            sys.exit("a mark is left in " + line)
	END
}

report=
rm -f "$work/orphans"
ok "a program runs" start_watched 600 handle
if ! collect -o "$core" --force && said 'SYS_PTRACE|ptrace_scope|no snapshot|cannot be copied'; then skip_all "$(tail -n 1 "$log")"; fi
ok "it is killed in the middle: the program lives, nothing stands, no copy is left" kills "${KILLS:-20}" 0
ok "... and the program is not hurt" unhurt
ok "the next one works" status_is 0 collect -o "$core" --force
no_child() { ! pgrep -P "$victim" >/dev/null; }
ok "... and leaves no child" soon no_child
ok "... and its dump has no code of ours" eval '! grep -q "clrpod.s call" "$core"'
if command -v python3 >/dev/null; then ok "... and no code of its own" no_mark; else skip "no code of its own is left" "no python3"; fi
mark_all() { # as if so many had been killed: every place of every library
	python3 - "$victim" >"$log" 2>&1 <<-'END'
		import sys
		memory = open(f"/proc/{sys.argv[1]}/mem", "r+b", 0)
		marked = 0
		for line in open(f"/proc/{sys.argv[1]}/maps"):
		    words = line.split()
		    if words[1] == "r-xp" and len(words) > 5 and words[5][0] == "/":
		        end = int(words[0].split("-")[1], 16)
		        while True:
		            end -= 256
		            memory.seek(end)
		            if memory.read(256) != bytes(256):
		                break
		            memory.seek(end)
		            memory.write(b"clrpod's call 1\0")
		            marked += 1
		sys.exit(marked < 4)
	END
}
if command -v python3 >/dev/null; then
	ok "marks in every place, of which no thread knows" mark_all
	ok "... do not keep the next one out" status_is 0 collect -o "$core" --force
	ok "... which clears them" no_mark
fi
ok "killed, and two others at once soon after" kills "${KILLS:-8}" 2
ok "... the program is not hurt" unhurt
end_victim
for alarm in ignore block; do
	ok "a small program that has SIGALRM ${alarm}ed" start_watched 16 $alarm
	ok "... lives" kills "${KILLS:-6}" 0
	ok "... and is not hurt" unhurt
	end_victim
done
ok "some kills were in the middle of the call" test "$(awk '{ n += $1 } END { print n }' "$work/orphans")" -gt 2
rm -f "$core"*
finish
