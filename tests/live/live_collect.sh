#!/bin/bash
# Collects cores of a program made for it and looks whether the program notices, and whether anything stays stopped:
# after success, after errors, after every way of ending clrpod in the middle. TAP on stdout.
#
# usage: live_collect.sh PROGRAM     (build/release/clrpod)
# needs: cc, 1 GB of memory and of disk; gdb, readelf and eu-readelf where they are; root for the full file system. Exit status 77: skipped, with the reason.
way=--freeze
. "$(dirname "$0")/lib"

# --- what the program must not notice
ok "the program runs" start_victim
if ! collect -o "$work/v.core" --force && said 'SYS_PTRACE|ptrace_scope'; then skip_all "$(tail -n 1 "$log")"; fi
many() { local i; for i in $(seq 25); do status_is 0 collect -o "$work/v.core" --force && is_free || return 1; done; }
ok "25 collects while threads come and go" many
ok "it still answers" read_report
ok "no signal was lost" test "$(value sent)" = "$(value received)" -a "$(value sent)" -gt 0
ok "no system call ended early" test "$(value eintr)" = 0
ok "sleeps and threads went on" test "$(value turns)" -gt 0 -a "$(value churned)" -gt 0
ok "an existing file is refused" status_is 2 collect -o "$work/v.core"
ok "... in one sentence" one_sentence --force
ok "mode 0600" test "$(stat -c %a "$work/v.core")" = 600

# --- what others read in it
if command -v gdb >/dev/null; then
	debug -ex 'info threads' -ex 'thread apply all backtrace'
	ok "gdb lists the threads" test "$(grep -cE '^[* ] +[0-9]+ +Thread' "$log")" -ge 10
	for frame in block_in_read block_in_poll block_in_futex block_in_sleep block_in_epoll spin churn main; do
		ok "gdb unwinds to $frame" said " $frame \\("
	done
	debug -ex 'print victim_read_only' -ex 'print/x victim_marker' -ex 'x/s victim_touched + 4096*990' \
		-ex 'x/s victim_protected' -ex 'x/s victim_memory + 4096*10' -ex 'info auxv' -ex 'info proc mappings'
	ok "gdb reads read-only data" said 'read-only text of the victim'
	ok "gdb reads data" said 0x5eed
	ok "gdb reads anonymous memory" said 'page 990'
	ok "gdb reads memory behind PROT_NONE" said 'behind PROT_NONE'
	ok "gdb reads shared memory that was never touched here" said 'through the other mapping'
	ok "gdb reads the auxiliary vector" said 'AT_PHDR'
	ok "gdb reads the mapped files" said "$work/victim"
	debug -ex 'x/8xb victim_touched + 4096*991'
	ok "never touched memory reads as zeros" said '0x00.*0x00.*0x00.*0x00.*0x00.*0x00.*0x00.*0x00'
	ok "[vdso] is whole" has_vdso
else
	skip "gdb reads it" "no gdb"
fi
for reader in "readelf -n" "eu-readelf -n"; do
	if ! command -v ${reader% *} >/dev/null; then
		skip "$reader" "not installed"
		continue
	fi
	$reader "$core" >"$log" 2>&1
	ok "$reader: no complaint" test -z "$(grep -iE 'warning|error|invalid|corrupt' "$log")"
	ok "$reader: a set of registers for each thread" test "$(grep -c PRSTATUS "$log")" = "$(grep -c FPREGSET "$log")"
done
ok "shared memory did not grow" test "$(awk '/victim/ {found = 1} found && /^Rss/ {print $2; exit}' "/proc/$victim/smaps")" -lt 1000
end_victim

# --- programs in other states
rm -f "$core"
ok "a program whose first thread has ended" start_victim leaderless
ok "... is collected" status_is 0 collect -o "$core" --force
ok "... and runs on" is_free
end_victim
rm -f "$core"

start_victim big 300
kill -STOP "$victim"
soon is_job_stopped
ok "a stopped program is collected" status_is 0 collect -o "$core" --force
ok "... and stays stopped" is_job_stopped
begin_collect
ok "... clrpod is killed" end_collect KILL 137
ok "... it stays stopped" soon is_job_stopped
kill -CONT "$victim"
ok "... until it is continued" soon is_free
end_victim

