#include "engine/plan/preflight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"

/* Whether the plan starts dockerd anew, or makes it read its file again. */
static bool touches_daemon(const struct plan *plan)
{
	return plan_handlers(plan) &
	       (HANDLER_BIT(HANDLER_DOCKER_RELOAD) | HANDLER_BIT(HANDLER_DOCKER_SOCKET) |
		HANDLER_BIT(HANDLER_DOCKER_RESTART));
}

static int check_config_image(struct plan *plan, const struct facts *facts,
			      const struct strv *flags, const struct image *image,
			      struct error *err)
{
	CLEANUP(strv_clear) struct strv reasons = {0};
	struct error why = {0};
	int r;

	if (image->node.kind != NODE_FILE || !image->has_content)
		return 0;
	r = daemon_file_check(&image->content, facts->docker.version, flags, &reasons, &why);
	if (r < 0) {
		strv_addf(&plan->checks, "no    dockerd would refuse '%s': %s",
			  facts->docker.config_file, error_text(&why));
		r = error_set(err, -EPERM, "dockerd would refuse '%s': %s",
			      facts->docker.config_file, error_text(&why));
	}
	error_clear(&why);
	return r;
}

/* Keys that the next start has as flags; a key must not be in both places. */
static void next_flag_keys(const struct plan *plan, const struct facts *facts, struct strv *ret)
{
	for (size_t i = 0; i < facts->docker.nnext_flags; i++)
		strv_add(ret, facts->docker.next_flags[i].key);
	(void)plan;
}

static int check_daemon_file(struct plan *plan, const struct facts *facts, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	const struct change *config =
		d->config_file ? plan_find_change(plan, d->config_file) : NULL;
	CLEANUP(strv_clear) struct strv flags = {0};

	if (!touches_daemon(plan))
		return 0;
	next_flag_keys(plan, facts, &flags);
	for (size_t i = 1; config && i < config->nimages; i++) {
		int r = check_config_image(plan, facts, &flags, &config->images[i], err);

		if (r < 0)
			return r;
	}
	if (!config && d->file_error) {
		strv_addf(&plan->checks, "no    dockerd would refuse '%s': %s", d->config_file,
			  d->file_error);
		return error_set(err, -EPERM, "dockerd would refuse '%s': %s", d->config_file,
				 d->file_error);
	}
	strv_add(&plan->checks, "ok    dockerd knows every key of its config file, in its version");
	strv_add(&plan->checks, "ok    no key is set both as a dockerd flag and in daemon.json");
	return 0;
}

static void take_warnings(struct plan *plan)
{
	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];

		if (f->state != FINDING_PLANNED)
			continue;
		for (size_t k = 0; k < f->warnings.count; k++) {
			CLEANUP(freep) char *line = xasprintf("warn  %s", f->warnings.items[k]);

			strv_add_once(&plan->checks, line); /* several controls may warn alike */
		}
	}
}

static void check_containers(struct plan *plan, const struct facts *facts)
{
	if (!touches_daemon(plan) || facts_running_containers(facts) == 0)
		return;
	if (plan->stopped_containers.count == 0)
		strv_add(&plan->checks,
			 "ok    live-restore is in force before dockerd is restarted");
	else
		strv_addf(&plan->checks, "warn  the restart stops %zu containers",
			  plan->stopped_containers.count);
}

int plan_preflight(struct plan *plan, const struct facts *facts, struct error *err)
{
	int r = check_daemon_file(plan, facts, err);

	check_containers(plan, facts);
	take_warnings(plan);
	return r;
}
