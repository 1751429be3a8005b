#!/bin/bash
# Without a dump, -p and -n the only .NET process is meant. In a PID namespace of our own, where nothing else runs; .NET is
# here what has mapped a file called libcoreclr.so.
. "$(dirname "$0")/lib"
skip_all() {
	echo "1..0 # SKIP $1"
	exit 77
}
command -v cc > /dev/null || skip_all "no C compiler"
unshare -pf --mount-proc true 2> /dev/null || skip_all "no PID namespace can be had here"
cat > "$work/app.c" << 'C'
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char **words)
{
	int fd = count > 1 ? open(words[1], O_RDONLY) : -1;
	if (mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return 1;
	prctl(PR_SET_NAME, ".NET");
	for (;;)
		pause();
}
C
cc -o "$work/api" "$work/app.c" && cp "$work/api" "$work/shop" && cp "$work/api" "$work/libcoreclr.so" || exit 1
api="$work/api $work/libcoreclr.so"
shop="$work/shop $work/libcoreclr.so"
cat > "$work/among" << 'S'
# PROGRAMS... -- COMMAND...: the command, where they run.
ran=
while [ "$1" != -- ]; do
	$1 > /dev/null &
	ran="$ran $!"
	shift
done
shift
for pid in $ran; do
	until grep -q NET "/proc/$pid/comm" || [ "$(cat "/proc/$pid/comm")" = sleep ]; do sleep 0.01; done
done
"$@"
status=$?
kill $ran
exit $status
S
among() { unshare -pf --mount-proc sh "$work/among" "$@"; }

expect 3 "analyze where nothing of .NET runs" among "sleep 60" -- "$program" analyze -c modules
said err "no dump is named, and no process with -p or -n: there is no .NET process here" "says so"
expect 3 "a command in place of analyze" among "sleep 60" -- "$program" modules --json
valid_json "$work/out" && grep -q '"code":"not_found"' "$work/out"
result $? "is a document"
expect 0 "analyze takes the only .NET process" among "sleep 60" "$api" -- "$program" analyze -c modules
said out "$work/api" "and looks at it"
said err "(api) is looked at, the only .NET process here" "says which"
for words in "modules" "modules --freeze" "modules -v"; do
	# shellcheck disable=SC2086 # several words
	expect 0 "clrpod $words takes it" among "$api" -- "$program" $words
	said out "$work/api" "and looks at it"
done
expect 2 "an unknown option" among "$api" -- "$program" modules -bogus
said err "there is no option -bogus" "is refused before anything is looked at"
! grep -q "is looked at" "$work/err"
result $? "nothing is"
expect 2 "analyze among two" among "$api" "$shop" -- "$program" analyze -c modules
said err "no dump is named, and no process with -p or -n: 2 .NET processes run here: choose one with -p: " "lists them"
grep -q ' api (.* shop (' "$work/err"
result $? "both"
expect 2 "a command in place of analyze among two" among "$api" "$shop" -- "$program" modules
said err "2 .NET processes run here" "lists them"
expect 0 "-n decides" among "$api" "$shop" -- "$program" modules -n shop
said out "$work/shop" "it is looked at"
finish
