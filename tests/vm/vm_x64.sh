#!/bin/bash
# What this machine's kernel may lack: a core that goes into a pipe, cgroup v2 with memory.oom.group, vm.overcommit_memory=2, an
# overlay that tells of its layers' devices. vm_yama.sh has the rest.
#
# usage: vm_x64.sh PROGRAM     (build/release/clrpod)
# needs: qemu-system-x86_64, cpio, cc, Debian's packages (or their copies in the cache).
. "$(dirname "$0")/lib"
[ "$(uname -m)" = x86_64 ] || skip_all "the program is not for x64"
vm_prepare x64
vm_add_program "$program" /bin/clrpod
for name in vm/churn live/file_victim; do
	cc -std=gnu11 -D_GNU_SOURCE -O1 -static -o "$work/${name#*/}" "tests/$name.c" || exit 1
	vm_add "$work/${name#*/}" "/bin/${name#*/}"
done
for module in fs/overlayfs/overlay.ko drivers/block/loop.ko; do
	for file in "$packages"/lib/modules/*/kernel/$module; do [ -e "$file" ] && vm_add "$file" "/${module##*/}"; done
done
vm_boot 2048 core_pipe.sh oom_group.sh overcommit.sh overlay.sh
