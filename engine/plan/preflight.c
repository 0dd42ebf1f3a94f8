#include "engine/plan/preflight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/api-socket.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/image.h"
#include "engine/plan/restart-holds.h"

static int check_config_image(struct plan *plan, const struct facts *facts,
			      const struct strv *flags, const struct image *image,
			      struct error *err)
{
	CLEANUP(strv_clear) struct strv reasons = {0};
	struct error why = {0};
	int r;

	if (image->node.kind != NODE_FILE || !image->has_content)
		return 0;
	if (daemon_file_harm(&image->content, &reasons)) {
		checks_add(&plan->checks, CHECK_NO, NULL, "in '%s' %s", facts->docker.config_file,
			   reasons.items[0]);
		return error_set(err, -EPERM, "in '%s' %s", facts->docker.config_file,
				 reasons.items[0]);
	}
	r = daemon_file_check(&image->content, facts->docker.version, flags, &reasons, &why);
	if (r < 0) {
		checks_add(&plan->checks, CHECK_NO, NULL, "dockerd would refuse '%s': %s",
			   facts->docker.config_file, error_text(&why));
		r = error_set(err, -EPERM, "dockerd would refuse '%s': %s",
			      facts->docker.config_file, error_text(&why));
	}
	error_clear(&why);
	return r;
}

/* Keys that the next start has as flags; a key must not be in both places. */
static void next_flag_keys(const struct facts *facts, struct strv *ret)
{
	for (size_t i = 0; i < facts->docker.nnext_flags; i++)
		strv_add(ret, facts->docker.next_flags[i].key);
}

/* Whether the plan writes the file: its mode alone says nothing of what is in it. */
static bool is_written(const struct change *config)
{
	for (size_t i = 0; config && i < config->edits.count; i++)
		if (edit_is_content(&config->edits.items[i]))
			return true;
	return false;
}

/* Whether the plan changes what dockerd named when it gave up: then it may well be the mending. */
static bool mends_start(const struct plan *plan, const struct facts *facts)
{
	CLEANUP(strv_clear) struct strv keys = {0};

	plan_dockerd_keys(plan, facts, &keys);
	for (size_t i = 0; i < keys.count; i++)
		if (str_has_word(facts->docker.start_error, keys.items[i], ""))
			return true;
	return false;
}

/* What is written beside it would be kept unproven, and hide that it was broken before. */
static int check_start(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config = plan_find_change(plan, d->config_file);

	if (!d->start_error || mends_start(plan, facts) ||
	    (!is_written(config) && !(plan_handlers(plan) & HANDLERS_DOCKERD)))
		return 0;
	checks_add(&plan->checks, CHECK_NO, NULL, "dockerd does not start: %s", d->start_error);
	return error_set(err, -EPERM,
			 "dockerd does not start, as it is: %s; fix that first, or --skip what "
			 "concerns it",
			 d->start_error);
}

static int check_daemon_file(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config = plan_find_change(plan, d->config_file);
	CLEANUP(strv_clear) struct strv flags = {0};

	/* what is written beside a stopped daemon is read at its next start */
	if (!is_written(config) && !(plan_handlers(plan) & HANDLERS_DOCKERD))
		return 0;
	next_flag_keys(facts, &flags);
	for (size_t i = 1; config && i < config->nimages; i++) {
		int r = check_config_image(plan, facts, &flags, &config->images[i], err);

		if (r < 0)
			return r;
	}
	if (!config && d->file_error) {
		checks_add(&plan->checks, CHECK_NO, NULL, "dockerd would refuse '%s': %s",
			   d->config_file, d->file_error);
		return error_set(err, -EPERM, "dockerd would refuse '%s': %s", d->config_file,
				 d->file_error);
	}
	checks_add(&plan->checks, CHECK_OK, NULL,
		   "dockerd knows every key of its config file, in its version");
	checks_add(&plan->checks, CHECK_OK, NULL,
		   "no key is set both as a dockerd flag and in daemon.json");
	return 0;
}

/*
 * A file that it would not start with is better replaced than kept for its next start; and one that it
 * has started with before is no trial.
 */
