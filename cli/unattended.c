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
	const struct edit *e =
		edits_first_on(&config->edits, subject_of(SCHEME_JSON, "/live-restore"));

	return e ? e->control : NULL;
}

/* Out of the file, and no handler of the plan tells a dockerd that runs. */
static bool gives_up_live(const struct context *c, const char **ret_control)
{
	const struct docker_facts *d = &c->facts.docker;
	const struct change *config = plan_find_change(&c->plan, d->config_file);

	if (!config || plan_handlers(&c->plan) & HANDLERS_DOCKERD ||
	    (d->running && !d->not_measured))
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

/*
 * Whether another dockerd that reads the file is the next to start: where nothing starts
 * docker.service, or where it has none of what runs.
 */
static bool reader_is_next(const struct docker_facts *d, const struct containers *all,
			   const struct strv *ids)
{
	for (size_t i = 0; !d->idle && i < ids->count; i++)
		for (size_t k = 0; k < all->count; k++)
			if (strcmp_null(all->items[k].id, ids->items[i]) == 0)
				return false;
	return d->nreaders > 0;
}

/* With the flag the file's key is nothing to who starts next. */
static bool has_flag(const struct docker_facts *d, bool of_reader)
{
	const struct setting *next = settings_find(&d->next, "live-restore");

	if (!of_reader)
		return next && next->source == SOURCE_FLAG;
	for (size_t i = 0; i < d->nreaders; i++)
		if (d->readers[i].unknown || !strv_contains(&d->readers[i].flags, "live-restore"))
			return false;
	return true;
}

/* What can be told so. One that runs has taken the key at its start, by no doing of ours. */
static char *advice(const struct docker_facts *d, bool of_reader)
{
	if (!of_reader)
		return xstrdup("start docker.service first (unmask it where it is masked), or ");
	for (size_t i = 0; i < d->nreaders; i++)
		if (d->readers[i].unit && !d->readers[i].runs)
			return xasprintf("start %s first, if it starts with the file as it is, or ",
					 d->readers[i].unit);
	return xstrdup("");
}

int unattended(const struct context *c, char **ret_why)
{
	const struct containers all = containers_on_disk(&c->facts.docker.containers);
	CLEANUP(strv_clear) struct strv ids = {0}, names = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *list = NULL, *first = NULL;
	const char *control = NULL;
	bool of_reader;

	if (c->root.offline || !gives_up_live(c, &control) ||
	    (control && strv_contains(&c->ack, control)))
		return CODE_OK;
	if (shims_find(&ids, &err) < 0)
		return fail(CODE_ERROR, &err);
	if (ids.count == 0)
		return CODE_OK;
	of_reader = reader_is_next(&c->facts.docker, &all, &ids);
	if (has_flag(&c->facts.docker, of_reader))
		return CODE_OK;
	for (size_t i = 0; i < ids.count; i++)
		add_name(&all, ids.items[i], &names);
	strv_sort(&names);
	list = strv_join(&names, ", ");
	first = advice(&c->facts.docker, of_reader);
	*ret_why = xasprintf("containers run, and no dockerd that could be told that live-restore "
			     "goes: its next start would stop %s; %sconsent to it by '--ack %s'",
			     list, first, control ? control : "CONTROL");
	return CODE_REFUSED;
}