start_victim vfork 6
sleeps() { grep -q '^State:.D' "/proc/$victim/task"/*/status; }
woke() { ! sleeps; }
soon sleeps
ok "a thread in an uninterruptible sleep: incomplete" status_is 5 collect -o "$core" --force
soon woke
ok "... and nothing stays stopped" soon is_free
end_victim
rm -f "$core"*

# --- clrpod ends in the middle
ok "a big program" start_victim big 1000
for signal in INT:130 TERM:5 HUP:5; do
	begin_collect
	ok "SIG${signal%:*} in the middle" end_collect "${signal%:*}" "${signal#*:}"
	ok "... the program runs" soon is_free
	if [ $signal = INT:130 ]; then ok "... no file remains" clean; else
		ok "... a part remains, and says so" test -s "$core.partial" -a ! -e "$core"
		ok "... in words too" said 'told to stop before all memory was written'
	fi
	rm -f "$core.partial"
done
begin_collect
ok "SIGKILL in the middle" end_collect KILL 137
ok "... the program runs" soon is_free
ok "... it still answers" read_report
ok "... the partial file is refused" status_is 2 collect -o "$core"
ok "... unless --force" status_is 0 collect -o "$core" --force
rm -f "$core"

begin_collect
kill -STOP "$victim"
ok "two at once: refused" status_is 3 collect -o "$work/second.core" --force
ok "... naming who has it" one_sentence "process $collector is tracing it"
ok "the same file at once, with --force: refused" status_is 2 collect -o "$core" --force
ok "... as another writes it" one_sentence 'v.core.partial is being written by another collect'
wait "$collector"
ok "SIGSTOP in the middle takes effect afterwards" soon is_job_stopped
begin_collect
kill -CONT "$victim"
wait "$collector"
ok "SIGCONT in the middle too" soon is_free
begin_collect
kill -TSTP "$collector"
is_stopped_itself() { grep -qE '^State:\s*T' "/proc/$collector/status"; }
ok "Ctrl-Z in the middle waits" soon is_stopped_itself
ok "... until the program runs" is_free
kill -CONT "$collector"
wait "$collector"

# --- no room
rm -f "$core"*
limited() { (ulimit -f 20000 && collect "$@"); }
ok "a limit on file sizes: refused with the figures" status_is 3 limited -o "$core"
ok "... in one sentence" one_sentence 'ulimit -f'
ok "... which is no failure of the disk yet" eval '! said "File too large|No space left"'
ok "... and what is smaller" said 'pack it with --zstd, leave more out with --type Heap or Mini, send it'
tiny() { (ulimit -f 1 && collect "$@"); }
ok "... of --type Heap" status_is 3 tiny -o "$core" --type Heap --zstd
ok "... what is smaller than that" said 'name another place with -o, leave more out with --type Mini, send it'
ok "... of --type Mini" status_is 3 tiny -o "$core" --type Mini
ok "... nothing is smaller" said 'name another place with -o, pack it with --zstd, send it elsewhere'
ok "... with --force: fails while writing" status_is 3 limited -o "$core" --force
ok "... in one sentence" one_sentence 'File too large'
ok "... the program runs" is_free
ok "... no file remains" clean
if mkdir "$work/small" && mount -t tmpfs -o size=20m tmpfs "$work/small" 2>/dev/null; then
	ok "a small file system: refused with the figures" status_is 3 collect -o "$work/small/v.core"
	ok "... in one sentence" one_sentence 'MiB.*--force'
	ok "... with --force: fails while writing" status_is 3 collect -o "$work/small/v.core" --force
	ok "... in one sentence" one_sentence 'No space left'
	ok "... the program runs" is_free
	ok "... no file remains" clean "$work/small"
	umount "$work/small"
else
	skip "a small file system" "cannot mount a tmpfs"
fi
ok "a folder that is not there" status_is 3 collect -o "$work/none/v.core"
ok "... the program runs" is_free
mkdir "$work/folder.d" && ok "a folder instead of a file" status_is 0 collect -o "$work/folder.d" --force
ok "... the core is in it" test -f "$(ls "$work"/folder.d/core_[0-9]*_[0-9]*)"
rm -rf "$work/folder.d"
ln -s "$work/elsewhere" "$core.partial"
ok "a link in the way of the partial file is not followed" status_is 2 collect -o "$core"
ok "... nor with --force" status_is 0 collect -o "$core" --force
ok "... nothing was written through it" test ! -e "$work/elsewhere"
rm -f "$core"*

# --- the program ends in the middle
begin_collect
disown "$victim" # or bash tells of its end
kill -KILL "$victim"
wait "$collector"
ok "the program is killed in the middle: incomplete" test $? = 5
ok "... the reason" said 'killed while'
ok "... a part remains, and says so" test -s "$core.partial" -a ! -e "$core"
ok "a process that is gone" status_is 3 collect -o "$core"
victim=

echo "1..$number"
[ $failures = 0 ]