static bool start_is_no_risk(const struct plan *plan, const struct facts *facts)
{
	const struct docker_facts *d = &facts->docker;

	return plan->start_known ||
	       (d->file_error && d->config_file && plan_find_change(plan, d->config_file));
}

static void note_untried(struct plan *plan, const struct facts *facts)
{
	if (facts->docker.untried && !start_is_no_risk(plan, facts) &&
	    (plan_handlers(plan) & HANDLERS_RESTART))
		checks_add(
			&plan->checks, CHECK_WARN, NULL,
			"the next start of dockerd is not tried yet: %s%s", facts->docker.untried,
			start_can_be_asked(facts) ? "; dockerd is asked before anything is written"
						  : "");
}

/* A restart that brings more than the plan, or that could not be put back, is consented to by name. */
static bool is_acknowledged(const struct plan *plan, unsigned handlers, const struct strv *ack)
{
	for (size_t k = 0; ack && k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (HANDLER_BIT(e->handler) & handlers &&
			    (e->control ? strv_contains(ack, e->control) : ack->count > 0))
				return true;
		}
	return false;
}

static const char *control_with(const struct plan *plan, unsigned handlers)
{
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			if (HANDLER_BIT(plan->stages[k].effects.items[i].handler) & handlers)
				return plan->stages[k].effects.items[i].control;
	return NULL;
}

/* What the next start would have for a key, after this plan: a flag, else the file's value. */
static char *next_value(const struct plan *plan, const struct facts *facts, const char *key)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config = plan_find_change(plan, d->config_file);
	const struct image *image = config ? &config->images[config->nimages - 1] : NULL;
	const struct setting *next = settings_find(&d->next, key);
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);
	char *value = NULL;

	/* where only its owner or mode changes, its content was not even read */
	if (!image || (image->node.kind == NODE_FILE && !image->has_content) ||
	    (next && next->source == SOURCE_FLAG))
		return next ? xstrdup_null(next->value) : NULL;
	image_value(image, subject_of(SCHEME_JSON, pointer), &value, NULL);
	return value;
}

/* The plan's own edits have live-restore in the file for the restart, and a reload gives it up thereafter. */
static bool brings_live(const struct plan *plan, const struct docker_facts *d)
{
	const struct effect *e = plan_find_effect(plan, subject_of(SCHEME_DOCKER, "live-restore"));

	return e && e->handler == HANDLER_DOCKER_RELOAD && plan_find_change(plan, d->config_file);
}

/* Nothing is applied to a file that is broken, and no control of ours has a swarm's member get it. */
static const char *live_next_step(const struct docker_facts *d)
{
	if (d->file_error)
		return "mend the file first";
	return strcmp_null(d->swarm, "inactive") == 0
		       ? "'harden apply --only daemon.live-restore' sets it"
		       : "stop it first";
}

/* The gate in front of the restart would refuse it, after half the work. */
static int check_live_restore(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const char *broken = plan_find_change(plan, d->config_file) ? NULL : d->file_error;
	const struct setting *now = settings_find(&d->now, "live-restore");
	CLEANUP(freep) char *next = next_value(plan, facts, "live-restore"), *why = NULL;
	size_t running = 0;

	if (!(plan_handlers(plan) & HANDLERS_RESTART) || !d->running || !now ||
	    brings_live(plan, d) || strcmp_null(now->value, "true") != 0 ||
	    (!broken && strcmp_null(next, "true") == 0) ||
	    (containers_running(&d->containers, &running) && running == 0))
		return 0;
	why = xasprintf(
		"live-restore is in force, and dockerd's next start would not have it%s%s%s: "
		"what runs would stop with it; %s",
		broken ? " (" : "", broken ? broken : "", broken ? ")" : "", live_next_step(d));
	checks_add(&plan->checks, CHECK_NO, NULL, "%s", why);
	return error_set(err, -EPERM, "%s", why);
}

