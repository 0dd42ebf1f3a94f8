#include "engine/plan/volume-json.h"

#include <errno.h>
#include <limits.h>

#include "engine/format/json-util.h"

static const char *const verdicts[] = {
	[VOLUME_UNKNOWN] = "not-measured", [VOLUME_QUIET] = "below", [VOLUME_LOUD] = "above"};

/* What follows from the numbers is there for who reads it; it is not taken back in. */
static json_t *one_to_json(const struct volumes *v, const struct volume *one)
{
	enum volume_verdict verdict = volume_verdict(v, one);
	CLEANUP(freep) char *text = volume_text(v, one);
	json_t *j = json_object();

	json_put(j, "control", json_text(one->control));
	json_put(j, "counted", json_integer((json_int_t)one->counted));
	json_put(j, "threshold", json_integer(one->threshold));
	json_put(j, "opt_in", json_boolean(one->opt_in));
	json_put(j, "partly", json_text(one->partly));
	json_put(j, "per_minute",
		 verdict == VOLUME_UNKNOWN ? json_null()
					   : json_integer((json_int_t)volume_per_minute(v, one)));
	json_put(j, "verdict", json_string(verdicts[verdict]));
	json_put(j, "text", json_text(text));
	return j;
}

json_t *volumes_to_json(const struct volumes *v)
{
	json_t *j = json_object(), *list = json_array();

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(list, one_to_json(v, &v->items[i]));
	json_put(j, "at", json_integer((json_int_t)v->at_s));
	json_put(j, "ms", json_integer(v->ms));
	json_put(j, "controls", list);
	return j;
}

static int one_from_json(struct volumes *v, const json_t *j, struct error *err)
{
	CLEANUP(freep) char *control = NULL;
	json_int_t counted, threshold;
	struct volume *one;
	int r = json_take_text(j, "control", &control, err);

	if (r >= 0)
		r = json_take_int(j, "counted", &counted, err);
	if (r >= 0)
		r = json_take_int(j, "threshold", &threshold, err);
	if (r < 0)
		return r;
	if (!control || counted < 0 || threshold < 1 || threshold > INT_MAX)
		return error_set(err, -EINVAL, "'observed' has a figure that cannot be");
	one = volumes_add(v, control, (int)threshold);
	one->counted = (uint64_t)counted;
	one->opt_in = json_is_true(json_object_get(j, "opt_in"));
	return json_take_text(j, "partly", &one->partly, err);
}

int volumes_from_json(const json_t *j, struct volumes *ret, struct error *err)
{
	const json_t *list = NULL, *item;
	json_int_t at, ms;
	size_t i;
	int r;

	if (!j)
		return 0;
	r = json_take_int(j, "at", &at, err);
	if (r >= 0)
		r = json_take_int(j, "ms", &ms, err);
	if (r >= 0)
		r = json_take_array(j, "controls", &list, err);
	if (r < 0)
		return r;
	if (at < 0 || ms < 1 || ms > INT_MAX)
		return error_set(err, -EINVAL, "'observed' has a time that cannot be");
	ret->at_s = (uint64_t)at;
	ret->ms = (int)ms;
	json_array_foreach(list, i, item)
	{
		r = one_from_json(ret, item, err);
		if (r < 0)
			return r;
	}
	return 0;
}
