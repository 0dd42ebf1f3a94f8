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

static const char *key_of(const struct effect *e)
{
	return e->subject.scheme == SCHEME_DOCKER ? e->subject.key : NULL;
}

static void keys_of_edits(const struct edits *edits, const char *config, struct strv *ret)
{
	for (size_t i = 0; config && i < edits->count; i++) {
		const struct edit *e = &edits->items[i];
		CLEANUP(freep) char *key = NULL;

		if (strcmp(e->path, config) != 0 || e->subject.scheme != SCHEME_JSON ||
		    e->subject.key[0] != '/')
			continue;
		key = xstrndup(e->subject.key + 1, strcspn(e->subject.key + 1, "/"));
		strv_add_once(ret, key);
	}
}

static void keys_of_effects(const struct effects *effects, struct strv *ret)
{
	for (size_t i = 0; i < effects->count; i++)
		if (key_of(&effects->items[i]))
			strv_add_once(ret, key_of(&effects->items[i]));
}

void plan_dockerd_keys(const struct plan *plan, const struct facts *f, struct strv *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		keys_of_edits(&plan->changes[i].edits, f->docker.config_file, ret);
	for (size_t i = 0; i < plan->nstages; i++)
		keys_of_effects(&plan->stages[i].effects, ret);
}

void waiting_brought(const struct facts *f, unsigned handlers, const struct strv *own,
		     struct strv *ret)
{
	const struct docker_facts *d = &f->docker;

	for (size_t i = 0; (handlers & HANDLERS_DOCKERD) && i < d->nwaiting; i++) {
		const struct waiting_key *w = &d->waiting[i];

		if (!strv_contains(own, w->key) && (handlers & HANDLERS_RESTART || w->by_reload))
			strv_add_once(ret, w->brings);
	}
}

void hold_waiting(const struct facts *f, const struct strv *planned, struct delta *d)
{
	CLEANUP(strv_clear) struct strv own = {0};
	unsigned handlers = 0;

	strv_copy(&own, planned);
	keys_of_edits(&d->edits, f->docker.config_file, &own);
	keys_of_effects(&d->effects, &own);
	for (size_t i = 0; i < d->effects.count; i++)
		handlers |= HANDLER_BIT(d->effects.items[i].handler);
	waiting_brought(f, handlers, &own, &d->holds);
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

/* A path is looked at by itself, or by the directory that it is in. */
static bool looks_at(const struct watched_path *w, const char *path)
{
	size_t n = strlen(w->path);

	return strncmp(path, w->path, n) == 0 &&
	       (path[n] == '\0' || (path[n] == '/' && !strchr(path + n + 1, '/')));
}

static void hold_watched(const struct facts *f, struct delta *d)
{
	for (size_t i = 0; i < d->edits.count; i++)
		for (size_t k = 0; k < f->docker.nwatched; k++)
			if (looks_at(&f->docker.watched[k], d->edits.items[i].path))
				strv_add_once(&d->holds, f->docker.watched[k].brings);
}

void hold_restart(const struct facts *f, struct delta *d)
{
	const struct docker_facts *docker = &f->docker;
	bool restart = notifies(d, HANDLERS_RESTART);
	CLEANUP(freep) char *mute = dockerd_mute(f);

	if (mute && notifies(d, HANDLERS_DOCKERD))
		strv_add_once(&d->holds, mute);

	if (docker->start_unknown && (notifies(d, HANDLERS_DOCKERD) || edits_config(f, d)))
		strv_add_once(&d->holds, docker->start_unknown);
	if (restart && docker->no_restart && !d->refusal)
		d->refusal = xstrdup(docker->no_restart);
	if (notifies(d, HANDLER_BIT(HANDLER_DOCKER_SOCKET)) && docker->no_socket_restart &&
	    !d->refusal)
		d->refusal = xstrdup(docker->no_socket_restart);
	if (restart) {
		add_all(&docker->restart_brings, d);
		for (size_t i = 0; i < docker->restart_runs.count; i++)
			strv_add_once(&d->warnings, docker->restart_runs.items[i]);
	}
	if (notifies(d, HANDLER_BIT(HANDLER_SYSTEMD_RELOAD)))
		add_all(&docker->reload_brings, d);
	if (notifies(d, HANDLER_BIT(HANDLER_DOCKER_RELOAD)))
		add_all(&docker->dockerd_reload_brings, d);
	hold_watched(f, d);
	if (restart && docker->untried && !start_can_be_asked(f)) {
		CLEANUP(freep)
		char *why = xasprintf("the next start of dockerd is not tried yet (%s), this "
				      "version cannot be asked beforehand, and if it fails, it "
				      "could not be put back",
				      docker->untried);

		strv_add_once(&d->holds, why);
	}
}

static char *texts_of(const struct stopped_list *stopped, bool cut_off)
{
	CLEANUP(strv_clear) struct strv texts = {0};

	for (size_t i = 0; i < stopped->count; i++)
		if ((stopped->items[i].comes_back == COMES_BACK_CUT_OFF) == cut_off)
			strv_add(&texts, stopped->items[i].text);
	return strv_join(&texts, ", ");
}

static const char *containers_word(size_t n)
{
	return n == 1 ? "container" : "containers";
}

static char *stopping_text(const struct facts *f, const struct stopped_list *stopped)
{
	CLEANUP(freep) char *ending = texts_of(stopped, false), *cut = texts_of(stopped, true);
	size_t ends = stopped_ending(stopped), cuts = stopped->count - ends;
	CLEANUP(buf_clear) struct buf b = {0};

	buf_puts(&b, "the restart of dockerd ");
	if (ends > 0)
		buf_printf(&b, "stops %zu %s: %s", ends, containers_word(ends), ending);
	if (ends > 0 && cuts > 0)
		buf_puts(&b, ", and ");
	if (cuts > 0)
		buf_printf(&b, "cuts off %zu %s: %s", cuts, containers_word(cuts), cut);
	return xasprintf("%s%s%s", buf_str(&b),
			 f->docker.no_reload ? "; a reload is no way here: " : "",
			 f->docker.no_reload ? f->docker.no_reload : "");
}

void hold_stopping(const struct facts *f, const struct stopped_list *stopped, struct delta *d)
{
	CLEANUP(freep) char *why = stopping_text(f, stopped);

	if (notifies(d, HANDLERS_RESTART))
		strv_add_once(&d->holds, why);
}

bool live_can_be_had(const struct facts *f)
{
	static const char *const spoil[] = {"live-restore", "authorization-plugins", "features"};
	const struct docker_facts *d = &f->docker;

	for (size_t i = 0; i < ARRAY_SIZE(spoil); i++)
		if (strv_contains(&d->now_flags, spoil[i]))
			return false; /* by a restart alone */
	return !f->offline && d->running && !d->not_measured && !d->no_reload && !d->file_error &&
	       strcmp_null(d->swarm, "inactive") == 0;
}

void stopping_brought(const struct facts *f, const struct plan *plan, struct strv *ret)
{
	const struct setting *live = settings_find(&f->docker.now, "live-restore");
	CLEANUP(freep) char *why = stopping_text(f, &plan->stopped);

	bool advise = live_can_be_had(f) && !(live && strcmp_null(live->value, "true") == 0);

	if (plan->stopped.count > 0)
		strv_addf(ret, "%s%s", why,
			  advise ? "; they run on where 'harden apply --only daemon.live-restore' "
				   "goes before"
				 : "");
}
