#include "cli/report/summary.h"

#include "cli/report/finding.h"
#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/secret-name.h"

char sign_of(const char *before, const char *after)
{
	return !before ? '+' : !after ? '-' : '~';
}

char change_sign(const struct change *change)
{
	enum node_kind first, last;

	if (change->nimages == 0)
		return '~';
	first = change->images[0].node.kind;
	last = change->images[change->nimages - 1].node.kind;
	if (first == NODE_ABSENT && last != NODE_ABSENT)
		return '+';
	return first != NODE_ABSENT && last == NODE_ABSENT ? '-' : '~';
}

void plan_each_own_effect(const struct plan *plan,
			  void (*fn)(void *data, const struct effect *effect), void *data)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (plan->stages[i].effects.items[k].nbrings == 0)
				fn(data, &plan->stages[i].effects.items[k]);
}

enum handler edit_handler(const struct plan *plan, const struct edit *edit)
{
	enum handler heaviest = HANDLER_NONE;

	for (size_t i = 0; i < plan->nstages; i++) {
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *effect = &plan->stages[i].effects.items[k];

			if (effect->handler > heaviest && effect_brings(effect, edit))
				heaviest = effect->handler;
		}
	}
	return heaviest;
}

bool finding_is_by_hand(const struct finding *f)
{
	return f->state == FINDING_OK &&
	       (f->verdict == VERDICT_MANUAL || f->verdict == VERDICT_FAIL);
}

static void count_sign(struct plan_summary *s, char sign)
{
	s->add += sign == '+';
	s->change += sign == '~';
	s->remove += sign == '-';
}

static void count_effect(void *data, const struct effect *effect)
{
	count_sign(data, sign_of(effect->before, effect->after));
}

static void count_finding(struct plan_summary *s, const struct finding *f)
{
	s->held += f->state == FINDING_HELD;
	s->refused += f->state == FINDING_REFUSED;
	s->waived += f->state == FINDING_WAIVED;
	s->by_hand += finding_is_by_hand(f);
	s->not_measured += f->state == FINDING_OK && f->verdict == VERDICT_NOT_MEASURED;
	s->unmeasured += f->state != FINDING_WAIVED && f->verdict == VERDICT_NOT_MEASURED;
	s->critical += finding_stays_critical(f);
	s->pending += f->state == FINDING_OK && f->verdict == VERDICT_PENDING;
}

static void count_change(struct plan_summary *s, const struct change *change)
{
	/* a file that is made counts by its lines; a bare directory, or what goes, by itself */
	if (change->edits.count == 0)
		count_sign(s, change_sign(change));
	for (size_t i = 0; i < change->edits.count; i++) {
		const struct edit *e = &change->edits.items[i];
		char sign = change_sign(change);

		/* the attributes of what is made or goes come and go with it */
		if (sign == '~' || edit_is_content(e))
			sign = sign_of(e->before, e->after);
		count_sign(s, sign);
	}
}

struct plan_summary plan_summarize(const struct plan *plan)
{
	struct plan_summary s = {0};

	for (size_t i = 0; i < plan->nchanges; i++)
		count_change(&s, &plan->changes[i]);
	plan_each_own_effect(plan, count_effect, &s);
	for (size_t i = 0; i < plan->nfindings; i++)
		count_finding(&s, &plan->findings[i]);
	for (size_t i = 0; i < plan->nstages; i++) {
		unsigned up = plan->stages[i].up;

		s.reloads += (up & HANDLER_BIT(HANDLER_DOCKER_RELOAD)) != 0;
		s.restarts += (up & HANDLERS_RESTART) != 0;
	}
	return s;
}

/* A file that is exchanged leaves its other names with the old one, for good. */
static bool loses_names(const struct change *c)
{
	return c->nimages && c->images[0].node.kind == NODE_FILE && c->images[0].node.nlink > 1 &&
	       change_replaces(c);
}

static bool plan_leaves_behind(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (effect_leaves_behind(&plan->stages[i].effects.items[k]))
				return true;
	return false;
}

/* Measured: 26.1.5 and 28.5.2 take it away again, 20.10.24 does not. */
static bool keeps_rules(const struct plan *plan)
{
	return !plan->docker_version || engine_version_compare(plan->docker_version, "26.1") < 0;
}

/* The kernel's own value of a secret is in no file that is kept. */
static bool loses_secret(const struct plan *plan, const struct effect *e)
{
	if (e->handler != HANDLER_SYSCTL || e->pending || !e->before ||
	    !secret_path(e->subject.key))
		return false;
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *edit = &plan->changes[i].edits.items[k];

			if (subject_equal(edit->subject, subject_of(SCHEME_KV, e->subject.key)) &&
			    strcmp_null(edit->before, e->before) == 0)
				return false;
		}
	return true;
}

static void add_lost_secrets(const struct plan *plan, struct strv *ret)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (loses_secret(plan, &plan->stages[i].effects.items[k]))
				strv_addf(ret,
					  "%s keeps in the kernel what this sets, until the next "
					  "boot: the value of before is a secret, and is not "
					  "recorded",
					  plan->stages[i].effects.items[k].subject.key);
}

static void add_counted(struct strv *ret, size_t n, const char *one, const char *many)
{
	if (n > 0)
		strv_addf(ret, "%zu %s", n, n == 1 ? one : many);
}

void plan_not_undone(const struct plan *plan, struct strv *ret)
{
	size_t stopped = stopped_ending(&plan->stopped), cut = plan->stopped.count - stopped;
	size_t anew = stopped_with_units(&plan->stopped);
	CLEANUP(freep) char *verb = stopped_verb(&plan->stopped);

	for (size_t i = 0; i < plan->nchanges; i++)
		if (loses_names(&plan->changes[i]))
			strv_addf(ret, "%s gets its content back, but is not a hard link any more",
				  plan->changes[i].path);
	if (plan_leaves_behind(plan))
		strv_addf(ret,
			  "net.ipv4.conf.BRIDGE.route_localnet, which dockerd sets to 1 for "
			  "userland-proxy=false, stays so for each bridge until it is made anew%s",
			  keeps_rules(plan) ? ", and so does the rule of the table nat that "
					      "dockerd 20.10 adds for each"
					    : "");
	add_lost_secrets(plan, ret);
	if (stopped)
		strv_addf(ret,
			  "the restart %s: undo does not start %s again, and makes none anew that "
			  "is removed",
			  verb, stopped == 1 ? "it" : "them");
	add_counted(
		ret, anew,
		"container may go down with what started it, which may make it anew: what it wrote "
		"into its own layer is lost then, and no undo brings it back",
		"containers may go down with what started them, which may make each anew: what it "
		"wrote into its own layer is lost then, and no undo brings it back");
	add_counted(ret, cut,
		    "container is cut off by the restart: undo does not bring back what it lost, "
		    "'docker restart' does",
		    "containers are cut off by the restart: undo does not bring back what they "
		    "lost, 'docker restart' does");
}
