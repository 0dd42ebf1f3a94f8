#include "cli/undo-result.h"

#include <stdlib.h>

#include "engine/plan/after-view.h"
#include "engine/plan/overlay-view.h"
#include "modules/daemon/result.h"

/*
 * Of what was before the apply nothing is asked, key by key, whatever others' values stand beside it: it is what was
 * there, and this has to be open. What others' values make of it dockerd has never been started with.
 */
int undo_check_result(struct context *c, struct error *err)
{
	struct plan *plan = &c->plan;
	struct overlay_view *host;
	struct after_view after, found;
	char *fault;
	int r = 0;

	if (plan->start_known || plan_is_empty(plan))
		return 0;
	host = overlay_view_new(&c->root, &c->facts, NULL);
	after_view_init(&after, overlay_view_host(host), plan);
	if (plan->found)
		after_view_init(&found, overlay_view_host(host), plan->found);
	fault = daemon_result_fault(overlay_view_host(host), plan->found ? &found.base : NULL,
				    &after.base);
	if (fault)
		r = checks_refuse(&plan->checks, NULL, err,
				  "this would leave dockerd with values that do not go together: "
				  "%s; roll back what belongs to it as well, or change it first",
				  fault);
	free(fault);
	overlay_view_free(host);
	return r;
}
