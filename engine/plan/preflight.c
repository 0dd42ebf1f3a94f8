#include "engine/plan/preflight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/subject-key.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/dockerd-reach.h"
#include "engine/plan/preflight-live.h"
#include "engine/plan/restart-holds.h"
#include "engine/plan/start-check.h"

static void note_untried(struct plan *plan, const struct facts *facts)
{
	if (facts->docker.untried && !plan_start_is_no_risk(plan, facts) &&
	    (plan_handlers(plan) & HANDLERS_RESTART))
		checks_add(
			&plan->checks, CHECK_WARN, NULL,
			"the next start of dockerd is not tried yet: %s%s", facts->docker.untried,
			start_can_be_asked(facts) ? "; dockerd is asked before anything is written"
						  : "");
}

/* Its reload or restart would be waited for in vain, and the way back, too. */
static int check_can_be_asked(struct plan *plan, const struct facts *facts, struct error *err)
{
	CLEANUP(freep) char *mute = dockerd_mute(facts);

	if (!mute || !(plan_handlers(plan) & HANDLERS_DOCKERD))
		return 0;
	checks_add(&plan->checks, CHECK_NO, plan_only_control(plan, HANDLERS_DOCKERD), "%s", mute);
	return error_set(err, -EPERM, "%s; %s", mute, dockerd_mute_next);
}

/* Whose requests to dockerd end with it. */
static void note_clients(struct plan *plan, const struct facts *facts)
{
	if (!(plan_handlers(plan) & HANDLERS_RESTART))
		return;
	for (size_t i = 0; i < facts->docker.cut_off.count; i++)
		checks_add(&plan->checks, CHECK_WARN, NULL, "%s", facts->docker.cut_off.items[i]);
}

static void tell(struct plan *plan, const struct objections *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].weight == OBJECTION_TELLS)
			checks_add(&plan->checks, CHECK_WARN, NULL, "%s", found->items[i].text);
}

/* No word of anybody makes systemd start it again, say. */
static int check_forbidden(struct plan *plan, const struct objections *found, struct error *err)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct objection *o = &found->items[i];

		if (o->weight != OBJECTION_FORBIDS)
			continue;
		checks_add(&plan->checks, CHECK_NO, plan_only_control(plan, o->handlers), "%s",
			   o->text);
		return o->next ? error_set(err, -EPERM, "%s; %s", o->text, o->next)
			       : error_set(err, -EPERM,
					   "dockerd would have to be restarted, and %s", o->text);
	}
	return 0;
}

static void add_control(struct strv *ret, bool *ret_nameless, const char *control)
{
	if (control)
		strv_add_once(ret, control);
	else
		*ret_nameless = true;
}

/* Of what comes by keys of dockerd: not whoever else needs the same restart. */
static bool is_by_key(const struct objection *o, struct subject subject)
{
	CLEANUP(freep) char *top = subject_json_first(subject);
	const char *key = subject.scheme == SCHEME_DOCKER ? subject.key : top;

	return o->keys.count == 0 || (key && strv_contains(&o->keys, key));
}

/* The controls whose part of the plan brings it; *ret_nameless: something that has no name does. */
static void who_brings(const struct plan *plan, const struct objection *o, struct strv *ret,
		       bool *ret_nameless)
{
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (HANDLER_BIT(e->handler) & o->handlers && is_by_key(o, e->subject))
				add_control(ret, ret_nameless, e->control);
		}
	for (size_t k = 0; k < o->paths.count; k++) {
		const struct change *c = plan_find_change(plan, o->paths.items[k]);

		for (size_t i = 0; c && i < c->edits.count; i++)
			if (is_by_key(o, c->edits.items[i].subject))
				add_control(ret, ret_nameless, c->edits.items[i].control);
	}
	*ret_nameless |= ret->count == 0;
}

/* One of them is enough: what is consented to is done once, whoever needs it. NULL: nobody has. */
static const char *who_consents(const struct strv *controls, bool nameless, const struct strv *ack)
{
	for (size_t i = 0; ack && i < controls->count; i++)
		if (strv_contains(ack, controls->items[i]))
			return controls->items[i];
	return nameless && ack && ack->count > 0 ? "by name" : NULL;
}

