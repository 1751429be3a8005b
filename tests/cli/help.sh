#!/bin/sh
# Help, the man page and README say what the tables say; every example runs.
. "$(dirname "$0")/lib"

made() { # FILE OPTION...: is the committed file what the program prints?
	file=$1
	shift
	"$program" "$@" | diff -u "$file" - > "$work/diff"
	status=$?
	head -n 20 "$work/diff" | sed 's/^/# /'
	result $status "$file is up to date (make docs)"
}

made man/clrpod.1 --print-man
made man/clrpod-commands.7 --print-man commands
made share/clrpod.bash --print-completion bash
made share/_clrpod --print-completion zsh

echo '.TH PROBE 1' > "$work/probe.1"
for page in man/clrpod.1 man/clrpod-commands.7; do
	if man --warnings -E UTF-8 -l -Tutf8 -Z "$work/probe.1" > /dev/null 2>&1; then
		MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z $page 2> "$work/warnings" > /dev/null
		head "$work/warnings" | sed 's/^/# /'
		[ ! -s "$work/warnings" ]
		result $? "man -l $page has no warnings"
	else
		skip "man and groff are not there" "man -l $page"
	fi
done

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
	sed -n '/^Examples:/,/^$/s/^  clrpod //p' "$work/out" >> "$work/verb-examples"
done

sed -n '/^\.SS COMMAND/,/^\.SH/s/^clrpod //p' man/clrpod.1 | sed 's/\\-/-/g' > "$work/examples"
[ "$(wc -l < "$work/examples")" = 3 ]
result $? "a command in place of a verb has examples"
cat "$work/examples" >> "$work/verb-examples"

commands=$(sed -n '/^Commands/,/^$/s/^  \([a-z0-9]*\) .*/\1/p' "$work/help")
need_dump
"$program" analyze "$dump" -c help > "$work/list"

# Of verbs: with this dump, and with a process of ours in the place of theirs.
sleep 600 &
process=$!
while read -r example <&3; do
	line=$(echo "$example" | sed "s/-p 1\>/-p $process/")
	case $line in
	collect*-p*) ;;
	collect*) line="$line -p $process" ;;
	*) line=$(echo "$line" | sed "s|[a-z]*\\.core\\>|$dump|g") ;;
	esac
	(cd "$work" && eval "set -- $line" && timeout 60 "$program" "$@" > out 2> err < /dev/null)
	status=$?
	[ $status != 2 ] || head -n 3 "$work/err" | sed 's/^/# /'
	[ $status != 2 ]
	result $? "example: clrpod $example"
done 3< "$work/verb-examples"
kill $process
rm -f "$work"/api.core* "$work"/core_*

# man_section COMMAND: its part of the page, as text.
man_section() {
	sed -n "/^\.SS $1\$/,/^\.S[SH]/p" man/clrpod-commands.7 |
		sed 's/\\f[BP]//g; s/\\-/-/g; s/\\&//g; s/\\e/\\/g'
}
# Some write files.
in_work() { (cd "$work" && "$@"); }
for command in $commands; do
	set -- "$program" "$command" --help
	# A verb of this name has its own help.
	echo "$verbs" | grep -qx "$command" && set -- "$program" analyze "$dump" -c "help $command"
	expect 0 "$command --help" "$@"
	said out "Usage: $command" "$command has a usage"
	grep -q "^$command " "$work/list"
	result $? "help lists $command"
	man_section "$command" > "$work/section"
	sed -n 's/^Usage: *//p; s/^    \(-.*[^ ]\)   *[^ ].*/\1/p' "$work/out" > "$work/wanted"
	sed -n '/^Examples:/,$s/^    //p' "$work/out" > "$work/examples"
	cat "$work/examples" >> "$work/wanted"
	missing=$(while read -r line; do
		grep -qxF -- "$line" "$work/section" || grep -qF -- "$line" "$work/section" || echo "$line"
	done < "$work/wanted")
	[ -z "$missing" ]
	result $? "its man page says what help says $missing"
	while read -r example <&3; do
		in_work "$program" analyze "$dump" -c "$example" > "$work/out" 2> "$work/err" < /dev/null
		status=$?
		[ $status != 2 ] # addresses of the examples are not those of this dump
		result $? "example: $example"
		in_work "$program" analyze "$dump" --json -c "$example" > "$work/json" 2> "$work/err" \
			< /dev/null
		[ $? = $status ] && valid_json "$work/json"
		result $? "in JSON: $example"
		in_work "$program" analyze "$dump" --jsonl -c "$example" > "$work/json" 2> "$work/err" \
			< /dev/null
		[ $? = $status ] && valid_json "$work/json" &&
			tail -n 1 "$work/json" | grep -q '^{"schema":1,'
		result $? "in JSON lines: $example"
	done 3< "$work/examples"
done

# Filters, which are in the man page of commands.
sed -n '/^\.SH FILTERS/,/^\.SH THE/p' man/clrpod-commands.7 | sed 's/\\-/-/g' |
	grep '^[a-z]* .*|> [a-z]' > "$work/examples"
[ "$(wc -l < "$work/examples")" -ge 6 ]
result $? "filters have examples"
while read -r example <&3; do
	expect 0 "example: $example" "$program" analyze "$dump" -c "$example"
done 3< "$work/examples"

