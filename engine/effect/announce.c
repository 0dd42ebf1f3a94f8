#include "engine/effect/announce.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "engine/base/alloc.h"

ENUM_TABLE(
	announced, enum announced,
	ANNOUNCED_COUNT, [ANNOUNCED_APPLIED] = "applied", [ANNOUNCED_ROLLED_BACK] = "rolled_back",
	[ANNOUNCED_WAITING] = "waiting", [ANNOUNCED_CONFIRMED] = "confirmed",
	[ANNOUNCED_PUT_BACK] = "put_back", [ANNOUNCED_TRIED] = "tried",
	[ANNOUNCED_RECOVERED] = "recovered", [ANNOUNCED_STUCK] = "stuck");

static const struct {
	const char *message_id;
	int priority;
	const char *words; /* behind "transaction ID" */
} rows[ANNOUNCED_COUNT] = {
	[ANNOUNCED_APPLIED] = {"9148e29c371f4e65b58f6c39ca38b2b7", LOG_NOTICE, "is applied"},
	[ANNOUNCED_ROLLED_BACK] = {"9d97ba58cfad4633808d7c36e76881b6", LOG_NOTICE,
				   "is done: what it rolls back is undone"},
	[ANNOUNCED_WAITING] = {"f444471eafa740299c54f893b1b4fe4e", LOG_WARNING,
			       "is applied, and waits to be confirmed"},
	[ANNOUNCED_CONFIRMED] = {"97708b13fe0a4bf298e36f1108e6c866", LOG_NOTICE, "is confirmed"},
	[ANNOUNCED_PUT_BACK] = {"bd43baf4f786432aaf60f8ce5e395e35", LOG_ERR,
				"failed, and the host is as it was"},
	[ANNOUNCED_TRIED] = {"5d0c1c5e3a6f4b0e9a7d2f8b64c1e937", LOG_NOTICE,
			     "was only tried, and the host is as it was"},
	[ANNOUNCED_RECOVERED] = {"ae36c67f5c464c358fc7b454b4eda0d3", LOG_WARNING,
				 "was broken off or not confirmed, and is put back"},
	[ANNOUNCED_STUCK] = {"c3f019ad5a834a2da270d67e7eae5eb3", LOG_CRIT,
			     "is neither kept nor put back as a whole: a person is needed"},
};

const char *announced_message_id(enum announced what)
{
	return rows[what].message_id;
}

/* Those that it is about: planned, or of what a rollback takes back. */
static void find_controls(const struct plan *plan, struct strv *ret)
{
	for (size_t i = 0; i < plan->nfindings; i++)
		if (plan->findings[i].state == FINDING_PLANNED)
			strv_add_once(ret, plan->findings[i].control);
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++)
			if (plan->changes[i].edits.items[k].control)
				strv_add_once(ret, plan->changes[i].edits.items[k].control);
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (plan->stages[i].effects.items[k].control)
				strv_add_once(ret, plan->stages[i].effects.items[k].control);
}

void announcement_fields(const struct announcement *a, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv controls = {0};

	find_controls(a->plan, &controls);
	strv_addf(ret, "MESSAGE=transaction %s %s", a->id, rows[a->what].words);
	strv_addf(ret, "MESSAGE_ID=%s", rows[a->what].message_id);
	strv_addf(ret, "PRIORITY=%d", rows[a->what].priority);
	strv_add(ret, "SYSLOG_IDENTIFIER=harden");
	strv_addf(ret, "HARDEN_TRANSACTION=%s", a->id);
	strv_addf(ret, "HARDEN_OUTCOME=%s", announced_to_string(a->what));
	if (a->kind)
		strv_addf(ret, "HARDEN_KIND=%s", a->kind);
	if (a->of)
		strv_addf(ret, "HARDEN_OF=%s", a->of);
	for (size_t i = 0; i < controls.count; i++)
		strv_addf(ret, "HARDEN_CONTROL=%s", controls.items[i]);
}