/* A way back makes the API's socket anew as the way up does; it is named, and done. */
static void note_cut_off(struct plan *plan, const struct facts *facts)
{
	CLEANUP(strv_clear) struct strv names = {0};
	const char *unknown = api_socket_cut_off(facts, plan_handlers(plan), &names);

	if (unknown)
		checks_add(&plan->checks, CHECK_WARN, NULL,
			   "whether a container has the API's socket mounted, which is made "
			   "anew, is not known: %s",
			   unknown);
	for (size_t i = 0; i < names.count; i++)
		checks_add(&plan->checks, CHECK_WARN, NULL,
			   "container %s has the API's socket mounted, which is made anew: it "
			   "is cut off until its own next start",
			   names.items[i]);
}

/* Its reload or restart would be waited for in vain, and the way back, too. */
static int check_can_be_asked(struct plan *plan, const struct facts *facts, struct error *err)
{
	CLEANUP(freep) char *mute = dockerd_mute(facts);

	if (!mute || !(plan_handlers(plan) & HANDLERS_DOCKERD))
		return 0;
	checks_add(&plan->checks, CHECK_NO, NULL, "%s", mute);
	return error_set(err, -EPERM,
			 "%s; when it answers again, or is stopped, the same command goes on",
			 mute);
}

/* Whose requests to dockerd end with it. */
static void note_clients(struct plan *plan, const struct facts *facts)
{
	if (!(plan_handlers(plan) & HANDLERS_RESTART))
		return;
	for (size_t i = 0; i < facts->docker.cut_off.count; i++)
		checks_add(&plan->checks, CHECK_WARN, NULL, "%s", facts->docker.cut_off.items[i]);
}

/* No word of anybody makes systemd start it again. */
static int check_start_again(struct plan *plan, const struct facts *facts, struct error *err)
{
	unsigned handlers = plan_handlers(plan);
	const char *why = handlers & HANDLERS_RESTART ? facts->docker.no_restart : NULL;

	if (!why && handlers & HANDLER_BIT(HANDLER_DOCKER_SOCKET))
		why = facts->docker.no_socket_restart;
	if (!why)
		return 0;
	checks_add(&plan->checks, CHECK_NO, NULL, "%s", why);
	return error_set(err, -EPERM, "dockerd would have to be restarted, and %s", why);
}

int plan_check_restart(struct plan *plan, const struct facts *facts, const struct strv *ack,
		       struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	bool restart = plan_handlers(plan) & HANDLERS_RESTART;
	unsigned handlers = restart ? HANDLERS_RESTART : HANDLERS_DOCKERD;
	CLEANUP(strv_clear) struct strv why = {0}, own = {0};
	CLEANUP(freep) char *list = NULL;
	const char *control = control_with(plan, handlers);

	note_untried(plan, facts);
	note_cut_off(plan, facts);
	note_clients(plan, facts);
	if (check_can_be_asked(plan, facts, err) < 0 || check_start_again(plan, facts, err) < 0 ||
	    check_live_restore(plan, facts, err) < 0)
		return -EPERM;
	if (!(plan_handlers(plan) & handlers) || is_acknowledged(plan, handlers, ack))
		return 0;
	plan_dockerd_keys(plan, facts, &own);
	if (restart)
		strv_add_all(&why, &d->restart_brings);
	if (restart)
		stopping_brought(facts, plan, &why);
	if (plan_handlers(plan) & HANDLER_BIT(HANDLER_DOCKER_RELOAD))
		strv_add_all(&why, &d->dockerd_reload_brings);
	waiting_brought(facts, plan_handlers(plan), &own, &why);
	if (restart && d->untried && !start_can_be_asked(facts) && !start_is_no_risk(plan, facts))
		strv_addf(&why, "the next start of dockerd is not tried yet (%s)", d->untried);
	if (why.count == 0)
		return 0;
	for (size_t i = 0; i < why.count; i++)
		checks_add(&plan->checks, CHECK_NO, NULL, "%s", why.items[i]);
	list = strv_join(&why, "; ");
	return error_set(err, -EPERM,
			 "dockerd would have to be %s, and %s; '--ack %s' consents to it",
			 restart ? "restarted" : "reloaded", list, control ? control : "CONTROL");
}

