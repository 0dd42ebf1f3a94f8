#include "engine/plan/plan-head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

/* Older plans have what they undo in place of a baseline. */
static int purpose_from_json(struct plan *plan, const json_t *j, struct error *err)
{
	static const char undoes[] = "rollback of ";
	CLEANUP(freep) char *title = NULL;
	int r = json_take_text(j, "baseline", &title, err);

	if (r >= 0 && json_object_get(j, "purpose"))
		r = JSON_TAKE_ENUM(j, "purpose", plan_kind, &plan->kind, err);
	else if (r >= 0 && title && starts_with(title, undoes))
		plan->kind = PLAN_ROLLBACK;
	if (r < 0 || plan->kind == PLAN_APPLY) {
		plan->baseline = TAKE_PTR(title);
		return r;
	}
	if (!title || !starts_with(title, undoes))
		return error_set(err, -EINVAL, "it does not say what it undoes");
	plan->undoes = xstrdup(skip_prefix(title, undoes));
	return 0;
}

/* A text in place of what the sentence told already. */
static int retake_text(const json_t *j, const char *key, char **slot, struct error *err)
{
	CLEANUP(freep) char *text = NULL;
	int r = json_take_text(j, key, &text, err);

	if (r >= 0)
		str_replace(slot, text);
	return r;
}

/* The sentences, and beside each what it says; older plans have the sentences alone. */
static int stopped_from_json(const json_t *j, struct stopped_list *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv texts = {0};
	const json_t *list = json_object_get(j, "stopped");
	int r = json_take_list(j, "stopped_containers", &texts, err);

	if (r >= 0 && list && json_array_size(list) != texts.count)
		return error_set(err, -EINVAL,
				 "'stopped' is another list than "
				 "'stopped_containers'");
	for (size_t i = 0; i < texts.count && r >= 0; i++) {
		struct stopped *s = stopped_add_text(ret, texts.items[i]);
		const json_t *one = json_array_get(list, i);

		if (!one)
			continue;
		r = retake_text(one, "name", &s->name, err);
		if (r >= 0)
			r = retake_text(one, "id", &s->id, err);
		if (r >= 0)
			r = retake_text(one, "policy", &s->policy, err);
		if (r >= 0)
			r = JSON_TAKE_ENUM(one, "comes_back", comes_back, &s->comes_back, err);
	}
	return r;
}

/* Older plans have the lines alone. */
static int checks_from_json(const json_t *j, struct plan_checks *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	const json_t *list = json_object_get(j, "preflight");
	int r = json_take_list(j, "checks", &lines, err);

	if (r >= 0 && list && json_array_size(list) != lines.count)
		return error_set(err, -EINVAL, "'preflight' is another list than 'checks'");
	for (size_t i = 0; i < lines.count && r >= 0; i++) {
		checks_add_line(ret, lines.items[i]);
		if (list)
			r = retake_text(json_array_get(list, i), "control", &ret->items[i].control,
					err);
	}
	return r;
}

int plan_head_from_json(struct plan *plan, const json_t *j, struct error *err)
{
	json_int_t level = 0;
	int r;

	r = json_take_text(j, "harden", &plan->harden_version, err);
	if (r >= 0)
		r = purpose_from_json(plan, j, err);
	if (r >= 0)
		r = json_take_int(j, "level", &level, err);
	if (r >= 0)
		r = json_take_text(j, "hostname", &plan->hostname, err);
	if (r >= 0)
		r = json_take_text(j, "machine_id", &plan->machine_id, err);
	if (r >= 0)
		r = json_take_text(j, "docker_version", &plan->docker_version, err);
	if (r >= 0)
		r = stopped_from_json(j, &plan->stopped, err);
	if (r >= 0)
		r = checks_from_json(j, &plan->checks, err);
	plan->level = (int)level;
	plan->offline = json_is_true(json_object_get(j, "offline")); /* older plans do not say */
	return r;
}
