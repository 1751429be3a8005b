#!/bin/bash
# Pages of mapped files (file_victim.c): what is in a dump is what the process has, or told as missing, whatever becomes of the
# file, of its name or of the snapshot meanwhile. TAP on stdout.
#
# usage: live_files.sh PROGRAM     (build/release/clrpod)
# needs: cc, root. Exit status 77: skipped, with the reason.
. "$(dirname "$0")/common"
not_with_sanitizers
command -v cc >/dev/null || skip_all "no C compiler"
cc -std=gnu11 -D_GNU_SOURCE -O1 -o "$work/file_victim" "$here/file_victim.c" || exit 1
tmpfs=$work/tmpfs core=$work/v.core areas=("read 5a" "not-inherited 5a" "written 57") child= bytes=$((24 << 20))
mkdir "$tmpfs"
mkfifo "$work/stdin"
leave() { end; umount -l "$tmpfs/layer" "$tmpfs" 2>/dev/null; cleanup; }
end() { [ -z "$victim$child" ] || { kill -KILL $victim $child; wait $victim; } 2>/dev/null; victim='' child=''; }
trap leave EXIT
make_file() { head -c $bytes /dev/zero | tr '\0' "$1"; } # BYTE
start() { # FILE
	"$work/file_victim" "$1" <"$work/stdin" >"$work/areas" 2>&1 &
	victim=$!
	exec 5>"$work/stdin"
	soon grep -q ^ready "$work/areas"
}
fork_one() {
	echo go >&5
	soon grep -q ^child "$work/areas" && child=$(sed -n 's/^child //p' "$work/areas")
}
# The first bytes of 96 pages of an area as the dump has them, each once.
seen() { # NAME
	local address size
	read -r _ address size < <(grep "^$1 " "$work/areas")
	for ((i = 0; i < 96; i++)); do printf 'db %x -c 1\n' $((address + size / 4096 * i / 96 * 4096)); done >"$work/script"
	"$program" analyze "$core" --keep-going -x "$work/script" 2>/dev/null |
		grep -oE '^[0-9a-f]{16}: ..' | awk '{print $2}' | LC_ALL=C sort -u | paste -sd ' '
}
# Each area has the process's bytes, or some are missing, which is told.
honest() {
	local bytes missing=0
	for area in "${areas[@]}"; do
		bytes=$(seen "${area% *}")
		echo "$area: $bytes" >>"$log"
		case $bytes in
		"${area#* }") ;;
		"??" | "${area#* } ??") missing=5 ;;
		*) return 1 ;;
		esac
	done
	[ $status = $missing ] || [ $status = 5 ]
}
whole() { honest && [ $status = 0 ]; }
whole_or_told() { [ $status = 0 ] || [ $status = 5 ]; }
collect_it() { "$program" collect -p "$@" -o "$core" --force >"$log" 2>&1; status=$?; whole_or_told; }
# Streams the dump, runs COMMAND... when so many bytes of it have come, and keeps the rest.
stream_it() { # BYTES COMMAND...
	"$program" collect -p "$victim" -o - 2>"$log" | { head -c "$1" >"$core"; "${@:2}"; cat >>"$core"; }
	status=${PIPESTATUS[0]}
	whole_or_told
}
kill_copy() {
	local copies
	read -r -a copies <"/proc/$victim/task/$victim/children"
	kill -KILL "${copies[@]}" && sleep 0.3
}

# --- the copy dies while the last part is written, and its page table is empty
make_file Z >"$work/file"
ok "the program runs" start "$work/file"
ok "streamed" stream_it 1 true
ok "... whole" whole
size=$(stat -c %s "$core")
for before in 60 40 20 8; do
	ok "the copy is killed $before MiB before the end: streamed" stream_it $((size - (before << 20))) kill_copy
	ok "... what the process has, or nothing" honest
	ok "... and why" said 'the copy was killed'
done
end

# --- a file of a container's image that is written to in place: who has mapped it keeps the old one
mount -t tmpfs none "$tmpfs" 2>/dev/null && mkdir "$tmpfs"/{lower,upper,work,layer} && make_file Z >"$tmpfs/lower/image"
if mount -t overlay none -o "lowerdir=$tmpfs/lower,upperdir=$tmpfs/upper,workdir=$tmpfs/work" "$tmpfs/layer" 2>"$log"; then
	image=$tmpfs/layer/image
	sleep 3.1 # by its times the image is older
	ok "the program runs" start "$image"
	for way in "" --freeze; do
		# shellcheck disable=SC2086 # one word or none
		ok "a file of the image, ${way:-snapshot}: collected" collect_it "$victim" $way
		ok "... whole" whole
	done
	write_to_it() { make_file N | dd of="$image" conv=notrunc status=none bs=1M; }
	ok "it is written to while the dump is streamed" stream_it $((size - (40 << 20))) write_to_it
	ok "... what the process has, or nothing" honest
	sleep 3.1
	ok "a child begins after that" fork_one
	areas=("read 5a" "written 57")
	for way in "" --freeze; do
		# shellcheck disable=SC2086 # one word or none
		ok "it is collected, ${way:-snapshot}" collect_it "$child" $way
		ok "... what it has, or nothing" honest
	done
	end
else
	skip "a file of a container's image" "no overlay can be mounted: $(tail -n 1 "$log")"
fi
finish
