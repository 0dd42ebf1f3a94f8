#include "engine/format/capability.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "engine/base/str.h"

/* In the order of linux/capability.h. */
static const char *const names[] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"DAC_READ_SEARCH",
	"FOWNER",
	"FSETID",
	"KILL",
	"SETGID",
	"SETUID",
	"SETPCAP",
	"LINUX_IMMUTABLE",
	"NET_BIND_SERVICE",
	"NET_BROADCAST",
	"NET_ADMIN",
	"NET_RAW",
	"IPC_LOCK",
	"IPC_OWNER",
	"SYS_MODULE",
	"SYS_RAWIO",
	"SYS_CHROOT",
	"SYS_PTRACE",
	"SYS_PACCT",
	"SYS_ADMIN",
	"SYS_BOOT",
	"SYS_NICE",
	"SYS_RESOURCE",
	"SYS_TIME",
	"SYS_TTY_CONFIG",
	"MKNOD",
	"LEASE",
	"AUDIT_WRITE",
	"AUDIT_CONTROL",
	"SETFCAP",
	"MAC_OVERRIDE",
	"MAC_ADMIN",
	"SYSLOG",
	"WAKE_ALARM",
	"BLOCK_SUSPEND",
	"AUDIT_READ",
	"PERFMON",
	"BPF",
	"CHECKPOINT_RESTORE",
};

#define SET_BITS 64

int capability_from_name(const char *name)
{
	name = skip_prefix_case(name, "CAP_") ?: name;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

uint64_t capabilities_from_names(const struct strv *list, uint64_t all)
{
	uint64_t set = 0;

	for (size_t i = 0; i < list->count; i++) {
		int bit = capability_from_name(list->items[i]);

		if (strcasecmp(list->items[i], "ALL") == 0 ||
		    strcasecmp(list->items[i], "CAP_ALL") == 0)
			set |= all;
		else if (bit >= 0)
			set |= UINT64_C(1) << bit;
	}
	return set;
}

void capabilities_to_names(uint64_t set, struct strv *ret)
{
	for (size_t i = 0; i < SET_BITS; i++) {
		if (!(set & (UINT64_C(1) << i)))
			continue;
		if (i < ARRAY_SIZE(names))
			strv_add(ret, names[i]);
		else
			strv_addf(ret, "%zu", i);
	}
}
