#!/bin/sh
# diff: equal to what ClrMD counted in both dumps, without addresses, and honest about what is missing.
. "$(dirname "$0")/lib"
for name in sample-8.0-wks sample-10.0-wks arm64-9.0-heap small-mini; do
	[ -f "tests/dumps/$name.core.zst" ] || {
		echo "tests/dumps/$name.core.zst is not there"
		exit 77
	}
	zstd -dqc "tests/dumps/$name.core.zst" > "$work/$name.core" || exit 1
done
a=$work/sample-8.0-wks.core
b=$work/sample-10.0-wks.core

# NAME SIZE_A SIZE_B COUNT_A COUNT_B by type, tab-separated, modules added up; names that ClrMD
# spells wrong left out (tests/oracle/README.md).
sum_by_name() {
	awk -F '\t' -v OFS='\t' '
	$1 !~ /^<unnamed|[*][]>]|[(]/ {
		names[$1]
		for (i = 2; i <= 5; i++) sum[$1, i] += $i
	}
	END { for (name in names) print name, sum[name, 2] + 0, sum[name, 3] + 0, sum[name, 4] + 0, sum[name, 5] + 0 }' |
		LC_ALL=C sort
}

expect 0 "two dumps of two runtimes" "$program" diff "$a" "$b" -all --jsonl
sed -n 's/^{"table":"types","size_delta":[-0-9]*,"count_delta":[-0-9]*,"size_a":\([0-9]*\),"size_b":\([0-9]*\),"count_a":\([0-9]*\),"count_b":\([0-9]*\),"module":"[^"]*","type":"\(.*\)"}$/\5\t\1\t\2\t\3\t\4/p' \
	"$work/out" > "$work/rows"
{
	zstd -dqc tests/dumps/sample-8.0-wks.stat.zst |
		awk -F '\t' -v OFS='\t' '$4 != "Free" { print $4, $3, 0, $2, 0 }'
	zstd -dqc tests/dumps/sample-10.0-wks.stat.zst |
		awk -F '\t' -v OFS='\t' '$4 != "Free" { print $4, 0, $3, 0, $2 }'
} | sum_by_name > "$work/clrmd"
sum_by_name < "$work/rows" > "$work/ours"
[ "$(wc -l < "$work/clrmd")" -gt 400 ] && diff "$work/clrmd" "$work/ours" > "$work/differences"
result $? "$(wc -l < "$work/clrmd") types: counts and sizes of both are ClrMD's"
head -n 5 "$work/differences" | sed 's/^/# /'

expect 0 "as text" "$program" diff "$a" "$b"
cp "$work/out" "$work/text"
! sed 1,2d "$work/text" | grep -qE '0x|[0-9a-f]{12}'
result $? "no addresses"
"$program" diff "$a" "$b" | cmp -s - "$work/text"
result $? "two runs are the same text"
[ "$("$program" diff "$a" "$b" -all | wc -l)" -gt "$(wc -l < "$work/text")" ]
result $? "only -all has what has not changed"
# The numbers of a row, sizes of the change: never larger than in the row before.
sed '1,4d;/^$/,$d;s/,//g' "$work/text" | awk '
	{ size = $1 < 0 ? -$1 : $1 + 0; if (NR > 1 && size > last) bad++; last = size
	  if ($1 != $4 - $3 || $2 != $6 - $5) bad++; a += $3; b += $4 }
	END { exit bad > 0 || NR < 20 }'
