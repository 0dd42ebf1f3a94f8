#include "modules/common/tally.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

void tally_note(struct tally *t, enum verdict v, const char *fmt, ...)
{
	CLEANUP(freep) char *text = NULL;
	va_list ap;

	if (t->counts[v]++ > 0 && v <= VERDICT_PASS)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (v > VERDICT_PASS)
		strv_add(&t->all[v], text);
	if (!t->reasons[v])
		t->reasons[v] = TAKE_PTR(text);
}

void tally_finish(struct tally *t, struct delta *d)
{
	d->unread += t->counts[VERDICT_NOT_MEASURED];
	for (int v = VERDICT_COUNT - 1; v >= (int)d->verdict; v--) {
		if (t->counts[v] == 0)
			continue;
		d->verdict = (enum verdict)v;
		strv_clear(&d->details);
		if (t->counts[v] > 1)
			strv_copy(&d->details, &t->all[v]);
		free(d->reason);
		d->reason = t->counts[v] == 1 ? TAKE_PTR(t->reasons[v])
					      : xasprintf("%s (and %zu more)", t->reasons[v],
							  t->counts[v] - 1);
		break;
	}
	tally_clear(t);
}

void tally_clear(struct tally *t)
{
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		free(t->reasons[v]);
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		strv_clear(&t->all[v]);
	*t = (struct tally){0};
}
