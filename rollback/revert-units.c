#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"
#include "engine/model/unit-states.h"
#include "rollback/revert-impl.h"

/*
 * A unit that ran before the apply may be gone, or masked, by now: systemd would refuse to start it,
 * and all the rest would go back with that.
 */

enum unit_file { UNIT_NOT_HERE, UNIT_MASKED, UNIT_HERE };

/* Where systemd finds units beside the directories of unit files: made at boot, or by a program. */
static const char *const made_directories[] = {"/etc/systemd/system.control",
					       "/run/systemd/system.control",
					       "/run/systemd/transient",
					       "/run/systemd/generator.early",
					       "/run/systemd/generator",
					       "/run/systemd/generator.late",
					       "/etc/systemd/system.attached",
					       "/run/systemd/system.attached",
					       NULL};

static enum unit_file judge_node(const struct node *node)
{
	if (node->kind == NODE_ABSENT)
		return UNIT_NOT_HERE;
	return node->kind == NODE_SYMLINK && strcmp_null(node->data, "/dev/null") == 0 ? UNIT_MASKED
										       : UNIT_HERE;
}

static bool leads_nowhere(const struct root *root, const char *path)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;

	return root_walk(root, path, &walk, NULL) >= 0 && walk.fd < 0;
}

static bool is_empty(const struct walk *w)
{
	struct stat st;

	return w->fd >= 0 && fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* As the rollback leaves it. What cannot be read may be there. */
static enum unit_file look_at(const struct reversal *v, const char *path)
{
	const struct change *c = plan_find_change(v->plan, path);
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(node_clear) struct node node = {0};
	enum unit_file found;

	if (c)
		return judge_node(&c->images[c->nimages - 1].node);
	if (root_walk_nofollow(v->root, path, &walk, NULL) < 0 ||
	    observe_walk(&walk, 0, &node, NULL) < 0)
		return UNIT_HERE;
	found = judge_node(&node);
	if (found == UNIT_HERE && is_empty(&walk))
		return UNIT_MASKED;
	return found == UNIT_HERE && node.kind == NODE_SYMLINK && leads_nowhere(v->root, path)
		       ? UNIT_NOT_HERE
		       : found;
}

static enum unit_file look_in(const struct reversal *v, const char *const *directories,
			      const char *name)
{
	for (size_t i = 0; directories[i]; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directories[i], name);
		enum unit_file found = look_at(v, path);

		if (found != UNIT_NOT_HERE)
			return found;
	}
	return UNIT_NOT_HERE;
}

/* "getty@.service" of "getty@tty1.service"; NULL where it is no instance. */
static char *template_of(const char *name)
{
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

	return at && dot && dot > at + 1 ? xasprintf("%.*s%s", (int)(at - name) + 1, name, dot)
					 : NULL;
}

static enum unit_file find_unit(const struct reversal *v, const char *name)
{
	CLEANUP(freep) char *template = template_of(name);
	enum unit_file found = look_in(v, unit_directories, name);

	if (found == UNIT_NOT_HERE)
		found = look_in(v, made_directories, name);
	return found == UNIT_NOT_HERE && template ? find_unit(v, template) : found;
}

/* What starts the service of its name, and does not start itself where systemd cannot load that. */
static char *started_by(const char *unit)
{
	static const char *const types[] = {".socket", ".timer", ".path"};
	const char *dot = strrchr(unit, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i]) == 0)
			return xasprintf("%.*s.service", (int)(dot - unit), unit);
	return NULL;
}

static bool is_up(const struct reversal *v, const char *unit)
{
	const struct unit_state *now = unit_states_find(&v->facts->unit_states, unit);

	return unit_is_up(now ? now->active : NULL);
}

/* Another service than that of its name may be meant: one that is not there says nothing then. */
static enum unit_file find_with_service(const struct reversal *v, const char *unit)
{
	CLEANUP(freep) char *service = started_by(unit);
	enum unit_file found = find_unit(v, unit), other = UNIT_HERE;

	if (service && !is_up(v, service))
		other = find_unit(v, service);
	if (other == UNIT_NOT_HERE &&
	    !plan_find_effect(&v->root_transaction->plan, subject_of(SCHEME_STATE, service)))
		other = UNIT_HERE;
	return found == UNIT_HERE ? other : found;
}

