#!/usr/bin/env bash
# Makes a dump of each flavour, of the program "small" (its own, trimmed framework: 10.0.12), and beside each the
# facts that the process printed. NAME is small-KIND; KIND says how the process ran or who wrote the dump:
#   full, heap, mini, triage             createdump's four
#   gcore                                gdb's
#   own                                  `clrpod collect` (CLRPOD=PATH, default build/release/clrpod)
#   kernel33, kernel3f                   the kernel's, by coredump_filter
#   crash1 ... crash4                    the runtime's own at an unhandled exception: DOTNET_DbgMiniDumpType
#   srv4, datas, conserve, clrgcexp      GC settings: 4 server heaps, DATAS, conserve memory 9, libclrgcexp.so
#   frozen                               a frozen segment registered by the program
#   single-heap, single-full, single-gcore      a single-file app
#   packed-heap, packed-gcore                   the same with EnableCompressionInSingleFile
#   midgc                                createdump while the program does nothing but collect: one try, which may miss a collection
# and busy-10.0, by createdump --withheap, of the program "busy" in the same way (trimmed, of its own framework).
# The three apps stay in OUT/small/{plain,single,packed} under the paths that the dumps name: they are the sysroots.
#
# usage: make-flavours.sh OUT [PATTERN...]
# needs: root (ptrace, the neutral folder), the .NET SDK, gdb for gcore, "core" in /proc/sys/kernel/core_pattern
set -euo pipefail

mkdir -p "${1:?usage: make-flavours.sh OUT [PATTERN...]}"
out=$(realpath "$1")
shift
if [ $# -eq 0 ]; then set -- '*'; fi
patterns=("$@")
version=10.0.12
programs=$(cd "$(dirname "$0")" && pwd)
clrpod=$(realpath "${CLRPOD:-$programs/../../build/release/clrpod}")
stage=/opt/clrpod-small
pid=
cleanup() { if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi; rm -rf "$stage"; }
trap cleanup EXIT
mkdir "$stage"
mkfifo "$stage/stdin"
cp -r "$programs/small" "$stage/src"
cp -r "$programs/busy" "$stage/src-busy"

wanted() {
	local pattern
	# shellcheck disable=SC2254  # the pattern is one
	for pattern in "${patterns[@]}"; do case $1 in $pattern) return 0 ;; esac; done
	return 1
}

# publish APP SOURCE PROPERTY...: in the neutral folder, and a copy in OUT.
publish() {
	local app=$1 source=$2
	shift 2
	[ -d "$stage/$app" ] && return
	dotnet publish "$stage/$source" -c Release "-p:RuntimeFrameworkVersion=$version" "$@" -o "$stage/$app" \
		--artifacts-path "$stage/artifacts-$app" >"$stage/log" || { cat "$stage/log" >&2; exit 1; }
	mkdir -p "$out/small/$app$stage"
	cp -r "$stage/$app" "$out/small/$app$stage"
}

publish_for() {
	case $1 in
	single) publish single src -p:PublishSingleFile=true ;;
	busy)
		publish busy src-busy -p:Framework=net10.0 -p:RuntimeIdentifier=linux-x64 -p:SelfContained=true \
			-p:PublishTrimmed=true
		;;
	packed) publish packed src -p:PublishSingleFile=true -p:EnableCompressionInSingleFile=true ;;
	*) publish plain src ;;
	esac
}

# start APP MODE VARIABLE...: the program in the background, $pid, once it is ready.
start() {
	local app=$1 mode=$2 program tries
	shift 2
	publish_for "$app"
	case $app in busy) program=Busy ;; *) program=Small ;; esac
	(
		ulimit -s 1536
		ulimit -c unlimited
		cd "$stage"
		exec env -i PATH=/usr/bin HOME="$stage" LANG=C TMPDIR="$stage" "$@" "$stage/$app/$program" "$mode"
	) 0<>"$stage/stdin" >"$stage/facts" 2>"$stage/errors" &
	pid=$!
	for ((tries = 0; tries < 300; tries++)); do
		if grep -q '^END$' "$stage/facts"; then return; fi
		sleep 0.1
	done
	echo "make-flavours.sh: the program is not ready, see $stage/errors" >&2
	exit 1
}

stop() {
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
}

keep_facts() {
	grep -v '^END$' "$stage/facts" >"$out/$1.facts"
	echo "$1: $(stat -c %s "$out/$1.core") bytes"
}

# write_core HOW CORE
write_core() {
	rm -f "$2"
	case $1 in
	full) "$stage/plain/createdump" --full -f "$2" "$pid" ;;
	mini) "$stage/plain/createdump" --normal -f "$2" "$pid" ;;
	triage) "$stage/plain/createdump" --triage -f "$2" "$pid" ;;
	gcore) gcore -o "$stage/gcore" "$pid" && cp --sparse=always "$stage/gcore.$pid" "$2" && rm "$stage/gcore.$pid" ;;
	own) "$clrpod" collect -p "$pid" -o "$2" ;;
	*) "$stage/plain/createdump" --withheap -f "$2" "$pid" ;;
	esac >"$stage/log" 2>&1 || { cat "$stage/log" >&2; exit 1; }
}

# of_one APP MODE PREFIX "KIND..." VARIABLE...: dumps of one process, one of each KIND.
of_one() {
	local app=$1 mode=$2 prefix=$3 kinds=$4 kind names=()
	shift 4
	for kind in $kinds; do if wanted "$prefix$kind"; then names+=("$kind"); fi; done
	[ ${#names[@]} -gt 0 ] || return 0
	publish_for plain  # for its createdump
	start "$app" "$mode" "$@"
	for kind in "${names[@]}"; do
		write_core "$kind" "$out/$prefix$kind.core"
		keep_facts "$prefix$kind"
	done
	stop
}

# by_kernel KIND FILTER: SIGSYS, which the runtime does not handle.
by_kernel() {
	local name=small-$1 core
	wanted "$name" || return 0
	start plain wait
	echo "$2" >"/proc/$pid/coredump_filter"
	kill -SYS "$pid"
	wait "$pid" 2>/dev/null || true
	core=$(find "$stage" -maxdepth 1 -name 'core*' -type f)
	mv "$core" "$out/$name.core"
	pid=
	keep_facts "$name"
}

# by_runtime TYPE: the runtime starts createdump itself.
by_runtime() {
	local name=small-crash$1
	wanted "$name" || return 0
	start plain throw DOTNET_DbgEnableMiniDump=1 "DOTNET_DbgMiniDumpType=$1" "DOTNET_DbgMiniDumpName=$stage/crash.core"
	wait "$pid" 2>/dev/null || true
	pid=
	rm -f "$stage"/core*
	mv "$stage/crash.core" "$out/$name.core"
	keep_facts "$name"
}

of_one plain wait small- 'heap full mini triage gcore own'
by_kernel kernel33 0x33
by_kernel kernel3f 0x3f
for type in 1 2 3 4; do by_runtime "$type"; done
of_one plain wait small- srv4 DOTNET_gcServer=1 DOTNET_GCHeapCount=4 DOTNET_GCNoAffinitize=1 DOTNET_GCDynamicAdaptationMode=0
of_one plain wait small- datas DOTNET_gcServer=1 DOTNET_GCDynamicAdaptationMode=1
of_one plain fragment small- conserve DOTNET_GCConserveMemory=9
of_one plain wait small- clrgcexp DOTNET_GCName=libclrgcexp.so
of_one plain frozen small- frozen
of_one plain collect small- midgc
of_one single wait small-single- 'heap full gcore'
of_one packed wait small-packed- 'heap gcore'
of_one busy 300 busy- 10.0
