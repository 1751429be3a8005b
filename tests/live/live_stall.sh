#!/bin/bash
# Whoever reads what clrpod writes stops reading, sleeps, or is killed, while a program made for it (victim.c) is held:
# it is let go, and nothing remains of its copy. TAP on stdout.
#
# usage: live_stall.sh PROGRAM     (build/release/clrpod)
# needs: cc. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
reader= sleeper=
# The other one is looked at while its reader sleeps.
cleanup_all() {
	kill -KILL $reader $sleeper 2>/dev/null
	cleanup_victim
}
trap cleanup_all EXIT
mkfifo "$work/fifo" "$work/stdin" "$work/answer"

untouched() { is_free && ! pgrep -P "$victim" >/dev/null; }
has_copy() { pgrep -P "$victim" >/dev/null; }
is_stopped() { grep -q '^State:.*t (tracing' "/proc/$victim/status"; }
# Begins COMMAND... with a reader that never reads, into a pipe that is full: what is told to stop may end a core in a few KiB.
begin() {
	exec 8<>"$work/fifo"
	dd if=/dev/zero of=/dev/fd/8 bs=4096 count=1024 oflag=nonblock 2>/dev/null
	"$@" >"$work/fifo" 2>"$log" 8>&- &
	collector=$!
}
begin_collect_stream() { begin "$program" collect -p "$victim" -o - "$@"; }
# Ends by itself, or by the signal, within SECONDS, with STATUS.
ends_within() { # SECONDS STATUS [SIGNAL]
	local i status
	if [ -n "${3-}" ]; then kill "-$3" "$collector"; fi
	for i in $(seq $(($1 * 20))); do kill -0 "$collector" 2>/dev/null || break; sleep 0.05; done
	if kill -0 "$collector" 2>/dev/null; then
		echo "still there after $1 seconds" >>"$log"
		kill -KILL "$collector"
		exec 8>&-
		wait "$collector" 2>/dev/null
		return 1
	fi
	wait "$collector" 2>/dev/null
	status=$?
	exec 8>&-
	[ $status = "$2" ] || { echo "exit status $status, not $2" >>"$log"; false; }
}
healthy() { read_report && [ "$(value children)" = 0 ] && [ "$(value sigchld)" = 0 ]; }
blocks() { ! grep -qE '^flags:\s*0[0-7]*4[0-7]{3}$' "/proc/$$/fdinfo/8"; } # O_NONBLOCK is 04000

# --- a reader that sleeps gets every byte
"$work/victim" big 16 <"$work/stdin" >"$work/ready" &
sleeper=$!
exec 7>"$work/stdin"
soon grep -q ready "$work/ready"
"$program" collect -p $sleeper -o "$work/first.core" >"$log" 2>&1 || skip_all "$(tail -n 1 "$log")"
(
	"$program" collect -p $sleeper -o - --json 2>"$work/slept.json" 7>&- | { sleep 15; wc -c >"$work/slept"; }
	echo "${PIPESTATUS[0]}" >"$work/slept.status"
) &
slept=$!

ok "the program runs" start_victim big 64

# --- a stream
begin_collect_stream --stall 1
ok "nobody reads -o -: a copy" soon has_copy
ok "... the pipe's own flags are as they were" blocks
ok "... is given up after --stall 1, status 5" ends_within 20 5
ok "... one sentence says that the process was let go" one_sentence "process $victim was let go: the core ends after [0-9]+ of [0-9]+ MiB: .*--stall"
ok "... nothing remains" untouched
begin_collect_stream --stall 1 --zstd=1 --json
ok "the same packed, and as JSON" soon has_copy
ok "... status 5" ends_within 20 5
ok "... the document says it" said '"error".*let go'
ok "... nothing remains" untouched
begin_collect_stream --stall 1 --freeze
ok "the same with --freeze: the program stands" soon is_stopped
ok "... status 5" ends_within 20 5
ok "... it runs" untouched
for signal in TERM INT HUP; do
	begin_collect_stream --stall 0 $([ $signal = HUP ] && echo --zstd=1)
	ok "SIG$signal while nobody reads" soon has_copy
	case $signal in INT) status=130 ;; *) status=143 ;; esac
	ok "... ends it within seconds" ends_within 5 $status $signal
	ok "... nothing remains" soon untouched
done
begin_collect_stream --stall 0 --freeze
ok "SIGTERM with --freeze" soon is_stopped
ok "... ends it within seconds" ends_within 5 143 TERM
ok "... it runs" untouched
sleep 600 <"$work/fifo" &
reader=$!
"$program" collect -p "$victim" -o - >"$work/fifo" 2>"$log" &
collector=$!
ok "a reader that is killed" soon has_copy
kill -KILL $reader
wait $reader 2>/dev/null
reader=
ok "... status 5 at once" ends_within 10 5
ok "... nothing remains" untouched

# --- an answer. Memory of the program, as text: it is no .NET process.
start=$(sed -n 's/^\([0-9a-f]*\)-.* r--p .*victim$/\1/p' "/proc/$victim/maps" | head -n 1)
answer() { begin "$program" analyze -p "$victim" --stall 1 "$@" -c "db $start -c 4096" -c "db $start -c 4096" -c "db $start -c 4096" -c "db $start -c 4096" -c "db $start -c 4096" -c "db $start -c 4096" -c "db $start -c 4096" -c "db $start -c 4096"; }
answer --freeze
ok "nobody reads an answer, --freeze: the program stands" soon is_stopped
ok "... status 5" ends_within 20 5
ok "... it is let go, in one sentence" said "process $victim was let go: cannot write the answer: .*--stall"
ok "... it runs" untouched
answer --json
ok "the same of a copy, as JSON" soon has_copy
ok "... status 5" ends_within 20 5
ok "... nothing remains" untouched
stuck() {
	local i words=()
	for i in 1 2 3 4 5 6 7 8; do words+=(-c "db $start -c 4096"); done
	begin sh -c 'exec "$@" 2>&1' - "$program" analyze -p "$victim" --freeze --stall 1 "${words[@]}"
}
stuck
ok "stderr in the same pipe" soon is_stopped
ok "... status 5" ends_within 20 5
ok "... it runs" untouched
begin "$program" analyze -p "$victim" --freeze --stall 1 -c "db $start -c 16 |> $work/answer"
ok "|> to a FIFO that nobody opens" soon is_stopped
ok "... status 5" ends_within 20 5
ok "... it is let go, in one sentence" said "process $victim was let go: cannot write $work/answer: .*--stall"
ok "... it runs" untouched
exec 9<>"$work/answer"
begin "$program" analyze -p "$victim" --freeze --stall 1 -c "db $start -c 65536 |> $work/answer"
ok "|> to one that nobody reads" soon is_stopped
ok "... status 5" ends_within 20 5
ok "... it runs" untouched
exec 9>&-
ok "the program answers, and saw nothing of it" healthy
ok "--stall wants a number" gives 2 "$program" collect -p "$victim" --stall soon

wait $slept
ok "a reader that slept 15 seconds: status 0" test "$(cat "$work/slept.status")" = 0
bytes=$(sed -n 's/.*"file_bytes":\([0-9]*\).*/\1/p' "$work/slept.json")
echo "$(cat "$work/slept") bytes of $bytes" >"$log"
ok "... got every byte" test "$(cat "$work/slept")" = "${bytes:-none}"
finish
