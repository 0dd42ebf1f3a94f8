#include "engine/effect/gate-changed.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"

static const char *file_of_flag(const struct docker_facts *d, const char *key)
{
	for (size_t i = 0; i < d->nnext_flags; i++)
		if (strcmp(d->next_flags[i].key, key) == 0)
			return d->next_flags[i].file;
	return NULL;
}

static const char *place_of(const struct docker_facts *d, const struct setting *s)
{
	const char *file = s->source == SOURCE_FLAG ? file_of_flag(d, s->key) : s->where;

	return file ? file : "its place is not known";
}

static bool is_known(const struct docker_facts *d)
{
	return !d->start_unknown && !d->file_error;
}

void gate_start_clear(struct gate_start *s)
{
	settings_clear(&s->next);
	settings_clear(&s->unread);
	*s = (struct gate_start){0};
}

void gate_remember_start(const struct docker_facts *d, struct gate_start *ret)
{
	gate_start_clear(ret);
	ret->known = is_known(d);
	ret->waits = ret->known && d->units_wait;
	for (size_t i = 0; ret->known && i < d->next.count; i++) {
		const struct setting *s = &d->next.items[i];

		settings_put(&ret->next, s->key, s->value, s->source, place_of(d, s));
	}
	for (size_t i = 0; ret->waits && i < d->next_unread.count; i++) {
		const struct setting *s = &d->next_unread.items[i];

		settings_put(&ret->unread, s->key, s->value, s->source, s->where);
	}
}

/* By its key, or by a file of flags that the run writes. */
static bool is_own(const struct own_start *own, const struct docker_facts *d,
		   const struct setting *s)
{
	const char *file = s->source == SOURCE_FLAG ? file_of_flag(d, s->key) : NULL;

	return strv_contains(&own->keys, s->key) || (file && strv_contains(&own->paths, file));
}

/* Brought by systemd's reading its units, and no news: it was written and named when the run began. */
static bool has_waited(const struct gate_start *then, const struct setting *s)
{
	const struct setting *unread = settings_find(&then->unread, s->key);

	return s->source == SOURCE_FLAG && unread && strcmp_null(unread->value, s->value) == 0;
}

/* Likewise what those files did not have any more. */
static bool was_to_go(const struct gate_start *then, const struct setting *was)
{
	return was->source == SOURCE_FLAG && then->waits && !settings_find(&then->unread, was->key);
}

static void find_new(const struct gate_start *then, const struct own_start *own,
		     const struct docker_facts *now, struct strv *ret)
{
	for (size_t i = 0; i < now->next.count; i++) {
		const struct setting *s = &now->next.items[i];
		const struct setting *was = settings_find(&then->next, s->key);
		bool same = was && strcmp_null(was->value, s->value) == 0;

		if (!same && !is_own(own, now, s) && !has_waited(then, s))
			strv_addf(ret, "%s (%s)", s->key, place_of(now, s));
	}
}

static bool was_in_own(const struct own_start *own, const struct setting *was)
{
	return was->source == SOURCE_FLAG && strv_contains(&own->paths, was->where);
}

/* Without any flag it is a unit that is masked or gone, which systemd tells in words of its own. */
static void find_gone(const struct gate_start *then, const struct own_start *own,
		      const struct docker_facts *now, struct strv *ret)
{
	for (size_t i = 0; i < then->next.count; i++) {
		const struct setting *was = &then->next.items[i];
		bool no_unit = was->source == SOURCE_FLAG && now->nnext_flags == 0;

		if (!no_unit && !settings_find(&now->next, was->key) && !was_in_own(own, was) &&
		    !was_to_go(then, was) && !strv_contains(&own->keys, was->key))
			strv_addf(ret, "%s (was: %s)", was->key, was->where);
	}
}

int gate_judge_changed(const struct gate_start *then, const struct own_start *own,
		       const struct docker_facts *now, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	if (!is_known(now))
		return 0; /* which the gate has other words for */
	find_new(then, own, now, &names);
	find_gone(then, own, now, &names);
	if (names.count == 0)
		return 0;
	list = strv_join(&names, ", ");
	return error_set(
		err, -EPERM,
		"dockerd is not restarted: others changed meanwhile what its next start has, "
		"and the plan did not name it: %s",
		list);
}
