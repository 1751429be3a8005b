#!/usr/bin/env bash
# Makes the dumps that the tests and benchmarks read, and beside each what its program printed (NAME.facts); the
# programs' own files stay in OUT/sysroot, under the paths that the dumps name.
# Each is NAME = PROGRAM-MAJOR-KIND, e.g. sample-8.0-wks:
#   PROGRAM  sample, webapi, roslyn (the C# compiler's library, under a small host), csc (the SDK's compiler
#            server, 10.0 only), locked (deadlocks and a starved pool, 9.0 and later), big (32 million objects, 10.0 only; OBJECTS=customers to change that)
#   KIND     wks, srv (server GC, a heap for each of the two cores), datas (server GC as 9.0 and later start it: one
#            heap, more on demand), seg (libclrgc.so: segments instead of regions), all by createdump --withheap;
#            full (createdump --full) and gcore (gdb's): of the same process as 10.0's wks, so that what is true of
#            one of the three is true of all
# Everything runs from a neutral folder with an empty environment, since a dump records paths and environment; a
# dump that is to be shipped and still holds the name of the checkout or of OUT is refused.
#
# usage: make-dumps.sh [--ship] ROOT OUT [PATTERN...]
#   ROOT     as runtimes.sh made it        OUT   a folder for NAME.core and NAME.facts
#   PATTERN  only names that match, e.g. 'sample-*'; without one: all
#   --ship   also write the shipped ones to tests/dumps/NAME.core.zst and NAME.facts (zstd -19)
# needs: root (ptrace, the neutral folder), the .NET SDK, zstd, gdb for gcore dumps
set -euo pipefail

shipped='sample-8.0-wks sample-8.0-srv sample-8.0-seg sample-9.0-wks sample-9.0-srv sample-9.0-seg
	sample-10.0-wks sample-10.0-srv sample-10.0-seg sample-11.0-wks locked-9.0-wks locked-10.0-wks locked-11.0-wks'

ship=no
if [ "${1:-}" = --ship ]; then ship=yes; shift; fi
root=$(realpath "${1:?usage: make-dumps.sh [--ship] ROOT OUT [PATTERN...]}")
mkdir -p "${2:?no OUT}"
out=$(realpath "$2")
shift 2
if [ $# -eq 0 ]; then set -- '*'; fi
patterns=("$@")

programs=$(cd "$(dirname "$0")" && pwd)
stage=/opt/clrpod-sample
pid=
cleanup() { if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi; rm -rf "$stage"; }
trap cleanup EXIT
mkdir "$stage"
mkfifo "$stage/stdin"

wanted() {
	local pattern
	# shellcheck disable=SC2254  # the pattern is one
	for pattern in "${patterns[@]}"; do case $1 in $pattern) return 0 ;; esac; done
	return 1
}

# stage_program NAME: its sources and its build in the neutral folder, once.
stage_program() {
	[ -d "$stage/app/$1" ] && return
	mkdir -p "$stage/src" "$stage/app"
	cp -r "$programs/$1" "$stage/src"
	mkdir -p "$out/sysroot$stage/app"
	dotnet build -c Release --artifacts-path "$stage/artifacts" -o "$stage/app/$1" "$stage/src/$1/$1.csproj" >"$stage/log" ||
		{ cat "$stage/log" >&2; exit 1; }
	cp -r "$stage/app/$1" "$out/sysroot$stage/app"
}

# stage_runtime VERSION: hard links, so that the process maps its files under the neutral name.
stage_runtime() {
	[ -d "$stage/dotnet-$1" ] && return
	cp -al "$root/$1" "$stage/dotnet-$1" 2>/dev/null || cp -a "$root/$1" "$stage/dotnet-$1"
}

# start VERSION KIND FACTS ARGUMENT...: the program in the background, $pid; waits for the line END in FACTS.
start() {
	local version=$1 kind=$2 facts=$3 environment
	shift 3
	environment=(PATH=/usr/bin HOME=$stage LANG=C DOTNET_ROLL_FORWARD=Major TMPDIR=$stage DOTNET_gcServer=0)
	case $kind in
	srv) environment+=(DOTNET_gcServer=1 DOTNET_GCDynamicAdaptationMode=0) ;;
	datas) environment+=(DOTNET_gcServer=1) ;;
	seg) environment+=(DOTNET_GCName=libclrgc.so) ;;
	esac
	(
		ulimit -s 1536
		cd "$stage"
		exec env -i "${environment[@]}" "$stage/dotnet-$version/dotnet" exec "$@"
	) 0<>"$stage/stdin" >"$facts" &
	pid=$!
}

await_end() {
	local tries
	for ((tries = 0; tries < 1200; tries++)); do
		if grep -q '^END$' "$1"; then return; fi
		kill -0 "$pid" || { echo "make-dumps.sh: the program ended early, see $1" >&2; exit 1; }
		sleep 0.1
	done
	echo "make-dumps.sh: the program is not ready after two minutes, see $1" >&2
	exit 1
}

stop() {
	kill -KILL "$pid"  # ASP.NET Core holds SIGTERM back for its own shutdown
	wait "$pid" 2>/dev/null || true
	pid=
}

