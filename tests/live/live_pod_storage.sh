#!/bin/bash
# Dumps into what looks like the volumes of a pod: mounts in a namespace of their own, of folders named as the kubelet names
# them. TAP on stdout.
#
# usage: live_pod_storage.sh PROGRAM     (build/release/clrpod)
# needs: cc; root for unshare -m. Exit status 77: skipped, with the reason.
way=
. "$(dirname "$0")/lib"
not_with_sanitizers
pod=$work/pods/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
dumps=$pod/volumes/kubernetes.io~empty-dir/dumps
mkdir -p "$dumps" "$pod/volumes/kubernetes.io~csi/pvc-1/mount" "$pod/containers/api" "$work/at" "$work/host" "$work/memory" "$work/unsized" "$work/claim"
touch "$pod/etc-hosts" "$pod/containers/api/1a2b"
unshare -m true 2>/dev/null || skip_all "no mount namespace can be had here"
# Runs COMMAND... where the pod's mounts are.
in_pod() {
	unshare -m sh -ec '
		work=$1 pod=$2 dumps=$3
		shift 3
		mount --make-rprivate /
		mount --bind "$pod/etc-hosts" /etc/hosts
		mount --bind "$dumps" "$work/at"
		mount --bind "$pod/volumes/kubernetes.io~csi/pvc-1/mount" "$work/claim"
		mount -t tmpfs -o size=30m tmpfs "$work/memory"
		mount -t tmpfs tmpfs "$work/unsized"
		exec "$@"' - "$work" "$pod" "$dumps" "$@" >"$log" 2>&1
}
in_pod true || skip_all "cannot mount: $(tail -n 1 "$log")"
status_in_pod() { local wanted=$1 status; shift; in_pod "$@"; status=$?; [ $status = "$wanted" ] || { echo "exit status $status, not $wanted" >>"$log"; false; }; }
ok "the program runs" start_victim big 64
to() { local wanted=$1 file=$2; shift 2; status_in_pod "$wanted" "$program" collect -p "$victim" -o "$file" "$@"; }