/* Consent is to what is said, not to whatever there may be: it is said here, too. */
static void consent(struct plan *plan, const char *text, const char *control)
{
	checks_add(&plan->checks, CHECK_WARN, NULL, "%s (acknowledged: %s)", text, control);
	strv_add_once(&plan->consented, text);
}

static void ask_for(struct plan *plan, const struct strv *controls)
{
	for (size_t i = 0; i < controls->count; i++)
		if (strv_contains(&plan->asked, controls->items[i]))
			return;
	if (controls->count > 0)
		strv_add(&plan->asked, controls->items[0]);
}

/* Whether each that asks for consent is consented to without this one, by another that is asked for. */
static bool is_needless(const struct plan *plan, const struct objections *found,
			const struct strv *ack, const char *control)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct objection *o = &found->items[i];
		CLEANUP(strv_clear) struct strv controls = {0};
		bool nameless = false, other = false;

		if (o->weight != OBJECTION_ASKS)
			continue;
		who_brings(plan, o, &controls, &nameless);
		if (who_consents(&controls, nameless, ack) || !strv_contains(&controls, control))
			continue;
		for (size_t k = 0; k < controls.count; k++)
			other |= strcmp(controls.items[k], control) != 0 &&
				 strv_contains(&plan->asked, controls.items[k]);
		if (!other)
			return false;
	}
	return true;
}

/* What was asked for first may be covered by what a later one needs: nobody consents to more than there is. */
static void ask_least(struct plan *plan, const struct objections *found, const struct strv *ack)
{
	for (size_t i = 0; i < plan->asked.count;)
		if (plan->asked.count > 1 && is_needless(plan, found, ack, plan->asked.items[i]))
			strv_remove(&plan->asked, i);
		else
			i++;
}

/* What the plan would do by which others' doings come along: of several the heaviest. */
static const char *deed_text(unsigned handlers)
{
	return handlers & HANDLERS_RESTART   ? "dockerd would have to be restarted"
	       : handlers & HANDLERS_DOCKERD ? "dockerd would have to be reloaded"
	       : handlers & HANDLER_BIT(HANDLER_SYSTEMD_RELOAD)
		       ? "systemd would have to read its units again"
		       : "files would be written";
}

/* What comes beside the plan is asked for one by one: by the controls that bring it. */
static int check_consent(struct plan *plan, const struct objections *found, const struct strv *ack,
			 struct error *err)
{
	CLEANUP(strv_clear) struct strv against = {0};
	CLEANUP(freep) char *list = NULL, *asked = NULL;
	unsigned handlers = 0;

	for (size_t i = 0; i < found->count; i++) {
		const struct objection *o = &found->items[i];
		CLEANUP(strv_clear) struct strv controls = {0};
		bool nameless = false;
		const char *by;

		if (o->weight != OBJECTION_ASKS)
			continue;
		who_brings(plan, o, &controls, &nameless);
		by = who_consents(&controls, nameless, ack);
		if (by) {
			consent(plan, o->text, by);
			continue;
		}
		strv_add(&against, o->text);
		handlers |= o->handlers;
		checks_add(&plan->checks, CHECK_NO, plan_only_control(plan, o->handlers), "%s",
			   o->text);
		ask_for(plan, &controls);
	}
	if (against.count == 0)
		return 0;
	ask_least(plan, found, ack);
	list = strv_join(&against, "; ");
	asked = strv_join(&plan->asked, " --ack ");
	return error_set(err, -EPERM, "%s, and %s; '--ack %s' consents to it", deed_text(handlers),
			 list, plan->asked.count ? asked : "CONTROL");
}

int plan_check_restart(struct plan *plan, const struct facts *facts, const struct strv *ack,
		       struct error *err)
{
	CLEANUP(objections_clear) struct objections found = {0};

