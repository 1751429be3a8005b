# Files of a container's image on a kernel that tells of them by the layer's device, not the
# overlay's (Linux 6.1: fs/overlayfs/file.c, ovl_mmap).
. /tests/tap
[ -e /overlay.ko ] || { skip "a file of a container's image" "no overlay here"; exit; }
insmod /loop.ko
insmod /overlay.ko
mkdir /tmp/disk
truncate -s 32M /tmp/disk.image
losetup /dev/loop0 /tmp/disk.image && mke2fs /dev/loop0 > $log 2>&1 && mount /dev/loop0 /tmp/disk && cd /tmp/disk &&
	mkdir lower upper work layer && head -c 262144 /dev/zero | tr '\0' Z > lower/image &&
	mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work layer >> $log 2>&1
mounted=$?
cd /tmp
ok "an overlay is mounted" test $mounted = 0
[ $mounted = 0 ] || exit
sleep 4 # the image is older than the process
mkfifo /tmp/file.in
/bin/file_victim /tmp/disk/layer/image <> /tmp/file.in > /tmp/areas &
victim=$!
soon grep -q ^ready /tmp/areas
device() { awk '/layer\/image/ { print $4; exit }' /proc/$victim/maps; }
# The first bytes of pages of an area as the dump has them, each once.
seen() { # NAME
	address=$(sed -n "s/^$1 0x\([0-9a-f]*\) .*/\1/p" /tmp/areas)
	for page in 0 1 20 63; do
		/bin/clrpod analyze /tmp/core -c "db $(printf %x $((0x$address + page * 4096))) -c 1" 2> /dev/null | head -n 1 | cut -d ' ' -f 2
	done | sort -u | tr '\n' ' '
}
has() { # NAME BYTES
	echo "$1: $(seen $1)" >> $log
	[ "$(seen $1)" = "$2" ]
}
for way in "" --freeze; do
	ok "a file of the image, device $(device), ${way:-snapshot}: whole" run 0 /bin/clrpod collect -p $victim -o /tmp/core --force $way
	for area in "read 5a " "not-inherited 5a " "written 57 "; do
		ok "... ${area%% *}" has ${area%% *} "${area#* }"
	done
done
head -c 262144 /dev/zero | tr '\0' N | dd of=/tmp/disk/layer/image conv=notrunc 2> $log
/bin/clrpod collect -p $victim -o /tmp/core --force > $log 2>&1
ok "it is written to: status 5" test $? = 5
ok "... and the count" said 'it is not certain that it still is what is mapped'
for area in "read 5a " "not-inherited 5a ?? " "written 57 "; do
	ok "... ${area%% *}" has ${area%% *} "${area#* }"
done
kill -9 $victim
wait $victim 2> /dev/null
umount /tmp/disk/layer /tmp/disk && losetup -d /dev/loop0
rm -f /tmp/core /tmp/disk.image