result $? "the largest change comes first, and a change is B - A"
"$program" diff "$b" "$a" | sed '1,4d;/^$/,$d;s/,//g' | awk '{ print -$1, -$2, $4, $3, $6, $5, $7, $8 $9 }' > "$work/back"
sed '1,4d;/^$/,$d;s/,//g' "$work/text" | awk '{ print $1 + 0, $2 + 0, $3, $4, $5, $6, $7, $8 $9 }' | cmp -s - "$work/back"
result $? "B against A is the mirror of it"
expect 0 "a dump and itself" "$program" diff "$a" "$a"
[ "$(sed '1,4d;/^$/,$d' "$work/out" | wc -l)" = 0 ]
result $? "do not differ"
expect 0 "-limit" "$program" diff "$a" "$b" --limit 3
[ "$(sed '1,4d;/^$/,$d' "$work/out" | wc -l)" = 3 ]
result $? "three rows"
said out "more types are left out" "and a word of the others"
expect 0 "-type" "$program" diff "$a" "$b" --type Dictionary -all
[ "$(sed '1,4d;/^$/,$d' "$work/out" | grep -vc Dictionary)" = 0 ]
result $? "only those"
expect 0 "packed ones" "$program" diff tests/dumps/sample-8.0-wks.core.zst tests/dumps/sample-10.0-wks.core.zst
sed 1,2d "$work/out" > "$work/packed"
sed 1,2d "$work/text" | cmp -s - "$work/packed"
result $? "say the same"
"$program" diff "$a" "$b" --json > "$work/json" && valid_json "$work/json"
result $? "JSON"

# At the prompt: the same, and the heap that was open stays what it was.
"$program" analyze "$a" -c 'dumpheap -stat' > "$work/before"
expect 0 "the command, twice, and the open heap" "$program" analyze "$a" -c "diff $b" \
	-c "diff $b -reverse -limit 1" -c 'dumpheap -stat'
head -n "$(wc -l < "$work/text")" "$work/out" | cmp -s - "$work/text"
result $? "the command says what the verb says"
tail -n "$(wc -l < "$work/before")" "$work/out" | cmp -s - "$work/before"
result $? "and the open heap is as before"

# One page is away that nothing says should be there.
cp "$b" "$work/hole.core"
python3 tests/cli/hole.py "$work/hole.core" 7f74b5036000
expect 5 "a dump without a page as A" "$program" diff "$work/hole.core" "$b"
said out "A ($work/hole.core): " "A is named"
expect 5 "... as B" "$program" diff "$b" "$work/hole.core"
said out "B ($work/hole.core): " "B is named"
expect 5 "... at the prompt" "$program" analyze "$b" -c "diff $work/hole.core"
said out "($work/hole.core): " "is named"
! grep -qF "($b): " "$work/out"
result $? "and the whole one is not"

size=$(wc -c < "$work/arm64-9.0-heap.core")
head -c $((size * 97 / 100)) "$work/arm64-9.0-heap.core" > "$work/cut.core"
expect 5 "a cut dump as B" "$program" diff "$a" "$work/cut.core"
said out "B ($work/cut.core): " "B is named"
! grep -q "A ($a): " "$work/out"
result $? "and A is not"
expect 5 "a cut dump at the prompt" "$program" analyze "$a" -c "diff $work/cut.core"
said err "cut.core is cut short" "is told"
expect 5 "a cut dump as A" "$program" diff "$work/cut.core" "$a"
said out "A ($work/cut.core): " "A is named"
expect 0 "--partial-ok" "$program" diff "$work/cut.core" "$a" --partial-ok
for pair in "$a $work/small-mini.core" "$work/small-mini.core $a"; do
	# shellcheck disable=SC2086
	expect 1 "a dump without heap" "$program" diff $pair
	said err "small-mini.core has no GC heap to compare" "is named"
	[ "$(wc -l < "$work/err")" = 1 ]
	result $? "in one sentence"
done
expect 3 "no such dump" "$program" diff "$a" "$work/none"
said err "$work/none" "is named"
expect 3 "a text file" "$program" diff README.md "$a"
said err "README.md" "is named"
expect 2 "one dump" "$program" diff "$a"
expect 2 "none" "$program" diff
expect 2 "no number" "$program" diff "$a" "$b" --limit x
expect 1 "the command without such a file" "$program" analyze "$a" -c "diff $work/none"
expect 2 "the command without a file" "$program" analyze "$a" -c diff
finish
