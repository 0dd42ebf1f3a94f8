#include "engine/model/delta.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

void delta_clear(struct delta *d)
{
	if (!d)
		return;
	free(d->reason);
	free(d->fix);
	strv_clear(&d->details);
	edits_clear(&d->edits);
	effects_clear(&d->effects);
	strv_clear(&d->holds);
	for (size_t i = 0; i < d->nomissions; i++) {
		free(d->omissions[i].path);
		free(d->omissions[i].why);
	}
	free(d->omissions);
	strv_clear(&d->warnings);
	free(d->refusal);
	free(d->first);
	*d = (struct delta){0};
}

static void copy_edits(struct delta *to, const struct delta *from)
{
	for (size_t i = 0; i < from->edits.count; i++)
		edit_copy(array_append(&to->edits.items, &to->edits.count, sizeof(struct edit)),
			  &from->edits.items[i]);
	for (size_t i = 0; i < from->effects.count; i++)
		effect_copy(
			array_append(&to->effects.items, &to->effects.count, sizeof(struct effect)),
			&from->effects.items[i]);
}

static void copy_omissions(struct delta *to, const struct delta *from)
{
	for (size_t i = 0; i < from->nomissions; i++) {
		struct omission *o =
			array_append(&to->omissions, &to->nomissions, sizeof(struct omission));

		o->path = xstrdup(from->omissions[i].path);
		o->why = xstrdup(from->omissions[i].why);
		o->refused = from->omissions[i].refused;
	}
}

void delta_copy(struct delta *to, const struct delta *from)
{
	delta_clear(to);
	to->verdict = from->verdict;
	to->reason = xstrdup_null(from->reason);
	strv_copy(&to->details, &from->details);
	to->fix = xstrdup_null(from->fix);
	copy_edits(to, from);
	strv_copy(&to->holds, &from->holds);
	copy_omissions(to, from);
	strv_copy(&to->warnings, &from->warnings);
	to->refusal = xstrdup_null(from->refusal);
	to->first = xstrdup_null(from->first);
	to->blocks = from->blocks;
	to->unread = from->unread;
	to->in_place = from->in_place;
}

/* The reason of a lighter verdict says nothing about the heavier one: it goes. */
static void raise_verdict(struct delta *d, enum verdict v)
{
	if (v <= d->verdict)
		return;
	d->verdict = v;
	free(TAKE_PTR(d->reason));
	strv_clear(&d->details);
}

void delta_raise(struct delta *d, enum verdict v, const char *reason_fmt, ...)
{
	CLEANUP(freep) char *reason = NULL;
	va_list ap;

	if (reason_fmt) {
		va_start(ap, reason_fmt);
		reason = xvasprintf(reason_fmt, ap); /* first: it may quote the old reason */
		va_end(ap);
	}
	raise_verdict(d, v);
	d->unread += v == VERDICT_NOT_MEASURED;
	if (v == d->verdict && !d->reason)
		d->reason = TAKE_PTR(reason);
}

void delta_in_place(struct delta *d)
{
	d->in_place++;
}

bool delta_is_in_place(const struct delta *d)
{
	return d->verdict == VERDICT_NOT_MEASURED && d->in_place > 0 && d->unread <= d->in_place;
}

void delta_omit(struct delta *d, const char *path, bool refused, const char *why_fmt, ...)
{
	CLEANUP(freep) char *why = NULL;
	struct omission *o;
	va_list ap;

	va_start(ap, why_fmt);
	why = xvasprintf(why_fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < d->nomissions; i++)
		if (strcmp(d->omissions[i].path, path) == 0 &&
		    strcmp(d->omissions[i].why, why) == 0)
			return;
	o = array_append(&d->omissions, &d->nomissions, sizeof(*o));
	o->path = xstrdup(path);
	o->why = TAKE_PTR(why);
	o->refused = refused;
}

void delta_edit(struct delta *d, const char *path, struct subject subject, const char *after)
{
	edits_add(&d->edits, NULL, path, subject, NULL, after);
	raise_verdict(d, VERDICT_FAIL);
}

void delta_mode(struct delta *d, const char *path, mode_t before, mode_t after)
{
	CLEANUP(freep) char *from = xasprintf("%04o", before);
	CLEANUP(freep) char *to = xasprintf("%04o", after);

	edits_add(&d->edits, NULL, path, subject_path(SCHEME_MODE), from, to);
	raise_verdict(d, VERDICT_FAIL);
}

struct effect *delta_effect(struct delta *d, enum handler handler, struct subject subject,
			    const char *before, const char *after)
{
	raise_verdict(d, VERDICT_FAIL);
	return effects_add(&d->effects, NULL, handler, subject, before, after);
}

void delta_bring(const struct delta *d, struct effect *effect, size_t first)
{
	for (size_t i = first; i < d->edits.count; i++)
		effect_bring(effect, d->edits.items[i].path, d->edits.items[i].subject);
}
