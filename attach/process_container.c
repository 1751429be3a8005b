#include "attach/process_container.h"

#include "base/list.h"

#include <ctype.h>

static size_t hex_run(const char *text)
{
	size_t length = 0;
	while (isdigit((unsigned char)text[length]) || (text[length] >= 'a' && text[length] <= 'f'))
		length++;
	return length;
}

static void last_id(const char *text, const char *end, char ret[CONTAINER_ID_BYTES])
{
	ret[0] = '\0';
	for (const char *at = text; at < end;) {
		size_t length = hex_run(at);
		if (length == CONTAINER_ID_BYTES - 1) {
			memcpy(ret, at, length);
			ret[length] = '\0';
		}
		at += length ? length : 1;
	}
}

void container_id_in(const char *cgroup, char ret[CONTAINER_ID_BYTES])
{
	last_id(cgroup, cgroup + strlen(cgroup), ret);
}

void container_id_in_mounts(const char *mounts, char ret[CONTAINER_ID_BYTES])
{
	/* proc(5): the fourth word is what is mounted, the fifth where. */
	const char *end = strstr(mounts, " /etc/hostname "), *from = end;
	while (from && from > mounts && from[-1] != ' ' && from[-1] != '\n')
		from--;
	last_id(from, end, ret);
}

void host_name_in(const char *text, char ret[HOST_NAME_BYTES])
{
	size_t length = strcspn(text, " \t\r\n");
	bool fits = length < HOST_NAME_BYTES;
	memcpy(ret, text, fits ? length : 0);
	ret[fits ? length : 0] = '\0';
}

/* 8-4-4-4-12 hex digits, with - or _ between. */
static bool take_uid(const char *text, char ret[POD_UID_BYTES])
{
	for (size_t i = 0; i < POD_UID_BYTES - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = text[i];
		if (dash ? c != '-' && c != '_' : !isxdigit((unsigned char)c))
			return false;
		ret[i] = dash ? '-' : c;
	}
	ret[POD_UID_BYTES - 1] = '\0';
	return !isxdigit((unsigned char)text[POD_UID_BYTES - 1]);
}

void pod_uid_in(const char *text, char ret[POD_UID_BYTES])
{
	static const char *const marks[] = { "pod", "/pods/" };
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		for (const char *at = text; (at = strstr(at, marks[i])); at++)
			if (take_uid(at + strlen(marks[i]), ret))
				return;
	ret[0] = '\0';
}

static size_t label_length(const char *text)
{
	size_t length = 0;
	while (islower((unsigned char)text[length]) || isdigit((unsigned char)text[length]) ||
	       (length && text[length] == '-'))
		length++;
	return length;
}

void container_name_in(const char *mounts, char ret[CONTAINER_NAME_BYTES])
{
	static const char pods[] = "/pods/", containers[] = "/containers/";
	char uid[POD_UID_BYTES];
	ret[0] = '\0';
	for (const char *at = mounts; (at = strstr(at, pods)); at++) {
		const char *folder = at + sizeof(pods) - 1;
		if (!take_uid(folder, uid))
			continue;
		folder += POD_UID_BYTES - 1;
		if (strncmp(folder, containers, sizeof(containers) - 1))
			continue;
		const char *name = folder + sizeof(containers) - 1;
		size_t length = label_length(name);
		if (!length || length >= CONTAINER_NAME_BYTES || name[length] != '/')
			continue;
		memcpy(ret, name, length);
		ret[length] = '\0';
		return;
	}
}