"$program" help logopen | grep -qx '    logopen [a-z.]*log'
result $? "help logopen has an example with a file"
expect 0 "help of a verb" "$program" help collect
said out "clrpod collect: " "is the verb's"
for what in 'SIGTERM and SIGHUP end it with status 5 when they keep a part' 'else with 143; SIGINT with 130'; do
	tr -s ' \n' '  ' < "$work/out" | grep -qF "$what"
	result $? "says: $what"
done
expect 0 "help of a command" "$program" help dumpheap
said out "Usage: dumpheap" "is the command's"
for how in 'dumpheap --help' 'help dumpheap'; do
	# shellcheck disable=SC2086 # words
	expect 0 "$how" "$program" $how
	said out "clrpod dumpheap [DUMP | -p PID | -n NAME] [OPTION]" "says how it is called"
	said out "clrpod analyze --help" "and where exit statuses are"
done
expect 0 "help of a command without a dump" "$program" threadstate --help
said out "clrpod threadstate [OPTION]... [WORD]..." "names none"
expect 0 "help of a command of a session" "$program" logopen --help
said out "means something in a session only" "says so"
expect 0 "help at the prompt" "$program" analyze "$dump" -c 'help dumpheap'
! grep -qF "In place of a verb" "$work/out"
result $? "is of the command alone"
for filter in head tail grep sort wc wide; do
	expect 0 "help of the filter $filter" "$program" help $filter
	said out "Usage: COMMAND |> $filter" "is the filter's"
	grep -q "^  |> $filter" "$work/help"
	result $? "--help lists it"
done
for mark in '|>' '|>>'; do
	expect 0 "help of $mark" "$program" help "$mark"
	for what in '|> head' '|> tail' '|> grep' '|> sort' '|> wc' '|> wide' '|> FILE' '|> -f FILE' '|>> FILE'; do
		said out "$what" "lists $what"
	done
done
"$program" analyze "$dump" -c 'help dumpheap' > "$work/wanted"
for how in --help -help -h '-stat --help'; do
	"$program" analyze "$dump" -c "dumpheap $how" | cmp -s - "$work/wanted"
	result $? "-c 'dumpheap $how' is its help"
done
"$program" analyze "$dump" -c 'exit --help' -c 'help get' > "$work/out"
said out "Usage: exit" "exit --help is its help"
said out "Usage: get" "and does not leave"
expect 2 "an option that is none is refused still" "$program" analyze "$dump" -c 'dumpheap -helpme'
said err "there is no option -helpme" "by its name"
expect 2 "no shell to complete for" "$program" --print-completion
said err "--print-completion takes bash or zsh" "says which there are"
expect 2 "a shell that is none" "$program" --print-completion fish
said err "--print-completion takes bash or zsh, not fish" "says which there are"
expect 2 "a man page that is none" "$program" --print-man x
said err "--print-man takes nothing or commands, not x" "says which there are"
expect 2 "help of a name that is none" "$program" help nosuch
said err "there is no command nosuch" "says so"
for how in 'gcroot' 'gcroot --help' 'help gcroot'; do
	# shellcheck disable=SC2086 # words
	expect 2 "what is not there yet: $how" "$program" $how
	said err "gcroot: the command of SOS needs the roots of the heap" "says what instead"
done

# What bash completes: completes "WORD..." WANTED
completes() {
	bash -c '. share/clrpod.bash; compopt() { :; }
		COMP_WORDS=(clrpod "${@:2}"); COMP_CWORD=$(($# - 1))
		_clrpod clrpod "${@: -1}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' bash clrpod "$@" > "$work/completed" 2> "$work/err"
}
offers() { # TEXT NAME
	grep -qxF -- "$1" "$work/completed" && [ ! -s "$work/err" ]
	result $? "$2"
}
if command -v bash > /dev/null; then
	bash -n share/clrpod.bash
	result $? "bash -n share/clrpod.bash"
	completes an
	offers analyze "bash: verbs"
	completes analyze --js
	offers --jsonl "bash: options"
	completes collect --type ""
	offers Heap "bash: the choices of an option"
	completes analyze api.core -c dumph
	offers dumpheap "bash: commands behind -c"
	completes analyze api.core -c "dumpheap -sta"
	offers "dumpheap -stat" "bash: a command's options behind -c"
	completes p
	offers pe "bash: other names of commands"
	completes analyze api.core -c d
	offers do "bash: other names behind -c"
	completes gch
	offers gchandleleaks "bash: commands in place of a verb"
	completes dumpheap api.core -st
	offers -stat "bash: such a command's options"
	completes dumpheap api.core --json
	offers --jsonl "bash: and those of analyze"
	completes dumpheap api.core --keep
	[ -z "$(cat "$work/completed")" ]
	result $? "bash: but not those of several commands"
	completes dumpheap --sysroot sha
	offers share "bash: and their values"
	completes analyze share/clr
	offers share/clrpod.bash "bash: files"
	completes --print-completion z
	offers zsh "bash: shells"
	for verb in $verbs; do
		"$program" "$verb" --help | grep -o '^  --*[a-z][a-z-]*' | while read -r option; do
			completes "$verb" "$option"
			grep -qxF -- "$option" "$work/completed" || echo "$option"
		done > "$work/missing"
		[ ! -s "$work/missing" ]
		result $? "bash: every option of $verb $(cat "$work/missing")"
	done
else
	skip "bash is not there" "completion in bash"
fi
if command -v zsh > /dev/null; then
	grep -qx "		'do:show an object.*'" share/_clrpod
	result $? "zsh: other names of commands"
	zsh -n share/_clrpod
	result $? "zsh -n share/_clrpod"
else
	skip "zsh is not there" "completion in zsh"
fi
finish