# compile_by_server VERSION PIPE FACTS: lets the SDK's compiler client hand the server a compilation, so that it holds its caches.
compile_by_server() {
	local framework=$stage/dotnet-$1/shared/Microsoft.NETCore.App/$1 reference references=()
	for reference in "$framework"/System.*.dll "$framework"/{mscorlib,netstandard}.dll; do
		case $reference in *Native*) ;; *) references+=("-r:$reference") ;; esac
	done
	printf 'global using System; global using System.%s;\n' Collections.Generic IO Linq Threading Threading.Tasks |
		sed 's/^global using System; //; 1s/^/global using System; /' >"$stage/usings.cs"
	sleep 2
	env -i PATH=/usr/bin HOME="$stage" "$stage/dotnet-$1/dotnet" exec "$stage/app/csc/csc.dll" "-shared:$2" \
		-noconfig -nologo -nostdlib -unsafe -langversion:latest -nowarn:CS0108,CS0649,CS0414,CS0169,CS0067 -t:library \
		"-out:$stage/compiled.dll" "${references[@]}" "$stage/usings.cs" "$stage"/src/{sample,big}/*.cs
	{ echo "READY pid=$pid"; echo END; } >>"$3"
}

# launch PROGRAM VERSION KIND FACTS: starts it and waits until it is ready.
launch() {
	local program=$1 version=$2 kind=$3 facts=$4
	stage_runtime "$version"
	case $program in
	sample)
		stage_program sample
		start "$version" "$kind" "$facts" "$stage/app/sample/Sample.dll"
		;;
	webapi)
		stage_program webapi
		start "$version" "$kind" "$facts" "$stage/app/webapi/WebApi.dll"
		;;
	big)
		stage_program big
		start "$version" "$kind" "$facts" "$stage/app/big/Big.dll" "${OBJECTS:-2000000}"
		;;
	locked)
		stage_program locked
		start "$version" "$kind" "$facts" "$stage/app/locked/Locked.dll"
		;;
	roslyn)
		stage_program roslyn
		stage_program sample
		stage_program webapi
		stage_program big
		start "$version" "$kind" "$facts" "$stage/app/roslyn/RoslynHost.dll" "$stage"/src/{sample,big,roslyn}
		;;
	csc)
		stage_program sample
		stage_program big
		cp -r "$(dirname "$(readlink -f "$(command -v dotnet)")")"/sdk/*/Roslyn/bincore "$stage/app/csc"
		cp -r "$stage/app/csc" "$out/sysroot$stage/app"
		start "$version" "$kind" "$facts" "$stage/app/csc/VBCSCompiler.dll" -pipename:clrpod
		compile_by_server "$version" clrpod "$facts"
		;;
	esac
	await_end "$facts"
}

# write_core KIND VERSION CORE: a dump of $pid.
write_core() {
	local kind=$1 core=$3 createdump=$stage/dotnet-$2/shared/Microsoft.NETCore.App/$2/createdump
	rm -f "$core"
	case $kind in
	full) "$createdump" --full -f "$core" "$pid" >"$stage/log" ;;
	gcore)
		gcore -o "$stage/gcore" "$pid" >"$stage/log" 2>&1 &&
			cp --sparse=always "$stage/gcore.$pid" "$core" && rm "$stage/gcore.$pid"
		;;
	*) "$createdump" --withheap -f "$core" "$pid" >"$stage/log" ;;
	esac || { cat "$stage/log" >&2; exit 1; }
}

# dump PROGRAM VERSION KIND...: starts the program as the first KIND says, and writes a dump of each KIND of it.
dump() {
	local program=$1 version=$2 first=$3 kind names=() name
	shift 2
	for kind in "$@"; do
		name=$program-${version%.*}-$kind
		if wanted "$name"; then names+=("$name"); fi
	done
	[ ${#names[@]} -gt 0 ] || return 0
	launch "$program" "$version" "$first" "$stage/facts"
	for name in "${names[@]}"; do
		write_core "${name##*-}" "$version" "$out/$name.core"
		grep -v '^END$' "$stage/facts" >"$out/$name.facts"
		echo "$name: $(stat -c %s "$out/$name.core") bytes"
	done
	stop
}

dump sample 8.0.33 wks
dump sample 9.0.22 wks
dump sample 10.0.14 wks full gcore
for version in 8.0.33 9.0.22 10.0.14; do
	for kind in srv seg; do dump sample "$version" "$kind"; done
	for kind in wks srv; do
		dump webapi "$version" "$kind"
		dump roslyn "$version" "$kind"
	done
done
dump sample 10.0.14 datas
dump csc 10.0.14 wks
dump big 10.0.14 wks
for kind in wks srv seg; do dump sample 11.0.0 "$kind"; done
for version in 9.0.22 10.0.14 11.0.0; do dump locked "$version" wks; done

[ $ship = yes ] || exit 0
dumps=$programs/../dumps
mkdir -p "$dumps"
for name in $shipped; do
	wanted "$name" || continue
	if grep -qaF -e "$(realpath "$programs/../..")/" -e "$out/" "$out/$name.core"; then
		echo "make-dumps.sh: $name.core holds a path of this machine: not shipped" >&2
		exit 1
	fi
	zstd -q -f -19 <"$out/$name.core" >"$dumps/$name.core.zst"
	cp "$out/$name.facts" "$dumps/$name.facts"
	echo "tests/dumps/$name.core.zst: $(stat -c %s "$dumps/$name.core.zst") bytes"
done
