#pragma once

/*
 * What a control is found to be says nothing of what else is selected: the verdicts and reasons of a
 * plan are those of a check, and those of each control alone. What becomes of it in a plan says nothing
 * of which control stands first. A note for each that is not so.
 */

#include "tests/cases/case.h"

void verdicts_in_order(const struct test_case *c, const struct root *root,
		       const struct facts *facts, const struct plan *plan, struct strv *notes);

void verdicts_alone(const struct test_case *c, const struct root *root, const struct facts *facts,
		    const struct plan *plan, struct strv *notes);

/* Each effect names edits of a scheme that its handler may bring into force. */
void verdicts_effects(const struct plan *plan, struct strv *notes);
