#include <unistd.h>

#include "engine/base/macros.h"
#include "engine/plan/borrow.h"
#include "engine/plan/compose.h"
#include "tests/crash/scene.h"
#include "tests/subject-text.h"

/* Some by dockerd and some without it, some of files alone: each a control of its own. */
static const struct wanted {
	const char *control, *path, *subject, *after;
	bool root_only;
} edits_of[] = {
	{"daemon.live", STUB_CONFIG, "json:/live-restore", "true"},
	{"daemon.nnp", STUB_CONFIG, "json:/no-new-privileges", "true"},
	{"file.key", "/etc/docker/key.json", "acl", NULL},
	{"file.key", "/etc/docker/key.json", "mode", "0600"},
	{"file.key", "/etc/docker/old.conf", "exists", NULL},
	{"file.late", "/var/lib/site/late.conf", "kv:x", "1", true},
	{"kernel.forward", "/etc/docker/locked.conf", "kv:x", "2"},
};

static const struct brought {
	const char *control;
	enum handler handler;
	const char *subject, *before, *after;
} effects_of[] = {
	{"daemon.live", HANDLER_DOCKER_RELOAD, "docker:live-restore", NULL, "true"},
	{"daemon.nnp", HANDLER_DOCKER_RESTART, "docker:no-new-privileges", NULL, "true"},
	{"kernel.forward", HANDLER_SYSCTL, "sysctl:0", "0", "1"},
};

const char *scene_culprits(enum scene scene)
{
	/* neither of the two breaks anything by itself */
	return scene == SCENE_BISECT ? "daemon.nnp, kernel.forward" : "daemon.nnp";
}

static bool is_wanted(const struct strv *only, const char *control)
{
	return !only || strv_contains(only, control);
}

static void find(struct plan *plan, const char *control)
{
	struct finding *f = plan_add_finding(plan, control);

	f->state = FINDING_PLANNED;
	f->verdict = VERDICT_FAIL;
}

/* What is kept must be no setting of the kernel: a rollback would ask the real one. */
static bool is_brought(enum scene scene, const struct strv *only, const struct brought *b)
{
	return is_wanted(only, b->control) &&
	       !(scene == SCENE_TRIAL && b->handler == HANDLER_SYSCTL);
}

int scene_plan_of(enum scene scene, const struct root *root, const struct facts *facts,
		  const struct strv *only, struct plan *ret, struct error *err)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(edits_of); i++) {
		const struct wanted *w = &edits_of[i];

		if (!is_wanted(only, w->control) || (w->root_only && geteuid() != 0))
			continue;
		edits_add(&edits, w->control, w->path, subj(w->subject), NULL, w->after);
		find(ret, w->control);
	}
	for (size_t i = 0; i < ARRAY_SIZE(effects_of); i++) {
		const struct brought *b = &effects_of[i];

		if (is_brought(scene, only, b))
			effects_add(&effects, b->control, b->handler, subj(b->subject), b->before,
				    b->after);
	}
	r = compose_changes(ret, root, &edits, err);
	return r < 0 ? r : compose_effects(ret, root, facts, NULL, &effects, err);
}
