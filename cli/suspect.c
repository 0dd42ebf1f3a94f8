#include "cli/suspect.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/subject-key.h"

/* The control that changes a setting which dockerd's own words name ("icc", "log-opts"); NULL. */
static const char *control_in(const struct plan *plan, const char *text)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];
			CLEANUP(freep) char *key = subject_setting(e->subject);

			if (e->control && key && *key && str_has_word(text, key, ""))
				return e->control;
		}
	}
	return NULL;
}

void suspect_find(struct execution *x, int code, const struct error *err)
{
	const struct plan *plan = &x->c->plan;
	const char *only = NULL;
	size_t planned = 0;

	for (size_t i = 0; i < plan->nfindings; i++) {
		if (plan->findings[i].state != FINDING_PLANNED)
			continue;
		only = plan->findings[i].control;
		planned++;
		if (!x->suspect && err->control && strcmp(err->control, only) == 0)
			x->suspect = xstrdup(only);
	}
	if (!x->suspect)
		x->suspect = xstrdup_null(control_in(plan, x->result.failure));
	if (!x->suspect && planned == 1 && code != -ETIMEDOUT)
		x->suspect = xstrdup(only);
}
