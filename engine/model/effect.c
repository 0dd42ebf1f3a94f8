#include "engine/model/effect.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

struct effect *effects_add(struct effects *effects, const char *control, enum handler handler,
			   struct subject subject, const char *before, const char *after)
{
	struct effect *effect = array_append(&effects->items, &effects->count, sizeof(*effect));

	effect->control = xstrdup_null(control);
	effect->handler = handler;
	effect->subject = subject_copy(subject);
	effect->before = xstrdup_null(before);
	effect->after = xstrdup_null(after);
	return effect;
}

bool effect_names(const struct effect *effect, const char *path, struct subject subject)
{
	for (size_t i = 0; i < effect->nbrings; i++)
		if (strcmp(effect->brings[i].path, path) == 0 &&
		    subject_equal(effect->brings[i].subject, subject))
			return true;
	return false;
}

void effect_bring(struct effect *effect, const char *path, struct subject subject)
{
	struct edit_ref *ref;

	if (effect_names(effect, path, subject))
		return;
	ref = array_append(&effect->brings, &effect->nbrings, sizeof(*ref));
	ref->path = xstrdup(path);
	ref->subject = subject_copy(subject);
}

void effect_bring_as(struct effect *effect, const struct effect *other)
{
	for (size_t i = 0; i < other->nbrings; i++)
		effect_bring(effect, other->brings[i].path, other->brings[i].subject);
}

void effect_bring_none(struct effect *effect)
{
	for (size_t i = 0; i < effect->nbrings; i++) {
		free(effect->brings[i].path);
		subject_clear(&effect->brings[i].subject);
	}
	free(effect->brings);
	effect->brings = NULL;
	effect->nbrings = 0;
}

bool effect_brings(const struct effect *effect, const struct edit *edit)
{
	return strcmp_null(effect->control, edit->control) == 0 &&
	       effect_names(effect, edit->path, edit->subject);
}

void effect_copy(struct effect *to, const struct effect *from)
{
	struct effect copy = {
		.control = xstrdup_null(from->control),
		.handler = from->handler,
		.subject = subject_copy(from->subject),
		.before = xstrdup_null(from->before),
		.after = xstrdup_null(from->after),
		.along = from->along,
		.pending = xstrdup_null(from->pending),
	};

	effect_bring_as(&copy, from);
	effect_clear(to);
	*to = copy;
}

void effect_invert(struct effect *effect)
{
	char *before = effect->before;

	effect->before = effect->after;
	effect->after = before;
}

void effect_clear(struct effect *effect)
{
	if (!effect)
		return;
	free(effect->control);
	subject_clear(&effect->subject);
	free(effect->before);
	free(effect->after);
	free(effect->pending);
	effect_bring_none(effect);
	*effect = (struct effect){0};
}

void effects_clear(struct effects *effects)
{
	if (!effects)
		return;
	for (size_t i = 0; i < effects->count; i++)
		effect_clear(&effects->items[i]);
	free(effects->items);
	*effects = (struct effects){0};
}

bool effect_leaves_behind(const struct effect *e)
{
	return e->subject.scheme == SCHEME_DOCKER &&
	       strcmp_null(e->subject.key, "userland-proxy") == 0 &&
	       strcmp_null(e->after, "false") == 0 && strcmp_null(e->before, "false") != 0;
}

static bool names_user(const char *userns)
{
	return userns && strcmp(userns, "\"\"") != 0 && strcmp(userns, "null") != 0;
}

bool effect_leaves_root(const struct effect *e)
{
	return e->subject.scheme == SCHEME_DOCKER &&
	       strcmp_null(e->subject.key, "userns-remap") == 0 && names_user(e->after) &&
	       !names_user(e->before);
}

bool effect_is_deed(const struct effect *e)
{
	return e->subject.scheme == SCHEME_UNIT || e->subject.scheme == SCHEME_START ||
	       e->subject.scheme == SCHEME_RESTART || e->subject.scheme == SCHEME_FILE;
}
