#include "engine/plan/plan-reveal.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/plan/image.h"

/* The value of `subject` in one of the change's images, when it is the one that is meant. */
static bool find_in(const struct change *c, struct subject subject, char **value)
{
	for (size_t i = 0; i < c->nimages; i++) {
		CLEANUP(freep) char *there = NULL, *digest = NULL;

		if (image_value(&c->images[i], subject, &there, NULL) < 0 || !there)
			continue;
		digest = secret_digest(there);
		if (strcmp(digest, *value) == 0) {
			str_replace(value, there);
			return true;
		}
	}
	return false;
}

static void reveal(const struct plan *plan, const struct change *only, struct subject subject,
		   char **value)
{
	if (!*value || !secret_is_digest(*value))
		return;
	if (only)
		find_in(only, subject, value);
	for (size_t i = 0; !only && i < plan->nchanges; i++)
		if (find_in(&plan->changes[i], subject, value))
			return;
}

/* A setting of the daemon or the kernel stands under its key in the plan's files. */
static void reveal_effect(const struct plan *plan, struct effect *e)
{
	CLEANUP(freep) char *pointer = xasprintf("/%s", e->subject.key);
	struct subject in_file = subject_of(SCHEME_JSON, pointer);

	if (e->subject.scheme == SCHEME_SYSCTL)
		in_file = subject_of(SCHEME_KV, e->subject.key);
	else if (e->subject.scheme != SCHEME_DOCKER)
		return;
	reveal(plan, NULL, in_file, &e->before);
	reveal(plan, NULL, in_file, &e->after);
}

void plan_reveal(struct plan *plan)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		struct change *c = &plan->changes[i];

		for (size_t k = 0; k < c->edits.count; k++) {
			reveal(plan, c, c->edits.items[k].subject, &c->edits.items[k].before);
			reveal(plan, c, c->edits.items[k].subject, &c->edits.items[k].after);
		}
	}
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			reveal_effect(plan, &plan->stages[i].effects.items[k]);
}

const struct edit *plan_wants_secret(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];

			if (e->sensitive && e->after)
				return e;
		}
	return NULL;
}
