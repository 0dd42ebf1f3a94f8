#include "engine/model/plan.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

ENUM_TABLE(plan_kind, enum plan_kind,
	   PLAN_KIND_COUNT, [PLAN_APPLY] = "apply", [PLAN_ROLLBACK] = "rollback");

ENUM_TABLE(stage_borrow, enum stage_borrow, STAGE_BORROW_COUNT, [BORROW_NONE] = "none",
	   [BORROW_TAKE] = "take", [BORROW_RETURN] = "return");

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
	free(f->fix);
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
	strv_clear(&p->acknowledged);
	strv_clear(&p->consented);
	strv_clear(&p->asked);
	free(p->remapped_root);
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
	volumes_clear(&p->observed);
	plan_clear(p->found);
	free(p->found);
	*p = (struct plan){0};
}

bool plan_is_empty(const struct plan *p)
{
	for (size_t i = 0; i < p->nstages; i++)
		if (p->stages[i].effects.count > 0)
			return false;
	return p->nchanges == 0;
}

/*
 * Where the key stands, or belongs, among items that are sorted by a text of theirs. The last is tried
 * first: who adds in order searches for nothing. Byte order puts a directory before what is in it.
 */
static size_t place_of(const void *items, size_t count, size_t item_size, size_t key_at,
		       const char *key, bool *there)
{
	size_t low = 0, high = count;

	*there = false;
	for (size_t at = count - 1; low < high; at = low + (high - low) / 2) {
		const char *const *text =
			(const void *)((const char *)items + at * item_size + key_at);
		int r = strcmp(*text, key);

		*there = r == 0;
		if (r == 0)
			return at;
		if (r < 0)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

static size_t place_of_change(const struct plan *p, const char *path, bool *there)
{
	return place_of(p->changes, p->nchanges, sizeof(*p->changes), offsetof(struct change, path),
			path, there);
}

static size_t place_of_finding(const struct plan *p, const char *control, bool *there)
{
	return place_of(p->findings, p->nfindings, sizeof(*p->findings),
			offsetof(struct finding, control), control, there);
}

/* Room for an item at a place of the array; zeroed. */
static void *make_room(void *array, size_t *count, size_t item_size, size_t at)
{
	char **items = array;
	char *slot;

	array_append(array, count, item_size);
	slot = *items + at * item_size;
	memmove(slot + item_size, slot, (*count - 1 - at) * item_size);
	memset(slot, 0, item_size);
	return slot;
}

struct change *plan_find_change(const struct plan *p, const char *path)
{
	bool there = false;
	size_t at = path ? place_of_change(p, path, &there) : 0;

	return there ? &p->changes[at] : NULL;
}

const struct edit *plan_last_edit(const struct plan *p, const char *path, struct subject subject)
{
	const struct change *c = plan_find_change(p, path);

	return c ? edits_last_on(&c->edits, subject) : NULL;
}

const struct effect *plan_find_effect(const struct plan *p, struct subject subject)
{
	for (size_t i = 0; i < p->nstages; i++)
		for (size_t k = 0; k < p->stages[i].effects.count; k++)
			if (subject_equal(p->stages[i].effects.items[k].subject, subject))
				return &p->stages[i].effects.items[k];
	return NULL;
}

/* The first that is found is taken; another one takes it back. */
static bool is_another(const char **only, const char *control)
{
	if (*only && control && strcmp(*only, control) != 0)
		return true;
	*only = *only ? *only : control;
	return false;
}

const char *plan_only_control(const struct plan *p, unsigned handlers)
{
	const char *only = NULL;

	for (size_t i = 0; i < p->nstages; i++)
		for (size_t k = 0; k < p->stages[i].effects.count; k++) {
			const struct effect *e = &p->stages[i].effects.items[k];

			if (HANDLER_BIT(e->handler) & handlers && is_another(&only, e->control))
				return NULL;
		}
	return only;
}

const char *change_only_control(const struct change *c)
{
	const char *only = NULL;

	for (size_t i = 0; c && i < c->edits.count; i++)
		if (is_another(&only, c->edits.items[i].control))
			return NULL;
	return only;
}

struct change *plan_add_change(struct plan *p, const char *path)
{
	bool there;
	size_t at = place_of_change(p, path, &there);
	struct change *change;

	if (there)
		return &p->changes[at];
	change = make_room(&p->changes, &p->nchanges, sizeof(*change), at);
	change->path = xstrdup(path);
	return change;
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

const struct finding *plan_find_finding(const struct plan *p, const char *control)
{
	bool there;
	size_t at = place_of_finding(p, control, &there);

	return there ? &p->findings[at] : NULL;
}

static void finding_init(struct finding *f, const char *control)
{
	f->control = xstrdup(control);
	f->severity = SEVERITY_MEDIUM;
}

struct finding *plan_add_finding(struct plan *p, const char *control)
{
	bool there;
	size_t at = place_of_finding(p, control, &there);
	struct finding *finding;

	if (there)
		return &p->findings[at];
	finding = make_room(&p->findings, &p->nfindings, sizeof(*finding), at);
	finding_init(finding, control);
	return finding;
}

struct finding *plan_append_finding(struct plan *p, const char *control)
{
	struct finding *finding = array_append(&p->findings, &p->nfindings, sizeof(*finding));

	finding_init(finding, control);
	return finding;
}

static int compare_findings(const void *a, const void *b)
{
	return strcmp(((const struct finding *)a)->control, ((const struct finding *)b)->control);
}

void plan_sort_findings(struct plan *p)
{
	if (p->nfindings > 1)
		qsort(p->findings, p->nfindings, sizeof(*p->findings), compare_findings);
}

bool plan_has_control(const struct plan *p, const char *control)
{
	for (size_t i = 0; i < p->nchanges; i++)
		for (size_t k = 0; k < p->changes[i].edits.count; k++)
			if (strcmp_null(p->changes[i].edits.items[k].control, control) == 0)
				return true;
	for (size_t i = 0; i < p->nstages; i++)
		for (size_t k = 0; k < p->stages[i].effects.count; k++)
			if (strcmp_null(p->stages[i].effects.items[k].control, control) == 0)
				return true;
	return false;
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
