#!/bin/bash
# What ps says of the pod and the container of a process, in mount and PID namespaces of our own with files mounted as the
# kubelet mounts them. .NET is here what has mapped a file called libcoreclr.so.
. "$(dirname "$0")/lib"
skip_all() {
	echo "1..0 # SKIP $1"
	exit 77
}
command -v cc > /dev/null || skip_all "no C compiler"
cat > "$work/app.c" << 'C'
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words)
{
	int fd = count > 1 ? open(words[1], O_RDONLY) : -1;
	if (mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return 1;
	for (;;)
		pause();
}
C
cc -o "$work/api" "$work/app.c" && cp "$work/api" "$work/libcoreclr.so" || exit 1
uid=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
pod=$work/kubelet/pods/$uid
engine=$work/docker/containers/$id
mkdir -p "$pod/containers/web" "$engine"
touch "$pod/etc-hosts" "$pod/containers/web/1a2b" "$work/log" "$work/name"
echo 3f2a9c > "$engine/hostname"
# The words of ps, where the process sees FILE as /etc/hostname and, with a pod, the kubelet's mounts.
cat > "$work/among" << 'S'
work=$1 file=$2 pod=$3 engine=$4
shift 4
mount --make-rprivate /
[ "$pod" = - ] || { mount --bind "$pod/etc-hosts" /etc/hosts && mount --bind "$pod/containers/web/1a2b" "$work/log"; } || exit 77
mount --bind "$file" /etc/hostname || exit 77
HOSTNAME=by-env "$work/api" "$work/libcoreclr.so" &
app=$!
until grep -q libcoreclr "/proc/$app/maps"; do sleep 0.01; done
"$@"
status=$?
kill $app
exit $status
S
among() { # FILE POD COMMAND...
	file=$1 in=$2
	shift 2
	timeout -s KILL 60 unshare -mpf --mount-proc sh "$work/among" "$work" "$file" "$in" "$engine" "$@"
}
echo api-7d9f8-x2x4z > "$work/name"
among "$work/name" "$pod" true 2> /dev/null || skip_all "no namespaces and mounts can be had here"

expect 0 "a process in a pod" among "$work/name" "$pod" "$program" ps
grep -qE ' api +api-7d9f8-x2x4z/web$' "$work/out"
result $? "its pod and container"
[ "$(grep -v api-7d9f8 "$work/out" | head -n 1 | sed 's/POD.*//' | wc -c)" -le 81 ]
result $? "what comes before them fits 80 columns"
expect 0 "the same in JSON" among "$work/name" "$pod" "$program" ps --json
valid_json "$work/out"
result $? "is a document"
said out "\"container_name\":\"web\",\"pod_uid\":\"$uid\",\"hostname\":\"api-7d9f8-x2x4z\"" "with its keys"
printf '\033[31mevil\033]0;x\007\nsecond' > "$work/name"
expect 0 "a host name of control characters" among "$work/name" "$pod" "$program" ps
said out '\u001b[31mevil' "is escaped"
! grep -q "$(printf '\033')" "$work/out" && ! grep -q second "$work/out"
result $? "and no more than a word of it is shown"
head -c 100000 /dev/zero | tr '\0' a > "$work/name"
expect 0 "a host name that is none" among "$work/name" "$pod" "$program" ps
grep -qE ' api +by-env/web$' "$work/out"
result $? "the environment has another"
mkfifo "$work/fifo"
expect 0 "a FIFO in its place" among "$work/fifo" "$pod" "$program" ps
grep -qE ' api +by-env/web$' "$work/out"
result $? "is not waited for"
if grep -qE '[0-9a-f]{64}' /proc/self/cgroup; then
	skip "the control group of this machine is a container's already" "a container outside of pods"
	finish
fi
expect 0 "a container outside of pods" among "$engine/hostname" - "$program" ps
grep -qE ' api +0123456789ab$' "$work/out"
result $? "its id, as tools shorten it"
expect 0 "the same in JSON" among "$engine/hostname" - "$program" ps --json
said out '"container_name":null,"pod_uid":null,"hostname":"3f2a9c"' "no pod"
finish
