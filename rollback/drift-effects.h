#pragma once

/*
 * What of the effects of applies in force is not in force any more: a setting of the kernel or of dockerd, a rule
 * in the kernel, a unit that was started. drift.h is for files; who undid a thing by hand may have left its file.
 */

#include "engine/model/facts.h"
#include "rollback/drift.h"

struct effect_drift {
	const struct effect *effect; /* the last one that stands of its subject; borrowed */
	const struct transaction_summary *of; /* whose it is */
	struct subject
		subject; /* the effect's, or a member of what it is about; its key is `key` */
	char *key; /* owned, of `subject` */
	char *applied, *now; /* NULL: not there, or the default */
	char *unknown; /* why nobody can say whether it is so; NULL: it is not */
};

struct effect_drifts {
	struct effect_drift *items;
	size_t count;
};

void effect_drifts_clear(struct effect_drifts *d);

/* The facts' parts (enum facts_part) that the effects need that are asked for. */
unsigned drift_of_effects_needs(const struct history *h, const struct drift_wanted *wanted);

/* Whether there is any that would be asked for. */
bool drift_of_effects_any(const struct history *h, const struct drift_wanted *wanted);

/*
 * Each subject once, by the last apply whose part in it stands. What was not in force when it was applied
 * (effect.pending), and what a file alone can tell, is not among them. Offline there is nothing in force.
 */
void drift_of_effects(const struct history *h, const struct drift_wanted *wanted,
		      const struct facts *facts, struct effect_drifts *ret);
