#include "engine/plan/restart-holds.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"

static bool notifies(const struct delta *d, unsigned handlers)
{
	for (size_t i = 0; i < d->effects.count; i++)
		if (HANDLER_BIT(d->effects.items[i].handler) & handlers)
			return true;
	return false;
}

static bool edits_config(const struct facts *f, const struct delta *d)
{
	for (size_t i = 0; i < d->edits.count && f->docker.config_file; i++)
		if (edit_is_content(&d->edits.items[i]) &&
		    strcmp(d->edits.items[i].path, f->docker.config_file) == 0)
			return true;
	return false;
}

static void add_all(const struct strv *lines, struct delta *d)
{
	for (size_t i = 0; i < lines->count; i++)
		strv_add_once(&d->holds, lines->items[i]);
}

bool start_can_be_asked(const struct facts *f)
{
	return !f->offline && f->docker.version &&
	       engine_version_compare(f->docker.version, "23.0") >= 0;
}

void hold_restart(const struct facts *f, struct delta *d)
{
	const struct docker_facts *docker = &f->docker;
	bool restart = notifies(d, HANDLERS_RESTART);

	if (docker->start_unknown && (notifies(d, HANDLERS_DOCKERD) || edits_config(f, d)))
		strv_add_once(&d->holds, docker->start_unknown);
	if (restart)
		add_all(&docker->restart_brings, d);
	if (notifies(d, HANDLER_BIT(HANDLER_SYSTEMD_RELOAD)))
		add_all(&docker->reload_brings, d);
	if (restart && docker->untried && !start_can_be_asked(f)) {
		CLEANUP(freep)
		char *why = xasprintf("the next start of dockerd is not tried yet (%s), this "
				      "version cannot be asked beforehand, and if it fails, it "
				      "could not be put back",
				      docker->untried);

		strv_add_once(&d->holds, why);
	}
}

void hold_stopping(const struct facts *f, const struct strv *stopped, struct delta *d)
{
	CLEANUP(freep) char *list = strv_join(stopped, ", ");
	CLEANUP(freep) char *why = NULL;

	if (!notifies(d, HANDLERS_RESTART))
		return;
	why = xasprintf("the restart of dockerd stops %zu %s: %s%s%s", stopped->count,
			stopped->count == 1 ? "container" : "containers", list,
			f->docker.no_reload ? "; a reload is no way here: " : "",
			f->docker.no_reload ? f->docker.no_reload : "");
	strv_add_once(&d->holds, why);
}
