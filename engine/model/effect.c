#include "engine/model/effect.h"

#include <stdlib.h>

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

void effect_copy(struct effect *to, const struct effect *from)
{
	struct effect copy = {
		.control = xstrdup_null(from->control),
		.handler = from->handler,
		.subject = subject_copy(from->subject),
		.before = xstrdup_null(from->before),
		.after = xstrdup_null(from->after),
		.pending = xstrdup_null(from->pending),
	};

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
