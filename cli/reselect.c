#include "cli/reselect.h"

#include <string.h>

#include "engine/base/alloc.h"

void add_each(struct strv *words, enum option_id id, const struct strv *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const char *quote = strpbrk(values->items[i], "*?[ ") ? "'" : "";

		strv_addf(words, "--%s %s%s%s", option_info(id)->name, quote, values->items[i],
			  quote);
	}
}

/* As the run was given it, in whole seconds where it can be. */
static void add_observed(struct strv *words, const struct volumes *observed)
{
	if (observed->ms > 0)
		strv_addf(words, observed->ms % 1000 ? "--observe %dms" : "--observe %ds",
			  observed->ms % 1000 ? observed->ms : observed->ms / 1000);
}

/* What both begin with. */
static void add_source(struct strv *words, const struct options *o, int level)
{
	add_each(words, OPT_BASELINE, &o->baselines);
	if (level != 1)
		strv_addf(words, "--level %d", level);
}

char *reselect(const struct options *o, const struct plan *saved, const char *without)
{
	CLEANUP(strv_clear) struct strv words = {0}, only = {0}, acks = {0};
	CLEANUP(freep) char *ids = NULL;

	for (size_t i = 0; i < saved->nfindings; i++)
		if (saved->findings[i].state == FINDING_PLANNED &&
		    strcmp_null(saved->findings[i].control, without) != 0)
			strv_add(&only, saved->findings[i].control);
	for (size_t i = 0; i < saved->acknowledged.count; i++)
		if (strcmp_null(saved->acknowledged.items[i], without) != 0)
			strv_add(&acks, saved->acknowledged.items[i]);
	ids = strv_join(&only, ",");
	add_source(&words, o, saved->level);
	if (only.count)
		strv_addf(&words, "--only %s", ids);
	add_each(&words, OPT_ACK, &acks);
	add_observed(&words, &saved->observed);
	return strv_join(&words, " ");
}

char *reselect_without(const struct context *c, const struct strv *out)
{
	const struct options *o = c->o;
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *list = strv_join(out, ",");

	add_source(&words, o, c->level);
	add_each(&words, OPT_ONLY, &o->only);
	for (size_t i = 0; i < o->ack.count; i++)
		if (!strv_contains(out, o->ack.items[i])) /* that of a skipped one is refused */
			strv_addf(&words, "--ack %s", o->ack.items[i]);
	add_each(&words, OPT_SKIP, &o->skip);
	if (out->count)
		strv_addf(&words, "--skip %s", list);
	add_observed(&words, &c->observed);
	return strv_join(&words, " ");
}
