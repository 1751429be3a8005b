#!/bin/bash
# Memory of which the page table does not tell which pages exist (shared_victim.c): in a dump and when it is read alive each
# byte is right or told as missing (status 5), never zeros; and none comes into being. With and without the capabilities that
# lead to its files. TAP on stdout.
#
# usage: live_shared.sh PROGRAM     (build/release/clrpod)
# needs: cc, setpriv, unshare, root (a tmpfs). Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
not_with_sanitizers
for tool in cc setpriv unshare; do command -v $tool >/dev/null || skip_all "no $tool"; done
tmpfs=$work/tmpfs disk=$work/disk core=$work/v.core
mkdir "$tmpfs" "$disk"
mount -t tmpfs none "$tmpfs" 2>/dev/null || skip_all "no tmpfs can be mounted"
leave() { cleanup_areas; umount -l "$tmpfs/layer" "$tmpfs" 2>/dev/null; cleanup; }
cleanup_areas() { [ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null; }
trap leave EXIT
cc -std=gnu11 -D_GNU_SOURCE -O1 -o "$work/shared_victim" "$here/shared_victim.c" || exit 1

answers() { "$program" "$@" >"$log" 2>&1; status=$?; [ $status = 0 ] || [ $status = 5 ]; }
make_image() { # FOLDER
	head -c 65536 /dev/zero | tr '\0' Z >"$1/image"
	head -c 4096 "$1/image" >"$1/holes" && truncate -s 64M "$1/holes"
}
make_image "$tmpfs"
start() {
	exec 5< <(exec "$work/shared_victim" "$tmpfs" "$disk" 2>/dev/null)
	victim=$!
	sed '/^ready/q' <&5 >"$work/areas"
}
shmem() { awk '/^Shmem:/ {print $2}' /proc/meminfo; }
# The first byte of each area as a command reads it, a dump or the process: lines "NAME BYTE".
look() {
	grep -vE '^(ready|counter)' "$work/areas" >"$work/asked"
	sed 's/.* /db /' "$work/asked" >"$work/script"
	"$@" --keep-going -x "$work/script" 2>/dev/null | grep -oE '^[0-9a-f]{16}: ..' |
		awk 'NR % 8 == 1 {print $2}' | paste -d ' ' <(cut -d ' ' -f 1 "$work/asked") - >"$log"
}
no_zeros() { look "$@" && [ "$(wc -l <"$log")" -ge 300 ] && ! grep -qvE ' (5a|\?\?)$' "$log"; }
number_of() { # the counter of a mapping in the dump
	echo "$((16#$("$program" analyze "$core" -c "dq $(sed -n "s/^$1 //p" "$work/areas")" 2>/dev/null | awk 'NR == 1 {print $2}')))"
}
# It is written to the one first.
of_one_moment() {
	local own read
	own=$(number_of counter-own) read=$(number_of counter-read)
	echo "own $own, read $read" >"$log"
	[ "$own" -gt 0 ] && [ $((read - own)) -ge 0 ] && [ $((read - own)) -le 256 ]
}
tells_withheld() { # STATUS: the answer of a collect
	local bytes
	bytes=$(sed -n 's/.*"withheld_bytes":\([0-9]*\).*/\1/p' "$work/answer")
	cp "$work/answer" "$log"
	if [ "$1" = 0 ]; then [ "$bytes" = 0 ]; else [ "$bytes" -gt 0 ] && said 'it is not certain that it still is what is mapped'; fi
}
few=(setpriv --bounding-set=-all,+sys_ptrace,+dac_override,+kill)

before=$(shmem)
for way in "" --freeze; do
	cleanup_areas
	start
	# shellcheck disable=SC2086 # one word or none
	ok "${way:-snapshot}, few capabilities: what is not known is told" gives 5 "${few[@]}" "$program" collect -p "$victim" $way -o "$core" --force
	ok "... as that" said 'which of its pages exist'
	ok "... no zeros in place of what is there" no_zeros "$program" analyze "$core"
	# shellcheck disable=SC2086
	ok "... nor alive" no_zeros "${few[@]}" "$program" analyze -p "$victim" $way
	ok "... but the 300 libraries" test "$(grep -c '^library 5a$' "$log")" = 300
	# shellcheck disable=SC2086
	ok "... all capabilities: whole" gives 0 "$program" collect -p "$victim" $way -o "$core" --force
	ok "... no zeros" no_zeros "$program" analyze "$core"
	ok "... all of them" test "$(grep -cv ' 5a$' "$log")" = 0
	ok "... two mappings of a page are of one moment" of_one_moment
done
grown=$(($(shmem) - before))
ok "no pages have come into being ($grown KiB)" test "$grown" -lt 8192
umount -l "$tmpfs"
ok "a tmpfs that is no more in the list of mounts: not whole" gives 5 "$program" collect -p "$victim" -o "$core" --force
ok "... no zeros" no_zeros "$program" analyze "$core"
grown=$(($(shmem) - before))
ok "... and no pages have come into being ($grown KiB)" test "$grown" -lt 8192
cleanup_areas

# --- the writable layer of a container is a tmpfs: nobody in it sees that
mount -t tmpfs none "$tmpfs" && mkdir "$tmpfs"/{lower,upper,work,layer}
if mount -t overlay none -o "lowerdir=$tmpfs/lower,upperdir=$tmpfs/upper,workdir=$tmpfs/work" "$tmpfs/layer" 2>"$log"; then
	make_image "$tmpfs/lower"
	sleep 3.1 # by its times the image is older
	exec 5< <(exec "$work/shared_victim" "$tmpfs/layer" "$disk" 2>/dev/null)
	victim=$!
	sed '/^ready/q' <&5 >"$work/areas"
	before=$(shmem)
	for way in "" --freeze; do
		# shellcheck disable=SC2086 # one word or none
		ok "files of an overlay on a tmpfs, ${way:-snapshot}: whole" gives 0 "$program" collect -p "$victim" $way -o "$core" --force
		ok "... no zeros" no_zeros "$program" analyze "$core"
		ok "... all of them" test "$(grep -cv ' 5a$' "$log")" = 0
	done
	# The process keeps the image's file, whatever becomes of that name.
	for what in "is written to" "has holes"; do
		if [ "$what" = "is written to" ]; then
			tr Z B <"$tmpfs/lower/image" | dd of="$tmpfs/layer/image" conv=notrunc status=none
		else
			truncate -s 0 "$tmpfs/layer/image" && truncate -s 64K "$tmpfs/layer/image"
		fi
		for way in "" --freeze; do
			# shellcheck disable=SC2086 # one word or none
			ok "a file of the image $what, ${way:-snapshot}: collected" answers collect -p "$victim" $way -o "$core" --force --json
			cp "$log" "$work/answer"
			ok "... what is mapped, or nothing" no_zeros "$program" analyze "$core"
			if grep -q '??$' "$log"; then wanted=5; else wanted=0; fi
			ok "... which is told" test $status = $wanted
			ok "... with the count and the reason" tells_withheld $wanted
		done
	done
	grown=$(($(shmem) - before))
	ok "... and no pages have come into being ($grown KiB)" test "$grown" -lt 8192
	cleanup_areas
	umount -l "$tmpfs/layer"
else
	skip "files of an overlay on a tmpfs" "no overlay can be mounted: $(tail -n 1 "$log")"
fi
victim=
finish
