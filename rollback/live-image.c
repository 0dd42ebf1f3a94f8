#include "rollback/live-image.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"

bool live_is_in(const struct image *image)
{
	CLEANUP(freep) char *value = NULL;

	return image_value(image, subject_of(SCHEME_JSON, "/live-restore"), &value, NULL) >= 0 &&
	       strcmp_null(value, "true") == 0;
}

/* By what is on disk: recovery does not know how far a run came. */
static bool has_live_now(const struct mover *m, const struct change *c)
{
	CLEANUP(buf_clear) struct buf now = {0};

	if (observe_content(m->root, c->path, &now, NULL) < 0)
		return false;
	for (size_t i = 0; i < c->nimages; i++)
		if (live_is_in(&c->images[i]) && buf_equal(&c->images[i].content, &now))
			return true;
	return false;
}

const char *live_given_up(const struct mover *m, size_t k)
{
	const struct plan *plan = m->plan;

	for (size_t i = 0; plan_handlers(plan) & HANDLERS_DOCKERD && i < plan->nchanges; i++)
		if (!live_is_in(&plan->changes[i].images[k]) && has_live_now(m, &plan->changes[i]))
			return plan->changes[i].path;
	return NULL;
}

static bool is_now(const struct mover *m, const struct change *c, size_t k)
{
	CLEANUP(buf_clear) struct buf now = {0};

	return observe_content(m->root, c->path, &now, NULL) >= 0 &&
	       buf_equal(&c->images[k].content, &now);
}

size_t live_kept_above(const struct mover *m, size_t k)
{
	for (size_t i = 0; i < m->plan->nchanges; i++) {
		const struct change *c = &m->plan->changes[i];

		if (live_is_in(&c->images[k]) || !is_now(m, c, k))
			continue;
		for (size_t above = k + 1; above < c->nimages; above++)
			if (live_is_in(&c->images[above]))
				return above;
	}
	return k;
}

size_t live_kept_from(const struct mover *m, size_t k)
{
	while (k < m->plan->nstages && live_given_up(m, k))
		k++;
	return k;
}

static bool is_left_in(const struct mover *m, const struct change *c)
{
	struct image now = {.node.kind = NODE_FILE, .has_content = true};
	bool left = observe_content(m->root, c->path, &now.content, NULL) >= 0 && live_is_in(&now);

	image_clear(&now);
	return left && !live_is_in(&c->images[0]);
}

const char *live_left_in(const struct mover *m)
{
	for (size_t i = 0; m->plan->borrows && i < m->foreign_paths.count; i++) {
		const struct change *c = plan_find_change(m->plan, m->foreign_paths.items[i]);

		if (c && is_left_in(m, c))
			return c->path;
	}
	return NULL;
}

bool live_is_at(const struct mover *m, size_t k)
{
	for (size_t i = 0; i < m->plan->nchanges; i++) {
		const struct change *c = &m->plan->changes[i];

		if (live_is_in(&c->images[k]) && is_now(m, c, k))
			return true;
	}
	return false;
}
