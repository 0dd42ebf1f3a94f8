#include "engine/baseline/selection.h"

#include <string.h>

#include "engine/base/macros.h"

static void make_ready(const struct strv *words, struct map *all, struct strv *globs)
{
	for (size_t i = 0; words && i < words->count; i++) {
		map_put(all, words->items[i], words->items[i]);
		if (globs && strpbrk(words->items[i], "*?[\\"))
			strv_add(globs, words->items[i]);
	}
}

void selector_init(struct selector *s, const struct selection *selection)
{
	*s = (struct selector){.selection = selection};
	make_ready(selection->only, &s->only, &s->only_globs);
	make_ready(selection->skip, &s->skip, &s->skip_globs);
	make_ready(selection->ack, &s->ack, NULL);
}

void selector_clear(struct selector *s)
{
	map_clear(&s->only, NULL);
	map_clear(&s->skip, NULL);
	map_clear(&s->ack, NULL);
	strv_clear(&s->only_globs);
	strv_clear(&s->skip_globs);
}

static bool names(const struct map *words, const struct strv *globs, const struct control *control)
{
	if (map_get(words, control->id) || strv_matches(globs, control->id, 0))
		return true;
	for (size_t i = 0; i < control->aliases.count; i++)
		if (map_get(words, control->aliases.items[i]))
			return true;
	return false;
}

bool selector_takes(const struct selector *s, const struct control *control)
{
	if (control->level > s->selection->level && !map_get(&s->ack, control->id))
		return false;
	if (names(&s->skip, &s->skip_globs, control))
		return false;
	return s->only.count == 0 || names(&s->only, &s->only_globs, control);
}

bool selection_takes(const struct selection *s, const struct control *control)
{
	CLEANUP(selector_clear) struct selector selector;

	selector_init(&selector, s);
	return selector_takes(&selector, control);
}

bool selection_admits(const struct selection *s, const struct control *control)
{
	return control->level <= s->level || (s->ack && strv_contains(s->ack, control->id));
}

bool selection_names(const struct selection *s, const char *id)
{
	return !strv_matches(s->skip, id, 0) &&
	       (!s->only || s->only->count == 0 || strv_matches(s->only, id, 0));
}
