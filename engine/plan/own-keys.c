#include "engine/plan/own-keys.h"

#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-util.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/subject-key.h"

static const char *key_of(const struct effect *e)
{
	return e->subject.scheme == SCHEME_DOCKER ? e->subject.key : NULL;
}

/* "/log-opts/max-size" */
static bool has_member(const char *pointer)
{
	return strchr(pointer + 1, '/') != NULL;
}

void edits_dockerd_keys(const struct edits *edits, const char *config, struct strv *ret)
{
	for (size_t i = 0; config && i < edits->count; i++) {
		const struct edit *e = &edits->items[i];
		CLEANUP(freep) char *key = subject_json_first(e->subject);

		if (strcmp(e->path, config) != 0 || !key)
			continue;
		strv_add_once(ret, key);
		if (has_member(e->subject.key))
			strv_add_once(ret, e->subject.key);
	}
}

void effects_dockerd_keys(const struct effects *effects, struct strv *ret)
{
	for (size_t i = 0; i < effects->count; i++)
		if (key_of(&effects->items[i]))
			strv_add_once(ret, key_of(&effects->items[i]));
}

void plan_dockerd_keys(const struct plan *plan, const struct facts *f, struct strv *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		edits_dockerd_keys(&plan->changes[i].edits, f->docker.config_file, ret);
	for (size_t i = 0; i < plan->nstages; i++)
		effects_dockerd_keys(&plan->stages[i].effects, ret);
}

static bool waiting_is_own(const struct waiting_key *w, const struct strv *own)
{
	bool by_member = false;

	for (size_t i = 0; i < own->count && !by_member; i++)
		by_member = has_member(own->items[i]) && json_pointer_begins(own->items[i], w->key);
	if (!by_member)
		return strv_contains(own, w->key);
	for (size_t i = 0; i < w->members.count; i++)
		if (!strv_contains(own, w->members.items[i]))
			return false;
	return true;
}

bool waiting_is_brought(const struct waiting_key *w, unsigned handlers, const struct strv *own)
{
	return (handlers & HANDLERS_RESTART || w->by_reload) && !waiting_is_own(w, own);
}

/* Lists are told in an order of dockerd's own. */
static bool same_json(const char *a, const char *b)
{
	CLEANUP(json_decrefp) json_t *x = json_loads(a, 0, NULL);
	CLEANUP(json_decrefp) json_t *y = json_loads(b, 0, NULL);

	return json_value_same(a, b) ||
	       (json_is_array(x) && json_is_array(y) && json_items_same(x, y));
}

/* Whether dockerd has of the key what the file will give it: what is not known is not the same. */
static bool gives_as_now(const struct docker_facts *d, const struct image *file, const char *key)
{
	const struct setting *now = settings_find(&d->now, key);
	const struct daemon_key *k = daemon_key_find(key);
	const char *def = k ? k->def : NULL, *is = now && now->value ? now->value : def;
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0};
	const char *will = def;

	if ((now && now->source == SOURCE_UNKNOWN) || file->node.kind == NODE_UNKNOWN ||
	    (file->node.kind != NODE_ABSENT && !file->has_content) ||
	    (file->has_content &&
	     daemon_file_settings(&file->content, d->version, &keys, &values, NULL) < 0))
		return false;
	for (size_t i = 0; i < keys.count; i++)
		if (strcmp(keys.items[i], key) == 0)
			will = values.items[i];
	return is && will && same_json(is, will);
}

/* What others changed in the file, and the plan writes as dockerd has it, comes of nothing that it does. */
static void add_keys_as_now(const struct plan *plan, const struct facts *f, struct strv *ret)
{
	const struct docker_facts *d = &f->docker;
	const struct change *c = d->config_file ? plan_find_change(plan, d->config_file) : NULL;

	for (size_t i = 0; c && i < d->nwaiting; i++) {
		bool same = c->nimages > 1;

		for (size_t k = 1; k < c->nimages && same; k++)
			same = gives_as_now(d, &c->images[k], d->waiting[i].key);
		if (same)
			strv_add_once(ret, d->waiting[i].key);
	}
}

void plan_own_keys(const struct plan *plan, const struct facts *f, struct strv *ret)
{
	plan_dockerd_keys(plan, f, ret);
	add_keys_as_now(plan, f, ret);
}