"$program" collect -p "$victim" -o "$core" >"$log" 2>&1 || skip_all "$(tail -n 1 "$log")"
ok "outside a pod not a word of it" test "$(grep -c evict "$log")" = 0
rm -f "$core"
ok "an emptyDir on a disk: refused" to 3 "$work/at/v.core"
ok "... in one sentence: which, and what happens" one_sentence 'takes about [0-9]+ MiB in the emptyDir dumps of a pod, whose sizeLimit cannot be seen.*evicts the pod'
ok "... the line that streams it" said "instead: kubectl exec $(hostname) -c CONTAINER -- $program collect -p $victim -o - --zstd > $(hostname).core.zst, or --force"
ok "... what to ask" said "kubectl get pod $(hostname) -o jsonpath='.*name==\"dumps\"'?.*emptyDir"
ok "... nothing is there, nothing was held" test -z "$(ls "$dumps")"
ok "the same as JSON" to 3 "$work/at/v.core" --json
ok "... is a document" said '"error".*emptyDir dumps'
ok "with --force it is written" to 0 "$work/at/v.core" --force
ok "... and said before" said 'v.core is in the emptyDir dumps of a pod, whose sizeLimit cannot be seen from here; a pod above it is evicted'
rm -f "$dumps"/*
ok "--type Mini is small: written" to 0 "$work/at/v.core" --type Mini
ok "... and said before" said 'emptyDir dumps'
rm -f "$dumps"/*
ok "an emptyDir in memory: by its size" to 3 "$work/memory/v.core"
ok "... with the figures" one_sentence 'of 30 MiB are'
ok "one without a size: refused" to 3 "$work/unsized/v.core"
ok "... in one sentence" one_sentence 'tmpfs of a pod that has no size of its own'
ok "a volume that counts for nobody: written" to 0 "$work/claim/v.core"
ok "... not a word of it" test "$(grep -c evict "$log")" = 0
ok "a stream: written" in_pod sh -c "$program collect -p $victim -o - | wc -c"
ok "... but into a file there: refused" status_in_pod 3 sh -c "$program collect -p $victim -o - >$work/at/v.core"
ok "... in one sentence" one_sentence "the output's file takes about [0-9]+ MiB in the emptyDir dumps of a pod.*redirect it outside the pod"
ok "... with --force it is written" status_in_pod 0 sh -c "$program collect -p $victim -o - --force >$work/at/v.core"
gzip -c "$dumps/v.core" >"$dumps/v.core.gz"
rm -f "$dumps/v.core"
# Everything that is a place to unpack to has a limit here.
in_pod sh -ec 'exec 9<"$2"; mount --bind "$1" /var/tmp; mount --bind "$1" /tmp; exec /proc/self/fd/9 analyze /tmp/v.core.gz -c eeversion' - "$dumps" "$program"
ok "a packed dump is not unpacked into an emptyDir" test "$(grep -cE 'needs .* of (/tmp|/var/tmp|the dump)' "$log")" = 0
ok "... but in memory, or said why" said 'of memory|/tmp has a limit of the pod that cannot be seen'
rm -f "$dumps"/* "$pod"/volumes/*/*/mount/*

# Lines of text, too, as many as an answer has.
for line in "db 0 -c 12000000 |> $work/at/lines" "db 0 -c 12000000 |>> $work/at/lines"; do
	ok "an answer of 60 MB into a file there: ended" status_in_pod 1 "$program" analyze -p "$victim" --no-stop -c "$line"
	ok "... told" said 'cannot write .*lines: it ends here, as a pod is evicted above a limit that cannot be seen'
	ok "... before it is too much" test "$(du -k "$dumps" | cut -f 1)" -le $((32 * 1024 + 64))
done
rm -f "$dumps"/*
ok "a log of as much: ended, as a file of an answer is" status_in_pod 1 "$program" analyze -p "$victim" --no-stop -c "logopen $work/at/log" -c "db 0 -c 12000000"
ok "... told" said 'cannot write .*log: it ends here, as a pod is evicted.*the log is closed'
ok "... before it is too much" test "$(du -k "$dumps" | cut -f 1)" -le $((32 * 1024 + 64))
rm -f "$dumps"/*

# Through the root of another: its mounts are not among ours.
mkfifo "$work/stdin"
exec 6<>"$work/stdin"
unshare -m sh -ec 'mount --make-rprivate /; mount --bind "$1/etc-hosts" /etc/hosts; mount --bind "$2" "$3/at"; exec "$3/victim" quiet <"$3/stdin"' - "$pod" "$dumps" "$work" >"$work/ready" 2>&1 &
other=$!
soon grep -q ready "$work/ready"
"$program" collect -p $other -o "/proc/$other/root$work/at/v.core" >"$log" 2>&1
ok "an emptyDir through /proc/PID/root: said" said 'emptyDir dumps of a pod'
rm -f "$dumps"/*
kill -KILL $other
wait $other 2>/dev/null

# The writable layer: an overlay as /.
mkdir -p "$work/upper" "$work/scratch" "$work/root"
layered() {
	unshare -m sh -ec '
		work=$1 pod=$2
		shift 2
		mount --make-rprivate /
		mount -t tmpfs tmpfs "$work/scratch"
		mkdir "$work/scratch/upper" "$work/scratch/work"
		mount -t overlay -o "lowerdir=/,upperdir=$work/scratch/upper,workdir=$work/scratch/work" overlay "$work/root"
		mount --rbind /proc "$work/root/proc"
		mount --bind "$pod/etc-hosts" "$work/root/etc/hosts"
		mount --bind "$pod/containers/api/1a2b" "$work/root/etc/hostname"
		exec chroot "$work/root" "$@"' - "$work" "$pod" "$@" >"$log" 2>&1
}
if layered "$program" --version; then
	layered "$program" collect -p "$victim" -o /v.core
	ok "the writable layer: refused" test $? = 3
	ok "... in one sentence, with the name of our container" one_sentence 'in the writable layer of a container, whose limits.ephemeral-storage cannot be seen.*kubectl exec [^ ]+ -c api -- '
else
	skip "the writable layer" "no overlay here: $(tail -n 1 "$log")"
fi
finish
