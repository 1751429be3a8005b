#include "attach/proc_file.h"
#include "attach/process_life.h"
#include "attach/process_container.h"
#include "attach/process_find.h"
#include "attach/process_runtime.h"
#include "tests/unit/tap.h"

static struct text text_of(const char *string)
{
	struct text text = { 0 };
	text_append(&text, string);
	return text;
}

TEST(fields_of_a_status_file)
{
	CLEANUP(text_deinit)
	struct text status = text_of("Name:\tThreads: 7\n"
				     "Tgid:\t 12\nNSpid:\t400\t30\t2\n"
				     "SigBlk:\tfffffffe00000000\nEmpty:\n"
				     "Threads:\t3");
	uint64_t number;
	if (text_failed(&status))
		return;
	CHECK(proc_number(&status, "Tgid", 10, &number) && number == 12);
	CHECK(proc_number(&status, "SigBlk", 16, &number) && number == 0xfffffffe00000000);
	CHECK(proc_number(&status, "Threads", 10, &number) && number == 3);
	CHECK(!proc_number(&status, "Thread", 10, &number));
	CHECK(!proc_number(&status, "Empty", 10, &number));
	CHECK(!proc_number(&status, "Name", 10, &number));
	CHECK_NUMBER(proc_namespace_id(&status, 400), 2);
	struct text none = { 0 };
	CHECK_NUMBER(proc_namespace_id(&none, 400), 400);
	CHECK(!proc_number(&none, "Tgid", 10, &number));
}

TEST(fields_of_a_stat_file)
{
	CLEANUP(text_deinit) struct text stat = text_of("17 (a) S 9 (b)) R 4 5 6 -1 8");
	CLEANUP(text_deinit) struct text broken = text_of("17 (a");
	int64_t number;
	if (text_failed(&stat) || text_failed(&broken))
		return;
	CHECK_NUMBER(proc_stat_state(&stat), 'R');
	CHECK(proc_stat_number(&stat, 4, &number) && number == 4);
	CHECK(proc_stat_number(&stat, 7, &number) && number == -1);
	CHECK(proc_stat_number(&stat, 8, &number) && number == 8);
	CHECK(!proc_stat_number(&stat, 9, &number));
	CHECK_NUMBER(proc_stat_state(&broken), 0);
	CHECK(!proc_stat_number(&broken, 4, &number));
}

TEST(version_of_a_path)
{
	size_t length = 0;
	const char *version = process_version_in_path(
		"/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.12/libcoreclr.so", &length);
	REQUIRE(version);
	CHECK_NUMBER(length, 7);
	CHECK(!strncmp(version, "10.0.12", length));
	CHECK(!process_version_in_path("/app/libcoreclr.so", &length));
	CHECK(!process_version_in_path("/x/Microsoft.NETCore.App/libcoreclr.so", &length));
	CHECK(!process_version_in_path("/x/Microsoft.NETCore.App/10.0.1", &length));
	CHECK(!process_version_in_path("/x/Microsoft.NETCore.App//libcoreclr.so", &length));
}

TEST(version_of_a_line)
{
	char version[32], tiny[4];
	CHECK(process_version_in_line("10.0.1226.42308 @Commit: 95017c", version, sizeof(version)));
	CHECK_TEXT(version, "10.0.12");
	CHECK(process_version_in_line("8.0.23.53103 @Commit: 5535e3", version, sizeof(version)));
	CHECK_TEXT(version, "8.0.0");
	CHECK(!process_version_in_line("8.0 ", version, sizeof(version)));
	CHECK(!process_version_in_line("", version, sizeof(version)));
	CHECK(!process_version_in_line("10.0.1226.1", tiny, sizeof(tiny)));
}

