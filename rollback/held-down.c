#include "rollback/held-down.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/restart-gate.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/secret.h"
#include "engine/model/plan-turn.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/own-keys.h"
#include "engine/plan/restart-holds.h"
#include "rollback/beside-foreign.h"
#include "rollback/executor-impl.h"
#include "rollback/in-force.h"

/* Who tries again when that is seen to: of one that has time left recovery does not. */
static const char *goes_on(const struct executor *x)
{
	return x->waits ? "'harden rollback' goes on" : "'harden recover' goes on";
}

/*
 * Those that dockerd knows; of one that is down, or does not answer, their shims tell: it may not answer because of
 * what is to be put back. False: whether one runs is not known.
 */
static bool running_names(const struct facts *f, struct strv *ret)
{
	const struct container_list *list = &f->docker.containers;
	struct containers all = containers_on_disk(list);
	bool known = containers_get(list, &all) || list->processes_told || docker_is_stopped(f);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running || !all.items[i].state)
			strv_add(ret, container_label(&all.items[i]));
	return known;
}

/* What a restart has brought, and is not as before in spite of it: then the way back restarts dockerd, too. */
static bool is_brought(const struct effect *e, const struct facts *now)
{
	return HANDLER_BIT(e->handler) & HANDLERS_RESTART && !effect_is_as_before(now, e);
}

/* Whether the way back of the effect has dockerd look elsewhere for its containers. */
static bool moves_back(const struct effect *e, const struct facts *now)
{
	return e->subject.scheme == SCHEME_DOCKER &&
	       daemon_key_moves(e->subject.key, e->after, e->before, now->docker.image_store) &&
	       is_brought(e, now);
}

/* The first effect of a begun restart of which that is true; NULL: there is none. */
static const struct effect *find_effect(const struct executor *x, const struct facts *now,
					bool (*is)(const struct effect *e, const struct facts *now))
{
	for (size_t k = 0; k < x->mover.plan->nstages; k++) {
		const struct effects *effects = &x->mover.plan->stages[k].effects;

		for (size_t i = 0; (x->begun[k] & HANDLERS_RESTART) && i < effects->count; i++)
			if (is(&effects->items[i], now))
				return &effects->items[i];
	}
	return NULL;
}

static char *held_by_containers(const struct executor *x, const struct facts *now)
{
	const struct effect *moving = find_effect(x, now, moves_back);
	const char *key;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;
	bool known;

	if (!moving)
		return NULL;
	key = moving->subject.key;
	known = running_names(now, &names);
	list = strv_join(&names, ", ");
	if (names.count > 0)
		return xasprintf("containers run that dockerd would not know any more once %s is "
				 "put back: %s; all stays as applied until they are stopped, and "
				 "%s then",
				 key, list, goes_on(x));
	return known ? NULL
		     : xasprintf("whether a container runs is not known, and dockerd would not "
				 "know it any more once %s is put back: all stays as applied until "
				 "dockerd answers, and %s then",
				 key, goes_on(x));
}

/* And are not undone. */
static unsigned begun_handlers(const struct executor *x)
{
	unsigned begun = 0;

	for (size_t k = 0; k < x->mover.plan->nstages; k++)
		begun |= x->begun[k];
	return begun;
}

/* dockerd does not start with live-restore on a node of a swarm. */
static char *held_by_swarm(const struct executor *x, const struct facts *now)
{
	const char *swarm = now->docker.swarm;

	if (!x->mover.plan->borrows || !(begun_handlers(x) & HANDLERS_RESTART) || !swarm ||
	    strcmp(swarm, "inactive") == 0)
		return NULL;
	return xasprintf(
		"this host is in a swarm by now, and dockerd does not start there with "
		"live-restore, which the restart on the way back would borrow: all stays as "
		"applied; %s once it has left the swarm ('docker swarm leave'), and '%s' keeps "
		"what is applied",
		goes_on(x), x->waits ? "harden confirm" : "harden recover --set-aside");
}

/* By a control that was planned although this speaks against it, or by who takes it back, and was asked. */
static bool is_consented(const struct executor *x, const char *text)
{
	const struct strv *asked = x->effector->consented_to;
	const struct plan *plan = x->mover.plan;
	CLEANUP(freep) char *saved = secret_hide(text); /* as the journal has it */

	if (asked && strv_contains(asked, text))
		return true;
	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED &&
		    strv_contains(&plan->findings[i].holds, saved))
			return true;
	return false;
}

/* What our handlers would bring or end that is others', where it came since. */
static bool came_since(const struct executor *x, const struct objection *o)
{
	static const char *const kinds[] = {"moved", "start-brings", "reload-brings"};

	return is_among(o->kind, kinds, ARRAY_SIZE(kinds)) && !is_consented(x, o->text);
}

