#include "engine/baseline/selection.h"

#include <fnmatch.h>

static bool names(const struct strv *globs, const struct control *control)
{
	for (size_t i = 0; globs && i < globs->count; i++)
		if (fnmatch(globs->items[i], control->id, 0) == 0 ||
		    strv_contains(&control->aliases, globs->items[i]))
			return true;
	return false;
}

bool selection_admits(const struct selection *s, const struct control *control)
{
	return control->level <= s->level || (s->ack && strv_contains(s->ack, control->id));
}

bool selection_takes(const struct selection *s, const struct control *control)
{
	if (!selection_admits(s, control) || names(s->skip, control))
		return false;
	return !s->only || s->only->count == 0 || names(s->only, control);
}
