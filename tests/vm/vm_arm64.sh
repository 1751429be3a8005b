#!/bin/bash
# clrpod on arm64, cross-built, with live processes of that architecture.
#
# usage: vm_arm64.sh PROGRAM     (build/release/clrpod: says which build this belongs to; the machine gets its own).
# KILLS=N: rounds of guest/kill.sh, KILL_MIB=N: the size of its process.
# NIGHT=1: 100 rounds, of 384 MiB.
# needs: qemu-system-aarch64, cpio, the cross compiler, Debian's arm64 packages (or their copies in the cache); dotnet for a part.
. "$(dirname "$0")/lib"
command -v aarch64-linux-gnu-gcc >/dev/null || skip_all "no aarch64-linux-gnu-gcc (make deps-vm)"
builds=$(dirname "$(dirname "$program")") builds=${builds#"$PWD"/}
make -s BUILD_ROOT="$builds" static CROSS=aarch64 >"$work/log" 2>&1 || skip_all "no static arm64 program: $(grep -m 1 -iE 'error|cannot' "$work/log")"
vm_prepare arm64 libc6 libstdc++6 libgcc-s1
vm_add "$builds/static-aarch64/clrpod" /bin/clrpod
tests/live/link_victim "$work/victim" aarch64-linux-gnu-gcc || exit 1
vm_add "$work/victim" /bin/victim
for name in kill_victim killer; do
	aarch64-linux-gnu-gcc -std=gnu11 -D_GNU_SOURCE -O1 -static -pthread -o "$work/$name" "tests/live/$name.c" || exit 1
	vm_add "$work/$name" "/bin/$name"
done
[ -z "${NIGHT-}" ] || KILLS=${KILLS:-100} KILL_MIB=${KILL_MIB:-384}
mkdir -p "$root/tests" && echo "${KILLS:-4}" >"$root/tests/kills" # for guest/kill.sh
echo "${KILL_MIB:-192}" >"$root/tests/mebibytes"
if vm_add_app; then
	mkdir -p "$root"/lib/aarch64-linux-gnu "$root"/usr/lib/aarch64-linux-gnu
	cp -a "$packages"/lib/ld-linux-aarch64.so.1 "$root/lib/"
	cp -a "$packages"/lib/aarch64-linux-gnu/*.so* "$root/lib/aarch64-linux-gnu/"
	cp -a "$packages"/usr/lib/aarch64-linux-gnu/libstdc++.so* "$root/usr/lib/aarch64-linux-gnu/"
else
	echo "# $why"
fi
vm_boot 3072 kill.sh live.sh
