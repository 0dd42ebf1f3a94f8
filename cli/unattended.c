#include "cli/unattended.h"

#include <string.h>

#include "cli/message.h"
#include "engine/base/alloc.h"
#include "engine/host/read/shims.h"
#include "rollback/live-image.h"

#define ID_SHOWN 12

/* Whose edit takes it out of the file; NULL where nobody's does. */
static const char *control_of(const struct change *config)
{
	const struct subject live = subject_of(SCHEME_JSON, "/live-restore");

	for (size_t i = 0; i < config->edits.count; i++)
		if (subject_equal(config->edits.items[i].subject, live))
			return config->edits.items[i].control;
	return NULL;
}

/* Out of the file, and no handler of the plan tells a dockerd that runs. */
static bool gives_up_live(const struct context *c, const char **ret_control)
{
	const struct docker_facts *d = &c->facts.docker;
	const struct change *config = plan_find_change(&c->plan, d->config_file);
	const struct setting *next = settings_find(&d->next, "live-restore");

	if (!config || (next && next->source == SOURCE_FLAG) ||
	    plan_handlers(&c->plan) & HANDLERS_DOCKERD || (d->running && !d->not_measured))
		return false;
	*ret_control = control_of(config);
	return live_is_in(&config->images[0]) && !live_is_in(&config->images[config->nimages - 1]);
}

static void add_name(const struct containers *all, const char *id, struct strv *ret)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp_null(all->items[i].id, id) == 0) {
			strv_add(ret, container_label(&all->items[i]));
			return;
		}
	strv_addf(ret, "%.*s", ID_SHOWN, id);
}

int unattended(const struct context *c, char **ret_why)
{
	const struct containers all = containers_on_disk(&c->facts.docker.containers);
	CLEANUP(strv_clear) struct strv ids = {0}, names = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *list = NULL;
	const char *control = NULL;

	if (c->root.offline || !gives_up_live(c, &control) ||
	    (control && strv_contains(&c->ack, control)))
		return CODE_OK;
	if (shims_find(&ids, &err) < 0)
		return fail(CODE_ERROR, &err);
	if (ids.count == 0)
		return CODE_OK;
	for (size_t i = 0; i < ids.count; i++)
		add_name(&all, ids.items[i], &names);
	strv_sort(&names);
	list = strv_join(&names, ", ");
	*ret_why = xasprintf(
		"containers run, and no dockerd that could be told that live-restore "
		"goes: its next start would stop %s; start docker.service first (unmask it where "
		"it is masked), or consent to it by '--ack %s'",
		list, control ? control : "CONTROL");
	return CODE_REFUSED;
}