	plan_objections(plan, facts, &found);
	strv_clear(&plan->asked);
	note_untried(plan, facts);
	tell(plan, &found);
	note_clients(plan, facts);
	if (check_forbidden(plan, &found, err) < 0)
		return -EPERM;
	/* what takes it away by its own restart asks for those that stop by that */
	if (!plan_loses_live(plan) && preflight_live(plan, facts, err) < 0)
		return -EPERM;
	return check_consent(plan, &found, ack, err);
}

/* What a container notices, or who looks for one; and what else comes along with the restart. */
static bool is_asked_of_one_that_waits(const struct objection *o)
{
	static const char *const kinds[] = {"stopping",       "hidden",        "hidden-running",
					    "restart-brings", "reload-brings", "start-brings",
					    "moved",          "waiting"};

	return is_among(o->kind, kinds, ARRAY_SIZE(kinds));
}

int plan_check_stops(struct plan *plan, const struct facts *facts, const struct strv *ack,
		     struct error *err)
{
	CLEANUP(objections_clear) struct objections found = {0};

	plan_objections(plan, facts, &found);
	strv_clear(&plan->asked);
	for (size_t i = 0; i < found.count; i++)
		if (!is_asked_of_one_that_waits(&found.items[i]))
			found.items[i].weight = OBJECTION_TELLS;
	if (check_forbidden(plan, &found, err) < 0)
		return -EPERM;
	return check_consent(plan, &found, ack, err);
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
			checks_add(&plan->checks, CHECK_WARN,
				   strcmp(names, f->control) == 0 ? f->control : NULL,
				   "%s (acknowledged: %s)", f->holds.items[k], names);
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

			if (!checks_share(&plan->checks, f->control, said))
				checks_add(&plan->checks, CHECK_WARN, f->control, "%s", said);
		}
	}
}

/* Whoever wrote it takes all of it for being in force, and no daemon-reload brings that. */
static void note_unloadable(struct plan *plan, const struct facts *facts)
{
	for (size_t i = 0; i < facts->nunits; i++)
		for (size_t k = 0; k < facts->units[i].unloadable.count; k++)
			checks_add(&plan->checks, CHECK_WARN, NULL,
				   "systemd cannot load a drop-in of %s, or not all of it: %s",
				   facts->units[i].name, facts->units[i].unloadable.items[k]);
}

static void check_containers(struct plan *plan, const struct facts *facts)
{
	CLEANUP(freep) char *verb = stopped_verb(&plan->stopped);
	size_t running = 0, ends, cuts;
	static const char borrowed[] =
		"live-restore is borrowed for the restart: its file has it for that time, a reload "
		"puts it in force before, and another takes it off again";

	if (!(plan_handlers(plan) & HANDLERS_RESTART) ||
	    (containers_running(&facts->docker.containers, &running) && running == 0))
		return;
	ends = stopped_ending(&plan->stopped);
	cuts = plan->stopped.count - ends;
	if (ends == 0)
		checks_add(&plan->checks, CHECK_OK, NULL, "%s",
			   plan->borrows ? borrowed
					 : "live-restore is in force before dockerd is restarted");
	else
		checks_add(&plan->checks, CHECK_WARN, NULL, "the restart %s", verb);
	if (cuts > 0)
		checks_add(&plan->checks, CHECK_WARN, NULL, "the restart cuts off %zu %s", cuts,
			   cuts == 1 ? "container" : "containers");
}

int plan_preflight(struct plan *plan, const struct facts *facts, struct error *err)
{
	int r = check_can_be_asked(plan, facts, err);

	if (r >= 0)
		r = plan_check_daemon_file(plan, facts, err);
	if (r >= 0)
		r = plan_check_start(plan, facts, err);
	if (r >= 0)
		r = preflight_swarm(plan, facts, err);
	if (r >= 0)
		r = preflight_live(plan, facts, err);
	if (r >= 0)
		note_untried(plan, facts);
	if (r >= 0)
		check_containers(plan, facts);
	if (r >= 0)
		note_clients(plan, facts);
	note_unloadable(plan, facts);
	take_acknowledged(plan);
	take_warnings(plan);
	return r;
}