/* dockerd takes live-restore from a swarm member by reload, and then does not start again (G04). */
static int check_swarm(struct plan *plan, const struct facts *facts, struct error *err)
{
	const char *swarm = facts->docker.swarm;
	CLEANUP(freep) char *live = next_value(plan, facts, "live-restore");

	if (!(plan_handlers(plan) & HANDLERS_DOCKERD) || !swarm || strcmp(swarm, "inactive") == 0 ||
	    strcmp_null(live, "true") != 0)
		return 0;
	checks_add(&plan->checks, CHECK_NO, NULL,
		   "live-restore is set on a swarm member: dockerd would not start again");
	return error_set(err, -EPERM,
			 "live-restore is set on a swarm member: dockerd would not start again");
}

/* Those from the i-th on that were planned although this speaks against them. */
static char *acknowledged(const struct plan *plan, size_t i, const char *hold)
{
	CLEANUP(strv_clear) struct strv names = {0};

	for (; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED &&
		    strv_contains(&plan->findings[i].holds, hold))
			strv_add(&names, plan->findings[i].control);
	return strv_join(&names, ", ");
}

/* Who says yes to the plan says yes to this, too: it is said there, not only where it was held. */
static void take_acknowledged(struct plan *plan)
{
	CLEANUP(strv_clear) struct strv said = {0};

	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];

		for (size_t k = 0; f->state == FINDING_PLANNED && k < f->holds.count; k++) {
			CLEANUP(freep) char *names = NULL;

			if (strv_contains(&said, f->holds.items[k]))
				continue;
			strv_add(&said, f->holds.items[k]);
			names = acknowledged(plan, i, f->holds.items[k]);
			checks_add(&plan->checks, CHECK_WARN, NULL, "%s (acknowledged: %s)",
				   f->holds.items[k], names);
		}
	}
}

static void take_warnings(struct plan *plan)
{
	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];

		if (f->state != FINDING_PLANNED)
			continue;
		for (size_t k = 0; k < f->left_out.count; k++)
			checks_add(&plan->checks, CHECK_WARN, f->control, "%s leaves one out: %s",
				   f->control, f->left_out.items[k]);
		for (size_t k = 0; k < f->warnings.count; k++) {
			const char *said = f->warnings.items[k];

			if (!checks_contain(&plan->checks, said)) /* several may warn alike */
				checks_add(&plan->checks, CHECK_WARN, f->control, "%s", said);
		}
	}
}

static void check_containers(struct plan *plan, const struct facts *facts)
{
	size_t running = 0, ends, cuts;

	if (!(plan_handlers(plan) & HANDLERS_RESTART) ||
	    (containers_running(&facts->docker.containers, &running) && running == 0))
		return;
	ends = stopped_ending(&plan->stopped);
	cuts = plan->stopped.count - ends;
	if (ends == 0)
		checks_add(&plan->checks, CHECK_OK, NULL,
			   "live-restore is in force before dockerd is restarted");
	else
		checks_add(&plan->checks, CHECK_WARN, NULL, "the restart stops %zu %s", ends,
			   ends == 1 ? "container" : "containers");
	if (cuts > 0)
		checks_add(&plan->checks, CHECK_WARN, NULL, "the restart cuts off %zu %s", cuts,
			   cuts == 1 ? "container" : "containers");
}

int plan_preflight(struct plan *plan, const struct facts *facts, struct error *err)
{
	int r = check_can_be_asked(plan, facts, err);

	if (r >= 0)
		r = check_daemon_file(plan, facts, err);
	if (r >= 0)
		r = check_start(plan, facts, err);
	if (r >= 0)
		r = check_swarm(plan, facts, err);
	if (r >= 0)
		r = check_live_restore(plan, facts, err);
	if (r >= 0)
		note_untried(plan, facts);
	if (r >= 0)
		check_containers(plan, facts);
	if (r >= 0)
		note_clients(plan, facts);
	take_acknowledged(plan);
	take_warnings(plan);
	return r;
}
