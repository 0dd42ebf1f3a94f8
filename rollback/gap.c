#include "rollback/gap.h"

#include <errno.h>
#include <inttypes.h>

#include "engine/base/alloc.h"
#include "engine/format/gap-json.h"
#include "engine/format/json-util.h"

int gap_check(struct effector *e, int most_ms, struct error *err)
{
	CLEANUP(gaps_clear) struct gaps now = {0};
	const struct port_gap *longest = NULL;

	if (most_ms == 0 || !e->ops->gap)
		return 0;
	e->ops->gap(e, false, &now);
	/* by what is sure: after a while a port that answers is asked at intervals that would count */
	for (size_t i = 0; i < now.count; i++)
		if (!longest || now.items[i].least_ms > longest->least_ms)
			longest = &now.items[i];
	if (!longest || longest->least_ms <= (uint64_t)most_ms)
		return 0;
	return error_set(err, -ETIME,
			 "%s of the container '%s' took no connection for at least %" PRIu64
			 " ms, and %d ms are allowed",
			 longest->at, longest->container, longest->least_ms, most_ms);
}

void gap_doubt(const struct gaps *gaps, int most_ms, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv doubted = {0};
	CLEANUP(freep) char *list = NULL;

	for (size_t i = 0; most_ms > 0 && i < gaps->count; i++)
		if (gaps->items[i].ms > (uint64_t)most_ms)
			strv_addf(&doubted, "%s of the container '%s' (%" PRIu64 " ms at most)",
				  gaps->items[i].at, gaps->items[i].container, gaps->items[i].ms);
	if (doubted.count == 0)
		return;
	list = strv_join(&doubted, ", ");
	strv_addf(ret,
		  "whether published ports were away for more than %d ms could not be "
		  "measured that finely: %s",
		  most_ms, list);
}

/* A journal that cannot take it says so at the next append, which decides. */
void gap_note(struct effector *e, struct journal *j, struct gaps *ret)
{
	CLEANUP(json_decrefp) json_t *json = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (!e->ops->gap)
		return;
	e->ops->gap(e, true, ret);
	if (ret->count == 0 && ret->unmeasured.count == 0 && ret->api_ms == 0)
		return;
	json = gaps_to_json(ret);
	json_dump_to(json, JSON_COMPACT, &text);
	journal_note(j, RECORD_GAP, buf_str(&text), NULL);
}

void gap_read(const struct records *records, struct gaps *ret)
{
	const struct record *noted = records_find(records, RECORD_GAP);

	if (noted)
		gaps_parse(ret, noted->payload, NULL);
}
