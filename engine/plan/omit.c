#include "engine/plan/omit.h"

#include <string.h>

#include "engine/base/alloc.h"

static bool stays(const struct omission *o, bool acked)
{
	return o->refused || !acked;
}

static bool is_omitted(const struct delta *d, const struct edit *e, bool acked)
{
	const char *item = e->item ? e->item : e->path;

	for (size_t i = 0; i < d->nomissions; i++)
		if (stays(&d->omissions[i], acked) && strcmp(d->omissions[i].path, item) == 0)
			return true;
	return false;
}

/* An owner, a group, a mode or a list of one path, or what is written for its sake. */
static bool stands_alone(const struct edit *e)
{
	return e->item || !(edit_is_content(e) || subject_is_link(e->subject) ||
			    e->subject.scheme == SCHEME_EXISTS);
}

static bool is_separable(const struct delta *d)
{
	for (size_t i = 0; i < d->edits.count; i++)
		if (!stands_alone(&d->edits.items[i]))
			return false;
	return d->effects.count == 0;
}

void omit_edits(struct delta *d, bool acked)
{
	size_t kept = 0;

	if (!is_separable(d))
		return;
	for (size_t i = 0; i < d->edits.count; i++) {
		struct edit *e = &d->edits.items[i];

		if (is_omitted(d, e, acked)) {
			edit_clear(e);
			continue;
		}
		if (kept != i) {
			d->edits.items[kept] = *e;
			*e = (struct edit){0};
		}
		kept++;
	}
	d->edits.count = kept;
}

static size_t count_kept(const struct delta *d, bool acked)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->edits.count; i++)
		kept += !is_omitted(d, &d->edits.items[i], acked);
	return kept;
}

void omit(struct delta *d, bool acked, struct strv *ret)
{
	size_t kept = count_kept(d, acked);
	bool whole = kept == 0 || !is_separable(d);

	for (size_t i = 0; i < d->nomissions; i++) {
		const struct omission *o = &d->omissions[i];
		CLEANUP(freep)
		char *why = xasprintf("%s%s", o->why,
				      whole && kept > 0 ? "; what this control changes goes "
							  "together with it"
							: "");

		if (!whole && stays(o, acked))
			strv_add_once(ret, o->why);
		else if (!o->refused)
			strv_add_once(&d->holds, why);
		else if (!d->refusal)
			d->refusal = TAKE_PTR(why);
	}
	if (!whole)
		omit_edits(d, acked);
}
