#!/bin/bash
# Packed dumps that hold more than they announce: where they are unpacked something is left to others, on a disk and in
# memory, and the unpacking ends at SIGINT.
. "$(dirname "$0")/lib"
yes | head -c 100663296 >"$work/large"
gzip -c "$work/large" >"$work/lie.gz"
zstd -q --no-check "$work/large" -o "$work/lie.zst"
rm "$work/large"
# 20 MiB in place of 96: of gzip the last four bytes, of zstd those after magic, descriptor and window.
printf '\0\0\100\001' | dd of="$work/lie.gz" bs=1 seek=$(($(wc -c <"$work/lie.gz") - 4)) conv=notrunc 2>/dev/null
printf '\0\0\100\001' | dd of="$work/lie.zst" bs=1 seek=6 conv=notrunc 2>/dev/null

# Runs it where the shell commands have made the mounts.
mounted() { # COMMANDS COMMAND...
	local made=$1
	shift
	unshare -m bash -c "$made"' && exec "$@"' bash "$@"
}
took() { # MOST NAME: what the last message says was taken, in MiB
	local mebibytes
	mebibytes=$(sed -n 's/.* took \([0-9]*\)\.[0-9] MiB of it.*/\1/p' "$work/err")
	[ "${mebibytes:-999}" -le "$1" ]
	result $? "$2: ${mebibytes:-?} MiB"
}

small="mount -t tmpfs none /mnt && cp $work/lie.* '$program' /mnt/ && mount -t tmpfs -o size=40m none /tmp"
read_only="mount -t tmpfs none /mnt && printf 'MemTotal: 65536 kB\\nMemAvailable: 65536 kB\\n' >/mnt/m && mount --bind /mnt/m /proc/meminfo &&
	mount -o remount,ro /mnt && for at in /var/tmp /tmp / \"$PWD\"; do mount --bind \$at \$at; mount -o remount,bind,ro \$at || exit 9; done"
for packed in lie.gz lie.zst; do
	if mounted "$small" true 2>/dev/null; then
		expect 3 "$packed on a small disk" mounted "$small" timeout 60 "/mnt/${program##*/}" analyze "/mnt/$packed" \
			-c eeversion
		said err "it holds more than it announces" "says why"
		took 24 "and leaves 16 of 40"
	else
		skip "no mounts here" "$packed on a small disk"
	fi
	if mounted "$read_only" sh -c '! touch /var/tmp/x && ! touch /tmp/x' 2>/dev/null; then
		expect 3 "$packed under a read-only root" mounted "$read_only" \
			timeout 60 "$program" analyze "$work/$packed" -c eeversion
		said err "memory took" "goes into memory"
		took 60 "and leaves some of 64"
	else
		skip "no mounts here" "$packed under a read-only root"
	fi
done

# 32 GiB of zeros: holes, which take no room, and time.
head -c 67108864 /dev/zero | gzip -1 >"$work/member"
for _ in $(seq 500); do cat "$work/member"; done >"$work/zeros.gz"
env --default-signal=INT "$program" analyze "$work/zeros.gz" -c eeversion >/dev/null 2>"$work/err" &
child=$!
soon grep -q needs "$work/err"
started=$(date +%s%N)
kill -INT $child
wait $child
status=$?
[ $status = 130 ] && [ $(($(date +%s%N) - started)) -lt 2000000000 ]
result $? "unpacking ends by SIGINT: $status after $((($(date +%s%N) - started) / 1000000)) ms"
finish
