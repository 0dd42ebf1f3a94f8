#pragma once

/*
 * Between a plan and its first write there is a question to a person, or a night. What holds a
 * control back is asked for again where nothing can come in between any more: under the lock,
 * as the last thing before the transaction.
 */

#include "cli/execution.h"
#include "engine/base/map.h"

/*
 * Gathers the facts anew (the context has them then) and holds the plan against them: CODE_OK
 * where everything that speaks against a planned control was known when it was made, and no other
 * container is stopped. Else CODE_REFUSED, after saying by name what is new.
 */
int ask_again(struct execution *x);

/*
 * The same of a plan of some of those controls alone, made just now: whether each is planned still, and whether what it does was said of them when
 * all were consented to. A reload in place of the restart that was is no more than that. CODE_REFUSED says what
 * is new.
 */
int again_compare_part(const struct context *c, const struct strv *controls, const struct plan *all,
		       const struct plan *part);

/* Two plans of the same controls, and what each control has in them. */
struct again_plans {
	const struct plan *then, *now;
	struct map then_parts, now_parts; /* plan_parts() */
};

/* Says where a planned control would be left out now, wants nothing, or edits otherwise; how many lines. */
size_t again_compare_wish(const struct context *c, const struct again_plans *both, const char *id);

/* Whether both plan a control, and edit the same for it. */
bool again_is_alike(const struct again_plans *both, const char *id);

/*
 * Says what of the controls that both plan (of two rollbacks: of all) the second brings about beyond files
 * otherwise than the first, or from another value: that one is what the way back leads to. How many lines.
 */
size_t again_compare_effects(const struct plan *then, const struct plan *now);

/* Says by name what a restart would stop, or dockerd would have to do, beyond the first plan; how much. */
size_t again_compare_restart(const struct plan *was, const struct plan *now);

/* Says what a restart of the second plan brings that was not said before the first was consented to; how much. */
size_t again_compare_consent(const struct plan *was, const struct plan *now);

/* Whether what speaks against a control speaks no more against it than the line before: fewer images are no new answer. */
bool again_is_no_worse(const char *was, const char *now);
