#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/host/proc.h"
#include "engine/plan/facts-containers.h"

/*
 * Who counts on set-user-id programs: no-new-privileges takes their rights away. Most of them set
 * all ids of theirs at once (sudo, su), so that it shows only beside the process that started them.
 */

#define CAP_SETUID 7

static bool has_cap(const struct buf *status, const char *set, unsigned cap)
{
	CLEANUP(freep) char *caps = proc_status_field(status, set);

	return caps && strtoull(caps, NULL, 16) >> cap & 1;
}

bool process_changed_user(pid_t parent, long uid)
{
	CLEANUP(buf_clear) struct buf status = {0};

	return uid >= 0 && process_file(parent, "status", &status, NULL) &&
	       process_uid(&status) >= 0 && process_uid(&status) != uid &&
	       !has_cap(&status, "CapEff", CAP_SETUID);
}

/* Whether such a program would give this process anything: not to root, nor where it is off already. */
static bool could_gain(const struct buf *status)
{
	CLEANUP(freep) char *off = proc_status_field(status, "NoNewPrivs");

	return process_uid(status) > 0 && !has_cap(status, "CapEff", CAP_SETUID) &&
	       has_cap(status, "CapBnd", CAP_SETUID) && !(off && off[0] == '1');
}

/*
 * Of all such programs those that somebody put into the image because they are used; su, mount and
 * passwd are in each.
 */
void container_read_setuid(struct container *c)
{
	static const char *const folders[] = {"bin", "usr/bin", "usr/local/bin", "sbin",
					      "usr/sbin"};
	static const char *const names[] = {"sudo",       "doas",      "pkexec",     "gosu",
					    "su-exec",    "ping",      "fusermount", "fusermount3",
					    "newuidmap",  "newgidmap", "crontab",    "at",
					    "ssh-keysign"};
	CLEANUP(buf_clear) struct buf status = {0};

	if (!process_file(c->pid, "status", &status, NULL) || !could_gain(&status))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names) * ARRAY_SIZE(folders); i++) {
		const char *name = names[i / ARRAY_SIZE(folders)];
		CLEANUP(freep)
		char *path = xasprintf("/proc/%d/root/%s/%s", (int)c->pid,
				       folders[i % ARRAY_SIZE(folders)], name);

		if (proc_is_setuid(path))
			strv_add_once(&c->setuid_programs, name);
	}
}
