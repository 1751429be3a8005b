/* What a file in a pod is on, by samples of /proc/PID/mountinfo in the forms that containerd and
 * the kubelet make. */
#include "attach/pod_room.h"
#include "attach/pod_storage.h"
#include "base/list.h"
#include "tests/unit/tap.h"

#define POD "/var/lib/kubelet/pods/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

/* A container's mounts: overlay as /, an emptyDir on a disk and below one with subPath, two in
 * memory (of which Kubernetes 1.20 gives none a size), a hostPath, two kinds of PVC, a secret. */
static const char in_pod[] =
	"700 600 0:90 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/a:/b,upperdir=/c\n"
	"701 700 0:91 / /proc rw,nosuid - proc proc rw\n"
	"702 700 0:92 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"
	"703 702 0:93 / /dev/shm rw,nosuid,noexec - tmpfs shm rw,size=65536k\n"
	"704 700 8:1 " POD "/etc-hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw\n"
	"705 702 8:1 " POD "/containers/api/1a2b3c4d /dev/termination-log rw - ext4 /dev/sda1 rw\n"
	"706 700 8:1 " POD "/volumes/kubernetes.io~empty-dir/dumps /dumps rw - ext4 /dev/sda1 rw\n"
	"707 700 8:1 " POD "/volumes/kubernetes.io~empty-dir/work/a/b /work rw - xfs /dev/sda1 rw\n"
	"708 700 0:94 / /memory rw,relatime - tmpfs tmpfs rw,size=51200k,inode64\n"
	"709 700 0:95 / /unsized rw,relatime - tmpfs tmpfs rw,inode64\n"
	"710 700 8:1 /srv/dumps /host rw,relatime - ext4 /dev/sda1 rw\n"
	"711 700 8:32 / /claim rw,relatime - ext4 /dev/sdc rw\n"
	"712 700 0:97 " POD "/volumes/kubernetes.io~csi/pvc-1/mount /nfs rw - nfs4 server:/x rw\n"
	"713 700 0:98 / /var/run/secrets/kubernetes.io/serviceaccount ro - tmpfs tmpfs "
	"rw,size=1024k\n";

static enum pod_storage_kind kind_in(const char *mounts, uint64_t id, struct pod_storage *ret)
{
	return pod_storage_in(mounts, id, ret) ? ret->kind : POD_STORAGE_UNKNOWN;
}

TEST(volumes_of_a_pod)
{
	static const struct {
		uint64_t id;
		enum pod_storage_kind kind;
		const char *volume;
		bool hides;
	} wanted[] = {
		{ 700, POD_STORAGE_LAYER, "", true },
		{ 703, POD_STORAGE_MEMORY, "", false },
		{ 706, POD_STORAGE_EMPTY_DIR, "dumps", true },
		{ 707, POD_STORAGE_EMPTY_DIR, "work", true },
		{ 708, POD_STORAGE_MEMORY, "", false },
		{ 709, POD_STORAGE_UNSIZED, "", true },
		{ 710, POD_STORAGE_OTHER, "", false },
		{ 711, POD_STORAGE_OTHER, "", false },
		{ 712, POD_STORAGE_OTHER, "", false },
	};
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		struct pod_storage storage;
		REQUIRE(pod_storage_in(in_pod, wanted[i].id, &storage));
		CHECK_NUMBER(storage.kind, wanted[i].kind);
		CHECK_TEXT(storage.volume, wanted[i].volume);
		CHECK(pod_storage_hides_limit(&storage) == wanted[i].hides);
	}
}

TEST(every_sample_is_found)
{
	struct pod_storage storage;
	for (uint64_t id = 700; id < 714; id++)
		CHECK(pod_storage_in(in_pod, id, &storage));
	CHECK(!pod_storage_in(in_pod, 999, &storage));
	CHECK(!pod_storage_in("", 1, &storage));
}

