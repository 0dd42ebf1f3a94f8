#include "engine/model/plan.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

ENUM_TABLE(plan_kind, enum plan_kind,
	   PLAN_KIND_COUNT, [PLAN_APPLY] = "apply", [PLAN_ROLLBACK] = "rollback");

ENUM_TABLE(finding_state, enum finding_state,
	   FINDING_STATE_COUNT, [FINDING_OK] = "ok", [FINDING_PLANNED] = "planned",
	   [FINDING_HELD] = "held", [FINDING_REFUSED] = "refused", [FINDING_WAIVED] = "waived");

static void finding_clear(struct finding *f)
{
	free(f->control);
	free(f->title);
	free(f->reason);
	free(f->refusal);
	strv_clear(&f->details);
	free(f->mend);
	strv_clear(&f->holds);
	strv_clear(&f->left_out);
	free(f->waiver);
	free(f->waiver_ended);
	strv_clear(&f->warnings);
}

void plan_clear(struct plan *p)
{
	if (!p)
		return;
	free(p->harden_version);
	free(p->baseline);
	free(p->undoes);
	free(p->hostname);
	free(p->machine_id);
	free(p->docker_version);
	for (size_t i = 0; i < p->nfindings; i++)
		finding_clear(&p->findings[i]);
	free(p->findings);
	for (size_t i = 0; i < p->nchanges; i++)
		change_clear(&p->changes[i]);
	free(p->changes);
	for (size_t i = 0; i < p->nstages; i++)
		effects_clear(&p->stages[i].effects);
	free(p->stages);
	stopped_clear(&p->stopped);
	checks_clear(&p->checks);
	*p = (struct plan){0};
}

bool plan_is_empty(const struct plan *p)
{
	for (size_t i = 0; i < p->nstages; i++)
		if (p->stages[i].effects.count > 0)
			return false;
	return p->nchanges == 0;
}

struct change *plan_find_change(const struct plan *p, const char *path)
{
	for (size_t i = 0; path && i < p->nchanges; i++)
		if (strcmp(p->changes[i].path, path) == 0)
			return &p->changes[i];
	return NULL;
}

const struct effect *plan_find_effect(const struct plan *p, struct subject subject)
{
	for (size_t i = 0; i < p->nstages; i++)
		for (size_t k = 0; k < p->stages[i].effects.count; k++)
			if (subject_equal(p->stages[i].effects.items[k].subject, subject))
				return &p->stages[i].effects.items[k];
	return NULL;
}

/* Byte order puts a folder before what is in it. */
struct change *plan_add_change(struct plan *p, const char *path)
{
	struct change *change = plan_find_change(p, path);
	size_t at = p->nchanges;

	if (change)
		return change;
	array_append(&p->changes, &p->nchanges, sizeof(*p->changes));
	for (; at > 0 && strcmp(p->changes[at - 1].path, path) > 0; at--)
		p->changes[at] = p->changes[at - 1];
	p->changes[at] = (struct change){.path = xstrdup(path)};
	return &p->changes[at];
}

struct change *plan_add_unchanged(struct plan *p, const char *path, const struct image *now)
{
	struct change *change = plan_add_change(p, path);

	change->images = xcalloc(2, sizeof(*change->images));
	change->nimages = 2;
	image_copy(&change->images[0], now);
	image_copy(&change->images[1], now);
	return change;
}

struct stage *plan_add_stage(struct plan *p)
{
	return array_append(&p->stages, &p->nstages, sizeof(*p->stages));
}

static struct finding *find_finding(const struct plan *p, const char *control)
{
	for (size_t i = 0; i < p->nfindings; i++)
		if (strcmp(p->findings[i].control, control) == 0)
			return &p->findings[i];
	return NULL;
}

const struct finding *plan_find_finding(const struct plan *p, const char *control)
{
	return find_finding(p, control);
}

struct finding *plan_add_finding(struct plan *p, const char *control)
{
	struct finding *finding = find_finding(p, control);
	size_t at = p->nfindings;

	if (finding)
		return finding;
	array_append(&p->findings, &p->nfindings, sizeof(*p->findings));
	for (; at > 0 && strcmp(p->findings[at - 1].control, control) > 0; at--)
		p->findings[at] = p->findings[at - 1];
	p->findings[at] =
		(struct finding){.control = xstrdup(control), .severity = SEVERITY_MEDIUM};
	return &p->findings[at];
}

char *plan_title(const struct plan *p)
{
	return p->kind == PLAN_ROLLBACK ? xasprintf("rollback of %s", p->undoes)
					: xstrdup_null(p->baseline);
}

unsigned plan_handlers(const struct plan *p)
{
	unsigned handlers = 0;

	for (size_t i = 0; i < p->nstages; i++)
		handlers |= p->stages[i].up;
	return handlers;
}
