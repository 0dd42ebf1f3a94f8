#include "engine/plan/plan-stages.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/plan/brought.h"

static int subject_from_json(const json_t *j, struct subject *ret, struct error *err)
{
	CLEANUP(freep) char *text = NULL;
	struct subject parsed;
	int r = json_take_text(j, "subject", &text, err);

	if (r >= 0 && !text)
		r = error_set(err, -EINVAL, "an edit or effect lacks its control or subject");
	if (r >= 0)
		r = subject_parse(text, &parsed, err);
	if (r >= 0)
		*ret = subject_copy(parsed);
	return r;
}

int plan_wish_from_json(const json_t *j, char **control, struct subject *subject, char **before,
			char **after, struct error *err)
{
	int r = json_take_text(j, "control", control, err);

	if (r >= 0 && !*control)
		r = error_set(err, -EINVAL, "an edit or effect lacks its control or subject");
	if (r >= 0)
		r = json_take_text(j, "before", before, err);
	if (r >= 0)
		r = json_take_text(j, "after", after, err);
	return r < 0 ? r : subject_from_json(j, subject, err);
}

static int handlers_from_json(unsigned *ret, const json_t *stage, const char *key,
			      struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = json_take_list(stage, key, &names, err);

	for (size_t i = 0; i < names.count && r >= 0; i++) {
		r = handler_from_string(names.items[i]);
		if (r < 0)
			return error_set(err, -EINVAL, "unknown handler '%s'", names.items[i]);
		*ret |= HANDLER_BIT(r);
	}
	return r < 0 ? r : 0;
}

/* The edits that it brings into force; a plan of an older version does not say. */
static int brings_from_json(const struct plan *plan, struct effect *e, const json_t *j,
			    struct error *err)
{
	const json_t *edits = NULL, *item;
	size_t i;
	int r;

	if (!json_object_get(j, "edits")) {
		brought_guess(plan, e);
		return 0;
	}
	r = json_take_array(j, "edits", &edits, err);
	if (r < 0)
		return r;
	json_array_foreach(edits, i, item)
	{
		CLEANUP(freep) char *path = NULL;
		CLEANUP(subject_clear) struct subject subject = {0};

		r = json_take_text(item, "path", &path, err);
		if (r >= 0)
			r = subject_from_json(item, &subject, err);
		if (r >= 0 && !path)
			r = error_set(err, -EINVAL, "an effect names an edit without its path");
		if (r < 0)
			return r;
		effect_bring(e, path, subject);
	}
	return 0;
}

static int effect_from_json(const struct plan *plan, struct effect *e, const json_t *j,
			    struct error *err)
{
	int r = JSON_TAKE_ENUM(j, "handler", handler, &e->handler, err);

	if (r >= 0)
		r = plan_wish_from_json(j, &e->control, &e->subject, &e->before, &e->after, err);
	if (r >= 0)
		r = json_take_text(j, "pending", &e->pending, err);
	return r < 0 ? r : brings_from_json(plan, e, j, err);
}

static int borrow_from_json(struct plan *plan, struct stage *stage, const json_t *j,
			    struct error *err)
{
	int r = json_object_get(j, "live_restore")
			? JSON_TAKE_ENUM(j, "live_restore", stage_borrow, &stage->borrow, err)
			: 0;

	plan->borrows |= stage->borrow != BORROW_NONE;
	return r;
}

int plan_stage_from_json(struct plan *plan, const json_t *j, struct error *err)
{
	struct stage *stage = plan_add_stage(plan);
	const json_t *effects = NULL, *item;
	size_t i;
	int r;

	r = handlers_from_json(&stage->up, j, "up", err);
	if (r >= 0)
		r = handlers_from_json(&stage->down, j, "down", err);
	if (r >= 0)
		r = borrow_from_json(plan, stage, j, err);
	if (r >= 0)
		r = json_take_array(j, "effects", &effects, err);
	if (r < 0)
		return r;
	json_array_foreach(effects, i, item)
	{
		r = effect_from_json(plan,
				     array_append(&stage->effects.items, &stage->effects.count,
						  sizeof(struct effect)),
				     item, err);
		if (r < 0)
			return r;
	}
	return 0;
}
