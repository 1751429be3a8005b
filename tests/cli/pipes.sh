#!/bin/sh
# What stands behind a command: filters and files.
. "$(dirname "$0")/lib"
need_dump
valid_json /dev/null # built from here
cd "$work" || exit 1

answer() { # STATUS NAME COMMAND [OPTION]...
	wanted=$1
	name=$2
	line=$3
	shift 3
	expect "$wanted" "$name" "$program" analyze "$dump" "$@" -c "$line"
}

counted() { # LINES NAME
	[ "$(wc -l < "$work/out")" = "$1" ]
	result $? "$2"
}

"$program" analyze "$dump" -c 'dumpheap -stat' > stat
rows=$(($(wc -l < stat) - 3))
answer 0 "head" 'dumpheap -stat |> head 3'
head -n 4 stat | cmp -s - out
result $? "head keeps the titles, which do not count"
answer 0 "head alone" 'dumpheap -short |> head'
counted 10 "10 lines"
answer 0 "head ends a command that lists more" 'dumpheap |> head -3'
counted 4 "titles and 3 rows"
answer 0 "tail" 'dumpheap -stat |> tail 2'
{ sed -n 2p stat; tail -n 2 stat; } | cmp -s - out
result $? "tail keeps the titles"
answer 0 "tail of a row" 'dumpheap -stat |> head 4 |> tail 1'
counted 2 "titles and the last of 4 lines"
answer 0 "grep" 'dumpheap -stat |> grep Demo.Payments.Policy'
{ sed -n 2p stat; grep -F Demo.Payments.Policy stat; } | cmp -s - out
result $? "grep keeps the titles"
answer 0 "grep -v -i" 'dumpheap -stat |> grep -v -i SYSTEM |> grep -v demo'
! grep -q System out
result $? "no line with System"
answer 0 "grep that matches nothing" 'dumpheap -stat |> grep "no such type"'
silent out "nothing is shown"
answer 0 "wc -l" 'dumpheap -stat |> wc -l'
[ "$(cat out)" = $((rows + 2)) ]
result $? "titles do not count"
answer 0 "wc" 'dumpheap -stat |> wc'
said out "$rows rows of tables; $((rows + 2)) lines" "wc counts rows"
answer 0 "sort by a number with separators" 'dumpheap -stat |> sort totalsize -r'
sed -n '3,$p' out | sed '$d' | awk '{ gsub(",", "", $3); if (NR > 1 && $3 + 0 > last) bad = 1; last = $3 + 0 }
	END { exit bad || NR < 100 }'
result $? "the rows are sorted"
[ "$(sed -n 2p out)" = "$(sed -n 2p stat)" ] && [ "$(tail -n 1 out)" = "$(tail -n 1 stat)" ]
result $? "titles and total stand where they stood"
answer 0 "sort by address" 'dumpheap -stat |> sort'
sed -n '3,$p' out | sed '$d' | LC_ALL=C sort -c -k1,1
result $? "addresses of equal length are in order"
answer 0 "sort by text" 'dumpheap -stat |> sort "Class Name" |> grep Demo'
sed 1d out | awk '{ print $4 }' | LC_ALL=C sort -c
result $? "names are in order"
answer 0 "sort by the number of a column" 'dumpheap -stat |> sort 2 -r |> head 2'
said out "System.String" "strings are the most"
answer 2 "sort by no column" 'dumpheap -stat |> sort Colour'
said err "no table of this answer has a column Colour: there are MT, Count, TotalSize, Class Name" "it says so, and which there are"
silent out "no row is shown"
answer 2 "sort by a number that is no column's" 'dumpheap -stat |> sort 30'
said err "no table of this answer has a column 30: there are MT, Count, TotalSize, Class Name" "it says so, and which there are"
silent out "no row is shown"
many=$(for _ in $(seq 2000); do printf ' |> wide'; done)
answer 2 "more filters than anybody wants" "eeversion$many"
said err "at most 100 filters follow a command" "it says so"
answer 2 "... in front of another filter" 'dumpheap -stat |> sort Size -r |> head 8'
silent out "no row is shown"
answer 0 "sort by a column of the second table" 'dumpheap -type Demo.Payments.Policy |> sort TotalSize'
"$program" analyze "$dump" -c 'dumpheap -type Demo.Payments.Policy' | cmp -s - out
result $? "what comes before it is shown as it is"
answer 0 "a quoted |> is no filter" 'dumpheap -stat |> grep "a |> head" |> wc -l'
[ "$(cat out)" = 0 ]
result $? "0 lines"

