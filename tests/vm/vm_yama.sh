#!/bin/bash
# What this machine's kernel may lack: Yama's scopes; the last one, 3, is for ever. vm_x64.sh has the rest.
#
# usage: vm_yama.sh PROGRAM     (build/release/clrpod)
# needs: qemu-system-x86_64, cpio, cc, setpriv, Debian's packages (or their copies in the cache); setcap and dotnet for a part.
. "$(dirname "$0")/lib"
[ "$(uname -m)" = x86_64 ] || skip_all "the program is not for x64"
command -v setpriv >/dev/null || skip_all "no setpriv"
vm_prepare x64
vm_add_program "$program" /bin/clrpod
vm_add_program "$(command -v setpriv)" /usr/bin/setpriv
setcap=$(PATH=$PATH:/usr/sbin:/sbin command -v setcap) && vm_add_program "$setcap" /sbin/setcap
tests/live/link_victim "$work/victim" || exit 1
vm_add "$work/victim" /bin/victim
if vm_add_app; then
	for library in "$root"/app/lib*.so; do vm_add_program "$library" "${library#"$root"}.needed"; done
	rm -f "$root"/app/*.needed
else
	echo "# $why"
fi
vm_boot 2048 yama.sh yama_dotnet.sh zz_yama_3.sh