/* By the flag itself, whatever words the API has for what came of it. */
static bool runs_with(const struct docker_facts *d, const struct setting *next)
{
	const struct setting *now = settings_find(&d->now_flag_values, next->key);

	return now && (strcmp_null(now->value, next->value) == 0 ||
		       docker_value_same(now->value, next->value));
}

/* With that value, among flags of others' that the plan named and a person consented to. */
static bool was_named(const struct plan *plan, const struct setting *next)
{
	CLEANUP(freep) char *plain = xasprintf("+ --%s=%s", next->key, next->value);
	CLEANUP(freep) char *text = secret_hide(plain); /* as the journal has it */

	for (size_t i = 0; i < plan->nfindings; i++)
		for (size_t k = 0; k < plan->findings[i].holds.count; k++) {
			const char *at = strstr(plan->findings[i].holds.items[k], text);

			if (at && plan->findings[i].state == FINDING_PLANNED &&
			    strchr(",;", at[strlen(text)])) /* or its end */
				return true;
		}
	return false;
}

/* Flags that others gave it for its next start. */
static void find_flags(const struct plan *plan, const struct facts *now, struct strv *ret)
{
	const struct docker_facts *d = &now->docker;
	CLEANUP(strv_clear) struct strv own = {0};

	if (!d->now_flags_known)
		return; /* what it lacks is not known */
	plan_own_keys(plan, now, &own);
	if (d->moves_data && !strv_contains(&own, "data-root"))
		strv_add(ret, d->moves_data);
	for (size_t i = 0; d->running && i < d->nnext_flags; i++) {
		const struct daemon_flag *flag = &d->next_flags[i];
		const struct setting *next = settings_find(&d->next, flag->key);

		if (next && next->source == SOURCE_FLAG && !runs_with(d, next) &&
		    !strv_contains(&own, flag->key) && !was_named(plan, next) &&
		    !(flag->file && plan_find_change(plan, flag->file)))
			strv_addf(ret, "a restart of dockerd gives it %s (%s)", flag->key,
				  flag->file ? flag->file : "a flag");
	}
}

/* Its contents: beside an edit of a mode alone what others write there is no conflict. */
static bool writes_config(const struct plan *plan, const struct docker_facts *d)
{
	const struct change *c = d->config_file ? plan_find_change(plan, d->config_file) : NULL;
	bool ret = c && c->edits.count == 0; /* it is lent live-restore */

	for (size_t i = 0; c && i < c->edits.count; i++)
		ret |= edit_is_content(&c->edits.items[i]);
	return ret || plan->borrows;
}

/*
 * What others wrote into the config file, of a plan that does not have it: beside a file of its own that
 * others changed no handler of dockerd's is run (executor_is_beside_foreign()), or what it brings was told.
 */
static void find_keys(const struct executor *x, const struct facts *now, unsigned handlers,
		      struct strv *ret)
{
	const struct plan *plan = x->mover.plan;
	const struct docker_facts *d = &now->docker;
	CLEANUP(strv_clear) struct strv own = {0};

	if (writes_config(plan, d))
		return;
	plan_dockerd_keys(plan, now, &own);
	for (size_t i = 0; i < d->nwaiting; i++) {
		const struct waiting_key *w = &d->waiting[i];

		if (waiting_is_brought(w, handlers, &own) && !is_consented(x, w->brings))
			strv_add(ret, w->brings);
	}
}

/*
 * Of an apply that waited, all that it changed is in force: what dockerd's next start brings beside it is
 * others'. The plan is turned to its way back for the question, and is as it was thereafter.
 */
static void find_objections(const struct executor *x, struct facts *now, unsigned handlers,
			    struct strv *ret)
{
	struct plan *plan = x->mover.plan;
	CLEANUP(objections_clear) struct objections found = {0};

	/* in a data root that is left nobody can have made anything since; foreseen.h tells of it */
	strv_clear(&now->docker.starts_elsewhere);
	plan_turn(plan);
	plan_objections(plan, now, &found);
	plan_turn(plan);
	for (size_t i = 0; i < found.count; i++)
		if (found.items[i].handlers & handlers && came_since(x, &found.items[i]))
			strv_add(ret, found.items[i].text);
}

static bool waited(const struct executor *x, const struct records *records)
{
	return x->mover.plan->kind == PLAN_APPLY && records_find(records, RECORD_WAITING) &&
	       !records_find(records, RECORD_UNDO_BEGIN);
}

