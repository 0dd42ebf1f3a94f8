#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/facts/containers.h"
#include "engine/host/read/proc.h"

/*
 * Who counts on set-user-id programs and on capabilities of files: no-new-privileges takes these
 * rights away. Most set-user-id programs set all ids of theirs at once (sudo, su), so that it shows
 * only beside the process that started them; whose file has capabilities shows by the file.
 */

#define CAP_SETUID 7

static uint64_t caps_of(const struct buf *status, const char *set)
{
	CLEANUP(freep) char *caps = proc_status_field(status, set);

	return caps ? strtoull(caps, NULL, 16) : 0;
}

static bool has_cap(const struct buf *status, const char *set, unsigned cap)
{
	return caps_of(status, set) >> cap & 1;
}

bool process_changed_user(pid_t parent, long uid)
{
	CLEANUP(buf_clear) struct buf status = {0};

	return uid >= 0 && process_file(parent, "status", &status, NULL) &&
	       process_uid(&status) >= 0 && process_uid(&status) != uid &&
	       !has_cap(&status, "CapEff", CAP_SETUID);
}

/* What such programs would give to this process: not to root, nor where it is off already. */
static void could_gain(const struct buf *status, struct file_rights *ret)
{
	CLEANUP(freep) char *off = proc_status_field(status, "NoNewPrivs");

	*ret = (struct file_rights){0};
	if (process_uid(status) <= 0 || (off && off[0] == '1'))
		return;
	ret->setuid =
		!has_cap(status, "CapEff", CAP_SETUID) && has_cap(status, "CapBnd", CAP_SETUID);
	ret->caps = caps_of(status, "CapBnd") & ~caps_of(status, "CapPrm");
}

/* What nobody was allowed to look at is not nothing: the first reason stays. */
static void not_read(struct container *c, const struct error *err)
{
	if (err->code != -ENOENT && err->code != -ESRCH && !c->setuid_unread)
		c->setuid_unread = xstrdup(error_text(err));
}

void container_read_capable(struct container *c, pid_t pid, const char *program)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/exe", (int)pid);
	CLEANUP(buf_clear) struct buf status = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct file_rights rights;
	uint64_t got;

	if (!process_file(pid, "status", &status, &err) ||
	    proc_file_rights(path, true, &rights, &err) < 0) {
		not_read(c, &err);
		return;
	}
	got = caps_of(&status, "CapPrm") & ~caps_of(&status, "CapAmb");
	if (program && process_uid(&status) > 0 && (rights.caps & got))
		strv_add_once(&c->capable_programs, program);
}

/*
 * Of all such programs those that somebody put into the image because they are used; su, mount and
 * passwd are in each.
 */
void container_read_setuid(struct container *c)
{
	static const char *const directories[] = {"bin", "usr/bin", "usr/local/bin", "sbin",
						  "usr/sbin"};
	static const char *const names[] = {
		"sudo",       "doas",        "pkexec",      "gosu",      "su-exec",   "ping",
		"ping6",      "fusermount",  "fusermount3", "newuidmap", "newgidmap", "crontab",
		"at",         "ssh-keysign", "arping",      "clockdiff", "fping",     "mtr-packet",
		"traceroute", "dumpcap",     "tcpdump",     "nmap",      "caddy",     "vault",
		"traefik",    "coredns",     "nginx",       "haproxy",   "node",      "suexec",
	};
	CLEANUP(buf_clear) struct buf status = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct file_rights gain, has;

	if (!process_file(c->pid, "status", &status, &err)) {
		not_read(c, &err);
		return;
	}
	could_gain(&status, &gain);
	for (size_t i = 0; (gain.setuid || gain.caps) && !c->setuid_unread &&
			   i < ARRAY_SIZE(names) * ARRAY_SIZE(directories);
	     i++) {
		const char *name = names[i / ARRAY_SIZE(directories)];
		CLEANUP(freep)
		char *path = xasprintf("/proc/%d/root/%s/%s", (int)c->pid,
				       directories[i % ARRAY_SIZE(directories)], name);

		if (proc_file_rights(path, false, &has, &err) < 0)
			not_read(c, &err);
		else if ((gain.setuid && has.setuid) || (gain.caps & has.caps))
			strv_add_once(&c->setuid_programs, name);
	}
}
