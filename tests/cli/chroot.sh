#!/bin/sh
# The static program alone in an empty root: no shell, no /tmp, no /proc, no terminfo, no HOME.
# Needs build/static/clrpod (make static) and the right to chroot.
. "$(dirname "$0")/lib"
static=$(dirname "$program")/../static/clrpod
[ -x "$static" ] || {
	echo "make static was not run"
	exit 77
}
need_dump
size=$(wc -c < "$static")
[ "$size" -le $((5 * 1024 * 1024)) ]
result $? "at most 5 MB: $size bytes"
root=$work/root
mkdir "$root"
cp "$static" "$root/clrpod"
cp "$dump" "$root/d"
if [ "$(id -u)" = 0 ]; then
	in_root() { env -i "$(command -v chroot)" "$root" "$@"; }
elif unshare -r true 2>/dev/null; then
	in_root() { unshare -r env -i "$(command -v chroot)" "$root" "$@"; }
else
	echo "neither root nor user namespaces: cannot chroot"
	exit 77
fi
path='Demo.Payments.Gateway.Instance._policies["payments"].EnableFallback'
expect 0 "get" in_root /clrpod analyze /d -c "get $path"
[ "$(cat "$work/out")" = False ]
result $? "answers False"
expect 0 "dumpheap" in_root /clrpod analyze /d -c 'dumpheap -stat'
said out "Demo.Payments.Gateway" "finds the type"
expect 0 "JSON" in_root /clrpod analyze /d --json -c "get $path"
said out '"value":false' "answers false"
expect 0 "--help" in_root /clrpod --help
expect 2 "bad usage" in_root /clrpod bogus
[ -z "$(find "$root" -newer "$root/d" -type f)" ]
result $? "nothing was written"
finish
