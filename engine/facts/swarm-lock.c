#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"

/*
 * dockerd takes the key of its node up when it starts: one that is encrypted (autolock) it waits for a
 * person with, and runs nothing of the swarm until then. The file itself knows best, and tells it of a
 * node, too, that cannot be asked, or does not reach the other managers.
 */

static bool is_encrypted(const char *key)
{
	const char *first = strstr(key, "-----BEGIN "), *end = first ? strchr(first, '\n') : NULL;
	CLEANUP(freep) char *line = end ? xstrndup(first, (size_t)(end - first)) : NULL;

	/* PKCS #8, or as OpenSSL did it before */
	return (line && strstr(line, "ENCRYPTED")) || strstr(key, "\nDEK-Info:");
}

void judge_swarm_lock(struct docker_facts *d, const char *key, const char *why)
{
	bool asked = strcmp_null(d->swarm, "active") == 0 && d->running && !d->not_measured;

	if (!d->swarm || strcmp(d->swarm, "inactive") == 0 || strcmp(d->swarm, "locked") == 0)
		return; /* that one has no more to lose */
	d->swarm_locks = (asked && d->swarm_autolock > 0) || (key && is_encrypted(key));
	/* that of a worker is never encrypted */
	if (d->swarm_locks || key || (asked && (!d->swarm_manager || d->swarm_autolock == 0)))
		return;
	d->swarm_unsure = xasprintf("the key of its node could not be read (%s)",
				    why ? why : "no reason is known");
}

void gather_swarm_lock(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep)
	char *path = xasprintf("%s/swarm/certificates/swarm-node.key", d->data_root);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf key = {0};
	int r;

	if (g->facts->offline || !d->swarm || strcmp(d->swarm, "inactive") == 0)
		return;
	r = observe_content(g->root, path, &key, &err);
	judge_swarm_lock(d, r < 0 ? NULL : buf_str(&key), error_text(&err));
}
