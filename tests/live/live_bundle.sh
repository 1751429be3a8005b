#!/bin/bash
# A heap dump of a single-file app, as it is and compressed: walked without the program, every type named with it.
# TAP on stdout.
#
# usage: live_bundle.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, a NuGet feed with the runtime pack. Exit status 77: skipped, with the reason.
set -u
program=$(realpath "${1:?usage: live_bundle.sh PROGRAM}")
here=$(cd "$(dirname "$0")" && pwd)
number=0 failures=0 app=
skip_all() { echo "1..0 # SKIP $1"; exit 77; }
command -v dotnet >/dev/null || skip_all "no dotnet here"
work=$(mktemp -d) || exit 1
log=$work/log
cleanup() {
	if [ -n "$app" ]; then kill -KILL "$app" 2>/dev/null; fi
	rm -rf "$work"
}
trap cleanup EXIT

ok() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then echo "ok $number - $name"; else
		failures=$((failures + 1))
		echo "not ok $number - $name"
		tail -n 20 "$log" | sed 's/^/# /'
	fi
}
said() { grep -qE -e "$1" "$log"; }
status_is() { local status=$1; shift; "$program" analyze "$@" -c 'dumpheap -stat' >"$log" 2>&1; [ $? = "$status" ]; }
soon() { local i; for i in $(seq 300); do "$@" && return 0; sleep 0.05; done; false; }

cp -r "$here/../programs" "$work/programs"
mkfifo "$work/stdin"
touch "$work/facts"
for compress in false true; do
	(cd "$work" && dotnet publish -c Release -r linux-x64 --self-contained -p:Framework=net10.0 -p:PublishSingleFile=true \
		-p:EnableCompressionInSingleFile=$compress --artifacts-path "$work/artifacts-$compress" \
		-o "$work/app" programs/modules/modules.csproj) >"$log" 2>&1 ||
		skip_all "the program could not be published: $(grep -m 1 -E 'error|not' "$log")"
	"$work/app/Modules" 0<>"$work/stdin" >"$work/facts" 2>&1 &
	app=$!
	soon grep -q '^END' "$work/facts" || { cat "$work/facts"; exit 1; }
	kill -STOP "$app" # both dumps of one moment
	"$program" collect -p "$app" -o "$work/full.core" --force >"$log" 2>&1 || skip_all "$(tail -n 1 "$log")"
	echo 0x33 >"/proc/$app/coredump_filter"
	command -v gcore >/dev/null || skip_all "no gcore here"
	gcore -o "$work/gcore" "$app" >"$log" 2>&1 || skip_all "gcore: $(tail -n 1 "$log")"
	kill -KILL "$app"
	wait "$app" 2>/dev/null
	mkdir "$work/away"
	mv "$work/app/Modules" "$work/away/Modules"
	"$program" analyze "$work/full.core" -c 'dumpheap -stat' >"$work/truth" 2>/dev/null
	ok "compressed $compress: all named with --sysroot" status_is 0 "$work/gcore.$app" --sysroot "$work/away"
	ok "... as in the full dump" diff "$work/truth" "$log"
	if [ $compress = false ]; then
		ok "... without it an incomplete answer" status_is 5 "$work/gcore.$app"
		ok "... that names the program" said 'clrpod analyze .* --sysroot DIR reads it, .* Modules$'
	fi
	rm -rf "$work/away" "$work/app" "$work"/*.core "$work/gcore.$app"
	app=
done
echo "1..$number"
[ $failures = 0 ]
