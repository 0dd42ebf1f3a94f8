#include "cli/report/undo-sum.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"
#include "engine/base/path.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/secret-name.h"

/* Told once, however many controls it is by. */
static void lose(struct undo_sum *u, const char *control, const char *what)
{
	strv_add_once(&u->lost, what);
	if (control)
		strv_add_once(&u->not_exactly, control);
}

/* A file that is exchanged leaves its other names with the old one, for good. */
static bool loses_names(const struct change *c)
{
	return c->nimages && c->images[0].node.kind == NODE_FILE && c->images[0].node.nlink > 1 &&
	       change_replaces(c);
}

static void look_at_change(const struct change *c, struct undo_sum *u)
{
	CLEANUP(freep) char *what = NULL;

	if (!loses_names(c))
		return;
	what = xasprintf("%s gets its content back, but is not a hard link any more", c->path);
	strv_add(&u->lost, what);
	for (size_t i = 0; i < c->edits.count; i++)
		lose(u, c->edits.items[i].control, what);
}

/* Measured: 26.1.5 and 28.5.2 take it away again, 20.10.24 does not. */
static bool keeps_rules(const struct plan *plan)
{
	return !plan->docker_version || engine_version_compare(plan->docker_version, "26.1") < 0;
}

static void look_at_bridges(const struct plan *plan, const struct effect *e, struct undo_sum *u)
{
	CLEANUP(freep) char *what = NULL;

	if (!effect_leaves_behind(e))
		return;
	what = xasprintf("net.ipv4.conf.BRIDGE.route_localnet, which dockerd sets to 1 for "
			 "userland-proxy=false, stays so for each bridge until it is made anew%s",
			 keeps_rules(plan) ? ", and so does the rule of the table nat that "
					     "dockerd 20.10 adds for each"
					   : "");
	lose(u, e->control, what);
}

static void look_at_root(const struct plan *plan, const struct effect *e, struct undo_sum *u)
{
	CLEANUP(freep) char *what = NULL;

	if (!effect_leaves_root(e))
		return;
	what = xasprintf("the data root that dockerd has for remapped users stays, with all that "
			 "is in it: %s; once nothing of that is wanted, 'rm -r' of that directory "
			 "removes it, and the rollback names it with its size",
			 plan->remapped_root ? plan->remapped_root
					     : "UID.GID in the data root of now");
	lose(u, e->control, what);
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

static void look_at_secret(const struct plan *plan, const struct effect *e, struct undo_sum *u)
{
	CLEANUP(freep) char *what = NULL;

	if (!loses_secret(plan, e))
		return;
	what = xasprintf("%s keeps in the kernel what this sets, until the next boot: the value of "
			 "before is a secret, and is not recorded",
			 e->subject.key);
	lose(u, e->control, what);
}

/* The unit's file, as the plan writes it. */
static const char *text_of_unit(const struct plan *plan, const char *unit)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		struct change *c = &plan->changes[i];

		if (c->nimages && strcmp(path_name(c->path), unit) == 0)
			return buf_str(&c->images[c->nimages - 1].content);
	}
	return "";
}

/* Of the targets that a unit's start pulls in, it is one that no stop takes with it (systemd.special(7)). */
static void look_at_target(const struct plan *plan, const struct effect *e, struct undo_sum *u)
{
	const char *text =
		e->handler == HANDLER_UNIT_STATE ? text_of_unit(plan, e->subject.key) : "";

	if (strcmp_null(e->after, "active") == 0 && strstr(text, "\nWants=network-pre.target\n"))
		lose(u, e->control,
		     "network-pre.target, which the packet filter's unit pulls in, stays active "
		     "until the next boot where nothing else had it so; nothing runs by it");
}

static void look_at_effect(const struct plan *plan, const struct effect *e, struct undo_sum *u)
{
	look_at_target(plan, e, u);
	look_at_bridges(plan, e, u);
	look_at_root(plan, e, u);
	look_at_secret(plan, e, u);
}

/* What a restart takes is by each control that it is for. */
static void lose_by_restart(const struct plan *plan, struct undo_sum *u, const char *what)
{
	strv_add(&u->lost, what);
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			if (HANDLER_BIT(e->handler) & HANDLERS_RESTART)
				lose(u, e->control, what);
		}
}

static void lose_counted(const struct plan *plan, struct undo_sum *u, size_t n, const char *one,
			 const char *many)
{
	CLEANUP(freep) char *what = xasprintf("%zu %s", n, n == 1 ? one : many);

	if (n > 0)
		lose_by_restart(plan, u, what);
}

static void look_at_containers(const struct plan *plan, struct undo_sum *u)
{
	size_t stopped = stopped_ending(&plan->stopped), cut = plan->stopped.count - stopped;
	CLEANUP(freep) char *verb = stopped_verb(&plan->stopped);
	CLEANUP(freep)
	char *what = xasprintf("the restart %s: undo does not start %s again, and makes none anew "
			       "that is removed",
			       verb, stopped == 1 ? "it" : "them");

	if (stopped)
		lose_by_restart(plan, u, what);
	lose_counted(
		plan, u, stopped_with_units(&plan->stopped),
		"container may go down with what started it, which may make it anew: what it wrote "
		"into its own layer is lost then, and no undo brings it back",
		"containers may go down with what started them, which may make each anew: what it "
		"wrote into its own layer is lost then, and no undo brings it back");
	lose_counted(plan, u, cut,
		     "container is cut off by the restart: undo does not bring back what it lost, "
		     "'docker restart' does",
		     "containers are cut off by the restart: undo does not bring back what they "
		     "lost, 'docker restart' does");
}

static void take(struct undo_sum *u, const char *control)
{
	if (control && !strv_contains(&u->not_exactly, control))
		strv_add_once(&u->exactly, control);
}

static void take_others(const struct plan *plan, struct undo_sum *u)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++)
			take(u, plan->changes[i].edits.items[k].control);
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			take(u, plan->stages[i].effects.items[k].control);
}

void undo_sum_of(const struct plan *plan, struct undo_sum *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		look_at_change(&plan->changes[i], ret);
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			look_at_effect(plan, &plan->stages[i].effects.items[k], ret);
	look_at_containers(plan, ret);
	take_others(plan, ret);
	strv_sort(&ret->exactly);
	strv_sort(&ret->not_exactly);
}

void undo_sum_clear(struct undo_sum *u)
{
	strv_clear(&u->exactly);
	strv_clear(&u->not_exactly);
	strv_clear(&u->lost);
}

char *undo_sum_text(const struct undo_sum *u)
{
	CLEANUP(freep) char *names = strv_join(&u->not_exactly, ", ");
	size_t n = u->not_exactly.count;

	if (u->lost.count == 0)
		return xstrdup("every change above can be undone");
	if (n == 0)
		return xstrdup("every change above can be undone, but not exactly");
	if (u->exactly.count == 0)
		return xasprintf("every change above can be undone, but not exactly (%s)", names);
	return xasprintf("every change above can be undone, but %zu of %zu controls not exactly "
			 "(%s)",
			 n, n + u->exactly.count, names);
}
