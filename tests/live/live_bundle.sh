#!/bin/bash
# A heap dump of a single-file app, as it is and compressed: walked without the program, every type named with it.
# TAP on stdout.
#
# usage: live_bundle.sh PROGRAM     (build/release/clrpod)
# needs: the .NET SDK, a NuGet feed with the runtime pack. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
command -v dotnet >/dev/null || skip_all "no dotnet here"
walks() { local status=$1; shift; gives "$status" "$program" analyze "$@" -c 'dumpheap -stat'; }

cp -r "$here/../programs" "$work/programs"
mkfifo "$work/stdin"
touch "$work/printed"
for compress in false true; do
	(cd "$work" && dotnet publish -c Release -r linux-x64 --self-contained -p:Framework=net10.0 -p:PublishSingleFile=true \
		-p:EnableCompressionInSingleFile=$compress --artifacts-path "$work/artifacts-$compress" \
		-o "$work/app" programs/modules/modules.csproj) >"$log" 2>&1 ||
		skip_all "the program could not be published: $(grep -m 1 -E 'error|not' "$log")"
	"$work/app/Modules" 0<>"$work/stdin" >"$work/printed" 2>&1 &
	victim=$!
	soon grep -q '^END' "$work/printed" || { cat "$work/printed"; exit 1; }
	kill -STOP "$victim" # both dumps of one moment
	"$program" collect -p "$victim" -o "$work/full.core" --force >"$log" 2>&1 || skip_all "$(tail -n 1 "$log")"
	echo 0x33 >"/proc/$victim/coredump_filter"
	command -v gcore >/dev/null || skip_all "no gcore here"
	gcore -o "$work/gcore" "$victim" >"$log" 2>&1 || skip_all "gcore: $(tail -n 1 "$log")"
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
	mkdir "$work/away"
	mv "$work/app/Modules" "$work/away/Modules"
	"$program" analyze "$work/full.core" -c 'dumpheap -stat' >"$work/truth" 2>/dev/null
	ok "compressed $compress: all named with --sysroot" walks 0 "$work/gcore.$victim" --sysroot "$work/away"
	ok "... as in the full dump" diff "$work/truth" "$log"
	if [ $compress = false ]; then
		ok "... without it an incomplete answer" walks 5 "$work/gcore.$victim"
		ok "... that names the program" said 'clrpod analyze .* --sysroot DIR reads it, .* Modules$'
	fi
	rm -rf "$work/away" "$work/app" "$work"/*.core "$work/gcore.$victim"
	victim=
done
finish