TEST(containers_and_pods)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const char uid[] = "1234abcd-0011-2233-4455-66778899aabb";
	char text[512], container[CONTAINER_ID_BYTES], pod[POD_UID_BYTES];
	snprintf(text, sizeof(text), "9:memory:/docker/%s\n0::/\n", id);
	container_id_in(text, container);
	pod_uid_in(text, pod);
	CHECK_TEXT(container, id);
	CHECK_TEXT(pod, "");
	snprintf(text, sizeof(text),
		 "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
		 "pod1234abcd_0011_2233_4455_66778899aabb.slice/cri-containerd-%s.scope\n",
		 id);
	container_id_in(text, container);
	pod_uid_in(text, pod);
	CHECK_TEXT(container, id);
	CHECK_TEXT(pod, uid);
	snprintf(text, sizeof(text), "/kubepods/burstable/pod%s/%s0\n", uid, id);
	container_id_in(text, container);
	pod_uid_in(text, pod);
	CHECK_TEXT(container, ""); /* 65 digits are no id */
	CHECK_TEXT(pod, uid);
	snprintf(text, sizeof(text),
		 "1 2 8:1 /var/lib/kubelet/pods/%s/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n",
		 uid);
	pod_uid_in(text, pod);
	CHECK_TEXT(pod, uid);
	pod_uid_in("/pods/1234abcd-0011-2233-4455", pod);
	CHECK_TEXT(pod, "");
	char name[CONTAINER_NAME_BYTES];
	snprintf(text, sizeof(text),
		 "1 2 8:1 /pods/%s/containers/api-2/1a2b /dev/termination-log rw\n", uid);
	container_name_in(text, name);
	CHECK_TEXT(name, "api-2");
	container_name_in("/pods/1234/containers/api/1", name);
	CHECK_TEXT(name, "");
	pod_uid_in("podpodpod", pod);
	CHECK_TEXT(pod, "");
	snprintf(text, sizeof(text),
		 "1 2 8:1 /var/lib/docker/containers/%s/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n"
		 "3 2 8:1 /var/lib/docker/containers/%s/hostname /etc/hostname rw - ext4 a rw\n",
		 "no", id);
	container_id_in_mounts(text, container);
	CHECK_TEXT(container, id);
	container_id_in_mounts("1 2 8:1 /hostname /etc/hostname rw - ext4 a rw\nx\n", container);
	CHECK_TEXT(container, "");
}

TEST(names_of_hosts)
{
	char name[HOST_NAME_BYTES];
	host_name_in("api-7d9f8-x2x4z\n", name);
	CHECK_TEXT(name, "api-7d9f8-x2x4z");
	host_name_in("\x1b[31m\n", name); /* escaped where it is shown */
	CHECK_TEXT(name, "\x1b[31m");
	host_name_in("0123456789012345678901234567890123456789012345678901234567890123", name);
	CHECK_NUMBER(strlen(name), 64);
	host_name_in("01234567890123456789012345678901234567890123456789012345678901234", name);
	CHECK_TEXT(name, "");
	host_name_in("", name);
	CHECK_TEXT(name, "");
}

TEST(processes_that_are_not_there)
{
	CHECK_FAILS(process_exists(-1), ERROR_NOT_FOUND, "no process -1");
	CHECK_FAILS(process_exists(0), ERROR_NOT_FOUND, "no process 0");
	CHECK_FAILS(process_exists(INT32_MAX), ERROR_NOT_FOUND, "see clrpod ps");
	CHECK_OK(process_exists(getpid()));
}

TEST(this_process_described)
{
	CLEANUP(arena_deinit) struct arena arena;
	struct process_info info;
	bool is_dotnet = true;
	arena_init(&arena);
	CHECK_OK(process_describe(getpid(), NULL, &arena, &info, &is_dotnet));
	CHECK(!is_dotnet);
	CHECK_NUMBER(info.way, PROCESS_WAY_AS_IS);
	CHECK(!info.as_owner);
	CHECK(!info.reason);
	CHECK_NUMBER(info.pid, getpid());
	CHECK_NUMBER(info.uid, geteuid());
	CHECK(info.resident_bytes > 0);
	CHECK(!strncmp(info.name, "test_process_find", 17));
}

static const struct tap_case cases[] = {
	CASE(fields_of_a_status_file),
	CASE(fields_of_a_stat_file),
	CASE(version_of_a_path),
	CASE(version_of_a_line),
	CASE(containers_and_pods),
	CASE(names_of_hosts),
	CASE(processes_that_are_not_there),
	CASE(this_process_described),
};
TAP_MAIN(cases)