static char *held_by_others(const struct executor *x, const struct records *records,
			    struct facts *now)
{
	unsigned begun = begun_handlers(x) & HANDLERS_DOCKERD;
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) char *all = NULL;

	if (!begun)
		return NULL;
	find_keys(x, now, begun, &lines);
	if (waited(x, records))
		find_objections(x, now, begun, &lines);
	else if (begun & HANDLERS_RESTART)
		find_flags(x->mover.plan, now, &lines);
	all = strv_join(&lines, "; ");
	return lines.count ? xasprintf("what the way back would bring about beside it came since, "
				       "and nobody consented to it: %s; all stays as applied until "
				       "that is seen to, and %s then",
				       all, goes_on(x))
			   : NULL;
}

/*
 * By the time of the restart: lent, in force, or put in force again by a reload before it, on this way. Nothing is
 * lent beside a config file of others' (`root` NULL: there is none): it is in force, and their file has it as well.
 */
static bool is_live_then(const struct plan *plan, bool others, const struct facts *now)
{
	const struct setting *live = settings_find(&now->docker.now, "live-restore");
	const struct effect *e = plan_find_effect(plan, subject_of(SCHEME_DOCKER, "live-restore"));

	if (others) {
		const struct setting *next = settings_find(&now->docker.next, "live-restore");

		return live && strcmp_null(live->value, "true") == 0 && next &&
		       strcmp_null(next->value, "true") == 0;
	}
	return plan->borrows || (live && strcmp_null(live->value, "true") == 0) ||
	       (e && e->handler == HANDLER_DOCKER_RELOAD && strcmp_null(e->before, "true") == 0);
}

bool way_back_stops(const struct plan *plan, bool others, const struct facts *now,
		    struct stopped_list *ret)
{
	struct containers all;

	if (!containers_get(&now->docker.containers, &all))
		return false;
	compose_stopped(now, is_live_then(plan, others, now), ret);
	return true;
}

/*
 * Nothing is said of it but that it may end with its request to dockerd, and nothing is taken from it: the gate lets
 * that through, and in such a container there is a client at any time.
 */
static bool is_client_alone(const struct containers *all, const struct stopped *s)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];
		CLEANUP(freep) char *text = NULL;

		if (!c->ends_with || strcmp(container_label(c), s->name) != 0)
			continue;
		text = xasprintf("%s (%s)", s->name, c->ends_with);
		return stopped_may(s) && c->loses.count == 0 && strcmp(s->text, text) == 0;
	}
	return false;
}

/*
 * By the restart itself, or by a unit that goes down with dockerd; they came since the plan was made, or the
 * restart gate would let them through.
 */
static char *held_by_stops(const struct executor *x, const struct facts *now)
{
	const struct plan *plan = x->mover.plan;
	const struct stopped_list *named =
		x->effector->consented ? x->effector->consented : &plan->stopped;
	CLEANUP(stopped_clear) struct stopped_list stops = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;
	struct containers all;
	bool asked = x->effector->consented_to;

	if (!find_effect(x, now, is_brought) || !now->docker.running || now->docker.not_measured ||
	    !containers_get(&now->docker.containers, &all))
		return NULL;
	/* unasked, nothing is restarted beside what others wrote */
	compose_stopped(
		now, is_live_then(plan, asked && config_is_others(plan, x->mover.root, now), now),
		&stops);
	for (size_t i = 0; i < stops.count; i++)
		if (!container_is_named(named, stops.items[i].name) &&
		    !stopped_find(named, stops.items[i].name) &&
		    !is_client_alone(&all, &stops.items[i]))
			strv_add(&names, stops.items[i].text);
	list = strv_join(&names, ", ");
	return names.count
		       ? xasprintf("the restart of dockerd on the way back would stop containers "
				   "that came since: %s; all stays as applied until they are "
				   "stopped, and %s then",
				   list, goes_on(x))
		       : NULL;
}

/*
 * Beside a config file of others' whose handlers are left out no restart comes: unasked they all are, and who was asked
 * was told so.
 */
static bool is_left_out(const struct executor *x, const struct facts *now)
{
	const struct plan *plan = x->mover.plan;

	if (x->effector->consented_to)
		return beside_is_left_out(plan, x->mover.root, now);
	return executor_would_be_beside(x, now->docker.config_file) &&
	       config_is_others(plan, x->mover.root, now);
}

char *held_down(const struct executor *x, const struct records *records)
{
	const struct effector *e = x->effector;
	CLEANUP(facts_clear) struct facts now = {0};
	char *why;

	if (!(plan_handlers(x->mover.plan) & HANDLERS_RESTART) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0 || now.offline)
		return NULL;
	if (is_left_out(x, &now))
		return NULL; /* of a restart that is not made nothing comes */
	why = held_by_swarm(x, &now);
	if (!why)
		why = held_by_containers(x, &now);
	if (!why)
		why = held_by_stops(x, &now);
	/* one that is down is not asked about: whoever starts it brings the same */
	return why || !records || docker_is_stopped(&now) ? why : held_by_others(x, records, &now);
}