answer 0 "to a file" 'dumpheap -stat |> answer'
silent out "nothing on stdout"
cmp -s stat answer
result $? "the file has the answer"
[ "$(stat -c %a answer)" = 600 ]
result $? "for its owner alone"
answer 2 "not over a file" 'dumpheap -stat |> answer'
said err "answer is there already: |>> answer adds to it, |> -f answer overwrites it" "it says how"
answer 0 "behind it" 'dumpheap -stat |> head 2 |>> answer'
[ "$(wc -l < answer)" = $((rows + 6)) ]
result $? "lines are added"
answer 0 "over it" 'dumpheap -stat |> head 2 |> -f answer'
[ "$(wc -l < answer)" = 3 ]
result $? "it is overwritten"
answer 0 "JSON to a file" 'dumpheap -stat |> "a file.json"' --json
valid_json "a file.json"
result $? "it is JSON"
answer 2 "JSON through a filter" 'dumpheap -stat |> head' --json
valid_json out
result $? "the failure is JSON"
said out "works on lines of text" "it says why"
answer 2 "a failing command leaves no file" 'nosuchcommand |> empty'
[ ! -e empty ]
result $? "no file"
answer 1 "a folder that is not there" 'eeversion |> nowhere/file'
said err "cannot write nowhere/file" "it says which"
[ -c /dev/full ] && {
	answer 1 "a full disk" 'eeversion |> /dev/full'
	said err "cannot write /dev/full: No space left on device" "it says so"
	answer 1 "a full disk, JSON" 'eeversion |> /dev/full' --json
	said err "cannot write /dev/full: No space left on device" "it says so"
}
expect 1 "a limit on the size of files" sh -c 'ulimit -f 1; exec "$@"' - "$program" analyze "$dump" -c 'dumpheap |> limited'
said err "cannot write limited: File too large" "it says so"
[ ! -e limited ]
result $? "no part of it stays"
expect 1 "... and in JSON" sh -c 'ulimit -f 1; exec "$@"' - "$program" analyze "$dump" --json -c 'dumpheap |> limited'
[ ! -e limited ]
result $? "no part of it stays"
echo "of before" > limited
expect 1 "... what is added" sh -c 'ulimit -f 1; exec "$@"' - "$program" analyze "$dump" -c 'dumpheap |>> limited'
[ "$(head -n 1 limited)" = "of before" ]
result $? "a file that was there stays"
rm -f limited
answer 0 "a device" 'eeversion |> /dev/null'
for bad in 'eeversion |> haed' 'eeversion |> less' 'eeversion |> haed 20' 'eeversion |>' \
	'eeversion |> head x' 'eeversion |> grep' 'eeversion |> file |> head' \
	'eeversion |> grep a b' 'eeversion | head' 'eeversion |> sort 0' \
	'eeversion |> tail 99999999999' 'eeversion |> head -x'; do
	answer 2 "$bad" "$bad"
done
ls > files
! grep -qx -e haed -e less -e file files
result $? "no file by a slip of the hand"

# The name of a dump by mistake: that one, a link to it, a packed one, a program.
sum=$(sha256sum < "$dump")
ln -s "$dump" link.core
zstd -q1 < stat > other.zst
cp "$program" a_program
for bad in "eeversion |> -f $dump" "eeversion |>> $dump" 'eeversion |> -f link.core' "logopen $dump" 'logopen link.core' \
	'eeversion |>> other.zst' 'eeversion |> -f a_program' 'logopen a_program'; do
	answer 2 "$bad" "$bad"
	said err "no file of text" "... it says why"
done
[ "$(sha256sum < "$dump")" = "$sum" ] && cmp -s a_program "$program" && zstd -dqc other.zst | cmp -s - stat
result $? "none of them is touched"
answer 0 "a log that cannot be written" 'logopen /dev/full'
expect 1 "... and what was to be in it" "$program" analyze "$dump" -c 'logopen /dev/full' -c eeversion -c 'help exit'
said out "Usage: exit" "the answers are shown all the same"
said err "cannot write /dev/full: No space left on device: the log is closed" "it says so"
expect 1 "... in JSON" "$program" analyze "$dump" --json -c 'logopen /dev/full' -c eeversion
valid_json out && said err "cannot write /dev/full: No space left on device: the log is closed" "it says so"
for next in logclose 'logopen log.txt'; do
	expect 1 "... ended by $next" "$program" analyze "$dump" -c 'logopen /dev/full' -c "$next"
	said err "cannot write /dev/full: No space left on device: the log is closed" "it says so"
done
printf 'logopen own.clr\neeversion\n' > own.clr
expect 0 "a script that logs into itself ends" timeout 5 "$program" analyze "$dump" --keep-going -x own.clr
[ "$(grep -c '^eeversion$\|> eeversion$' own.clr)" = 2 ]
result $? "... and has its answers behind it"
answer 0 "a log is added to" 'logopen log.txt'
answer 0 "... once more" 'logopen log.txt'

# A dump that becomes shorter while it is read.
mkfifo words
rm out # of the last one: it is waited for
"$program" analyze "$dump" -x words > out 2> err &
reader=$!
exec 5<> words
echo eeversion >&5
soon test -s out
truncate -s 100000 "$dump"
printf 'dumpheap -stat\nexit\n' >&5
exec 5>&-
wait $reader
result $(($? != 3)) "a dump that becomes shorter while it is read: status 3"
said err "has become shorter" "it says so"
zstd -dqfc "$OLDPWD/tests/dumps/sample-10.0-wks.core.zst" > "$dump"

printf '%s\n' 'dumpheap -stat |> grep x |> head 1 # comment |> file' 'eeversion |> wc -l' |
	"$program" analyze "$dump" > out 2> err
[ $? = 0 ] && [ "$(wc -l < out)" = 3 ]
result $? "in a script"
"$program" analyze "$dump" -c 'dumpheap |> grep System' -c 'dumpheap' 2> err | head -n 1 > out
counted 1 "a reader that leaves ends the script"
silent err "which is no failure"

finish
