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
	add_each(&words, OPT_BASELINE, &o->baselines);
	if (saved->level != 1)
		strv_addf(&words, "--level %d", saved->level);
	if (only.count)
		strv_addf(&words, "--only %s", ids);
	add_each(&words, OPT_ACK, &acks);
	return strv_join(&words, " ");
}
