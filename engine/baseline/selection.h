#pragma once

/*
 * Which controls are taken: those whose level is low enough, *and* that `only` names (where it
 * names any), *and* that `skip` does not. Only consent by name raises the level: who acknowledges
 * a control has looked at it. What is skipped stays out whatever else is said. There is no other
 * place that decides this.
 */

#include <stdbool.h>

#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/model/control.h"

/* Globs on ids, or aliases as they are written; NULL or empty: none. Of `ack` only ids. */
struct selection {
	int level;
	const struct strv *only, *skip, *ack;
};

bool selection_takes(const struct selection *s, const struct control *control);

/*
 * The same for who asks of many controls: a list of thousands of ids is made ready once. It borrows
 * the selection and its lists.
 */
struct selector {
	const struct selection *selection;
	struct map only, skip, ack; /* the words themselves */
	struct strv only_globs, skip_globs; /* of them those that match more than themselves */
};

void selector_init(struct selector *s, const struct selection *selection);
bool selector_takes(const struct selector *s, const struct control *control);
void selector_clear(struct selector *s);

/*
 * The same of an id alone, whose control may be in no baseline any more: what was applied once
 * counts whatever its level.
 */
bool selection_names(const struct selection *s, const char *id);

/* Whether level and consent let the control in, whatever `only` and `skip` say. */
bool selection_admits(const struct selection *s, const struct control *control);