/* A link that would pull in a unit that is gone leads nowhere. */
static void drop_links(struct plan *plan, const char *unit)
{
	for (size_t i = plan->nchanges; i-- > 0;) {
		struct change *c = &plan->changes[i];

		if (strcmp(path_name(c->path), unit) != 0 ||
		    c->images[c->nimages - 1].node.kind != NODE_SYMLINK)
			continue;
		change_clear(c);
		plan->nchanges--;
		memmove(c, c + 1, (plan->nchanges - i) * sizeof(*c));
	}
}

static bool is_started(const struct reversal *v, const struct effect *e)
{
	const struct recorded r = find_recorded(v, e->subject);
	CLEANUP(freep) char *target = NULL;
	struct effect back = *e;

	if (e->subject.scheme != SCHEME_STATE || r.last_toggled != e || is_up(v, e->subject.key))
		return false;
	target = xstrdup_null(revert_target(v, &r));
	back.before = e->after;
	back.after = target;
	return unit_is_up(target) && !revert_is_left_out(v, &back);
}

static int check_unit(struct reversal *v, const char *unit, struct error *err)
{
	enum unit_file found = find_with_service(v, unit);
	const char *now = found == UNIT_MASKED ? "masked" : "gone";

	if (found == UNIT_HERE)
		return 0;
	if (v->on_conflict == CONFLICT_BEFORE && !v->again)
		return error_set(err, -EPERM,
				 "'%s' was active before, and %s %s now: %s, and roll back again; "
				 "--on-conflict keep leaves it as it is",
				 unit, find_unit(v, unit) == UNIT_HERE ? "its service is" : "is",
				 now, found == UNIT_MASKED ? "unmask it" : "install it again");
	strv_addf(v->conflicts, "'%s' was active before, was stopped, and %s %s now: it stays down",
		  unit, find_unit(v, unit) == UNIT_HERE ? "its service is" : "is", now);
	strv_add(&v->lost, unit);
	if (find_unit(v, unit) == UNIT_NOT_HERE)
		drop_links(v->plan, unit);
	return 0;
}

int revert_units(struct reversal *v, struct error *err)
{
	const struct plan *was = &v->root_transaction->plan;
	int r = 0;

	for (size_t k = 0; k < was->nstages && !v->facts->offline; k++)
		for (size_t i = 0; i < was->stages[k].effects.count && r >= 0; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];

			if (is_started(v, e))
				r = check_unit(v, e->subject.key, err);
		}
	return r;
}

static bool has_state(const struct effects *effects, const char *unit)
{
	for (size_t i = 0; i < effects->count; i++)
		if (subject_equal(effects->items[i].subject, subject_of(SCHEME_STATE, unit)))
			return true;
	return false;
}

/* Before the unit itself, the furthest first. */
static void add_along(const struct reversal *v, const struct effect *e,
		      const struct effects *planned, struct effects *ret)
{
	CLEANUP(strv_clear) struct strv others = {0};

	if (e->subject.scheme != SCHEME_STATE || e->pending || unit_is_up(e->after))
		return;
	unit_states_along(&v->facts->unit_states, e->subject.key, &others);
	for (size_t i = others.count; i-- > 0;) {
		const char *unit = others.items[i];
		const struct unit_state *now = unit_states_find(&v->facts->unit_states, unit);

		if (!has_state(planned, unit) && !has_state(ret, unit))
			effects_add(ret, e->control, HANDLER_UNIT_STATE,
				    subject_of(SCHEME_STATE, unit), now->active, "inactive")
				->along = true;
	}
}

void revert_units_along(const struct reversal *v, struct effects *effects)
{
	CLEANUP(effects_clear) struct effects planned = *effects;

	*effects = (struct effects){0};
	for (size_t i = 0; i < planned.count; i++) {
		if (!v->facts->offline)
			add_along(v, &planned.items[i], &planned, effects);
		effect_copy(array_append(&effects->items, &effects->count, sizeof(*effects->items)),
			    &planned.items[i]);
	}
}
