#!/bin/sh
# Help, the man page and README say what the tables say; every example runs.
. "$(dirname "$0")/lib"

"$program" --print-man | diff -u man/clrpod.1 - > "$work/diff"
status=$?
head -n 20 "$work/diff" | sed 's/^/# /'
result $status "man/clrpod.1 is up to date (make docs)"

expect 0 "--version" "$program" --version
expect 0 "--help" "$program" --help
cp "$work/out" "$work/help"
sed -n '/^## Usage/,/^## /p' README.md | sed -n '/^```/,/^```/p' | sed '/^```/d' > "$work/readme"
sed -n '/^Usage:/,/^$/p' "$work/help" | sed '1d;/^$/d' | diff -u "$work/readme" - > "$work/diff"
status=$?
sed 's/^/# /' "$work/diff"
result $status "README's usage is that of --help"

verbs=$(sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$work/help")
for verb in $verbs; do
	expect 0 "$verb --help" "$program" "$verb" --help
	said out "Exit status:" "$verb --help has the exit statuses"
	grep -o '^  --*[a-z][a-z-]*' "$work/out" > "$work/options"
	missing=
	for option in $(cat "$work/options"); do
		grep -qF -- "$(echo "$option" | sed 's/-/\\-/g')" man/clrpod.1 || missing=$option
	done
	[ -z "$missing" ]
	result $? "the man page has the options of $verb $missing"
done

commands=$(sed -n '/^Commands/,/^$/s/^  \([a-z0-9]*\) .*/\1/p' "$work/help")
need_dump
"$program" analyze "$dump" -c help > "$work/list"
for command in $commands; do
	set -- "$program" "$command" --help
	# A verb of this name has its own help.
	echo "$verbs" | grep -qx "$command" && set -- "$program" analyze "$dump" -c "help $command"
	expect 0 "$command --help" "$@"
	said out "Usage: $command" "$command has a usage"
	grep -q "^$command " "$work/list"
	result $? "help lists $command"
	sed -n '/^Examples:/,$s/^    //p' "$work/out" > "$work/examples"
	while read -r example <&3; do
		"$program" analyze "$dump" -c "$example" > "$work/out" 2> "$work/err" < /dev/null
		status=$?
		[ $status != 2 ] # addresses of the examples are not those of this dump
		result $? "example: $example"
		"$program" analyze "$dump" --json -c "$example" > "$work/json" 2> "$work/err" \
			< /dev/null
		[ $? = $status ] && valid_json "$work/json"
		result $? "in JSON: $example"
		"$program" analyze "$dump" --jsonl -c "$example" > "$work/json" 2> "$work/err" \
			< /dev/null
		[ $? = $status ] && valid_json "$work/json" &&
			tail -n 1 "$work/json" | grep -q '^{"schema":1,'
		result $? "in JSON lines: $example"
	done 3< "$work/examples"
done
finish
