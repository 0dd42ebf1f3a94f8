#include "engine/plan/dockerd-reach.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"

const char dockerd_mute_next[] = "when it answers again, or is stopped, the same command goes on";

bool start_can_be_asked(const struct facts *f)
{
	return !f->offline && f->docker.version &&
	       engine_version_compare(f->docker.version, "23.0") >= 0;
}

char *dockerd_mute(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (f->offline || !d->not_measured || !(d->running || d->elsewhere))
		return NULL;
	return xasprintf("dockerd runs and cannot be asked (%s), so nobody could see whether it "
			 "takes the change",
			 d->not_measured);
}

bool live_can_be_had(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (strv_contains(&d->now_flags, "live-restore") || daemon_flag_reset(&d->now_flags))
		return false; /* by a restart alone */
	return !f->offline && d->running && !d->not_measured && !d->no_reload && !d->file_error &&
	       strcmp_null(d->swarm, "inactive") == 0;
}

const char *dockerd_reload_next(const struct facts *f)
{
	const struct setting *proxy = settings_find(&f->docker.next, "userland-proxy");

	if (!f->docker.no_reload)
		return NULL;
	return proxy && proxy->source == SOURCE_FILE && strcmp_null(proxy->value, "true") == 0
		       ? "that key is taken out of the file before"
		       : "that is fixed before";
}
