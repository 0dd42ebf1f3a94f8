#include "engine/plan/volume-holds.h"

#include "engine/base/alloc.h"

int volume_threshold(const struct control *control)
{
	return control->per_minute > 0 ? control->per_minute : VOLUME_THRESHOLD;
}

/* By the threshold as it is now: a saved plan's is that of its day. */
static enum volume_verdict verdict_of(const struct volumes *observed, const struct control *control)
{
	const struct volume *one = observed ? volumes_find(observed, control->id) : NULL;
	struct volume now;

	if (!one)
		return VOLUME_UNKNOWN;
	now = *one;
	now.threshold = volume_threshold(control);
	return volume_verdict(observed, &now);
}

bool volume_lifts(const struct volumes *observed, const struct control *control)
{
	return control->apply == APPLY_OPT_IN && control->per_minute > 0 &&
	       verdict_of(observed, control) == VOLUME_QUIET;
}

static bool wants_something(const struct delta *d)
{
	return d->edits.count > 0 || d->effects.count > 0;
}

static char *text_of(const struct volumes *observed, const struct control *control)
{
	struct volume now = *volumes_find(observed, control->id);

	now.threshold = volume_threshold(control);
	return volume_text(observed, &now);
}

void volume_hold(const struct volumes *observed, const struct control *control, struct delta *d)
{
	if (wants_something(d) && control->apply != APPLY_OPT_IN &&
	    verdict_of(observed, control) == VOLUME_LOUD) {
		CLEANUP(freep) char *text = text_of(observed, control);

		strv_addf(&d->holds, "its rules would flood the audit log: %s", text);
	}
}

bool volume_leaves_held(const struct volumes *observed, const struct control *control)
{
	return control->apply == APPLY_OPT_IN && !volume_lifts(observed, control);
}

void volume_tell(const struct volumes *observed, const struct control *control,
		 const struct delta *d, struct strv *ret)
{
	if (!wants_something(d) || !volume_leaves_held(observed, control) || !control->hold)
		return;
	strv_add(ret, control->hold);
	/* one that is quiet is held for another reason */
	if (observed && volumes_find(observed, control->id) &&
	    verdict_of(observed, control) != VOLUME_QUIET)
		strv_add_owned(ret, text_of(observed, control));
}
