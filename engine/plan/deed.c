#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/objections.h"

void deed_clear(struct deed *d)
{
	strv_clear(&d->paths);
	strv_clear(&d->touched);
	strv_clear(&d->own);
	strv_clear(&d->down);
	strv_clear(&d->states);
	strv_clear(&d->hides_by);
	free(d->hosts);
	*d = (struct deed){0};
}

static bool is_on(const char *userns)
{
	return userns && strcmp(userns, "\"\"") != 0 && strcmp(userns, "null") != 0;
}

static bool has_now(const struct facts *f, const char *key)
{
	const struct setting *s = settings_find(&f->docker.now, key);

	return s && strcmp_null(s->value, "true") == 0;
}

/* tlsverify has TLS as well, and tls lets in whoever speaks it. */
static bool asks_anew(const struct facts *f, const struct effect *e)
{
	bool verify = subject_equal(e->subject, subject_of(SCHEME_DOCKER, "tlsverify"));
	bool tls = subject_equal(e->subject, subject_of(SCHEME_DOCKER, "tls"));

	if (strcmp_null(e->after, "true") != 0 || has_now(f, "tlsverify"))
		return false;
	return verify || (tls && !has_now(f, "tls"));
}

static void take_listeners(struct deed *d, const struct facts *f, const struct effect *e)
{
	d->asks_certificate |= asks_anew(f, e);
	if (!subject_equal(e->subject, subject_of(SCHEME_DOCKER, "hosts")))
		return;
	d->moves_api = true;
	str_replace(&d->hosts, e->after);
}

void deed_take_effect(struct deed *d, const struct facts *f, const struct effect *e)
{
	d->loses_live |= effect_loses_live(e);
	if (!(HANDLER_BIT(e->handler) & HANDLERS_RESTART) || e->pending)
		return;
	take_listeners(d, f, e);
	if (!subject_equal(e->subject, subject_of(SCHEME_DOCKER, "userns-remap")))
		return;
	d->may_leave_root = true;
	d->leaves_root = is_on(e->after) != f->docker.root_remapped;
}

void deed_take_unit(struct deed *d, const struct effect *e)
{
	if (e->subject.scheme != SCHEME_STATE || e->pending || e->along)
		return;
	strv_add_once(&d->states, e->subject.key);
	if (!unit_is_up(e->after))
		strv_add_once(&d->down, e->subject.key);
}

void objections_clear(struct objections *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].text);
		strv_clear(&o->items[i].paths);
		strv_clear(&o->items[i].keys);
	}
	free(o->items);
	*o = (struct objections){0};
}

char *undo_goes_on(const char *id)
{
	return id ? xasprintf(
			    ", and 'harden rollback %s' goes on then: without the id it would take "
			    "that apply back",
			    id)
		  : xstrdup("");
}
