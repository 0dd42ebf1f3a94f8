#pragma once

/*
 * Which controls of the baselines a plan judges (--level, --only, --skip, --ack), and in
 * which order: who comes first lays its edits under all the others.
 */

#include "engine/baseline/baseline.h"
#include "engine/baseline/selection.h"

struct control_order {
	const struct control **items; /* each is borrowed */
	size_t count;
};

/*
 * The selected ones as they stand in the baselines, or the last first; in either case those of
 * `late` (NULL: none) behind all others. Appended.
 */
void control_order(const struct baseline *const *baselines, size_t count, const struct selection *s,
		   bool backwards, const struct strv *late, struct control_order *ret);
void control_order_clear(struct control_order *o);
