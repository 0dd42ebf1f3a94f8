#include "engine/baseline/selection.h"

#include <fnmatch.h>

static bool globs_match(const struct strv *globs, const char *id)
{
	for (size_t i = 0; globs && i < globs->count; i++)
		if (fnmatch(globs->items[i], id, 0) == 0)
			return true;
	return false;
}

static bool names(const struct strv *globs, const struct control *control)
{
	if (globs_match(globs, control->id))
		return true;
	for (size_t i = 0; globs && i < globs->count; i++)
		if (strv_contains(&control->aliases, globs->items[i]))
			return true;
	return false;
}

bool selection_admits(const struct selection *s, const struct control *control)
{
	return control->level <= s->level || (s->ack && strv_contains(s->ack, control->id));
}

bool selection_names(const struct selection *s, const char *id)
{
	return !globs_match(s->skip, id) &&
	       (!s->only || s->only->count == 0 || globs_match(s->only, id));
}

bool selection_takes(const struct selection *s, const struct control *control)
{
	if (!selection_admits(s, control) || names(s->skip, control))
		return false;
	return !s->only || s->only->count == 0 || names(s->only, control);
}
