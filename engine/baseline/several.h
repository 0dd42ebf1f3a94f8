#pragma once

/*
 * Several baselines that are given together: of one name there is one control among them. An id that
 * two of them have would let one verdict, and one consent, stand for both controls.
 */

#include "engine/baseline/baseline.h"
#include "engine/baseline/nearest.h"

/* -EINVAL names both places of an id that two of the `count` baselines have. */
int several_check_ids(const struct baseline *baselines, size_t count, struct error *err);

/*
 * As baseline_find(), in all of them: NULL where none has a control of that name, and where it is the number
 * of several. The control is the baseline's; ret_index (may be NULL) says whose.
 */
const struct control *several_find(const struct baseline *baselines, size_t count, const char *name,
				   size_t *ret_index);

/* Offers all their ids to who looks for what may have been meant. */
void several_offer(const struct baseline *baselines, size_t count, struct nearest *nearest);

/* Adds "ID (ALIAS)" of every control that has this number or alias, by its map or without. */
void several_find_owners(const struct baseline *baselines, size_t count, const char *number,
			 struct strv *ret);