/* A machine, a container of another engine, and a node with the mounts of its pods. */
TEST(no_pod)
{
	static const char machine[] = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
				      "23 22 0:20 / /tmp rw,nosuid - tmpfs tmpfs rw\n";
	static const char podman[] =
		"50 40 0:60 / / rw,relatime - overlay overlay rw,lowerdir=/a\n"
		"51 50 0:61 /containers/overlay-containers/x/userdata/hosts /etc/hosts rw - tmpfs "
		"tmpfs rw,size=1k\n";
	static const char node[] =
		"30 1 0:70 / / rw,relatime - overlay overlay rw,lowerdir=/a\n"
		"31 30 8:1 " POD "/volumes/kubernetes.io~empty-dir/d/s " POD
		"/volume-subpaths/d/api/0 rw - ext4 /dev/sda1 rw\n"
		"32 30 0:71 / " POD "/volumes/kubernetes.io~empty-dir/m rw - tmpfs tmpfs rw\n";
	struct pod_storage storage;
	CHECK(!pod_storage_in(machine, 22, &storage) || storage.kind == POD_STORAGE_OTHER);
	CHECK(!pod_storage_in(machine, 23, &storage) || storage.kind == POD_STORAGE_OTHER);
	CHECK(!pod_storage_in(podman, 50, &storage) || storage.kind == POD_STORAGE_OTHER);
	CHECK(!pod_storage_in(node, 30, &storage) || storage.kind == POD_STORAGE_OTHER);
	CHECK(!pod_storage_in(node, 31, &storage) || storage.kind == POD_STORAGE_OTHER);
	CHECK(!pod_storage_in(node, 32, &storage) || storage.kind == POD_STORAGE_OTHER);
}

/* Lines are the kernel's, names in them anybody's. */
TEST(broken_lines)
{
	static const char *const lines[] = {
		"",
		"\n\n",
		"700",
		"700 1 0:1",
		"700 1 0:1 / / rw -",
		"700 1 0:1 / / rw - overlay",
		"700 1 0:1 / / rw - overlay overlay",
		"700 1 0:1 " POD "/volumes/kubernetes.io~empty-dir/ /x rw - ext4 d rw",
		"700 1 0:1 /volumes/kubernetes.io~empty-dir/"
		"a-name-that-is-longer-than-any-label-of-the-dns-may-be-and-then-some-more /etc/"
		"hosts rw - ext4 d rw",
	};
	struct pod_storage storage;
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		CHECK(kind_in(lines[i], 700, &storage) == POD_STORAGE_UNKNOWN ||
		      !pod_storage_hides_limit(&storage));
}

TEST(what_is_refused)
{
	struct pod_room room = { .storage = { .kind = POD_STORAGE_EMPTY_DIR, .volume = "dumps" },
				 .path = "/dumps/x.core",
				 .instead = "kubectl exec api-0 …" };
	enum { MIB = 1 << 20 };
	CHECK_OK(pod_room_check(&room, POD_ROOM_UNSEEN_BYTES));
	CHECK_FAILS(pod_room_check(&room, 175 * MIB), ERROR_OS,
		    "/dumps/x.core takes about 175 MiB in the emptyDir dumps of a pod, whose "
		    "sizeLimit cannot be seen");
	CHECK_FAILS(pod_room_check(&room, 175 * MIB), ERROR_OS, "instead: kubectl exec api-0 …");
	CHECK_FAILS(pod_room_check(&room, 175 * MIB), ERROR_OS,
		    "{.spec.volumes[?(@.name==\"dumps\")].emptyDir}");
	room.storage = (struct pod_storage){ .kind = POD_STORAGE_LAYER };
	CHECK_FAILS(pod_room_check(&room, 175 * MIB), ERROR_OS, "limits.ephemeral-storage");
	room.storage.kind = POD_STORAGE_UNSIZED;
	CHECK_FAILS(pod_room_check(&room, 175 * MIB), ERROR_OS, "sizeLimit");
	room.storage.kind = POD_STORAGE_UNKNOWN;
	CHECK_FAILS(pod_room_check(&room, 175 * MIB), ERROR_OS, "mountinfo");
	room.storage.kind = POD_STORAGE_OTHER;
	CHECK_OK(pod_room_check(&room, 175 * MIB));
	room.storage.kind = POD_STORAGE_MEMORY; /* its size is the file system's */
	CHECK_OK(pod_room_check(&room, 175 * MIB));
}

static const struct tap_case cases[] = {
	CASE(volumes_of_a_pod), CASE_ONCE(every_sample_is_found), CASE(no_pod), CASE(broken_lines),
	CASE(what_is_refused),
};
TAP_MAIN(cases)
